"""What people are told of settings that the cluster has and the program cannot express. Pure."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from enum import Enum
from typing import Any, Final

from swarm_provider.core import foreign

MAX_SETTINGS: Final = 5
_MAX_VALUE: Final = 80
_MAX_PATH: Final = 120


class Outlook(Enum):
    """What becomes of such settings."""

    KEPT = "set on the cluster, not in the program: {}; kept"
    NOT_IN_NEXT_VERSION = "set on the cluster, not in the program: {}; the next version is created without it"
    LOST = "set on the cluster, and lost with this change: {}"


def describe(settings: Mapping[str, Any], mask: Callable[[str], str], outlook: Outlook = Outlook.KEPT) -> str:
    """Return the line that a preview shows, "" where there is nothing.

    Args:
        settings: path -> value, as `convert.unmodelled` found them.
        mask: masks secrets.
        outlook: what becomes of them.
    """
    return outlook.value.format(_listed(settings, mask)) if settings else ""


def gone(before: Mapping[str, Any], after: Mapping[str, Any]) -> dict[str, Any]:
    """Return what was set before and is no longer."""
    return {path: value for path, value in before.items() if path not in after}


def shown(settings: Mapping[str, Any], mask: Callable[[str], str]) -> dict[str, str]:
    """Return each path and value as a string that may be printed, and is not long."""
    return {foreign.shown(path, mask, limit=_MAX_PATH): _text(value, mask) for path, value in settings.items()}


def _listed(settings: Mapping[str, Any], mask: Callable[[str], str]) -> str:
    texts = [f"{path} = {value}" for path, value in shown(settings, mask).items()]
    more = len(texts) - MAX_SETTINGS
    return ", ".join(texts[:MAX_SETTINGS]) + (f" and {more} more" if more > 0 else "")


def _text(value: Any, mask: Callable[[str], str]) -> str:
    if isinstance(value, str):
        return f'"{foreign.shown(value, mask, limit=_MAX_VALUE)}"'
    return foreign.shown(json.dumps(value, default=str), mask, limit=_MAX_VALUE)
