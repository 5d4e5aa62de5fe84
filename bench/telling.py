"""How soon a rollout that fails is told, scenario by scenario and engine by engine.

Each failing scenario of the test suite is played on an engine of its own kind; what is measured is the time from the
last call (create or update) until the watcher gives the message.
"""

from __future__ import annotations

import asyncio
import os
import tempfile
from pathlib import Path

from tests.rollout.live import play_all, pulls, unpullable
from tests.rollout.scenarios import SCENARIOS
from tests.support.engine import named_engine, start_engine

AT_ONCE = 4
"""Scenarios side by side: few, since Swarm's scheduler is slower for each when many wait."""
ENGINES = ("20.10", "26.1", "28.5", "go")


def told(name: str, rounds: int) -> dict[str, list[float]]:
    """Return, for each scenario on the engine of this name, the seconds of each round; a wrong end is an error."""
    failing = [scenario for scenario in SCENARIOS if scenario.ends == "failed"]
    found: dict[str, list[float]] = {}
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
                    found.setdefault(scenario.name, []).append(round(result.seconds, 2))
                    print(f"{name:6} {number + 1} {scenario.name:32} {result.seconds:6.1f} s", flush=True)
    finally:
        engine.down()
    return found


def load() -> str:
    """Say what else the machine does: it makes every time longer."""
    return f"load {os.getloadavg()[1]:.1f}"
