"""What `ignore_changes` does to lists: Pulumi keeps old values by position, whichever entry stands there now."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Final

from swarm_provider.convert.list_matching import has_identity, pairs
from swarm_provider.core import Json
from swarm_provider.core.path import EVERY, Path, Step, parse, render
from swarm_provider.core.values import UNKNOWN, reveal
from swarm_provider.model.types.kinds import ListOf, MapOf, ObjectOf, Type
from swarm_provider.plan.change.property_diff import users_path

_NAMES: Final = ("target", "source", "name")
_ADVICE: Final = "keep the order of the entries, or remove the path from ignore_changes for this change"


def misplaced(shape: ObjectOf, old: Json, new: Json, ignored: Iterable[str]) -> list[str]:
    """Return a warning for each ignored path that gave an entry of a list the value of another entry.

    Args:
        shape: type of both; `resource.shape`.
        old: inputs in normal form.
        new: inputs in normal form, into which Pulumi has put the ignored old values already.
        ignored: `ignore_changes`, in wire spelling.
    """
    found = []
    for path in ignored:
        told = next(iter(_moved(shape, reveal(old), reveal(new), parse(path), (), "")), None)
        if told is not None:
            shown = render(users_path(shape, parse(path)))
            found.append(f'ignore_changes "{shown}" keeps values by their position in the list: {told}; {_ADVICE}')
    return found


def _moved(kind: Type, old: Any, new: Any, rest: Sequence[Step], path: Path, name: str) -> Iterable[str]:
    if not rest:
        return
    step = rest[0]
    if isinstance(kind, ListOf) and isinstance(old, list) and isinstance(new, list):
        kept = range(min(len(old), len(new)))
        positions = kept if step == EVERY else [place for place in kept if place == step]
        if has_identity(name) and len(rest) > 1:
            partner = {there: here for here, there in pairs(name, old, new)}
            for place in positions:
                if partner.get(place, place) != place:
                    yield (
                        f"{render((*path, place))}{_named(new[place])} has the value of another entry,"
                        f" the former {render((*path, place))}{_named(old[place])}"
                    )
        elif len(old) != len(new) and positions and len(rest) == 1:
            had = f"{render(path)} had {len(old)} entries and has {len(new)} now"
            yield f"{had}, and each position keeps its value"
        for position in positions:
            yield from _moved(kind.item, old[position], new[position], rest[1:], (*path, position), "")
    elif isinstance(old, dict) and isinstance(new, dict):
        word = str(step)
        there = (*path, word)
        if isinstance(kind, ObjectOf) and word in kind.by_wire:
            yield from _moved(kind.by_wire[word].type, old.get(word), new.get(word), rest[1:], there, word)
        elif isinstance(kind, MapOf):
            yield from _moved(kind.value, old.get(word), new.get(word), rest[1:], there, "")


def _named(entry: Any) -> str:
    """Return ` (target 80)`, by which people know the entry."""
    for name in _NAMES:
        value = entry.get(name) if isinstance(entry, dict) else None
        if value is not None and value is not UNKNOWN:
            return f" ({name} {value})"
    return ""
