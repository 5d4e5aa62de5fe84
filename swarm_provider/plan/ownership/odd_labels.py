"""What is said of objects with labels that look like this provider's and cannot be. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Final

from swarm_provider.core import Json, labels
from swarm_provider.core.foreign import shown
from swarm_provider.core.values import at
from swarm_provider.plan.families.naming import object_labels

_LONGEST: Final = 64
"""Characters of a name or a value."""


def describe_odd_labels(kind: str, items: Iterable[Json], mask: Callable[[str], str]) -> dict[str, str]:
    """Return one line for each object of which a label counts as not set, by the object's id.

    Args:
        kind: `service`, `config`, `secret`, `network`, `volume` or `node`.
        items: GET of the kind.
        mask: a SecretFilter.
    """
    found = {}
    for item in items:
        own = object_labels(item)
        keys = labels.unreadable(own)
        if keys:
            name = at(item, "Spec", "Name") or at(item, "Description", "Hostname") or at(item, "Name") or "?"
            values = ", ".join(f"{key}={_short(own[key], mask)}" for key in keys)
            text = f"{kind} {_short(name, mask)} has labels that this provider did not write, which are ignored"
            found[str(item.get("ID") or item.get("Id") or name)] = f"{text}: {values}"
    return found


def version_of(item: Json) -> tuple[str, object]:
    """Return the id of an object and the number of its version: while they are the same, so are its labels.

    Labels of networks and volumes, which have no such number, never change.
    """
    return str(item.get("ID") or item.get("Id") or item.get("Name") or ""), at(item, "Version", "Index")


def _short(text: object, mask: Callable[[str], str]) -> str:
    return repr(shown(text, mask, limit=_LONGEST)) if isinstance(text, str) else type(text).__name__
