"""S6: one team keeps configs and secrets in a Pulumi project of its own, another deploys what uses them."""

from __future__ import annotations

import json

import pytest

from tests.conftest import ProjectFactory
from tests.e2e.stacks import copy_todo, names, stack, step_of, todo
from tests.support.engine import Docker

pytestmark = pytest.mark.e2e

SETTINGS = """
    import pulumi
    import swarm_provider as swarm

    swarm.Config("todo-list-config", file="config.json", keep_previous=0)
    swarm.Secret("todo-list-secret", data=pulumi.Config().require_secret("secrets"))
"""


def config_of(docker: Docker, service: str) -> object:
    return json.loads(docker.exec_in(service, "wget", "-qO-", "http://127.0.0.1/"))["config"]


def test_s6_missing_external_objects_are_named_at_preview_and_exact_names_are_found(
    project: ProjectFactory, docker: Docker, todo_images: tuple[str, str], unique: str
) -> None:
    app = project(stack(unique, *todo("external.yml")))
    copy_todo(app)
    preview = app.preview()
    preview.assert_failed("config 'todo-list-config' does not exist", "secret 'todo-list-secret' does not exist")
    docker("config", "create", "todo-list-config", "-", stdin='{"by": "hand"}')
    docker("secret", "create", "todo-list-secret", "-", stdin="made by hand")

    app.up().assert_ok()

    service = f"{unique}_todo-web"
    assert config_of(docker, service) == {"by": "hand"}
    assert docker.exec_in(service, "cat", "/app/config/secrets.json") == "made by hand"
    app.assert_no_changes()
    app.destroy().assert_ok()
    assert names(docker, "config", "todo-list") == ["todo-list-config"]
    assert names(docker, "secret", "todo-list") == ["todo-list-secret"]


def test_s6_rotation_by_one_project_reaches_the_other_at_its_next_up(
    project: ProjectFactory, docker: Docker, todo_images: tuple[str, str], unique: str
) -> None:
    settings = project(SETTINGS, name="settings")
    settings.write("config.json", '{"version": 1}')
    settings.config_set("secrets", "first secret", secret=True).assert_ok()
    settings.up().assert_ok()
    app = project(stack(unique, *todo("external.yml")), name="app")
    copy_todo(app)
    app.up().assert_ok()
    service = f"{unique}_todo-web"
    assert config_of(docker, service) == {"version": 1}
    assert docker.exec_in(service, "cat", "/app/config/secrets.json") == "first secret"
    app.assert_no_changes()
    tasks = docker.task_ids(service)
    (old,) = names(docker, "config", "todo-list-config")

    settings.write("config.json", '{"version": 2}')
    settings.config_set("secrets", "second secret", secret=True).assert_ok()
    settings.up().assert_ok()

    settings.assert_no_changes()
    assert docker.task_ids(service) == tasks, "nothing moves before the other team's `up`"
    assert old in names(docker, "config", "todo-list-config"), "what runs keeps its config"
    (new,) = set(names(docker, "config", "todo-list-config")) - {old}
    preview = app.preview(diff=True).assert_ok()
    assert preview.changes == {"update": 1}
    assert {path.split("[")[0] for path in step_of(preview, "Service").detailed_diff} == {"configs", "secrets"}
    assert old in preview.stdout and new in preview.stdout
    assert "second secret" not in preview.output

    app.up().assert_ok()

    assert config_of(docker, service) == {"version": 2}
    assert docker.exec_in(service, "cat", "/app/config/secrets.json") == "second secret"
    assert names(docker, "config", "todo-list-config") == [new], "keep_previous=0: whoever used it last removes it"
    assert len(names(docker, "secret", "todo-list-secret")) == 2, "keep_previous=1"
    app.assert_no_changes()
    settings.assert_no_changes()
    app.destroy().assert_ok()
    assert new in names(docker, "config", "todo-list-config"), "the other project's objects stay"
    settings.destroy().assert_ok()
    assert names(docker, "config", "todo-list") == [] == names(docker, "secret", "todo-list")
