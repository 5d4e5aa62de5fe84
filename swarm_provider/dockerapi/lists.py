"""One list per kind and run: shared by all who ask, dropped by own writes.

Whoever wants one object may do with a list from before own writes, as long as it is recent and none of them touched
that object: else each of hundreds of resources that are read and written in turn would ask for everything again.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass, field
from typing import Final

from swarm_provider.core import Items
from swarm_provider.dockerapi.kinds import Listing, kind_of

RECENT_S: Final = 5.0
"""How old a list may be, where others would have to ask again for what this process wrote meanwhile."""


@dataclass(eq=False)
class _Look:
    """One time that a list was asked for. What came may be the same list as the time before.

    Attributes:
        at: when, in seconds of a clock that only moves forward.
        touched: ids, names and values of labels of what this process has written since.
    """

    at: float
    touched: set[str] = field(default_factory=set)


class Lists:
    """The lists of one swarm.

    Args:
        ask: gives the list of a kind as it is now.
        now: gives seconds that only move forward.
    """

    def __init__(self, ask: Callable[[str], Awaitable[Listing]], now: Callable[[], float]) -> None:
        self._ask = ask
        self._now = now
        self._shared: dict[str, asyncio.Task[Listing]] = {}
        self._asking: dict[str, list[_Look]] = {}
        self._latest: dict[str, tuple[_Look, Listing]] = {}

    async def get(self, kind: str, *, bypass_cache: bool = False, allow_stale: bool = False) -> Listing:
        """Return the list of a kind; arguments as for `Swarm.list`.

        Args:
            kind: what it is: service, config, secret, network, volume, node or task.
            bypass_cache: as for `Swarm.list`.
            allow_stale: as for `Swarm.list`.
        """
        if allow_stale and kind in self._latest:
            return self._latest[kind][1]
        shared = None if bypass_cache else self._shared.get(kind)
        if shared is None:
            shared = asyncio.create_task(self._asked(kind))
            self._shared[kind] = shared
            shared.add_done_callback(lambda done: self._forget_failed(kind, done))
        return await asyncio.shield(shared)

    def lately(self, kind: str, mark: str, take: Callable[[Listing], Items]) -> Items:
        """Return what a recent list has of some objects; [] where it has none, or this process wrote to them since.

        Args:
            kind: as for `get`.
            mark: what they are looked for by: an id, a name, the value of a label.
            take: finds them in a list.
        """
        if kind not in self._latest:
            return []
        look, latest = self._latest[kind]
        if self._now() - look.at > RECENT_S or mark in look.touched:
            return []
        found = take(latest)
        return found if look.touched.isdisjoint(map(kind_of(kind).id_of, found)) else []

    def forget(self, kind: str, marks: Iterable[str] = ()) -> None:
        """Ask again for the next who wants the list, since this process has written.

        Args:
            kind: as for `get`.
            marks: of what was written: its id, its name, the values of its labels.
        """
        self._shared.pop(kind, None)
        touched, looks = set(marks), [*self._asking.get(kind, ())]
        if kind in self._latest:
            looks.append(self._latest[kind][0])
        for look in looks:
            look.touched |= touched

    def close(self) -> None:
        """Wait for no list any more."""
        for shared in self._shared.values():
            shared.cancel()
        self._shared.clear()

    async def _asked(self, kind: str) -> Listing:
        look, asking = _Look(self._now()), self._asking.setdefault(kind, [])
        asking.append(look)
        try:
            found = await self._ask(kind)
        finally:
            asking.remove(look)
        self._latest[kind] = look, found
        return found

    def _forget_failed(self, kind: str, done: asyncio.Task[Listing]) -> None:
        failed = done.cancelled() or done.exception() is not None
        if failed and self._shared.get(kind) is done:
            del self._shared[kind]
