"""The simulated swarm as a daemon: `python -m tests.simulation.serve --nodes 100` serves Docker's API on a port.

In real time, for a plugin in a process of its own. `GET /counts` says what was asked since it was asked that last.
"""

from __future__ import annotations

import argparse
import asyncio
import collections
import json
import random
import re

from tests.simulation.clock import RealLoop
from tests.simulation.model.swarm import SimulatedSwarm
from tests.simulation.wishes import GOOD_IMAGES

_ID = re.compile(r"/v1\.\d+|(?<=/)(?:[0-9a-z]{25}|[0-9a-f]{64}|[^/]*_[^/]*)(?=/|$)")


class Daemon:
    """One manager that listens."""

    def __init__(self, swarm: SimulatedSwarm) -> None:
        self._swarm = swarm
        self._counts: collections.Counter[str] = collections.Counter()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Answer what comes over one connection."""
        try:
            while True:
                method, target, body = await _request(reader)
                status, text = self._answered(method, target, body)
                content = text.encode()
                head = (
                    f"HTTP/1.1 {status} .\r\nContent-Type: application/json\r\nContent-Length: {len(content)}\r\n\r\n"
                )
                writer.write(head.encode() + content)
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            writer.close()

    def _answered(self, method: str, target: str, body: bytes) -> tuple[int, str]:
        if target == "/counts":
            found, self._counts = self._counts, collections.Counter()
            return 200, json.dumps(found)
        self._counts[f"{method} {_ID.sub('', target.partition('?')[0]).replace('//', '/')}"] += 1
        return self._swarm.answer(self._swarm.managers[0], method, target, body)


async def _request(reader: asyncio.StreamReader) -> tuple[str, str, bytes]:
    head = (await reader.readuntil(b"\r\n\r\n")).decode()
    method, target, _ = head.split(" ", 2)
    length = re.search(r"(?im)^content-length: *(\d+)", head)
    return method, target, await reader.readexactly(int(length[1])) if length else b""


async def _run(loop: RealLoop, nodes: int) -> None:
    names = tuple(f"n{number}" for number in range(1, nodes + 1))
    swarm = SimulatedSwarm(loop, random.Random(1), nodes=names)
    for number, image in enumerate(GOOD_IMAGES, 1):
        swarm.has_image(image, str(number))
    server = await asyncio.start_server(Daemon(swarm).serve, "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.simulation.serve", description=__doc__)
    parser.add_argument("--nodes", type=int, default=1)
    options = parser.parse_args()
    loop = RealLoop()
    with asyncio.Runner(loop_factory=lambda: loop) as runner:
        runner.run(_run(loop, options.nodes))


if __name__ == "__main__":
    main()
