"""What differs between two sets of inputs, as Pulumi shows it: one change per property path.

Values are compared by what they mean (`type.key`): "0.50" and "0.5" are the same, "100M" and "104857600" too. What is
empty is the same as what is absent. A value that is unknown always differs.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal

from swarm_provider.convert.list_matching import equal_pairs, has_identity, pairs
from swarm_provider.core import Json
from swarm_provider.core.names import snake
from swarm_provider.core.path import Path, Step, render
from swarm_provider.core.values import Secret, has_unknown, reveal
from swarm_provider.model.types.kinds import ListOf, MapOf, ObjectOf, Type

Kind = Literal["add", "delete", "update"]

_MODE: Final = ("deploy", "mode")
REPLACING: Final = (("name",), _MODE)
"""Properties of a Service that Swarm refuses to change: `renaming services is not supported`, `service mode change is
not allowed`. Everything else, networks and endpoint mode included, is an update (measured on Docker 20.10)."""
_DEFAULT_MODE: Final = "replicated"


@dataclass(frozen=True)
class Change:
    """One difference.

    Attributes:
        place: the property: `("ports", 0, "published")`.
        kind: add, delete or update.
        old: the old value, or None where there was none.
        new: the new value, or None where there is none. A secret stays wrapped in either.
    """

    place: Path
    kind: Kind
    old: Any
    new: Any

    @property
    def path(self) -> str:
        """The property in Pulumi's spelling: `deploy.replicas`, `ports[0].published`, `labels["a.b"]`."""
        return render(self.place)

    @property
    def top(self) -> str:
        """The input that it is a part of: `ports`."""
        return str(self.place[0])


def changes(shape: ObjectOf, old: Json, new: Json) -> list[Change]:
    """Return what differs, in the order of the model's properties.

    Args:
        shape: type of both; `resource.shape`.
        old: inputs in normal form.
        new: inputs in normal form.
    """
    return list(_walk(shape, old, new, (), ""))


def users_path(shape: ObjectOf, path: Path) -> Path:
    """Return a path as people type it: our keys in snake_case, the user's own keys as they are."""
    kind: Type = shape
    shown: list[Step] = []
    for step in path:
        if isinstance(kind, ObjectOf) and step in kind.by_wire:
            kind = kind.by_wire[str(step)].type
            step = snake(str(step))
        elif isinstance(kind, ListOf):
            kind = kind.item
        elif isinstance(kind, MapOf):
            kind = kind.value
        shown.append(step)
    return tuple(shown)


def replaces(found: Iterable[Change]) -> list[str]:
    """Return the paths of the changes that a Service can take only by being replaced."""
    return [change.path for change in found if change.place in REPLACING and not _only_spelt_out(change)]


def _only_spelt_out(change: Change) -> bool:
    """Tell whether the default mode was written down, or left out again."""
    if change.place != _MODE:
        return False
    return bool(reveal(change.old) in (None, _DEFAULT_MODE) and reveal(change.new) in (None, _DEFAULT_MODE))


def _walk(kind: Type, old: Any, new: Any, path: Path, name: str) -> Iterable[Change]:
    if isinstance(old, Secret) or isinstance(new, Secret):
        hide_old, hide_new = isinstance(old, Secret), isinstance(new, Secret)
        for change in _walk(kind, _bare(old), _bare(new), path, name):
            yield Change(change.place, change.kind, _wrap(change.old, hide_old), _wrap(change.new, hide_new))
        return
    if isinstance(kind, ObjectOf) and all(side is None or isinstance(side, dict) for side in (old, new)):
        # an object that came or went is told property by property: one of them may force a replacement
        before, after = old or {}, new or {}
        for field in kind.fields:
            one, other = before.get(field.wire), after.get(field.wire)
            if one is not None or other is not None:
                yield from _walk(field.type, one, other, (*path, field.wire), field.wire)
        return
    equal = old == new
    if has_unknown(new) or (not equal and (has_unknown(old) or not _same(kind, old, new))):
        if isinstance(kind, MapOf) and isinstance(old, dict) and isinstance(new, dict):
            yield from _walk_map(kind, old, new, path)
        elif isinstance(kind, ListOf) and isinstance(old, list) and isinstance(new, list):
            yield from _walk_list(kind, old, new, path, name)
        else:
            yield _change(path, old, new)


