"""NodeLabel, Network, Volume and the lookups over the protocol, on a real engine."""

from __future__ import annotations

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import grpc
import pytest

from tests.support.engine import Docker
from tests.support.protocol import Plugin

pytestmark = pytest.mark.live


@pytest.fixture
def node(docker: Docker, unique: str) -> Iterator[str]:
    """The engine's node; labels whose keys begin with `unique` go with the test."""
    name = docker("node", "ls", "--format", "{{.Hostname}}").strip()
    yield name
    for key in node_labels(docker, name):
        if key.startswith(unique):
            docker("node", "update", "--label-rm", key, name)


def node_labels(docker: Docker, name: str) -> dict[str, str]:
    found: dict[str, str] = json.loads(docker("node", "inspect", "--format", "{{json .Spec.Labels}}", name))
    return found


def test_label_is_set_and_removed_and_others_stay(plugin: Plugin, docker: Docker, node: str, unique: str) -> None:
    docker("node", "update", "--label-add", f"{unique}-other=1", node)
    inputs = plugin.inputs("NodeLabel", unique, {"node": "*", "key": unique, "value": "raid"})
    assert inputs["nodes"] == [node]
    id, state = plugin.create("NodeLabel", unique, inputs)
    assert node_labels(docker, node)[unique] == "raid"
    plugin.delete("NodeLabel", unique, id, inputs, state)
    assert unique not in node_labels(docker, node)
    assert node_labels(docker, node)[f"{unique}-other"] == "1"


def test_value_that_was_there_before_stays_on_destroy(plugin: Plugin, docker: Docker, node: str, unique: str) -> None:
    docker("node", "update", "--label-add", f"{unique}=raid", node)
    inputs = plugin.inputs("NodeLabel", unique, {"node": node, "key": unique, "value": "raid"})
    id, state = plugin.create("NodeLabel", unique, inputs)
    plugin.delete("NodeLabel", unique, id, inputs, state)
    assert node_labels(docker, node)[unique] == "raid"


def test_other_value_is_refused_at_preview_unless_overwritten(
    plugin: Plugin, docker: Docker, node: str, unique: str
) -> None:
    docker("node", "update", "--label-add", f"{unique}=ssd", node)
    wanted = {"node": node, "key": unique, "value": "raid"}
    with pytest.raises(grpc.RpcError) as caught:
        plugin.create("NodeLabel", unique, plugin.inputs("NodeLabel", unique, wanted), preview=True)
    assert f"{unique}=ssd already" in caught.value.details()
    inputs = plugin.inputs("NodeLabel", unique, {**wanted, "overwrite": True})
    id, state = plugin.create("NodeLabel", unique, inputs)
    assert node_labels(docker, node)[unique] == "raid"
    plugin.delete("NodeLabel", unique, id, inputs, state)
    assert node_labels(docker, node)[unique] == "ssd"


def test_label_changed_by_hand_is_drift_and_repaired(plugin: Plugin, docker: Docker, node: str, unique: str) -> None:
    given = {"node": node, "key": unique, "value": "raid"}
    olds = plugin.inputs("NodeLabel", unique, given)
    id, state = plugin.create("NodeLabel", unique, olds)
    docker("node", "update", "--label-add", f"{unique}=gone", node)
    _, live, state = plugin.read("NodeLabel", unique, id, olds, state)
    assert live["value"] == "gone"
    news = plugin.inputs("NodeLabel", unique, given, live)
    assert list(plugin.diff("NodeLabel", unique, id, live, news, state).diffs) == ["value"]
    plugin.update("NodeLabel", unique, id, live, news, state)
    assert node_labels(docker, node)[unique] == "raid"


def test_concurrent_changes_of_one_node_lose_no_label(plugin: Plugin, docker: Docker, node: str, unique: str) -> None:
    keys = [f"{unique}-{number}" for number in range(12)]

    def by_plugin(key: str) -> None:
        plugin.create("NodeLabel", key, plugin.inputs("NodeLabel", key, {"node": node, "key": key, "value": "1"}))

    def by_docker(key: str) -> None:
        # docker itself gives up when somebody else was faster
        while docker.run("node", "update", "--label-add", f"{key}=1", node).returncode:
            pass

    with ThreadPoolExecutor(12) as pool:
        list(pool.map(lambda job: job[0](job[1]), zip([by_plugin, by_docker] * 6, keys, strict=True)))
    assert set(keys) <= set(node_labels(docker, node))


def test_unknown_node_is_told_with_the_nearest_name(plugin: Plugin, node: str, unique: str) -> None:
    _, failures = plugin.check("NodeLabel", unique, {"node": node[:-1], "key": "k"})
    assert failures == [f"node: node {node[:-1]!r} does not exist in the swarm; did you mean {node!r}?"]


