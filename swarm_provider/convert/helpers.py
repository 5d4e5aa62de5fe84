"""Small steps that all conversions share: values that are unknown or absent pass through each of them."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from swarm_provider.core import Json
from swarm_provider.core.values import UNKNOWN


def map_known(value: Any, change: Callable[[Any], Any]) -> Any:
    """Return `change(value)`; None and UNKNOWN stay what they are."""
    return value if value is None or value is UNKNOWN else change(value)


def map_items(value: Any, change: Callable[[Any], Any]) -> Any:
    """Return the list with `change` done to each entry; entries that are UNKNOWN stay."""
    return map_known(value, lambda entries: [map_known(entry, change) for entry in entries])


def drop_none(**entries: Any) -> Json:
    """Return the entries that are not None."""
    return {key: value for key, value in entries.items() if value is not None}


def drop_empty(**entries: Any) -> Json:
    """Return the entries that say something: neither None, nor False, 0, or an empty string, list or map."""
    return {key: value for key, value in entries.items() if value}


def get_known(value: Any, key: str) -> Any:
    """Return `value[key]`; UNKNOWN where the whole is unknown, None where there is nothing."""
    if value is UNKNOWN:
        return UNKNOWN
    return value.get(key) if isinstance(value, dict) else None


def sort_known(entries: Any, key: Callable[[Any], Any]) -> Any:
    """Return the list sorted by `key`; a list whose order cannot be known yet stays as it is."""

    def sort(known: Iterable[Any]) -> list[Any]:
        listed = list(known)
        try:
            return sorted(listed, key=key)
        except (TypeError, AttributeError):
            return listed

    return map_known(entries, sort)
