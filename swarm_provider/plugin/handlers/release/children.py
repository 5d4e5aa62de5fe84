"""What a Release is made of: each child with its request, its handler and its state."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from typing import Final

from swarm_provider.core import Json
from swarm_provider.core.values import CHILDREN, UNKNOWN, at, reveal
from swarm_provider.model import Resource
from swarm_provider.model.resources import DEPLOYED_SERVICE
from swarm_provider.plugin.handlers.base import Handler
from swarm_provider.plugin.handlers.release.reading import KINDS
from swarm_provider.plugin.protocol.operations import Request
from swarm_provider.plugin.run.phases import Phase
from swarm_provider.plugin.run.run import Run

COMPUTED: Final = tuple(f"{kind}s" for kind in KINDS)
"""Inputs that Check computes: the inputs of each child, by kind and key."""
UNSETTLED: Final = "__unsettled"
"""In the outputs of a child: an update of it was under way when Read looked."""


@dataclass(frozen=True)
class Name:
    """Which child of a Release it is: its kind, and its key in the compose file."""

    kind: str
    key: str

    @property
    def place(self) -> tuple[str, str]:
        """Where its inputs stand in those of the Release."""
        return f"{self.kind}s", self.key

    @property
    def text(self) -> str:
        """The same as one word, by which the state keeps it."""
        return ".".join(self.place)

    def __str__(self) -> str:
        return self.key if self.kind == "service" else f"{self.kind} {self.key}"


@dataclass(frozen=True)
class Child:
    """One child of a Release, as an operation sees it.

    Attributes:
        olds: its old inputs, {} where it is new.
        news: its new inputs, {} where it left the files.
        state: its outputs.
        renamed_from: the key that it had before; its old object goes first.
    """

    name: Name
    request: Request
    run: Run
    handler: Handler
    olds: Json
    news: Json
    state: Json
    renamed_from: str | None = None

    @property
    def was(self) -> Name:
        """Which child its old object is: another one where it was renamed."""
        return self.name if self.renamed_from is None else replace(self.name, key=self.renamed_from)

    def during(self, phase: Phase) -> AbstractContextManager[None]:
        """Let its handler do what belongs into a phase, while the Release is in it."""
        return self.run.during(self.request.urn, phase)

    @property
    def is_settled(self) -> bool:
        """Whether it exists, and what was asked for last was brought to its end."""
        return bool(self.olds) and self.state.get("converged") is not False and UNSETTLED not in self.state

    @property
    def is_in_its_own_way(self) -> bool:
        """Whether its old object has to go first: both have one name, or the program says that it was renamed."""
        if self.renamed_from is not None:
            return True
        return self.name.kind in ("network", "service") and self.olds.get("name") == self.news.get("name")

    @property
    def id(self) -> str:
        """Its id, as its handler gave it."""
        inputs = self.olds or self.news
        return str(inputs["baseName" if self.name.kind in ("config", "secret") else "name"])


def children(
    request: Request, run: Run, handlers: Mapping[str, Handler], olds: Json, news: Json, state: Json
) -> list[Child]:
    """Return every child of old and new inputs, networks first and services last.

    Args:
        request: which Release.
        run: what the resources of this run share.
        handlers: by kind.
        olds: the inputs in the state.
        news: the new inputs.
        state: the outputs in the state.
    """
    states = state.get(CHILDREN) or {}
    olds, news = (with_names_of_new(inputs, states) for inputs in (olds, news))
    renamed = _renamed(olds, news)
    gone = {before for before, _ in renamed.values()}

    def child(name: Name) -> Child:
        before, key = renamed.get(name, (name, None))
        asked = request_of(request, name, handlers[name.kind].resource)
        return Child(
            name, asked, run, handlers[name.kind], inputs_of(olds, before), inputs_of(news, name),
            states.get(before.text) or {}, key,
        )  # fmt: skip

    return [child(name) for name in names(olds, news) if name not in gone]


def with_names_of_new(inputs: Json, states: Json) -> Json:
    """Return the inputs of a Release with what services refer to under the names that secrets have got by now.

    Check cannot know the name of a new one, so a service refers to its base until the next run.

    Args:
        inputs: in the state, or new.
        states: the outputs of the children in the state.
    """
    made = {
        one["baseName"]: states[name.text]["name"]
        for name, one in ((Name("secret", key), one) for key, one in _map(inputs, "secret").items())
        if "name" not in one and "name" in (states.get(name.text) or {})
    }
    if not made:
        return inputs
    return {**inputs, "services": {key: _referring(one, made) for key, one in _map(inputs, "service").items()}}


def _referring(service: Json, made: Mapping[str, str]) -> Json:
    entries = service.get("secrets")
    if not isinstance(entries, list):
        return service
    return {
        **service,
        "secrets": [{**one, "source": made[one["source"]]} if at(one, "source") in made else one for one in entries],
    }


def _renamed(olds: Json, news: Json) -> dict[Name, tuple[Name, str]]:
    """Return by the service that takes its place which one goes, and its key."""
    pairs = {Name("service", old): Name("service", new) for old, new in (reveal(news.get("renames")) or {}).items()}
    return {
        new: (old, old.key)
        for old, new in pairs.items()
        if inputs_of(olds, old) and inputs_of(news, new) and not inputs_of(olds, new)
    }


def names(*inputs: Json) -> Iterator[Name]:
    """Yield the children that are in any of these inputs, in the order of `KINDS`."""
    for kind in KINDS:
        keys = dict.fromkeys(key for each in inputs for key in _map(each, kind))
        yield from (Name(kind, key) for key in keys)


def inputs_of(inputs: Json, name: Name) -> Json:
    """Return the inputs of one child; {} where the Release has none of that name."""
    found: Json = _map(inputs, name.kind).get(name.key) or {}
    return found


def _map(inputs: Json, kind: str) -> Json:
    found = inputs.get(f"{kind}s")
    # what has not passed Check has what the user bound to keys under the same names
    return found if isinstance(found, dict) and "stackName" in inputs else {}


def request_of(request: Request, name: Name, resource: Resource) -> Request:
    """Return whom an operation on a child is about: it has the URN that it would have as a child of the Release.

    Args:
        request: the same of the Release.
        name: the child.
        resource: what the child is.
    """
    urn = resource.urn_below(request.urn, name.key)
    return replace(request, urn=urn, name=urn.rpartition("::")[2])


def outputs(stack: str, states: Mapping[Name, Json], inputs: Json) -> Json:
    """Return the outputs of a Release: what people ask for by compose key, and what the next operation needs.

    Args:
        stack: the physical name of the Release.
        states: the outputs of each child that exists.
        inputs: those of the Release.
    """
    shown: Json = {place: {} for place in COMPUTED}
    for name, state in states.items():
        place, key = name.place
        if name.kind == "service":
            shown[place][key] = {key: value for key, value in state.items() if key in _SHOWN}
        else:
            shown[place][key] = state.get("name") or inputs_of(inputs, name).get("name", UNKNOWN)
    return {"stackName": stack, **shown, CHILDREN: {name.text: state for name, state in states.items()}}


_SHOWN: Final = frozenset(DEPLOYED_SERVICE.by_wire)
