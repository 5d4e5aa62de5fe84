"""Several files -> one, by the rules of the docker CLI (not those of the compose-spec).

Values are in typed form (`service.py`, `objects.py`): what docker cannot tell from an absent key is absent, so it
never overrides.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from swarm_provider.compose.common.scalars import is_zero
from swarm_provider.compose.common.typed_form import Declared, Service
from swarm_provider.core import Json, units

_DURATIONS: Final = ("stop_grace_period", "interval", "timeout", "start_period", "start_interval", "delay", "window")
# lists that are keyed and sorted by one field (docker CLI, cli/compose/loader/merge.go)
_KEYED: Final[dict[str, str]] = {
    "ports": "published",
    "secrets": "source",
    "configs": "source",
    "volumes": "target",
}


def merge_services(base: Service, override: Service) -> Service:
    """Return one service out of the same service in two files."""
    merged = Service(base.key, base.at, dict(base.values), {**base.places, **override.places})
    values = merged.values
    for key, value in override.values.items():
        if value == [] and key not in values:
            continue  # nothing appended to nothing stays nothing
        values[key] = _RULES[key](values[key], value) if key in values and key in _RULES else _field(key, values, value)
    for key, field in _KEYED.items():
        # docker collapses and sorts the base's list even where the override has none
        if key in base.values:
            values[key] = _keyed(field, base.values[key], override.values.get(key, []))
    return merged


def merge_declared(base: dict[str, Declared], override: dict[str, Declared]) -> dict[str, Declared]:
    """Return a top-level section out of two: per key, the whole entry is replaced."""
    return {**base, **override}


def _deep(base: Any, override: Any) -> Any:
    if isinstance(base, dict) and isinstance(override, dict):
        return {**base, **{key: _field(key, base, value) for key, value in override.items()}}
    if isinstance(base, list) and isinstance(override, list):
        return [*base, *override]
    return override


def _field(key: str, base: Json, override: Any) -> Any:
    if key not in base:
        return override
    # docker keeps pointers here, and still a pointer to zero does not override
    if key in _DURATIONS and is_zero(override, units.duration_ns):
        return base[key]
    return _RULES_INSIDE.get(key, _deep)(base[key], override)


def _replace(_base: Any, override: Any) -> Any:
    return override


def _keyed(field: str, base: list[Any], override: list[Any]) -> list[Any]:
    entries: Json = {}
    for entry in (*base, *override):
        entries[entry.get(field, 0 if field == "published" else "")] = entry
    return [entries[key] for key in sorted(entries)]


def _init(base: bool, override: bool) -> bool:
    # a pointer to false does not override either
    return override or base


def _environment(base: Json, override: Json) -> Json:
    # nor does an empty string or a bare key, unless the base has no more
    kept = {key for key, value in override.items() if value in (None, "") and base.get(key) not in (None, "")}
    return {**base, **{key: value for key, value in override.items() if key not in kept}}


def _logging(base: Json, override: Json) -> Json:
    one, other = base.get("driver", ""), override.get("driver", "")
    if one and other and one != other:
        return override
    merged: Json = {**override, **base}
    # docker loses the override's options where the base has no map of its own
    if "options" in base:
        merged["options"] = {**base["options"], **override.get("options", {})}
    else:
        merged.pop("options", None)
    return merged


def _networks(base: Json, override: Json) -> Json:
    result = dict(base)
    for name, network in override.items():
        if base.get(name) is None or network is None:
            result[name] = network if base.get(name) is None else base[name]
            continue
        merged = {key: value for key, value in base[name].items() if key != "aliases"}
        if "aliases" in network:
            merged["aliases"] = network["aliases"]
        result[name] = merged
    return result


def _ulimits(base: Json, override: Json) -> Json:
    return {**base, **override}


# maps of plain texts: the later one wins, also where it is empty
_RULES_INSIDE: Final[dict[str, Callable[[Any, Any], Any]]] = {"labels": lambda base, override: {**base, **override}}
_RULES: Final[dict[str, Callable[[Any, Any], Any]]] = {
    "command": _replace,
    "entrypoint": _replace,
    "labels": lambda base, override: {**base, **override},
    "sysctls": lambda base, override: {**base, **override},
    "logging": _logging,
    "networks": _networks,
    "ulimits": _ulimits,
    "environment": _environment,
    "x-pulumi": _replace,
    "init": _init,
    **dict.fromkeys(_KEYED, _replace),
}
