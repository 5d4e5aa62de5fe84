"""Scripts that real engines have played: the same on the model, and what may be observed of each."""

from __future__ import annotations

import asyncio
import json
import random
import re
from dataclasses import dataclass, field
from typing import Any
from unittest import mock

from swarm_provider.dockerapi import api
from swarm_provider.dockerapi.api import Swarm
from swarm_provider.dockerapi.connection.settings import ConnectionSettings
from swarm_provider.errors import RolloutFailed
from swarm_provider.rollout.watch import Watcher
from tests.plan.streams import Stream
from tests.rollout.scenarios import Scenario
from tests.simulation.clock import EPOCH_NS, VirtualLoop
from tests.simulation.duties import Playing, Script
from tests.simulation.model.swarm import SimulatedSwarm
from tests.simulation.model.wire import Daemon, Wire

Json = dict[str, Any]
ADDRESS = "tcp://m1:2375"
LOOK_EVERY_S = 0.05
_TASK_ID = re.compile(r"\b[0-9a-z]{25}\b")


@dataclass
class Played:
    """How a scenario ended on the model.

    Attributes:
        ends: `done` or `failed`.
        seconds: after the last submission.
        looks: what a list showed again and again, as recordings have it.
    """

    ends: str = ""
    text: str = ""
    seconds: float = 0.0
    looks: list[Json] = field(default_factory=list)


def play(scenario: Scenario, *, seed: int = 1) -> Played:
    """Play a scenario of `tests/rollout/scenarios.py` on the model."""
    loop = VirtualLoop(seed, 3600.0)
    swarm = SimulatedSwarm(loop, random.Random(seed))
    wire = Wire(loop.machine)
    wire.daemons[ADDRESS] = Daemon(swarm, swarm.managers[0])
    with (
        mock.patch.object(api, "MACHINE", loop.machine),
        mock.patch("time.time", lambda: EPOCH_NS / 1e9),
    ):
        try:
            return loop.run_until_complete(_played(scenario, swarm))
        finally:
            loop.close()


async def _played(scenario: Scenario, model: SimulatedSwarm) -> Played:
    swarm = await api.connect(ConnectionSettings(host=ADDRESS))
    watcher = Watcher(swarm)
    loop = asyncio.get_running_loop()
    *before, last = scenario.specs("it", 8080)
    id = ""
    for spec in before:
        id, version = await _submit(swarm, id, spec)
        await watcher.converge(id, spec, version)
    result = Played()
    began = loop.time()
    id, version = await _submit(swarm, id, last)
    looking = asyncio.ensure_future(_look(model, id, result.looks))
    if scenario.meanwhile:
        await asyncio.sleep(0.5)
        _meddle(model, id, scenario.meanwhile)
    try:
        outcome = await watcher.converge(id, last, version, fail_after_ns=scenario.fail_after_ns)
        result.ends, result.text = "done", outcome.text
    except RolloutFailed as error:
        result.ends, result.text = "failed", "; ".join(error.reasons)
    result.seconds = loop.time() - began
    # recordings go on until a rollback has ended
    await asyncio.sleep(20.0)
    looking.cancel()
    return result


class _Machines:
    """The nodes of the model. Those that are stopped, and are managers, take their connections with them."""

    def __init__(self, model: SimulatedSwarm, wire: Wire) -> None:
        self._model = model
        self._wire = wire

    async def stop(self, number: int) -> None:
        id = [*self._model.nodes][number - 1]
        for url, daemon in self._wire.daemons.items():
            if daemon.node == id:
                self._wire.daemons[url].down = True
        self._model.set_node_state(id, "down")

    async def start(self, number: int) -> None:
        id = [*self._model.nodes][number - 1]
        for daemon in self._wire.daemons.values():
            if daemon.node == id:
                daemon.down = False
        self._model.set_node_state(id, "ready")
        # a machine that was without power finds its containers dead
        for task in [*self._model.nodes[id].tasks.values()]:
            if task.state == "running":
                self._model.orchestrator.end(task, 255)


def play_duty(script: Script, *, seed: int = 1) -> list[str]:
    """What a script of `duties` lets be observed on the model."""
    loop = VirtualLoop(seed, 3600.0)
    names = tuple(f"node{number}" for number in range(1, script.nodes + 1))
    swarm = SimulatedSwarm(loop, random.Random(seed), nodes=names, managers=script.managers)
    wire = Wire(loop.machine)
    urls = tuple(f"tcp://m{number}:2375" for number in range(1, script.managers + 1))
    for url, node in zip(urls, swarm.managers, strict=True):
        wire.daemons[url] = Daemon(swarm, node)

    async def played() -> list[str]:
        given = ConnectionSettings(hosts=urls) if len(urls) > 1 else ConnectionSettings(host=urls[0])
        playing = Playing(script.name, await api.connect(given), _Machines(swarm, wire))
        await script.play(playing)
        return playing.lines

    with mock.patch.object(api, "MACHINE", loop.machine):
        try:
            return loop.run_until_complete(played())
        finally:
            loop.machine.end_threads()
            loop.close()


