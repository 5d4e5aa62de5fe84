"""One list per kind and run: shared by all who ask, dropped by own writes."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from swarm_provider.dockerapi.kinds import Listing


class Lists:
    """The lists of one swarm.

    Args:
        ask: gives the list of a kind as it is now.
    """

    def __init__(self, ask: Callable[[str], Awaitable[Listing]]) -> None:
        self._ask = ask
        self._shared: dict[str, asyncio.Task[Listing]] = {}
        self._latest: dict[str, Listing] = {}

    async def get(self, kind: str, *, bypass_cache: bool = False, allow_stale: bool = False) -> Listing:
        """Return the list of a kind; arguments as for `Swarm.list`.

        Args:
            kind: what it is: service, config, secret, network, volume, node or task.
            bypass_cache: as for `Swarm.list`.
            allow_stale: as for `Swarm.list`.
        """
        if allow_stale and kind in self._latest:
            return self._latest[kind]
        shared = None if bypass_cache else self._shared.get(kind)
        if shared is None:
            shared = asyncio.create_task(self._asked(kind))
            self._shared[kind] = shared
            shared.add_done_callback(lambda done: self._forget_failed(kind, done))
        return await asyncio.shield(shared)

    def forget(self, kind: str) -> None:
        """Ask again for the next who wants the list, since this process has written."""
        self._shared.pop(kind, None)

    def close(self) -> None:
        """Wait for no list any more."""
        for shared in self._shared.values():
            shared.cancel()
        self._shared.clear()

    async def _asked(self, kind: str) -> Listing:
        self._latest[kind] = found = await self._ask(kind)
        return found

    def _forget_failed(self, kind: str, done: asyncio.Task[Listing]) -> None:
        failed = done.cancelled() or done.exception() is not None
        if failed and self._shared.get(kind) is done:
            del self._shared[kind]
