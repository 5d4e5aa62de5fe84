"""Plays scenarios on a real engine, each with a watcher of its own, and takes the time of each.

A crash loop is given more time while anything else on the same watcher still converges.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from swarm_provider.dockerapi.api import Swarm, connect
from swarm_provider.dockerapi.connection.settings import ConnectionSettings
from swarm_provider.errors import RolloutFailed, SwarmProviderError
from swarm_provider.rollout.remove import remove_service
from swarm_provider.rollout.retry import update_with_retry
from swarm_provider.rollout.watch import Watcher
from tests.record_streams import interfere
from tests.rollout.engine_facts import Facts
from tests.rollout.scenarios import Scenario, corrected, service
from tests.support.engine import Engine
from tests.support.registry import PASSWORD, run_registry, silent_registry

Json = dict[str, Any]
AT_ONCE = 14
PULL_S = 20.0
"""An image that cannot be pulled is told within so many seconds, whatever the engine."""


SILENT = "registry-is-silent"


@dataclass
class Result:
    """How a scenario ended, and what came after it.

    Attributes:
        seconds: from the last submission to the end.
        told: from the last submission to the first word of what is the matter: a warning, or the end.
        after: from the time at which the engine itself has the fact, by its own record, to that word.
    """

    done: str = ""
    failure: str = ""
    seconds: float = 0.0
    told: float = 0.0
    after: float = 0.0
    said: list[str] = field(default_factory=list)
    warned: list[str] = field(default_factory=list)
    correction: str = ""
    removed_in: float = 0.0
    containers_left: int = 0


async def _submit(swarm: Swarm, service_id: str, spec: Json) -> tuple[str, int]:
    if not service_id:
        return await swarm.create("service", spec), 0
    updated = await update_with_retry(swarm, "service", service_id, lambda live: spec)
    assert updated is not None
    return service_id, updated.version_index


async def _play(swarm: Swarm, scenario: Scenario, port: int) -> Result:
    watcher, result, service_id = Watcher(swarm), Result(), ""
    name = f"live-{scenario.name}"
    specs = scenario.specs(name, port)
    for number, spec in enumerate(specs, 1):
        is_last = number == len(specs)
        service_id, index = await _submit(swarm, service_id, spec)
        begun, result.told = time.time(), 0.0

        def warn(text: str, begun: float = begun) -> None:
            result.told = result.told or time.time() - begun
            result.warned.append(text)

        facts = Facts(swarm, service_id, begun)
        waiting = asyncio.create_task(watcher.converge(service_id, spec, index, progress=result.said.append, warn=warn))
        if is_last and scenario.meanwhile:
            await asyncio.sleep(2)
            await interfere(swarm, service_id, scenario.meanwhile)
            facts.interfered = time.time()
        try:
            done = (await waiting).text
            result.done = done if is_last else ""
        except RolloutFailed as failure:
            result.failure = str(failure) if is_last else f"step {number}: {failure}"
            if not is_last:
                break
        finally:
            result.seconds = time.time() - begun
            await facts.close()
        result.told = result.told or result.seconds
        result.after = max(0.0, begun + result.told - facts.behind(result.failure))
    if result.failure and scenario.meanwhile != "remove":
        right = corrected(specs[-1])
        _, index = await _submit(swarm, service_id, right)
        try:
            result.correction = (await watcher.converge(service_id, right, index)).text
        except RolloutFailed as failure:
            result.correction = f"failed: {failure}"
    begun = time.monotonic()
    await remove_service(swarm, service_id, watcher=watcher, name=name)
    result.removed_in = time.monotonic() - begun
    result.containers_left = sum(
        task["Status"]["State"] == "running" for task in await swarm.tasks(service_ids=[service_id])
    )
    return result


@contextlib.contextmanager
def unpullable(engine: Engine, folder: Path) -> Iterator[dict[str, str]]:
    """Images that the engine cannot pull, by what is wrong; two real registries run meanwhile."""
    with (
        run_registry(engine, folder / "public") as public,
        run_registry(engine, folder / "private", password=PASSWORD) as private,
        silent_registry(engine) as silent,
    ):
        yield {
            "not-in-its-registry": f"{public.address}/team/nothing:1",
            # the engine itself has the other one
            "denied": f"{private.address}/team/other:1",
            "registry-is-dead": f"{engine.gateway}:9/team/app:1",
            "no-such-host": "registry.invalid/team/app:1",
            SILENT: f"{silent}/team/app:1",
        }


def pulls(images: dict[str, str]) -> list[Scenario]:
    """A scenario for each image that cannot be pulled, by a name of its own.

    For a silent registry an engine waits 25 to 41 s, and may have the image after all: until then it is a warning.
    """
    return [
        Scenario(
            name,
            lambda n, p, image=image: [service(n, image)],  # type: ignore[misc]
            "failed",
            (image,),
            within=60.0 if name == SILENT else PULL_S,
        )
        for name, image in images.items()
    ]


async def play_all(host: str, scenarios: Sequence[Scenario], at_once: int = AT_ONCE) -> dict[str, Result]:
    """Play all, so many at a time; the long ones begin first."""
    swarm = await connect(ConnectionSettings(host=host))
    turn = asyncio.Semaphore(at_once)

    async def one(number: int, scenario: Scenario) -> tuple[str, Result]:
        async with turn:
            try:
                return scenario.name, await _play(swarm, scenario, 30200 + number)
            except SwarmProviderError as error:
                return scenario.name, Result(failure=f"{type(error).__name__}: {error}")

    ordered = sorted(enumerate(scenarios), key=lambda pair: -pair[1].within)
    try:
        return dict(await asyncio.gather(*(one(*pair) for pair in ordered)))
    finally:
        await swarm.close()