async def _submit(swarm: Swarm, id: str, spec: Json) -> tuple[str, int]:
    if not id:
        return await swarm.create("service", spec), 0
    live = await swarm.get("service", id)
    assert live is not None
    version = live["Version"]["Index"]
    await swarm.update("service", id, version, spec)
    return id, version + 1


async def _look(model: SimulatedSwarm, id: str, looks: list[Json]) -> None:
    while True:
        service = model.services.get(id)
        tasks = [task.json() for task in model.orchestrator.of_service.get(id, {}).values()]
        looks.append({"service": json.loads(json.dumps(service)), "tasks": tasks})
        await asyncio.sleep(LOOK_EVERY_S)


def _meddle(model: SimulatedSwarm, id: str, what: str) -> None:
    live = model.services[id]
    path = f"/v1.41/services/{id}"
    if what == "remove":
        model.answer(model.managers[0], "DELETE", path, None)
        return
    query = f"{path}/update?version={live['Version']['Index']}"
    spec = json.loads(json.dumps(live["Spec"]))
    spec["TaskTemplate"]["ContainerSpec"]["Env"] = ["SOMEBODY=else"]
    rollback = what == "rollback"
    model.answer(model.managers[0], "POST", query + "&rollback=previous" * rollback, json.dumps(spec).encode())


# --------------------------------------------------------------------------- what may be observed


@dataclass(frozen=True)
class Observed:
    """What two histories of one script must have in common, whatever their pace.

    Attributes:
        updates: the states of the update, in their order.
        messages: what Swarm said of it, without ids.
        ends: how tasks ended that ended by themselves: state, and Swarm's words.
        waits: why tasks found no node.
        previous: whether the service has a previous spec in the end; None where there is no service any more.
    """

    updates: tuple[str, ...]
    messages: tuple[str, ...]
    ends: frozenset[tuple[str, str]]
    waits: frozenset[str]
    previous: bool | None

    def agrees(self, longer: Observed) -> bool:
        """Whether this may be the beginning of a history that was looked at for longer."""
        return (
            _is_part(self.updates, longer.updates)
            and _is_part(self.messages, longer.messages)
            and longer.ends == self.ends
            and longer.waits == self.waits
            and (longer.previous == self.previous)
        )


def _is_part(seen: tuple[str, ...], whole: tuple[str, ...]) -> bool:
    """Whether one is the other, but for what a look every half second has missed."""
    rest = iter(whole)
    return all(word in rest for word in seen)


def observed(looks: list[Json]) -> Observed:
    """What may be observed of looks that each have the whole service and all its tasks."""
    updates: dict[str, None] = {}
    messages: dict[str, None] = {}
    ends, waits = set(), set()
    for look in looks:
        status = (look["service"] or {}).get("UpdateStatus") or {}
        if status:
            updates[status["State"]] = None
            messages[_TASK_ID.sub("<id>", status["Message"])] = None
        for task in look["tasks"]:
            state, error = task["Status"]["State"], str(task["Status"].get("Err") or "")
            if state in ("failed", "rejected", "complete"):
                ends.add((state, _words(error)))
            elif state == "pending" and error:
                waits.add(error)
    last = looks[-1]
    previous = None if last["service"] is None else last["service"].get("PreviousSpec") is not None
    return Observed(tuple(updates), tuple(messages), frozenset(ends), frozenset(waits), previous)


def _words(error: str) -> str:
    """An error without what runc and containerd add to it."""
    found = re.search(r'exec: ".*PATH', error)
    return found[0] if found else error


def recorded(stream: Stream) -> list[Json]:
    """The looks of a recording, whole."""
    service: Json | None = None
    tasks: dict[str, Json] = {}
    result = []
    for look in stream.json["looks"]:
        service = look.get("service", service)
        tasks |= {task["ID"]: task for task in look.get("tasks", [])}
        for key in look.get("gone", []):
            tasks.pop(key, None)
        result.append({"service": service, "tasks": [json.loads(json.dumps(task)) for task in tasks.values()]})
    return result
