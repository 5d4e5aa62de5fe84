"""Pulumi's wire values and plain data, both ways; unknown and secret values are kept.

The wire is a protobuf Struct in which maps with a signature key stand for what JSON cannot express (Pulumi's
sdk/proto documentation lists the signatures).
"""

from __future__ import annotations

import json
from collections.abc import Container, Iterable, Mapping
from typing import Any

from google.protobuf import struct_pb2

from swarm_provider.core import Json
from swarm_provider.core.values import (
    OF_ASSET,
    OF_OUTPUT,
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


def decode(struct: struct_pb2.Struct | None, *, without: Container[str] = ()) -> Json:
    """Return a Struct as plain data with Secret and UNKNOWN where the engine sent them.

    Args:
        without: properties that nobody asks for.
    """
    if struct is None:
        return {}
    return {key: _decode(value) for key, value in struct.fields.items() if key not in without}


def _decode(value: struct_pb2.Value) -> Any:
    kind = value.WhichOneof("kind")
    if kind == "struct_value":
        return _decode_map(value.struct_value.fields)
    if kind == "list_value":
        return [_decode(item) for item in value.list_value.values]
    if kind == "string_value":
        return UNKNOWN if value.string_value == UNKNOWN_TEXT else value.string_value
    if kind == "number_value":
        # the wire knows doubles only; of a large one nobody knows which integer was meant
        number = value.number_value
        return int(number) if number.is_integer() and abs(number) < EXACT_BELOW else number
    return value.bool_value if kind == "bool_value" else None


def _decode_map(fields: Mapping[str, struct_pb2.Value]) -> Any:
    signature = fields[SIGNATURE].string_value if SIGNATURE in fields else ""
    if signature == OF_SECRET:
        return Secret(_decode(fields["value"]))
    if signature == OF_OUTPUT:
        inner = _decode(fields["value"]) if "value" in fields else UNKNOWN
        return Secret(inner) if "secret" in fields and fields["secret"].bool_value else inner
    if signature == OF_ASSET and "text" in fields:
        return _decode(fields["text"])
    return {key: _decode(value) for key, value in fields.items()}


def encode(data: Json) -> struct_pb2.Struct:
    """Return plain data as a Struct. Absent (None) properties are left out at the top; nested ones stay null."""
    struct = struct_pb2.Struct()
    for key, value in data.items():
        if value is not None:
            _encode(value, struct.fields[key])
    return struct


def with_inputs(outputs: struct_pb2.Struct, inputs: struct_pb2.Struct, names: Iterable[str]) -> struct_pb2.Struct:
    """Return the outputs with the inputs of these names among them, as they are on the wire.

    Args:
        outputs: changed in place.
        inputs: those of the same resource.
        names: of the inputs that outputs repeat.
    """
    for name in names:
        if name in inputs.fields:
            outputs.fields[name].CopyFrom(inputs.fields[name])
    return outputs


def _encode(value: Any, target: struct_pb2.Value) -> None:
    if value is None:
        target.null_value = struct_pb2.NULL_VALUE
    elif value is UNKNOWN:
        target.string_value = UNKNOWN_TEXT
    elif isinstance(value, Secret):
        target.struct_value.fields[SIGNATURE].string_value = OF_SECRET
        _encode(value.value, target.struct_value.fields["value"])
    elif isinstance(value, bool):
        target.bool_value = value
    elif isinstance(value, int) and abs(value) >= EXACT_BELOW:
        target.string_value = str(value)
    elif isinstance(value, (int, float)):
        target.number_value = value
    elif isinstance(value, str):
        target.string_value = value
    elif isinstance(value, Mapping):
        target.struct_value.SetInParent()
        for key, item in value.items():
            _encode(item, target.struct_value.fields[key])
    else:
        target.list_value.SetInParent()
        for item in value:
            _encode(item, target.list_value.values.add())


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
