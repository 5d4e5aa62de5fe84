"""One list per kind and run: shared by its callers, dropped by own writes."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path

import pytest

from swarm_provider.dockerapi import Swarm
from swarm_provider.errors import DockerError
from tests.dockerapi.conftest import on_swarm
from tests.dockerapi.stub import Reply, stub_daemon


def slow(method: str, path: str) -> Reply:
    time.sleep(0.05)
    return (201, {"ID": "id1"}) if method == "POST" else (200, [])


def test_list_concurrent_and_later_callers_share_one_call(short_path: Path) -> None:
    async def work(swarm: Swarm) -> None:
        await asyncio.gather(*(swarm.list("config") for _ in range(20)))
        await swarm.list("config")
        await swarm.find("config", "app")

    with stub_daemon(short_path, "d", slow) as stub:
        on_swarm(work, host=stub.host)
        assert stub.calls == ["GET /configs"]


def test_list_is_asked_again_after_an_own_write_of_that_kind(short_path: Path) -> None:
    async def work(swarm: Swarm) -> None:
        await asyncio.gather(swarm.list("config"), swarm.list("secret"))
        await swarm.create("config", {"Name": "app"})
        await asyncio.gather(swarm.list("config"), swarm.list("secret"))

    with stub_daemon(short_path, "d", slow) as stub:
        on_swarm(work, host=stub.host)
        assert stub.calls.count("GET /configs") == 2
        assert stub.calls.count("GET /secrets") == 1


def test_list_begun_before_a_write_ended_is_not_kept(short_path: Path) -> None:
    async def work(swarm: Swarm) -> None:
        await asyncio.gather(swarm.create("config", {"Name": "app"}), swarm.list("config"))
        await swarm.list("config")

    def paced(method: str, path: str) -> Reply:
        time.sleep(0.2 if method == "POST" else 0.05)
        return (201, {"ID": "id1"}) if method == "POST" else (200, [])

    with stub_daemon(short_path, "d", paced) as stub:
        on_swarm(work, host=stub.host)
        assert stub.calls.count("GET /configs") == 2


def test_list_fresh_asks_again_for_everybody(short_path: Path) -> None:
    async def work(swarm: Swarm) -> None:
        await swarm.list("node")
        await swarm.list("node", bypass_cache=True)
        await swarm.list("node")

    with stub_daemon(short_path, "d", slow) as stub:
        on_swarm(work, host=stub.host)
        assert stub.calls == ["GET /nodes", "GET /nodes"]


def test_list_that_failed_is_asked_again(short_path: Path) -> None:
    async def work(swarm: Swarm) -> None:
        with pytest.raises(DockerError):
            await swarm.list("node")
        assert await swarm.list("node") == []

    with stub_daemon(short_path, "d") as stub:
        stub.on = lambda method, path: (500, {"message": "once"}) if len(stub.calls) == 1 else (200, [])
        on_swarm(work, host=stub.host)


def test_list_goes_on_for_others_when_one_caller_is_cancelled(short_path: Path) -> None:
    async def work(swarm: Swarm) -> None:
        first = asyncio.create_task(swarm.list("node"))
        second = asyncio.create_task(swarm.list("node"))
        await asyncio.sleep(0.01)
        first.cancel()
        assert await second == []

    with stub_daemon(short_path, "d", slow) as stub:
        on_swarm(work, host=stub.host)
        assert stub.calls == ["GET /nodes"]


def test_calls_at_once_are_bounded(short_path: Path) -> None:
    running: list[int] = []
    most = 0

    def counted(method: str, path: str) -> Reply:
        nonlocal most
        running.append(1)
        most = max(most, len(running))
        # long enough for a busy machine to send the others meanwhile
        time.sleep(0.1)
        running.pop()
        return 200, []

    async def work(swarm: Swarm) -> None:
        await asyncio.gather(*(swarm.tasks() for _ in range(100)))

    with stub_daemon(short_path, "d", counted) as stub:
        on_swarm(work, host=stub.host)
    assert 16 < most <= 32


def test_objects_asked_for_by_id_at_a_time_come_in_few_calls(short_path: Path) -> None:
    async def work(swarm: Swarm) -> None:
        found = await asyncio.gather(*(swarm.get("service", f"id{number}") for number in range(60)))
        assert [item["ID"] if item else None for item in found] == [*(f"id{number}" for number in range(59)), None]

    everything = [{"ID": f"id{number}"} for number in range(59)]
    with stub_daemon(short_path, "d", lambda method, path: (200, everything)) as stub:
        on_swarm(work, host=stub.host)
        assert len(stub.calls) == 2


def test_failure_to_ask_for_objects_is_everybodys(short_path: Path) -> None:
    async def work(swarm: Swarm) -> None:
        found = await asyncio.gather(*(swarm.get("node", f"id{number}") for number in range(3)), return_exceptions=True)
        assert all(isinstance(failure, DockerError) for failure in found)

    with stub_daemon(short_path, "d", lambda method, path: (500, {"message": "no"})) as stub:
        on_swarm(work, host=stub.host)
