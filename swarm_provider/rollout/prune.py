"""Remove old versions of families, when nobody needs them any more. What may go is decided in plan/pruning.py."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from swarm_provider.errors import Conflict, NotFound, SwarmProviderError
from swarm_provider.plan import naming
from swarm_provider.plan.pruning import USERS, Users, prunable, references, undecided
from swarm_provider.plan.tasks import by_service
from swarm_provider.rollout.ports import Swarm
from swarm_provider.spec import Json

Warn = Callable[[str], None]
"""Takes one line about what stays."""


@dataclass(eq=False)
class _Wish:
    """One caller, and what it wants cleaned up.

    Attributes:
        names: names of versions, for the families that they are of.
    """

    kind: str
    families: frozenset[str]
    names: frozenset[str]
    reusable: bool
    warn: Warn | None
    removals: list[asyncio.Task[str | None]] = field(default_factory=list)
    done: asyncio.Future[list[str]] = field(default_factory=lambda: asyncio.get_running_loop().create_future())


class Pruner:
    """Cleans up for everybody who asks: while one pass is on its way, the next wishes gather and share one.

    So a run that rotates hundreds of configs lists the swarm's objects a few times, not hundreds of times.
    A version that a service took up in the meantime is refused by the daemon, and stays. Any other failure goes to the
    caller's `warn`: what was deployed is not worse for it, and the next `up` finds what is left.
    """

    def __init__(self, swarm: Swarm) -> None:
        self._swarm = swarm
        self._wishes: list[_Wish] = []
        self._working: asyncio.Task[None] | None = None

    async def prune(self, kind: str, family: str, *, reusable: bool = True, warn: Warn | None = None) -> list[str]:
        """Remove the versions of one family that may go now (`reusable` as in prunable); return their names."""
        return await self._asked(_Wish(kind, frozenset({family}), frozenset(), reusable, warn))

    async def prune_families_of(self, specs: Iterable[Json | None], *, warn: Warn | None = None) -> None:
        """Prune every family that one of these service specs refers to."""
        known = [spec for spec in specs if spec]
        wishes = []
        for kind in ("config", "secret"):
            names = frozenset().union(*(references(spec, kind) for spec in known))
            if names:
                wishes.append(_Wish(kind, frozenset(), names, True, warn))
        await asyncio.gather(*map(self._asked, wishes))

    async def _asked(self, wish: _Wish) -> list[str]:
        self._wishes.append(wish)
        if self._working is None or self._working.done():
            self._working = asyncio.create_task(self._work())
        return await wish.done

    async def _work(self) -> None:
        while self._wishes:
            wishes, self._wishes = self._wishes, []
            try:
                await self._pass(wishes)
            except SwarmProviderError as error:
                for wish in wishes:
                    _tell(wish, error)
            except Exception as error:
                # a fault of ours must not leave callers waiting for ever
                for wish in wishes:
                    if not wish.done.done():
                        wish.done.set_exception(error)
            for wish in wishes:
                if not wish.done.done():
                    wish.done.set_result([])

    async def _pass(self, wishes: Sequence[_Wish]) -> None:
        kinds = sorted({wish.kind for wish in wishes})
        listed = await asyncio.gather(*(self._swarm.list(kind, fresh=True) for kind in kinds))
        families = {kind: naming.by_family(items) for kind, items in zip(kinds, listed, strict=True)}
        by_name = {
            kind: {naming.object_name(item): id for id, own in of_kind.items() for item in own}
            for kind, of_kind in families.items()
        }
        wanted = {wish: wish.families | _known(by_name[wish.kind], wish.names) for wish in wishes}
        several = {
            (kind, id): families[kind][id]
            for kind, id in {(wish.kind, id) for wish, ids in wanted.items() for id in ids}
            if len(families[kind].get(id, ())) > 1
        }
        if not several:
            return
        users = await self._users(kinds)
        tasks: Mapping[str, Sequence[Json]] = {}
        if any(undecided(own, users[kind]) and prunable(own, users[kind]) for (kind, _), own in several.items()):
            # in this order: an update that begins in between shows in its status
            tasks = by_service(await self._swarm.list("task", fresh=True))
            users = await self._users(kinds)
        removals: dict[str, asyncio.Task[str | None]] = {}
        for wish, ids in wanted.items():
            for own in (several[wish.kind, id] for id in sorted(ids) if (wish.kind, id) in several):
                for item in prunable(own, users[wish.kind], tasks, reusable=wish.reusable):
                    if item["ID"] not in removals:
                        removals[item["ID"]] = asyncio.create_task(self._removed(wish.kind, item))
                    wish.removals.append(removals[item["ID"]])
        if removals:
            await asyncio.wait(removals.values())
        for wish in wishes:
            _conclude(wish)

    async def _users(self, kinds: Iterable[str]) -> dict[str, Users]:
        services = await self._swarm.list("service", fresh=True)
        return {kind: Users(kind, services) for kind in kinds}

    async def _removed(self, kind: str, item: Json) -> str | None:
        try:
            await self._swarm.remove(kind, item["ID"])
        except (Conflict, NotFound):
            return None
        return naming.object_name(item)


def _known(families: Mapping[str, str], names: Iterable[str]) -> set[str]:
    return {families[name] for name in names if name in families}


def _conclude(wish: _Wish) -> None:
    """Give a wish the names of what was removed, and tell of the first failure."""
    failures = [error for task in wish.removals if (error := task.exception()) is not None]
    if failures:
        _tell(wish, failures[0])
    if not wish.done.done():
        wish.done.set_result([name for task in wish.removals if task.exception() is None and (name := task.result())])


def _tell(wish: _Wish, error: BaseException) -> None:
    if wish.warn is not None:
        wish.warn(f"old versions of a {wish.kind} stay, the next up removes them: {error}")


async def superseded(swarm: Swarm, kind: str, own: Sequence[Json]) -> list[Json]:
    """Return the versions of a family that nobody needs now, by the shared lists.

    Args:
        own: the family's versions, the current one first.
    """
    if len(own) < 2:
        return []
    users = await swarm.view("service", USERS[kind])
    found = prunable(own, users)
    if not found or not undecided(own, users):
        return found
    return prunable(own, users, await swarm.view("task", by_service))
