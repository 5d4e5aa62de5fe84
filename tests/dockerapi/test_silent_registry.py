"""A registry that takes the daemon's connection and says nothing: nobody waits for it as long as the daemon does."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path

import pytest

from swarm_provider.dockerapi import RegistryUnreachable, Swarm, registries
from tests.dockerapi.conftest import on_swarm
from tests.dockerapi.stub import Reply, stub_daemon

FOUND = {"Descriptor": {"digest": "sha256:" + "0" * 64}}


@pytest.fixture(autouse=True)
def soon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(registries, "ANSWER_S", 0.3)


def daemon(method: str, path: str) -> Reply:
    if "silent.test" in path:
        time.sleep(1.0)
    return None if "closes.test" in path else (200, FOUND)


def test_registry_that_does_not_answer_is_given_up_and_its_other_images_with_it(short_path: Path) -> None:
    async def work(swarm: Swarm) -> None:
        with pytest.raises(
            RegistryUnreachable, match=r"look up image .silent\.test/a:1. failed: its registry timed out"
        ):
            await swarm.distribution("silent.test/a:1")
        began = time.monotonic()
        with pytest.raises(RegistryUnreachable, match=r"silent\.test/b:1. failed: its registry timed out after 0\.3 s"):
            await swarm.distribution("silent.test/b:1")
        assert time.monotonic() - began < 0.2
        assert await swarm.distribution("other.test/a:1") == FOUND

    with stub_daemon(short_path, "d", daemon) as stub:
        on_swarm(work, host=stub.host)
        assert stub.calls == [f"GET /distribution/{image}/json" for image in ("silent.test/a%3A1", "other.test/a%3A1")]


def test_registry_is_asked_again_after_a_while(short_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(registries, "SILENT_S", 0.1)

    async def work(swarm: Swarm) -> None:
        for _ in range(2):
            with pytest.raises(RegistryUnreachable):
                await swarm.distribution("silent.test/a:1")
            await asyncio.sleep(0.2)

    with stub_daemon(short_path, "d", daemon) as stub:
        on_swarm(work, host=stub.host)
        assert len(stub.calls) == 2


def test_daemon_that_closes_the_connection_says_nothing_of_the_registry(short_path: Path) -> None:
    async def work(swarm: Swarm) -> None:
        for _ in range(2):
            with pytest.raises(RegistryUnreachable) as caught:
                await swarm.distribution("closes.test/a:1")
            assert "timed out" not in str(caught.value)

    with stub_daemon(short_path, "d", daemon) as stub:
        on_swarm(work, host=stub.host)
        assert len(stub.calls) == 2
