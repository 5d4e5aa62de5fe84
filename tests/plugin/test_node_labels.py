"""NodeLabel and Node: what was there before comes back, and what somebody else set stays."""

from __future__ import annotations

from typing import Any

import pytest

from swarm_provider.core import labels
from swarm_provider.core.values import UNKNOWN
from swarm_provider.errors import DockerError
from tests.support.in_process import InProcess, Made, Refused
from tests.support.memory_swarm import MemorySwarm

DISK: dict[str, Any] = {"node": "node1", "key": "disk", "value": "ssd"}
ALL: dict[str, Any] = {**DISK, "node": "*"}


def value(swarm: MemorySwarm, node: str = "node1") -> str | None:
    live = swarm.live("node", node)
    assert live is not None
    found: str | None = live["Spec"]["Labels"].get("disk")
    return found


def by_hand(swarm: MemorySwarm, text: str, node: str = "node1") -> None:
    swarm.edit("node", node, lambda live: live["Spec"]["Labels"].update(disk=text))


def constrained(swarm: MemorySwarm, *, on: str = "node.labels.disk == ssd") -> None:
    """A service that runs where a constraint lets it."""
    template = {"ContainerSpec": {"Image": "bb:1"}, "Placement": {"Constraints": [on]}}
    spec = {"Name": "db", "Labels": {}, "Mode": {"Replicated": {"Replicas": 1}}, "TaskTemplate": template}
    swarm.put("service", spec)


def test_label_is_set_and_goes_on_destroy(swarm: MemorySwarm, run: InProcess) -> None:
    made = run.make("NodeLabel", "disk", **DISK)
    assert (made.id, value(swarm)) == ("disk@node1", "ssd")
    with InProcess(swarm) as later:
        later.destroy(made)
    assert value(swarm) is None


def test_other_labels_of_the_node_stay(swarm: MemorySwarm, run: InProcess) -> None:
    swarm.edit("node", "node1", lambda live: live["Spec"]["Labels"].update(zone="a"))
    run.make("NodeLabel", "disk", **DISK)
    live = swarm.live("node", "node1")
    assert live is not None and live["Spec"]["Labels"] == {"zone": "a", "disk": "ssd"}


def test_every_node_gets_it(swarm: MemorySwarm, run: InProcess) -> None:
    swarm.add_node("node2")
    made = run.make("NodeLabel", "disk", **ALL)
    assert made.inputs["nodes"] == ["node1", "node2"]
    assert [value(swarm, node) for node in ("node1", "node2")] == ["ssd", "ssd"]


def test_node_that_joined_is_a_difference(swarm: MemorySwarm, run: InProcess) -> None:
    made = run.make("NodeLabel", "disk", **ALL)
    swarm.add_node("node2")
    with InProcess(swarm) as later:
        assert "nodes" in later.change(later.refresh(made), **ALL).changes
    assert value(swarm, "node2") == "ssd"


def test_value_of_somebody_else_is_not_overwritten(swarm: MemorySwarm, run: InProcess) -> None:
    by_hand(swarm, "hdd")
    with pytest.raises(Refused, match="disk=hdd already, set by someone else"):
        run.make("NodeLabel", "disk", **DISK)
    assert value(swarm) == "hdd"


def test_refusal_of_a_value_is_told_in_the_preview(swarm: MemorySwarm, run: InProcess) -> None:
    by_hand(swarm, "hdd")
    inputs = run.inputs("NodeLabel", "disk", DISK)
    with pytest.raises(Refused, match="set by someone else"):
        run.create("NodeLabel", "disk", inputs, preview=True)


def test_overwritten_value_comes_back_on_destroy(swarm: MemorySwarm, run: InProcess) -> None:
    by_hand(swarm, "hdd")
    made = run.make("NodeLabel", "disk", **DISK, overwrite=True)
    assert value(swarm) == "ssd"
    with InProcess(swarm) as later:
        later.destroy(made)
    assert value(swarm) == "hdd"


def test_value_before_is_kept_through_an_update(swarm: MemorySwarm, run: InProcess) -> None:
    by_hand(swarm, "hdd")
    made = run.make("NodeLabel", "disk", **DISK, overwrite=True)
    with InProcess(swarm) as later:
        made = later.change(made, **{**DISK, "value": "nvme"}, overwrite=True).made
    with InProcess(swarm) as last:
        last.destroy(made)
    assert value(swarm) == "hdd"


def test_equal_label_that_was_there_stays_on_destroy(swarm: MemorySwarm, run: InProcess) -> None:
    by_hand(swarm, "ssd")
    made = run.make("NodeLabel", "disk", **DISK)
    assert any("destroy leaves it there" in text for text in run.texts("info"))
    with InProcess(swarm) as later:
        later.destroy(made)
    assert value(swarm) == "ssd"


def test_value_that_somebody_changed_meanwhile_stays_on_destroy(swarm: MemorySwarm, run: InProcess) -> None:
    made = run.make("NodeLabel", "disk", **DISK)
    by_hand(swarm, "tape")
    with InProcess(swarm) as later:
        later.destroy(made)
        assert any("was changed meanwhile" in text for text in later.texts("info"))
    assert value(swarm) == "tape"


