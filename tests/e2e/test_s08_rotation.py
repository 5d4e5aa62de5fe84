"""S8: edit the file, run `pulumi up`: a new version, every service that uses it rolls, old versions go."""

from __future__ import annotations

import json
import re

import pytest

from tests.conftest import ProjectFactory
from tests.e2e.stacks import copy_todo, events_of, names, stack, step_of, todo
from tests.support.engine import Docker

pytestmark = pytest.mark.e2e

FILE = "stacks/todo/configs/config.json"
SECRET = 'secrets={"todo-list-secret": pulumi.Config().require_secret("secret")}'


def level(docker: Docker, service: str) -> str:
    """What the application itself says about the setting that the test changes."""
    answer = json.loads(docker.exec_in(service, "wget", "-qO-", "http://127.0.0.1/"))
    return str(answer["config"]["Logging"]["LogLevel"]["Default"])


def test_s8_edited_config_rolls_out_under_a_new_name_and_old_versions_go(
    project: ProjectFactory, docker: Docker, todo_images: tuple[str, str], unique: str
) -> None:
    app = project(stack(unique, *todo("v3-config.yml")))
    copy_todo(app)
    app.up().assert_ok()
    service, family = f"{unique}_todo-web", f"{unique}_todo-list-config"
    (first,) = names(docker, "config", family)
    assert re.fullmatch(rf"{family}-[0-9a-f]{{8,16}}", first)
    assert level(docker, service) == "Information"
    original = (app.folder / FILE).read_text()
    app.write(FILE, original.replace('"Information"', '"Debug"'))

    preview = app.preview(diff=True).assert_ok()

    assert preview.changes == {"update": 2}
    config, user = step_of(preview, "Config"), step_of(preview, "Service")
    assert config.detailed_diff.keys() == {"data", "name"}
    assert all(path.startswith("configs") for path in user.detailed_diff)
    second = str(config.new["inputs"]["name"])
    assert second != first and second.startswith(family + "-")
    assert preview.stdout.count(second) >= 2, "the new name is on the config and on the service"
    assert '"Debug"' in preview.stdout and names(docker, "config", family) == [first]

    with events_of(docker) as events:
        app.up().assert_ok()

    assert level(docker, service) == "Debug"
    assert events.fewest_running(service, before=2) == 1, "one task at a time"
    assert names(docker, "config", family) == sorted([first, second]), "keep_previous=1"
    app.assert_no_changes()

    app.write(FILE, original.replace('"Information"', '"Error"'))
    app.up().assert_ok()
    third = (set(names(docker, "config", family)) - {first, second}).pop()
    assert names(docker, "config", family) == sorted([second, third]), "the oldest went"
    assert level(docker, service) == "Error"
    app.assert_no_changes()

    app.write(FILE, original.replace('"Information"', '"Debug"'))
    app.up().assert_ok()
    assert names(docker, "config", family) == sorted([second, third]), "the version that was there is used again"
    assert level(docker, service) == "Debug"
    app.assert_no_changes()


@pytest.mark.long
def test_s8_only_services_that_use_the_config_move_and_none_ever_stops(
    project: ProjectFactory, docker: Docker, unique: str
) -> None:
    app = project(
        f"""
        import swarm_provider as swarm
        cfg = swarm.Config("{unique}-cfg", file="app.json", keep_previous=0)
        update = {{"order": "start-first", "monitor": "1s"}}
        for key in ("a", "b"):
            swarm.Service(
                "{unique}-" + key, image="web:1", configs=[{{"source": cfg, "target": "/app/config/config.json"}}],
                deploy={{"replicas": 2, "update_config": update}},
            )
        swarm.Service("{unique}-c", image="bb:1", deploy={{"update_config": update}})
        """
    )
    app.write("app.json", '{"n": 1}')
    app.up().assert_ok()
    app.assert_no_changes()
    other = docker.task_ids(f"{unique}-c")
    app.write("app.json", '{"n": 2}')

    with events_of(docker) as events:
        up = app.up().assert_ok()

    assert up.changes == {"update": 3}
    for key in ("a", "b"):
        service = f"{unique}-{key}"
        assert json.loads(docker.exec_in(service, "wget", "-qO-", "http://127.0.0.1:8080/cgi-bin/index.cgi")) == {
            "n": 2
        }
        assert events.fewest_running(service, before=2) == 2, "without downtime"
    assert docker.task_ids(f"{unique}-c") == other
    assert len(names(docker, "config", unique)) == 1, "keep_previous=0"
    app.assert_no_changes()


@pytest.mark.long
def test_s8_edited_secret_rolls_out_like_a_config(
    project: ProjectFactory, docker: Docker, todo_images: tuple[str, str], unique: str
) -> None:
    app = project(stack(unique, *todo("v4-secret.yml"), more=SECRET))
    copy_todo(app)
    app.config_set("secret", "one", secret=True).assert_ok()
    app.up().assert_ok()
    service, family = f"{unique}_todo-web", f"{unique}_todo-list-secret"
    (first,) = names(docker, "secret", family)
    assert docker.exec_in(service, "cat", "/app/config/secrets.json") == "one"
    app.config_set("secret", "two", secret=True).assert_ok()

    preview = app.preview(diff=True).assert_ok()

    assert preview.changes == {"update": 2}
    second = str(step_of(preview, "Secret").new["inputs"]["name"])
    assert second != first and preview.stdout.count(second) >= 2
    assert all(path.startswith("secrets") for path in step_of(preview, "Service").detailed_diff)
    app.up().assert_ok()
    assert docker.exec_in(service, "cat", "/app/config/secrets.json") == "two"
    assert names(docker, "secret", family) == sorted([first, second])
    app.assert_no_changes()
