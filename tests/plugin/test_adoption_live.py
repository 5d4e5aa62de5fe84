"""Config and Secret that docker made: taken over or imported, over the protocol on a real engine."""

from __future__ import annotations

from typing import Any

import grpc
import pytest

from swarm_provider.core import labels
from swarm_provider.core.values import UNKNOWN, Secret
from tests.support.engine import Docker
from tests.support.protocol import Plugin

pytestmark = pytest.mark.live


def made_by_docker(docker: Docker, kind: str, name: str, content: str) -> str:
    return docker(kind, "create", "--label", "team=x", name, "-", stdin=content)


def owner_of(docker: Docker, kind: str, name: str) -> str:
    return docker(kind, "inspect", "--format", f'{{{{index .Spec.Labels "{labels.OWNER}"}}}}', name)


def test_config_with_equal_content_stays_as_the_first_version(plugin: Plugin, docker: Docker, unique: str) -> None:
    id = made_by_docker(docker, "config", unique, "a")
    given = {"data": "a", "adopt": True, "labels": {"team": "x"}}
    inputs = plugin.inputs("Config", unique, given)
    assert inputs["name"] == unique
    _, state = plugin.create("Config", unique, inputs)
    assert state["configId"] == id
    assert owner_of(docker, "config", unique) == "proj/dev"
    _, live, state = plugin.read("Config", unique, unique, inputs, state)
    assert not list(
        plugin.diff("Config", unique, unique, live, plugin.inputs("Config", unique, given, live), state).diffs
    )
    news = plugin.inputs("Config", unique, {**given, "data": "b"}, live)
    assert news["name"].startswith(f"{unique}-")
    assert plugin.update("Config", unique, unique, live, news, state)["name"] == news["name"]
    assert unique in docker.lines("config", "ls", "--format", "{{.Name}}"), "the version before is kept"


def test_config_with_other_content_is_not_called_ours(plugin: Plugin, docker: Docker, unique: str) -> None:
    made_by_docker(docker, "config", unique, "a")
    inputs = plugin.inputs("Config", unique, {"data": "b", "adopt": True})
    plugin.create("Config", unique, inputs)
    assert owner_of(docker, "config", unique) == "<no value>" or owner_of(docker, "config", unique) == ""


def test_trusted_secret_keeps_its_object(plugin: Plugin, docker: Docker, unique: str) -> None:
    id = made_by_docker(docker, "secret", unique, "hunter2")
    given = {"data": Secret("hunter2"), "adopt": "trust", "labels": {"team": "x"}}
    inputs = plugin.inputs("Secret", unique, given)
    assert plugin.create("Secret", unique, inputs, preview=True)[1]["name"] == unique
    _, state = plugin.create("Secret", unique, inputs)
    assert state["secretId"] == id
    _, live, state = plugin.read("Secret", unique, unique, inputs, state)
    again = plugin.inputs("Secret", unique, given, live)
    assert not list(plugin.diff("Secret", unique, unique, live, again, state).diffs)


def test_rotated_secret_gets_a_version_of_ours(plugin: Plugin, docker: Docker, unique: str) -> None:
    made_by_docker(docker, "secret", unique, "hunter2")
    inputs = plugin.inputs("Secret", unique, {"data": Secret("hunter2"), "adopt": "rotate"})
    assert plugin.create("Secret", unique, inputs, preview=True)[1]["name"] is UNKNOWN
    assert plugin.create("Secret", unique, inputs)[1]["name"].startswith(f"{unique}-")


@pytest.mark.parametrize("by", ["name", "id"])
def test_imported_config_needs_no_change(plugin: Plugin, docker: Docker, unique: str, by: str) -> None:
    id = made_by_docker(docker, "config", unique, "a")
    found, inputs, state = plugin.read("Config", unique, unique if by == "name" else id)
    assert found == unique
    given: dict[str, Any] = {"data": "a", "labels": {"team": "x"}, "baseName": unique}
    news = plugin.inputs("Config", unique, given, inputs)
    assert not list(plugin.diff("Config", unique, found, inputs, news, state).diffs)