def test_node_that_leaves_the_list_gets_its_value_back(swarm: MemorySwarm, run: InProcess) -> None:
    swarm.add_node("node2", {"disk": "hdd"})
    made = run.make("NodeLabel", "disk", **{**DISK, "node": ["node1", "node2"]}, overwrite=True)
    with InProcess(swarm) as later:
        made = later.change(made, **DISK, overwrite=True).made
    assert [value(swarm, node) for node in ("node1", "node2")] == ["ssd", "hdd"]
    assert made.state["previous"] == {}


def test_another_key_is_a_replacement(swarm: MemorySwarm, run: InProcess) -> None:
    made = run.make("NodeLabel", "disk", **DISK)
    with InProcess(swarm) as later:
        found = later.change(made, **{**DISK, "key": "store"})
    assert found.replaces == ["key"]
    live = swarm.live("node", "node1")
    assert live is not None and live["Spec"]["Labels"] == {"store": "ssd"}


def test_value_changed_by_hand_is_a_difference(swarm: MemorySwarm, run: InProcess) -> None:
    made = run.make("NodeLabel", "disk", **DISK)
    by_hand(swarm, "hdd")
    with InProcess(swarm) as later:
        live = later.refresh(made)
        assert live.inputs["value"] == "hdd"
        assert later.change(live, **DISK).changes == ["value"]
    assert value(swarm) == "ssd"


def test_label_that_is_gone_is_so_at_read(swarm: MemorySwarm, run: InProcess) -> None:
    made = run.make("NodeLabel", "disk", **DISK)
    swarm.edit("node", "node1", lambda live: live["Spec"].update(Labels={}))
    with InProcess(swarm) as later:
        assert later.refresh(made).id == ""


@pytest.mark.parametrize("id", ["disk@node1", "disk@*"])
def test_import_reads_what_the_nodes_carry(swarm: MemorySwarm, run: InProcess, id: str) -> None:
    by_hand(swarm, "hdd")
    found, inputs, _ = run.read("NodeLabel", "disk", id)
    assert (found, inputs["key"], inputs["value"], inputs["nodes"]) == (id, "disk", "hdd", ["node1"])


def test_label_that_one_node_refuses_is_in_the_state_with_what_was_there(swarm: MemorySwarm, run: InProcess) -> None:
    swarm.add_node("node2")
    for node in ("node1", "node2"):
        by_hand(swarm, "old", node)
    swarm.faults["update", "node", "node2"] = DockerError("the disk is full", status=400)
    given: dict[str, Any] = {**ALL, "value": "new", "overwrite": True}
    with pytest.raises(Refused) as caught:
        run.make("NodeLabel", "disk", **given)
    assert caught.value.kept is not None
    assert "node 'node2': " in caught.value.message and "the disk is full" in caught.value.message
    assert [value(swarm, node) for node in ("node1", "node2")] == ["new", "old"]
    swarm.faults.clear()
    with InProcess(swarm) as later:
        live = later.refresh(Made("NodeLabel", "disk", *caught.value.kept))
        made = later.change(live, **given).made
        assert [value(swarm, node) for node in ("node1", "node2")] == ["new", "new"]
    with InProcess(swarm) as last:
        last.destroy(made)
    assert [value(swarm, node) for node in ("node1", "node2")] == ["old", "old"]


def test_somebody_who_is_faster_loses_no_label(swarm: MemorySwarm, run: InProcess) -> None:
    inputs = run.inputs("NodeLabel", "disk", DISK)
    swarm.edit("node", "node1", lambda live: live["Spec"]["Labels"].update(zone="a"))
    run.create("NodeLabel", "disk", inputs)
    live = swarm.live("node", "node1")
    assert live is not None and live["Spec"]["Labels"] == {"zone": "a", "disk": "ssd"}


def test_one_key_of_one_node_has_one_resource(run: InProcess) -> None:
    run.inputs("NodeLabel", "one", DISK)
    with pytest.raises(AssertionError, match="claimed by two resources"):
        run.inputs("NodeLabel", "two", {**ALL, "value": "hdd"})


def test_labels_whose_keys_are_not_known_yet_are_no_conflict(run: InProcess) -> None:
    for name in ("one", "two"):
        run.inputs("NodeLabel", name, {**DISK, "key": UNKNOWN})


def test_replacement_of_the_whole_program_keeps_the_label(swarm: MemorySwarm, run: InProcess) -> None:
    made = run.make("NodeLabel", "disk", **DISK)
    with InProcess(swarm) as later:
        later.make("NodeLabel", "disk", **DISK)
        later.destroy(made)
    assert value(swarm) == "ssd"


