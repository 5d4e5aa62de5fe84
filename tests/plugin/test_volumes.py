"""Volumes: data is never lost by a change, and goes on destroy only where the user gave it up."""

from __future__ import annotations

from typing import Any

import pytest

from swarm_provider.core import labels
from swarm_provider.core.values import UNKNOWN
from tests.support.in_process import HOST, InProcess, Refused
from tests.support.memory_swarm import MemorySwarm

HERE: dict[str, Any] = {"node": "node1"}
OTHER = "tcp://other:2375"


@pytest.fixture
def two(swarm: MemorySwarm) -> dict[str, MemorySwarm]:
    """A second node with a daemon of its own, which node_hosts leads to."""
    id = swarm.add_node("node2")
    daemon = MemorySwarm(nodes=())
    daemon.node_id = id
    return {HOST: swarm, OTHER: daemon}


def test_volume_without_a_node_is_made_by_its_tasks(swarm: MemorySwarm, run: InProcess) -> None:
    made = run.make("Volume", "data")
    assert (made.id, made.state["mountpoint"], swarm.changes) == ("data", "", [])


def test_volume_of_a_node_is_made_there(swarm: MemorySwarm, run: InProcess) -> None:
    made = run.make("Volume", "data", **HERE, driverOpts={"type": "tmpfs"})
    live = swarm.live("volume", "data")
    assert live is not None
    assert live["Options"] == {"type": "tmpfs"}
    assert live["Labels"][labels.OWNER] == "proj/dev"
    assert made.state["mountpoint"] == live["Mountpoint"]


def test_preview_makes_no_volume(swarm: MemorySwarm, run: InProcess) -> None:
    state = run.create("Volume", "data", run.inputs("Volume", "data", HERE), preview=True)[1]
    assert state["mountpoint"] is UNKNOWN
    assert swarm.changes == []


def test_volume_of_another_node_needs_its_daemon(swarm: MemorySwarm, run: InProcess) -> None:
    swarm.add_node("node2")
    with InProcess(swarm) as later, pytest.raises(AssertionError, match="node_hosts"):
        later.inputs("Volume", "data", {"node": "node2"})


def test_volume_is_made_at_the_daemon_that_node_hosts_names(two: dict[str, MemorySwarm]) -> None:
    with InProcess(two, {"nodeHosts": {"node2": OTHER}}) as run:
        run.make("Volume", "data", node="node2")
    assert two[OTHER].names("volume") == ["data"]
    assert two[HOST].names("volume") == []


def test_node_hosts_that_leads_to_another_node_is_refused(two: dict[str, MemorySwarm]) -> None:
    two[OTHER].node_id = "another"
    with (
        InProcess(two, {"nodeHosts": {"node2": OTHER}}) as run,
        pytest.raises(AssertionError, match="is not the daemon"),
    ):
        run.inputs("Volume", "data", {"node": "node2"})


def test_node_that_is_not_there_is_told(run: InProcess) -> None:
    _, failures = run.check("Volume", "data", {"node": "nowhere"})
    assert "'nowhere' does not exist in the swarm" in failures[0]


def test_volume_with_data_is_used_as_it_is(swarm: MemorySwarm, run: InProcess) -> None:
    swarm.put("volume", {"Name": "data"})
    run.make("Volume", "data", **HERE)
    assert swarm.changes == []
    assert any("exists with its data, and is used as it is" in text for text in run.texts("info"))


def test_volume_with_other_options_is_refused(swarm: MemorySwarm, run: InProcess) -> None:
    swarm.put("volume", {"Name": "data", "DriverOpts": {"device": "canary"}})
    with pytest.raises(Refused, match=r"different values of driver_opts\.device") as caught:
        run.make("Volume", "data", **HERE, driverOpts={"device": "/disk"})
    assert "canary" not in caught.value.message


def test_volume_of_another_stack_is_refused(swarm: MemorySwarm, run: InProcess) -> None:
    swarm.put("volume", {"Name": "data", "Labels": {labels.OWNER: "other/dev"}})
    with pytest.raises(Refused, match="belongs to Pulumi stack 'other/dev'"):
        run.make("Volume", "data", **HERE)


def test_option_of_a_volume_that_exists_cannot_change(swarm: MemorySwarm, run: InProcess) -> None:
    made = run.make("Volume", "data", **HERE)
    with InProcess(swarm) as later, pytest.raises(Refused, match="without losing its data"):
        later.change(made, **HERE, driverOpts={"type": "nfs"})


def test_option_of_a_volume_that_tasks_make_is_a_warning(swarm: MemorySwarm, run: InProcess) -> None:
    made = run.make("Volume", "data")
    with InProcess(swarm) as later:
        later.change(made, driverOpts={"type": "nfs"})
        assert any("where it exists already" in text for text in later.texts("warning"))


def test_another_name_leaves_the_data_where_it_is(swarm: MemorySwarm, run: InProcess) -> None:
    given: dict[str, Any] = {**HERE, "deleteOnDestroy": True}
    made = run.make("Volume", "data", **given)
    with InProcess(swarm) as later:
        found = later.change(made, **given, name="other")
        assert any("starts empty" in text for text in later.texts("warning"))
        assert any("replaced, not destroyed" in text for text in later.texts("info"))
    assert found.replaces == ["name"]
    assert swarm.names("volume") == ["data", "other"]


