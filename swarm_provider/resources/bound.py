"""What a program binds to the keys of a Release's files -> what the plugin takes: a name, or content."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import pulumi

from swarm_provider.core import Json
from swarm_provider.core.names import camel
from swarm_provider.model.content import content_inputs
from swarm_provider.resources.arguments.wire import name_of
from swarm_provider.resources.lookups import INFO

_KINDS: Final = {"secrets": "Secret", "configs": "Config", "networks": "Network", "volumes": "Volume"}


def with_names(args: Json, volumes: Mapping[pulumi.Resource, Json]) -> Json:
    """Return the arguments of a Release with names for what was bound: resources, lookups and bytes.

    Args:
        volumes: the options of the program's Volume resources, which a mount carries.

    Raises:
        InputError: a resource of another kind is bound.
    """
    return {key: _each(key, value, volumes) if key in _KINDS else value for key, value in args.items()}


def _each(name: str, given: Any, volumes: Mapping[pulumi.Resource, Json]) -> Any:
    if not isinstance(given, Mapping):
        return given
    return {key: _one(value, _KINDS[name], (name, str(key)), volumes) for key, value in given.items()}


def _one(value: Any, kind: str, place: tuple[str, ...], volumes: Mapping[pulumi.Resource, Json]) -> Any:
    if isinstance(value, pulumi.Resource):
        options = {camel(key): entry for key, entry in volumes.get(value, {}).items()}
        return {"name": name_of(value, kind, place), **options}
    if isinstance(value, INFO):
        return {"name": value.name}
    if isinstance(value, (bytes, bytearray)):
        content = content_inputs(bytes(value))
        return content.get("data", content)
    return value
