"""Which entries of two lists are the same thing, although they may differ.

By the name of the list's property: ports by target, protocol and published port, mounts by target, configs and secrets
by target, then by source, networks by name. What matches exactly is paired first, then what matches less. Entries of
other lists are the same thing only where they are equal.
"""

from __future__ import annotations

import operator
from collections import deque
from collections.abc import Callable, Hashable, Sequence
from typing import Any, Final

from swarm_provider.core.values import UNKNOWN, Secret, reveal

Key = Callable[[dict[str, Any]], Hashable]

_REFERENCE: Final[tuple[Key, ...]] = (
    lambda entry: entry.get("target") or entry.get("source"),
    lambda entry: entry.get("source"),
)
_KEYS: Final[dict[str, tuple[Key, ...]]] = {
    "ports": (
        lambda entry: (entry.get("target"), entry.get("protocol") or "tcp", entry.get("published")),
        lambda entry: (entry.get("target"), entry.get("protocol") or "tcp"),
        lambda entry: entry.get("published"),
        lambda entry: entry.get("target"),
    ),
    "volumes": (lambda entry: entry.get("target"),),
    "configs": _REFERENCE,
    "secrets": _REFERENCE,
    "networks": (lambda entry: entry.get("name"),),
}


def has_identity(name: str) -> bool:
    """Tell whether the entries of the list property `name` have an identity of their own."""
    return name in _KEYS


def pairs(name: str, left: Sequence[Any], right: Sequence[Any]) -> list[tuple[int, int]]:
    """Return the positions (in `left`, in `right`) of entries that are the same thing, ordered by the right one.

    Args:
        name: name of the list's property.
        left: one list.
        right: the other list.
    """
    found: list[tuple[int, int]] = []
    free_left = dict.fromkeys(range(len(left)))
    free_right = list(range(len(right)))
    for key in _KEYS[name]:
        places: dict[Hashable, deque[int]] = {}
        for here in free_left:
            identity = _identity(key, left[here])
            if identity is not None:
                places.setdefault(identity, deque()).append(here)
        unpaired = []
        for there in free_right:
            same = places.get(_identity(key, right[there]))
            if same:
                here = same.popleft()
                found.append((here, there))
                del free_left[here]
            else:
                unpaired.append(there)
        free_right = unpaired
    return sorted(found, key=lambda pair: pair[1])


def equal_pairs(
    left: Sequence[Any], right: Sequence[Any], same: Callable[[Any, Any], bool] = operator.eq
) -> list[tuple[int, int]]:
    """Return the positions of entries that are equal, each right one with the first equal left one that is free.

    Args:
        left: one list.
        right: the other list.
        same: tells whether two entries are equal.
    """
    found, free = [], list(range(len(left)))
    for there, entry in enumerate(right):
        here = next((position for position in free if same(left[position], entry)), None)
        if here is not None:
            free.remove(here)
            found.append((here, there))
    return found


def _identity(key: Key, entry: Any) -> Hashable | None:
    plain = reveal(entry) if isinstance(entry, (Secret, dict)) else entry
    if not isinstance(plain, dict):
        return None
    found = key(plain)
    parts = found if isinstance(found, tuple) else (found,)
    if found is None or any(part is UNKNOWN for part in parts):
        return None
    try:
        hash(found)
    except TypeError:
        # what an older version's state has there is no plain value
        return repr(found)
    return found
