"""A Stack through the real CLI: what docker sees, what previews know, and renames that disturb nothing."""

from __future__ import annotations

import pytest

from tests.conftest import ProjectFactory
from tests.support.engine import Docker
from tests.support.pulumi import PulumiProject

pytestmark = pytest.mark.e2e

COMPOSE = """
services:
  web:
    image: bb:${TAG:-1}
    environment: {MODE: prod, GREETING: "hello ${WHO}"}
    configs: [{source: app, target: /etc/app}]
    secrets: [password]
    depends_on: [cache]
  cache:
    image: bb:1
    deploy: {placement: {constraints: [node.labels.zone == a]}}
configs:
  app: {file: app.txt}
secrets:
  password: {external: true}
"""
PROGRAM = """
import pulumi
import swarm_provider as swarm

swarm.NodeLabel("zone", node="*", key="zone", value="a")
stack = swarm.Stack(
    "LOGICAL",
    pulumi.ResourceOptions(OPTIONS),
    compose_file="stack.yml",
    name="UNIQUE",
    env={"WHO": pulumi.Output.secret("world")},
    secrets={"password": pulumi.Output.secret("hunter2")},
    RENAMES
)
pulumi.export("services", {key: service.name for key, service in stack.services.items()})
"""


def program(unique: str, *, logical: str = "todo", options: str = "", renames: str = "") -> str:
    words = {"LOGICAL": logical, "UNIQUE": unique, "OPTIONS": options, "RENAMES": renames}
    text = PROGRAM
    for word, value in words.items():
        text = text.replace(word, value)
    return text


@pytest.fixture
def made(project: ProjectFactory, unique: str) -> PulumiProject:
    stack = project(program(unique))
    stack.write("stack.yml", COMPOSE)
    stack.write("app.txt", "one")
    return stack


@pytest.mark.long
def test_stack_goes_up_is_dockers_and_its_preview_tells_what_a_changed_file_does(
    made: PulumiProject, docker: Docker, unique: str
) -> None:
    made.up().assert_ok()
    names = docker.lines("stack", "services", "--format", "{{.Name}} {{.Replicas}}", unique)
    assert sorted(names) == [f"{unique}_cache 1/1", f"{unique}_web 1/1"]
    assert docker.exec_in(f"{unique}_web", "cat", "/etc/app", "/run/secrets/password") == "onehunter2"
    assert made.outputs()["services"] == {"cache": f"{unique}_cache", "web": f"{unique}_web"}
    assert "hunter2" not in str(made.export_state())
    made.assert_no_changes()

    made.write("app.txt", "two")
    preview = made.preview().assert_ok()
    assert preview.changes == {"update": 2}
    new = preview.step("todo-app").new["inputs"]["name"]
    assert new.startswith(f"{unique}_app-")
    assert preview.step("todo-web").new["inputs"]["configs"][0]["source"] == new


@pytest.mark.long
def test_renames_disturb_no_more_than_they_must(made: PulumiProject, docker: Docker, unique: str) -> None:
    made.up().assert_ok()
    cache, web = docker.task_ids(f"{unique}_cache"), docker.task_ids(f"{unique}_web")

    # the Stack's logical name, with an alias: its children are carried along
    made.program(program(unique, logical="shop", options='aliases=[pulumi.Alias(name="todo")]'))
    result = made.up().assert_ok()
    assert not {"create", "delete", "replace"} & result.changes.keys()
    assert (docker.task_ids(f"{unique}_cache"), docker.task_ids(f"{unique}_web")) == (cache, web)

    # a service of the file: one resource, whose old service goes before the new one comes
    made.write("stack.yml", COMPOSE.replace("  web:", "  front:"))
    made.program(program(unique, logical="shop", renames='renames={"web": "front"},'))
    result = made.up().assert_ok()
    order = [step.op for step in result.steps if step.name in ("shop-web", "shop-front")]
    assert order.index("delete-replaced") < order.index("create-replacement")
    names = docker.lines("stack", "services", "--format", "{{.Name}}", unique)
    assert sorted(names) == [f"{unique}_cache", f"{unique}_front"]
    assert docker.task_ids(f"{unique}_cache") == cache
