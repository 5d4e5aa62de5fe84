"""`include`: other compose files, each with its own folder and variables, whose parts become parts of this one.

By the compose-spec's rules in both dialects, since the docker CLI refuses the key.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from swarm_provider.compose.common.context import located
from swarm_provider.compose.common.dialect import Layer
from swarm_provider.compose.spec.merge import overlaid
from swarm_provider.compose.spec.tags import without
from swarm_provider.compose.yaml.tree import Items, Map, SourceLocation
from swarm_provider.model.types.kinds import nearest

_KEYS: Final = ("path", "project_directory", "env_file")
_SECTIONS: Final = ("services", "jobs", "volumes", "networks", "secrets", "configs", "models")


@dataclass(frozen=True)
class Inclusion:
    """One entry of `include`.

    Attributes:
        paths: the files, of which later ones override.
        folder: where the paths inside of them start.
        env_files: the files of their variables; None: `.env` in `folder`, where the dialect has it.
        at: where the entry stands.
        given: these files as the entry gives them.
    """

    paths: tuple[Path, ...]
    folder: Path
    env_files: tuple[Path, ...] | None
    at: SourceLocation
    given: Mapping[Path, str]


def included(layer: Layer, folder: Path, load: Callable[[Inclusion], Map]) -> Map:
    """Return a file's tree with the parts of the files that it includes; its own parts override theirs.

    Args:
        layer: the file.
        folder: where the paths of its `include` start.
        load: returns what an entry stands for as one tree with absolute paths, or an empty one and tells what is wrong.
    """
    if "include" not in layer.tree:
        return layer.tree
    result = layer.tree.copied(without=("include",))
    for inclusion in _inclusions(layer.tree["include"], folder, layer.at.key(layer.tree, "include")):
        other = load(inclusion)
        for section in _SECTIONS:
            if isinstance(other.get(section), Map):
                result = _imported(result, other, section, layer)
    return result


def _imported(tree: Map, other: Map, section: str, layer: Layer) -> Map:
    own = tree.get(section)
    result = other[section].copied()
    if own is not None and not isinstance(own, Map):
        return tree
    own = Map() if own is None else own
    for key, value in own.items():
        if key in result and result[key] != value:
            at = layer.at.key(tree, section).key(own, key)
            emptied = [path[2:] for path in layer.emptied if path[:2] == (section, key) and len(path) > 2]
            value = overlaid(without(result[key], emptied), value, (section, key), at)
        result.put(key, value, own.where(key))
    merged = tree.copied()
    merged.put(section, result, tree.where(section) if section in tree else other.where(section))
    return merged


def _inclusions(value: Any, folder: Path, at: SourceLocation) -> list[Inclusion]:
    if value is None:
        return []
    if not isinstance(value, Items):
        at.error("must be a list of compose files")
        return []
    found = (_inclusion(entry, folder, at.item(value, index)) for index, entry in enumerate(value))
    return [inclusion for inclusion in found if inclusion is not None]


def _inclusion(entry: Any, folder: Path, at: SourceLocation) -> Inclusion | None:
    if isinstance(entry, str):
        path = located(folder, entry)
        return Inclusion((path,), path.parent, None, at, {path: entry})
    if not isinstance(entry, Map):
        at.error("must be the path of a compose file, or a mapping with 'path'")
        return None
    for key in entry:
        if key not in _KEYS:
            at.key(entry, key).error(f"unknown key {key!r}{nearest(key, _KEYS)}")
    names = _texts(entry, "path", at)
    if not names:
        at.error("the key 'path' is missing: the compose file, or a list of them")
        return None
    paths = tuple(located(folder, name) for name in names)
    base = entry.get("project_directory")
    files = _texts(entry, "env_file", at)
    return Inclusion(
        paths,
        located(folder, base) if isinstance(base, str) and base else paths[0].parent,
        tuple(located(folder, name) for name in files if name != "/dev/null") if files else None,
        at,
        {located(folder, name): name for name in (*names, *files)},
    )


def _texts(entry: Map, key: str, at: SourceLocation) -> list[str]:
    value = entry.get(key)
    several = value if isinstance(value, Items) else [] if value is None else [value]
    if not all(isinstance(text, str) for text in several):
        at.key(entry, key).error("must be a path, or a list of paths")
        return []
    return [str(text) for text in several]