def test_network_is_made_read_back_and_removed(plugin: Plugin, docker: Docker, unique: str) -> None:
    given = {"attachable": True, "labels": {"team": "x"}, "driverOpts": {"encrypted": ""}}
    inputs = plugin.inputs("Network", unique, given)
    id, state = plugin.create("Network", unique, inputs)
    _, live, state = plugin.read("Network", unique, id, inputs, state)
    again = plugin.inputs("Network", unique, given, live)
    assert not list(plugin.diff("Network", unique, id, live, again, state).diffs)
    plugin.delete("Network", unique, id, inputs, state)
    assert unique in docker.lines("network", "ls", "--format", "{{.Name}}"), "this run made it, so it stays"
    with Plugin(docker.host) as next_run:
        next_run.delete("Network", unique, id, inputs, state)
    assert unique not in docker.lines("network", "ls", "--format", "{{.Name}}")


def test_changed_network_is_replaced_only_when_asked(plugin: Plugin, unique: str) -> None:
    inputs = plugin.inputs("Network", unique, {})
    id, state = plugin.create("Network", unique, inputs)
    _, live, state = plugin.read("Network", unique, id, inputs, state)
    news = plugin.inputs("Network", unique, {"attachable": True}, live)
    assert not list(plugin.diff("Network", unique, id, live, news, state).diffs)
    news = plugin.inputs("Network", unique, {"attachable": True, "replace": True}, live)
    found = plugin.diff("Network", unique, id, live, news, state)
    assert list(found.replaces) == ["attachable"]
    assert found.deleteBeforeReplace


def test_network_that_another_resource_took_over_is_left(plugin: Plugin, docker: Docker, unique: str) -> None:
    inputs = plugin.inputs("Network", "old", {"name": unique})
    id, state = plugin.create("Network", "old", inputs)
    with Plugin(docker.host) as next_run:
        renamed = next_run.inputs("Network", "new", {"name": unique})
        next_run.create("Network", "new", renamed)
        next_run.delete("Network", "old", id, inputs, state)
    assert unique in docker.lines("network", "ls", "--format", "{{.Name}}")


def test_two_resources_with_one_name_are_refused(plugin: Plugin, unique: str) -> None:
    plugin.inputs("Network", "one", {"name": unique})
    _, failures = plugin.check("Network", "two", {"name": unique})
    assert "claimed by two resources" in failures[0]


def test_lazy_volume_makes_nothing_and_keeps_everything(plugin: Plugin, docker: Docker, unique: str) -> None:
    inputs = plugin.inputs("Volume", unique, {})
    id, state = plugin.create("Volume", unique, inputs)
    assert unique not in docker.lines("volume", "ls", "-q")
    docker("volume", "create", unique)
    plugin.delete("Volume", unique, id, inputs, state)
    assert unique in docker.lines("volume", "ls", "-q")
    docker("volume", "rm", unique)


def test_volume_on_a_node_is_made_and_its_options_cannot_change(
    plugin: Plugin, docker: Docker, node: str, unique: str
) -> None:
    given = {"node": node, "driverOpts": {"type": "tmpfs", "device": "tmpfs"}, "deleteOnDestroy": True}
    inputs = plugin.inputs("Volume", unique, given)
    id, state = plugin.create("Volume", unique, inputs)
    assert state["mountpoint"].endswith(f"{unique}/_data")
    _, live, state = plugin.read("Volume", unique, id, inputs, state)
    news = plugin.inputs("Volume", unique, {**given, "driverOpts": {"type": "tmpfs", "device": "x"}}, live)
    with pytest.raises(grpc.RpcError) as caught:
        plugin.diff("Volume", unique, id, live, news, state)
    assert "without losing its data" in caught.value.details()
    with Plugin(docker.host) as next_run:
        next_run.delete("Volume", unique, id, inputs, state)
    assert unique not in docker.lines("volume", "ls", "-q")


def test_lookups_find_nodes_and_networks(plugin: Plugin, docker: Docker, node: str, unique: str) -> None:
    docker("network", "create", "-d", "overlay", unique)
    assert plugin.invoke("getNetwork", {"name": unique})["scope"] == "swarm"
    assert plugin.invoke("getNode", {"node": node})["role"] == "manager"
    assert [entry["hostname"] for entry in plugin.invoke("getNodes", {"role": "manager"})["nodes"]] == [node]
    with pytest.raises(grpc.RpcError) as caught:
        plugin.invoke("getNetwork", {"name": f"{unique}x"})
    assert f"did you mean {unique!r}?" in caught.value.details()
