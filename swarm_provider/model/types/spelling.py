"""Whole values and property paths, from wire spelling to Python's, which is compose's too, and back."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from swarm_provider.core import Json
from swarm_provider.core.names import camel
from swarm_provider.core.path import Step, parse, render
from swarm_provider.errors import InputError
from swarm_provider.model.types.kinds import ListOf, MapOf, ObjectOf, Type, nearest


def _plain(_: ObjectOf, values: Json) -> Json:
    return values


def snake_keys(type_: Type, value: Any, make: Callable[[ObjectOf, Json], Any] = _plain) -> Any:
    """Return a plain wire value with Python's (and compose's) keys; those of user maps stay.

    Args:
        type_: what the value is.
        value: without secrets and Outputs.
        make: makes what stands for an object out of its type and its values.
    """
    if isinstance(type_, ObjectOf) and isinstance(value, Mapping):
        fields = type_.by_wire
        return make(
            type_,
            {
                fields[key].name if key in fields else key: (
                    snake_keys(fields[key].type, entry, make) if key in fields else entry
                )
                for key, entry in value.items()
            },
        )
    if isinstance(type_, ListOf) and isinstance(value, (list, tuple)):
        return [snake_keys(type_.item, entry, make) for entry in value]
    if isinstance(type_, MapOf) and isinstance(value, Mapping):
        return {key: snake_keys(type_.value, entry, make) for key, entry in value.items()}
    return value


def wire_path(shape: ObjectOf, path: str, words: Mapping[str, str] | None = None) -> str:
    """Return a property path in wire spelling: `deploy.update_config.order` -> `deploy.updateConfig.order`.

    Args:
        shape: the resource's inputs (or inputs and outputs).
        path: in either spelling; keys of user maps stay as they are.
        words: Python keywords that stand for another input (`name` of a Config -> `base_name`).

    Raises:
        InputError: a known object has no such property.
    """
    current: Type | None = shape
    result: list[Step] = []
    try:
        steps = parse(path)
    except ValueError as error:
        raise InputError(str(error)) from None
    for step in steps:
        if isinstance(step, str) and isinstance(current, ObjectOf):
            wire = camel((words or {}).get(step, step) if current is shape else step)
            field = current.by_wire.get(wire)
            if field is None:
                names = tuple(entry.name for entry in current.fields)
                raise InputError(f"there is no property {path!r}{nearest(step, names)}")
            result.append(wire)
            current = field.type
        else:
            result.append(step)
            current = _inside(current)
    return render(result)


def _inside(type_: Type | None) -> Type | None:
    if isinstance(type_, ListOf):
        return type_.item
    return type_.value if isinstance(type_, MapOf) else None
