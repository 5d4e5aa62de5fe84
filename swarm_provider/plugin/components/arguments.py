"""What a program of another language gave -> what the class of the component takes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from google.protobuf import struct_pb2
from pulumi.runtime.proto import provider_pb2

from swarm_provider.core import Json
from swarm_provider.core.values import (
    OF_ASSET,
    OF_OUTPUT,
    OF_RESOURCE,
    OF_SECRET,
    SIGNATURE,
    UNKNOWN_TEXT,
    has_secret,
    has_unknown,
    reveal,
)
from swarm_provider.errors import InputError, Problem
from swarm_provider.model.components import Component
from swarm_provider.model.schema import PACKAGE
from swarm_provider.model.types.place import PropertyLocation
from swarm_provider.plugin.protocol.values import decode

_KINDS: Final = {"secrets": "Secret", "configs": "Config", "networks": "Network", "volumes": "Volume"}
"""Which resource may be bound to a key of an input."""


@dataclass(frozen=True)
class Arguments:
    """The inputs of one component.

    Attributes:
        plain: by Python name: what is known.
        eventual: by wire name, on the wire: mappings of which each value may be an Output, with what it depends on.
    """

    plain: Json
    eventual: struct_pb2.Struct


def arguments(component: Component, request: provider_pb2.ConstructRequest) -> Arguments:
    """Return the inputs of a component.

    Raises:
        InputError: they are not what the definition says, or one that decides about resources is not known yet.
    """
    at = PropertyLocation()
    given: Any = component.shape.normal(decode(request.inputs), at)
    problems = at.problems
    plain: Json = {}
    eventual = struct_pb2.Struct()
    for entry in component.inputs:
        value = given.get(entry.wire)
        if value is None:
            continue
        if entry.wire in component.eventual:
            depends_on = request.inputDependencies[entry.wire].urns if entry.wire in request.inputDependencies else ()
            spread = _Spread(entry.name, frozenset(depends_on))
            spread.write(request.inputs.fields[entry.wire], eventual.fields[entry.wire])
        elif has_unknown(value):
            text = "must be known at preview: the resources that there are depend on it"
            problems.append(Problem(text, entry.name))
        elif has_secret(value):
            problems.append(Problem("must not be secret: the swarm and the state show it; unsecret it", entry.name))
        else:
            plain[entry.name] = reveal(value)
    if problems:
        raise InputError(*problems)
    return Arguments(plain, eventual)


@dataclass(frozen=True)
class _Spread:
    """What is said of the whole of a value, to be said of each text inside.

    As one Output a mapping would have no keys, and SDKs differ in what they make one Output of.

    Attributes:
        name: the input.
        depends_on: URNs of the resources that the whole comes from.
        secret: whether the whole is secret.
    """

    name: str
    depends_on: frozenset[str]
    secret: bool = False

    def write(self, value: struct_pb2.Value, target: struct_pb2.Value) -> None:
        """Write a value as the engine sent it. Raises InputError for a resource of another kind."""
        kind = value.WhichOneof("kind")
        fields = value.struct_value.fields
        signature = fields[SIGNATURE].string_value if kind == "struct_value" and SIGNATURE in fields else None
        if signature is not None:
            self._write_signed(signature, value, target)
        elif kind == "struct_value":
            target.struct_value.SetInParent()
            for key in fields:
                self.write(fields[key], target.struct_value.fields[key])
        elif kind == "list_value":
            target.list_value.SetInParent()
            for item in value.list_value.values:
                self.write(item, target.list_value.values.add())
        elif kind == "string_value" and value.string_value == UNKNOWN_TEXT:
            self._write_output(target, None)
        elif self.depends_on or self.secret:
            self._write_output(target, _as_text(value))
        else:
            target.CopyFrom(_as_text(value))

    def _write_signed(self, signature: str, value: struct_pb2.Value, target: struct_pb2.Value) -> None:
        fields = value.struct_value.fields
        if signature in (OF_SECRET, OF_OUTPUT):
            own = fields["dependencies"].list_value.values if "dependencies" in fields else ()
            depends_on = self.depends_on.union(urn.string_value for urn in own)
            secret = signature == OF_SECRET or ("secret" in fields and fields["secret"].bool_value)
            inner = _Spread(self.name, depends_on, self.secret or secret)
            if "value" in fields:
                inner.write(fields["value"], target)
            else:
                inner._write_output(target, None)
        elif signature == OF_RESOURCE:
            self._write_reference(fields["urn"].string_value, fields["id"].string_value, target)
        elif signature == OF_ASSET and "text" in fields:
            self.write(fields["text"], target)
        else:
            target.CopyFrom(value)

    def _write_reference(self, urn: str, id: str, target: struct_pb2.Value) -> None:
        """Write a resource as its name, which its id is; that alone would be taken for content."""
        wanted, given = _KINDS.get(self.name), urn.split("::")[2].split("$")[-1]
        if given != f"{PACKAGE}:index:{wanted}":
            what = f"must be a {wanted} (or a name)" if wanted else "must not be a resource"
            found = f"{given.removeprefix(f'{PACKAGE}:index:')} {urn.rpartition('::')[2]!r}"
            raise InputError(Problem(f"{what}, not the {found}", self.name))
        name = struct_pb2.Value(string_value=id) if id else None
        inner = _Spread(self.name, self.depends_on | {urn}, self.secret)
        inner._write_output(target.struct_value.fields["name"], name)

    def _write_output(self, target: struct_pb2.Value, value: struct_pb2.Value | None) -> None:
        """Write an Output, one that is not known yet where there is no value."""
        fields = target.struct_value.fields
        fields[SIGNATURE].string_value = OF_OUTPUT
        if value is not None:
            fields["value"].CopyFrom(value)
        if self.secret:
            fields["secret"].bool_value = True
        for urn in sorted(self.depends_on):
            fields["dependencies"].list_value.values.add(string_value=urn)


def _as_text(value: struct_pb2.Value) -> struct_pb2.Value:
    """Return a number or a boolean as the text that a YAML program meant; the wire knows doubles only."""
    kind = value.WhichOneof("kind")
    if kind == "bool_value":
        return struct_pb2.Value(string_value=str(value.bool_value).lower())
    if kind == "number_value":
        number = value.number_value
        return struct_pb2.Value(string_value=str(int(number) if number.is_integer() else number))
    return value
