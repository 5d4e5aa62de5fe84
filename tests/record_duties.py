"""Records what real engines let be observed of the scripts of `tests/simulation/duties.py`.

    python -m tests.record_duties [--engine DIR] [NAME ...]

starts swarms of its own and writes tests/data/duties/<api>.json; what is there of other scripts stays.
"""

from __future__ import annotations

import argparse
import asyncio
import json
from pathlib import Path
from typing import Final

from swarm_provider.dockerapi.api import connect
from swarm_provider.dockerapi.connection.settings import ConnectionSettings
from tests.simulation.duties import SCRIPTS, Playing, Script
from tests.support.engine import Engine, named_engine, start_engine

DUTIES: Final = Path(__file__).parent / "data" / "duties"


class Plugs:
    """The nodes of an engine of this machine."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    async def stop(self, number: int) -> None:
        await asyncio.to_thread(self._engine.kill_node, number)

    async def start(self, number: int) -> None:
        await asyncio.to_thread(self._engine.start_node, number)


async def played(script: Script, engine: Engine) -> tuple[str, list[str]]:
    """What a script lets be observed on an engine, and the version of its API."""
    hosts = tuple(engine.node(number).host for number in range(1, script.managers + 1))
    swarm = await connect(ConnectionSettings(hosts=hosts) if len(hosts) > 1 else ConnectionSettings(host=hosts[0]))
    try:
        playing = Playing(script.name, swarm, Plugs(engine))
        await script.play(playing)
    finally:
        await swarm.close()
    return swarm.api_version, playing.lines


def record(names: list[str], folder: str) -> None:
    chosen = [script for script in SCRIPTS if not names or script.name in names]
    for nodes, managers in sorted({(script.nodes, script.managers) for script in chosen}):
        engine = start_engine(nodes=nodes, managers=managers, engine=folder, heartbeat="1s" if nodes > 1 else "")
        try:
            engine.images("bb", "web")
            for script in chosen:
                if (script.nodes, script.managers) == (nodes, managers):
                    with engine.cleaned():
                        _keep(script, *asyncio.run(played(script, engine)))
        finally:
            engine.down()


def _keep(script: Script, api: str, lines: list[str]) -> None:
    file = DUTIES / f"{api}.json"
    known = json.loads(file.read_text()) if file.exists() else {}
    known[script.name] = lines
    file.write_text(json.dumps(dict(sorted(known.items())), indent=1) + "\n")
    print("\n".join([script.name, *(f"    {line}" for line in lines)]), flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "--engine", default="", help="folder with another engine, or its name; default: the one on PATH"
    )
    parser.add_argument("names", nargs="*", help="scripts; default: all")
    options = parser.parse_args()
    DUTIES.mkdir(parents=True, exist_ok=True)
    record(options.names, named_engine(options.engine))


if __name__ == "__main__":
    main()
