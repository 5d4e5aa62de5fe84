"""Work that many ask for at a time, done for all of them at once."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Generic, TypeVar

GATHER_S = 0.02
"""How long a turn waits for others before it begins: who comes one by one would else be answered one by one."""
Q = TypeVar("Q")
A = TypeVar("A")


class Batch(Generic[Q, A]):
    """A queue that answers together: whoever asks within a moment, or while others are answered, shares the next turn.

    Args:
        answer: gives one answer for each question, in their order.
        most: questions of one turn; None: no limit.
    """

    def __init__(self, answer: Callable[[Sequence[Q]], Awaitable[Sequence[A]]], most: int | None = None) -> None:
        self._answer = answer
        self._most = most
        self._waiting: list[tuple[Q, asyncio.Future[A]]] = []
        self._working: asyncio.Task[None] | None = None

    async def __call__(self, question: Q) -> A:
        """Return the answer to one question. Raises what answering its turn raised."""
        waiting: asyncio.Future[A] = asyncio.get_running_loop().create_future()
        self._waiting.append((question, waiting))
        if self._working is None or self._working.done():
            self._working = asyncio.create_task(self._work())
        return await waiting

    async def _work(self) -> None:
        while self._waiting:
            await asyncio.sleep(GATHER_S)
            turn = self._waiting[: self._most]
            del self._waiting[: len(turn)]
            try:
                answers = await self._answer([question for question, _ in turn])
                answered = list(zip(turn, answers, strict=True))
            except Exception as error:
                # whatever it is, it must not leave callers waiting for ever
                for _, waiting in turn:
                    if not waiting.done():
                        waiting.set_exception(error)
                continue
            for (_, waiting), answer in answered:
                # who was cancelled meanwhile asks no more
                if not waiting.done():
                    waiting.set_result(answer)
