"""Many services at once on one watcher, on a real engine: no false verdict, few calls, and the end is seen soon."""

from __future__ import annotations

import asyncio
import random
import statistics
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

import pytest

from swarm_provider.dockerapi.api import Swarm, connect
from swarm_provider.dockerapi.connection.settings import ConnectionSettings
from swarm_provider.errors import RolloutFailed
from swarm_provider.plan.facts.tasks import when
from swarm_provider.rollout.remove import remove_service
from swarm_provider.rollout.retry import update_with_retry
from swarm_provider.rollout.watch import Watcher
from tests.rollout.scenarios import NOWHERE, SECOND, replicated_job, restart, service, shell, update
from tests.support.engine import Engine

pytestmark = pytest.mark.live

Json = dict[str, Any]


class Counting:
    """A swarm that counts how often it is asked for lists, as the watcher does."""

    def __init__(self, swarm: Swarm) -> None:
        self._swarm = swarm
        self.lists = 0

    def __getattr__(self, name: str) -> Any:
        if name in ("list", "tasks"):
            self.lists += 1
        return getattr(self._swarm, name)


def on(engine: Engine, work: Callable[[Swarm], Awaitable[None]]) -> None:
    async def run() -> None:
        swarm = await connect(ConnectionSettings(host=engine.host))
        try:
            await work(swarm)
        finally:
            await swarm.close()

    with engine.cleaned():
        asyncio.run(run())


async def renew(swarm: Swarm, service_id: str, spec: Json) -> int:
    updated = await update_with_retry(swarm, "service", service_id, lambda live: spec)
    assert updated is not None
    return updated.version_index


def test_fifty_services_at_once_are_deployed_updated_and_removed(engine: Engine) -> None:
    async def work(swarm: Swarm) -> None:
        counting = Counting(swarm)
        watcher = Watcher(counting)

        def spec(number: int, image: str) -> Json:
            return service(f"fifty-{number}", image, replicas=1 if number % 10 == 0 else 0, **update(Monitor=SECOND))

        async def deploy(number: int) -> str:
            service_id = await swarm.create("service", spec(number, "bb:1"))
            await watcher.converge(service_id, spec(number, "bb:1"))
            return service_id

        async def change(number: int, service_id: str) -> None:
            index = await renew(swarm, service_id, spec(number, "bb:2"))
            await watcher.converge(service_id, spec(number, "bb:2"), index)

        began = time.monotonic()
        ids = await asyncio.gather(*(deploy(number) for number in range(50)))
        await asyncio.gather(*(change(number, service_id) for number, service_id in enumerate(ids)))
        await asyncio.gather(*(remove_service(swarm, service_id, watcher=watcher) for service_id in ids))
        per_second = counting.lists / (time.monotonic() - began)
        # three lists, about three times a second, whoever waits; while removals begin one list more each time
        assert per_second <= 15
        assert not [s for s in await swarm.list("service", bypass_cache=True) if s["Spec"]["Name"].startswith("fifty")]

    on(engine, work)


@dataclass
class _Service:
    """One service of the mixed run, and what it should be."""

    name: str
    id: str = ""
    image: str = "bb:1"
    replicas: int = 0


@pytest.mark.long
@pytest.mark.timeout(3000)
@pytest.mark.parametrize("seed", [6])
def test_fifty_services_in_a_mixed_run_are_never_judged_wrongly(engine: Engine, seed: int) -> None:
    """Twenty rounds; in each every service is deployed, updated, scaled or removed, and some cannot run."""
    dice = random.Random(seed)

    def spec(one: _Service, **more: Any) -> Json:
        return service(one.name, one.image, replicas=one.replicas, **update(Monitor=SECOND, Parallelism=0), **more)

    async def submit(swarm: Swarm, one: _Service, wanted: Json) -> int:
        if not one.id:
            one.id = await swarm.create("service", wanted)
            return 0
        return await renew(swarm, one.id, wanted)

    async def succeed(swarm: Swarm, watcher: Watcher, one: _Service) -> None:
        one.image = dice.choice(("bb:1", "bb:2"))
        # some twenty containers at a time are what a small machine bears
        one.replicas = dice.choice((0, 0, 1, 1, 2)) if one.name.endswith(("0", "3", "6")) else 0
        wanted = spec(one, Labels={"round": str(dice.random())})
        index = await submit(swarm, one, wanted)
        outcome = await watcher.converge(one.id, wanted, index)
        assert outcome.text == f"{one.replicas}/{one.replicas} running"
        tasks = [task for task in await swarm.tasks(service_ids=[one.id]) if task["DesiredState"] == "running"]
        assert [task["Spec"]["ContainerSpec"]["Image"] for task in tasks] == [one.image] * one.replicas
        assert all(task["Status"]["State"] == "running" for task in tasks)

    async def fail(swarm: Swarm, watcher: Watcher, one: _Service) -> None:
        one.replicas = 1
        if dice.random() < 0.5:
            one.image, more, words = "nope:1", {}, "image nope:1 cannot be pulled"
        else:
            one.image, more, words = "bb:1", {"task": NOWHERE}, "no suitable node"
        wanted = spec(one, **more)
        index = await submit(swarm, one, wanted)
        with pytest.raises(RolloutFailed, match=words):
            await watcher.converge(one.id, wanted, index)

    async def remove(swarm: Swarm, watcher: Watcher, one: _Service) -> None:
        await remove_service(swarm, one.id, watcher=watcher, name=one.name)
        tasks = await swarm.tasks(service_ids=[one.id])
        assert not [task for task in tasks if task["Status"]["State"] == "running"]
        one.id = ""

    async def work(swarm: Swarm) -> None:
        watcher = Watcher(swarm)
        services = [_Service(f"mixed-{number}") for number in range(50)]
        for _ in range(20):
            doing = []
            for one in services:
                chance = dice.random()
                if one.id and chance < 0.2:
                    doing.append(remove(swarm, watcher, one))
                elif chance > 0.95:
                    doing.append(fail(swarm, watcher, one))
                else:
                    doing.append(succeed(swarm, watcher, one))
            await asyncio.gather(*doing)

    on(engine, work)


@pytest.mark.long
def test_end_is_seen_within_a_second_of_swarms_own(engine: Engine, unique: str) -> None:
    async def work(swarm: Swarm) -> None:
        watcher = Watcher(swarm)

        async def one(number: int) -> float:
            first, second = (
                service(f"{unique}-{number}", image, **update(Monitor=SECOND)) for image in ("bb:1", "bb:2")
            )
            service_id = await swarm.create("service", first)
            await watcher.converge(service_id, first)
            outcome = await watcher.converge(service_id, second, await renew(swarm, service_id, second))
            seen = time.time()
            return seen - when(outcome.service["UpdateStatus"]["CompletedAt"]) / SECOND

        async def job() -> float:
            spec = service(f"{unique}-job", mode=replicated_job(1), container=shell("sleep 2"), task=restart("none"))
            service_id = await swarm.create("service", spec)
            await watcher.converge(service_id, spec)
            seen = time.time()
            (task,) = await swarm.tasks(service_ids=[service_id])
            return seen - when(task["Status"]["Timestamp"]) / SECOND

        late = await asyncio.gather(*(one(number) for number in range(6)), job())
        # a busy machine may be late once
        assert statistics.median(late) <= 1.0, late

    on(engine, work)
