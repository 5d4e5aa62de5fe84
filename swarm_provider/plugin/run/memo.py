"""Questions that a run asks once, however many resources want to know."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any, Generic, TypeVar
from weakref import WeakKeyDictionary

from swarm_provider.plugin.run.swarm import Swarm

T = TypeVar("T")


class Once(Generic[T]):
    """A question about a text (an image, an id) to a swarm: asked once per text, also when the answer is a failure."""

    def __init__(self, ask: Callable[[Swarm, str], Coroutine[Any, Any, T]]) -> None:
        self._ask = ask
        self._asked: WeakKeyDictionary[Swarm, dict[str, asyncio.Task[T]]] = WeakKeyDictionary()

    async def __call__(self, swarm: Swarm, about: str) -> T:
        """Return the answer. Raises what asking raised."""
        asked = self._asked.setdefault(swarm, {})
        if about not in asked:
            asked[about] = asyncio.create_task(self._ask(swarm, about))
        return await asyncio.shield(asked[about])

    def known(self, swarm: Swarm, about: str) -> T | None:
        """Return the answer if there is one already."""
        task = self._asked.get(swarm, {}).get(about)
        answered = task is not None and task.done() and not task.cancelled() and task.exception() is None
        return task.result() if task is not None and answered else None
