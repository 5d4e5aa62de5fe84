"""Pulumi's wire values and plain data, both ways; unknown and secret values are kept.

The wire is a protobuf Struct in which maps with a signature key stand for what JSON cannot express (Pulumi's
sdk/proto documentation lists the signatures).
"""

from __future__ import annotations

import json
from collections.abc import Container, Mapping
from sys import intern
from typing import Any

from google.protobuf import struct_pb2

from swarm_provider.core import Json
from swarm_provider.core.values import (
    OF_ASSET,
    OF_OUTPUT,
    OF_RESOURCE,
    OF_SECRET,
    SIGNATURE,
    UNKNOWN,
    UNKNOWN_TEXT,
    Secret,
    has_secret,
    has_unknown,
    reveal,
)
from swarm_provider.model.types.kinds import EXACT_BELOW


def decode(
    struct: struct_pb2.Struct | None, *, without: Container[str] = (), secrets: list[Secret] | None = None
) -> Json:
    """Return a Struct as plain data with Secret and UNKNOWN where the engine sent them.

    Args:
        struct: the properties of one resource; None: it has none.
        without: properties that nobody asks for.
        secrets: gets each Secret that is found, also those inside of others.
    """
    if struct is None:
        return {}
    fields, found = struct.fields, [] if secrets is None else secrets
    # by key: the pairs of such a mapping cost twice as much
    return {key: _decode(fields[key], found) for key in fields if key not in without}


def _decode(value: struct_pb2.Value, secrets: list[Secret]) -> Any:
    # most values are strings, and a preview of hundreds of resources decodes tens of thousands
    kind = value.WhichOneof("kind")
    if kind == "string_value":
        text = value.string_value
        return UNKNOWN if text == UNKNOWN_TEXT else text
    if kind == "struct_value":
        return _decode_map(value.struct_value.fields, secrets)
    if kind == "list_value":
        return [_decode(item, secrets) for item in value.list_value.values]
    if kind == "number_value":
        # the wire knows doubles only; of a large one nobody knows which integer was meant
        number = value.number_value
        return int(number) if number.is_integer() and abs(number) < EXACT_BELOW else number
    return value.bool_value if kind == "bool_value" else None


def _decode_map(fields: Mapping[str, struct_pb2.Value], secrets: list[Secret]) -> Any:
    if SIGNATURE not in fields:
        # protobuf makes a new string of each key, and a large stack has tens of thousands of few
        return {intern(key): _decode(fields[key], secrets) for key in fields}
    signature = fields[SIGNATURE].string_value
    if signature in (OF_SECRET, OF_OUTPUT):
        inner = _decode(fields["value"], secrets) if "value" in fields else UNKNOWN
        if signature == OF_OUTPUT and not ("secret" in fields and fields["secret"].bool_value):
            return inner
        secrets.append(Secret(inner))
        return secrets[-1]
    if signature == OF_ASSET and "text" in fields:
        return _decode(fields["text"], secrets)
    if signature == OF_RESOURCE:
        # its id, which is the name in the swarm; empty before it is made
        return fields["id" if "id" in fields else "urn"].string_value or UNKNOWN
    return {key: _decode(fields[key], secrets) for key in fields}


def encode(data: Json) -> struct_pb2.Struct:
    """Return plain data as a Struct. Absent (None) properties are left out at the top; nested ones stay null."""
    struct = struct_pb2.Struct()
    fields = struct.fields
    for key, value in data.items():
        if value is not None:
            _encode(value, fields[key])
    return struct


def with_inputs(outputs: struct_pb2.Struct, inputs: struct_pb2.Struct, names: Container[str]) -> struct_pb2.Struct:
    """Return the outputs with the inputs of these names among them, as they are on the wire.

    Args:
        outputs: changed in place.
        inputs: those of the same resource.
        names: of the inputs that outputs repeat.
    """
    to, given = outputs.fields, inputs.fields
    for name in given:
        if name in names:
            to[name].CopyFrom(given[name])
    return outputs


def _encode(value: Any, target: struct_pb2.Value) -> None:
    if isinstance(value, str):
        target.string_value = value
    elif isinstance(value, dict):
        target.struct_value.SetInParent()
        fields = target.struct_value.fields
        for key, item in value.items():
            _encode(item, fields[key])
    elif isinstance(value, bool):
        target.bool_value = value
    elif isinstance(value, int) and abs(value) >= EXACT_BELOW:
        target.string_value = str(value)
    elif isinstance(value, (int, float)):
        target.number_value = value
    elif value is None:
        target.null_value = struct_pb2.NULL_VALUE
    elif value is UNKNOWN:
        target.string_value = UNKNOWN_TEXT
    elif isinstance(value, Secret):
        fields = target.struct_value.fields
        fields[SIGNATURE].string_value = OF_SECRET
        _encode(value.value, fields["value"])
    else:
        target.list_value.SetInParent()
        values = target.list_value.values
        for item in value:
            _encode(item, values.add())


def flattened(inputs: Json) -> Json:
    """Return provider configuration as the engine keeps it: texts; nested values as JSON."""

    def flat(value: Any) -> Any:
        if has_unknown(value):
            return UNKNOWN
        if isinstance(value, (dict, list)):
            text = json.dumps(reveal(value))
            return Secret(text) if has_secret(value) else text
        return value

    return {key: flat(value) for key, value in inputs.items()}
