"""Reaching a swarm by its id, not by its address alone: what answers at an address may be another one by now."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import asdict, fields, replace

from swarm_provider.dockerapi import ConnectionSettings, Endpoint, Swarm, TlsFiles, connect, endpoints
from swarm_provider.errors import ConnectionFailed, InputError, Problem, SwarmLost
from swarm_provider.plan.ownership.swarm_identity import Cluster, lost
from swarm_provider.plugin.run.settings import Settings

_WAY_OUT = (
    "if its address has changed, configure the new one and run `pulumi up --run-program`; if it is gone for good, "
    "give up what is there with SWARM_DELETE_UNREACHABLE=true (docs/clusters.md)"
)


class Ways:
    """The ways to the swarm of a provider: its settings, or where it was last reached; and to its nodes' daemons.

    Args:
        connected: a connection to the swarm that is there already.
    """

    def __init__(self, settings: Settings, connected: Swarm | None = None) -> None:
        self._settings = settings
        self._connected = connected

    async def swarm(self) -> Swarm:
        """Connect to the swarm, as `reach`."""
        settings = self._settings
        if self._connected is not None:
            return self._connected
        if settings.cluster is None:
            return await connect(settings.connection)
        return await reach(settings.connection, settings.cluster, may_fail=settings.offline_preview)

    async def node(self, host: str) -> Swarm:
        """Connect to the daemon of one node, with the other settings of the provider."""
        return await connect(replace(self._settings.connection, host=host, hosts=(), context=None), manager=False)


def seen(swarm: Swarm) -> Cluster:
    """Return what a state keeps of a swarm that was reached."""
    peer = swarm.peer
    tls = peer.transport.endpoint.tls
    return Cluster(peer.cluster_id, swarm.name, peer.machine, peer.managers, None if tls is None else asdict(tls))


def where(connection: ConnectionSettings) -> ConnectionSettings:
    """Return only what decides which swarm the settings lead to."""
    return replace(connection, registry_auth=(), api_version=None)


def straight_to(connection: ConnectionSettings, cluster: Cluster) -> ConnectionSettings:
    """Return settings that lead to the manager through which a swarm was last reached."""
    known = [entry.name for entry in fields(TlsFiles)]
    files = cluster.tls and {key: value for key, value in cluster.tls.items() if key in known}
    tls = TlsFiles(**files) if files else connection.tls
    return replace(connection, host=cluster.address, hosts=(), context=None, tls=tls)


async def reach(connection: ConnectionSettings, cluster: Cluster, *, may_fail: bool = False) -> Swarm:
    """Connect to this very swarm: by the settings, else where it was last reached.

    Args:
        connection: where Docker is.
        cluster: the swarm to find.
        may_fail: with settings that lead to no swarm at all, do not look further.

    Raises:
        SwarmLost: there is a new one in its place.
        ConnectionFailed: it cannot be reached, with what to do about it.
    """
    direct = straight_to(connection, cluster)
    if not cluster.id:
        # a state from before there were ids: it says an address, and no more
        return await connect(direct)
    failures: list[str] = []
    for way in (connection,) if leads_to(connection, cluster) else (connection, direct):
        try:
            return await connect(way, cluster_id=cluster.id)
        except (ConnectionFailed, InputError) as error:
            if may_fail and await _look_at(connection) is None:
                raise
            failures.append(str(error))
    found = await _look_at(direct)
    if found is not None and cluster.is_lost_to(found):
        raise SwarmLost(lost(cluster, found))
    raise ConnectionFailed(f"{'; '.join(failures)}. This stack lives on swarm {cluster}; {_WAY_OUT}")


def leads_to(connection: ConnectionSettings, cluster: Cluster) -> bool:
    """Tell whether the settings name the address at which a swarm was last reached."""
    return cluster.address in [endpoint.url for endpoint in _endpoints(connection)]


def astray(connection: ConnectionSettings, cluster: Cluster) -> str:
    """Say that a run works on this swarm although the settings name another address, "" where they name its own."""
    named = _endpoints(connection)
    if not named or leads_to(connection, cluster):
        return ""
    return f"using swarm {cluster}, where the stack lives, and not {named[0]} ({named[0].origin})"


async def look(connection: ConnectionSettings, known: Cluster | None, *, thorough: bool) -> Swarm:
    """Connect to the swarm that the settings lead to.

    Args:
        connection: where Docker is.
        known: the swarm that the state lives on, if it says so.
        thorough: whether to ask every one of several hosts, not only when the swarm is not the known one.

    Raises:
        ConnectionFailed: there is none.
        InputError: the hosts are managers of several swarms.
    """
    swarm = await connect(connection)
    if len(connection.hosts) > 1 and (thorough or (known is not None and known.id != swarm.cluster_id)):
        try:
            await _refuse_several(connection, seen(swarm))
        except InputError:
            await swarm.close()
            raise
    return swarm


async def _refuse_several(connection: ConnectionSettings, first: Cluster) -> None:
    others = [host for host in connection.hosts if host.strip() != first.address]
    found = await asyncio.gather(*(_look_at(replace(connection, host=host, hosts=())) for host in others))
    for other in found:
        if other is not None and other.id != first.id:
            text = f"these are managers of two swarms, {first} and {other}; list the managers of one swarm"
            raise InputError(Problem(text, "hosts"))


async def _look_at(connection: ConnectionSettings) -> Cluster | None:
    """Return the swarm at an address, whichever it is; None when there is none."""
    try:
        swarm = await connect(connection)
    except (ConnectionFailed, InputError):
        return None
    found = seen(swarm)
    await swarm.close()
    return found


def _endpoints(connection: ConnectionSettings) -> Sequence[Endpoint]:
    try:
        return endpoints(connection)
    except InputError:
        return ()
