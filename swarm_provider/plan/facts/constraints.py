"""Placement constraints as Swarm reads them: which nodes may run a task. Pure.

The rules are swarmkit's (manager/constraint): keys and values are compared without case, label keys with it; an
unknown key matches no node.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable, Sequence
from typing import Any

from swarm_provider.core import Json
from swarm_provider.core.values import UNKNOWN, at
from swarm_provider.model.rules.constraints import parse


def constraints_of(template: Json) -> list[str]:
    """Return the constraints of a TaskTemplate, as they are written."""
    return [str(text) for text in (template.get("Placement") or {}).get("Constraints") or []]


def matches(constraints: Iterable[str], node: Json) -> bool:
    """Tell whether a node (GET /nodes) satisfies all constraints."""
    return all(matches_one(constraint, node) for constraint in constraints)


def unsatisfied(constraints: Iterable[str], nodes: Sequence[Json]) -> list[str]:
    """Return the constraints that not one of the nodes satisfies; they alone keep a service from running."""
    return [text for text in constraints if not any(matches_one(text, node) for node in nodes)]


def matches_one(constraint: str, node: Json) -> bool:
    """Tell whether a node satisfies one constraint such as `node.labels.storage == raid`."""
    parts = parse(constraint)
    if parts is None:
        return False
    key, wanted, equal = parts
    if key.lower() == "node.ip":
        return _matches_address(wanted, str(_at(node, "Status", "Addr")), equal)
    actual = _value(key, node)
    if actual is UNKNOWN:
        # a label that this run is about to set: nobody can say yet that it does not match
        return True
    return actual is not None and bool(actual.lower() == wanted.lower()) == equal


def _value(key: str, node: Json) -> Any:
    """Return the text that a constraint looks at, None for a key that Swarm does not know."""
    lower = key.lower()
    paths = {
        "node.id": ("ID",),
        "node.hostname": ("Description", "Hostname"),
        "node.role": ("Spec", "Role"),
        "node.platform.os": ("Description", "Platform", "OS"),
        "node.platform.arch": ("Description", "Platform", "Architecture"),
    }
    if lower in paths:
        return str(_at(node, *paths[lower]))
    for prefix, path in (("node.labels.", ("Spec",)), ("engine.labels.", ("Description", "Engine"))):
        if lower.startswith(prefix) and len(key) > len(prefix):
            found = _at(node, *path, "Labels", key[len(prefix) :])
            return found if found is UNKNOWN else str(found)
    return None


def _matches_address(wanted: str, actual: str, equal: bool) -> bool:
    try:
        network = ipaddress.ip_network(wanted, strict=False)
    except ValueError:
        return False
    try:
        return (ipaddress.ip_address(actual) in network) == equal
    except ValueError:
        return not equal


def _at(value: Any, *path: str) -> Any:
    found = at(value, *path)
    return "" if found is None else found
