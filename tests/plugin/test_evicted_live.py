"""What a preview says of a changed node or label: which tasks leave, and what is lost by it. Over the protocol."""

from __future__ import annotations

from collections.abc import Iterator

import grpc
import pytest

from tests.support.engine import Docker
from tests.support.protocol import Plugin

pytestmark = pytest.mark.live

AT_ONCE = "they stop immediately, regardless of update_config"


@pytest.fixture
def node(docker: Docker, unique: str) -> Iterator[str]:
    """The one node's host name, with the label UNIQUE=raid; two services run there, `db` because of the label."""
    (id,) = docker.lines("node", "ls", "-q")
    docker("node", "update", "--label-add", f"{unique}=raid", id)
    options = ("--detach", "--no-resolve-image", "--stop-grace-period", "0s")
    pinned = ("--constraint", f"node.labels.{unique} == raid", "--mount", "type=volume,source=data,target=/data")
    docker("service", "create", *options, *pinned, "--name", f"{unique}-db", "bb:1", "sleep", "1000")
    docker("service", "create", *options, "--replicas", "2", "--name", f"{unique}-web", "bb:1", "sleep", "1000")
    docker.wait_running(f"{unique}-db")
    docker.wait_running(f"{unique}-web", 2)
    yield str(docker.json("node", "inspect", id)[0]["Description"]["Hostname"])
    docker("node", "update", "--label-rm", unique, id)


def nowhere(unique: str, node: str) -> list[str]:
    """What is lost when the database leaves the only node."""
    return [
        f"{unique}-db: volume 'data' is local to {node!r}; the task starts elsewhere with an empty one",
        f"the task of {unique}-db will stay pending: no suitable node (scheduling constraints not satisfied on 1 node)"
        f": no node satisfies 'node.labels.{unique} == raid'",
    ]


def test_label_that_changes_or_leaves_a_node_is_told_with_the_tasks_that_it_evicts(
    docker: Docker, node: str, unique: str
) -> None:
    given = {"node": node, "key": unique, "value": "raid"}
    with Plugin(docker.host) as plugin:
        olds = plugin.inputs("NodeLabel", unique, given)
        id, state = plugin.create("NodeLabel", unique, olds)
    with Plugin(docker.host) as plugin:
        news = plugin.inputs("NodeLabel", unique, {**given, "value": "ssd"}, olds)
        assert not plugin.said, "Check, and the refresh before it, are silent"
        assert plugin.diff("NodeLabel", unique, id, olds, news, state).diffs
        evicts = f"the label {unique}=ssd evicts 1 task: {unique}-db (1); {AT_ONCE}"
        assert sorted(plugin.said) == [("info", evicts), *(("warning", text) for text in nowhere(unique, node))]
    with Plugin(docker.host, {"strict": True}) as strict:
        strict.inputs("NodeLabel", unique, {**given, "value": "ssd"}, olds)
        with pytest.raises(grpc.RpcError) as caught:
            strict.diff("NodeLabel", unique, id, olds, news, state)
        assert caught.value.details() == f"{nowhere(unique, node)[0]} (an error because strict is set)"
    with Plugin(docker.host) as plugin:
        back_to_raid = plugin.inputs("NodeLabel", unique, {**given, "node": []}, olds)
        plugin.diff("NodeLabel", unique, id, olds, back_to_raid, state)
        assert not plugin.said, "the value that it had before stays"
    with Plugin(docker.host) as plugin:
        state = {**state, "previous": {}}
        news = plugin.inputs("NodeLabel", unique, {**given, "node": []}, olds)
        plugin.diff("NodeLabel", unique, id, olds, news, state)
        evicts = f"the label {unique}=raid, which leaves {node}, evicts 1 task: {unique}-db (1); {AT_ONCE}"
        assert ("info", evicts) in plugin.said
    with Plugin(docker.host) as plugin:
        harmless = plugin.inputs("NodeLabel", "other", {"node": "*", "key": f"{unique}-other"})
        plugin.create("NodeLabel", "other", harmless, preview=True)
        assert not plugin.said
    assert len(docker.tasks(f"{unique}-db")) == 1, "a preview changes nothing"


def test_node_that_changes_is_told_with_what_happens_to_its_tasks(docker: Docker, node: str, unique: str) -> None:
    evicts = f"draining {node} evicts 3 tasks: {unique}-db (1), {unique}-web (2); {AT_ONCE}"
    with Plugin(docker.host) as plugin:
        draining = plugin.inputs("Node", unique, {"node": node, "availability": "drain"})
        plugin.create("Node", unique, draining, preview=True)
        assert ("info", evicts) in plugin.said
        warned = [text for severity, text in plugin.said if severity == "warning"]
        assert nowhere(unique, node)[0] in warned
        pending = f"the tasks of {unique}-web will stay pending: no suitable node (1 node not available for new tasks)"
        assert pending in warned
    with Plugin(docker.host) as plugin:
        olds = plugin.inputs("Node", unique, {"node": node})
        id, state = plugin.create("Node", unique, olds)
    for wanted, text in (
        ("drain", evicts),
        ("pause", f"{node} accepts no new tasks; running ones continue"),
    ):
        with Plugin(docker.host) as plugin:
            news = plugin.inputs("Node", unique, {"node": node, "availability": wanted}, olds)
            assert plugin.diff("Node", unique, id, olds, news, state).diffs
            assert ("info", text) in plugin.said
    with Plugin(docker.host) as plugin:
        news = plugin.inputs("Node", unique, {"node": node, "availability": "drain", "strict": True}, olds)
        with pytest.raises(grpc.RpcError) as caught:
            plugin.diff("Node", unique, id, olds, news, state)
        assert "an error because strict is set" in str(caught.value.details())
    assert len(docker.tasks(f"{unique}-web")) == 2, "a preview changes nothing"
