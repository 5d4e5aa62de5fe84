"""Lookups read, say what is not there, and change nothing."""

from __future__ import annotations

from typing import Any

import pytest

from swarm_provider.core.values import Secret
from tests.support.in_process import InProcess, Refused, app_of_each
from tests.support.memory_swarm import MemorySwarm


def test_config_is_found_by_its_family(swarm: MemorySwarm, run: InProcess) -> None:
    made = run.make("Config", "app", data="one")
    with InProcess(swarm) as later:
        second = later.change(made, data="two").made
    with InProcess(swarm) as last:
        found = last.invoke("getConfig", {"name": "app"})
    assert (found["name"], found["data"]) == (second.state["name"], "two")


def test_config_is_found_by_the_name_of_a_version(run: InProcess) -> None:
    made = run.make("Config", "app", data="one")
    assert run.invoke("getConfig", {"name": made.state["name"]})["id"] == made.state["configId"]


def test_labels_of_the_provider_are_not_shown(run: InProcess) -> None:
    run.make("Config", "app", data="one", labels={"team": "shop"})
    assert run.invoke("getConfig", {"name": "app"})["labels"] == {"team": "shop"}


def test_secret_has_no_content(run: InProcess) -> None:
    run.make("Secret", "word", data=Secret("hunter2-canary"))
    found = run.invoke("getSecret", {"name": "word"})
    assert set(found) == {"name", "id", "labels"}


def test_family_of_two_stacks_needs_a_project(swarm: MemorySwarm) -> None:
    app_of_each(swarm, "one", "two")
    with InProcess(swarm) as later:
        with pytest.raises(Refused, match="several owners"):
            later.invoke("getConfig", {"name": "app"})
        assert later.invoke("getConfig", {"name": "app", "project": "two"})["data"] == "two"


def test_network_is_found(run: InProcess) -> None:
    run.make("Network", "net", attachable=True)
    found = run.invoke("getNetwork", {"name": "net"})
    assert (found["driver"], found["scope"], found["attachable"]) == ("overlay", "swarm", True)


def test_node_is_found_by_name_and_by_id(swarm: MemorySwarm, run: InProcess) -> None:
    by_name = run.invoke("getNode", {"node": "node1"})
    assert by_name == run.invoke("getNode", {"node": swarm.node_id})
    assert (by_name["role"], by_name["availability"], by_name["state"]) == ("manager", "active", "ready")


def test_nodes_are_chosen_by_label_and_role(swarm: MemorySwarm, run: InProcess) -> None:
    swarm.add_node("node2", {"disk": "ssd"}, Role="worker")
    swarm.add_node("node3", {"disk": "hdd"}, Role="worker")

    def names(**how: Any) -> list[str]:
        return [node["hostname"] for node in run.invoke("getNodes", how)["nodes"]]

    assert names() == ["node1", "node2", "node3"]
    assert names(role="worker") == ["node2", "node3"]
    assert names(labels={"disk": "ssd"}) == ["node2"]


@pytest.mark.parametrize(
    ("function", "arguments", "words"),
    [
        ("getConfig", {"name": "ap"}, "'ap' does not exist in the swarm; did you mean 'app'"),
        ("getSecret", {"name": "app"}, "secret 'app' does not exist"),
        ("getNetwork", {"name": "ingres"}, "did you mean 'ingress'"),
        ("getNode", {"node": "nod1"}, "did you mean 'node1'"),
        ("getNothing", {}, "no function"),
        ("getNode", {}, "node"),
    ],
)
def test_lookup_that_finds_nothing_is_one_line(
    run: InProcess, function: str, arguments: dict[str, Any], words: str
) -> None:
    run.make("Config", "app", data="one")
    with pytest.raises(Refused) as caught:
        run.invoke(function, arguments)
    assert words in caught.value.message
    assert "\n" not in caught.value.message


def test_lookups_change_nothing(swarm: MemorySwarm, run: InProcess) -> None:
    run.invoke("getNodes", {})
    run.invoke("getNetwork", {"name": "ingress"})
    assert swarm.changes == []
