"""Cluster volumes: made in the swarm, their availability changed by hand and put right, removed only when told so.

No storage plugin runs in these engines, so nothing is ever made of the volumes; Swarm keeps their specs all the same.
"""

from __future__ import annotations

from typing import Any

import grpc
import pytest

from swarm_provider.core import Json
from tests.support.engine import Docker
from tests.support.protocol import Plugin

pytestmark = pytest.mark.live

SPEC: Json = {
    "group": "fast",
    "accessMode": {"scope": "multi", "sharing": "all", "mountVolume": {"fsType": "ext4"}},
    "capacityRange": {"requiredBytes": "1g", "limitBytes": "2g"},
    "availability": "active",
}
MADE: Json = {"driver": "csi", "clusterSpec": SPEC, "deleteOnDestroy": True}


def has_cluster_volumes(docker: Docker) -> bool:
    return [int(part) for part in str(docker.api.version()["ApiVersion"]).split(".")] >= [1, 42]


def live(docker: Docker, name: str) -> Any:
    api = docker.api
    return api._result(api._get(api._url("/volumes/{0}", name)), True)["ClusterVolume"]["Spec"]


def test_cluster_volume_lives_in_the_swarm(plugin: Plugin, docker: Docker, unique: str) -> None:
    inputs, failures = plugin.check("Volume", unique, MADE)
    if not has_cluster_volumes(docker):
        assert failures == ["cluster_spec: the engine (API 1.41) does not support cluster volumes; API 1.42 does"]
        return
    assert failures == []
    id_, state = plugin.create("Volume", unique, inputs)
    found = live(docker, unique)
    assert found["AccessMode"] == {"Scope": "multi", "Sharing": "all", "MountVolume": {"FsType": "ext4"}}
    assert found["CapacityRange"] == {"RequiredBytes": 1 << 30, "LimitBytes": 2 << 30}

    # what somebody changes by hand is drift, and the update puts it right
    docker("volume", "update", "--availability", "drain", unique)
    with Plugin(docker.host) as later:
        _, read, state = later.read("Volume", unique, id_, inputs, state)
        assert read["clusterSpec"] == {**SPEC, "availability": "drain"}
        news = later.inputs("Volume", unique, MADE, read)
        diff = later.diff("Volume", unique, id_, read, news, state)
        assert list(diff.detailedDiff) == ["clusterSpec.availability"]
        state = later.update("Volume", unique, id_, read, news, state)
    assert live(docker, unique)["Availability"] == "active"

    with Plugin(docker.host) as later:
        # nothing else of it can be changed
        other = {**MADE, "clusterSpec": {**SPEC, "group": "slow"}}
        news = later.inputs("Volume", unique, other, inputs)
        with pytest.raises(grpc.RpcError, match=r"Docker cannot change clusterSpec\.group"):
            later.diff("Volume", unique, id_, inputs, news, state)
        later.delete("Volume", unique, id_, inputs, state)
    assert unique not in docker.lines("volume", "ls", "--cluster", "--format", "{{.Name}}")


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"driver": "local"}, "driver: a cluster volume needs the name of its storage plugin"),
        ({"clusterSpec": {"group": "g"}}, "cluster_spec.access_mode: set mount_volume={}"),
        (
            {"clusterSpec": {"accessMode": {"mountVolume": {}, "blockVolume": {}}}},
            "cluster_spec.access_mode: set mount_volume={}",
        ),
    ],
)
def test_cluster_volume_that_the_engine_would_refuse_is_told(
    plugin: Plugin, docker: Docker, unique: str, change: Json, words: str
) -> None:
    _, failures = plugin.check("Volume", unique, {**MADE, **change})
    assert [text for text in failures if text.startswith(words)]
