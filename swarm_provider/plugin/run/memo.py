"""Questions that a run asks once, however many resources want to know."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any, Generic, TypeVar

T = TypeVar("T")


class Once(Generic[T]):
    """A question about a string (an image, an id): asked once per text, also when the answer is a failure."""

    def __init__(self) -> None:
        self._asked: dict[str, asyncio.Task[T]] = {}

    async def __call__(self, about: str, ask: Callable[[], Coroutine[Any, Any, T]]) -> T:
        """Return the answer; `ask` gives it to the first who wants to know. Raises what asking raised."""
        if about not in self._asked:
            self._asked[about] = asyncio.create_task(ask())
        return await asyncio.shield(self._asked[about])

    def known(self, about: str) -> T | None:
        """Return the answer if there is one already."""
        task = self._asked.get(about)
        answered = task is not None and task.done() and not task.cancelled() and task.exception() is None
        return task.result() if task is not None and answered else None