def test_replacement_that_another_one_brings_about_keeps_the_data(swarm: MemorySwarm, run: InProcess) -> None:
    given: dict[str, Any] = {**HERE, "deleteOnDestroy": True}
    made = run.make("Volume", "data", **given)
    with InProcess(swarm) as later:
        # Diff, then Delete of the old one, and only then Check of the new one
        later.diff("Volume", "data", made.id, made.inputs, {**made.inputs, "name": UNKNOWN}, made.state)
        later.destroy(made)
    assert swarm.names("volume") == ["data"]


def test_another_node_copies_no_data_and_says_so(two: dict[str, MemorySwarm]) -> None:
    config = {"nodeHosts": {"node2": OTHER}}
    with InProcess(two, config) as run:
        made = run.make("Volume", "data", **HERE)
    with InProcess(two, config) as later:
        later.change(made, node="node2")
        assert any("no data is copied" in text for text in later.texts("warning"))
    assert two[HOST].names("volume") == two[OTHER].names("volume") == ["data"]


def test_node_by_id_instead_of_name_is_no_change(swarm: MemorySwarm, run: InProcess) -> None:
    made = run.make("Volume", "data", **HERE)
    with InProcess(swarm) as later:
        assert later.change(made, node=swarm.node_id).changes == []


def test_destroy_keeps_the_data(swarm: MemorySwarm, run: InProcess) -> None:
    made = run.make("Volume", "data", **HERE)
    with InProcess(swarm) as later:
        later.destroy(made)
        assert any("delete_on_destroy is not set" in text for text in later.texts("info"))
    assert swarm.names("volume") == ["data"]


def test_destroy_removes_what_the_user_gave_up(swarm: MemorySwarm, run: InProcess) -> None:
    made = run.make("Volume", "data", **HERE, deleteOnDestroy=True)
    with InProcess(swarm) as later:
        later.destroy(made)
    assert swarm.names("volume") == []


def test_destroy_keeps_a_volume_that_docker_made(swarm: MemorySwarm, run: InProcess) -> None:
    swarm.put("volume", {"Name": "data"})
    made = run.make("Volume", "data", **HERE, deleteOnDestroy=True)
    with InProcess(swarm) as later:
        later.destroy(made)
        assert any("was not created by Pulumi" in text for text in later.texts("info"))
    assert swarm.names("volume") == ["data"]


def test_destroy_keeps_a_volume_that_another_resource_claims(swarm: MemorySwarm, run: InProcess) -> None:
    given: dict[str, Any] = {**HERE, "deleteOnDestroy": True}
    made = run.make("Volume", "data", **given)
    with InProcess(swarm) as later:
        later.make("Volume", "renamed", name="data", **given)
        later.destroy(made)
    assert swarm.names("volume") == ["data"]


def test_destroy_keeps_what_a_service_of_another_stack_mounts(swarm: MemorySwarm, run: InProcess) -> None:
    made = run.make("Volume", "data", **HERE, deleteOnDestroy=True)
    theirs = {"ContainerSpec": {"Image": "bb:1", "Mounts": [{"Type": "volume", "Source": "data", "Target": "/x"}]}}
    mode = {"Replicated": {"Replicas": 1}}
    swarm.put("service", {"Name": "db", "Labels": {labels.OWNER: "other/dev"}, "Mode": mode, "TaskTemplate": theirs})
    with InProcess(swarm) as later:
        later.destroy(made)
        assert any("service 'db' of Pulumi stack 'other/dev' mounts it" in text for text in later.texts("info"))
    assert swarm.names("volume") == ["data"]


def test_volume_of_a_node_that_left_is_let_go(swarm: MemorySwarm, run: InProcess) -> None:
    made = run.make("Volume", "data", **HERE, deleteOnDestroy=True)
    swarm.drop("node", "node1")
    swarm.add_node("node2")
    with InProcess(swarm) as later:
        assert later.refresh(made).id == ""
        later.destroy(made)
        assert any("has left the swarm" in text for text in later.texts("info"))


def test_two_resources_cannot_stand_for_one_volume(run: InProcess) -> None:
    run.inputs("Volume", "a", {"name": "data"})
    with pytest.raises(AssertionError, match="claimed by two resources"):
        run.inputs("Volume", "b", {"name": "data"})


@pytest.mark.parametrize("name", ["a/b", " "])
def test_name_that_is_none_is_told_at_check(run: InProcess, name: str) -> None:
    _, failures = run.check("Volume", "data", {"name": name})
    assert "cannot be the name of a volume" in failures[0]


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"driver": "csi", "clusterSpec": {"accessMode": {"mountVolume": {}}}}, "does not support cluster volumes"),
        ({"clusterSpec": {"accessMode": {"mountVolume": {}}}}, "'local' is not one"),
        ({"driver": "csi", "node": "node1", "clusterSpec": {"accessMode": {"mountVolume": {}}}}, "belongs to no node"),
        ({"driver": "csi", "clusterSpec": {"accessMode": {}}}, "mount_volume"),
    ],
)
def test_cluster_volume_that_cannot_be_is_refused(run: InProcess, given: dict[str, Any], words: str) -> None:
    _, failures = run.check("Volume", "data", given)
    assert any(words in failure for failure in failures)


def test_import_reads_the_live_volume(swarm: MemorySwarm, run: InProcess) -> None:
    swarm.put("volume", {"Name": "data", "DriverOpts": {"type": "nfs"}})
    id, inputs, state = run.read("Volume", "data", "data")
    assert (id, inputs["driver"], inputs["driverOpts"]) == ("data", "local", {"type": "nfs"})
    assert state["mountpoint"]
