"""Connections for the tests of the door to Docker."""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any, TypeVar

import pytest

from swarm_provider.dockerapi import ConnectionSettings, Swarm, connect

T = TypeVar("T")


def on_swarm(work: Callable[[Swarm], Awaitable[T]], *, manager: bool = True, **settings: Any) -> T:
    """Connects, does the work, closes; `settings` are ConnectionSettings' fields."""

    async def run() -> T:
        swarm = await connect(ConnectionSettings(**settings), manager=manager)
        try:
            return await work(swarm)
        finally:
            await swarm.close()

    return asyncio.run(run())


@pytest.fixture
def short_path() -> Iterator[Path]:
    """A folder for sockets: their paths have 107 characters at most."""
    with tempfile.TemporaryDirectory(prefix="spda", dir="/tmp") as folder:
        yield Path(folder)
