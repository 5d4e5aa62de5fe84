"""NodeLabel, Network, Volume and the lookups over the protocol, on a real engine."""

from __future__ import annotations

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import grpc
import pytest

from swarm_provider.core import labels
from swarm_provider.core.values import UNKNOWN
from tests.support.engine import Docker
from tests.support.protocol import PROJECT, STACK, Plugin

NOBODY = "tcp://127.0.0.1:9"
"""An address where no Docker answers."""

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
    with Plugin(docker.host) as next_run:
        next_run.delete("NodeLabel", unique, id, inputs, state)
    assert unique not in node_labels(docker, node)
    assert node_labels(docker, node)[f"{unique}-other"] == "1"


def test_value_that_was_there_before_stays_on_destroy(plugin: Plugin, docker: Docker, node: str, unique: str) -> None:
    docker("node", "update", "--label-add", f"{unique}=raid", node)
    inputs = plugin.inputs("NodeLabel", unique, {"node": node, "key": unique, "value": "raid"})
    id, state = plugin.create("NodeLabel", unique, inputs)
    with Plugin(docker.host) as next_run:
        next_run.delete("NodeLabel", unique, id, inputs, state)
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
    with Plugin(docker.host) as next_run:
        next_run.delete("NodeLabel", unique, id, inputs, state)
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


def test_replaced_label_stays_on_the_node(plugin: Plugin, docker: Docker, node: str, unique: str) -> None:
    given = {"node": node, "key": unique, "value": "raid"}
    olds = plugin.inputs("NodeLabel", unique, given)
    id, state = plugin.create("NodeLabel", unique, olds)
    with Plugin(docker.host) as replacing:
        # as `up --replace` does: Create first, and at the end Delete of the old one
        replacing.create("NodeLabel", unique, replacing.inputs("NodeLabel", unique, given))
        replacing.delete("NodeLabel", unique, id, olds, state)
    assert node_labels(docker, node)[unique] == "raid"


def test_old_self_of_a_killed_replacement_goes_without_the_label(
    plugin: Plugin, docker: Docker, node: str, unique: str
) -> None:
    given = {"node": node, "key": unique, "value": "raid"}
    inputs = plugin.inputs("NodeLabel", unique, given)
    id, state = plugin.create("NodeLabel", unique, inputs)
    with Plugin(docker.host) as next_run:
        again = next_run.inputs("NodeLabel", unique, given, inputs)
        assert not next_run.diff("NodeLabel", unique, id, inputs, again, state).diffs
        next_run.delete("NodeLabel", unique, id, inputs, state)
    assert node_labels(docker, node)[unique] == "raid"


def test_labels_whose_keys_are_not_known_yet_are_no_conflict(plugin: Plugin, node: str, unique: str) -> None:
    for name in ("one", "two"):
        plugin.inputs("NodeLabel", f"{unique}-{name}", {"node": node, "key": UNKNOWN})


def test_offline_preview_of_a_new_label_does_not_say_that_the_node_is_missing(unique: str) -> None:
    with Plugin(NOBODY, {"offlinePreview": True}) as plugin:
        inputs = plugin.inputs("NodeLabel", unique, {"node": "elsewhere", "key": unique})
        assert plugin.create("NodeLabel", unique, inputs, preview=True)[0] == f"{unique}@elsewhere"


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


