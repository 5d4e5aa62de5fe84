"""What a manager would refuse when the objects of a file are created: the rule book, with file and line."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import takewhile
from typing import Final

from swarm_provider.compose.common import unsupported
from swarm_provider.compose.common.typed_form import Declared, Service
from swarm_provider.compose.yaml.tree import Items, Map, SourceLocation, go_text
from swarm_provider.core import Json
from swarm_provider.core.path import parse
from swarm_provider.errors import Problem
from swarm_provider.model.rules import choices, refusals
from swarm_provider.model.types import short_forms

_MOST_PORTS: Final = 2 * short_forms.MOST_PORTS
"""Of all services: one port may be published by several of them in mode host."""


def check(service: Service, inputs: Json) -> None:
    """Note what Swarm would refuse in the inputs of one service."""
    for problem in (*choices.service(inputs), *refusals.service(inputs)):
        _at(service, problem).error(problem.message)


def _at(service: Service, problem: Problem) -> SourceLocation:
    """Return the place of a problem: at the line of the service's own key, as far down as no list is in the way."""
    first, *rest = parse(problem.path)
    if first == "name":
        # the name is made of the stack's and of the service's key
        return service.at
    at = service.place(str(first))
    # positions count what several files may have given
    path = (*at.path, *takewhile(lambda step: isinstance(step, str), rest))
    entry = service.values[str(first)][rest[0]] if first == "volumes" and rest and isinstance(rest[0], int) else Map()
    return SourceLocation(at.report, entry.file or at.file, path, entry.line or at.line)


def check_port_count(trees: Iterable[tuple[Map, SourceLocation]]) -> None:
    """Note that files publish more ports than a swarm has, before each is made an entry of its own."""
    count = 0
    for tree, at in trees:
        for key, service, place in unsupported.entries(tree, "services", at):
            ports = service.get("ports") if isinstance(service, Map) else None
            for entry in ports if isinstance(ports, Items) else ():
                count += short_forms.port_count(str(go_text(entry))) if isinstance(entry, (str, int, float)) else 1
            if count > _MOST_PORTS:
                text = f"with {key!r}, the services publish {count} ports, and no more than {_MOST_PORTS} can be read"
                place.error(f"{text}: Swarm has 65535 of each protocol")
                return


def check_ports(services: Iterable[tuple[Service, Json]]) -> None:
    """Note ports that two services publish."""
    ports = refusals.PublishedPorts()
    for service, inputs in services:
        for problem in ports.claim(service.key, service.key, inputs):
            _at(service, problem).error(problem.message)


def check_object(declared: Declared, name: str) -> None:
    """Note a name that Swarm would refuse for a network, config or secret."""
    if declared.external or declared.kind == "volume":
        return
    for problem in refusals.name(declared.kind, name):
        declared.at.error(problem.message)
