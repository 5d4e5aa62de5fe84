"""`x-pulumi` of a service: what Pulumi shall do with its resource. Docker accepts the key and ignores it."""

from __future__ import annotations

from typing import Any, Final

from swarm_provider.compose.common.scalars import duration
from swarm_provider.compose.yaml.tree import Items, Map, SourceLocation
from swarm_provider.core import Json
from swarm_provider.core.names import snake
from swarm_provider.model.types.kinds import nearest

_KEYS: Final = ("ignore_changes", "protect", "custom_timeouts", "wait")
_TIMEOUTS: Final = ("create", "update", "delete")


def read_x_pulumi(value: Any, at: SourceLocation) -> Json:
    """Return `{ignore_changes: [text], protect: bool, custom_timeouts: {create, update, delete}, wait: bool}`."""
    if value is None:
        return {}
    if not isinstance(value, Map):
        at.error(f"must be a mapping with {', '.join(_KEYS)}")
        return {}
    result: Json = {}
    for key, entry in value.items():
        name, place = snake(key), at.key(value, key)
        if name not in _KEYS:
            place.error(f"unknown key {key!r}{nearest(name, _KEYS)}")
        elif name in ("protect", "wait"):
            if isinstance(entry, bool):
                result[name] = entry
            else:
                place.error("must be a boolean")
        elif name == "ignore_changes":
            if isinstance(entry, Items) and all(isinstance(path, str) for path in entry):
                result[name] = list(entry)
            else:
                place.error("must be a list of property paths such as 'deploy.replicas'")
        else:
            result[name] = _timeouts(entry, place)
    return result


def _timeouts(value: Any, at: SourceLocation) -> Json:
    if not isinstance(value, Map):
        at.error("must be a mapping with create, update and delete")
        return {}
    result: Json = {}
    for key, entry in value.items():
        place = at.key(value, key)
        if key not in _TIMEOUTS:
            place.error(f"unknown key {key!r}{nearest(key, _TIMEOUTS)}")
        elif not isinstance(entry, str):
            place.error("must be a duration such as 10m")
        else:
            result[key] = duration(entry, place)
    return result
