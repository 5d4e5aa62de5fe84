"""The typed form: what the sections of one file are read into, merged in docker's dialect, and normalised.

It has compose's keys. What docker cannot tell from an absent key is absent in it.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from swarm_provider.compose.yaml.tree import SourceLocation, prefixed
from swarm_provider.core import Json


@dataclass(frozen=True)
class Dependency:
    """One entry of `depends_on`.

    Attributes:
        condition: `service_started`, `service_healthy` or `service_completed_successfully`.
        required: whether the other service must be there; entries of the short form need not, as in docker.
    """

    condition: str = "service_started"
    required: bool = True


@dataclass
class Service:
    """A service in typed form, with the place of the service and of each of its keys."""

    key: str
    at: SourceLocation
    values: Json = field(default_factory=dict)
    places: dict[str, SourceLocation] = field(default_factory=dict)

    def place(self, key: str) -> SourceLocation:
        """Return where a key stands: in the last file that gives it, else where the service stands."""
        return self.places.get(key) or SourceLocation(self.at.report, self.at.file, (*self.at.path, key), self.at.line)


@dataclass
class Declared:
    """One entry of a top-level section in typed form.

    Attributes:
        kind: `network`, `volume`, `config` or `secret`.
        name: its own name ("" when it has none).
        values: its other keys, in compose's spelling.
    """

    kind: str
    key: str
    at: SourceLocation
    external: bool = False
    name: str = ""
    values: Json = field(default_factory=dict)

    def physical(self, stack: str) -> str:
        """Return the name in the swarm (of a config or secret: the base of its versions' names)."""
        if self.name:
            return self.name
        return self.key if self.external else prefixed(stack, self.key)
