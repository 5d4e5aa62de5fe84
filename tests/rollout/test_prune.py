"""Cleaning up that fails: the daemon's refusals are scripted, since they cannot be made at will.

What may go is tested in tests/plan/test_pruning.py, pruning on a real engine in tests/plugin/test_family_live.py.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from typing import Any, cast

import pytest

from swarm_provider.core import Items, Json, labels
from swarm_provider.dockerapi import Swarm
from swarm_provider.errors import Conflict, ConnectionFailed, DockerError, NotFound, SwarmProviderError
from swarm_provider.rollout.prune import Pruner, deferred

TIMEOUT = DockerError("rpc error: code = DeadlineExceeded desc = context deadline exceeded", status=500)


def version(number: int) -> Json:
    own = {labels.OWNER: "p/s", labels.FAMILY: "f", labels.SEQUENCE: str(number), labels.KEEP: "0"}
    return {"ID": f"id{number}", "Spec": {"Name": f"app-{number}", "Labels": own}}


class Daemon:
    """Three versions of one config and no services; it refuses to list, or to remove single versions."""

    def __init__(self, *, remove: dict[str, SwarmProviderError] | None = None, lists: bool = True) -> None:
        self._remove = remove or {}
        self._lists = lists
        self.listed: list[str] = []
        self.recent: list[Json] = []
        self.removed: list[str] = []

    async def list(self, kind: str, *, bypass_cache: bool = False) -> list[Json]:
        if not self._lists:
            raise ConnectionFailed("no manager answers")
        self.listed.append(kind)
        return [version(3), version(2), version(1)] if kind == "config" else []

    def lately(self, kind: str, how: Callable[[Items], Mapping[str, Items]], key: str) -> Items:
        return how(self.recent).get(key, [])

    async def remove(self, kind: str, id: str) -> bool:
        if id in self._remove:
            raise self._remove[id]
        self.removed.append(id)
        return True


def pruned(daemon: Daemon) -> tuple[list[str], list[str]]:
    said: list[str] = []

    async def work() -> list[str]:
        return await Pruner(cast(Swarm, daemon)).prune("config", "f", warn=said.append)

    return asyncio.run(work()), said


def test_old_versions_go_without_a_word() -> None:
    assert pruned(Daemon()) == (["app-2", "app-1"], [])


@pytest.mark.parametrize("refusal", [Conflict("config 'app-2' is in use"), NotFound("config id2 not found")])
def test_version_that_is_used_or_gone_meanwhile_is_passed_over(refusal: SwarmProviderError) -> None:
    assert pruned(Daemon(remove={"id2": refusal})) == (["app-1"], [])


def test_failure_is_one_warning_that_says_what_stays() -> None:
    removed, said = pruned(Daemon(remove={"id1": TIMEOUT}))
    assert removed == ["app-2"]
    assert len(said) == 1
    assert "old versions of a config were not deleted; the next `pulumi up` retries" in said[0]
    assert "context deadline exceeded" in said[0]


def test_lost_swarm_is_a_warning_too() -> None:
    spec: Any = {"TaskTemplate": {"ContainerSpec": {"Configs": [{"ConfigName": "app-3"}]}}}
    said: list[str] = []

    async def work() -> None:
        await Pruner(cast(Swarm, Daemon(lists=False))).prune_families_of([spec], warn=said.append)

    asyncio.run(work())
    assert len(said) == 1
    assert pruned(Daemon(lists=False))[0] == []


def test_nobody_has_to_listen() -> None:
    async def work() -> list[str]:
        return await Pruner(cast(Swarm, Daemon(lists=False))).prune("config", "f")

    assert asyncio.run(work()) == []


def test_many_wishes_share_their_lists() -> None:
    daemon = Daemon()

    async def work() -> list[list[str]]:
        pruner = Pruner(cast(Swarm, daemon))
        return await asyncio.gather(*(pruner.prune("config", "f") for _ in range(50)))

    assert asyncio.run(work()) == [["app-2", "app-1"]] * 50
    # the first begins at once, or with all the others
    assert daemon.listed.count("config") <= 2
    assert sorted(daemon.removed) == ["id1", "id2"]


def test_deferred_wishes_are_granted_when_all_is_done() -> None:
    daemon = Daemon()

    async def work() -> list[list[str]]:
        pruner, seen = Pruner(cast(Swarm, daemon)), []
        with deferred() as grant:
            assert await pruner.prune("config", "f") == []
            seen.append([*daemon.removed])
            await grant(pruner)
            seen.append([*daemon.removed])
        return seen

    assert asyncio.run(work()) == [[], ["id2", "id1"]]


def test_what_was_deferred_is_forgotten_without_a_word_where_it_failed() -> None:
    daemon = Daemon()

    async def work() -> None:
        pruner = Pruner(cast(Swarm, daemon))
        with deferred():
            await pruner.prune("config", "f")
        assert daemon.removed == []
        await pruner.prune("config", "f")

    asyncio.run(work())
    assert daemon.removed == ["id2", "id1"]


@pytest.mark.parametrize(("recent", "lists"), [([version(3)], 0), ([version(3), version(2)], 1), ([], 1)])
def test_family_that_has_no_version_too_many_by_a_recent_list_is_not_looked_at(recent: list[Json], lists: int) -> None:
    daemon = Daemon()
    daemon.recent = recent
    spec: Any = {"TaskTemplate": {"ContainerSpec": {"Configs": [{"ConfigName": "app-3"}]}}}
    asyncio.run(Pruner(cast(Swarm, daemon)).prune_families_of([spec]))
    assert daemon.listed.count("config") == lists
