"""A Stack beside a do-nothing provider with as many resources: what we add to what Pulumi takes by itself.

Processor seconds where nothing changes, since that is what a preview is made of; wall time where the swarm is asked.
"""

from __future__ import annotations

import statistics
import tempfile
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from bench.contenders import Contender, Nothing, Ours
from bench.cpu import LOOK_EVERY_S, SERVICES
from bench.measure import Run
from bench.workload import Workload
from tests.support.engine import Engine, start_engine
from tests.support.pulumi import find_cli

STEPS = ("first deploy", "preview, no change", "rotate all", "destroy")
KINDS = ("program", "plugin", "cli")
TITLES = (Nothing.name, Ours.name)


@dataclass
class Beside:
    """What the steps took, without checkpoints: contender -> step -> one entry for each round.

    Attributes:
        seconds: wall time.
        cpu: processor seconds of program, plugin and CLI together.
    """

    seconds: dict[str, dict[str, list[float]]] = field(default_factory=dict)
    cpu: dict[str, dict[str, list[float]]] = field(default_factory=dict)

    def add(self, title: str, step: str, done: Run) -> None:
        used = sum(done.cpu.get(kind, 0.0) for kind in KINDS)
        for kept, value in ((self.seconds, done.seconds), (self.cpu, used)):
            kept.setdefault(title, {}).setdefault(step, []).append(round(value, 3))

    def ratio(self, kept: dict[str, dict[str, list[float]]], step: str) -> float | None:
        """Return ours through the other's, by medians; None where it was not measured."""
        nothing, ours = (kept.get(title, {}).get(step) for title in TITLES)
        return statistics.median(ours) / statistics.median(nothing) if nothing and ours else None


def alternate(rounds: int, settle: Callable[[Engine], None], services: int = SERVICES) -> Beside:
    """Let both do all steps in turn.

    Args:
        rounds: times that each is measured.
        settle: waits until the engine has come to rest.
        services: size of the stack.
    """
    found, work, cli = Beside(), Workload(services, 0), find_cli()
    engine = start_engine()
    try:
        engine.images("bb")
        for number in range(rounds):
            with tempfile.TemporaryDirectory(prefix="spbench") as folder:
                for place, kind in enumerate((Nothing, Ours)):
                    one = kind(engine, work, Path(folder) / str(place), wait=False, cli=cli, checkpoints=False)
                    one.look_every = LOOK_EVERY_S
                    _steps(one, number, found)
                    settle(engine)
    finally:
        engine.down()
    return found


def _steps(contender: Contender, number: int, found: Beside) -> None:
    for step in STEPS:
        done = contender.step(step)
        assert done is not None, "both are Pulumi programs"
        found.add(contender.name, step, done)
        took = f"{done.seconds:7.2f} s, {found.cpu[contender.name][step][-1]:6.2f} s of processors"
        print(f"{contender.workload.size:4} {number + 1} {contender.name:20} {step:18} {took}", flush=True)
