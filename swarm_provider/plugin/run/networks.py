"""Names of the networks that live services refer to by id."""

from __future__ import annotations

import functools

from swarm_provider.core import Json
from swarm_provider.plugin.run.run import Run
from swarm_provider.plugin.run.swarm import Swarm


async def network_names(run: Run, swarm: Swarm, spec: Json) -> dict[str, str]:
    """Return the names of networks by id, with all those that the ServiceSpec refers to.

    Args:
        run: what the resources of this run share.
        swarm: the connection.
        spec: the spec that will be sent.
    """
    names = await swarm.view("network", _by_id, allow_stale=True)
    attached = (spec.get("TaskTemplate") or {}).get("Networks") or spec.get("Networks") or []
    known = await swarm.view("network", _names, allow_stale=True)
    unlisted: dict[str, str] = {}
    for target in [entry.get("Target", "") for entry in attached]:
        if target and target not in names and target not in known:
            unlisted[target] = await run.unlisted_networks(target, functools.partial(_name, swarm, target))
    return {**names, **unlisted} if unlisted else names


def _by_id(networks: list[Json]) -> dict[str, str]:
    return {item["Id"]: item["Name"] for item in networks}


def _names(networks: list[Json]) -> set[str]:
    return {item["Name"] for item in networks}


async def _name(swarm: Swarm, target: str) -> str:
    live = await swarm.inspect("network", target)
    return str(live["Name"]) if live is not None else target
