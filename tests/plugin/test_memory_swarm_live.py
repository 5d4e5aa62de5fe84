"""The swarm in memory and an engine give the same answers to the same calls."""

from __future__ import annotations

import asyncio
import json

import pytest

from tests.support.engine import Docker
from tests.support.memory_swarm import MemorySwarm
from tests.support.swarm_calls import ANSWERS, Story, comparable, recorded

pytestmark = pytest.mark.live


def test_swarm_in_memory_answers_as_this_engine_does(docker: Docker) -> None:
    api, there = asyncio.run(recorded(docker.host))
    assert (ANSWERS / f"{api}.json").exists(), f"nothing is recorded of API {api}: python -m tests.support.swarm_calls"
    here = Story(MemorySwarm(api))
    asyncio.run(here.play())
    # as lines, so that a failure shows the one that differs
    assert _lines(here.answers) == _lines(there["answers"])


def _lines(answers: object) -> list[str]:
    return json.dumps(comparable(answers), indent=1, sort_keys=True).splitlines()
