"""Objects by name, id or label, as they are now: who asks while others are answered shares the next call with them."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable, Hashable, Mapping, Sequence
from typing import Any, Final, TypeVar

from swarm_provider.batch import Batch
from swarm_provider.core import Json
from swarm_provider.dockerapi.calls import Calls
from swarm_provider.dockerapi.kinds import Listing, kind_of

OF_ONE_CALL: Final = 50
"""Names or ids: they stand in its address."""
FEW_VALUES: Final = 4
"""Values of a label that are worth a call each; of more of them, one call brings all that there are."""
A = TypeVar("A")


class Questions:
    """What is asked of one swarm."""

    def __init__(self, calls: Calls) -> None:
        self._calls = calls
        self._batches: dict[Hashable, Batch[str, Any]] = {}

    async def by_id(self, kind: str, id: str) -> Json | None:
        """Return the object of exactly this whole id."""

        async def answer(ids: Sequence[str]) -> list[Json | None]:
            found = {kind_of(kind).id_of(item): item for item in await self._filtered(kind, {"id": ids})}
            return [found.get(id) for id in ids]

        return await self._asked((kind, "id"), id, answer, OF_ONE_CALL)

    async def by_name(self, kind: str, name: str) -> Json | None:
        """Return the object of exactly this name or id, of a kind whose list can be narrowed by name.

        Raises:
            Conflict: several nodes have this hostname.
        """

        async def answer(names: Sequence[str]) -> list[Listing]:
            operation = f"inspect {kind} {names[0]!r}" if len(names) == 1 else f"inspect {len(names)} {kind}s"
            return [Listing(kind, await self._filtered(kind, {"name": names}, operation))] * len(names)

        return (await self._asked((kind, "name"), name, answer, OF_ONE_CALL)).exact(name)

    async def by_label(self, kind: str, label: str, value: str) -> list[Json]:
        """Return the objects with this value of a label: a small answer in a large swarm.

        Args:
            kind, label, value: the kind of object, and the label's key and value.
        """

        async def answer(values: Sequence[str]) -> Sequence[list[Json]]:
            if len(values) <= FEW_VALUES:
                return await asyncio.gather(*(self._filtered(kind, {"label": [f"{label}={one}"]}) for one in values))
            found: dict[str, list[Json]] = {}
            for item in await self._filtered(kind, {"label": [label]}):
                own = (item.get("Spec") or item).get("Labels") or {}
                found.setdefault(own.get(label, ""), []).append(item)
            return [found.get(one, []) for one in values]

        return await self._asked((kind, "label", label), value, answer)

    async def _asked(
        self,
        key: Hashable,
        question: str,
        answer: Callable[[Sequence[str]], Awaitable[Sequence[A]]],
        most: int | None = None,
    ) -> A:
        """Return the answer to one question of a sort; the answers of a sort are found alike."""
        if key not in self._batches:
            self._batches[key] = Batch(answer, most)
        found: A = await self._batches[key](question)
        return found

    async def _filtered(self, kind: str, filters: Mapping[str, Sequence[str]], operation: str = "") -> list[Json]:
        how = kind_of(kind)
        answer = await self._calls.read(how.path, operation or f"list {kind}s", {"filters": json.dumps(filters)})
        return how.items(answer.json())
