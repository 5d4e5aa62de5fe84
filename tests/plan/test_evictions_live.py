"""The forecast of evictions against Swarm itself, on three nodes: task ids tell what a change of a node drove away."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import pytest

from swarm_provider.convert.service.spec import to_spec
from swarm_provider.core import Json
from swarm_provider.plan.scheduling.evictions import evictions
from swarm_provider.plan.scheduling.forecast import SimulatedCluster, live_usages
from tests.support.engine import Docker, Engine

pytestmark = [pytest.mark.live, pytest.mark.multinode, pytest.mark.long]

SETTLE = 5.0
TIMEOUT = 120.0


def service(name: str, replicas: int | None, *constraints: str) -> Json:
    deploy: Json = {"placement": {"constraints": list(constraints)}}
    deploy |= {"mode": "global"} if replicas is None else {"replicas": replicas}
    return to_spec(
        {"name": name, "image": "bb:1", "command": ["sleep", "1000"], "stopGracePeriod": "0s", "deploy": deploy}
    )


def wanted(docker: Docker, names: list[str]) -> dict[str, set[str]]:
    """Ids of the tasks that are to run, by service."""
    tasks = docker.api.tasks()
    ids = {docker.service(name)["ID"]: name for name in names}
    found: dict[str, set[str]] = {name: set() for name in names}
    for task in tasks:
        if task["ServiceID"] in ids and task["DesiredState"] == "running":
            found[ids[task["ServiceID"]]].add(task["ID"])
    return found


def test_forecast_of_labels_and_availability_agrees_with_task_ids(three_nodes: Engine, unique: str) -> None:
    docker, key = three_nodes.docker, unique
    nodes = {node["Description"]["Hostname"]: node["ID"] for node in docker.api.nodes()}
    hosts = sorted(nodes)
    for host, value in zip(hosts, "abc", strict=True):
        docker("node", "update", "--label-add", f"{key}={value}", nodes[host])
    specs = {
        spec["Name"]: spec
        for spec in (
            service(f"{unique}-any", 3),
            service(f"{unique}-all", None),
            service(f"{unique}-on-b", 2, f"node.labels.{key} == b"),
            service(f"{unique}-not-z", 3, f"node.labels.{key} != z"),
            service(f"{unique}-all-not-z", None, f"node.labels.{key} != z"),
        )
    }

    def labelled(value: str) -> Callable[[Json], Json]:
        return lambda node: {**node, "Spec": {**node["Spec"], "Labels": {**node["Spec"]["Labels"], key: value}}}

    def available(value: str) -> Callable[[Json], Json]:
        return lambda node: {**node, "Spec": {**node["Spec"], "Availability": value}}

    steps: list[tuple[str, str, Callable[[Json], Json]]] = [
        ("label that still matches", hosts[0], labelled("a2")),
        ("label that no constraint takes", hosts[1], labelled("z")),
        ("pause", hosts[2], available("pause")),
        ("drain", hosts[2], available("drain")),
        ("active", hosts[2], available("active")),
    ]
    with three_nodes.cleaned():
        for spec in specs.values():
            docker.create_service(spec)
        for name, count in ((f"{unique}-any", 3), (f"{unique}-all", 3), (f"{unique}-on-b", 2), (f"{unique}-not-z", 3)):
            docker.wait_running(name, count, TIMEOUT)
        docker.wait_running(f"{unique}-all-not-z", 3, TIMEOUT)
        for what, host, change in steps:
            before = docker.api.nodes()
            after = [change(node) if node["ID"] == nodes[host] else node for node in before]
            cluster = SimulatedCluster([], live_usages(docker.api.services(), docker.api.tasks(), {}))
            forecast = evictions(cluster, before, after, specs).counts
            was = wanted(docker, list(specs))
            wished: Any = next(node["Spec"] for node in after if node["ID"] == nodes[host])
            version = next(node["Version"]["Index"] for node in before if node["ID"] == nodes[host])
            docker.api.update_node(nodes[host], version, wished)
            end, found, since = time.monotonic() + TIMEOUT, was, time.monotonic()
            while time.monotonic() - since < SETTLE and time.monotonic() < end:
                now = wanted(docker, list(specs))
                if now != found:
                    found, since = now, time.monotonic()
                time.sleep(0.3)
            gone = {name: len(was[name] - found[name]) for name in specs if was[name] - found[name]}
            assert gone == dict(forecast), what
