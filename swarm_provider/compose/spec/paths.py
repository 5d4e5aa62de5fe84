"""Paths of a tree that comes from another folder than the project's -> absolute ones, by the compose-spec's rules."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final

from swarm_provider.compose.yaml.tree import Items, Map, part
from swarm_provider.model.types import short_forms

Home = Callable[[], str | None]
"""What `~` stands for, None where nothing says so."""
_Changes = Mapping[str, Callable[[Any], Any]]
_WINDOWS: Final = re.compile(r"[A-Za-z]:[\\/]|\\\\")


def absolute(tree: Map, folder: Path, home: Home) -> Map:
    """Return a tree whose relative paths (env and label files, binds, files of configs and secrets) start at `folder`.

    `home` gives what `~` stands for, and is asked only where one stands; with None such a path stays as it is.

    Args:
        tree: the tree of one file.
        folder: where relative paths start.
        home: returns what `~` stands for.
    """

    def rooted(value: Any) -> Any:
        if not isinstance(value, str) or not value or value[0] == "/" or _WINDOWS.match(value):
            return value
        if value[0] == "~":
            there = home()
            return part(value, there + value[1:]) if there else value
        return part(value, posixpath.normpath(posixpath.join(str(folder), value)))

    def mount(value: Any) -> Any:
        if isinstance(value, Map):
            return value.changed({"source": rooted}) if value.get("type") == "bind" else value
        if not isinstance(value, str):
            return value
        try:
            long = short_forms.volume(value)
        except ValueError:
            return value
        source = long.get("source", "")
        if long.get("type") != "bind" or rooted(source) == source:
            return value
        return part(value, rooted(source) + value[len(source) :])

    def path(value: Any) -> Any:
        return value.changed({"path": rooted}) if isinstance(value, Map) else rooted(value)

    def volume(value: Map) -> Map:
        options = value.get("driver_opts")
        if value.get("driver") != "local" or not isinstance(options, Map) or options.get("o") != "bind":
            return value
        return value.changed({"driver_opts": lambda options: options.changed({"device": rooted})})

    service: _Changes = {
        "env_file": lambda value: _entries(value, path),
        "label_file": lambda value: _entries(value, rooted),
        "volumes": lambda value: _entries(value, mount) if isinstance(value, Items) else value,
    }
    file: _Changes = {"file": rooted}
    sections: dict[str, Callable[[Map], Map]] = {
        "services": lambda value: value.changed(service),
        "configs": lambda value: value.changed(file),
        "secrets": lambda value: value.changed(file),
        "volumes": volume,
    }
    return tree.changed({name: _each(change) for name, change in sections.items()})


def _each(change: Callable[[Map], Map]) -> Callable[[Any], Any]:
    return lambda section: section.each(change) if isinstance(section, Map) else section


def _entries(value: Any, change: Callable[[Any], Any]) -> Any:
    if not isinstance(value, Items):
        return change(value)
    result = Items(value.file, value.line)
    for index, entry in enumerate(value):
        result.put(change(entry), value.where(index))
    return result
