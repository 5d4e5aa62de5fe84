"""S1: `docker stack deploy -c v1.yml todo`, and what docker then shows."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.conftest import ProjectFactory
from tests.e2e.stacks import IMAGE, copy_todo, stack
from tests.support.engine import Docker

pytestmark = pytest.mark.e2e


def test_s1_up_deploys_the_stack_that_docker_stack_deploy_deploys(
    project: ProjectFactory, docker: Docker, todo_images: tuple[str, str]
) -> None:
    app = project(stack("todo", "stacks/todo/v1.yml"))
    copy_todo(app)

    app.up().assert_ok()

    app.assert_no_changes()
    assert docker.lines("stack", "ls", "--format", "{{.Name}} {{.Services}}") == ["todo 1"]
    shown = "{{.Name}} {{.Mode}} {{.Replicas}} {{.Image}} {{.Ports}}"
    line = f"todo_todo-web replicated 1/1 {IMAGE} *:8080->80/tcp"
    assert docker.lines("service", "ls", "--format", shown) == [line]
    assert docker.lines("stack", "services", "todo", "--format", shown) == [line]
    tasks = docker.lines("stack", "ps", "todo", "--format", "{{.Name}} {{.Image}} {{.DesiredState}} {{.CurrentState}}")
    assert len(tasks) == 1
    assert tasks[0].startswith(f"todo_todo-web.1 {IMAGE} Running Running")
    answer = json.loads(docker.exec_in("todo_todo-web", "wget", "-qO-", "http://127.0.0.1/"))
    assert answer["application"] == "todo-list"

    ours = _objects(docker)
    app.destroy().assert_ok()
    docker("stack", "deploy", "--detach=true", "-c", str(app.folder / "stacks/todo/v1.yml"), "todo")
    try:
        assert ours == _objects(docker)
    finally:
        docker.remove_stack("todo")


def _objects(docker: Docker) -> dict[str, Any]:
    """The stack's service and network as Docker holds them, without ids and without our own labels."""
    network = docker.api.inspect_network("todo_default")
    spec = docker.service("todo_todo-web")["Spec"]
    targets = [entry.pop("Target") for entry in spec["TaskTemplate"]["Networks"]]
    assert targets == [network["Id"]]
    keys = ("Name", "Driver", "Scope", "Attachable", "Internal", "Ingress", "EnableIPv6", "Labels")
    shown = {key: network[key] for key in keys}
    for labels in (spec["Labels"], shown["Labels"]):
        for key in [key for key in labels if key.startswith("swarm-provider.")]:
            del labels[key]
    return {"service": spec, "network": shown}
