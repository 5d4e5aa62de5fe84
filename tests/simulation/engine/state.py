"""What Pulumi keeps of a stack: resources in their order, operations that have begun, and the provider's own inputs."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

from google.protobuf import struct_pb2

from swarm_provider.plugin.protocol.values import decode

Json = dict[str, Any]
Struct = struct_pb2.Struct


def token_of(kind: str) -> str:
    """The type of a resource, as Pulumi has it."""
    return f"swarm:index:{kind}"


@dataclass(frozen=True)
class Resource:
    """One resource of a state; values are as they went over the wire.

    Attributes:
        depends: URNs that it depends on.
        property_depends: URNs by input.
        errors: why it is not what was asked for.
        going: a replacement has left it, and it is still to be deleted.
        refreshed: whether it is read before each run.
    """

    urn: str
    kind: str
    name: str
    id: str
    inputs: Struct
    outputs: Struct
    depends: tuple[str, ...] = ()
    property_depends: tuple[tuple[str, tuple[str, ...]], ...] = ()
    errors: tuple[str, ...] = ()
    going: bool = False
    refreshed: bool = True

    @property
    def token(self) -> str:
        return token_of(self.kind)

    def plain(self) -> Json:
        return decode(self.outputs)


@dataclass
class State:
    """A checkpoint. Resources are never changed in place, so a copy of the list is a backup.

    Attributes:
        provider: the provider's inputs as CheckConfig gave them; None before the first run.
        pending: URNs whose creation has begun and whose end was not saved.
    """

    resources: list[Resource] = field(default_factory=list)
    provider: Struct | None = None
    pending: set[str] = field(default_factory=set)

    def copy(self) -> State:
        return State(list(self.resources), self.provider, set(self.pending))

    def find(self, urn: str) -> Resource | None:
        return next((one for one in self.resources if one.urn == urn and not one.going), None)

    def put(self, made: Resource, instead: Resource | None = None) -> None:
        """Keep a resource, in the place of another one or at the end."""
        for number, one in enumerate(self.resources):
            if one is instead:
                self.resources[number] = made
                return
        self.resources.append(made)

    def drop(self, one: Resource) -> None:
        self.resources = [other for other in self.resources if other is not one]

    def mark_going(self, one: Resource) -> Resource:
        marked = replace(one, going=True)
        self.put(marked, one)
        return marked