def test_old_self_of_a_killed_replacement_goes_without_the_label(swarm: MemorySwarm, run: InProcess) -> None:
    made = run.make("NodeLabel", "disk", **DISK)
    with InProcess(swarm) as later:
        assert later.change(made, **DISK).changes == []
        later.destroy(made)
    assert value(swarm) == "ssd"


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({**DISK, "node": "nod1"}, "did you mean 'node1'"),
        ({**DISK, "key": " "}, "cannot be the key"),
        ({**DISK, "key": "a=b"}, "cannot be the key"),
    ],
)
def test_label_that_cannot_be_is_refused_at_check(run: InProcess, given: dict[str, Any], words: str) -> None:
    _, failures = run.check("NodeLabel", "disk", given)
    assert words in failures[0]


def test_host_name_of_two_nodes_is_refused(swarm: MemorySwarm, run: InProcess) -> None:
    swarm.add_node("node1")
    _, failures = run.check("NodeLabel", "disk", DISK)
    assert "2 nodes are called 'node1'; use the id of one" in failures[0]


def test_node_is_found_by_its_id(swarm: MemorySwarm, run: InProcess) -> None:
    run.make("NodeLabel", "disk", **{**DISK, "node": swarm.node_id})
    assert value(swarm) == "ssd"


def test_preview_sets_no_label(swarm: MemorySwarm, run: InProcess) -> None:
    run.create("NodeLabel", "disk", run.inputs("NodeLabel", "disk", DISK), preview=True)
    assert swarm.changes == []


def test_tasks_that_leave_are_told_where_a_label_changes(swarm: MemorySwarm, run: InProcess) -> None:
    made = run.make("NodeLabel", "disk", **DISK)
    constrained(swarm)
    with InProcess(swarm) as later:
        later.change(made, preview=True, **{**DISK, "value": "hdd"})
        assert any("disk=hdd evicts 1 task: db" in text for text in later.texts("info"))


def test_nothing_is_told_where_no_task_leaves(swarm: MemorySwarm, run: InProcess) -> None:
    made = run.make("NodeLabel", "disk", **DISK)
    constrained(swarm, on="node.labels.zone == a")
    with InProcess(swarm) as later:
        later.change(made, preview=True, **{**DISK, "value": "hdd"})
        assert later.texts() == []


# ------------------------------------------------------------------------------------------------ Node


def availability(swarm: MemorySwarm) -> str:
    live = swarm.live("node", "node1")
    assert live is not None
    return str(live["Spec"]["Availability"])


def test_node_is_drained_and_comes_back_on_destroy(swarm: MemorySwarm, run: InProcess) -> None:
    made = run.make("Node", "n", node="node1", availability="drain")
    assert (availability(swarm), made.state["previous"]) == ("drain", "active")
    with InProcess(swarm) as later:
        later.destroy(made)
    assert availability(swarm) == "active"


def test_availability_that_somebody_changed_stays_on_destroy(swarm: MemorySwarm, run: InProcess) -> None:
    made = run.make("Node", "n", node="node1", availability="drain")
    swarm.edit("node", "node1", lambda live: live["Spec"].update(Availability="pause"))
    with InProcess(swarm) as later:
        later.destroy(made)
        assert any("was changed meanwhile" in text for text in later.texts("info"))
    assert availability(swarm) == "pause"


def test_drained_node_is_told_with_the_tasks_that_leave(swarm: MemorySwarm, run: InProcess) -> None:
    constrained(swarm, on="node.role == manager")
    run.create("Node", "n", run.inputs("Node", "n", {"node": "node1", "availability": "drain"}), preview=True)
    assert any("draining node1 evicts 1 task: db" in text for text in run.texts("info"))
    assert swarm.changes == []


def test_node_that_has_left_cannot_be_updated(swarm: MemorySwarm, run: InProcess) -> None:
    made = run.make("Node", "n", node="node1", availability="drain")
    swarm.add_node("node2")
    swarm.drop("node", "node1")
    with InProcess(swarm) as later, pytest.raises(Refused, match="has left the swarm"):
        later.update("Node", "n", made.id, made.inputs, {**made.inputs, "availability": "active"}, made.state)


def test_services_after_a_drained_node_know_it(swarm: MemorySwarm, run: InProcess) -> None:
    run.inputs("Node", "n", {"node": "node1", "availability": "drain"})
    run.inputs("Service", "web", {"image": "bb:1"})
    assert any("web" in text and "pending" in text for text in run.texts("warning"))


def test_label_is_left_where_the_state_is_a_copy(swarm: MemorySwarm, run: InProcess) -> None:
    config = run.make("Config", "app", data="one")
    label = run.make("NodeLabel", "disk", **DISK)
    theirs = {labels.OWNER: "proj/prod", labels.INCARNATION: "ff"}
    swarm.edit("config", config.state["name"], lambda live: live["Spec"]["Labels"].update(theirs))
    with InProcess(swarm) as later:
        later.refresh(config)
        with pytest.raises(Refused, match="proj/prod"):
            later.change(label, **{**DISK, "value": "hdd"})
        later.destroy(label)
        [text] = [text for text in later.texts("info") if "is not deleted" in text]
        assert "this state is a copy of Pulumi stack 'proj/prod'" in text
    assert value(swarm) == "ssd"
