"""Arguments of a component that decide which resources there are: plain values of the kind that the definition says.

Those that go on to the resources are held against the definition by the plugin; these never reach it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from swarm_provider.core import Json
from swarm_provider.errors import InputError, Problem
from swarm_provider.model.components import Component
from swarm_provider.model.types.place import PropertyLocation
from swarm_provider.resources.arguments.wire import has_outputs


def deciding(component: Component, **given: Any) -> Json:
    """Return the arguments in their normal form.

    Args:
        component: whose they are.
        given: what the program gave, by Python name.

    Raises:
        InputError: one is not known while the program runs, or of another kind; the line says which.
    """
    at = PropertyLocation()
    fields = {entry.name: entry for entry in component.inputs}
    result: Json = {}
    for name, value in given.items():
        plain = _plain(value)
        if has_outputs(plain):
            text = "must be a plain value, not an Output: the resources that there are depend on it"
            at.problems.append(Problem(text, name))
        else:
            result[name] = fields[name].type.normal(plain, at.child(fields[name].wire))
    if at.problems:
        raise InputError(*at.problems)
    return result


def _plain(value: Any) -> Any:
    """Return any mapping as a dict, and any set as a list; nothing that is counted on has an order there."""
    if isinstance(value, Mapping):
        return dict(value)
    return sorted(value, key=repr) if isinstance(value, (set, frozenset)) else value
