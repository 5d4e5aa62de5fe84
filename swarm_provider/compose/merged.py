"""What the files of a project say together, in typed form and before anything is converted."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from swarm_provider.compose.common import unsupported
from swarm_provider.compose.common.context import Context
from swarm_provider.compose.common.typed_form import Declared, Service
from swarm_provider.compose.docker.merge import merge_declared, merge_services
from swarm_provider.compose.sections.objects import KINDS, read_declared
from swarm_provider.compose.sections.service import read_service
from swarm_provider.compose.yaml.tree import Map, SourceLocation


@dataclass
class Merged:
    """The files read so far, as one."""

    services: dict[str, Service] = field(default_factory=dict)
    sections: dict[str, dict[str, Declared]] = field(default_factory=lambda: {kind: {} for kind in KINDS})

    @cached_property
    def declared(self) -> dict[str, Any]:
        """What services can refer to, without where it stands and without the paths of files."""
        return {kind: {key: _referred(one) for key, one in found.items()} for kind, found in self.sections.items()}

    def add(self, tree: Map, at: SourceLocation, context: Context) -> None:
        for key, source, place in unsupported.entries(tree, "services", at):
            service = read_service(key, source, place, context)
            self.services[key] = merge_services(self.services[key], service) if key in self.services else service
        for kind, section in KINDS.items():
            found = {
                key: read_declared(kind, key, source, place)
                for key, source, place in unsupported.entries(tree, section, at)
                if not key.startswith("x-") or source is not None
            }
            self.sections[kind] = merge_declared(self.sections[kind], found)


def _referred(declared: Declared) -> tuple[Any, ...]:
    values = {key: value for key, value in declared.values.items() if key != "file"}
    return declared.name, declared.external, values
