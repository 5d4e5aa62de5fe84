"""What a rule can be told: the schema of each of its parameters, with its default."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from fnmatch import fnmatchcase
from typing import Any, Final

from swarm_provider.core import Json

Parameters = Mapping[str, Json]
"""JSON schemas by the names of the parameters."""


def texts(description: str, default: Iterable[str] = ()) -> Json:
    """Return the schema of a list of strings."""
    return {"type": "array", "items": {"type": "string"}, "default": [*default], "description": description}


EXEMPT: Final[Parameters] = {"exempt": texts("Names that the rule leaves alone; `*` and `?` as in file names.")}
"""What every rule can be told."""


def with_defaults(parameters: Parameters, given: Mapping[str, Any]) -> Json:
    """Return the settings of a rule: what is given, and its defaults."""
    return {name: given.get(name, schema.get("default")) for name, schema in {**parameters, **EXEMPT}.items()}


def is_exempt(name: Any, settings: Json) -> bool:
    """Tell whether a rule leaves what has this name alone."""
    return isinstance(name, str) and any(fnmatchcase(name, pattern) for pattern in settings["exempt"])
