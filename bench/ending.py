"""How long after Swarm's own end of a rollout ours is seen, by the event stream of the engine.

The daemon tells the end of an update as an event (`updatestate.new: completed`); what is measured is the time from
there until the watcher gives its outcome to its caller. Docker and we read the same clock.
"""

from __future__ import annotations

import asyncio
import threading
import time
from typing import Any

from bench.workload import IMAGE, SECOND, Json
from swarm_provider.dockerapi import ConnectionSettings, Swarm, connect
from swarm_provider.rollout.retry import Updated, update_with_retry
from swarm_provider.rollout.watch import Watcher
from tests.support.engine import Engine


def delays(engine: Engine, size: int, rounds: int) -> list[float]:
    """Return, for each of `size` services updated at once and each round, the seconds from Docker's event to ours."""
    ends: dict[str, float] = {}
    stream = engine.docker.api.events(decode=True, filters={"type": "service"})
    listening = threading.Thread(target=_listen, args=(stream, ends), daemon=True)
    listening.start()
    try:
        return asyncio.run(_updates(engine, size, rounds, ends))
    finally:
        stream.close()


def _listen(stream: Any, ends: dict[str, float]) -> None:
    for event in stream:
        actor = event.get("Actor") or {}
        if (actor.get("Attributes") or {}).get("updatestate.new") == "completed":
            ends[actor["ID"]] = event["timeNano"] / 1e9


async def _updates(engine: Engine, size: int, rounds: int, ends: dict[str, float]) -> list[float]:
    swarm = await connect(ConnectionSettings(host=engine.host))
    watcher, found = Watcher(swarm), []

    async def one(number: int) -> list[float]:
        own = []
        service_id = await swarm.create("service", _spec(number, 0))
        await watcher.converge(service_id, _spec(number, 0))
        for round_number in range(1, rounds + 1):
            wanted = _spec(number, round_number)
            sent = await _update(swarm, service_id, wanted)
            await watcher.converge(service_id, wanted, sent.version_index)
            seen = time.time()
            # the event may come a moment after what the lists show already
            while ends.get(service_id, 0.0) < seen - 30:
                await asyncio.sleep(0.01)
            own.append(seen - ends.pop(service_id))
        await swarm.remove("service", service_id)
        return own

    try:
        for own in await asyncio.gather(*(one(number) for number in range(size))):
            found += own
    finally:
        await swarm.close()
    return found


async def _update(swarm: Swarm, service_id: str, wanted: Json) -> Updated:
    sent = await update_with_retry(swarm, "service", service_id, lambda live: wanted)
    assert sent is not None
    return sent


def _spec(number: int, version: int) -> Json:
    container = {"Image": IMAGE, "Env": [f"VERSION={version}"]}
    return {
        "Name": f"ending-{number}",
        "TaskTemplate": {"ContainerSpec": container},
        "Mode": {"Replicated": {"Replicas": 1}},
        "UpdateConfig": {"Parallelism": 1, "Order": "start-first", "Monitor": SECOND},
    }
