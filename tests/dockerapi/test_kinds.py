"""Exact names among the objects that the daemon lists."""

from __future__ import annotations

import json

import pytest

from swarm_provider.dockerapi.connection.transport import Answer
from swarm_provider.dockerapi.kinds import exact
from swarm_provider.errors import Conflict


def config(name: str, id: str) -> dict[str, object]:
    return {"ID": id, "Spec": {"Name": name}}


def test_exact_name_among_beginnings_of_names() -> None:
    found = [config("app-v1", "1"), config("app-v", "2"), config("app", "3")]
    assert exact("config", found, "app") == found[2]
    assert exact("config", found, "ap") is None


def test_exact_id_wins_over_a_name_of_the_same_text() -> None:
    found = [config("x", "1"), config("y", "x")]
    assert exact("config", found, "x") == found[1]


def test_exact_network_of_the_swarm_wins_over_the_nodes_own() -> None:
    own = {"Id": "1", "Name": "net", "Scope": "local"}
    swarms = {"Id": "2", "Name": "net", "Scope": "swarm"}
    assert exact("network", [own, swarms], "net") == swarms


def test_exact_hostname_of_several_nodes_is_an_error_that_names_their_ids() -> None:
    nodes = [{"ID": id, "Description": {"Hostname": "worker"}} for id in ("n1", "n2")]
    with pytest.raises(Conflict, match="2 nodes have the hostname 'worker'; use one of their ids: n1, n2"):
        exact("node", nodes, "worker")
    assert exact("node", nodes, "n2") == nodes[1]


def test_equal_objects_of_a_list_are_one_where_nobody_changes_them() -> None:
    item = {"Spec": {"Labels": {"a": "b"}, "N": [1]}, "Previous": {"Labels": {"a": "b"}}}
    text = json.dumps([item, {"Labels": {"a": "b", "c": 1}}])
    answer = Answer(200, text.encode(), {})
    one, other = answer.json(shared=True)
    assert [one, other] == json.loads(text) == answer.json()
    assert one["Spec"]["Labels"] is one["Previous"]["Labels"]
    apart, _ = answer.json()
    assert apart["Spec"]["Labels"] is not apart["Previous"]["Labels"]
