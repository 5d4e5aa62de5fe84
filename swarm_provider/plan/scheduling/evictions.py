"""Which tasks a change of nodes evicts: a drained node, a label that a constraint asks for. Pure."""

from __future__ import annotations

import copy
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from swarm_provider.core import Json
from swarm_provider.core.values import at
from swarm_provider.plan.scheduling.forecast import SimulatedCluster, describe_unplaced, simulate_scheduling, stays


@dataclass(frozen=True)
class Evictions:
    """What leaves.

    Attributes:
        counts: tasks that leave, by the name of their service.
        warnings: what is lost by it: tasks that find no other node, volumes that stay behind.
    """

    counts: Mapping[str, int]
    warnings: Sequence[str] = ()


def evictions(
    cluster: SimulatedCluster, before: Sequence[Json], after: Sequence[Json], specs: Mapping[str, Json]
) -> Evictions:
    """Tell what a change of the nodes evicts.

    Args:
        cluster: as it is; it is left so.
        before: the nodes as they are without this change.
        after: the nodes as they will be.
        specs: ServiceSpec by name, of the services that have tasks.
    """
    was, will = ({node["ID"]: node for node in nodes} for nodes in (before, after))
    hosts = {node["ID"]: str(at(node, "Description", "Hostname")) for node in after}
    played = SimulatedCluster(after, copy.copy(cluster.usages), cluster.network_drivers)
    counts: dict[str, int] = {}
    warnings: list[str] = []
    for name, usages in sorted(cluster.usages.items()):
        leaving = [
            usage
            for usage in usages
            if usage.active
            and stays(usage.requirements, was.get(usage.node))
            and not stays(usage.requirements, will.get(usage.node))
        ]
        if not leaving:
            continue
        counts[name] = sum(usage.count for usage in leaving)
        spec = specs.get(name)
        if spec is None or {"Global", "GlobalJob"} & (spec.get("Mode") or {}).keys():
            continue
        warnings += [
            f"{name}: volume '{volume}' is local to {hosts[usage.node]!r}; the task starts elsewhere with an empty one"
            for usage in leaving
            for volume in _local_volumes(spec)
        ]
        unplaced = describe_unplaced(spec, simulate_scheduling(spec, played, restarts=False), after)
        warnings += [unplaced] if unplaced else []
    return Evictions(counts, list(dict.fromkeys(warnings)))


def _local_volumes(spec: Json) -> Iterable[str]:
    for mount in at(spec, "TaskTemplate", "ContainerSpec", "Mounts") or []:
        driver = at(mount, "VolumeOptions", "DriverConfig") or {}
        local = driver.get("Name") in (None, "", "local") and not driver.get("Options")
        if mount.get("Type") == "volume" and mount.get("Source") and local:
            yield str(mount["Source"])
