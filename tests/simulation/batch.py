"""Several seeds in one process: what a worker of `make simulate` does."""

from __future__ import annotations

import sys

from swarm_provider.garbage import collect_less
from tests.simulation.history import generate
from tests.simulation.play import play

TURN = 10
"""Seeds that a worker plays before it says how it went."""
Failed = tuple[int, str, str]
"""A seed that fails, the rule, and what it says."""


def quietly() -> None:
    """Say nothing of coroutines that end with their history."""
    sys.unraisablehook = lambda _: None


def turn(seeds: range) -> list[Failed]:
    """The seeds that fail."""
    quietly()
    # as a plugin process has it (`swarm_provider/garbage.py`)
    collect_less()
    found = []
    for seed in seeds:
        broken, _ = play(generate(seed))
        if broken is not None:
            found.append((seed, broken.rule, str(broken)))
    return found
