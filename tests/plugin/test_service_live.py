"""Service over the protocol, on a real engine: what is secret stays so, and nothing unknown surprises the plugin."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator
from typing import Any

import grpc
import pytest

from swarm_provider.core.values import UNKNOWN, Secret, reveal
from tests.e2e.stacks import wait_for
from tests.support.engine import Docker, Engine
from tests.support.protocol import Plugin, partly

pytestmark = pytest.mark.live

FULL: dict[str, Any] = {
    "image": "bb:1",
    "resolveImage": "never",
    "wait": False,
    "environment": {"A": "1"},
    "labels": {"l": "1"},
    "command": ["sh", "-c", "sleep 1000"],
    "hostname": "h",
    "user": "0",
    "ports": [{"target": 80, "published": 8080, "protocol": "tcp", "mode": "ingress"}],
    "volumes": [
        {"type": "volume", "source": "v", "target": "/d", "volume": {"driver": "local", "driverOpts": {"o": "x"}}},
        {"type": "tmpfs", "target": "/t", "tmpfs": {"size": "1m", "mode": 511}},
    ],
    "deploy": {
        "mode": "replicated",
        "replicas": 0,
        "endpointMode": "vip",
        "labels": {"a": "b"},
        "resources": {"limits": {"cpus": "0.5", "memory": "100M"}},
        "placement": {"constraints": ["node.role == manager"], "preferences": [{"spread": "node.labels.z"}]},
        "updateConfig": {"parallelism": 1, "delay": "1s", "order": "start-first"},
        "restartPolicy": {"condition": "any", "delay": "1s"},
    },
    "healthcheck": {"test": ["CMD", "true"], "interval": "1s", "retries": 3},
    "logging": {"driver": "json-file", "options": {"max-size": "1m"}},
    "capAdd": ["NET_ADMIN"],
    "ulimits": {"nofile": {"soft": 1, "hard": 2}},
    "extraHosts": ["a:1.2.3.4"],
    "dns": ["1.1.1.1"],
    "stopGracePeriod": "10s",
}
CONTROL = ("resolveImage", "wait")


def places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    if path and path[0] not in CONTROL:
        yield path
    entries = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, entry in entries:
        yield from places(entry, (*path, key))


def put(path: tuple[Any, ...], change: Callable[[Any], Any]) -> dict[str, Any]:
    inputs = copy.deepcopy(FULL)
    inner: Any = inputs
    for key in path[:-1]:
        inner = inner[key]
    inner[path[-1]] = change(inner[path[-1]])
    return inputs


@pytest.mark.parametrize(
    "change", [lambda _: UNKNOWN, Secret, lambda _: Secret(UNKNOWN)], ids=["unknown", "secret", "both"]
)
def test_no_place_that_is_unknown_or_secret_is_a_fault(
    plugin: Plugin, docker: Docker, unique: str, change: Callable[[Any], Any]
) -> None:
    olds = plugin.inputs("Service", unique, FULL)
    id, state = plugin.create("Service", unique, olds)
    faults = []
    for path in places(FULL):
        try:
            news, failures = plugin.check("Service", unique, put(path, change), olds)
            if failures:
                assert path == ("image",), failures
                continue
            plugin.diff("Service", unique, id, olds, news, state)
            plugin.update("Service", unique, id, olds, news, state, preview=True)
            plugin.create("Service", unique, news, preview=True)
        except grpc.RpcError as error:
            faults.append((path, error.details()))
    assert faults == []


def test_secret_of_a_failed_update_is_read_back_as_a_secret(plugin: Plugin, docker: Docker, unique: str) -> None:
    good = {"image": "bb:1", "resolveImage": "never", "deploy": {"updateConfig": {"monitor": "1s"}}}
    olds = plugin.inputs("Service", unique, good)
    id, state = plugin.create("Service", unique, olds)
    bad = {
        **good,
        "environment": {"DB_PASSWORD": Secret("hunter22")},
        "command": ["sh", "-c", "exit 3", Secret("hunter33")],
        "deploy": {
            "updateConfig": {"monitor": "1s", "failureAction": "continue"},
            "restartPolicy": {"condition": "none"},
        },
    }
    news = plugin.inputs("Service", unique, bad, olds)
    with pytest.raises(grpc.RpcError) as caught:
        plugin.update("Service", unique, id, olds, news, state)
    assert "exited with code 3" in caught.value.details()
    _, live, _ = plugin.read("Service", unique, id, olds, state)
    assert live["environment"] == {"DB_PASSWORD": Secret("hunter22")}
    assert isinstance(live["command"], Secret)
    assert reveal(live["command"]) == ["sh", "-c", "exit 3", "hunter33"]
    found = plugin.diff("Service", unique, id, live, plugin.inputs("Service", unique, good, live), state)
    assert {"environment", "command"} <= set(found.diffs)


def test_secret_named_by_its_family_is_found_in_the_run_that_makes_it(
    plugin: Plugin, docker: Docker, unique: str
) -> None:
    secret = plugin.inputs("Secret", unique, {"data": Secret("hunter2")})
    service = plugin.inputs("Service", unique, {**FULL, "secrets": [unique]})
    _, made = plugin.create("Secret", unique, secret)
    plugin.create("Service", unique, service)
    spec = docker.service(unique)["Spec"]["TaskTemplate"]["ContainerSpec"]
    assert [entry["SecretName"] for entry in spec["Secrets"]] == [made["name"]]


def test_update_that_is_under_way_is_told_where_somebody_waits(plugin: Plugin, docker: Docker, unique: str) -> None:
    deploy = {"replicas": 2, "updateConfig": {"delay": "1m", "monitor": "300ms"}}
    given = {"image": "bb:1", "resolveImage": "never", "stopGracePeriod": "1s", "deploy": deploy}
    inputs = plugin.inputs("Service", unique, given)
    id, state = plugin.create("Service", unique, inputs)
    docker("service", "update", "--detach", "--force", "--quiet", unique)
    wait_for("update", lambda: docker.service(unique).get("UpdateStatus", {}).get("State") == "updating")
    with Plugin(docker.host) as next_run:
        with pytest.raises(grpc.RpcError) as caught:
            next_run.read("Service", unique, id, inputs, state)
        assert "is in progress; `up` waits for it" in caught.value.details()
        assert partly(caught.value)[:2] == (id, {**inputs, "forceUpdate": 1})
        assert next_run.read("Service", unique, id, {**inputs, "wait": False}, state)[0] == id


def test_strict_service_makes_its_warnings_errors(plugin: Plugin, unique: str) -> None:
    placement = {"placement": {"constraints": ["node.labels.storage == nowhere"]}}
    given = {"image": "bb:1", "resolveImage": "never", "deploy": placement, "strict": True}
    _, failures = plugin.check("Service", unique, given)
    assert len(failures) == 1
    assert "no node satisfies 'node.labels.storage == nowhere'" in failures[0]


def test_file_of_a_versioned_object_keeps_the_familys_name(plugin: Plugin, docker: Docker, unique: str) -> None:
    config = plugin.inputs("Config", unique, {"data": "a"})
    plugin.create("Config", unique, config)
    service = plugin.inputs("Service", unique, {**FULL, "configs": [{"source": config["name"]}]})
    assert service["configs"] == [{"source": config["name"], "target": unique}]
    plugin.create("Service", unique, service)
    found = docker.service(unique)["Spec"]["TaskTemplate"]["ContainerSpec"]["Configs"]
    assert [(entry["ConfigName"], entry["File"]["Name"]) for entry in found] == [(config["name"], unique)]


def test_service_in_the_hosts_network_is_read_back_as_it_was_given(
    plugin: Plugin, engine: Engine, docker: Docker, unique: str
) -> None:
    counted = {"genericResources": [{"discreteResourceSpec": {"kind": "gpu", "value": 0}}]}
    given = {
        "image": "bb:1", "resolveImage": "never", "wait": False, "networks": ["host"],
        "deploy": {"replicas": 0, "resources": {"reservations": counted}},
    }  # fmt: skip
    inputs = plugin.inputs("Service", unique, given)
    id, state = plugin.create("Service", unique, inputs)
    with Plugin(engine.host) as run:
        _, olds, state = run.read("Service", unique, id, inputs, state)
        assert olds == inputs
        news = run.inputs("Service", unique, given, olds)
        assert not run.diff("Service", unique, id, olds, news, state).diffs
        # and an update that only renews what Pulumi knows sends nothing
        run.update("Service", unique, id, olds, news, state)
    assert "PreviousSpec" not in docker.service(unique)
