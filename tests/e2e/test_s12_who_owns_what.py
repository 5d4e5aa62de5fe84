"""S12: what goes with the stack, what stays, what belongs to others, and what Swarm replaces by itself."""

from __future__ import annotations

import pytest

from tests.conftest import ProjectFactory
from tests.e2e.stacks import names, stack, wait_for, write_yaml
from tests.support.engine import Docker

pytestmark = pytest.mark.e2e

OWNED = """
    version: "3.7"
    services:
      app:
        image: bb:1
        volumes:
          - data:/data
          - theirs:/theirs
          - /scratch
        networks: [default, outside]
        configs: [cfg]
        secrets: [sec]
        deploy: {{update_config: {{monitor: 1s}}}}
    volumes:
      data:
      theirs: {{external: true, name: {n}-theirs}}
    networks:
      outside: {{external: true, name: {n}-outside}}
    configs:
      cfg: {{external: true, name: {n}-cfg}}
    secrets:
      sec: {{external: true, name: {n}-sec}}
"""
DATA = """
    version: "3.7"
    services:
      app:
        image: bb:1
        volumes: [data:/data]
        deploy: {update_config: {monitor: 1s}}
    volumes:
      data:
"""
HEALTH = """
    version: "3.7"
    services:
      web:
        image: web:1
        deploy: {restart_policy: {delay: 0s}, update_config: {monitor: 1s}}
"""


def volumes_of(docker: Docker, service: str) -> dict[str, str]:
    """Names of the volumes that the service's running container has mounted, by their place in it."""
    (task,) = docker.tasks(service)
    mounts = docker.api.inspect_container(task["Status"]["ContainerStatus"]["ContainerID"])["Mounts"]
    return {mount["Destination"]: mount["Name"] for mount in mounts if mount["Type"] == "volume"}


def test_s12_destroy_removes_what_is_the_stacks_and_keeps_data_and_external_objects(
    project: ProjectFactory, docker: Docker, unique: str
) -> None:
    docker("network", "create", "--driver", "overlay", f"{unique}-outside")
    docker("config", "create", f"{unique}-cfg", "-", stdin="c")
    docker("secret", "create", f"{unique}-sec", "-", stdin="s")
    docker("volume", "create", f"{unique}-theirs")
    app = project(stack(unique, "owned.yml"))
    write_yaml(app, "owned.yml", OWNED.format(n=unique))
    app.up().assert_ok()
    app.assert_no_changes()
    service = f"{unique}_app"
    volumes = volumes_of(docker, service)
    assert (volumes["/data"], volumes["/theirs"]) == (f"{unique}_data", f"{unique}-theirs")
    docker.exec_in(service, "sh", "-c", "echo kept | tee /data/file /theirs/file > /scratch/file")

    app.destroy().assert_ok()

    assert names(docker, "service", unique) == []
    assert names(docker, "network", unique) == [f"{unique}-outside"]
    assert names(docker, "config", unique) == [f"{unique}-cfg"]
    assert names(docker, "secret", unique) == [f"{unique}-sec"]
    assert names(docker, "volume", unique) == [f"{unique}-theirs", f"{unique}_data"]
    # with their containers, a moment after these ended
    wait_for("the anonymous volume goes", lambda: volumes["/scratch"] not in docker.lines("volume", "ls", "-q"), 10)
    app.up().assert_ok()
    assert docker.exec_in(service, "cat", "/data/file", "/theirs/file").split() == ["kept", "kept"]
    assert docker.exec_in(service, "ls", "/scratch") == ""
    app.assert_no_changes()


def test_s12_stack_rm_by_hand_is_seen_and_undone_with_the_data_in_place(
    project: ProjectFactory, docker: Docker, unique: str
) -> None:
    app = project(stack(unique, "owned.yml"))
    write_yaml(app, "owned.yml", DATA)
    app.up().assert_ok()
    service = f"{unique}_app"
    docker.exec_in(service, "sh", "-c", "echo kept > /data/file")
    docker.remove_stack(unique)

    preview = app.preview(diff=True).assert_ok()

    assert preview.changes == {"create": 2}, "the service and the default network"
    app.up().assert_ok()
    assert docker.exec_in(service, "cat", "/data/file") == "kept"
    app.assert_no_changes()
    assert f"{unique} 1" in docker.lines("stack", "ls", "--format", "{{.Name}} {{.Services}}")


@pytest.mark.long
def test_s12_volume_is_removed_on_destroy_only_where_that_is_asked_for(
    project: ProjectFactory, docker: Docker, unique: str
) -> None:
    app = project(
        f"""
        import swarm_provider as swarm
        kept = swarm.Volume("{unique}-kept")
        gone = swarm.Volume("{unique}-gone", delete_on_destroy=True)
        swarm.Service("{unique}", image="bb:1", volumes=["{unique}-kept:/kept", "{unique}-gone:/gone"])
        """
    )
    app.up().assert_ok()
    app.assert_no_changes()
    assert names(docker, "volume", unique) == [f"{unique}-gone", f"{unique}-kept"]

    destroyed = app.destroy().assert_ok()

    assert names(docker, "volume", unique) == [f"{unique}-kept"]
    assert any(f"{unique}-kept" in line and "kept" in line for line in destroyed.diagnostics), "it says what it leaves"


def test_s12_unhealthy_containers_are_replaced_and_preview_stays_clean(
    project: ProjectFactory, docker: Docker, unique: str
) -> None:
    app = project(stack(unique, "health.yml"))
    write_yaml(app, "health.yml", HEALTH)
    app.up().assert_ok()
    service = f"{unique}_web"
    before = docker.task_ids(service)
    docker.exec_in(service, "rm", "/app/www/version")

    def replaced() -> bool:
        running = docker.task_ids(service)
        return bool(running) and running.isdisjoint(before)

    wait_for("the unhealthy container is replaced", replaced, timeout=30)
    app.assert_no_changes()
    assert docker.exec_in(service, "cat", "/app/www/version") == "1"
    (shut_down,) = docker.lines("service", "ps", "--filter", "desired-state=shutdown", "-q", "--no-trunc", service)
    assert {shut_down} == before
