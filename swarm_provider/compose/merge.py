"""Several files -> one, by the rules of the docker CLI (not those of the compose-spec).

Values are in typed form (`service.py`, `objects.py`): what docker cannot tell from an absent key is absent, so it
never overrides.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from swarm_provider.compose.objects import Declared
from swarm_provider.compose.service import Service
from swarm_provider.spec import Json

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
        values[key] = _RULES.get(key, _deep)(values[key], value) if key in values else value
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
        return {**base, **{key: _deep(base[key], value) if key in base else value for key, value in override.items()}}
    if isinstance(base, list) and isinstance(override, list):
        return [*base, *override]
    return override


def _replace(_base: Any, override: Any) -> Any:
    return override


def _keyed(field: str, base: list[Any], override: list[Any]) -> list[Any]:
    entries: Json = {}
    for entry in (*base, *override):
        entries[entry.get(field, 0 if field == "published" else "")] = entry
    return [entries[key] for key in sorted(entries)]


def _logging(base: Json, override: Json) -> Json:
    one, other = base.get("driver", ""), override.get("driver", "")
    if one and other and one != other:
        return override
    merged: Json = {**base, **override}
    if "options" in base or "options" in override:
        merged["options"] = {**base.get("options", {}), **override.get("options", {})}
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


_RULES: Final[dict[str, Callable[[Any, Any], Any]]] = {
    "command": _replace,
    "entrypoint": _replace,
    "logging": _logging,
    "networks": _networks,
    "ulimits": _ulimits,
    "x-pulumi": _replace,
    "init": _replace,
    **dict.fromkeys(_KEYED, _replace),
}
