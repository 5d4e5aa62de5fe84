"""Volumes on nodes that the provider does not talk to otherwise: `node_hosts` says where their daemons are."""

from __future__ import annotations

import grpc
import pytest

from tests.support.engine import Engine
from tests.support.protocol import Plugin

pytestmark = [pytest.mark.live, pytest.mark.multinode]


def test_volume_is_made_kept_and_removed_on_another_node(three_nodes: Engine, unique: str) -> None:
    worker = three_nodes.node(2)
    config = {"nodeHosts": {"node2": worker.host}}
    given = {"node": "node2", "deleteOnDestroy": True}
    with Plugin(three_nodes.host, config) as plugin:
        inputs = plugin.inputs("Volume", unique, given)
        id, state = plugin.create("Volume", unique, inputs)
        assert worker.json("volume", "inspect", unique)[0]["Mountpoint"] == state["mountpoint"]
        assert unique not in three_nodes.docker.lines("volume", "ls", "-q")
    with Plugin(three_nodes.host, config) as next_run:
        assert next_run.read("Volume", unique, id, inputs, state)[1:] == (inputs, state)
        assert not next_run.diff("Volume", unique, id, inputs, inputs, state).diffs
    with Plugin(three_nodes.host, config) as destroying:
        destroying.delete("Volume", unique, id, inputs, state)
        assert unique not in worker.lines("volume", "ls", "-q")
        assert destroying.read("Volume", unique, id, inputs, state)[0] == ""


def test_volume_that_moves_to_another_node_leaves_its_data_where_it_was(three_nodes: Engine, unique: str) -> None:
    config = {"nodeHosts": {f"node{number}": three_nodes.node(number).host for number in (2, 3)}}
    with Plugin(three_nodes.host, config) as plugin:
        olds = plugin.inputs("Volume", unique, {"node": "node2"})
        id, state = plugin.create("Volume", unique, olds)
        news = plugin.inputs("Volume", unique, {"node": "node3"}, olds)
        plugin.update("Volume", unique, id, olds, news, state)
    for number in (2, 3):
        assert unique in three_nodes.node(number).lines("volume", "ls", "-q")
        three_nodes.node(number)("volume", "rm", unique)


@pytest.mark.parametrize(
    ("where", "says"),
    [
        (None, "node_hosts={'node2': 'ssh://...'} on the provider"),
        (3, "is not the daemon of node 'node2'"),
        ("tcp://127.0.0.1:9", "tcp://127.0.0.1:9"),
    ],
    ids=["not said", "another node's", "unreachable"],
)
def test_node_whose_daemon_is_not_reached_is_an_error(
    three_nodes: Engine, unique: str, where: int | str | None, says: str
) -> None:
    host = three_nodes.node(where).host if isinstance(where, int) else where
    with Plugin(three_nodes.host, {"nodeHosts": {"node2": host}} if host else {}) as plugin:
        try:
            text = "; ".join(plugin.check("Volume", unique, {"node": "node2"})[1])
        except grpc.RpcError as error:
            text = str(error.details())
        assert says in text
