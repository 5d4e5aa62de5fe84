"""Which tasks a change of nodes drives away: a drained node, a label that a constraint asks for. Pure."""

from __future__ import annotations

import copy
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from swarm_provider.core import Json
from swarm_provider.core.values import at
from swarm_provider.plan.scheduling.forecast import Cluster, foresee, sentence, stays


@dataclass(frozen=True)
class Evictions:
    """What leaves.

    Attributes:
        counts: tasks that leave, by the name of their service.
        warnings: what is lost by it: tasks that find no other node, volumes that stay behind.
    """

    counts: Mapping[str, int]
    warnings: Sequence[str] = ()


def evictions(cluster: Cluster, before: Sequence[Json], after: Sequence[Json], specs: Mapping[str, Json]) -> Evictions:
    """Tell what a change of the nodes evicts.

    Args:
        cluster: as it is; it is left so.
        before: the nodes as they are without this change.
        after: the nodes as they will be.
        specs: ServiceSpec by name, of the services that have tasks.
    """
    was, will = ({node["ID"]: node for node in nodes} for nodes in (before, after))
    hosts = {node["ID"]: str(at(node, "Description", "Hostname")) for node in after}
    played = Cluster(after, copy.copy(cluster.loads), cluster.network_drivers)
    counts: dict[str, int] = {}
    warnings: list[str] = []
    for name, loads in sorted(cluster.loads.items()):
        leaving = [
            load
            for load in loads
            if load.active and stays(load.demand, was.get(load.node)) and not stays(load.demand, will.get(load.node))
        ]
        if not leaving:
            continue
        counts[name] = sum(load.count for load in leaving)
        spec = specs.get(name)
        if spec is None or {"Global", "GlobalJob"} & (spec.get("Mode") or {}).keys():
            continue
        warnings += [
            f"{name}: volume '{volume}' is local to {hosts[load.node]!r}; the task starts elsewhere with an empty one"
            for load in leaving
            for volume in _local_volumes(spec)
        ]
        unplaced = sentence(spec, foresee(spec, played, restarts=False), after)
        warnings += [unplaced] if unplaced else []
    return Evictions(counts, list(dict.fromkeys(warnings)))


def _local_volumes(spec: Json) -> Iterable[str]:
    for mount in at(spec, "TaskTemplate", "ContainerSpec", "Mounts") or []:
        driver = at(mount, "VolumeOptions", "DriverConfig") or {}
        local = driver.get("Name") in (None, "", "local") and not driver.get("Options")
        if mount.get("Type") == "volume" and mount.get("Source") and local:
            yield str(mount["Source"])
