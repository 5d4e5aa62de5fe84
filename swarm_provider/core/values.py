"""Values that are not plain data yet: unknown until the update runs, or secret."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final

from swarm_provider.core import Json


class Unknown:
    """A value that is known only when the update runs. There is one: UNKNOWN."""

    def __repr__(self) -> str:
        return "UNKNOWN"


UNKNOWN: Final = Unknown()

SIGNATURE: Final = "4dabf18193072939515e22adb298388d"
"""The key of a mapping by which Pulumi marks on the wire, and in its JSON, what JSON cannot express (Pulumi's
sdk/go/common/resource/sig). The values follow."""
OF_SECRET: Final = "1b47061264138c4ac30d75fd1eb44270"
OF_OUTPUT: Final = "d0e6a833031e9bbcd3f4e8bde6ca49a4"
OF_ASSET: Final = "c44067f5952c0a294b673a41bacd8c17"
OF_RESOURCE: Final = "5cf8f73096256a8f31e491e813e4eb8e"
UNKNOWN_TEXT: Final = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"
"""Stands there for a string that is not known yet (sdk/go/common/resource/plugin/rpc.go)."""
FORECAST: Final = "__forecast"
"""Output that a preview has and the state never: what the run will do to tasks, for machines that read the preview.
Pulumi shows people no property that begins with two underscores."""
CHILDREN: Final = "__children"
"""Output of a Release with the outputs of each child, by `services.web`."""


@dataclass(frozen=True)
class Secret:
    """A value that must never be printed; it is encrypted in the state."""

    value: Any

    def __repr__(self) -> str:
        return "Secret(***)"


def reveal(value: Any) -> Any:
    """Return `value` with every Secret inside it replaced by what it holds."""
    # texts are most of all values, and a service is revealed several times
    if isinstance(value, dict):
        return {key: item if isinstance(item, str) else reveal(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [item if isinstance(item, str) else reveal(item) for item in value]
    return reveal(value.value) if isinstance(value, Secret) else value


def at(value: Any, *path: str) -> Any:
    """Return what is at the end of a path of keys; None where one is missing or null."""
    for key in path:
        value = value.get(key) if isinstance(value, dict) else None
    return value


def mappings(value: Any) -> list[Json]:
    """Return the mappings in a list; none of what is no list, or not known yet."""
    return [entry for entry in value if isinstance(entry, dict)] if isinstance(value, list) else []


def sharing(value: Any, known: Any) -> Any:
    """Return `value` made of the parts of `known` that are equal to its own: what is there twice takes memory once.

    Args:
        value: nested maps.
        known: others with the same types in the same places.
    """
    if value == known:
        return known
    if isinstance(value, dict) and isinstance(known, dict):
        return {key: sharing(item, known[key]) if key in known else item for key, item in value.items()}
    return value


def has_unknown(value: Any) -> bool:
    """Tell whether UNKNOWN stands anywhere inside `value`."""
    if isinstance(value, Secret):
        return has_unknown(value.value)
    if isinstance(value, (dict, list, tuple)):
        return any(map(has_unknown, _inner(value)))
    return value is UNKNOWN


def has_secret(value: Any) -> bool:
    """Tell whether a Secret stands anywhere inside `value`."""
    if isinstance(value, (dict, list, tuple)):
        return any(map(has_secret, _inner(value)))
    return isinstance(value, Secret)


def _inner(value: Any) -> list[Any]:
    """Return what is inside of a mapping or list, without strings: most values are, and nothing is inside of them."""
    return [item for item in (value.values() if isinstance(value, dict) else value) if not isinstance(item, str)]


Place = tuple[str, ...]
"""Keys that lead to a value inside nested maps."""


def secret_places(value: Any) -> list[Place]:
    """Return where Secrets stand in nested maps; for one inside a list, where the list stands."""
    found: list[Place] = []
    for key, item in value.items() if isinstance(value, dict) else ():
        if isinstance(item, dict):
            found += [(key, *place) for place in secret_places(item)]
        elif not isinstance(item, str) and has_secret(item):
            found.append((key,))
    return found


def wrapped(value: Any, places: Iterable[Place]) -> Any:
    """Return `value` with what is at these places made a Secret, where it is none."""
    for place in places:
        value = _wrapped_at(value, tuple(place))
    return value


def _wrapped_at(value: Any, place: Place) -> Any:
    if not place:
        return value if value is None or value is UNKNOWN or has_secret(value) else Secret(value)
    if not isinstance(value, dict) or place[0] not in value:
        return value
    return {**value, place[0]: _wrapped_at(value[place[0]], place[1:])}


def secret_texts(value: Any) -> set[str]:
    """Return every text that a Secret inside `value` holds, for filtering messages."""
    if isinstance(value, Secret):
        return _texts(value.value)
    if isinstance(value, (dict, list, tuple)):
        return set().union(*map(secret_texts, _inner(value)))
    return set()


def _texts(value: Any) -> set[str]:
    if isinstance(value, Secret):
        return _texts(value.value)
    if isinstance(value, dict):
        return set().union(*(_texts(item) for item in value.values())) if value else set()
    if isinstance(value, (list, tuple)):
        return set().union(*(_texts(item) for item in value)) if value else set()
    return {value} if isinstance(value, str) and value else set()
