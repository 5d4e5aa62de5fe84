"""The plugin process on the session's engine."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.support.engine import Docker, Engine
from tests.support.protocol import Plugin


@pytest.fixture
def plugin(engine: Engine, docker: Docker) -> Iterator[Plugin]:
    """One plugin process; what the test makes on the engine goes with it."""
    with Plugin(engine.host) as running:
        yield running
