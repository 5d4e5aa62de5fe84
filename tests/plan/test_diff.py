from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from swarm_provider.core import Json
from swarm_provider.core.path import parse, render
from swarm_provider.core.values import UNKNOWN, Secret
from swarm_provider.model import RESOURCES
from swarm_provider.plan.change.property_diff import Change, Kind, changes, replaces, users_path
from tests.strategies import SERVICES

SHAPE = RESOURCES["swarm:index:Service"].shape


def diff(old: Json, new: Json) -> list[Change]:
    return changes(SHAPE, {"image": "bb:1", **old}, {"image": "bb:1", **new})


def told(path: str, kind: Kind, old: Any, new: Any) -> Change:
    return Change(parse(path), kind, old, new)


def paths(old: Json, new: Json) -> list[tuple[str, str]]:
    return [(change.path, change.kind) for change in diff(old, new)]


def test_number_in_deploy_is_one_change() -> None:
    assert diff({"deploy": {"replicas": 1}}, {"deploy": {"replicas": 2}}) == [told("deploy.replicas", "update", 1, 2)]


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ({"cpus": "0.50"}, {"cpus": "0.5"}),
        ({"memory": "100M"}, {"memory": "104857600"}),
    ],
)
def test_measures_are_compared_by_meaning(old: Json, new: Json) -> None:
    assert diff({"deploy": {"resources": {"limits": old}}}, {"deploy": {"resources": {"limits": new}}}) == []


def test_duration_is_compared_by_meaning() -> None:
    assert diff({"stopGracePeriod": "90s"}, {"stopGracePeriod": "1m30s"}) == []


@pytest.mark.parametrize("empty", [{"environment": {}}, {"ports": []}, {"deploy": {}}, {"deploy": {"labels": {}}}])
def test_empty_is_the_same_as_absent(empty: Json) -> None:
    assert diff(empty, {}) == diff({}, empty) == []


def test_keys_of_user_maps_are_quoted_where_they_need_it() -> None:
    found = paths({"labels": {"a.b": "1"}, "environment": {"A": "1"}}, {"labels": {"a.b": "2"}, "environment": {}})
    assert found == [("environment.A", "delete"), ('labels["a.b"]', "update")]


def test_bare_variable_differs_from_an_empty_one() -> None:
    assert diff({"environment": {"A": None}}, {"environment": {"A": ""}}) == [told("environment.A", "update", None, "")]


def test_object_that_comes_is_told_property_by_property() -> None:
    assert paths({}, {"deploy": {"mode": "global", "labels": {"a": "b"}}}) == [
        ("deploy.mode", "add"),
        ("deploy.labels", "add"),
    ]


def test_longer_command_is_one_change() -> None:
    assert diff({"command": ["a"]}, {"command": ["a", "b"]}) == [told("command", "update", ["a"], ["a", "b"])]


def test_word_of_a_command_is_one_change() -> None:
    assert diff({"command": ["a", "b"]}, {"command": ["a", "c"]}) == [told("command[1]", "update", "b", "c")]


def test_ports_in_another_order_are_the_same() -> None:
    one, two = {"target": 80, "published": 8080}, {"target": 81, "published": 8081}
    assert diff({"ports": [one, two]}, {"ports": [two, one]}) == []


def test_port_that_moves_is_one_change() -> None:
    one, two = {"target": 80, "published": 8080}, {"target": 81, "published": 8081}
    assert diff({"ports": [one, two]}, {"ports": [one, {**two, "published": 9000}]}) == [
        told("ports[1].published", "update", 8081, 9000)
    ]


def test_port_in_front_of_others_is_one_addition() -> None:
    one, two = {"target": 80, "published": 8080}, {"target": 81, "published": 8081}
    assert diff({"ports": [two]}, {"ports": [one, two]}) == [told("ports[0]", "add", None, one)]


def test_port_that_goes_is_one_deletion() -> None:
    one, two = {"target": 80, "published": 8080}, {"target": 81, "published": 8081}
    assert diff({"ports": [one, two]}, {"ports": [one]}) == [told("ports[1]", "delete", two, None)]


def test_port_that_moves_up_and_changes_leaves_the_place_that_it_had() -> None:
    one, two = {"target": 80, "published": 9100}, {"target": 81, "published": 9101}
    new = {"target": 81, "published": 9102}
    assert diff({"ports": [one, two]}, {"ports": [new]}) == [
        told("ports[0]", "update", one, new),
        told("ports[1]", "delete", two, None),
    ]


def test_port_that_moves_down_and_changes_goes_and_comes() -> None:
    one, two, three = ({"target": port, "published": 8000 + port} for port in (80, 81, 82))
    changed = {**two, "published": 9101}
    assert diff({"ports": [one, two]}, {"ports": [three, one, changed]}) == [
        told("ports[0]", "add", None, three),
        told("ports[2]", "add", None, changed),
        told("ports[1]", "delete", two, None),
    ]


@given(SERVICES, SERVICES)
def test_no_path_lies_below_another_one(old: Json, new: Json) -> None:
    found = [change.place for change in changes(SHAPE, old, new)]
    assert len(found) == len(set(found))
    assert [(a, b) for a in found for b in found if a != b and b[: len(a)] == a] == []


