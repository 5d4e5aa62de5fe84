"""Whole values from wire spelling to Python's, which is compose's too."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from swarm_provider.model.types.kinds import ListOf, MapOf, ObjectOf, Type


def snake_keys(type_: Type, value: Any) -> Any:
    """Return a plain wire value with Python's (and compose's) keys; those of user maps stay."""
    if isinstance(type_, ObjectOf) and isinstance(value, Mapping):
        fields = type_.by_wire
        return {
            fields[key].name if key in fields else key: snake_keys(fields[key].type, entry) if key in fields else entry
            for key, entry in value.items()
        }
    if isinstance(type_, ListOf) and isinstance(value, (list, tuple)):
        return [snake_keys(type_.item, entry) for entry in value]
    if isinstance(type_, MapOf) and isinstance(value, Mapping):
        return {key: snake_keys(type_.value, entry) for key, entry in value.items()}
    return value
