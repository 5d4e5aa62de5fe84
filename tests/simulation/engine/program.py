"""A program: resources in the order in which it registers them, with references between them."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from swarm_provider.core.values import UNKNOWN, Secret
from tests.simulation.engine.state import Json, token_of


@dataclass(frozen=True)
class Ref:
    """An output of another resource of the program."""

    of: str
    output: str

    def __repr__(self) -> str:
        return f"{self.of}.{self.output}"


@dataclass(frozen=True)
class Declared:
    """One resource as the program declares it.

    Attributes:
        name: its logical name; unique in a program.
        args: inputs on the wire, with `Ref` in them.
        depends_on: names beside those that its references tell.
        ignore: `ignore_changes`.
        alias: its logical name before.
        parent: the kind of the component that it is a child of.
    """

    kind: str
    name: str
    args: Json
    depends_on: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()
    alias: str = ""
    parent: str = ""

    @property
    def token(self) -> str:
        return token_of(self.kind)

    @property
    def type_path(self) -> str:
        """The types of its parents and its own, as a URN has them."""
        return f"{token_of(self.parent)}${self.token}" if self.parent else self.token

    @cached_property
    def by_input(self) -> dict[str, tuple[str, ...]]:
        """Names that it refers to, by input."""
        return {key: tuple(found) for key, value in self.args.items() if (found := dict.fromkeys(_refs(value)))}


@dataclass(frozen=True)
class Program:
    """All of it."""

    resources: tuple[Declared, ...] = ()
    config: Json = field(default_factory=dict)

    @cached_property
    def by_name(self) -> dict[str, Declared]:
        return {one.name: one for one in self.resources}


def _refs(value: Any) -> list[str]:
    if isinstance(value, Ref):
        return [value.of]
    if isinstance(value, Secret):
        return _refs(value.value)
    if isinstance(value, dict):
        return [name for item in value.values() for name in _refs(item)]
    if isinstance(value, list):
        return [name for item in value for name in _refs(item)]
    return []


def resolved(value: Any, outputs: dict[str, Json]) -> Any:
    """A value with the outputs in the place of references; UNKNOWN where a preview has none."""
    if isinstance(value, Ref):
        return outputs[value.of].get(value.output, UNKNOWN)
    if isinstance(value, Secret):
        return Secret(resolved(value.value, outputs))
    if isinstance(value, dict):
        return {key: resolved(item, outputs) for key, item in value.items()}
    if isinstance(value, list):
        return [resolved(item, outputs) for item in value]
    return value
