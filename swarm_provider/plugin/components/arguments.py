"""What a program of another language gave -> what the class of the component takes."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from google.protobuf import struct_pb2
from pulumi.runtime.proto import provider_pb2

from swarm_provider.core import Json
from swarm_provider.core.values import (
    OF_ASSET,
    OF_OUTPUT,
    OF_SECRET,
    SIGNATURE,
    UNKNOWN_TEXT,
    has_unknown,
    reveal,
)
from swarm_provider.errors import InputError, Problem
from swarm_provider.model.components import Component
from swarm_provider.model.types.place import PropertyLocation
from swarm_provider.plugin.protocol.values import decode


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
            _spread(request.inputs.fields[entry.wire], eventual.fields[entry.wire], frozenset(depends_on), secret=False)
        elif has_unknown(value):
            text = "must be known at preview: the resources that there are depend on it"
            problems.append(Problem(text, entry.name))
        else:
            plain[entry.name] = reveal(value)
    if problems:
        raise InputError(*problems)
    return Arguments(plain, eventual)


def _spread(value: struct_pb2.Value, target: struct_pb2.Value, depends_on: frozenset[str], *, secret: bool) -> None:
    """Write a value with what is said of the whole of it said of each text inside.

    As one Output a mapping would have no keys, and SDKs differ in what they make one Output of.

    Args:
        value: as the engine sent it.
        target: where to.
        depends_on: URNs of the resources that the whole comes from.
        secret: whether the whole is secret.
    """
    kind = value.WhichOneof("kind")
    fields = value.struct_value.fields
    signature = fields[SIGNATURE].string_value if kind == "struct_value" and SIGNATURE in fields else None
    if signature in (OF_SECRET, OF_OUTPUT):
        if "dependencies" in fields:
            depends_on |= {urn.string_value for urn in fields["dependencies"].list_value.values}
        secret = secret or signature == OF_SECRET or ("secret" in fields and fields["secret"].bool_value)
        if "value" in fields:
            _spread(fields["value"], target, depends_on, secret=secret)
        else:
            _write_output(target, None, depends_on, secret=secret)
    elif signature == OF_ASSET and "text" in fields:
        _spread(fields["text"], target, depends_on, secret=secret)
    elif kind == "struct_value" and signature is None:
        target.struct_value.SetInParent()
        for key in fields:
            _spread(fields[key], target.struct_value.fields[key], depends_on, secret=secret)
    elif kind == "list_value":
        target.list_value.SetInParent()
        for item in value.list_value.values:
            _spread(item, target.list_value.values.add(), depends_on, secret=secret)
    elif kind == "string_value" and value.string_value == UNKNOWN_TEXT:
        _write_output(target, None, depends_on, secret=secret)
    elif depends_on or secret:
        _write_output(target, _as_text(value), depends_on, secret=secret)
    else:
        target.CopyFrom(_as_text(value))


def _as_text(value: struct_pb2.Value) -> struct_pb2.Value:
    """Return a number or a boolean as the text that a YAML program meant; the wire knows doubles only."""
    kind = value.WhichOneof("kind")
    if kind == "bool_value":
        return struct_pb2.Value(string_value=str(value.bool_value).lower())
    if kind == "number_value":
        number = value.number_value
        return struct_pb2.Value(string_value=str(int(number) if number.is_integer() else number))
    return value


def _write_output(
    target: struct_pb2.Value, value: struct_pb2.Value | None, depends_on: Iterable[str], *, secret: bool
) -> None:
    """Write an Output, one that is not known yet where there is no value."""
    fields = target.struct_value.fields
    fields[SIGNATURE].string_value = OF_OUTPUT
    if value is not None:
        fields["value"].CopyFrom(value)
    if secret:
        fields["secret"].bool_value = True
    for urn in sorted(depends_on):
        fields["dependencies"].list_value.values.add(string_value=urn)
