"""Volumes of the cluster: made by a storage plugin, known to all managers. Only their availability can be changed."""

from __future__ import annotations

from typing import Final

from swarm_provider.convert.cluster_volume import cluster_to_spec
from swarm_provider.core import Json
from swarm_provider.core.path import Path
from swarm_provider.core.values import UNKNOWN, at, reveal
from swarm_provider.core.versions import version_number
from swarm_provider.errors import NotFound, Problem
from swarm_provider.plugin.run.swarm import Swarm
from swarm_provider.rollout.retry import until_taken

SINCE: Final = (1, 42)
_SPEC: Final = "clusterSpec"
_AVAILABILITY: Final = (_SPEC, "availability")


def is_cluster(inputs: Json) -> bool:
    """Tell whether these are the inputs of a cluster volume."""
    return inputs.get("clusterSpec") is not None


def is_fixed(place: Path) -> bool:
    """Tell whether a difference at this place cannot be put right."""
    return place[0] == _SPEC and place != _AVAILABILITY


def problems(inputs: Json, api_version: str) -> list[Problem]:
    """Return what the engine would refuse."""
    spec = reveal(inputs.get("clusterSpec"))
    if not isinstance(spec, dict):
        return []
    found = []
    if api_version and version_number(api_version) < SINCE:
        text = f"the engine (API {api_version}) does not support cluster volumes; API {'.'.join(map(str, SINCE))} does"
        found.append(Problem(text, "cluster_spec"))
    if inputs.get("driver") == "local":
        found.append(Problem("a cluster volume needs the name of its storage plugin; 'local' is not one", "driver"))
    if "node" in inputs:
        found.append(Problem("a cluster volume belongs to no node; remove `node` or `cluster_spec`", "node"))
    access = spec.get("accessMode")
    if access is not UNKNOWN and len({"mountVolume", "blockVolume"} & (access or {}).keys()) != 1:
        text = "set mount_volume={} for a volume with a file system, or block_volume={} for a block device"
        found.append(Problem(text, "cluster_spec.access_mode"))
    return found


async def set_availability(swarm: Swarm, name: str, news: Json) -> None:
    """Give the volume the availability of the inputs; what else it has stays.

    Args:
        swarm: the connection.
        name: the object's name.
        news: the new inputs.

    Raises:
        NotFound: there is no such volume any more.
        OutOfSequence: somebody else was faster, again and again.
    """

    async def once() -> None:
        live = await swarm.inspect("volume", name)
        cluster = (live or {}).get("ClusterVolume")
        if cluster is None:
            raise NotFound(f"cluster volume {name!r} was removed on the cluster; run `pulumi up` again to recreate it")
        word = cluster_to_spec(reveal(news["clusterSpec"])).get("Availability") or "active"
        if cluster["Spec"].get("Availability") == word:
            return
        spec = {**cluster["Spec"], "Availability": word}
        await swarm.update_cluster_volume(cluster["ID"], int(cluster["Version"]["Index"]), spec)

    await until_taken(once)


def was_never_made(live: Json) -> bool:
    """Tell whether no storage plugin has made anything of it yet, so that none will answer to its removal."""
    return not at(live, "ClusterVolume", "Info", "VolumeID")
