"""One list per kind and run: shared by its callers, dropped by own writes."""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import Awaitable, Callable
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from swarm_provider.core import Items
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


LABEL = "family"


def family(number: int) -> dict[str, Any]:
    return {"ID": f"id{number}", "Spec": {"Name": f"app-{number}", "Labels": {LABEL: f"f{number}"}}}


def by_label(items: Items) -> dict[str, Items]:
    found: dict[str, Items] = {}
    for item in items:
        found.setdefault(item["Spec"]["Labels"][LABEL], []).append(item)
    return found


def lists_after(write: Callable[[Swarm], Awaitable[Any]], read: Callable[[Swarm], Awaitable[Any]], folder: Path) -> int:
    """Let a list be made, one thing be written, another read; return how often the list was asked for in all."""

    async def work(swarm: Swarm) -> None:
        await swarm.list("config")
        await write(swarm)
        await read(swarm)

    everything = [family(1), family(2)]
    with stub_daemon(
        folder, "d", lambda method, path: (200, {"ID": "id3"}) if method != "GET" else (200, everything)
    ) as stub:
        on_swarm(work, host=stub.host)
        return stub.calls.count("GET /configs")


WRITES: list[Callable[[Swarm], Awaitable[Any]]] = [
    lambda swarm: swarm.remove("config", "id1"),
    lambda swarm: swarm.update("config", "id1", 1, family(1)["Spec"]),
    lambda swarm: swarm.create("config", {"Name": "app-1b", "Labels": {LABEL: "f1"}}),
]


# a removal by id, which has 25 letters, asks for no name first
@pytest.mark.parametrize("write", WRITES, ids=["remove", "update", "create"])
@pytest.mark.parametrize(("number", "lists"), [(1, 2), (2, 1)])
def test_objects_are_read_again_once_this_process_has_written_one_of_them(
    write: Callable[[Swarm], Awaitable[Any]], number: int, lists: int, short_path: Path, monkeypatch: Any
) -> None:
    monkeypatch.setattr("swarm_provider.dockerapi.api._ID", re.compile("id."))
    read = partial(Swarm.under, kind="config", how=by_label, key=f"f{number}")
    assert lists_after(write, read, short_path) == lists


@pytest.mark.parametrize(("id", "lists"), [("id1", 2), ("id2", 1), ("app-1", 2), ("app-2", 1), ("none", 2)])
def test_object_is_found_in_a_list_from_before_another_one_was_removed(
    id: str, lists: int, short_path: Path, monkeypatch: Any
) -> None:
    monkeypatch.setattr("swarm_provider.dockerapi.api._ID", re.compile("id."))
    assert lists_after(WRITES[0], lambda swarm: swarm.find("config", id), short_path) == lists


@pytest.mark.parametrize(("id", "lists"), [("id1", 3), ("id2", 2)])
def test_list_that_came_a_second_time_is_not_taken_for_what_was_written_since(
    id: str, lists: int, short_path: Path, monkeypatch: Any
) -> None:
    async def ask_again_and_write(swarm: Swarm) -> None:
        # the same bytes come, and with them the same list
        await swarm.list("config", bypass_cache=True)
        await WRITES[0](swarm)

    monkeypatch.setattr("swarm_provider.dockerapi.api._ID", re.compile("id."))
    assert lists_after(ask_again_and_write, lambda swarm: swarm.find("config", id), short_path) == lists


def test_list_from_before_a_write_serves_for_some_seconds_only(short_path: Path, monkeypatch: Any) -> None:
    monkeypatch.setattr("swarm_provider.dockerapi.lists.RECENT_S", 0.0)
    monkeypatch.setattr("swarm_provider.dockerapi.api._ID", re.compile("id."))
    assert lists_after(WRITES[0], lambda swarm: swarm.find("config", "id2"), short_path) == 2


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