def test_network_made_by_hand_is_made_anew_when_asked_and_another_owners_is_refused_at_preview(
    docker: Docker, unique: str
) -> None:
    with Plugin(docker.host) as plugin:
        olds = plugin.inputs("Network", unique, {})
        id, state = plugin.create("Network", unique, olds)
    docker("network", "rm", unique)
    docker("network", "create", "-d", "overlay", "--attachable", unique)
    with Plugin(docker.host) as plugin:
        _, live, state = plugin.read("Network", unique, id, olds, state)
        plugin.delete("Network", unique, id, live, state)
        assert unique in docker.lines("network", "ls", "--format", "{{.Name}}"), "a destroy leaves it"
    with Plugin(docker.host) as plugin:
        news = plugin.inputs("Network", unique, {"replace": True}, live)
        assert plugin.diff("Network", unique, id, live, news, state).replaces
        plugin.delete("Network", unique, id, live, state)
        plugin.create("Network", unique, news)
        assert not docker.json("network", "inspect", unique)[0]["Attachable"]
    with Plugin(docker.host) as plugin:
        news = plugin.inputs("Network", unique, {"attachable": True, "replace": True}, olds, project="theirs")
        with pytest.raises(grpc.RpcError) as caught:
            plugin.diff("Network", unique, id, olds, news, state, project="theirs")
        assert "belongs to Pulumi stack 'proj/dev'" in str(caught.value.details())


def test_network_that_may_differ_is_no_error_even_when_strict(docker: Docker, unique: str) -> None:
    with Plugin(docker.host, {"strict": True}) as plugin:
        olds = plugin.inputs("Network", unique, {"driverOpts": {"encrypted": ""}})
        news = plugin.inputs("Network", unique, {"driverOpts": {"encrypted": UNKNOWN}})
        assert not plugin.diff("Network", unique, unique, olds, news, {}).diffs
        news = plugin.inputs("Network", unique, {"driverOpts": {"encrypted": UNKNOWN}, "attachable": True})
        with pytest.raises(grpc.RpcError) as caught:
            plugin.diff("Network", unique, unique, olds, news, {})
        details = str(caught.value.details())
        assert "attachable: not set => true" in details
        assert "driverOpts.encrypted: known during the update" in details


def test_warning_of_another_network_does_not_tell_its_options(docker: Docker, unique: str) -> None:
    with Plugin(docker.host, {"strict": True}) as plugin:
        olds = plugin.inputs("Network", unique, {"driverOpts": {"psk": "live-password"}})
        news = plugin.inputs("Network", unique, {"driverOpts": {"psk": "asked-password"}})
        with pytest.raises(grpc.RpcError) as caught:
            plugin.diff("Network", unique, unique, olds, news, {})
        assert "(driverOpts.psk)" in str(caught.value.details())
        assert "password" not in str(caught.value.details())


def test_preview_of_a_replaced_network_does_not_look_at_the_old_one(
    plugin: Plugin, docker: Docker, unique: str
) -> None:
    docker("network", "create", "-d", "overlay", unique)
    olds = plugin.inputs("Network", unique, {})
    news = plugin.inputs("Network", unique, {"attachable": True, "replace": True})
    with pytest.raises(grpc.RpcError):
        plugin.create("Network", unique, news, preview=True)
    assert plugin.diff("Network", unique, unique, olds, news, {}).deleteBeforeReplace
    assert plugin.create("Network", unique, news, preview=True)[0] == unique


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


def of_stack(stack: str) -> str:
    return f"{labels.OWNER}={PROJECT}/{stack}"


@pytest.mark.parametrize(
    ("lazy", "label", "removed"),
    [
        (True, "", True),
        (True, of_stack(STACK), True),
        (True, of_stack("prod"), False),
        (False, "", False),
        (False, of_stack(STACK), True),
    ],
)
def test_destroy_removes_only_a_volume_that_is_ours(
    plugin: Plugin, docker: Docker, node: str, unique: str, lazy: bool, label: str, removed: bool
) -> None:
    docker("volume", "create", *(["--label", label] if label else []), unique)
    inputs = plugin.inputs("Volume", unique, {"deleteOnDestroy": True, **({} if lazy else {"node": node})})
    id, state = plugin.create("Volume", unique, inputs)
    with Plugin(docker.host) as destroying:
        destroying.delete("Volume", unique, id, inputs, state)
    assert (unique not in docker.lines("volume", "ls", "-q")) is removed
    docker.run("volume", "rm", unique)


