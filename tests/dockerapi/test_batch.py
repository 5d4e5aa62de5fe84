"""Questions that are answered together: whatever goes wrong, nobody is left waiting."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import pytest

from swarm_provider.dockerapi.batch import Batch


def ask(answer: object, questions: Sequence[int] = (1, 2)) -> list[object]:
    """What each of the askers gets: an answer, or an exception."""

    async def all_of_them(asked: Sequence[int]) -> Sequence[int]:
        if isinstance(answer, Exception):
            raise answer
        assert callable(answer)
        found: Sequence[int] = answer(asked)
        return found

    async def run() -> list[object]:
        batch = Batch(all_of_them)
        return await asyncio.wait_for(asyncio.gather(*map(batch, questions), return_exceptions=True), 5)

    return asyncio.run(run())


def test_each_gets_its_own_answer() -> None:
    assert ask(lambda asked: [10 * one for one in asked]) == [10, 20]


def test_failure_is_everybodys() -> None:
    assert [type(one) for one in ask(OSError("gone"))] == [OSError, OSError]


@pytest.mark.parametrize("answers", [[], [1], [1, 2, 3]])
def test_wrong_number_of_answers_leaves_nobody_waiting(answers: list[int]) -> None:
    assert [type(one) for one in ask(lambda asked: answers)] == [ValueError, ValueError]
