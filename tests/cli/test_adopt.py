"""`swarm-provider adopt` on a real engine: what it writes is taken over by `up` without a restart."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from swarm_provider.cli.__main__ import main
from tests.conftest import ProjectFactory
from tests.support.engine import Docker

FILE = """
version: "3.8"
services:
  web:
    image: bb:1
    command: [sleep, "100000"]
    stop_grace_period: 1s
    environment: {PRICE: "5$$", MODE: prod}
    configs: [{source: app, target: /app.json}]
    secrets: [db]
    networks: [back]
    volumes: ["data:/data"]
    deploy: {replicas: 2, update_config: {monitor: 1s}, labels: {a: b}}
  db:
    image: bb:1
    command: [sleep, "100000"]
    stop_grace_period: 1s
    networks: {back: {aliases: [database]}}
networks: {back: {attachable: true}}
volumes: {data: {labels: {x: "1"}}}
configs: {app: {file: ./app.json}}
secrets: {db: {file: ./db.txt}}
"""


def deployed(docker: Docker, folder: Path, name: str) -> dict[str, set[str]]:
    """Deploy the stack with docker; return its tasks."""
    (folder / "stack.yml").write_text(FILE)
    (folder / "app.json").write_text('{"price": "$5"}\n')
    (folder / "db.txt").write_text("hunter22")
    docker("stack", "deploy", "--detach", "--resolve-image", "never", "-c", str(folder / "stack.yml"), name)
    docker.wait_running(f"{name}_web", 2)
    docker.wait_running(f"{name}_db", 1)
    return tasks(docker, name)


def tasks(docker: Docker, name: str) -> dict[str, set[str]]:
    return {key: docker.task_ids(f"{name}_{key}") for key in ("web", "db")}


@pytest.mark.e2e
def test_compose_file_of_a_running_stack_is_adopted_without_a_restart(
    project: ProjectFactory, docker: Docker, unique: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before = deployed(docker, tmp_path, unique)
    app = project()

    assert main(["adopt", unique, "--directory", str(app.folder), "--host", docker.host]) == 0

    said = capsys.readouterr().out.splitlines()
    assert "differs from what runs" not in "\n".join(said), said
    (program,) = [line.strip() for line in said if "swarm.Stack(" in line]
    app.program(f"import swarm_provider as swarm\n{program.replace('adopt=True', 'adopt=True, advice=[]')}")
    up = app.up().assert_ok()
    assert not up.changes.keys() & {"replace", "delete", "update"}, str(up)
    assert tasks(docker, unique) == before
    app.assert_no_changes()
    # a second one never overwrites what is there
    assert main(["adopt", unique, "--directory", str(app.folder), "--host", docker.host]) == 1
    assert "already belongs to Pulumi stack 'proj/dev'" in capsys.readouterr().err


@pytest.mark.e2e
@pytest.mark.long
def test_python_program_of_a_running_stack_is_imported_without_a_restart(
    project: ProjectFactory, docker: Docker, unique: str, tmp_path: Path
) -> None:
    before = deployed(docker, tmp_path, unique)
    app = project()
    assert main(["adopt", unique, "--python", "--directory", str(app.folder), "--host", docker.host]) == 0
    app.program((app.folder / f"{unique}.py").read_text())
    imports: list[Any] = json.loads((app.folder / f"{unique}.import.json").read_text())["resources"]
    assert {entry["type"].rsplit(":", 1)[1] for entry in imports} == {"Network", "Config", "Service"}
    file = str(app.folder / f"{unique}.import.json")
    app.run("import", "--file", file, "--generate-code=false", "--protect=false", "--yes", "--skip-preview").assert_ok()
    up = app.up().assert_ok()
    assert not up.changes.keys() & {"create", "replace", "delete"}, str(up)
    assert tasks(docker, unique) == before
    app.assert_no_changes()


@pytest.mark.live
def test_stack_that_is_not_there_is_told_with_those_that_are(
    docker: Docker, unique: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["adopt", unique, "--host", docker.host]) == 1
    assert capsys.readouterr().err.startswith(f"swarm-provider: there is no stack {unique!r} in the swarm; its stacks:")
