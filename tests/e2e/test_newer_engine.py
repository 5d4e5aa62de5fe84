"""An engine that can more than docker's compose files say, through the real CLI: nothing is lost, no task restarts."""

from __future__ import annotations

from pathlib import Path

import pytest

from swarm_provider.cli.__main__ import main
from tests.conftest import ProjectFactory
from tests.support.engine import Docker
from tests.support.newer import NEXT, NewerEngine

pytestmark = pytest.mark.e2e

PROGRAM = """
    import swarm_provider as swarm

    swarm.Service(
        "web", name="NAME", image="bb:1", command="sleep 1000", resolve_image="never", stop_grace_period="1s",
        deploy={"labels": {"made": "LABEL"}, "update_config": {"monitor": "1s"}}, advice=[],
    )
"""


def test_field_of_a_newer_engine_is_in_the_preview_and_outlives_an_up(
    project: ProjectFactory, docker: Docker, unique: str, tmp_path: Path
) -> None:
    with NewerEngine(tmp_path, docker.host) as newer:
        app = project(PROGRAM.replace("NAME", unique).replace("LABEL", "a"), host=newer.host)
        app.up().assert_ok()
        live = docker.service(unique)
        tasks = docker.task_ids(unique)
        newer.fields[live["ID"]] = {("TaskTemplate", "Resources", f"{NEXT}Bytes"): 33554432}

        preview = app.preview().assert_no_changes()
        line = "set on the cluster, not in the program: TaskTemplate.Resources.NextBytes = 33554432; kept"
        assert any(line in text for text in preview.diagnostics), str(preview)

        app.program(PROGRAM.replace("NAME", unique).replace("LABEL", "b"))
        up = app.up().assert_ok()
        assert up.changes == {"update": 1}
        assert f"no task of {unique} restarts: only deploy.labels.made changes" in up.output
        assert list(newer.fields[live["ID"]].values()) == [33554432]
        assert docker.task_ids(unique) == tasks


def test_stack_with_words_that_dockers_dialect_drops_is_adopted_without_a_restart(
    project: ProjectFactory, docker: Docker, unique: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "stack.yml"
    file.write_text(
        "version: '3.8'\nservices: {web: {image: 'bb:1', command: [sleep, '1000'], stop_grace_period: 1s}}\n"
    )
    docker("stack", "deploy", "--detach", "--resolve-image", "never", "-c", str(file), unique)
    name = f"{unique}_web"
    docker.wait_running(name)
    live = docker.service(name)
    live["Spec"]["TaskTemplate"]["ContainerSpec"]["Privileges"]["SELinuxContext"] = {"Disable": True}
    docker.update_service(live, live["Spec"])
    docker.wait_settled(name)
    tasks = docker.task_ids(name)

    app = project()
    assert main(["adopt", unique, "--directory", str(app.folder), "--host", docker.host]) == 0
    said = capsys.readouterr().out
    assert "differs from what runs" not in said, said
    (program,) = [line.strip() for line in said.splitlines() if "swarm.Stack(" in line]
    assert "dialect='compose-spec'" in program
    app.program(f"import swarm_provider as swarm\n{program.replace('adopt=True', 'adopt=True, advice=[]')}")
    up = app.up().assert_ok()
    assert not up.changes.keys() & {"replace", "delete", "update"}, str(up)
    assert docker.task_ids(name) == tasks
    assert docker.service(name)["Spec"]["TaskTemplate"]["ContainerSpec"]["Privileges"]["SELinuxContext"]["Disable"]
    app.assert_no_changes()
