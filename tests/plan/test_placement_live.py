"""The scheduling forecast against Swarm's own scheduler, on three nodes.

Cases that take nothing from one another run side by side; those that reserve memory or cpus come one after the other.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import docker.errors
import pytest

from swarm_provider.convert.service.spec import to_spec
from swarm_provider.core import Json
from swarm_provider.plan.change.restart import restart
from swarm_provider.plan.scheduling.forecast import (
    Outcome,
    SimulatedCluster,
    holders,
    live_usages,
    simulate_scheduling,
    taken_ports,
)
from tests.support.engine import Docker, Engine

pytestmark = [pytest.mark.live, pytest.mark.multinode, pytest.mark.long]

TIMEOUT = 240.0
SETTLE = 4.0
"""Seconds without a change after which a task without a node counts as one that gets none."""


@dataclass(frozen=True)
class Case:
    """A service that is made, or that is made and then updated.

    Attributes:
        after: its inputs; M and C in a reservation are the memory and cpus of a node.
        pending: how many of its tasks get no node.
        words: a part of what the scheduler says.
        before: inputs of the service that is there first, with all its tasks running.
        beside: another service that is there first.
    """

    after: Json
    pending: int = 0
    words: str = ""
    before: Json | None = None
    beside: Json | None = None


def service(replicas: int = 1, image: str = "bb:1", **parts: Any) -> Json:
    deploy: Json = {"replicas": replicas, "updateConfig": {"parallelism": 1}, **parts.pop("deploy", {})}
    base = {"image": image, "command": ["sleep", "1000"], "stopGracePeriod": "0s"}
    return {**base, "deploy": deploy, **parts}


def job(*constraints: str) -> Json:
    # one that ends by itself: engine 20.10 lets the tasks of a removed job run on
    deploy = {"mode": "replicated-job", "updateConfig": None, "placement": {"constraints": list(constraints)}}
    return service(3, deploy={"replicas": 3, **deploy}, command=["true"])


def on(*constraints: str, replicas: int = 1, **placement: Any) -> Json:
    return service(replicas, deploy={"placement": {"constraints": list(constraints), **placement}})


def everywhere(*constraints: str, **deploy: Any) -> Json:
    made = service(deploy={"mode": "global", "placement": {"constraints": list(constraints)}, **deploy})
    del made["deploy"]["replicas"]
    return made


def host(port: int, replicas: int = 1, protocol: str = "tcp", **parts: Any) -> Json:
    published = {"target": 80, "published": port, "mode": "host", "protocol": protocol}
    return service(replicas, ports=[published], **parts)


def reserving(replicas: int = 1, order: str = "stop-first", image: str = "bb:1", on: str = "", **what: Any) -> Json:
    deploy: Json = {"resources": {"reservations": what}, "updateConfig": {"order": order, "parallelism": 1}}
    if on:
        deploy["placement"] = {"constraints": [on]}
    return service(replicas, image, deploy=deploy)


def mounting(driver: str) -> Json:
    return service(volumes=[{"type": "volume", "source": "v", "target": "/v", "volume": {"driver": driver}}])


UNSATISFIED = "scheduling constraints not satisfied on 3 nodes"
FIRST = {"updateConfig": {"order": "start-first", "parallelism": 1}}
SIDE_BY_SIDE: dict[str, Case] = {
    "anywhere": Case(service(4)),
    "none": Case(service(0)),
    "label": Case(on("node.labels.zone == b", replicas=2)),
    "label-of-no-node": Case(on("node.labels.zone == z", replicas=2), 2, UNSATISFIED),
    "label-not-equal": Case(on("node.labels.zone != a")),
    "label-case": Case(on("node.labels.zone == B")),
    "hostname": Case(on("node.hostname == node3")),
    "role": Case(on("node.role == worker", replicas=5)),
    "role-and-label": Case(on("node.role == manager", "node.labels.zone == b"), 1, UNSATISFIED),
    "os": Case(on("node.platform.os == linux")),
    "other-os": Case(on("node.platform.os == windows"), 1, UNSATISFIED),
    "arch-as-docker-writes-it": Case(on("node.platform.arch == x86_64")),
    "arch-as-go-writes-it": Case(on("node.platform.arch == amd64"), 1, UNSATISFIED),
    "engine-label": Case(on("engine.labels.x == y"), 1, UNSATISFIED),
    "limit-per-node": Case(on(replicas=3, maxReplicasPerNode=1)),
    "limit-per-node-exceeded": Case(on(replicas=4, maxReplicasPerNode=1), 1, "max replicas per node limit exceed"),
    "limit-per-node-on-workers": Case(
        on("node.role == worker", replicas=5, maxReplicasPerNode=2), 1,
        "no suitable node (max replicas per node limit exceed; scheduling constraints not satisfied on 1 node)",
    ),
    "generic-resource": Case(
        reserving(genericResources=[{"discreteResourceSpec": {"kind": "gpu", "value": 1}}]), 1,
        "insufficient resources on 3 nodes",
    ),
    "volume-driver": Case(mounting("nosuch"), 1, "missing plugin on 3 nodes"),
    "volume-driver-local": Case(mounting("local")),
    "log-driver": Case(service(logging={"driver": "nosuch"}), 1, "missing plugin on 3 nodes"),
    "log-driver-known": Case(service(logging={"driver": "json-file"})),
    "log-driver-none": Case(service(logging={"driver": "none"})),
    "network": Case(service(networks=[{"name": "pl-net"}])),
    "host-port": Case(host(9101, 3)),
    "host-port-exceeded": Case(host(9102, 4), 1, "host-mode port already in use on 3 nodes"),
    "host-port-of-another": Case(
        host(9103, deploy={"placement": {"constraints": ["node.labels.zone == b"]}}), 1,
        "host-mode port already in use on 1 node",
        beside=host(9103, deploy={"placement": {"constraints": ["node.labels.zone == b"]}}),
    ),
    "host-port-beside-another": Case(host(9104, 2), beside=host(9104)),
    "host-port-of-other-protocol": Case(host(9105, 3), beside=host(9105, 3, protocol="udp")),
    "global": Case(everywhere()),
    "global-on-workers": Case(everywhere("node.role == worker")),
    "global-nowhere": Case(everywhere("node.labels.zone == z"), 1),
    "job": Case(job()),
    "job-nowhere": Case(job("node.labels.zone == z"), 3, UNSATISFIED),
    "update-start-first-port": Case(
        host(9106, 3, image="bb:2", deploy=FIRST), 1, "host-mode port already in use on 3 nodes",
        before=host(9106, 3, deploy=FIRST),
    ),
    "update-start-first-port-with-room": Case(
        host(9107, 2, image="bb:2", deploy=FIRST), before=host(9107, 2, deploy=FIRST)
    ),
    "update-stop-first-port": Case(host(9108, 3, image="bb:2"), before=host(9108, 3)),
    "scale-beyond-ports": Case(host(9109, 4), 1, "host-mode port already in use", before=host(9109, 2)),
    "scale-down": Case(host(9110, 1), before=host(9110, 3)),
    "scale-beyond-limit": Case(
        on(replicas=5, maxReplicasPerNode=1), 2, "max replicas per node", before=on(replicas=3, maxReplicasPerNode=1)
    ),
    "constraint-that-holds": Case(
        on("node.role == worker", replicas=2), before=on("node.labels.zone != a", replicas=2)
    ),
    "constraint-that-breaks": Case(on("node.labels.zone == z"), 1, UNSATISFIED, before=on()),
    "constraint-that-moves": Case(on("node.labels.zone == c"), before=on("node.labels.zone == b")),
}  # fmt: skip
IN_TURN: dict[str, Case] = {
    "memory": Case(reserving(3, memory=0.6)),
    "memory-exceeded": Case(reserving(4, memory=0.6), 1, "insufficient resources on 3 nodes"),
    "memory-beyond-a-node": Case(reserving(2, memory=1.1), 2, "insufficient resources on 3 nodes"),
    "memory-on-one-node": Case(
        reserving(2, memory=0.6, on="node.labels.zone == b"), 1,
        "no suitable node (scheduling constraints not satisfied on 2 nodes; insufficient resources on 1 node)",
    ),
    "memory-beside-another": Case(
        reserving(3, memory=0.6), 1, "insufficient resources on 3 nodes",
        beside=reserving(1, memory=0.6, on="node.labels.zone == c"),
    ),
    "memory-beside-a-small-one": Case(
        reserving(3, memory=0.6), beside=reserving(1, memory=0.3, on="node.labels.zone == c")
    ),
    "cpus": Case(reserving(3, cpus=0.6)),
    "cpus-exceeded": Case(reserving(5, cpus=0.6), 2, "insufficient resources on 3 nodes"),
    "global-memory": Case(
        {**everywhere(resources={"reservations": {"memory": 0.6}})}, 1, "insufficient resources on 1 node",
        beside=reserving(1, memory=0.6, on="node.labels.zone == b"),
    ),
    "update-stop-first-memory": Case(
        reserving(3, memory=0.6, image="bb:2"), before=reserving(3, memory=0.6)
    ),
    "update-start-first-memory": Case(
        reserving(3, "start-first", memory=0.6, image="bb:2"), 1, "insufficient resources on 3 nodes",
        before=reserving(3, "start-first", memory=0.6),
    ),
    "update-to-more-memory": Case(
        reserving(3, memory=0.9), before=reserving(3, memory=0.6)
    ),
    "update-to-too-much-memory": Case(
        reserving(3, memory=1.1), 1, "insufficient resources", before=reserving(3, memory=0.6)
    ),
    "scale-beyond-memory": Case(
        reserving(5, memory=0.6), 2, "insufficient resources on 3 nodes", before=reserving(2, memory=0.6)
    ),
}  # fmt: skip
ON_A_DRAINED: dict[str, Case] = {
    "drained": Case(
        on("node.labels.zone == b"), 1,
        "no suitable node (scheduling constraints not satisfied on 2 nodes; 1 node not available for new tasks)",
    ),
    "drained-ports": Case(host(9120, 3), 1, "1 node not available for new tasks"),
    "drained-global": Case(everywhere()),
    "drained-anywhere": Case(service(3)),
}  # fmt: skip
ON_A_PAUSED: dict[str, Case] = {
    "paused": Case(on("node.labels.zone == b"), 1, "1 node not available for new tasks"),
    "paused-scale": Case(host(9121, 4), 2, "1 node not available for new tasks", before=host(9121, 2)),
}
CASES = {**SIDE_BY_SIDE, **IN_TURN, **ON_A_DRAINED, **ON_A_PAUSED}


class Bench:
    """Every case, forecast and tried."""

    def __init__(self, docker: Docker) -> None:
        self.docker, self.api = docker, docker.api
        self.forecasts: dict[str, Outcome] = {}
        self.pending: dict[str, list[Json]] = {}
        resources = self.api.nodes()[0]["Description"]["Resources"]
        self.memory, self.cpus = resources["MemoryBytes"], resources["NanoCPUs"]
        docker("network", "create", "--driver", "overlay", "pl-net")
        nodes = {node["Description"]["Hostname"]: node["ID"] for node in self.api.nodes()}
        for name, zone in zip(sorted(nodes), "abc", strict=True):
            docker("node", "update", "--label-add", f"zone={zone}", nodes[name])
        self.run(SIDE_BY_SIDE)
        for name, case in IN_TURN.items():
            self.run({name: case})
        for availability, cases in (("drain", ON_A_DRAINED), ("pause", ON_A_PAUSED)):
            docker("node", "update", "--availability", availability, nodes[sorted(nodes)[1]])
            self.run(cases)
            docker("node", "update", "--availability", "active", nodes[sorted(nodes)[1]])

    def run(self, cases: dict[str, Case]) -> None:
        first: dict[str, Json] = {}
        for name, case in cases.items():
            if case.before:
                first[name] = case.before
            if case.beside:
                first[f"{name}-beside"] = case.beside
        for name, inputs in first.items():
            self.send(name, self.spec(name, inputs))
        for name, inputs in first.items():
            self.docker.wait_running(name, inputs["deploy"].get("replicas", 3), TIMEOUT)
        cluster = self.cluster()
        specs = {name: self.spec(name, case.after) for name, case in cases.items()}
        for name, spec in specs.items():
            live = self.docker.service(name) if name in first else None
            found = restart(live["Spec"], spec) if live else None
            self.forecasts[name] = simulate_scheduling(
                spec, cluster, restarts=bool(found and found.restarts and not found.placement)
            )
        for name, spec in specs.items():
            self.send(name, spec, update=name in first)
        self.settle(list(cases))
        for name in {*cases, *first}:
            self.api.remove_service(name)
        end = time.monotonic() + TIMEOUT
        while self.cluster().usages:
            assert time.monotonic() < end
            time.sleep(0.2)

    def spec(self, name: str, inputs: Json) -> Json:
        deploy = inputs["deploy"]
        what = (deploy.get("resources") or {}).get("reservations") or {}
        sized: Json = dict(what)
        if isinstance(what.get("memory"), float):
            sized["memory"] = str(int(what["memory"] * self.memory))
        if isinstance(what.get("cpus"), float):
            sized["cpus"] = str(what["cpus"] * self.cpus / 1e9)
        made = {key: value for key, value in deploy.items() if value is not None}
        if what:
            made["resources"] = {"reservations": sized}
        return to_spec({**inputs, "name": name, "deploy": made})

    def cluster(self) -> SimulatedCluster:
        networks = self.api.networks()
        drivers = {key: item["Driver"] for item in networks for key in (item["Id"], item["Name"])}
        # the tasks of a service that is gone have still to end
        return SimulatedCluster(self.api.nodes(), live_usages(self.api.services(), self.api.tasks(), drivers), drivers)

    def send(self, name: str, spec: Json, *, update: bool = False) -> None:
        if update:
            self.docker.update_service(self.docker.service(name), spec)
        else:
            self.docker.create_service(spec)

    def settle(self, names: Sequence[str]) -> None:
        """Wait until nothing about the tasks has changed for a while, and note which of them have no node."""
        ids = {self.docker.service(name)["ID"]: name for name in names}
        seen: list[Any] = []
        since, end = time.monotonic(), time.monotonic() + TIMEOUT
        while time.monotonic() < end and time.monotonic() - since < SETTLE:
            tasks = [task for task in self.api.tasks() if task["ServiceID"] in ids]
            state = sorted((task["ID"], task["Status"]["State"], task["DesiredState"]) for task in tasks)
            if state != seen:
                seen, since = state, time.monotonic()
            time.sleep(0.2)
        for name in names:
            self.pending[name] = []
        for task in tasks:
            placed = task.get("NodeID") and task["Status"]["State"] not in ("pending", "new", "allocated")
            if not placed and task["DesiredState"] in ("running", "ready", "complete"):
                self.pending[ids[task["ServiceID"]]].append(task)


@pytest.fixture(scope="module")
def bench(three_nodes: Engine) -> Iterator[Bench]:
    with three_nodes.cleaned():
        yield Bench(three_nodes.docker)


@pytest.mark.parametrize("name", CASES)
def test_forecast_agrees_with_the_scheduler(bench: Bench, name: str) -> None:
    case, forecast, pending = CASES[name], bench.forecasts[name], bench.pending[name]
    if name == "global-nowhere":
        assert forecast.pending == 1
        assert bench.pending[name] == [], "Swarm makes no task at all"
        return
    assert (forecast.pending > 0) == (len(pending) > 0), (forecast, [task["Status"] for task in pending])
    if case.before is None or name.startswith("scale"):
        assert forecast.pending == len(pending) == case.pending
    said = {task["Status"].get("Err", "") for task in pending}
    for text in said:
        assert text.removeprefix("no suitable node ").strip("()") in forecast.reason
    assert case.words in forecast.reason


@pytest.mark.parametrize(
    ("theirs", "ours", "refused"),
    [
        (("ingress", "tcp"), ("ingress", "tcp"), True),
        (("ingress", "tcp"), ("ingress", "udp"), False),
        (("ingress", "tcp"), ("host", "tcp"), True),
        (("host", "tcp"), ("ingress", "tcp"), True),
        (("host", "tcp"), ("host", "tcp"), False),
    ],
)
def test_taken_port_is_told_in_the_words_in_which_swarm_refuses_it(
    three_nodes: Engine, unique: str, theirs: tuple[str, str], ours: tuple[str, str], refused: bool
) -> None:
    api = three_nodes.docker.api

    def publishing(name: str, port: tuple[str, str]) -> Json:
        published = {"target": 80, "published": 9130, "mode": port[0], "protocol": port[1]}
        return to_spec({**service(0, ports=[published]), "name": f"{unique}-{name}"})

    def create(spec: Json) -> str:
        try:
            three_nodes.docker.create_service(spec)
        except docker.errors.APIError as error:
            return str(error.explanation)
        return ""

    with three_nodes.cleaned():
        assert create(publishing("a", theirs)) == ""
        told = taken_ports(publishing("b", ours), holders(api.services()))
        said = create(publishing("b", ours))
    assert bool(told) == bool(said) == refused
    assert all(text.split(" (")[0].replace(f"'{unique}-a'", f"'{unique}-a'") in strip_id(said) for text in told)


def strip_id(text: str) -> str:
    """Swarm's sentence without the service's id, which helps nobody."""
    before, _, rest = text.partition("' (")
    return f"{before}'{rest.partition(')')[2]}" if rest else text
