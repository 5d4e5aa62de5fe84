"""Placement constraints: whether a node satisfies them (swarmkit, manager/constraint/constraint.go)."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable
from typing import Any, Final

from swarm_provider.spec import Json

_FIELDS: Final = {
    "node.id": ("ID",),
    "node.hostname": ("Description", "Hostname"),
    "node.role": ("Spec", "Role"),
    "node.platform.os": ("Description", "Platform", "OS"),
    "node.platform.arch": ("Description", "Platform", "Architecture"),
}
_LABELS: Final = {
    "node.labels.": ("Spec", "Labels"),
    "engine.labels.": ("Description", "Engine", "Labels"),
}


def satisfies(node: Json, constraints: Iterable[str]) -> bool:
    """Say whether a node (GET /nodes) satisfies every constraint, such as `node.labels.storage == raid`.

    A label that is missing counts as an empty one; an expression that is none is satisfied by no node.
    """
    return all(_satisfies(node, expression) for expression in constraints)


def _satisfies(node: Json, expression: str) -> bool:
    # swarmkit looks for `==` first, wherever it stands
    operator = "==" if "==" in expression else "!="
    key, found, wanted = expression.partition(operator)
    key, wanted = key.strip(), wanted.strip()
    if not found:
        return False
    if key.lower() == "node.ip":
        same = _same_address(str(_at(node, ("Status", "Addr")) or ""), wanted)
    else:
        value = _value(node, key)
        if value is None:
            return False
        same = value.lower() == wanted.lower()
    return same if operator == "==" else not same


def _value(node: Json, key: str) -> str | None:
    path = _FIELDS.get(key.lower())
    if path is not None:
        return str(_at(node, path) or "")
    for prefix, place in _LABELS.items():
        if key.lower().startswith(prefix):
            # the label itself has upper and lower case
            return str((_at(node, place) or {}).get(key[len(prefix) :], ""))
    return None


def _same_address(address: str, wanted: str) -> bool:
    try:
        return ipaddress.ip_address(address) in ipaddress.ip_network(wanted, strict=False)
    except ValueError:
        return False


def _at(value: Any, path: tuple[str, ...]) -> Any:
    for step in path:
        value = (value or {}).get(step)
    return value
