"""Node: availability as code, over the protocol on a real engine."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from swarm_provider.core.values import UNKNOWN
from tests.support.engine import Docker
from tests.support.protocol import Plugin

pytestmark = pytest.mark.live


@pytest.fixture
def node(docker: Docker) -> Iterator[str]:
    """The one node's host name; it takes tasks again afterwards."""
    (id,) = docker.lines("node", "ls", "-q")
    yield str(docker.json("node", "inspect", id)[0]["Description"]["Hostname"])
    docker("node", "update", "--availability", "active", id)


def availability(docker: Docker, node: str) -> str:
    return str(docker.json("node", "inspect", node)[0]["Spec"]["Availability"])


def test_node_is_drained_and_gets_back_what_it_was(plugin: Plugin, docker: Docker, node: str, unique: str) -> None:
    docker("node", "update", "--availability", "pause", node)
    inputs = plugin.inputs("Node", unique, {"node": node, "availability": "drain"})
    assert plugin.create("Node", unique, inputs, preview=True)[1]["nodeId"] is UNKNOWN
    assert availability(docker, node) == "pause", "a preview changes nothing"
    id, state = plugin.create("Node", unique, inputs)
    assert (id, availability(docker, node), state["previous"]) == (node, "drain", "pause")
    _, live, state = plugin.read("Node", unique, id, inputs, state)
    again = plugin.inputs("Node", unique, {"node": node, "availability": "drain"}, live)
    assert not plugin.diff("Node", unique, id, live, again, state).detailedDiff
    with Plugin(docker.host) as next_run:
        next_run.delete("Node", unique, id, live, state)
    assert availability(docker, node) == "pause"


def test_node_changed_by_hand_is_drift_and_repaired(plugin: Plugin, docker: Docker, node: str, unique: str) -> None:
    inputs = plugin.inputs("Node", unique, {"node": node})
    id, state = plugin.create("Node", unique, inputs)
    docker("node", "update", "--availability", "drain", node)
    with Plugin(docker.host) as next_run:
        _, live, state = next_run.read("Node", unique, id, inputs, state)
        assert live["availability"] == "drain"
        news = next_run.inputs("Node", unique, {"node": node}, live)
        assert list(next_run.diff("Node", unique, id, live, news, state).detailedDiff) == ["availability"]
        state = next_run.update("Node", unique, id, live, news, state)
        assert availability(docker, node) == "active"
        docker("node", "update", "--availability", "pause", node)
        next_run.delete("Node", unique, id, news, state)
    assert availability(docker, node) == "pause", "what somebody changed meanwhile stays"


def test_imported_node_needs_no_change(plugin: Plugin, docker: Docker, node: str, unique: str) -> None:
    docker("node", "update", "--availability", "pause", node)
    id, inputs, state = plugin.read("Node", unique, node)
    news = plugin.inputs("Node", unique, {"node": node, "availability": "pause"}, inputs)
    assert not plugin.diff("Node", unique, id, inputs, news, state).detailedDiff
    state = plugin.update("Node", unique, id, inputs, news, state)
    plugin.delete("Node", unique, id, news, state)
    assert availability(docker, node) == "pause"


def test_unknown_node_is_told_with_the_nearest_name(plugin: Plugin, node: str, unique: str) -> None:
    _, failures = plugin.check("Node", unique, {"node": node + "x"})
    assert failures == [f"node: node {node + 'x'!r} does not exist in the swarm; did you mean {node!r}?"]


def test_two_resources_for_one_node_are_refused(plugin: Plugin, node: str, unique: str) -> None:
    plugin.inputs("Node", "one", {"node": node})
    _, failures = plugin.check("Node", "two", {"node": node})
    assert "is claimed by two resources" in failures[0]
