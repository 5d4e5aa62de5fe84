"""Questions that are answered together: whatever goes wrong, nobody is left waiting."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from pathlib import Path

import pytest

from swarm_provider.batch import Batch
from swarm_provider.dockerapi import Swarm
from tests.dockerapi.conftest import on_swarm
from tests.dockerapi.stub import Reply, stub_daemon


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


FAMILY = "swarm-provider.family"


def services_and_configs(method: str, path: str) -> Reply:
    if "/configs" in path:
        return 200, [{"ID": f"c{n}", "Spec": {"Name": f"c{n}", "Labels": {FAMILY: f"f{n % 10}"}}} for n in range(20)]
    return 200, [{"ID": f"s{n}", "Spec": {"Name": f"web{n}"}} for n in range(20)]


def test_many_names_that_are_asked_for_at_a_time_come_in_one_call(short_path: Path) -> None:
    async def work(swarm: Swarm) -> list[str | None]:
        found = await asyncio.gather(*(swarm.inspect("service", f"web{n}") for n in (3, 1, 99, 1)))
        return [item["ID"] if item else None for item in found]

    with stub_daemon(short_path, "d", services_and_configs) as stub:
        assert on_swarm(work, host=stub.host) == ["s3", "s1", None, "s1"]
        assert stub.calls == ["GET /services"]


def test_many_families_that_are_asked_for_at_a_time_come_in_one_call(short_path: Path) -> None:
    async def work(swarm: Swarm) -> list[list[str]]:
        found = await asyncio.gather(*(swarm.labelled("config", FAMILY, f"f{n}") for n in (1, 2, 3, 4, 5, 77)))
        return [[item["ID"] for item in own] for own in found]

    with stub_daemon(short_path, "d", services_and_configs) as stub:
        found = on_swarm(work, host=stub.host)
        assert found == [["c1", "c11"], ["c2", "c12"], ["c3", "c13"], ["c4", "c14"], ["c5", "c15"], []]
        assert stub.calls == ["GET /configs"]
