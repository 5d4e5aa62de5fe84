"""`!reset` and `!override`: what a file takes away from the files before it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from swarm_provider.compose.yaml.reader import MARKS
from swarm_provider.compose.yaml.tree import Items, Map, Marked, Path

_RESET = MARKS[0]
_ABSENT = object()


def split(tree: Map) -> tuple[Map, tuple[Path, ...]]:
    """Return a copy of a file's tree without marks, and the places that the marks empty in what comes before.

    A value with `!reset` is left out of the copy, one with `!override` stays in it.
    """
    paths: list[Path] = []
    result = _plain(tree, (), paths)
    assert isinstance(result, Map)
    return result, tuple(paths)


def _plain(value: Any, path: Path, paths: list[Path]) -> Any:
    if isinstance(value, Marked):
        paths.append(path)
        # what stands inside of an override is no part of what comes before
        return _ABSENT if value.tag == _RESET else _plain(value.value, path, [])
    if isinstance(value, Map):
        copy = Map(value.file, value.line)
        for key, entry in value.items():
            plain = _plain(entry, (*path, key), paths)
            if plain is not _ABSENT:
                copy.put(key, plain, value.where(key))
        return copy
    if isinstance(value, Items):
        items = Items(value.file, value.line)
        for index, entry in enumerate(value):
            # the entries of a list cannot be told apart, so nothing of what comes before is taken away
            plain = _plain(entry, (*path, index), [])
            if plain is not _ABSENT:
                items.put(plain, value.where(index))
        return items
    return value


def without(tree: Map, paths: Iterable[Path]) -> Map:
    """Return a tree without what is at these places."""
    for path in paths:
        tree = _without(tree, path)
    return tree


def _without(tree: Any, path: Path) -> Any:
    if not path or not isinstance(tree, Map) or path[0] not in tree:
        return tree
    step, rest = str(path[0]), path[1:]
    return tree.changed({step: lambda entry: _without(entry, rest)}) if rest else tree.copied(without=(step,))