@pytest.mark.parametrize("preview", [True, False])
def test_volume_of_another_stack_is_refused_on_a_node(
    plugin: Plugin, docker: Docker, node: str, unique: str, preview: bool
) -> None:
    docker("volume", "create", "--label", of_stack("prod"), unique)
    inputs = plugin.inputs("Volume", unique, {"node": node})
    with pytest.raises(grpc.RpcError) as caught:
        plugin.create("Volume", unique, inputs, preview=preview)
    assert f"belongs to Pulumi stack '{PROJECT}/prod'" in str(caught.value.details())
    docker("volume", "rm", unique)


def test_renamed_volume_leaves_the_old_one_with_its_data(
    plugin: Plugin, docker: Docker, node: str, unique: str
) -> None:
    given = {"node": node, "deleteOnDestroy": True}
    olds = plugin.inputs("Volume", unique, given)
    id, state = plugin.create("Volume", unique, olds)
    with Plugin(docker.host) as next_run:
        renamed = {**given, "name": f"{unique}b"}
        news = next_run.inputs("Volume", unique, renamed, olds)
        assert list(next_run.diff("Volume", unique, id, olds, news, state).replaces) == ["name"]
        next_run.create("Volume", unique, next_run.inputs("Volume", unique, renamed))
        next_run.delete("Volume", unique, id, olds, state)
    assert {unique, f"{unique}b"} <= set(docker.lines("volume", "ls", "-q"))
    docker("volume", "rm", unique, f"{unique}b")


def test_other_options_of_a_volume_are_refused_at_preview_without_their_values(
    plugin: Plugin, docker: Docker, node: str, unique: str
) -> None:
    docker("volume", "create", "--opt", "type=tmpfs", "--opt", "device=tmpfs", "--opt", "o=size=1m", unique)
    given = {"node": node, "driverOpts": {"type": "tmpfs", "device": "tmpfs", "o": "size=2m"}}
    with pytest.raises(grpc.RpcError) as caught:
        plugin.create("Volume", unique, plugin.inputs("Volume", unique, given), preview=True)
    assert "different values of driver_opts.o" in str(caught.value.details())
    assert "size=" not in str(caught.value.details())
    not_known = {**given, "driverOpts": {"type": "tmpfs", "device": "tmpfs", "o": UNKNOWN}}
    assert plugin.create("Volume", unique, plugin.inputs("Volume", unique, not_known), preview=True)[0] == unique
    docker("volume", "rm", unique)


def test_options_of_a_volume_that_are_not_known_yet_pass_the_preview(
    plugin: Plugin, docker: Docker, node: str, unique: str
) -> None:
    given = {"node": node, "driverOpts": {"type": "tmpfs", "device": "tmpfs"}}
    olds = plugin.inputs("Volume", unique, given)
    id, state = plugin.create("Volume", unique, olds)
    news = plugin.inputs("Volume", unique, {**given, "driverOpts": {"type": "tmpfs", "device": UNKNOWN}}, olds)
    assert not plugin.diff("Volume", unique, id, olds, news, state).replaces
    docker("volume", "rm", unique)


def test_node_written_as_its_id_is_the_same_node(plugin: Plugin, docker: Docker, node: str, unique: str) -> None:
    olds = plugin.inputs("Volume", unique, {"node": node})
    id = docker("node", "inspect", "--format", "{{.ID}}", node).strip()
    assert not plugin.diff("Volume", unique, unique, olds, plugin.inputs("Volume", unique, {"node": id}), {}).diffs


def test_lazy_volume_that_gets_a_node_is_made_there_and_not_replaced(
    plugin: Plugin, docker: Docker, node: str, unique: str
) -> None:
    olds = plugin.inputs("Volume", unique, {})
    id, state = plugin.create("Volume", unique, olds)
    news = plugin.inputs("Volume", unique, {"node": node}, olds)
    found = plugin.diff("Volume", unique, id, olds, news, state)
    assert (list(found.diffs), list(found.replaces)) == (["node"], [])
    assert plugin.update("Volume", unique, id, olds, news, state)["mountpoint"]
    docker("volume", "rm", unique)


