"""Cleaning up that fails: the daemon's refusals are scripted, since they cannot be made at will.

What may go is tested in tests/plan/test_naming.py, pruning on a real engine in tests/plugin/test_family_live.py.
"""

from __future__ import annotations

import asyncio
from typing import Any, cast

import pytest

from swarm_provider.dockerapi import Swarm
from swarm_provider.errors import Conflict, ConnectionFailed, DockerError, NotFound, SwarmProviderError
from swarm_provider.rollout.prune import prune, prune_families_of
from swarm_provider.spec import Json, labels

TIMEOUT = DockerError("rpc error: code = DeadlineExceeded desc = context deadline exceeded", status=500)


def version(number: int) -> Json:
    own = {labels.FAMILY: "f", labels.SEQUENCE: str(number), labels.KEEP: "0"}
    return {"ID": f"id{number}", "Spec": {"Name": f"app-{number}", "Labels": own}}


class Daemon:
    """Three versions of one config and no services; it refuses to list, or to remove single versions."""

    def __init__(self, *, remove: dict[str, SwarmProviderError] | None = None, lists: bool = True) -> None:
        self._remove = remove or {}
        self._lists = lists

    async def list(self, kind: str, *, fresh: bool = False) -> list[Json]:
        if not self._lists:
            raise ConnectionFailed("no manager answers")
        return [version(3), version(2), version(1)] if kind == "config" else []

    async def remove(self, kind: str, id: str) -> bool:
        if id in self._remove:
            raise self._remove[id]
        return True


def pruned(daemon: Daemon) -> tuple[list[str], list[str]]:
    said: list[str] = []
    removed = asyncio.run(prune(cast(Swarm, daemon), "config", "f", warn=said.append))
    return removed, said


def test_old_versions_go_without_a_word() -> None:
    assert pruned(Daemon()) == (["app-2", "app-1"], [])


@pytest.mark.parametrize("refusal", [Conflict("config 'app-2' is in use"), NotFound("config id2 not found")])
def test_version_that_is_used_or_gone_meanwhile_is_passed_over(refusal: SwarmProviderError) -> None:
    assert pruned(Daemon(remove={"id2": refusal})) == (["app-1"], [])


def test_failure_is_one_warning_that_says_what_stays() -> None:
    removed, said = pruned(Daemon(remove={"id1": TIMEOUT}))
    assert removed == ["app-2"]
    assert len(said) == 1
    assert "old versions of a config stay, the next up removes them" in said[0]
    assert "context deadline exceeded" in said[0]


def test_lost_swarm_is_a_warning_too() -> None:
    spec: Any = {"TaskTemplate": {"ContainerSpec": {"Configs": [{"ConfigName": "app-3"}]}}}
    said: list[str] = []
    asyncio.run(prune_families_of(cast(Swarm, Daemon(lists=False)), [spec], warn=said.append))
    assert len(said) == 1
    assert pruned(Daemon(lists=False))[0] == []


def test_nobody_has_to_listen() -> None:
    assert asyncio.run(prune(cast(Swarm, Daemon(lists=False)), "config", "f")) == []
