"""The removal of old versions of families, when nobody needs them any more (plan/families/pruning.py says which)."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping, Sequence
from contextvars import ContextVar
from dataclasses import dataclass

from swarm_provider.batch import Batch
from swarm_provider.core import Json, labels
from swarm_provider.errors import Conflict, NotFound, SwarmProviderError
from swarm_provider.plan.facts.tasks import by_service
from swarm_provider.plan.families import naming
from swarm_provider.plan.families.pruning import USERS, Users, is_due, prunable, references, retired, undecided
from swarm_provider.rollout.interfaces import Swarm
from swarm_provider.rollout.retry import update_with_retry

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

    def tell(self, error: BaseException) -> None:
        """Warn its caller of what stays."""
        if self.warn is not None:
            self.warn(f"old versions of a {self.kind} were not deleted; the next `pulumi up` retries: {error}")


_DEFERRED: ContextVar[list[_Wish] | None] = ContextVar("_DEFERRED", default=None)


@contextlib.contextmanager
def deferred() -> Iterator[Callable[[Pruner], Awaitable[None]]]:
    """Gather what is asked for inside; nothing goes until what this gives is called with the pruner."""
    wishes: list[_Wish] = []
    token = _DEFERRED.set(wishes)

    async def grant(pruner: Pruner) -> None:
        _DEFERRED.set(None)
        await pruner.grant(wishes)

    try:
        yield grant
    finally:
        _DEFERRED.reset(token)


class Pruner:
    """The pruning for whoever asks: while one pass is on its way, the next wishes gather and share one.

    So a run that rotates hundreds of configs lists the swarm's objects a few times, not hundreds of times.
    A version that a service took up in the meantime is refused by the daemon, and stays. Any other failure goes to the
    caller's `warn`: what was deployed is not worse for it, and the next `up` finds what is left.
    """

    def __init__(self, swarm: Swarm) -> None:
        self._swarm = swarm
        self._asked = Batch(self._granted)

    async def prune(self, kind: str, family: str, *, reusable: bool = True, warn: Warn | None = None) -> list[str]:
        """Remove the versions of one family that may go now (`reusable` as in prunable); return their names.

        Args:
            kind: `config` or `secret`.
            family: id of the family.
            reusable: as for `prunable`.
            warn: is told what stays.
        """
        (names,) = await self._ask([_Wish(kind, frozenset({family}), frozenset(), reusable, warn)]) or [[]]
        return names

    async def prune_families_of(self, specs: Iterable[Json | None], *, warn: Warn | None = None) -> None:
        """Prune every family that one of these service specs refers to."""
        known = [spec for spec in specs if spec]
        wishes = []
        for kind in ("config", "secret"):
            names = frozenset(
                name
                for name in set[str]().union(*(references(spec, kind) for spec in known))
                if self._may_be_due(self._swarm.lately(kind, naming.by_name, name))
            )
            if names:
                wishes.append(_Wish(kind, frozenset(), names, True, warn))
        await self._ask(wishes)

    @staticmethod
    def _may_be_due(own: Sequence[Json]) -> bool:
        """Tell whether a family may have a version too many; `own` as a recent list has it, the current one first."""
        return not own or is_due(own[1:], naming.keep_previous(own[0]))

    async def grant(self, wishes: Iterable[_Wish]) -> None:
        """Do what was deferred."""
        await asyncio.gather(*map(self._asked, wishes))

    async def _ask(self, wishes: Sequence[_Wish]) -> list[list[str]]:
        later = _DEFERRED.get()
        if later is None:
            return await asyncio.gather(*map(self._asked, wishes))
        later += wishes
        return []

    async def _granted(self, wishes: Sequence[_Wish]) -> list[list[str]]:
        try:
            return await self._pass(wishes)
        except SwarmProviderError as error:
            for wish in wishes:
                wish.tell(error)
            return [[] for _ in wishes]

    async def _pass(self, wishes: Sequence[_Wish]) -> list[list[str]]:
        """Remove what may go; return for each wish the names of what went."""
        kinds = sorted({wish.kind for wish in wishes})
        listed = await asyncio.gather(*(self._swarm.list(kind, bypass_cache=True) for kind in kinds))
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
            return [[] for _ in wishes]
        users = await self._users(kinds)
        tasks: Mapping[str, Sequence[Json]] = {}
        if any(
            undecided(own, users[kind]) and (prunable(own, users[kind]) or retired(own, users[kind]))
            for (kind, _), own in several.items()
        ):
            # in this order: an update that begins in between shows in its status
            tasks = by_service(await self._swarm.list("task", bypass_cache=True))
            users = await self._users(kinds)
        going = {
            wish: [
                item
                for id in sorted(ids)
                for item in prunable(several.get((wish.kind, id), []), users[wish.kind], tasks, reusable=wish.reusable)
            ]
            for wish, ids in wanted.items()
        }
        # two wishes may want the same one gone
        each = {item["ID"]: (wish.kind, item) for wish, items in going.items() for item in items}
        removing = [self._removed(kind, item) for kind, item in each.values()]
        removed = dict(zip(each, await asyncio.gather(*removing, return_exceptions=True), strict=True))
        for wish, ids in wanted.items():
            left = [
                item
                for id in sorted(ids)
                for item in retired(several.get((wish.kind, id), []), users[wish.kind], tasks)
                if not isinstance(removed.get(item["ID"]), str)
            ]
            _names(
                wish, await asyncio.gather(*(self._retired(wish.kind, item) for item in left), return_exceptions=True)
            )
        return [_names(wish, [removed[item["ID"]] for item in going[wish]]) for wish in wishes]

    async def _users(self, kinds: Iterable[str]) -> dict[str, Users]:
        services = await self._swarm.list("service", bypass_cache=True)
        return {kind: Users(kind, services) for kind in kinds}

    async def _retired(self, kind: str, item: Json) -> None:
        """Take the users' labels from a version that stays, so that who looks for them finds one version."""

        def change(live: Json) -> Json | None:
            own = live["Spec"].get("Labels") or {}
            theirs = labels.users(own)
            rest = {key: value for key, value in own.items() if key not in theirs}
            return {**live["Spec"], "Labels": rest} if theirs else None

        with contextlib.suppress(NotFound):
            await update_with_retry(self._swarm, kind, item["ID"], change)

    async def _removed(self, kind: str, item: Json) -> str | None:
        try:
            await self._swarm.remove(kind, item["ID"])
        except (Conflict, NotFound):
            return None
        return naming.object_name(item)


def _known(families: Mapping[str, str], names: Iterable[str]) -> set[str]:
    return {families[name] for name in names if name in families}


def _names(wish: _Wish, results: Sequence[str | BaseException | None]) -> list[str]:
    """Return the names of what was removed, and tell of the first failure."""
    failures = [result for result in results if isinstance(result, BaseException)]
    if failures:
        wish.tell(failures[0])
    return [result for result in results if isinstance(result, str)]


async def superseded(swarm: Swarm, kind: str, own: Sequence[Json]) -> list[Json]:
    """Return the versions of a family that nobody needs now, by the shared lists.

    Args:
        swarm: the connection.
        kind: the kind of object.
        own: the family's versions, the current one first.
    """
    if len(own) < 2:
        return []
    users = await swarm.view("service", USERS[kind])
    found = prunable(own, users)
    if not found or not undecided(own, users):
        return found
    return prunable(own, users, await swarm.view("task", by_service))
