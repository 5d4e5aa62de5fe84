"""An answer that is the same as before is not decoded again, and is the same value."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

from swarm_provider.dockerapi import Swarm
from swarm_provider.dockerapi.answers import LARGEST, Latest
from swarm_provider.dockerapi.connection.transport import Answer
from tests.dockerapi.conftest import on_swarm
from tests.dockerapi.stub import Reply, stub_daemon


def test_list_that_has_not_changed_is_the_same_list(short_path: Path) -> None:
    answers = iter([[{"ID": "a"}], [{"ID": "a"}], [{"ID": "b"}], [{"ID": "a"}]])

    def reply(method: str, path: str) -> Reply:
        return 200, next(answers)

    async def work(swarm: Swarm) -> None:
        lists = [await swarm.list("service", bypass_cache=True) for _ in range(4)]
        assert lists[0] is lists[1]
        assert lists[2] == [{"ID": "b"}]
        assert lists[3] == lists[0]

    with stub_daemon(short_path, "d", reply) as stub:
        on_swarm(work, host=stub.host)
        assert len(stub.calls) == 4


def test_tasks_that_have_not_changed_are_the_same_list_whoever_is_asked_of(short_path: Path) -> None:
    async def work(swarm: Swarm) -> None:
        first, second = [await swarm.tasks(service_ids=["x"]) for _ in range(2)]
        assert first is second

    with stub_daemon(short_path, "d", lambda method, path: (200, [{"ID": "t", "ServiceID": "x"}])) as stub:
        on_swarm(work, host=stub.host)


def test_list_that_somebody_hears_of_is_told_once_while_it_stays_the_same(short_path: Path) -> None:
    heard: list[str] = []

    async def work(swarm: Swarm) -> None:
        swarm.listened = lambda kind, items: heard.append(kind)
        await swarm.list("service")
        await asyncio.gather(*(swarm.list("service", bypass_cache=True) for _ in range(3)))

    with stub_daemon(short_path, "d", lambda method, path: (200, [{"ID": "a"}])) as stub:
        on_swarm(work, host=stub.host)
    assert heard == ["service"]


def test_value_of_a_large_answer_is_not_kept() -> None:
    known: Latest[object] = Latest()
    answer = Answer(200, json.dumps(["x" * LARGEST]).encode(), {})
    assert known.value("tasks", answer, Answer.json) is not known.value("tasks", answer, Answer.json)
