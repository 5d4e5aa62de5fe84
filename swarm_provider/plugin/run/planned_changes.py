"""What this run is about to change of the swarm, as far as the forecasts of other resources have to know it.

Check of each resource notes it here, in the program's order: a node label or an availability before the services that
depend on it, and each service with the tasks that it will have.
"""

from __future__ import annotations

import asyncio
from typing import Any

from swarm_provider.core import Json
from swarm_provider.plan.scheduling.forecast import SimulatedCluster, is_placed, live_usages
from swarm_provider.plugin.run.swarm import Swarm


class Planned:
    """The plans of one run."""

    def __init__(self) -> None:
        self._specs: dict[str, Json] = {}
        self._labels: dict[str, dict[str, Any]] = {}
        self._availability: dict[str, Any] = {}
        self._cluster: asyncio.Task[SimulatedCluster] | None = None

    def label(self, node_id: str, key: str, value: Any) -> None:
        """Note that this run sets a label on a node; None: takes it away.

        Args:
            node_id: Docker's id of the node.
            key: the label's key.
            value: the value that the run gives it.
        """
        self._labels.setdefault(node_id, {})[key] = value

    def availability(self, node_id: str, value: Any) -> None:
        """Note that this run makes a node active, paused or drained."""
        self._availability[node_id] = value

    def service(self, name: str, spec: Json) -> None:
        """Note the ServiceSpec that a service will have."""
        self._specs[name] = spec

    async def nodes(self, swarm: Swarm) -> list[Json]:
        """Return the nodes as this run has made them or is about to."""
        return [self._planned(node) for node in await swarm.list("node", allow_stale=True)]

    def _planned(self, node: Json) -> Json:
        spec, id = node["Spec"], node["ID"]
        if id in self._labels:
            own = {**(spec.get("Labels") or {}), **self._labels[id]}
            spec = {**spec, "Labels": {key: value for key, value in own.items() if value is not None}}
        if id in self._availability:
            spec = {**spec, "Availability": self._availability[id]}
        return {**node, "Spec": spec}

    async def is_settled(self, swarm: Swarm, name: str) -> bool:
        """Tell whether a service has a node for all its tasks, and this run changes nothing about the nodes."""
        if self._labels or self._availability:
            return False
        live = await swarm.find("service", name, allow_stale=True)
        return live is not None and is_placed(live["Spec"], await self.cluster(swarm))

    async def cluster(self, swarm: Swarm) -> SimulatedCluster:
        """Return what the scheduler will know: the tasks as they were when this run began, and what it has planned."""
        if self._cluster is None:
            self._cluster = asyncio.create_task(_live_cluster(swarm))
        cluster = await asyncio.shield(self._cluster)
        cluster.nodes = await self.nodes(swarm)
        return cluster

    async def services(self, swarm: Swarm) -> list[Json]:
        """Return the services: those of this run as they will be, the rest as it is."""
        planned = [{"Spec": spec} for spec in self._specs.values()]
        live = await swarm.list("service", allow_stale=True)
        return planned + [item for item in live if item["Spec"]["Name"] not in self._specs]


async def _live_cluster(swarm: Swarm) -> SimulatedCluster:
    kinds = ("service", "task", "network")
    services, tasks, networks = await asyncio.gather(*(swarm.list(kind, allow_stale=True) for kind in kinds))
    drivers = {key: item.get("Driver") or "" for item in networks for key in (item["Id"], item["Name"])}
    return SimulatedCluster([], live_usages(services, tasks, drivers), drivers)
