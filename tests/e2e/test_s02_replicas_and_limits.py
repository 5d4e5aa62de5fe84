"""S2: v2.yml adds replicas and limits; the old task is replaced."""

from __future__ import annotations

import pytest

from tests.conftest import ProjectFactory
from tests.e2e.stacks import copy_todo, replicas, stack, step_of, todo
from tests.support.engine import Docker

pytestmark = pytest.mark.e2e


def test_s2_v2_is_previewed_property_by_property_and_rolled_out(
    project: ProjectFactory, docker: Docker, todo_images: tuple[str, str], unique: str
) -> None:
    app = project(stack(unique, *todo("v1.yml")))
    copy_todo(app)
    app.up().assert_ok()
    service = f"{unique}_todo-web"
    (old,) = docker.task_ids(service)
    app.program(stack(unique, *todo("v2.yml")))

    preview = app.preview(diff=True).assert_ok()

    assert preview.changes == {"update": 1}
    assert set(step_of(preview, "Service", "todo-web").detailed_diff) == {
        "deploy.replicas",
        "deploy.resources.limits.cpus",
        "deploy.resources.limits.memory",
    }
    for text in ('"0.50"', '"100M"', "replicas"):
        assert text in preview.stdout
    assert docker.task_ids(service) == {old}, "a preview changes nothing"

    app.up().assert_ok()

    # at once, without waiting: `up` has waited
    assert replicas(docker, service) == "2/2"
    app.assert_no_changes()
    limits = docker.service(service)["Spec"]["TaskTemplate"]["Resources"]["Limits"]
    assert limits == {"NanoCPUs": 500_000_000, "MemoryBytes": 100 * 1024 * 1024}
    states = docker.lines("service", "ps", service, "--no-trunc", "--format", "{{.ID}} {{.DesiredState}}")
    assert sorted(line.split()[1] for line in states) == ["Running", "Running", "Shutdown"]
    assert f"{old} Shutdown" in states


@pytest.mark.long
def test_s2_settings_of_the_program_scale_the_stack(
    project: ProjectFactory, docker: Docker, todo_images: tuple[str, str], unique: str
) -> None:
    scaled = 'env={"REPLICAS": pulumi.Config().require("replicas")}'
    app = project(stack(unique, *todo("v2.yml"), more=scaled))
    copy_todo(app)
    app.up("--config", "replicas=1").assert_ok()
    service = f"{unique}_todo-web"
    assert replicas(docker, service) == "1/1"
    kept = docker.task_ids(service)

    scaled_up = app.up("--diff", "--config", "replicas=3").assert_ok()

    assert set(step_of(scaled_up, "Service").detailed_diff) == {"deploy.replicas"}
    assert "1 => 3" in scaled_up.stdout
    assert replicas(docker, service) == "3/3"
    assert kept < docker.task_ids(service), "scaling restarts nothing"
    app.assert_no_changes()
