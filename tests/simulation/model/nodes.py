"""A node: what a manager knows of it, and the tasks on it."""

from __future__ import annotations

from typing import Any

from tests.simulation.model.tasks import Task

Json = dict[str, Any]


class Node:
    """One machine of the swarm.

    Attributes:
        live: it as the API shows it; `MemorySwarm` keeps that.
        tasks: those that were assigned to it and have not ended, by id.
    """

    def __init__(self, live: Json) -> None:
        self.live = live
        self.id: str = live["ID"]
        self.tasks: dict[str, Task] = {}
        self._counts: dict[str, int] = {}

    @property
    def hostname(self) -> str:
        return str(self.live["Description"]["Hostname"])

    @property
    def labels(self) -> dict[str, str]:
        return self.live["Spec"].get("Labels") or {}

    @property
    def role(self) -> str:
        return str(self.live["Spec"].get("Role") or "worker")

    @property
    def availability(self) -> str:
        return str(self.live["Spec"].get("Availability") or "active")

    @property
    def is_ready(self) -> bool:
        return bool(self.live["Status"]["State"] == "ready")

    @property
    def os(self) -> str:
        return str(self.live["Description"]["Platform"]["OS"])

    @property
    def architecture(self) -> str:
        return str(self.live["Description"]["Platform"]["Architecture"])

    def take(self, task: Task) -> None:
        task.node = self.id
        self.tasks[task.id] = task
        self._counts[task.service] = self._counts.get(task.service, 0) + 1

    def release(self, task: Task) -> None:
        if self.tasks.pop(task.id, None) is not None:
            self._counts[task.service] -= 1

    def tasks_of(self, service: str) -> int:
        return self._counts.get(service, 0)

    def free(self) -> tuple[int, int]:
        """CPUs (in billionths) and bytes of memory that nobody has reserved."""
        has = self.live["Description"]["Resources"]
        cpus, memory = int(has["NanoCPUs"]), int(has["MemoryBytes"])
        for task in self.tasks.values():
            taken = (task.template.get("Resources") or {}).get("Reservations")
            if taken:
                cpus -= int(taken.get("NanoCPUs") or 0)
                memory -= int(taken.get("MemoryBytes") or 0)
        return cpus, memory