def test_offline_preview_of_a_volume_on_a_node_goes_by_the_program(unique: str) -> None:
    with Plugin(NOBODY, {"offlinePreview": True}) as plugin:
        inputs = plugin.inputs("Volume", unique, {"node": "elsewhere"})
        assert plugin.create("Volume", unique, inputs, preview=True)[0] == unique


def test_lookups_find_nodes_and_networks(plugin: Plugin, docker: Docker, node: str, unique: str) -> None:
    docker("network", "create", "-d", "overlay", unique)
    assert plugin.invoke("getNetwork", {"name": unique})["scope"] == "swarm"
    assert plugin.invoke("getNode", {"node": node})["role"] == "manager"
    assert [entry["hostname"] for entry in plugin.invoke("getNodes", {"role": "manager"})["nodes"]] == [node]
    with pytest.raises(grpc.RpcError) as caught:
        plugin.invoke("getNetwork", {"name": f"{unique}x"})
    assert f"did you mean {unique!r}?" in caught.value.details()


def test_imported_volume_and_label_show_no_change(plugin: Plugin, docker: Docker, node: str, unique: str) -> None:
    docker("volume", "create", "--label", "team=shop", "--opt", "type=tmpfs", "--opt", "device=tmpfs", unique)
    docker("node", "update", "--label-add", f"{unique}=raid", node)
    node_id = docker("node", "inspect", "--format", "{{.ID}}", node)
    options = {"driverOpts": {"type": "tmpfs", "device": "tmpfs"}, "labels": {"team": "shop"}}
    programs: list[tuple[str, str, dict[str, Any]]] = [
        ("Volume", unique, options),
        ("NodeLabel", f"{unique}@{node}", {"node": node, "key": unique, "value": "raid"}),
        ("NodeLabel", f"{unique}@{node_id}", {"node": node_id, "key": unique, "value": "raid"}),
        ("NodeLabel", f"{unique}@*", {"node": "*", "key": unique, "value": "raid"}),
    ]
    for kind, id, program in programs:
        with Plugin(docker.host) as run:
            found, inputs, state = run.read(kind, unique, id)
            assert found
            news = run.inputs(kind, unique, program, inputs)
            difference = run.diff(kind, unique, found, inputs, news, state)
            assert not difference.diffs and not difference.replaces, (kind, id, difference)
    docker("volume", "rm", unique)


def test_network_of_the_swarm_with_another_driver(plugin: Plugin, docker: Docker, unique: str) -> None:
    wish = {"driver": "macvlan", "scope": "swarm", "driverOpts": {"parent": "lo"}}
    inputs = plugin.inputs("Network", unique, wish)
    id, state = plugin.create("Network", unique, inputs)
    live = docker.json("network", "inspect", unique)[0]
    assert (live["Scope"], live["Driver"]) == ("swarm", "macvlan")
    with Plugin(docker.host) as next_run:
        _, read, state = next_run.read("Network", unique, id, inputs, state)
        assert read == inputs
        news = next_run.inputs("Network", unique, wish, read)
        assert not next_run.diff("Network", unique, id, read, news, state).detailedDiff
        _, imported, _ = next_run.read("Network", unique, id)
        assert {key: imported[key] for key in ("driver", "scope")} == {"driver": "macvlan", "scope": "swarm"}
        next_run.delete("Network", unique, id, inputs, state)


def test_setting_of_a_network_without_a_word_is_told(plugin: Plugin, docker: Docker, unique: str) -> None:
    docker("network", "create", "--config-only", "--subnet", "10.99.7.0/24", f"{unique}-own")
    docker("network", "create", "-d", "macvlan", "--scope", "swarm", "--config-from", f"{unique}-own", unique)
    plugin.read("Network", unique, unique)
    line = f'set on the cluster, not in the program: ConfigFrom.Network = "{unique}-own"; kept'
    assert ("info", line) in plugin.said
    docker("network", "rm", unique, f"{unique}-own")
