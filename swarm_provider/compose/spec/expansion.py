"""Compose files -> one tree: `include` and `extends` resolved, the files merged as the compose-spec says."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from swarm_provider.compose.common import validation
from swarm_provider.compose.common.context import file_bytes
from swarm_provider.compose.common.dialect import Dialect, Layer
from swarm_provider.compose.common.substitution import Environment
from swarm_provider.compose.spec.extends import extended
from swarm_provider.compose.spec.include import Inclusion, included
from swarm_provider.compose.spec.long_forms import canonical
from swarm_provider.compose.spec.merge import overlaid
from swarm_provider.compose.spec.paths import absolute
from swarm_provider.compose.spec.tags import without
from swarm_provider.compose.spec.variables import beside, with_files
from swarm_provider.compose.yaml.tree import Map, Report, SourceLocation, as_written, part

DEEPEST: Final = 50
MOST_INCLUSIONS: Final = 1000


@dataclass(frozen=True)
class Assembly:
    """What the files of a project, or of one `include`, have in common.

    Attributes:
        folder: where relative paths start.
        layers: reads the text of a file as its dialect does.
        chain: the files that include each other up to here.
        shown: how messages call those whose path has a variable.
        inclusions: how many there have been in all.
    """

    folder: Path
    environment: Environment
    report: Report
    dialect: Dialect
    layers: Callable[[bytes, str, Environment, Report, Dialect], list[Layer]]
    chain: tuple[Path, ...] = ()
    shown: Mapping[Path, str] = field(default_factory=dict)
    inclusions: Iterator[int] = field(default_factory=lambda: itertools.count(1))

    def home(self) -> str | None:
        """Return what `~` stands for; the variable then counts as used."""
        home, there = self.environment.look_up("HOME")
        return home if there and isinstance(home, str) else None

    def merged(self, documents: Sequence[Layer]) -> Map:
        """Return several documents as one tree; `documents` are expanded, the later ones override."""
        ranges = self.dialect == "compose-spec"
        tree = canonical(documents[0].tree, ranges=ranges)
        for layer in documents[1:]:
            tree = canonical(_over(without(tree, layer.emptied), layer), ranges=ranges)
        return tree

    def expanded(self, layer: Layer, file: Path) -> Layer:
        """Return a document with its `include` and its `extends` resolved."""
        chain = (*self.chain, file.absolute())
        tree = included(layer, self.folder, lambda inclusion: self._included(inclusion, chain))
        layer = Layer(tree, layer.at, layer.emptied)
        return Layer(extended(layer, self.folder, self.home, self._read), layer.at, layer.emptied)

    def _read(self, file: Path, at: SourceLocation, given: str) -> list[Layer]:
        data = file_bytes(file, at, given)
        name = as_written(part(given, str(file)))
        return [] if data is None else self.layers(data, name, self.environment, self.report, self.dialect)

    def _included(self, inclusion: Inclusion, chain: tuple[Path, ...]) -> Map:
        shown = {**self.shown, **{path: as_written(part(name, str(path))) for path, name in inclusion.given.items()}}
        for path in inclusion.paths:
            if path in chain:
                circle = " -> ".join(shown.get(file, str(file)) for file in (*chain[chain.index(path) :], path))
                inclusion.at.error(f"include cycle: {circle}")
                return Map()
        if len(chain) > DEEPEST:
            inclusion.at.error(f"includes are nested more than {DEEPEST} levels deep; include them from one file")
            return Map()
        if next(self.inclusions) > MOST_INCLUSIONS:
            # files that include the same ones again and again double with each level
            inclusion.at.error(f"more than {MOST_INCLUSIONS} files are included in total; include each of them once")
            return Map()
        env_files = inclusion.env_files
        if env_files is None:
            # docker's dialect reads no .env anywhere
            env_files = tuple(beside(inclusion.folder)) if self.dialect == "compose-spec" else ()
        environment = with_files(self.environment, env_files, inclusion.at, inclusion.given)
        inner = Assembly(
            inclusion.folder, environment, self.report, self.dialect, self.layers, chain, shown, self.inclusions
        )
        documents = [
            inner.expanded(layer, path)
            for path in inclusion.paths
            for layer in inner._read(path, inclusion.at, inclusion.given[path])
        ]
        if not documents:
            return Map()
        tree, at = inner.merged(documents), documents[0].at
        if self.report.errors:
            return Map()
        if self.dialect == "docker":
            validation.check_forbidden(tree, at)
        validation.check_schema(tree, at, self.dialect)
        return absolute(tree, inclusion.folder, inner.home)


def _over(base: Map, layer: Layer) -> Map:
    merged = overlaid(base, layer.tree, (), layer.at)
    assert isinstance(merged, Map)
    return merged
