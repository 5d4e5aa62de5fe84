"""Words that stand where only some are known: what the types of the definition refuse, without their other checks.

The plugin's Check asks the types themselves; a compose file, whose values may be not known yet, asks here.
"""

from __future__ import annotations

from typing import Any, Final

from swarm_provider.core.values import reveal
from swarm_provider.errors import Problem
from swarm_provider.model.service import SPEC_INPUTS
from swarm_provider.model.types.kinds import Choice, ListOf, MapOf, ObjectOf, Type
from swarm_provider.model.types.place import PropertyLocation

_SERVICE: Final = ObjectOf("Service", SPEC_INPUTS)


def service(inputs: Any) -> list[Problem]:
    """Return the words in the canonical inputs of a service that are none of those known."""
    at = PropertyLocation()
    _look(_SERVICE, reveal(inputs), at)
    return at.problems


def _look(kind: Type, value: Any, at: PropertyLocation) -> None:
    if isinstance(kind, Choice) and isinstance(value, str) and (refusal := kind.refusal(value)):
        at.add_problem(refusal)
    elif isinstance(kind, ListOf) and isinstance(value, list):
        for index, entry in enumerate(value):
            _look(kind.item, entry, at.item(index))
    elif isinstance(kind, MapOf) and isinstance(value, dict):
        for key, entry in value.items():
            _look(kind.value, entry, at.entry(key))
    elif isinstance(kind, ObjectOf) and isinstance(value, dict):
        for key, entry in value.items():
            if key in kind.by_wire:
                _look(kind.by_wire[key].type, entry, at.child(key))
