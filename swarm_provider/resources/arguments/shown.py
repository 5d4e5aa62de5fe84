"""Values that a program reads from a resource: by item, `deploy["replicas"]`, and by attribute, `deploy.replicas`."""

from __future__ import annotations

from typing import Any

from swarm_provider.core import Json
from swarm_provider.model.types.kinds import ObjectOf, Type, nearest
from swarm_provider.model.types.spelling import snake_keys


class Shown(dict[str, Any]):
    """A nested value of a resource, a dict in Python's spelling; what is not set is None as an attribute."""

    __slots__ = ("_type",)

    def __init__(self, type_: ObjectOf, values: Json) -> None:
        super().__init__(values)
        self._type = type_

    def __getattr__(self, name: str) -> Any:
        if name in self:
            return self[name]
        # whoever copies this looks for what it has not, before anything is set
        names = () if name.startswith("_") else tuple(entry.name for entry in self._type.fields)
        if name in names:
            return None
        raise AttributeError(f"there is no property {name!r}{nearest(name, names)}")


def shown(type_: Type, value: Any) -> Any:
    """Return a plain wire value as a program reads it."""
    return snake_keys(type_, value, Shown)
