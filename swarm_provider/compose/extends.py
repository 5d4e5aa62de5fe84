"""`extends`: a service that begins as a copy of another one, of the same file or of another.

By the compose-spec's rules in both dialects, since the docker CLI refuses the key.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from swarm_provider.compose.canonical import changed
from swarm_provider.compose.dialect import Layer
from swarm_provider.compose.files import located
from swarm_provider.compose.marks import without
from swarm_provider.compose.overlay import overlaid
from swarm_provider.compose.relative import Home, absolute
from swarm_provider.compose.tree import At, Map, as_written, part
from swarm_provider.compose.tree import Path as KeyPath
from swarm_provider.model.types import nearest

_Read = Callable[[Path, At, str], list[Layer]]
_KEYS = ("service", "file")


def extended(layer: Layer, folder: Path, home: Home, read: _Read) -> Map:
    """Return a file's tree with every `extends` resolved; what cannot be is noted at its place.

    Args:
        layer: the file, whose `include` is resolved already.
        folder: where paths of `file` start.
        home: gives what `~` stands for.
        read: returns the documents of another file, or [] after telling the place what is wrong with it.
    """
    services = layer.tree.get("services")
    if not isinstance(services, Map) or not any(isinstance(one, Map) and "extends" in one for one in services.values()):
        return layer.tree
    bases = _Bases(read, home)
    scope = _Scope(services, layer.at.key(layer.tree, "services"), str(layer.at.file), folder, layer.emptied)
    result = Map(services.file, services.line)
    for name in services:
        result.put(name, bases.resolved(name, scope, ()), services.where(name))
    return changed(layer.tree, "services", lambda _: result)


@dataclass(frozen=True)
class _Scope:
    """The services of one file, among which names are looked up."""

    services: Map
    at: At
    file: str
    folder: Path
    emptied: tuple[KeyPath, ...]


@dataclass
class _Bases:
    read: _Read
    home: Home
    known: dict[Path, _Scope | None] = field(default_factory=dict)

    def resolved(self, name: str, scope: _Scope, chain: tuple[tuple[str, str], ...]) -> Any:
        """Return a service over all that it extends; `chain` has the file and the name of those that led here."""
        service = scope.services[name]
        if not isinstance(service, Map) or "extends" not in service:
            return service
        own = Map(service.file, service.line)
        for key, value in service.items():
            if key != "extends":
                own.put(key, value, service.where(key))
        at = scope.at.key(scope.services, name)
        place = at.key(service, "extends")
        here = (scope.file, name)
        if here in chain:
            circle = " -> ".join(as_written(other) for _, other in (*chain[chain.index(here) :], here))
            place.error(f"the services extend each other in a circle: {circle}; remove one 'extends'")
            return own
        base_name, base_scope = self._base(service["extends"], scope, place)
        if base_scope is None:
            return own
        if base_name not in base_scope.services:
            known = nearest(base_name, tuple(base_scope.services))
            there = "this file" if base_scope is scope else base_scope.file
            place.error(f"the service {base_name!r} does not exist in {there}{known}")
            return own
        base = self.resolved(base_name, base_scope, (*chain, here))
        if not isinstance(base, Map):
            return own
        emptied = [path[2:] for path in scope.emptied if path[:2] == ("services", name) and len(path) > 2]
        return overlaid(without(base, emptied), own, ("services", name), at)

    def _base(self, extends: Any, scope: _Scope, place: At) -> tuple[str, _Scope | None]:
        if isinstance(extends, str):
            return extends, scope
        if not isinstance(extends, Map) or not isinstance(extends.get("service"), str):
            place.error("must be the name of a service, or a mapping with 'service' and, for another file, 'file'")
            return "", None
        for key in extends:
            if key not in _KEYS:
                place.key(extends, key).error(f"unknown key {key!r}{nearest(key, _KEYS)}")
        file = extends.get("file")
        if file is None:
            return extends["service"], scope
        if not isinstance(file, str) or not file:
            place.key(extends, "file").error("must be the path of a compose file")
            return "", None
        return extends["service"], self._file(file, scope.folder, place.key(extends, "file"))

    def _file(self, file: str, folder: Path, place: At) -> _Scope | None:
        home = self.home() if file.startswith("~") else None
        path = located(folder, home + file[1:] if home else file)
        if path not in self.known:
            self.known[path] = self._scope(path, place, part(file, str(path)))
        return self.known[path]

    def _scope(self, path: Path, place: At, shown: str) -> _Scope | None:
        documents = self.read(path, place, shown)
        if not documents:
            return None
        tree = documents[0].tree
        for document in documents[1:]:
            tree = overlaid(without(tree, document.emptied), document.tree, (), document.at)
        tree = absolute(tree, path.parent, self.home)
        services = tree.get("services")
        if not isinstance(services, Map):
            place.error(f"the file {as_written(shown)} has no services")
            return None
        last = documents[-1]
        return _Scope(services, last.at.key(tree, "services"), last.at.file, path.parent, last.emptied)
