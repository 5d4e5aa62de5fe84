"""Calls by the connection of a run, from an event loop: in threads, so many at a time, told of when they are slow."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

from swarm_provider.core import Json
from swarm_provider.dockerapi.connection.connect import Peer
from swarm_provider.dockerapi.connection.failover import Link
from swarm_provider.dockerapi.connection.transport import Answer

T = TypeVar("T")
THREADS = 64
CALLS_AT_ONCE = 32
SLOW_SECONDS = 2.0


class Calls:
    """What is asked of one swarm. All of its methods can raise what `Link.run` raises.

    Args:
        link: the connection.
        pool: the threads in which it is used.
    """

    def __init__(self, link: Link, pool: ThreadPoolExecutor) -> None:
        self.link = link
        self._pool = pool
        self._at_once = asyncio.Semaphore(CALLS_AT_ONCE)
        self.when_slow: Callable[[str], None] = lambda call: None
        """Called with what a call does (`create service 'web'`) when it takes longer than `SLOW_SECONDS`."""

    async def read(self, path: str, operation: str, query: Mapping[str, str] | None = None) -> Answer:
        """Return the answer to a GET, which may be asked twice.

        Args:
            path: the route.
            operation: what the call does, for messages: `create service 'web'`.
            query: parameters of the route; None: none.
        """
        timeout = self.link.read_timeout
        return await self.run(
            operation,
            lambda peer: peer.transport.call("GET", path, operation, query=query, timeout=timeout),
            again=True,
        )

    async def write(
        self,
        method: str,
        path: str,
        operation: str,
        *,
        query: Mapping[str, str] | None = None,
        body: Json | None = None,
        headers: Mapping[str, str] | None = None,
        again: bool = False,
    ) -> Answer:
        """Return the answer to a call that changes something; `again`: it may be done twice.

        Args:
            method: the HTTP method.
            path: the route.
            operation: what the call does, for messages: `create service 'web'`.
            query: parameters of the route.
            body: the body, sent or received.
            headers: headers of the request.
            again: whether it may be done twice.
        """
        return await self.run(
            operation,
            lambda peer: peer.transport.call(method, path, operation, query=query, body=body, headers=headers),
            again=again,
        )

    async def run(
        self, call: str, work: Callable[[Peer], T], *, again: bool = False, bound: asyncio.Semaphore | None = None
    ) -> T:
        """Return what `work` gives with the manager in use.

        Args:
            call: what it does, for messages.
            work: is given the manager in use, and blocks.
            again: as for `Link.run`.
            bound: how many of its kind run at a time; None: `CALLS_AT_ONCE`.
        """
        with self.told_when_slow(call):
            async with bound or self._at_once:
                return await self.in_thread(lambda: self.link.run(work, again=again))

    async def in_thread(self, work: Callable[[], T]) -> T:
        """Return what a function that blocks gives."""
        return await asyncio.get_running_loop().run_in_executor(self._pool, work)

    @contextlib.contextmanager
    def told_when_slow(self, call: str) -> Iterator[None]:
        """Call `when_slow` while what is done inside takes longer than `SLOW_SECONDS`."""
        timer = asyncio.get_running_loop().call_later(SLOW_SECONDS, lambda: self.when_slow(call))
        try:
            yield
        finally:
            timer.cancel()

    def close(self) -> None:
        """End the connections; calls that still wait for an answer are left to end by themselves."""
        self.link.close()
        self._pool.shutdown(wait=False, cancel_futures=True)


def auth_header(registry_auth: str | None) -> dict[str, Any]:
    """Return the header for a registry login, as `Registries.encoded_auth` gives it."""
    return {"X-Registry-Auth": registry_auth} if registry_auth else {}
