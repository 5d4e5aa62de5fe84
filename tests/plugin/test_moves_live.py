"""Moves over the protocol, on a real engine: what the state proves, what a copy may do, and runs that were killed."""

from __future__ import annotations

import json
from typing import Any

import grpc
import pytest

from swarm_provider.core import labels
from tests.support.engine import Docker, Engine
from tests.support.protocol import Plugin

pytestmark = pytest.mark.live

OLD: dict[str, Any]
NEW: dict[str, Any]
OLD, NEW = {"project": "infra", "stack": "old"}, {"project": "infra", "stack": "new"}
JOB: dict[str, Any] = {"image": "bb:1", "command": ["true"], "deploy": {"mode": "replicated-job"}, "wait": False}


def labels_of(docker: Docker, kind: str, name: str) -> dict[str, str]:
    found: dict[str, Any] = json.loads(docker(kind, "inspect", name))[0]
    return dict(found["Spec"]["Labels"] if "Spec" in found else found["Labels"])


def make(engine: Engine, kind: str, name: str, given: dict[str, Any], **where: Any) -> tuple[dict[str, Any], Any]:
    with Plugin(engine.host) as plugin:
        inputs = plugin.inputs(kind, name, given, **where)
        return inputs, plugin.create(kind, name, inputs, **where)[1]


def up(
    engine: Engine, kind: str, name: str, given: dict[str, Any], olds: Any, state: Any, **where: Any
) -> tuple[dict[str, Any], dict[str, Any], list[str]]:
    """One `up` of one resource: read, check, diff, update; return inputs, outputs and what changed."""
    with Plugin(engine.host) as plugin:
        _, olds, state = plugin.read(kind, name, name, olds, state, **where)
        news = plugin.inputs(kind, name, given, olds, **where)
        found = sorted(plugin.diff(kind, name, name, olds, news, state, **where).detailedDiff)
        if found:
            state = plugin.update(kind, name, name, olds, news, state, **where)
        return news, state, found


def destroy(engine: Engine, kind: str, name: str, olds: Any, state: Any, **where: Any) -> list[str]:
    """One `destroy` of one resource, which reads first; return what was said."""
    with Plugin(engine.host) as plugin:
        _, olds, state = plugin.read(kind, name, name, olds, state, **where)
        plugin.delete(kind, name, name, olds, state, **where)
        return [text for _, text in plugin.said]


def test_job_that_moves_is_not_run_again_and_shows_no_change_afterwards(
    engine: Engine, docker: Docker, unique: str
) -> None:
    inputs, state = make(engine, "Service", unique, JOB, **OLD)
    before = docker.api.inspect_service(unique)["Version"]
    news, state, found = up(engine, "Service", unique, JOB, inputs, state, **NEW)
    assert found == ["owner"]
    assert docker.api.inspect_service(unique)["Version"] == before
    news, state, found = up(engine, "Service", unique, JOB, news, state, **NEW)
    assert found == []
    # a change that runs it again takes the labels along
    changed = {**JOB, "command": ["echo"]}
    news, state, found = up(engine, "Service", unique, changed, news, state, **NEW)
    assert labels_of(docker, "service", unique)[labels.OWNER] == "infra/new"
    destroy(engine, "Service", unique, news, state, **NEW)
    assert unique not in docker.lines("service", "ls", "--format", "{{.Name}}")