@pytest.mark.parametrize("by", ["name", "id"])
def test_imported_service_network_and_node_need_no_change(plugin: Plugin, docker: Docker, unique: str, by: str) -> None:
    docker("network", "create", "-d", "overlay", "--attachable", "--label", "team=x", unique)
    options = ("--detach", "--no-resolve-image", "--replicas", "0", "--env", "A=1", "--network", unique)
    docker("service", "create", *options, "--limit-memory", "64M", "--name", unique, "bb:1", "sleep", "1000")
    (node,) = docker.api.nodes()
    ids = {
        "Network": (unique, docker.json("network", "inspect", unique)[0]["Id"]),
        "Service": (unique, docker.service(unique)["ID"]),
        "Node": (node["Description"]["Hostname"], node["ID"]),
    }
    programs: dict[str, dict[str, Any]] = {
        "Network": {"name": unique, "attachable": True, "labels": {"team": "x"}},
        "Service": {
            "name": unique,
            "image": "bb:1",
            "command": ["sleep", "1000"],
            "environment": {"A": "1"},
            "networks": [{"name": unique}],
            "deploy": {"replicas": 0, "resources": {"limits": {"memory": "64M"}}},
        },
        "Node": {"node": node["Description"]["Hostname"]},
    }
    for kind, program in programs.items():
        found, inputs, state = plugin.read(kind, "made", ids[kind][by == "id"])
        assert found
        news = plugin.inputs(kind, "made", program, inputs)
        difference = plugin.diff(kind, "made", found, inputs, news, state)
        assert not difference.diffs and not difference.replaces, (kind, difference)


def test_imported_secret_rotates_unless_its_content_is_vouched_for(plugin: Plugin, docker: Docker, unique: str) -> None:
    made_by_docker(docker, "secret", unique, "hunter2")
    found, inputs, state = plugin.read("Secret", unique, unique)
    assert "data" not in inputs
    given: dict[str, Any] = {"data": Secret("hunter2"), "labels": {"team": "x"}, "baseName": unique}
    news = plugin.inputs("Secret", unique, {**given, "trustExisting": True}, inputs)
    assert news["name"] == unique
    assert not list(plugin.diff("Secret", unique, found, inputs, news, state).diffs)
    rotated = plugin.inputs("Secret", unique, given, inputs)
    assert list(plugin.diff("Secret", unique, found, inputs, rotated, state).diffs) == ["data"]
    assert plugin.update("Secret", unique, found, inputs, rotated, state, preview=True)["name"] is UNKNOWN
    assert plugin.update("Secret", unique, found, inputs, rotated, state)["name"].startswith(f"{unique}-")