@given(st.permutations(range(4)), st.permutations(range(4)), st.lists(st.booleans(), min_size=4, max_size=4))
def test_ports_are_told_where_pulumi_finds_their_values(old: list[int], new: list[int], changed: list[bool]) -> None:
    before = [{"target": port, "published": 8000 + port} for port in old[:3]]
    after = [{"target": port, "published": 8000 + port + 1000 * changed[port]} for port in new[:3]]
    for change in diff({"ports": before}, {"ports": after}):
        _, place, *fields = change.place
        assert isinstance(place, int)
        for side, value in ((before, change.old), (after, change.new)):
            if value is not None:
                assert value == (side[place][str(fields[0])] if fields else side[place])


def test_config_version_is_the_change_of_one_name() -> None:
    old = {"source": "app", "name": "app-1", "target": "/c"}
    assert paths({"configs": [old]}, {"configs": [{**old, "name": "app-2"}]}) == [("configs[0].name", "update")]


def test_network_that_replaces_another_is_one_change_of_the_place() -> None:
    assert diff({"networks": [{"name": "a"}]}, {"networks": [{"name": "b"}]}) == [
        told("networks[0]", "update", {"name": "a"}, {"name": "b"})
    ]


def test_mounts_in_another_order_are_one_change_of_the_list() -> None:
    one, two = {"type": "tmpfs", "target": "/a"}, {"type": "tmpfs", "target": "/b"}
    assert paths({"volumes": [one, two]}, {"volumes": [two, one]}) == [("volumes", "update")]


def test_entries_without_an_order_mean_the_same_whatever_the_order_of_their_keys() -> None:
    here = [{"target": 80, "mode": "host"}, {"target": 81, "mode": "host"}]
    there = [{"mode": "host", "target": 81}, {"target": 80, "mode": "host"}]
    assert SHAPE.key({"ports": here}) == SHAPE.key({"ports": there})


def test_capabilities_have_no_order() -> None:
    assert diff({"capAdd": ["A", "B"]}, {"capAdd": ["B", "A"]}) == []
    assert diff({"capAdd": ["A"]}, {"capAdd": ["B", "A"]}) == [told("capAdd[0]", "add", None, "B")]


def test_unknown_value_always_differs() -> None:
    assert diff({"user": UNKNOWN}, {"user": UNKNOWN}) == [told("user", "update", UNKNOWN, UNKNOWN)]
    assert paths({}, {"environment": {"A": UNKNOWN}}) == [("environment", "add")]


def test_secret_is_compared_by_value_and_stays_wrapped() -> None:
    old = {"environment": {"P": Secret("a"), "Q": Secret("q")}}
    found = diff(old, {"environment": {"P": Secret("b"), "Q": "q"}})
    assert found == [told("environment.P", "update", Secret("a"), Secret("b"))]
    assert "a" not in repr(found[0].old)


def test_secret_around_a_map_covers_what_changes_in_it() -> None:
    assert diff({"environment": Secret({"P": "a"})}, {"environment": {"P": "b"}}) == [
        told("environment.P", "update", Secret("a"), "b")
    ]


def test_state_of_another_type_is_one_change() -> None:
    assert paths({"ports": "8080:80"}, {"ports": [{"target": 80}]}) == [("ports", "update")]


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ({"name": "a"}, {"name": "b"}, ["name"]),
        ({}, {"deploy": {"mode": "global"}}, ["deploy.mode"]),
        ({"deploy": {"mode": "global"}}, {}, ["deploy.mode"]),
        ({"deploy": {"mode": "replicated"}}, {}, []),
        ({}, {"deploy": {"mode": "replicated"}}, []),
        ({"deploy": {"endpointMode": "vip"}}, {"deploy": {"endpointMode": "dnsrr"}}, []),
        ({"networks": [{"name": "a"}]}, {"networks": []}, []),
        ({"namespace": "a"}, {"namespace": "b"}, []),
    ],
)
def test_only_name_and_mode_need_a_replacement(old: Json, new: Json, expected: list[str]) -> None:
    assert replaces(diff(old, new)) == expected


@pytest.mark.parametrize(
    ("path", "spelt"),
    [
        ("deploy.updateConfig.maxFailureRatio", "deploy.update_config.max_failure_ratio"),
        ("environment.myKey", "environment.myKey"),
        ('labels["a.bC"]', 'labels["a.bC"]'),
        ("volumes[0].readOnly", "volumes[0].read_only"),
        ("ulimits.noFile.soft", "ulimits.noFile.soft"),
        ("volumes[1].volume.driverOpts.camelCase", "volumes[1].volume.driver_opts.camelCase"),
    ],
)
def test_path_is_told_in_the_users_spelling(path: str, spelt: str) -> None:
    assert render(users_path(SHAPE, parse(path))) == spelt


def test_values_of_any_type_are_compared_as_they_are() -> None:
    shape = RESOURCES["swarm:index:Config"].shape
    old: Any = {"rotateTrigger": {"a": [1]}}
    assert changes(shape, old, old) == []
    assert [change.path for change in changes(shape, old, {"rotateTrigger": {"a": [2]}})] == ["rotateTrigger"]
