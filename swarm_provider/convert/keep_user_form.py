"""What Read answers: the user's own words where the cluster still has what they asked for, else the live values."""

from __future__ import annotations

from typing import Any, Final

from swarm_provider.convert.list_matching import has_identity, pairs
from swarm_provider.core.values import Secret, has_secret


class _Absent:
    def __repr__(self) -> str:
        return "ABSENT"


_ABSENT: Final = _Absent()


def keep_users_form(old: Any, wanted: Any, live: Any) -> Any:
    """Return `old` with every place replaced where `live` differs from `wanted`.

    Args:
        old: inputs as the user wrote them, in normal form.
        wanted: the same inputs, canonical and explicit.
        live: what the cluster has, canonical and explicit.

    Absence is a form too: what the user left out stays out while the live value is the default. A live value that
    stands where the user had a secret is a secret.
    """
    merged = _merge(old, wanted, live, "")
    return {} if merged is _ABSENT else merged


def _merge(old: Any, wanted: Any, live: Any, name: str) -> Any:
    if isinstance(old, Secret):
        merged = _merge(old.value, wanted, live, name)
        return merged if merged is _ABSENT else Secret(merged)
    if live is _ABSENT and wanted is _ABSENT:
        return old
    if live is _ABSENT:
        return _ABSENT
    if wanted is not _ABSENT and wanted == live:
        return old
    mine = {} if old is _ABSENT else old
    if isinstance(live, dict) and isinstance(wanted, dict) and isinstance(mine, dict):
        return _merge_maps(mine, wanted, live)
    if has_identity(name) and isinstance(live, list) and isinstance(wanted, list) and isinstance(old, list):
        return _merge_lists(old, wanted, live, name)
    return Secret(live) if has_secret(old) else live


def _merge_maps(old: dict[str, Any], wanted: dict[str, Any], live: dict[str, Any]) -> dict[str, Any]:
    result: dict[str, Any] = {}
    for key in [*old, *(key for key in live if key not in old)]:
        merged = _merge(old.get(key, _ABSENT), wanted.get(key, _ABSENT), live.get(key, _ABSENT), key)
        if merged is not _ABSENT:
            result[key] = merged
    return result


def _merge_lists(old: list[Any], wanted: list[Any], live: list[Any], name: str) -> list[Any]:
    """Merge entry by entry: those that are there still in the user's order, then those that came in.

    Mounts have an order that tasks see, so theirs is the live one.
    """
    asked = dict(pairs(name, old, wanted))
    now = dict(pairs(name, wanted, live))
    found: dict[int, Any] = {}
    for position, entry in enumerate(old):
        there = now.get(asked[position]) if position in asked else None
        if there is not None:
            found[there] = _merge(entry, wanted[asked[position]], live[there], "")
    places = range(len(live)) if name == "volumes" else [*found, *(at for at in range(len(live)) if at not in found)]
    return [found.get(at, live[at]) for at in places]
