"""The pure parts alone, at thousands of services: whether their time and memory stay linear.

`python -m bench.functions` prints a table. What is measured is what a run of the plugin and of the program does with a
stack, without a swarm and without Pulumi.
"""

from __future__ import annotations

import argparse
import gc
import statistics
import tempfile
import time
import tracemalloc
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench.workload import Json, Workload
from swarm_provider.compose.project import load
from swarm_provider.convert.service.spec import from_spec, to_spec
from swarm_provider.core import labels
from swarm_provider.model.resources import SERVICE
from swarm_provider.plan.change.property_diff import changes
from swarm_provider.plan.change.restart import restart
from swarm_provider.plan.facts.tasks import by_service
from swarm_provider.plan.families import naming, pruning
from swarm_provider.plan.rollout.history import Snapshot, observe
from swarm_provider.plan.rollout.state import Desired
from swarm_provider.plan.rollout.verdict import judge
from swarm_provider.plan.scheduling.forecast import SimulatedCluster, live_usages, simulate_scheduling

REPLICAS = 2
NODES = 20
STARTED = "2026-01-01T00:00:00.000000001Z"


@dataclass(frozen=True)
class Cost:
    """What one part costs.

    Attributes:
        seconds: processor time of one call, the median of several.
        mebibytes: highest memory beyond what was there before.
    """

    seconds: float
    mebibytes: float


class Swarm:
    """A swarm on paper: services with a config family each, tasks, nodes, in the shape of Docker's API."""

    def __init__(self, size: int, folder: Path) -> None:
        self.workload = Workload(size, REPLICAS)
        files = folder / str(size)
        files.mkdir()
        self.workload.write(files, dict.fromkeys(self.workload.keys, 1))
        self.file = files / "ours.yml"
        self.inputs = [_service(key) for key in self.workload.keys]
        self.services = [
            {"ID": f"id{key}", "Version": {"Index": 1}, "CreatedAt": STARTED, "UpdatedAt": STARTED}
            | {"Spec": self.workload.spec(key, (f"c{key}", f"{key}-1"), ("s", "shared-1"), "n")}
            for key in self.workload.keys
        ]
        self.nodes = [_node(number) for number in range(NODES)]
        self.tasks = [
            _task(service, slot, (number * REPLICAS + slot) % NODES)
            for number, service in enumerate(self.services)
            for slot in range(REPLICAS)
        ]
        self.configs = [_version(key, number) for key in self.workload.keys for number in range(3)]

    def load(self) -> object:
        """Read the compose file into inputs."""
        return load([self.file], stack="bench", env={})

    def convert(self) -> object:
        """Make specs of inputs, and inputs of specs."""
        return [from_spec(to_spec(inputs), {}) for inputs in self.inputs]

    def plan(self) -> object:
        """Tell what a change of every image does: differences, restarts, where the tasks go, what may be pruned."""
        found: list[object] = []
        cluster = SimulatedCluster(self.nodes, live_usages(self.services, self.tasks, {}))
        families, users = naming.by_family(self.configs), pruning.Users("config", self.services)
        for inputs in self.inputs:
            changed = {**inputs, "image": "bb:2"}
            before, after = to_spec(inputs), to_spec(changed)
            found.append(changes(SERVICE.shape, inputs, changed))
            found.append(restart(before, after))
            found.append(simulate_scheduling(after, cluster, restarts=True))
        found += [pruning.prunable(own, users) for own in families.values()]
        return found

    def verdict(self) -> object:
        """Judge every service by one look at the swarm."""
        own = by_service(self.tasks)
        found = []
        for service in self.services:
            snapshot = Snapshot(service, own[str(service["ID"])], self.nodes)
            history = observe(None, snapshot, 0, 0.0)
            found.append(judge(snapshot, Desired(_spec(service)), history, 100.0))
        return found


PARTS: dict[str, Callable[[Swarm], object]] = {
    "load": Swarm.load,
    "convert": Swarm.convert,
    "plan": Swarm.plan,
    "verdict": Swarm.verdict,
}


def cost(part: str, swarm: Swarm, rounds: int = 3) -> Cost:
    """Measure one part."""
    work = PARTS[part]
    times = []
    for _ in range(rounds):
        gc.collect()
        begun = time.process_time()
        work(swarm)
        times.append(time.process_time() - begun)
    gc.collect()
    tracemalloc.start()
    try:
        work(swarm)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    return Cost(statistics.median(times), peak / 2**20)


def table(sizes: list[int]) -> str:
    """Return the costs of every part at every size, as Markdown; the last column is growth beyond linear."""
    lines = [
        f"| part | {' | '.join(f'{size} services' for size in sizes)} | time per service, last / first |",
        "|---" * (len(sizes) + 2) + "|",
    ]
    with tempfile.TemporaryDirectory(prefix="spbench") as folder:
        swarms = [Swarm(size, Path(folder)) for size in sizes]
        for part in PARTS:
            costs = [cost(part, swarm) for swarm in swarms]
            cells = [f"{found.seconds:.2f} s, {found.mebibytes:.0f} MiB" for found in costs]
            growth = (costs[-1].seconds / sizes[-1]) / (costs[0].seconds / sizes[0])
            lines.append(f"| {part} | {' | '.join(cells)} | {growth:.2f} |")
    return "\n".join(lines)


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(prog="python -m bench.functions", description=__doc__)
    parser.add_argument("--sizes", default="500,1000,5000", help="numbers of services (default: %(default)s)")
    print(table([int(size) for size in parser.parse_args().sizes.split(",")]))


def _service(key: str) -> Json:
    inputs, problems = SERVICE.normal(
        {
            "name": f"bench_{key}",
            "image": "bb:1",
            "environment": {"MODE": "prod", "NAME": key, "LEVEL": "info"},
            "configs": [{"source": f"{key}-1", "target": "/etc/app.conf"}],
            "secrets": [{"source": "shared-1"}],
            "networks": [{"name": "bench_default"}],
            "deploy": {
                "replicas": REPLICAS,
                "updateConfig": {"order": "start-first"},
                "resources": {"limits": {"memory": "32M"}, "reservations": {"memory": "1M"}},
                "placement": {"constraints": ["node.role == worker"]},
            },
        }
    )
    assert not problems, problems
    return inputs


def _spec(service: Json) -> Json:
    spec: Json = service["Spec"]
    return spec


def _node(number: int) -> Json:
    resources = {"NanoCPUs": 64 * 10**9, "MemoryBytes": 2**39}
    return {
        "ID": f"node{number}",
        "Spec": {"Role": "worker", "Availability": "active", "Labels": {}},
        "Description": {"Hostname": f"n{number}", "Resources": resources, "Engine": {"Plugins": []}},
        "Status": {"State": "ready"},
    }


def _task(service: Json, slot: int, node: int) -> Json:
    return {
        "ID": f"{service['ID']}.{slot}",
        "ServiceID": service["ID"],
        "Slot": slot,
        "NodeID": f"node{node}",
        "Version": {"Index": 1},
        "CreatedAt": STARTED,
        "Spec": service["Spec"]["TaskTemplate"],
        "DesiredState": "running",
        "Status": {"State": "running", "Timestamp": STARTED},
    }


def _version(key: str, number: int) -> dict[str, Any]:
    own = {labels.FAMILY: key, labels.SEQUENCE: str(number), labels.KEEP: "1", labels.BASE: key}
    return {"ID": f"c{key}{number}", "Spec": {"Name": f"{key}-{number}", "Labels": own}}


if __name__ == "__main__":
    main()
