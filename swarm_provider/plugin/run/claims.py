"""Which resource of a run stands for which object: a string, or another resource, finds it before it exists."""

from __future__ import annotations

import asyncio
from collections.abc import Container
from dataclasses import dataclass, field
from typing import Any

from swarm_provider.core import Json
from swarm_provider.errors import ClaimedTwice
from swarm_provider.model.resources import RELEASE


@dataclass
class Claimed:
    """An object that a resource of this run stands for.

    Attributes:
        urn: the resource.
        name: its actual name; UNKNOWN where only the update will tell.
        base: name of the family, or the name again.
        is_made: whether the object exists.
        id: its id then, "" before.
        kept: whether Delete of an older self of the resource leaves the object.
    """

    urn: str
    name: Any
    base: str
    is_made: bool = False
    id: str = ""
    kept: bool = False
    _ready: asyncio.Event | None = field(default=None, repr=False)
    """There once somebody waits: few do, and a run has thousands of claims."""

    def made(self, id: str) -> None:
        """Note that the object exists."""
        self.id = id
        self.kept = self.is_made = True
        if self._ready is not None:
            self._ready.set()

    async def wait(self) -> None:
        """Wait until the object exists."""
        if not self.is_made:
            self._ready = self._ready or asyncio.Event()
            await self._ready.wait()


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
            ClaimedTwice: another resource of this run claimed it before.
        """
        earlier = self._by_base.get((kind, base))
        if earlier is not None and earlier.urn != urn:
            raise ClaimedTwice(
                f"{kind} {base!r} is claimed by two resources of this program ({earlier.urn} and {urn}); "
                f"{_advice(earlier.urn, urn)}"
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


def _advice(*urns: str) -> str:
    if any(RELEASE.token in urn for urn in urns):
        return "a stack is one Release or one Stack: remove the other, or set its `name`"
    return "rename one of them"


class Found:
    """Inputs and outputs by URN, as they were found in one run."""

    def __init__(self) -> None:
        self._by_urn: dict[str, tuple[Json, Json]] = {}
        self._families: dict[str, str] = {}

    def add(self, urn: str, inputs: Json, outputs: Json) -> None:
        """Note what was found of a resource.

        Args:
            urn: the resource.
            inputs: as Read found them.
            outputs: as Read found them.
        """
        self._by_urn[urn] = inputs, outputs
        if "familyId" in inputs:
            self._families[str(inputs["familyId"])] = urn

    def forget(self, urn: str) -> None:
        """Note that it is gone."""
        self._by_urn.pop(urn, None)

    def of(self, urn: str) -> tuple[Json, Json]:
        """Return inputs and outputs, nothing of either where none were found."""
        return self._by_urn.get(urn, ({}, {}))

    def of_family(self, heir: Json, own: Container[str]) -> Json:
        """Return the inputs of the resource that stood for a family until now, {} where none was found.

        Args:
            heir: inputs of the resource that stands for it from now on.
            own: that one, and all that the program has still.
        """
        before = self._families.get(str(heir["familyId"]), "")
        inputs, _ = self.of(before)
        return inputs if before not in own and inputs.get("baseName") == heir["baseName"] else {}
