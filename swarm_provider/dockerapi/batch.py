"""Objects asked for by id, many in one call: whoever asks while a call is on its way shares the next one."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

Json = dict[str, Any]
AT_ONCE = 50
"""Ids of one call: they stand in its address."""


class Batch:
    """Asks for objects of one kind.

    Args:
        ask: gives the objects of these ids, as they are when it is called; those that exist.
        id_of: gives an object's id.
    """

    def __init__(self, ask: Callable[[list[str]], Awaitable[list[Json]]], id_of: Callable[[Json], str]) -> None:
        self._ask = ask
        self._id_of = id_of
        self._waiting: dict[str, asyncio.Future[Json | None]] = {}
        self._working: asyncio.Task[None] | None = None

    async def get(self, id: str) -> Json | None:
        """The object of exactly this id, None when there is none. Raises what asking raised."""
        if id not in self._waiting:
            self._waiting[id] = asyncio.get_running_loop().create_future()
        answer = self._waiting[id]
        if self._working is None or self._working.done():
            self._working = asyncio.create_task(self._work())
        return await asyncio.shield(answer)

    async def _work(self) -> None:
        while self._waiting:
            asked = {id: self._waiting.pop(id) for id in list(self._waiting)[:AT_ONCE]}
            try:
                found = {self._id_of(item): item for item in await self._ask(list(asked))}
            except Exception as error:
                for answer in asked.values():
                    answer.set_exception(error)
                continue
            for id, answer in asked.items():
                answer.set_result(found.get(id))