def _walk_map(kind: MapOf, old: Json, new: Json, path: Path) -> Iterable[Change]:
    for key in [*old, *(key for key in new if key not in old)]:
        place = (*path, key)
        if key not in old:
            yield Change(place, "add", None, new[key])
        elif key not in new:
            yield Change(place, "delete", old[key], None)
        elif (old[key] is None) != (new[key] is None):
            # a bare variable and one with an empty value are two things
            yield Change(place, "update", old[key], new[key])
        else:
            yield from _walk(kind.value, old[key], new[key], place, "")


def _walk_list(kind: ListOf, old: Sequence[Any], new: Sequence[Any], path: Path, name: str) -> Iterable[Change]:
    if has_identity(name):
        found = pairs(name, old, new)
        moved = [here for here, _ in found] != sorted(here for here, _ in found)
        if not (kind.order and moved):
            yield from _walk_pairs(kind, old, new, path, found)
            return
    elif not kind.order:
        yield from _walk_pairs(kind, old, new, path, _equal_pairs(kind, old, new))
        return
    elif len(old) == len(new):
        for index, (before, after) in enumerate(zip(old, new, strict=True)):
            yield from _walk(kind.item, before, after, (*path, index), "")
        return
    yield Change(path, "update", list(old), list(new))


def _walk_pairs(
    kind: ListOf, old: Sequence[Any], new: Sequence[Any], path: Path, found: Sequence[tuple[int, int]]
) -> Iterable[Change]:
    """Tell the entries that came, went or changed, each at a position where Pulumi shows its values.

    Pulumi's display takes an old value from the old list and a new one from the new list, at the same position. So an
    entry that stays in its place is told property by property; one that moves and changes goes at its old position and
    comes at its new one; what comes where another one goes is an update of the position. No path lies below another.
    """
    partner = {there: here for here, there in found}
    stays = {here for here, there in found if here == there or not any(_walk(kind.item, old[here], new[there], (), ""))}
    goes = {here: None for here in range(len(old)) if here not in stays}
    for there, entry in enumerate(new):
        place = (*path, there)
        if partner.get(there) == there:
            yield from _walk(kind.item, old[there], entry, place, "")
        elif partner.get(there) in stays:
            continue
        elif there in goes:
            del goes[there]
            yield Change(place, "update", old[there], entry)
        else:
            yield Change(place, "add", None, entry)
    for here in goes:
        yield Change((*path, here), "delete", old[here], None)


def _equal_pairs(kind: ListOf, old: Sequence[Any], new: Sequence[Any]) -> list[tuple[int, int]]:
    """Return the positions of entries that are equal, each with the first equal one that is free."""
    if all(isinstance(entry, str) for entry in (*old, *new)):
        places: dict[str, deque[int]] = {}
        for position, entry in enumerate(old):
            places.setdefault(entry, deque()).append(position)
        return [(places[entry].popleft(), there) for there, entry in enumerate(new) if places.get(entry)]
    return equal_pairs(old, new, lambda before, after: not has_unknown(after) and _same(kind.item, before, after))


def _change(path: Path, old: Any, new: Any) -> Change:
    if _nothing(old):
        return Change(path, "add", None, new)
    if _nothing(new):
        return Change(path, "delete", old, None)
    return Change(path, "update", old, new)


def _same(kind: Type, old: Any, new: Any) -> bool:
    try:
        one, other = _pruned(kind.key(old)), _pruned(kind.key(new))
    except (AttributeError, TypeError, ValueError):
        # one of the two is not of the type: it comes from an older version's state
        one, other = reveal(old), reveal(new)
    return bool(one == other) or (_nothing(one) and _nothing(other))


def _pruned(value: Any) -> Any:
    """Return a key without what is empty in its maps; null values of user maps stay."""
    if isinstance(value, dict):
        pruned = {key: _pruned(entry) for key, entry in value.items()}
        return {key: entry for key, entry in pruned.items() if entry not in ({}, [])}
    return [_pruned(entry) for entry in value] if isinstance(value, list) else value


def _nothing(value: Any) -> bool:
    return value is None or value in ({}, [])


def _bare(value: Any) -> Any:
    return value.value if isinstance(value, Secret) else value


def _wrap(value: Any, hide: bool) -> Any:
    return Secret(value) if hide and value is not None and not isinstance(value, Secret) else value
