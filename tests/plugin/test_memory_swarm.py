"""The swarm in memory answers as the engines did that were recorded."""

from __future__ import annotations

import asyncio
import json

import pytest

from tests.support.memory_swarm import MemorySwarm
from tests.support.swarm_calls import ANSWERS, Story, comparable

RECORDED = sorted(path.stem for path in ANSWERS.glob("*.json"))
WORDS = sorted(json.loads((ANSWERS / f"{RECORDED[0]}.json").read_text())["answers"])


@pytest.fixture(scope="module")
def played() -> dict[str, dict[str, object]]:
    """What the swarm in memory says to the story, by API version."""
    answers = {}
    for api in RECORDED:
        story = Story(MemorySwarm(api))
        asyncio.run(story.play())
        answers[api] = story.answers
    return answers


@pytest.mark.parametrize("api", RECORDED)
def test_swarm_in_memory_answers_each_call_as_the_engine_did(api: str, played: dict[str, dict[str, object]]) -> None:
    recorded = json.loads((ANSWERS / f"{api}.json").read_text())["answers"]
    assert set(played[api]) == set(recorded)
    for what in recorded:
        assert comparable(played[api][what]) == comparable(recorded[what]), what
