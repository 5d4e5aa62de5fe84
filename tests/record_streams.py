"""Records what real engines report during the scenarios, for the replay tests.

    python -m tests.record_streams [--engine DIR] [NAME ...]

starts a swarm of its own and writes tests/data/streams/<api>-<scenario>.json. Only changes are kept: a task that did
not change between two looks stands there once. Nothing is judged here but when a recording may end.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import subprocess
import time
from pathlib import Path
from typing import Any

from swarm_provider.dockerapi.api import Swarm, connect
from swarm_provider.dockerapi.connection.settings import ConnectionSettings
from swarm_provider.plan.rollout.history import History, Snapshot, observe
from swarm_provider.plan.rollout.state import Desired
from swarm_provider.plan.rollout.verdict import Done, Verdict, Waiting, judge
from tests.rollout.scenarios import SCENARIOS, Scenario
from tests.support.engine import start_engine

Json = dict[str, Any]
STREAMS = Path(__file__).parent / "data" / "streams"
AT_ONCE = 5
# nodes carry certificates and long lists of plugins that no verdict looks at
_NODE_KEYS = ("ID", "Version", "Spec", "Status")


class Recorder:
    """One scenario's stream of changes."""

    def __init__(self, swarm: Swarm, sent: Json, version_index: int) -> None:
        self._swarm = swarm
        self._desired = Desired(sent, version_index)
        self._begun = time.monotonic()
        self._tasks: dict[str, Json] = {}
        self._last: Json = {}
        self.looks: list[Json] = []

    async def until_the_end(self, service_id: str) -> Verdict:
        """Look twice a second until the verdict is no longer to wait."""
        history: History | None = None
        while True:
            services, nodes, tasks = await asyncio.gather(
                self._swarm.list("service", bypass_cache=True),
                self._swarm.list("node", bypass_cache=True),
                self._swarm.tasks(),
            )
            service = next((one for one in services if one["ID"] == service_id), None)
            own = [task for task in tasks if task["ServiceID"] == service_id]
            at = time.monotonic() - self._begun
            self._note(round(at, 2), service, own, nodes)
            snapshot = Snapshot(service, own, nodes)
            history = observe(history, snapshot, self._desired.version_index, at)
            verdict = judge(snapshot, self._desired, history, at)
            if not isinstance(verdict, Waiting) or at > 120:
                return verdict
            await asyncio.sleep(0.5)

    def _note(self, at: float, service: Json | None, tasks: list[Json], nodes: list[Json]) -> None:
        present = {task["ID"]: task for task in tasks}
        changed = {key: task for key, task in present.items() if self._tasks.get(key) != task}
        gone = [key for key in self._tasks if key not in present]
        look: Json = {"at": at}
        for key, value in (("service", service), ("nodes", [_short(node) for node in nodes])):
            if key not in self._last or self._last[key] != value:
                look[key] = self._last[key] = value
        if changed:
            look["tasks"] = list(changed.values())
        if gone:
            look["gone"] = gone
        self._tasks = present
        if len(look) > 1:
            self.looks.append(look)


def _short(node: Json) -> Json:
    description = node.get("Description") or {}
    kept = {key: node[key] for key in _NODE_KEYS if key in node}
    return {**kept, "Description": {key: description.get(key) for key in ("Hostname", "Platform", "Resources")}}


async def record(swarm: Swarm, engine_version: str, scenario: Scenario, port: int) -> None:
    """Run one scenario and write its file."""
    name = f"rec-{scenario.name}"
    service_id, index = "", 0
    specs = scenario.specs(name, port)
    for number, spec in enumerate(specs, 1):
        if not service_id:
            service_id = await swarm.create("service", spec)
        else:
            live = await swarm.inspect("service", service_id) or {}
            await swarm.update("service", service_id, live["Version"]["Index"], spec)
            index = live["Version"]["Index"] + 1
        recorder = Recorder(swarm, spec, index)
        waiting = asyncio.create_task(recorder.until_the_end(service_id))
        if number == len(specs) and scenario.meanwhile:
            await asyncio.sleep(2)
            await interfere(swarm, service_id, scenario.meanwhile)
        verdict = await waiting
        if number < len(specs) and not isinstance(verdict, Done):
            raise RuntimeError(f"{scenario.name}: step {number} ended with {verdict}")
    stream = {
        "api": swarm.api_version,
        "engine": engine_version,
        "scenario": scenario.name,
        "sent": specs[-1],
        "version_index": index,
        "looks": recorder.looks,
    }
    path = STREAMS / f"{swarm.api_version}-{scenario.name}.json"
    path.write_text(json.dumps(stream, separators=(",", ":"), sort_keys=True) + "\n")
    print(f"{path.name}: {verdict}", flush=True)
    await swarm.remove("service", service_id)


async def interfere(swarm: Swarm, service_id: str, how: str) -> None:
    """What somebody else does to a service while its tasks are awaited."""
    if how == "remove":
        await swarm.remove("service", service_id)
        return
    if how == "rollback":
        command = ["docker", "--host", swarm.name, "service", "rollback", "--detach", service_id]
        subprocess.run(command, check=True, capture_output=True)
        return
    live = await swarm.inspect("service", service_id)
    assert live is not None
    index, spec = live["Version"]["Index"], live["Spec"]
    container = {**spec["TaskTemplate"]["ContainerSpec"], "Env": ["BY=somebody"]}
    changed = {**spec, "TaskTemplate": {**spec["TaskTemplate"], "ContainerSpec": container}}
    await swarm.update("service", service_id, index, changed)


async def record_all(host: str, names: list[str]) -> None:
    swarm = await connect(ConnectionSettings(host=host))
    STREAMS.mkdir(parents=True, exist_ok=True)
    turn = asyncio.Semaphore(AT_ONCE)

    async def one(number: int, scenario: Scenario) -> None:
        async with turn:
            await record(swarm, swarm.engine_version, scenario, 30100 + number)

    chosen = [scenario for scenario in SCENARIOS if not names or scenario.name in names]
    results = await asyncio.gather(*(one(*pair) for pair in enumerate(chosen)), return_exceptions=True)
    for scenario, result in zip(chosen, results, strict=True):
        if isinstance(result, BaseException):
            print(f"{scenario.name}: {result!r}")
    await swarm.close()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--engine", default="", help="folder with another engine; default: the one on PATH")
    parser.add_argument("names", nargs="*", help="scenarios; default: all")
    options = parser.parse_args()
    engine = start_engine(engine=options.engine)
    try:
        engine.images("bb", "web")
        asyncio.run(record_all(engine.host, options.names))
    finally:
        engine.down()


if __name__ == "__main__":
    main()
