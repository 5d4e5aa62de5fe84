"""S4: one handle on a group of services; `destroy` removes it in the right order."""

from __future__ import annotations

import pytest

from tests.conftest import ProjectFactory
from tests.e2e.stacks import events_of, names, stack, write_yaml
from tests.support.engine import Docker

pytestmark = pytest.mark.e2e

GROUP = """
    version: "3.7"
    services:
      front:
        image: web:1
        networks: [outside, inside]
        configs: [settings]
        environment: {CONFIG_FILE: /settings}
      back:
        image: bb:1
        networks: [inside]
        stop_grace_period: 3s
        # ends some time after it is told to: its network has to wait for it
        command: ["sh", "-c", "trap 'sleep 1; exit' TERM; sleep 1000000 & wait"]
    networks:
      outside:
      inside: {internal: true}
    configs:
      settings: {file: ./settings.json}
"""


def test_s4_destroy_removes_the_group_and_waits_for_its_tasks_before_its_networks(
    project: ProjectFactory, docker: Docker, unique: str
) -> None:
    app = project(stack(unique, "group.yml"))
    write_yaml(app, "group.yml", GROUP)
    app.write("settings.json", "{}")
    app.up().assert_ok()
    app.assert_no_changes()
    services = [f"{unique}_back", f"{unique}_front"]
    networks = [f"{unique}_inside", f"{unique}_outside"]
    assert sorted(docker.lines("stack", "services", unique, "--format", "{{.Name}} {{.Replicas}}")) == [
        f"{name} 1/1" for name in services
    ]
    listed = docker.lines("stack", "ps", unique, "--format", "{{.Name}} {{.DesiredState}}")
    assert sorted(listed) == [f"{name}.1 Running" for name in services]
    assert names(docker, "network", unique) == networks
    stack_name = f"label=com.docker.stack.namespace={unique}"
    assert len(docker.lines("config", "ls", "-q", "--filter", stack_name)) == 1

    with events_of(docker) as events:
        destroyed = app.destroy().assert_ok()

    assert destroyed.changes["delete"] == 7  # the stack, two services, two networks, a config, the project's stack
    for service in services:
        removed = events.position("service", "remove", service)
        ended = events.position("container", "die", service, last=True)
        for network in networks:
            gone = events.position("network", "remove", network)
            assert removed < gone and ended < gone, f"{network} before {service}"
    for kind in ("service", "network", "config"):
        assert docker.lines(kind, "ls", "-q", "--filter", stack_name) == []
    assert docker.lines("ps", "-q", "--filter", f"name={unique}_") == [], "no task runs"
    assert unique not in docker("stack", "ls")


@pytest.mark.long
def test_s4_destroy_after_stack_rm_by_hand_finds_nothing_to_do(
    project: ProjectFactory, docker: Docker, unique: str
) -> None:
    app = project(stack(unique, "group.yml"))
    write_yaml(app, "group.yml", GROUP)
    app.write("settings.json", "{}")
    app.up().assert_ok()
    docker.remove_stack(unique)

    app.destroy().assert_ok()

    assert app.resources() == {}
