"""What a program writes -> wire form, and back: the model's types are walked, so keys of user maps are never touched.

Outputs, secrets and resources may stand anywhere. Short forms (`8080:80`) become the normal form where they are plain,
so that property paths (`ignore_changes`) meet the same shape in the program's inputs and in the state.
"""

from __future__ import annotations

import inspect
import os
from collections.abc import Callable, Mapping
from enum import Enum
from typing import Any, Final

import pulumi

from swarm_provider.core import Json
from swarm_provider.core.names import camel
from swarm_provider.core.path import Path, render
from swarm_provider.errors import InputError, Problem
from swarm_provider.model.types.kinds import EXACT_BELOW, ListOf, MapOf, ObjectOf, Type
from swarm_provider.resources.program.error_reporting import run_error

_REFERENCES: Final = {
    "ServiceConfig": ("source", "Config"),
    "ServiceSecret": ("source", "Secret"),
    "ServiceNetwork": ("name", "Network"),
    "Mount": ("source", "Volume"),
    "CredentialSpec": ("config", "Config"),
}
"""Object type -> its property that names another resource, and which kind of resource that is."""

ANYTHING: Final = Type()


def to_wire(type_: Type, value: Any, path: Path = ()) -> Any:
    """Return `value` with wire keys; resources become the Output of their name.

    Args:
        type_: the type that the definition has there.
        value: what the user wrote.
        path: where the value stands, for messages.

    Raises:
        InputError: a resource stands where none, or one of another kind, belongs.
    """
    if inspect.isawaitable(value) and not isinstance(value, pulumi.Output):
        value = pulumi.Output.from_input(value)
    if isinstance(value, pulumi.Output):
        return value.apply(lambda known: _in_time(type_, known, path)) if _reshapes(type_) else value
    if isinstance(value, pulumi.Resource):
        return _reference(type_, value, path)
    if not isinstance(value, (Mapping, list, tuple)):
        value = _scalar(value, path)
    if type_.before is not None and not has_outputs(value):
        value = _short_form(type_.before, value)
    if isinstance(type_, ObjectOf) and isinstance(value, Mapping):
        return _object(type_, value, path)
    if isinstance(type_, ListOf) and isinstance(value, (list, tuple)):
        return [to_wire(type_.item, entry, (*path, index)) for index, entry in enumerate(value)]
    if isinstance(value, Mapping):
        inner = type_.value if isinstance(type_, MapOf) else ANYTHING
        return {_key(key, path): to_wire(inner, entry, (*path, str(key))) for key, entry in value.items()}
    if isinstance(value, (list, tuple)):
        return [to_wire(ANYTHING, entry, (*path, index)) for index, entry in enumerate(value)]
    return value


def _in_time(type_: Type, value: Any, path: Path) -> Any:
    """Translate what an Output turned out to hold, at a time when nobody above explains an InputError."""
    try:
        return to_wire(type_, value, path)
    except InputError as error:
        raise run_error(error) from None


def _scalar(value: Any, path: Path) -> Any:
    """Return a plain value that can travel; Pulumi itself would say with a traceback that another one cannot."""
    if isinstance(value, Enum):
        value = value.value
    if isinstance(value, os.PathLike):
        return os.fspath(value)
    if isinstance(value, int) and abs(value) >= EXACT_BELOW:
        return str(int(value))
    if value is None or isinstance(value, (str, int, float)):
        return value
    raise InputError(Problem(f"must be plain data or an Output, not {type(value).__name__}", render(path)))


def _key(key: Any, path: Path) -> str:
    if isinstance(key, str):
        return key
    raise InputError(Problem(f"the key {key!r} must be a string; put it in quotes", render(path)))


def _object(type_: ObjectOf, value: Mapping[Any, Any], path: Path) -> Json:
    fields = type_.by_wire
    result: Json = {}
    reference, kind = _REFERENCES.get(type_.name, ("", ""))
    for key, entry in value.items():
        wire = camel(_key(key, path))
        # an unknown key goes on as it is: the plugin's message about it is the same for every language
        field = fields.get(wire)
        if field is None:
            result[key] = to_wire(ANYTHING, entry, (*path, str(key)))
            continue
        inner = (*path, field.name)
        if wire == reference and isinstance(entry, pulumi.Resource):
            result[wire] = name_of(entry, kind, inner)
        else:
            result[wire] = to_wire(field.type, entry, inner)
        if field.secret and result[wire] is not None:
            result[wire] = _secret(result[wire])
    return result


def _secret(value: Any) -> Any:
    """Return the value as a secret, each of a mapping by itself.

    As one secret, its keys would be unknown where one value is.
    """
    if isinstance(value, Mapping):
        return {key: _secret(entry) for key, entry in value.items()}
    return pulumi.Output.secret(value)


def _reference(type_: Type, value: pulumi.Resource, path: Path) -> Any:
    if isinstance(type_, ObjectOf) and type_.name in _REFERENCES and type_.name != "Mount":
        key, kind = _REFERENCES[type_.name]
        return {key: name_of(value, kind, path)}
    if isinstance(type_, (ObjectOf, ListOf, MapOf)):
        raise InputError(Problem(f"unexpected resource of type {_kind(value)}", render(path)))
    return name_of(value, "", path)


def name_of(resource: pulumi.Resource, kind: str, path: Path = ()) -> pulumi.Output[str]:
    """Return the Output of a resource's actual name.

    Args:
        resource: the resource that was given.
        kind: the kind of resource that belongs here.
        path: where the value stands, for messages.

    Raises:
        InputError: the resource is of another kind than `kind`, or has no name.
    """
    name = getattr(resource, "name", None)
    ours = resource.pulumi_resource_type.startswith("swarm:")
    if (kind and ours and _kind(resource) != kind) or not isinstance(name, (pulumi.Output, str)):
        expected = f"must be a {kind} (or a name)" if kind else "must not be a resource"
        text = f"{expected}, not the {_kind(resource)} {resource.pulumi_resource_name!r}"
        raise InputError(Problem(text, render(path)))
    # one Output for all who refer to it: the SDK waits for every one that there is, each time one of them is ready
    return name if isinstance(name, pulumi.Output) else pulumi.Output.from_input(name)


def _kind(resource: pulumi.Resource) -> str:
    return resource.pulumi_resource_type.rsplit(":", 1)[-1]


def _short_form(before: Callable[[Any], Any], value: Any) -> Any:
    try:
        return before(value)
    except (ValueError, TypeError, AttributeError):
        # Check says what is wrong with it, in the same words for every language
        return value


def _reshapes(type_: Type) -> bool:
    """Tell whether a value of this type can look different on the wire."""
    return type_.before is not None or next(type_.types(), None) is not None


def has_outputs(value: Any) -> bool:
    """Tell whether an Output or a resource stands anywhere inside `value`."""
    if isinstance(value, Mapping):
        return any(has_outputs(entry) for entry in value.values())
    if isinstance(value, (list, tuple)):
        return any(has_outputs(entry) for entry in value)
    return isinstance(value, (pulumi.Output, pulumi.Resource)) or inspect.isawaitable(value)
