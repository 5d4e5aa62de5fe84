"""`extends`: a service that begins as a copy of another one, of the same file or of another.

By the compose-spec's rules in both dialects, since the docker CLI refuses the key.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from swarm_provider.compose.common.context import located
from swarm_provider.compose.common.dialect import Layer
from swarm_provider.compose.spec.merge import overlaid
from swarm_provider.compose.spec.paths import Home, absolute
from swarm_provider.compose.spec.tags import without
from swarm_provider.compose.yaml.tree import Map, SourceLocation, as_written, part
from swarm_provider.compose.yaml.tree import Path as KeyPath
from swarm_provider.model.types.kinds import nearest

_Read = Callable[[Path, SourceLocation, str], list[Layer]]
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
        result.put(name, bases.resolved(name, scope), services.where(name))
    return layer.tree.changed({"services": lambda _: result})


@dataclass(frozen=True)
class _Scope:
    """The services of one file, among which names are looked up."""

    services: Map
    at: SourceLocation
    file: str
    folder: Path
    emptied: tuple[KeyPath, ...]


@dataclass(frozen=True)
class _Link:
    """A service that extends another one.

    Attributes:
        here: the identity of its scope, and its name.
        own: what it says itself.
        at: where it stands.
    """

    here: tuple[int, str]
    own: Map
    at: SourceLocation
    scope: _Scope

    def over(self, base: Any) -> Map:
        """Return the service over the one that it extends, or alone where that is none."""
        if not isinstance(base, Map):
            return self.own
        where = ("services", self.here[1])
        emptied = [path[2:] for path in self.scope.emptied if path[:2] == where and len(path) > 2]
        merged = overlaid(without(base, emptied), self.own, where, self.at)
        assert isinstance(merged, Map)
        return merged


@dataclass
class _Bases:
    read: _Read
    home: Home
    known: dict[Path, _Scope | None] = field(default_factory=dict)
    done: dict[tuple[int, str], Any] = field(default_factory=dict)
    """Services that are resolved, by the scope they stand in and their name: many may begin with one."""

    def resolved(self, name: str, scope: _Scope) -> Any:
        """Return a service over all that it extends."""
        links: list[_Link] = []
        base: Any = None
        while True:
            service, here = scope.services[name], (id(scope), name)
            if here in self.done:
                base = self.done[here]
                break
            if not isinstance(service, Map) or "extends" not in service:
                base = service
                break
            own = service.copied(without=("extends",))
            at = scope.at.key(scope.services, name)
            chain = [link.here for link in links]
            links.append(_Link(here, own, at, scope))
            place = at.key(service, "extends")
            if here in chain:
                circle = " -> ".join(as_written(other) for _, other in (*chain[chain.index(here) :], here))
                place.error(f"extends cycle: {circle}; remove one 'extends'")
                break
            base_name, base_scope = self._base(service["extends"], scope, place)
            if base_scope is None:
                break
            if base_name not in base_scope.services:
                known = nearest(base_name, tuple(base_scope.services))
                there = "this file" if base_scope is scope else base_scope.file
                place.error(f"the service {base_name!r} does not exist in {there}{known}")
                break
            name, scope = base_name, base_scope
        for link in reversed(links):
            base = self.done[link.here] = link.over(base)
        return base

    def _base(self, extends: Any, scope: _Scope, place: SourceLocation) -> tuple[str, _Scope | None]:
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

    def _file(self, file: str, folder: Path, place: SourceLocation) -> _Scope | None:
        home = self.home() if file.startswith("~") else None
        path = located(folder, home + file[1:] if home else file)
        if path not in self.known:
            self.known[path] = self._scope(path, place, part(file, str(path)))
        return self.known[path]

    def _scope(self, path: Path, place: SourceLocation, shown: str) -> _Scope | None:
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
