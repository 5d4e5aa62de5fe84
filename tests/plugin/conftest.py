"""The plugin process on the session's engine, and the provider in this process on a swarm in memory."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.support.engine import Docker, Engine
from tests.support.in_process import InProcess
from tests.support.memory_swarm import MemorySwarm
from tests.support.protocol import Plugin


@pytest.fixture
def plugin(engine: Engine, docker: Docker) -> Iterator[Plugin]:
    """One plugin process; what the test makes on the engine goes with it."""
    with Plugin(engine.host) as running:
        yield running


@pytest.fixture
def swarm() -> MemorySwarm:
    """A swarm of one node in memory; registries know the images bb:1, bb:2 and bb:3."""
    made = MemorySwarm()
    for number in "123":
        made.has_image(f"bb:{number}", number)
    return made


@pytest.fixture
def run(swarm: MemorySwarm) -> Iterator[InProcess]:
    """One run of the provider on it; for the next run, make another InProcess."""
    with InProcess(swarm) as running:
        yield running
