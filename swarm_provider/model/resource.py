"""What a resource and a function are, in the definition."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

from swarm_provider.core import Json
from swarm_provider.errors import Problem
from swarm_provider.model.content import WAYS_TO_CONTENT
from swarm_provider.model.types.kinds import Field, ObjectOf
from swarm_provider.model.types.place import PropertyLocation


@dataclass(frozen=True)
class Definition:
    """What a program can ask for by a name.

    Attributes:
        name: the last part of the token, in Python the class (`Config` -> `swarm:index:Config`).
        doc: what it is.
        inputs: what the user gives; of a resource also what Check computes.
        outputs: what is read of it; those that are always there are `required`.
    """

    name: str
    doc: str
    inputs: tuple[Field, ...]
    outputs: tuple[Field, ...]

    @property
    def token(self) -> str:
        return f"swarm:index:{self.name}"

    @cached_property
    def shape(self) -> ObjectOf:
        """The inputs as one object type."""
        return ObjectOf(name=self.name, fields=self.inputs)


@dataclass(frozen=True)
class Resource(Definition):
    """One kind of resource; its outputs are what only Docker or the provider knows.

    Attributes:
        filled: inputs that Check sets where the user leaves them out.
    """

    filled: tuple[str, ...] = ()

    def urn_below(self, parent: str, key: str) -> str:
        """Return the URN that a child of a Release has, as if it were a resource.

        Args:
            parent: the URN of the Release.
            key: the child's key in the compose file.
        """
        head, _, logical = parent.rpartition("::")
        return f"{head}${self.token}::{logical}-{key}"

    @cached_property
    def computed(self) -> frozenset[str]:
        """The inputs that Check sets, whatever the user gives."""
        return frozenset(entry.wire for entry in self.inputs if entry.computed)

    @cached_property
    def listed(self) -> tuple[Field, ...]:
        """The inputs by which one asks for a part of all that there is of this kind."""
        own = (entry for entry in self.inputs if entry.name in ("namespace", "key") and not entry.computed)
        return tuple(replace(entry, required=False) for entry in own)

    @cached_property
    def repeated(self) -> frozenset[str]:
        """The inputs that stand among the outputs, too, as programs in other languages and policies read them there.

        An output of the same name is what the provider says; content would double the state and is read by nobody.
        """
        hidden = WAYS_TO_CONTENT.union(entry.wire for entry in self.outputs)
        return frozenset(entry.wire for entry in self.inputs if not entry.computed and entry.wire not in hidden)

    def sound(self, outputs: Json) -> Json:
        """Return the outputs in a state without those of another type than is defined here: they count as missing.

        People edit states by hand, and earlier versions wrote others.
        """
        known = {entry.wire: entry.type for entry in self.outputs}
        result: Json = {}
        for key, value in outputs.items():
            at = PropertyLocation()
            normal = known[key].normal(value, at) if key in known else value
            if not at.problems:
                result[key] = normal
        return result

    def normal(self, inputs: Json) -> tuple[Json, list[Problem]]:
        """Return the inputs in normal form, and what is wrong with them."""
        at = PropertyLocation()
        result: Any = self.shape.normal(inputs, at)
        return (result if isinstance(result, dict) else {}), at.problems


@dataclass(frozen=True)
class Function(Definition):
    """A lookup: reads the swarm, changes nothing."""
