"""How soon a rollout that fails is told, scenario by scenario and engine by engine.

Each failing scenario of the test suite is played on an engine of its own kind; what is measured is the time from the
last call (create or update) until the watcher gives the message, and how much of it has passed since the engine had
the fact in its own records.
"""

from __future__ import annotations

import asyncio
import os
import tempfile
from dataclasses import dataclass, field
from pathlib import Path

from tests.rollout.live import Result, play_all, pulls, unpullable
from tests.rollout.scenarios import SCENARIOS
from tests.support.engine import named_engine, start_engine

AT_ONCE = 4
"""Scenarios side by side: few, since Swarm's scheduler is slower for each when many wait."""
ENGINES = ("20.10", "26.1", "28.5", "go")


@dataclass
class Told:
    """How soon failures are told on one engine: scenario -> seconds, one entry for each round.

    Attributes:
        whole: from the call.
        after: from the time in the engine's own record of what the message tells.
    """

    whole: dict[str, list[float]] = field(default_factory=dict)
    after: dict[str, list[float]] = field(default_factory=dict)

    def add(self, scenario: str, result: Result) -> None:
        self.whole.setdefault(scenario, []).append(round(result.told, 2))
        self.after.setdefault(scenario, []).append(round(result.after, 2))


def told(name: str, rounds: int) -> Told:
    """Play each scenario on the engine of this name, and return what was measured; a wrong end is an error."""
    failing = [scenario for scenario in SCENARIOS if scenario.ends == "failed"]
    found = Told()
    engine = start_engine(engine=named_engine(name))
    try:
        engine.images("bb", "web")
        with tempfile.TemporaryDirectory(prefix="spbench") as folder, unpullable(engine, Path(folder)) as images:
            for number in range(rounds):
                scenarios = [*failing, *pulls(images)]
                with engine.cleaned():
                    results = asyncio.run(play_all(engine.host, scenarios, AT_ONCE))
                for scenario in scenarios:
                    result = results[scenario.name]
                    if not result.failure or any(words not in result.failure for words in scenario.says):
                        raise RuntimeError(f"engine {name}: {scenario.name} ended with {result}")
                    found.add(scenario.name, result)
                    line = f"{scenario.name:32} {result.told:6.1f} s, {result.after:6.1f} s after the engine"
                    print(f"{name:6} {number + 1} {line}", flush=True)
    finally:
        engine.down()
    return found


def load() -> str:
    """Say what else the machine does: it makes every time longer."""
    return f"load {os.getloadavg()[1]:.1f}"
