"""What CheckConfig finds out: which swarm the settings lead to, and whether it is the one that the state lives on."""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from dataclasses import asdict, replace

from swarm_provider.core import Json
from swarm_provider.dockerapi import ConnectionSettings, Swarm, connect, endpoints
from swarm_provider.errors import ConnectionFailed, InputError, SwarmLost, SwarmProviderError
from swarm_provider.model.provider import configuration
from swarm_provider.plan.ownership.swarm_identity import KEY, NOWHERE, Cluster, Record, record_of, succession
from swarm_provider.plugin.run.settings import Settings, settings_from
from swarm_provider.plugin.swarms.reach import look, reach, seen, straight_to, where


class Settled:
    """The answer, for what follows CheckConfig in the same process."""

    def __init__(self) -> None:
        self._problem: SwarmProviderError | None = None
        self._connection: ConnectionSettings | None = None
        self._swarm: Swarm | None = None

    async def check(self, inputs: Json, olds: Json) -> str:
        """Return what the provider's inputs are to say about its swarm. What is wrong is kept for `require`."""
        settings = settings_from(inputs)
        try:
            record, self._swarm = await settle(settings, olds)
            self._connection = settings.connection
        except SwarmProviderError as error:
            # an error of the provider itself is shown with tracebacks of the program
            record, self._problem = known(olds), error
        return NOWHERE if record is None else record.text

    def require(self) -> None:
        """Raise why nothing can be done with these settings."""
        if self._problem is not None:
            raise self._problem

    def connected(self, connection: ConnectionSettings) -> Swarm | None:
        """Return the connection that was made with these very settings."""
        return self._swarm if connection == self._connection else None

    def is_same(self, olds: Json, news: Json) -> bool:
        """Tell whether the provider need not be configured again: the settings are equal and lead to the same swarm."""
        before, after = record_of(olds), record_of(news)
        moved = before is not None and after is not None and before.current.id != after.current.id
        return not moved and self._problem is None and olds | {KEY: None} == news | {KEY: None}


def known(olds: Json) -> Record | None:
    """Return what the provider's old inputs say about the swarm that they lead to, None when there is nothing there."""
    found = record_of(olds)
    # this version has been here and reached no swarm, so it has made nothing
    return found if found is not None or not olds or KEY in olds else Record(before_ids(olds))


async def settle(settings: Settings, olds: Json) -> tuple[Record | None, Swarm | None]:
    """Find out which swarm the settings lead to; return what the state is to say about it, and the connection.

    Args:
        olds: the provider's inputs in the state, {} without a state.

    Raises:
        ConnectionFailed: that swarm, or the one that the state lives on, cannot be asked for its id.
        InputError: the hosts are managers of several swarms.
    """
    old = known(olds)
    changed = not olds or where(_connection(olds)) != where(settings.connection)
    try:
        swarm = await look(settings.connection, old.current if old else None, thorough=changed)
    except ConnectionFailed:
        if settings.offline_preview or settings.delete_unreachable:
            # what needs the swarm says so
            return old, None
        raise
    if old is not None:
        try:
            old = replace(old, current=await identified(old.current, settings, seen(swarm), swarm.addresses))
            if old.current.id != swarm.cluster_id:
                await _refuse_unreachable(settings, old.current)
        except ConnectionFailed:
            await swarm.close()
            raise
    return succession(old, seen(swarm), swarm.addresses), swarm


def before_ids(olds: Json) -> Cluster:
    """Return the swarm of provider inputs from before there were ids: all that is known is the address."""
    try:
        first = endpoints(_connection(olds))[0]
    except InputError as error:
        return Cluster("", f"an address that cannot be read ({error})")
    return Cluster("", first.url, tls=None if first.tls is None else asdict(first.tls))


async def identified(old: Cluster, settings: Settings, here: Cluster, addresses: Sequence[str]) -> Cluster:
    """Return a swarm with its id, which is asked for where the state does not say it.

    Args:
        old: the swarm of the state.
        settings: the present ones.
        here: the swarm that those lead to.
        addresses: those that they name.

    Raises:
        ConnectionFailed: they lead elsewhere, and nobody answers at the old address.
    """
    if old.id:
        return old
    if old.address in addresses:
        return here
    try:
        there = await connect(straight_to(settings.connection, old))
    except (ConnectionFailed, InputError) as error:
        if settings.delete_unreachable:
            return old
        raise ConnectionFailed(
            f"cannot determine whether {here} is the swarm of this stack: the state was written by an earlier version "
            f"and has no swarm id, and its address cannot be reached ({error}). Run `pulumi up` once with the previous "
            f"configuration, or give up what is there with SWARM_DELETE_UNREACHABLE=true (docs/clusters.md)"
        ) from None
    found = seen(there)
    await there.close()
    return found


async def _refuse_unreachable(settings: Settings, old: Cluster) -> None:
    """Refuse to leave a swarm that cannot be reached, before anything is made on the next one.

    Raises:
        ConnectionFailed: what is there could not be removed, and `delete_unreachable` is not set.
    """
    with contextlib.suppress(SwarmLost):
        try:
            await (await reach(straight_to(settings.connection, old), old)).close()
        except ConnectionFailed:
            if not settings.delete_unreachable:
                raise


def _connection(inputs: Json) -> ConnectionSettings:
    return settings_from(configuration(inputs, {})[0]).connection
