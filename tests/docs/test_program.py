"""The program of this repository: each step of stacks/todo is one `up`, and an edited config is rolled out."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.docs.checkout import checkout
from tests.support.engine import REPO, Docker
from tests.support.pulumi import PulumiProject

WEB = "todo_todo-web"
DB = "todo_todo-db"
MAIN = REPO / "__main__.py"


@pytest.fixture
def program(docker: Docker, todo_images: object, pulumi_cli: Path, tmp_path: Path) -> Iterator[PulumiProject]:
    yield checkout(tmp_path, host=docker.host, cli=pulumi_cli)
    end = time.monotonic() + 60
    # Swarm removes the containers of earlier tasks in its own time
    while docker.run("volume", "rm", "--force", "todo_todo-db-data").returncode and time.monotonic() < end:
        time.sleep(0.5)


def deploy(program: PulumiProject, step: str) -> None:
    program.config_set("step", step).assert_ok()
    program.up().assert_ok()
    program.assert_no_changes()


def answer(docker: Docker) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(docker.exec_in(WEB, "wget", "-qO-", "http://127.0.0.1/"))
    return found


def test_program_has_40_lines_at_most() -> None:
    assert len(MAIN.read_text().splitlines()) <= 40


@pytest.mark.parametrize("stack", ["dev", "staging", "prod"])
def test_stack_settings_give_only_what_the_project_declares(stack: str) -> None:
    declared = yaml.safe_load((REPO / "Pulumi.yaml").read_text())
    settings = yaml.safe_load((REPO / f"Pulumi.{stack}.yaml").read_text())["config"]
    assert {key.removeprefix(f"{declared['name']}:") for key in settings} <= set(declared["config"])


@pytest.mark.long
@pytest.mark.e2e
def test_program_steps_each_are_one_up(program: PulumiProject, docker: Docker) -> None:
    deploy(program, "v1")
    assert docker("stack", "ls", "--format", "{{.Name}} {{.Services}}") == "todo 1"
    assert len(docker.tasks(WEB)) == 1

    deploy(program, "v2")
    assert len(docker.tasks(WEB)) == 2
    assert answer(docker)["config"] is None

    deploy(program, "config")
    assert answer(docker)["config"]["Database"]["Provider"] == "Postgres"
    assert answer(docker)["secrets"] is False

    deploy(program, "secret")
    assert answer(docker)["secrets"] is True
    secret = json.loads(docker.exec_in(WEB, "cat", "/app/config/secrets.json"))
    assert secret["ConnectionStrings"]["ToDoDb"].endswith("Password=correct horse battery")

    deploy(program, "db")
    assert docker.exec_in(DB, "cat", "/run/secrets/todo-db-password") == "correct horse battery"
    assert docker("volume", "ls", "-q", "--filter", "name=todo_todo-db-data") == "todo_todo-db-data"
    assert [node["Spec"]["Labels"]["storage"] for node in docker.api.nodes()] == ["raid"]

    program.destroy().assert_ok()
    assert docker("stack", "ls", "--format", "{{.Name}}") == ""
    assert [node["Spec"]["Labels"].get("storage") for node in docker.api.nodes()] == [None]
    assert docker("volume", "ls", "-q", "--filter", "name=todo_todo-db-data") == "todo_todo-db-data"


@pytest.mark.e2e
def test_program_config_edited_is_served_after_one_up(program: PulumiProject, docker: Docker) -> None:
    deploy(program, "config")
    config = program.folder / "stacks" / "todo" / "configs" / "config.json"
    config.write_text(config.read_text().replace("Warning", "Error"))

    preview = program.preview(diff=True).assert_ok()
    assert {step.type for step in preview.steps if step.op == "update"} == {
        "swarm:index:Config",
        "swarm:index:Service",
    }
    program.up().assert_ok()

    assert answer(docker)["config"]["Logging"]["LogLevel"]["Microsoft"] == "Error"
    program.assert_no_changes()
    program.destroy().assert_ok()


@pytest.mark.e2e
def test_program_becomes_a_release_while_its_tasks_run(program: PulumiProject, docker: Docker) -> None:
    deploy(program, "secret")
    running = docker.task_ids(WEB)
    program.config_set("form", "release").assert_ok()
    deploy(program, "secret")
    assert docker.task_ids(WEB) == running
    kinds = {resource["type"] for resource in program.resources().values()}
    assert {kind for kind in kinds if kind.startswith("swarm:")} == {"swarm:index:Release"}
    assert set(program.outputs()["images"]) == {"todo-web"}
    program.config_set("form", "relaese").assert_ok()
    program.preview().assert_failed("form is 'relaese', not stack or release: pulumi config set form stack")
    program.config_set("form", "release").assert_ok()
    program.destroy().assert_ok()
    assert docker("stack", "ls", "--format", "{{.Name}}") == ""


@pytest.mark.e2e
def test_program_step_unknown_is_one_line_that_lists_the_steps(program: PulumiProject) -> None:
    program.config_set("step", "v9").assert_ok()
    program.up().assert_failed("step is 'v9'", "v1, v2, config, secret, db, external")