def refreshed(plugin: Plugin, kind: str, name: str, given: dict[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """The first `up` after `pulumi import`: a refresh, Check, Update; then the refresh of the next run."""
    id, inputs, state = plugin.read(kind, name, name)
    _, inputs, state = plugin.read(kind, name, id, inputs, state)
    news = plugin.inputs(kind, name, given, inputs)
    state = plugin.update(kind, name, id, inputs, news, state)
    _, inputs, state = plugin.read(kind, name, id, news, state)
    return inputs, state


@pytest.mark.parametrize(
    ("kind", "given"),
    [("Config", {"data": "a"}), ("Secret", {"data": Secret("a"), "trustExisting": True})],
)
def test_imported_object_becomes_ours_with_the_next_up(
    plugin: Plugin, docker: Docker, unique: str, kind: str, given: dict[str, Any]
) -> None:
    id = made_by_docker(docker, kind.lower(), unique, "a")
    given |= {"labels": {"team": "x"}}
    inputs, state = refreshed(plugin, kind, unique, given)
    assert state["name"] == unique
    assert state[f"{kind.lower()}Id"] == id
    assert owner_of(docker, kind.lower(), unique) == "proj/dev"
    again = plugin.inputs(kind, unique, given, inputs)
    assert not list(plugin.diff(kind, unique, unique, inputs, again, state).diffs)


def test_imported_object_of_another_owner_is_refused_at_the_next_up(
    plugin: Plugin, docker: Docker, unique: str
) -> None:
    with Plugin(docker.host) as another_run:
        theirs = another_run.inputs("Config", unique, {"data": "a"}, project="theirs")
        another_run.create("Config", unique, theirs, project="theirs")
    with pytest.raises(grpc.RpcError) as caught:
        refreshed(plugin, "Config", unique, {"data": "a"})
    assert "belongs to Pulumi stack 'theirs/dev'" in caught.value.details()


def test_imported_config_whose_content_changes_is_the_version_before_and_goes_with_the_family(
    plugin: Plugin, docker: Docker, unique: str
) -> None:
    made_by_docker(docker, "config", unique, "a")
    inputs, state = refreshed(plugin, "Config", unique, {"data": "b"})
    assert state["name"].startswith(f"{unique}-")
    assert unique in docker.lines("config", "ls", "--format", "{{.Name}}")
    assert owner_of(docker, "config", unique) == "proj/dev"
    plugin.delete("Config", unique, unique, inputs, state)
    assert not [name for name in docker.lines("config", "ls", "--format", "{{.Name}}") if name.startswith(unique)]


def test_adopted_config_keeps_its_object_when_the_state_is_lost(plugin: Plugin, docker: Docker, unique: str) -> None:
    made_by_docker(docker, "config", unique, "a")
    given = {"data": "a", "adopt": True}
    plugin.create("Config", unique, plugin.inputs("Config", unique, given))
    with Plugin(docker.host) as another_run:
        assert another_run.inputs("Config", unique, given)["name"] == unique
        assert another_run.inputs("Config", unique, {"data": "b", "adopt": True})["name"] != unique


def test_trusted_secret_that_was_rotated_meanwhile_is_not_trusted_again(
    plugin: Plugin, docker: Docker, unique: str
) -> None:
    """The run that rotated it died before the state was saved; then the program goes back."""
    made_by_docker(docker, "secret", unique, "one")
    trusting = {"data": Secret("one"), "trustExisting": True}
    inputs, state = refreshed(plugin, "Secret", unique, trusting)
    rotated = plugin.inputs("Secret", unique, {"data": Secret("two"), "trustExisting": True}, inputs)
    plugin.update("Secret", unique, unique, inputs, rotated, state)
    _, live, state = plugin.read("Secret", unique, unique, inputs, state)
    back = plugin.inputs("Secret", unique, trusting, live)
    assert back["name"] != rotated["name"]
    assert set(plugin.diff("Secret", unique, unique, live, back, state).diffs) == {"data", "name"}


def test_nothing_to_import_is_told_by_an_empty_id(plugin: Plugin, unique: str) -> None:
    for kind in ("Config", "Secret", "Service", "Network", "Volume"):
        assert plugin.read(kind, unique, unique)[0] == ""


def test_foreign_owner_is_refused_even_when_adopting(plugin: Plugin, docker: Docker, unique: str) -> None:
    with Plugin(docker.host) as another_run:
        theirs = another_run.inputs("Network", unique, {}, project="theirs")
        another_run.create("Network", unique, theirs, project="theirs")
    with pytest.raises(grpc.RpcError) as caught:
        plugin.create("Network", unique, plugin.inputs("Network", unique, {"adopt": True}))
    assert "belongs to Pulumi stack 'theirs/dev'" in caught.value.details()


def test_adopted_job_is_not_stamped_and_needs_no_change(plugin: Plugin, docker: Docker, unique: str) -> None:
    docker("service", "create", "--detach", "--mode", "replicated-job", "--name", unique, "bb:1", "true")
    given = {"image": "bb:1", "command": ["true"], "adopt": True, "wait": False, "resolveImage": "never"}
    given |= {"deploy": {"mode": "replicated-job", "replicas": 1}}
    inputs = plugin.inputs("Service", unique, given)
    _, state = plugin.create("Service", unique, inputs)
    assert docker.service(unique)["JobStatus"]["JobIteration"].get("Index", 0) == 0
    with Plugin(docker.host) as next_run:
        _, live, state = next_run.read("Service", unique, unique, inputs, state)
        news = next_run.inputs("Service", unique, given, live)
        found = next_run.diff("Service", unique, unique, live, news, state)
    assert "owner" not in found.detailedDiff
