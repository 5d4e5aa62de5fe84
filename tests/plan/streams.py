"""Recorded streams of tests/data/streams, and how they are replayed: twice a second, without waiting."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from swarm_provider.plan.rollout.history import History, Snapshot, observe
from swarm_provider.plan.rollout.state import Desired
from swarm_provider.plan.rollout.verdict import Verdict, Waiting, judge

Json = dict[str, Any]
STREAMS = Path(__file__).parents[1] / "data" / "streams"
TICK_S = 0.5
# after its last change a recorded swarm stays as it is
LONGEST_S = 900.0


@dataclass(frozen=True)
class Stream:
    """What an engine reported during one scenario (tests/record_streams.py)."""

    json: Json

    @property
    def scenario(self) -> str:
        return str(self.json["scenario"])

    @property
    def sent(self) -> Json:
        return dict(self.json["sent"])

    def snapshots(self, **settings: Any) -> Iterator[tuple[float, Snapshot]]:
        """Seconds and snapshots, every half second until LONGEST_S."""
        looks = list(self.json["looks"])
        service: Json | None = None
        tasks: dict[str, Json] = {}
        nodes: list[Json] = []
        now = 0.0
        while now < LONGEST_S:
            while looks and looks[0]["at"] <= now:
                look = looks.pop(0)
                service = look.get("service", service)
                nodes = look.get("nodes", nodes)
                tasks |= {task["ID"]: task for task in look.get("tasks", [])}
                for key in look.get("gone", []):
                    tasks.pop(key, None)
            if nodes:
                yield now, Snapshot(service, list(tasks.values()), nodes, **settings)
            now += TICK_S


def load(name: str) -> Stream:
    """The stream of a file name without its ending: `1.41-crash-loop`."""
    return Stream(json.loads((STREAMS / f"{name}.json").read_text()))


def names() -> list[str]:
    """All recorded streams."""
    return sorted(path.stem for path in STREAMS.glob("*.json"))


def verdicts(
    stream: Stream, *, others_converge: bool = False, fail_after_ns: int | None = None, **settings: Any
) -> Iterator[tuple[float, Verdict]]:
    """The verdict at each half second, up to and with the one that ends the waiting."""
    desired = Desired(stream.sent, int(stream.json["version_index"]), fail_after_ns)
    history: History | None = None
    for now, snapshot in stream.snapshots(**settings):
        history = observe(history, snapshot, desired.version_index, now, others_converge=others_converge)
        verdict = judge(snapshot, desired, history, now)
        yield now, verdict
        if not isinstance(verdict, Waiting):
            return


def last(stream: Stream, **settings: Any) -> tuple[float, Verdict]:
    """When the waiting ends, and how."""
    return list(verdicts(stream, **settings))[-1]
