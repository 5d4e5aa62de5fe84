"""A program in YAML deploys the Release that a Python program deploys: one with the real language host."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest
import yaml

from tests.conftest import ProjectFactory
from tests.e2e.test_release import PROGRAM, specs, tasks, write
from tests.support.engine import REPO, Docker

pytestmark = [pytest.mark.e2e, pytest.mark.long]


@pytest.fixture(scope="session")
def yaml_host() -> Path:
    """The language host of YAML programs; the first test that asks for it builds it."""
    done = subprocess.run(
        [str(REPO / "tools" / "pulumi-cli.sh"), "--yaml"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return Path(done.stdout.strip())


def test_yaml_program_and_python_program_deploy_the_same_release(
    project: ProjectFactory, docker: Docker, unique: str, todo_images: tuple[str, str], yaml_host: Path
) -> None:
    app = project(PROGRAM.format(name=unique, more=', env={"LEVEL": "3"}'))
    write(app, level="${LEVEL}")
    settings = app.folder / "Pulumi.yaml"
    python = settings.read_text()
    app.environment["PATH"] = f"{yaml_host.parent}{os.pathsep}{app.environment['PATH']}"
    app.config_set("pass", "hunter22", secret=True).assert_ok()
    release = {
        "type": "swarm:Release",
        "properties": {"composeFile": "shop.yml", "env": {"LEVEL": 3}, "secrets": {"pass": "${pass}"}},
    }
    program = {
        **yaml.safe_load(python),
        "runtime": "yaml",
        "config": {"pass": {"type": "string", "secret": True}},
        "resources": {unique: release},
        "outputs": {"web": f'${{{unique}.services["web"].image}}'},
    }
    settings.write_text(yaml.safe_dump(program))
    app.up().assert_ok()
    app.assert_no_changes()
    assert app.outputs()["web"].startswith("diamol/ch06-todo-list")
    before = specs(docker, unique)
    running = {name: tasks(docker, name) for name in before}
    assert "LEVEL=3" in before[f"{unique}_web"]["TaskTemplate"]["ContainerSpec"]["Env"]
    assert "hunter22" not in str(app.export_state())

    settings.write_text(python)
    app.assert_no_changes()
    app.up().assert_ok()
    assert specs(docker, unique) == before
    assert {name: tasks(docker, name) for name in before} == running

    release["properties"]["composFile"] = "x"  # type: ignore[index]
    settings.write_text(yaml.safe_dump(program))
    app.preview().assert_failed("composFile", max_lines=12)
    app.destroy().assert_ok()
    assert specs(docker, unique) == {}
