"""One run of a Release: children in the order of their references, then what left the files."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from typing import Final

from swarm_provider.core import Json
from swarm_provider.core.path import Path
from swarm_provider.errors import RolloutFailed, SwarmProviderError
from swarm_provider.plan.change.request_spec import ports_that_move, share_ports
from swarm_provider.plugin.handlers.release.children import Child, Name
from swarm_provider.plugin.handlers.release.progress import Status
from swarm_provider.plugin.handlers.release.rollback import snapshot, way_back
from swarm_provider.plugin.protocol.operations import PartialFailure
from swarm_provider.plugin.run.phases import Phase
from swarm_provider.plugin.run.session import Session
from swarm_provider.rollout.prune import deferred

AT_ONCE: Final = 64
"""Most services of a Release that are deployed at a time."""


class Deployment:
    """One deployment of a Release: its children become what is asked for.

    Attributes:
        states: the outputs of each child that exists.
        inputs: those by which each of them was made, or changed last.
    """

    def __init__(
        self,
        session: Session,
        urn: str,
        children: Sequence[Child],
        depends_on: Mapping[str, Sequence[str]],
        differing: Mapping[Path, bool],
    ) -> None:
        """
        Args:
            session: the connections, and how to speak to the person.
            urn: the Release.
            children: those of the old and of the new inputs.
            depends_on: the services that come before a service, by key.
            differing: places of the children that differ, each with whether another object takes the place of the old
                one; a child that does not differ, and is settled, is left alone.
        """
        self._session = session
        self._urn = urn
        self._children = children
        self._depends_on = depends_on
        self._differing = differing
        self.states: dict[Name, Json] = {child.was: child.state for child in children if child.olds}
        self.inputs: dict[Name, Json] = {child.was: child.olds for child in children if child.olds}
        self._failed: dict[Name, Sequence[str]] = {}
        services = [child for child in children if child.news and child.name.kind == "service"]
        self._status = Status(len(services), sum(not self._is_to_be_made(child) for child in services))
        self._begun: set[Name] = set()

    async def run(self, *, rollback: bool) -> list[str]:
        """Do it; return why it could not be done to the end, one line each.

        Args:
            rollback: when a child fails, everything returns to what was there before.

        Raises:
            RolloutFailed: with `rollback`, once everything is back, and the state what it was: the cause, and what was
                returned. What could not be returned has to stand in the state, so that is no such error.
        """
        before = await snapshot(await self._session.swarm(), self._children) if rollback else None
        wanted = [child for child in self._children if child.news and self._is_to_be_made(child)]
        gone = [child for child in self._children if not child.news]
        self._session.log.sum_up(self._urn, self._status.of)
        with deferred() as prune:
            first = _once([*_in_the_way(gone, wanted), *self._users_of_networks_that_go(gone, wanted)])
            await self._remove(first)
            if not self._failed:
                await self._make([child for child in wanted if child.name.kind != "service"], {})
            if not self._failed:
                services = [child for child in wanted if child.name.kind == "service"]
                await self._make(services, with_ports_freed(services, self._depends_on))
            if self._failed and before is not None and not self._session.cancelled.is_set():
                told, left = await way_back(self._session, before, self._begun)
                if not left:
                    raise RolloutFailed([*self._reasons(), *told])
                self._are_back(self._begun - {*left})
                return [*self._reasons(), *told]
            if not self._failed:
                await self._remove([child for child in gone if child not in first])
                outdated = [
                    child for child in wanted if self._differing.get(child.name.place) and not child.is_in_its_own_way
                ]
                await remove(outdated, {}, lambda child: self._tried(child, lambda: _remove(child)))
            if not self._failed:
                await prune(await self._session.pruner())
        return self._reasons()

    def _users_of_networks_that_go(self, gone: Sequence[Child], wanted: Sequence[Child]) -> list[Child]:
        replaced = [child for child in wanted if self._differing.get(child.name.place) and child.is_in_its_own_way]
        going = {child.olds["name"] for child in replaced if child.name.kind == "network"}
        return [
            child for child in (*gone, *replaced) if going & {one["name"] for one in child.olds.get("networks") or ()}
        ]

    def _is_to_be_made(self, child: Child) -> bool:
        return not child.is_settled or child.name.place in self._differing

    def _reasons(self) -> list[str]:
        return [f"{name}: {reason}" for name, reasons in self._failed.items() for reason in reasons]

    async def _make(self, children: Sequence[Child], depends_on: Mapping[str, Sequence[str]]) -> None:
        done: dict[str, asyncio.Event] = {child.name.key: asyncio.Event() for child in children if depends_on}
        turn = asyncio.Semaphore(AT_ONCE)

        async def one(child: Child) -> None:
            try:
                for key in depends_on.get(child.name.key, ()):
                    if key in done:
                        await done[key].wait()
                async with turn:
                    if not self._failed:
                        await self._tried(child, lambda: self._make_one(child))
                        self._ended(child)
            finally:
                if child.name.key in done:
                    done[child.name.key].set()

        await asyncio.gather(*map(one, children))

    def _are_back(self, names: Collection[Name]) -> None:
        for child in self._children:
            if child.name in names:
                self._forget(child.name)
                if child.olds:
                    self._note(child.was, child.olds, child.state)

    def _note(self, name: Name, inputs: Json, state: Json) -> None:
        self.inputs[name], self.states[name] = inputs, state

    def _forget(self, name: Name) -> None:
        self.inputs.pop(name, None)
        self.states.pop(name, None)

    def _ended(self, child: Child) -> None:
        if child.name.kind == "service":
            text = self._status.ended(str(child.name), well=child.name not in self._failed)
            self._session.log.status(self._urn, text)

    async def _make_one(self, child: Child) -> None:
        self._begun.add(child.name)
        replaced = self._differing.get(child.name.place, False)
        if replaced and child.is_in_its_own_way and child.was in self.states:
            await self._remove_one(child)
        with child.during(Phase.APPLY):
            if child.olds and not replaced:
                made = await child.handler.update(
                    child.request, child.id, child.olds, child.news, child.state, preview=False
                )
            else:
                _, made = await child.handler.create(child.request, child.news, preview=False)
        self._note(child.name, child.news, made)

    async def _remove(self, children: Sequence[Child]) -> None:
        await remove(children, {}, lambda child: self._tried(child, lambda: self._remove_one(child)))

    async def _remove_one(self, child: Child) -> None:
        self._begun.add(child.name)
        await _remove(child)
        self._forget(child.was)

    async def _tried(self, child: Child, what: Callable[[], Awaitable[None]]) -> None:
        try:
            await what()
        except PartialFailure as failure:
            self._note(child.name, failure.inputs or child.news, failure.outputs)
            self._failed[child.name] = failure.reasons
        except SwarmProviderError as error:
            self._failed[child.name] = error.parts


async def _remove(child: Child) -> None:
    with child.during(Phase.DELETE):
        await child.handler.delete(child.request, child.id, child.olds, child.state)


def _once(children: Sequence[Child]) -> list[Child]:
    return list({child.name: child for child in children}.values())


def _in_the_way(gone: Sequence[Child], wanted: Sequence[Child]) -> list[Child]:
    """Return the services that left the files and hold a port that another one is to publish."""
    taking = [child for child in wanted if child.name.kind == "service"]
    services = [child for child in gone if child.name.kind == "service"]
    return [child for child in services if any(share_ports(child.olds, other.news) for other in taking)]


def with_ports_freed(services: Sequence[Child], depends_on: Mapping[str, Sequence[str]]) -> Mapping[str, Sequence[str]]:
    """Return what services wait for, those that take a port of another one included: Swarm gives it to one at a time.

    Where the one that gives it up depends on the one that takes it, the port decides; both run in the end.

    Args:
        services: those that are deployed.
        depends_on: the services that come before a service, by key.
    """
    moving = ports_that_move(
        {child.name.key: child.olds for child in services}, {child.name.key: child.news for child in services}
    )
    result = {key: list(needs) for key, needs in depends_on.items()}
    for key, ports in moving.items():
        for taker in set(ports.values()):
            result[key] = [need for need in result.get(key, ()) if taker not in _reached(result, need)]
            result.setdefault(taker, []).append(key)
    return result


def _reached(depends_on: Mapping[str, Sequence[str]], start: str) -> set[str]:
    """Return a service and all that it waits for."""
    found, open_ends = set[str](), [start]
    while open_ends:
        key = open_ends.pop()
        if key not in found:
            found.add(key)
            open_ends += depends_on.get(key, ())
    return found


async def remove(
    children: Sequence[Child],
    depends_on: Mapping[str, Sequence[str]],
    how: Callable[[Child], Awaitable[None]] = _remove,
) -> None:
    """Remove children of a Release: services after those that depend on them, then networks, then the rest.

    Args:
        children: those to remove.
        depends_on: the services that a service needs, by key.
        how: removes one.
    """
    services = {child.name.key: child for child in children if child.name.kind == "service"}
    users = {
        key: [other for other, needs in depends_on.items() if key in needs and other in services] for key in services
    }
    tasks: dict[str, asyncio.Task[None]] = {}

    async def gone(child: Child) -> None:
        await asyncio.gather(*(asyncio.shield(tasks[user]) for user in users[child.name.key]))
        await how(child)

    # tasks begin once all of them are known
    tasks |= {key: asyncio.ensure_future(gone(child)) for key, child in services.items()}
    await asyncio.gather(*tasks.values())
    for kinds in (("network",), ("config", "secret")):
        await asyncio.gather(*(how(child) for child in children if child.name.kind in kinds))
