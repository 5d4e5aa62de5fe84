"""A swarm that answers with recorded streams, and a clock that does not wait.

Not a model of Docker: what it gives was recorded from real engines. Faults that cannot be made at will (a manager
that does not answer) are put in between.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Mapping
from typing import Any, TypeVar

from swarm_provider.plan.rollout.history import Snapshot
from tests.plan.streams import Stream

Json = dict[str, Any]
Items = list[Json]
T = TypeVar("T")


class VirtualClock:
    """Time that passes only as somebody sleeps for a moment; long sleeps last until then."""

    LONGEST_STEP_S = 3.0

    def __init__(self) -> None:
        self.time = 0.0

    def now(self) -> float:
        return self.time

    async def sleep(self, seconds: float) -> None:
        end = self.time + seconds
        if seconds <= self.LONGEST_STEP_S:
            self.time = max(self.time, end)
        # others get their turn several times before time goes on
        for _ in range(5):
            await asyncio.sleep(0)
        while self.time < end:
            await asyncio.sleep(0)


class _Player:
    """One stream; time only moves forward."""

    def __init__(self, stream: Stream) -> None:
        self._coming = stream.snapshots()
        _, self._shown = next(self._coming)
        self._next = next(self._coming)

    def at(self, seconds: float) -> Snapshot:
        while self._next[0] <= seconds:
            self._shown = self._next[1]
            self._next = next(self._coming)
        return self._shown


class Replay:
    """The part of dockerapi.Swarm that rollout reads, over streams that all begin at second 0."""

    def __init__(self, clock: VirtualClock, *streams: Stream) -> None:
        self._clock = clock
        self._players = {self._id(stream): _Player(stream) for stream in streams}
        self.calls: list[tuple[float, str]] = []
        self.logs: dict[str, str] = {}
        self.default_log = ""
        self.fault: Exception | None = None
        self.registry: Exception | None = None

    @staticmethod
    def _id(stream: Stream) -> str:
        return str(stream.json["looks"][0]["service"]["ID"])

    def ids(self) -> list[str]:
        return list(self._players)

    def _now(self, what: str) -> Iterable[Any]:
        self.calls.append((self._clock.now(), what))
        if self.fault is not None:
            raise self.fault
        for player in self._players.values():
            yield player.at(self._clock.now())

    async def list(self, kind: str, *, bypass_cache: bool = False) -> Items:
        assert bypass_cache, "a watcher must not look at what was shared before"
        snapshots = list(self._now(f"list {kind}"))
        if kind == "node":
            return list(snapshots[0].nodes)
        return [snapshot.service for snapshot in snapshots if snapshot.service is not None]

    async def view(self, kind: str, how: Callable[[Items], T]) -> T:
        raise NotImplementedError

    def lately(self, kind: str, how: Callable[[Items], Mapping[str, Items]], key: str) -> Items:
        raise NotImplementedError

    async def tasks(self, *, service_ids: Iterable[str] | None = None) -> Items:
        wanted = None if service_ids is None else set(service_ids)
        tasks = [task for snapshot in self._now("list tasks") for task in snapshot.tasks]
        return [task for task in tasks if wanted is None or task["ServiceID"] in wanted]

    async def task_logs(self, task_id: str, tail: int = 20) -> str:
        return self.logs.get(task_id, self.default_log)

    async def health_log(self, container_id: str) -> str | None:
        return None

    async def distribution(self, image: str) -> Json:
        if self.registry is None:
            return {"Descriptor": {}}
        raise self.registry

    async def inspect(self, kind: str, name_or_id: str) -> Json | None:
        raise NotImplementedError

    async def update(self, kind: str, id: str, version: int, spec: Json, **options: Any) -> Any:
        raise NotImplementedError

    async def remove(self, kind: str, name_or_id: str) -> bool:
        raise NotImplementedError
