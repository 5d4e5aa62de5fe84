"""The latest answer to each question: one with the same bytes is not decoded again.

A rollout is looked at several times a second, and from one look to the next most of what a manager says is the same.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from typing import Final, Generic, TypeVar

from swarm_provider.dockerapi.connection.transport import Answer

T = TypeVar("T")

LARGEST: Final = 8 * 2**20
"""Bytes of an answer whose value is kept: that of a larger one would stay in memory for the sake of a rare second."""


class Latest(Generic[T]):
    """What was made of the latest answers, by question. A value is shared: nobody changes it."""

    def __init__(self) -> None:
        self._known: dict[str, tuple[bytes, T]] = {}

    def value(self, question: str, answer: Answer, make: Callable[[Answer], T]) -> T:
        """Return what a function makes of an answer; of one with the same bytes as the latest, the same value.

        Args:
            question: what was asked; the answer to it that was kept before is forgotten.
            answer: what came.
            make: decodes it.
        """
        if len(answer.body) > LARGEST:
            self._known.pop(question, None)
            return make(answer)
        digest = hashlib.blake2b(answer.body, digest_size=16).digest()
        known = self._known.get(question)
        if known is not None and known[0] == digest:
            return known[1]
        value = make(answer)
        self._known[question] = digest, value
        return value
