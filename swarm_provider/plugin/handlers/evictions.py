"""What a resource that changes nodes evicts, said at preview."""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import Any

from swarm_provider.core import Json
from swarm_provider.plan.change.sentences import Eviction, describe
from swarm_provider.plan.scheduling.evictions import evictions
from swarm_provider.plugin.run.run import Run


async def tell(
    run: Run, urn: str, what: str, ids: Collection[str], back: Callable[[Json, Json], Json], *, strict: Any
) -> None:
    """Say which tasks leave because of a change that Check has noted, and warn of what is lost by it.

    Args:
        run: what the resources of this run share.
        urn: the resource that changes the nodes.
        what: the change in words, such as `draining n2`; nothing is said where nothing leaves.
        ids: the nodes that change.
        back: takes a node's Spec as it is and as it will be, and returns the latter without this change.
        strict: whether warnings are errors; None: the provider's setting.

    Raises:
        InputError: something is lost, with `strict`.
    """
    session = run.session
    swarm = await session.swarm()
    live = {node["ID"]: node["Spec"] for node in await swarm.list("node")}
    cluster = await run.planned.cluster(swarm)
    before = [
        {**node, "Spec": back(live[node["ID"]], node["Spec"])} if node["ID"] in ids else node for node in cluster.nodes
    ]
    specs = {item["Spec"]["Name"]: item["Spec"] for item in await run.planned.services(swarm)}
    found = evictions(cluster, before, cluster.nodes, specs)
    if not found.counts:
        return
    session.log.info(urn, describe(Eviction(what, found.counts)))
    for warning in found.warnings:
        session.warn(urn, warning, strict=strict)
