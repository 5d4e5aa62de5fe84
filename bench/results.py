"""What was measured, as a file that later measurements are added to."""

from __future__ import annotations

import json
import statistics
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from bench.cpu import Alternated
from bench.stack import Beside
from bench.state import Weighed

OURS, NOTHING, LOOP, DOCKER = "swarm-provider", "do-nothing provider", "bare API loop", "docker stack deploy"
UNSAVED = ", no checkpoints"


@dataclass
class Sample:
    """One number of services, measured several times.

    Attributes:
        seconds: contender -> step -> wall seconds, one for each round.
        memory: contender -> kind of process -> MiB at most.
        state: contender -> bytes of state per resource.
        calls: step -> calls to the daemon, by method and path, of each plugin process.
    """

    size: int
    wait: bool
    seconds: dict[str, dict[str, list[float]]] = field(default_factory=dict)
    memory: dict[str, dict[str, float]] = field(default_factory=dict)
    state: dict[str, float] = field(default_factory=dict)
    calls: dict[str, list[dict[str, int]]] = field(default_factory=dict)

    def add(self, title: str, step: str, seconds: float, memory: Mapping[str, float]) -> None:
        self.seconds.setdefault(title, {}).setdefault(step, []).append(round(seconds, 3))
        peaks = self.memory.setdefault(title, {})
        for kind, peak in memory.items():
            peaks[kind] = round(max(peaks.get(kind, 0.0), peak), 1)

    def forget(self, title: str) -> None:
        """Drop what was measured of a contender, for it is measured once more."""
        for kept in (self.seconds, self.memory, self.state):
            kept.pop(title, None)

    def median(self, title: str, step: str) -> float | None:
        found = self.seconds.get(title, {}).get(step)
        return statistics.median(found) if found else None


@dataclass
class Results:
    """Everything that was measured.

    Attributes:
        facts: when and on what each part was measured.
        ready: `plugin` and `bare` -> seconds until the plugin serves, and of the bare import of Pulumi's gRPC runtime.
        large: what was deployed to measure memory, and kind of process -> MiB at most.
        ending: services updated at once -> seconds from Swarm's own end of an update until ours, of each update.
        functions: the table of the pure parts.
        cpu: processor time of a preview that changes nothing, beside that of another commit.
        parallel_diff: `PULUMI_PARALLEL_DIFF` -> seconds of a preview that changes nothing, one for each round.
        telling: engine -> scenario that fails -> seconds until it is told, one for each round.
        release: number of services -> what a Release, and those beside it, took.
        release_calls: step -> calls of each plugin process of a Release.
        stack: what a Stack, and a do-nothing provider of its shape, took without checkpoints.
        state: bytes of state per resource, beside those of another commit.
        scale: number of services -> step -> what it took of the plugin (`bench/scale.py`).
        telling_after: the same, counted from the time at which the engine's own records have what is told.
    """

    facts: dict[str, str] = field(default_factory=dict)
    samples: dict[str, Sample] = field(default_factory=dict)
    ready: dict[str, list[float]] = field(default_factory=dict)
    large: dict[str, float] = field(default_factory=dict)
    ending: dict[str, list[float]] = field(default_factory=dict)
    functions: str = ""
    cpu: Alternated = field(default_factory=Alternated)
    parallel_diff: dict[str, list[float]] = field(default_factory=dict)
    telling: dict[str, dict[str, list[float]]] = field(default_factory=dict)
    release: dict[str, Sample] = field(default_factory=dict)
    release_calls: dict[str, list[int]] = field(default_factory=dict)
    telling_after: dict[str, dict[str, list[float]]] = field(default_factory=dict)
    stack: Beside = field(default_factory=Beside)
    state: Weighed = field(default_factory=Weighed)
    scale: dict[str, dict[str, dict[str, Any]]] = field(default_factory=dict)

    @classmethod
    def read(cls, file: Path) -> Results:
        """Return what a file holds; nothing, when there is none."""
        if not file.exists():
            return cls()
        found = cls(**json.loads(file.read_text()))
        for name in ("samples", "release"):
            setattr(found, name, {key: Sample(**value) for key, value in getattr(found, name).items()})
        found.cpu = Alternated(**found.cpu) if isinstance(found.cpu, dict) else found.cpu
        found.stack = Beside(**found.stack) if isinstance(found.stack, dict) else found.stack
        found.state = Weighed(**found.state) if isinstance(found.state, dict) else found.state
        return found

    def write(self, file: Path) -> None:
        """Keep everything, for the next part."""
        file.write_text(json.dumps(asdict(self), indent=1) + "\n")

    def sample(self, size: int, *, wait: bool) -> Sample | None:
        return self.samples.get(key_of(size, wait=wait))


def key_of(size: int, *, wait: bool) -> str:
    """Return under which key a sample is kept."""
    return f"{size} {'running' if wait else 'submitted'}"


def quotient(one: float | None, other: float | None) -> float | None:
    """Return one through the other; None where one of them was not measured."""
    return None if one is None or not other else one / other
