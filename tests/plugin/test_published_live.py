"""A port that moves between services of one run, and one that two of them want."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import grpc
import pytest

from swarm_provider.plugin.handlers.service import published_ports
from tests.support.engine import Docker, Engine
from tests.support.protocol import Plugin

pytestmark = pytest.mark.live


def given(*ports: str, **more: Any) -> dict[str, Any]:
    """A service without tasks: only its ports matter."""
    return {"image": "bb:1", "resolveImage": "never", "deploy": {"replicas": 0}, "ports": list(ports), **more}


def ports(docker: Docker, name: str) -> list[int]:
    return [port["PublishedPort"] for port in docker.service(name)["Spec"]["EndpointSpec"].get("Ports", [])]


def test_port_that_moves_to_another_service_in_one_run_is_waited_for(
    plugin: Plugin, engine: Engine, docker: Docker, unique: str
) -> None:
    old, new = f"{unique}-old", f"{unique}-new"
    inputs = plugin.inputs("Service", old, given("7801:80"))
    id, state = plugin.create("Service", old, inputs)

    # the next run, in a process of its own: both are checked, and the one that wants the port comes first
    with Plugin(engine.host) as run, ThreadPoolExecutor(1) as pool:
        wants = run.inputs("Service", new, given("7801:80"))
        gives_up = run.inputs("Service", old, given(), inputs)
        coming = pool.submit(run.create, "Service", new, wants)
        with pytest.raises(TimeoutError):
            coming.result(1.5)
        run.update("Service", old, id, inputs, gives_up, state)
        coming.result(30)
    assert (ports(docker, old), ports(docker, new)) == ([], [7801])


def test_port_of_two_services_of_one_run_is_told_by_check(plugin: Plugin, unique: str) -> None:
    one, other = f"{unique}-one", f"{unique}-other"
    plugin.inputs("Service", one, given("7802:80"))
    _, failures = plugin.check("Service", other, given("7802:81"))
    assert failures == [f"ports: port 7802/tcp is published by service '{one}' too; change one of them"]
    # another protocol is another port, and nodes have one each of mode host
    plugin.inputs("Service", other, given("7802:81/udp"))
    host = {"target": 80, "published": 7803, "mode": "host"}
    plugin.inputs("Service", one, {**given(), "ports": [host]})
    plugin.inputs("Service", other, {**given(), "ports": [host]})


def test_port_of_somebody_else_or_of_a_service_that_stays_is_refused_with_its_name(
    plugin: Plugin, docker: Docker, unique: str
) -> None:
    docker("service", "create", "--detach", "--name", f"{unique}-docker", "--replicas", "0", "-p", "7804:80", "bb:1")
    inputs = plugin.inputs("Service", unique, given("7804:80"))
    with pytest.raises(
        grpc.RpcError, match=f"port 7804 is published by service '{unique}-docker', which this program does not"
    ):
        plugin.create("Service", unique, inputs)


@pytest.mark.long
def test_port_of_a_service_that_pulumi_removes_only_afterwards_is_refused_with_the_way_out(
    plugin: Plugin, engine: Engine, docker: Docker, unique: str
) -> None:
    old, new = f"{unique}-old", f"{unique}-new"
    plugin.create("Service", old, plugin.inputs("Service", old, given("7805:80")))
    with Plugin(engine.host) as run:
        wants = run.inputs("Service", new, given("7805:80"))
        with pytest.raises(grpc.RpcError, match=rf"still published by service '{old}' of this program; .* renames="):
            run.create("Service", new, wants, timeout=published_ports.UNREGISTERED_S + 30)