def test_family_that_moved_keeps_its_id_and_every_version_follows(engine: Engine, docker: Docker, unique: str) -> None:
    inputs, state = make(engine, "Config", unique, {"data": "1"}, **OLD)
    inputs, state, _ = up(engine, "Config", unique, {"data": "2"}, inputs, state, **OLD)
    copy = inputs, state
    news, state, found = up(engine, "Config", unique, {"data": "2"}, inputs, state, **NEW)
    assert found == ["owner"]
    assert (news["familyId"], news["name"]) == (inputs["familyId"], inputs["name"])
    versions = docker.lines("config", "ls", "--format", "{{.Name}}", "--filter", f"name={unique}")
    assert len(versions) == 2
    owners = [labels_of(docker, "config", name) for name in versions]
    assert {own[labels.OWNER] for own in owners} == {"infra/new"}
    assert {own[labels.INCARNATION] for own in owners} == {state["incarnation"]} != {copy[1]["incarnation"]}
    # back to the first version, which was made under the old name
    news, state, _ = up(engine, "Config", unique, {"data": "1"}, news, state, **NEW)
    assert up(engine, "Config", unique, {"data": "1"}, news, state, **NEW)[2] == []
    # a copy of the old state can neither rotate nor remove it
    with pytest.raises(grpc.RpcError) as refused:
        up(engine, "Config", unique, {"data": "3"}, *copy, **OLD)
    assert "belongs to Pulumi stack 'infra/new' now" in refused.value.details()
    assert any(
        "it belongs to Pulumi stack 'infra/new'" in text for text in destroy(engine, "Config", unique, *copy, **OLD)
    )
    assert docker.lines("config", "ls", "--format", "{{.Name}}", "--filter", f"name={unique}")
    destroy(engine, "Config", unique, news, state, **NEW)
    assert not docker.lines("config", "ls", "--format", "{{.Name}}", "--filter", f"name={unique}")


def test_new_resource_under_the_name_of_one_that_moved_away_gets_a_family_of_its_own(
    engine: Engine, docker: Docker, unique: str
) -> None:
    inputs, state = make(engine, "Config", unique, {"data": "1"}, **OLD)
    moved, state, _ = up(engine, "Config", unique, {"data": "1"}, inputs, state, **NEW)
    # the name of the old stack is free, and somebody makes a stack of it again
    again, own = make(engine, "Config", unique, {"data": "1"}, **OLD)
    assert again["familyId"] != moved["familyId"]
    assert own["name"] != state["name"]
    # preview and update agree, also without the state
    assert make(engine, "Config", unique, {"data": "1"}, **OLD)[0]["familyId"] == again["familyId"]
    assert up(engine, "Config", unique, {"data": "1"}, moved, state, **NEW)[2] == []


def test_move_that_was_killed_before_the_state_was_saved_is_made_good_by_the_next_up(
    engine: Engine, docker: Docker, unique: str
) -> None:
    service = {"image": "bb:1", "deploy": {"replicas": 0}}
    for kind, given in (("Service", service), ("Config", {"data": "1"})):
        inputs, state = make(engine, kind, unique, given, **OLD)
        up(engine, kind, unique, given, inputs, state, **NEW)
        # nothing of that run was saved; the stack had been renamed before it
        inputs, state, found = up(engine, kind, unique, given, inputs, state, **NEW)
        assert found == ["owner"], kind
        assert up(engine, kind, unique, given, inputs, state, **NEW)[2] == []
        destroy(engine, kind, unique, inputs, state, **NEW)
        assert not docker.lines(kind.lower(), "ls", "--quiet", "--filter", f"name={unique}")


def test_moved_network_can_still_be_made_anew_and_removed(engine: Engine, docker: Docker, unique: str) -> None:
    inputs, state = make(engine, "Network", unique, {"labels": {"a": "1"}}, **OLD)
    with Plugin(engine.host) as plugin:
        _, olds, state = plugin.read("Network", unique, unique, inputs, state, **NEW)
        news = plugin.inputs("Network", unique, {"labels": {"a": "2"}, "replace": True}, olds, **NEW)
        assert plugin.diff("Network", unique, unique, olds, news, state, **NEW).deleteBeforeReplace
        plugin.delete("Network", unique, unique, olds, state, **NEW)
        _, state = plugin.create("Network", unique, news, **NEW)
    assert labels_of(docker, "network", unique)[labels.OWNER] == "infra/new"
    destroy(engine, "Network", unique, news, state, **NEW)
    assert not docker.lines("network", "ls", "--quiet", "--filter", f"name={unique}")


