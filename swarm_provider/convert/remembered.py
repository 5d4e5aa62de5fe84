"""Answers of pure functions of JSON, kept for a while: a run asks the same from phase to phase.

The key is the content, so an answer can never be stale, whoever asks. An answer is shared: nobody changes it.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from functools import lru_cache, update_wrapper
from typing import Any, Final, Generic, ParamSpec, TypeVar

from swarm_provider.core.values import UNKNOWN, Secret

P = ParamSpec("P")
R = TypeVar("R")

KEPT: Final = 512
"""Answers of one function that are kept: a few for each of the 64 and more resources that are in work at once."""
_UNKNOWN: Final = f"\0{id(UNKNOWN)}"
"""What stands for UNKNOWN in a key; no text of an input is it."""


class remembered(Generic[P, R]):  # noqa: N801 - a decorator
    """A function that keeps its answers; its arguments are JSON, in which values may be Secret or UNKNOWN.

    A Secret counts as what it holds. The order of keys counts for nothing.
    """

    def __init__(self, function: Callable[P, R]) -> None:
        self._answer: Any = lru_cache(KEPT)(lambda question: function(*question.args, **question.kwargs))
        update_wrapper(self, function)

    def __call__(self, *args: P.args, **kwargs: P.kwargs) -> R:
        question = _Question(args, kwargs)
        answer: R = self._answer(question)
        # the key is kept with the answer, and needs its digest only
        question.args, question.kwargs = (), {}
        return answer


class _Question:
    __slots__ = ("_digest", "args", "kwargs")

    def __init__(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
        self.args, self.kwargs = args, kwargs
        # the text is longer than many an answer
        self._digest = hashlib.blake2b(_text([args, kwargs]).encode(), digest_size=32).digest()

    def __hash__(self) -> int:
        return hash(self._digest)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Question) and self._digest == other._digest


def _plain(value: Any) -> Any:
    return value.value if isinstance(value, Secret) else {_UNKNOWN: 0}


_text: Final = json.JSONEncoder(check_circular=False, default=_plain, sort_keys=True, separators=(",", ":")).encode
