"""Which resource of a run stands for which object: a string, or another resource, finds it before it exists."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import Any

from swarm_provider.errors import InputError


@dataclass
class Claimed:
    """An object that a resource of this run stands for.

    Attributes:
        urn: the resource.
        name: its actual name; UNKNOWN where only the update will tell.
        base: name of the family, or the name again.
        ready: set once the object exists.
        id: its id then, "" before.
        kept: whether Delete of an older self of the resource leaves the object.
    """

    urn: str
    name: Any
    base: str
    ready: asyncio.Event = field(default_factory=asyncio.Event)
    id: str = ""
    kept: bool = False

    def made(self, id: str) -> None:
        """Note that the object exists."""
        self.id = id
        self.kept = True
        self.ready.set()


class Claims:
    """The claims of one run."""

    def __init__(self) -> None:
        self._by_base: dict[tuple[str, str], Claimed] = {}
        self._by_name: dict[tuple[str, str], Claimed] = {}

    def add(self, urn: str, kind: str, base: str, name: Any) -> Claimed:
        """Note that the resource `urn` stands for this object.

        Args:
            urn: the resource.
            kind: the kind of object, as in messages.
            base: name of the family, or the object's name.
            name: the object's name.

        Raises:
            InputError: another resource of this run claimed it before.
        """
        earlier = self._by_base.get((kind, base))
        if earlier is not None and earlier.urn != urn:
            raise InputError(
                f"{kind} {base!r} is claimed by two resources of this program ({earlier.urn} and {urn}); "
                f"rename one of them"
            )
        claimed = earlier or self._by_base.setdefault((kind, base), Claimed(urn, name, base))
        claimed.name = name
        if isinstance(name, str):
            self._by_name[(kind, name)] = claimed
        return claimed

    def find(self, kind: str, name: str) -> Claimed | None:
        """Return the claim on an object by its base name, or by its actual name."""
        exact = self._by_name.get((kind, name))
        return exact if exact is not None and exact.name == name else self.of(kind, name)

    def of(self, kind: str, base: str) -> Claimed | None:
        """Return the claim on an object by its base name."""
        return self._by_base.get((kind, base))