def test_imported_network_and_volume_of_another_pulumi_stack_stay_when_the_import_goes(
    engine: Engine, docker: Docker, unique: str
) -> None:
    make(engine, "Network", unique, {}, **OLD)
    node = docker("node", "inspect", "self", "--format", "{{.ID}}").strip()
    make(engine, "Volume", unique, {"node": node}, **OLD)
    for kind in ("Network", "Volume"):
        with Plugin(engine.host) as plugin:
            _, inputs, state = plugin.read(kind, unique, unique, {}, {}, **NEW)
        inputs |= {"node": node, "deleteOnDestroy": True} if kind == "Volume" else {}
        destroy(engine, kind, unique, inputs, state, **NEW)
        assert docker.lines(kind.lower(), "ls", "--quiet", "--filter", f"name={unique}"), kind


def test_volume_that_a_service_of_another_pulumi_stack_mounts_is_kept(
    engine: Engine, docker: Docker, unique: str
) -> None:
    node = docker("node", "inspect", "self", "--format", "{{.ID}}").strip()
    inputs, state = make(engine, "Volume", unique, {"node": node, "deleteOnDestroy": True}, **OLD)
    mount = {"type": "volume", "source": unique, "target": "/data"}
    make(engine, "Service", unique, {"image": "bb:1", "volumes": [mount], "deploy": {"replicas": 0}}, **NEW)
    said = destroy(engine, "Volume", unique, inputs, state, **OLD)
    assert any(f"service '{unique}' of Pulumi stack 'infra/new' mounts it" in text for text in said), said
    assert docker.lines("volume", "ls", "--quiet", "--filter", f"name={unique}")


def test_copy_of_a_state_changes_and_removes_nothing_that_has_no_labels_of_ours(
    engine: Engine, docker: Docker, unique: str
) -> None:
    node = docker("node", "inspect", "self", "--format", "{{.ID}}").strip()
    service = {"image": "bb:1", "deploy": {"replicas": 0}}
    made = {
        f"{unique}-web": ("Service", service),
        f"{unique}-job": ("Service", JOB),
        unique: ("NodeLabel", {"node": node, "key": unique, "value": "a"}),
    }
    states = {name: make(engine, kind, name, given, **OLD) for name, (kind, given) in made.items()}
    up(engine, "Service", f"{unique}-web", service, *states[f"{unique}-web"], **NEW)
    changes = {f"{unique}-job": {**JOB, "command": ["echo"]}, unique: {"node": node, "key": unique, "value": "b"}}
    with Plugin(engine.host) as copy:
        read = {name: copy.read(made[name][0], name, name, *states[name], **OLD) for name in made}
        for name, given in changes.items():
            kind = made[name][0]
            id, olds, state = read[name]
            news = copy.inputs(kind, name, given, olds, **OLD)
            with pytest.raises(grpc.RpcError) as refused:
                copy.diff(kind, name, id, olds, news, state, **OLD)
            assert "Pulumi stack 'infra/new' has the objects of this state now" in refused.value.details()
        for name, (id, olds, state) in read.items():
            copy.delete(made[name][0], name, id, olds, state, **OLD)
        assert len([text for _, text in copy.said if "is not deleted" in text]) == 3, copy.said
    assert labels_of(docker, "service", f"{unique}-job")
    assert docker("node", "inspect", "self", "--format", f'{{{{index .Spec.Labels "{unique}"}}}}').strip() == "a"
    # a state of which one object went to somebody else, and the rest did not, is no copy
    rest, own = make(engine, "Config", unique, {"data": "1"}, **OLD)
    with Plugin(engine.host) as plugin:
        for name in (f"{unique}-web", unique):
            plugin.read(made[name][0], name, name, *states[name], **OLD)
        plugin.read("Config", unique, unique, rest, own, **OLD)
        id, olds, state = plugin.read("NodeLabel", unique, unique, *states[unique], **OLD)
        plugin.delete("NodeLabel", unique, id, olds, state, **OLD)
    assert unique not in docker("node", "inspect", "self", "--format", "{{json .Spec.Labels}}")
