from __future__ import annotations

from typing import Any

import pytest

from swarm_provider.convert.keep_user_form import keep_users_form
from swarm_provider.convert.service.daemon_form import stored
from swarm_provider.convert.service.spec import read_inputs, to_spec
from swarm_provider.core import Json
from swarm_provider.core.values import Secret


@pytest.mark.parametrize(
    ("old", "wanted", "live", "expected"),
    [
        ({"a": "0.50"}, {"a": "0.5"}, {"a": "0.5"}, {"a": "0.50"}),
        ({"a": "0.50"}, {"a": "0.5"}, {"a": "0.7"}, {"a": "0.7"}),
        ({}, {"a": 1}, {"a": 1}, {}),
        ({}, {"a": 1}, {"a": 2}, {"a": 2}),
        ({"a": 1}, {"a": 1}, {}, {}),
        ({"wait": False}, {}, {}, {"wait": False}),
        ({"a": {"b": 1}}, {"a": {"b": 1, "c": 2}}, {"a": {"b": 1, "c": 3}}, {"a": {"b": 1, "c": 3}}),
        ({}, {"a": {"b": 1, "c": 2}}, {"a": {"b": 1, "c": 3}}, {"a": {"c": 3}}),
        ({"a": [1, 2]}, {"a": [2, 1]}, {"a": [2, 1]}, {"a": [1, 2]}),
    ],
)
def test_live_value_replaces_the_users_only_where_it_differs(
    old: Json, wanted: Json, live: Json, expected: Json
) -> None:
    assert keep_users_form(old, wanted, live) == expected


def test_live_value_in_place_of_a_secret_is_a_secret() -> None:
    old: Json = {"environment": {"P": Secret("a"), "Q": "b"}}
    wanted: Json = {"environment": {"P": "a", "Q": "b"}}
    live: Json = {"environment": {"P": "x", "Q": "y"}}
    assert keep_users_form(old, wanted, live) == {"environment": {"P": Secret("x"), "Q": "y"}}


def test_unchanged_secret_map_stays_as_it_is() -> None:
    old: Json = {"environment": Secret({"P": "a"})}
    assert keep_users_form(old, {"environment": {"P": "a"}}, {"environment": {"P": "a"}}) == old


WEB: Json = {"name": "web", "image": "bb:1"}


def read(old: Json, live: Json, **options: Any) -> Json:
    return read_inputs({**WEB, **old}, stored(to_spec({**WEB, **live})), **options)


def test_ports_keep_the_users_order_and_form() -> None:
    old = [{"target": 81, "published": 9000}, {"target": 80, "published": 8000}]
    live = [*old, {"target": 82, "published": 7000}]
    assert read({"ports": old}, {"ports": live})["ports"] == [
        *old,
        {"target": 82, "published": 7000, "protocol": "tcp", "mode": "ingress"},
    ]


@pytest.mark.parametrize("live", [["/b", "/a"], ["/c", "/a", "/b"], ["/a", "/c", "/b"]])
def test_mounts_are_told_in_their_live_order(live: list[str]) -> None:
    mounts = {target: {"type": "volume", "target": target} for target in ("/a", "/b", "/c")}
    found = read({"volumes": [mounts["/a"], mounts["/b"]]}, {"volumes": [mounts[target] for target in live]})
    assert [mount["target"] for mount in found["volumes"]] == live


def test_port_that_was_moved_by_hand_is_one_change() -> None:
    old = [{"target": 81, "published": 9000}, {"target": 80, "published": 8000}]
    live = [{"target": 81, "published": 9000}, {"target": 80, "published": 8001}]
    assert read({"ports": old}, {"ports": live})["ports"] == live


def test_config_of_a_family_tells_its_live_version() -> None:
    old = [{"source": "app", "name": "app-1", "target": "/c"}]
    live = [{"source": "app-2", "target": "/c"}]
    assert read({"configs": old}, {"configs": live})["configs"] == [{"source": "app", "name": "app-2", "target": "/c"}]


def test_replicas_that_were_left_out_stay_out_until_somebody_scales() -> None:
    assert "deploy" not in read({}, {"deploy": {"replicas": 1}})
    assert read({}, {"deploy": {"replicas": 5}})["deploy"] == {"replicas": 5}


def test_force_update_that_was_left_out_stays_out_until_somebody_forces() -> None:
    assert "forceUpdate" not in read({}, {})
    assert read({}, {"forceUpdate": 2})["forceUpdate"] == 2


def test_image_text_stays_and_the_digest_is_told() -> None:
    live = to_spec({**WEB, "image": "docker.io/library/bb:1"})
    digest = "bb:1@sha256:" + "a" * 64
    live["TaskTemplate"]["ContainerSpec"]["Image"] = digest
    found = read_inputs({**WEB, "image": "docker.io/library/bb:1"}, live)
    assert (found["image"], found["resolvedImage"]) == ("docker.io/library/bb:1", digest)


def test_image_that_was_changed_by_hand_is_drift() -> None:
    live = to_spec(WEB)
    live["TaskTemplate"]["ContainerSpec"]["Image"] = "bb:2"
    assert read_inputs(WEB, live)["image"] == "bb:2"


def test_image_without_a_label_is_told_without_its_digest() -> None:
    live = to_spec(WEB)
    live["Labels"] = {}
    live["TaskTemplate"]["ContainerSpec"]["Image"] = "bb:1@sha256:" + "a" * 64
    found = read_inputs(WEB, live)
    assert (found["image"], found["resolvedImage"]) == ("bb:1", "bb:1@sha256:" + "a" * 64)


def test_what_an_old_engine_drops_is_no_drift() -> None:
    old: Json = {"healthcheck": {"interval": "5s", "startInterval": "1s"}, "oomScoreAdj": 5}
    live: Json = {"healthcheck": {"interval": "5s"}}
    assert read(old, live, api_version="1.41") == {**WEB, **old}
    assert read(old, live, api_version="1.46") == {**WEB, **live}


def test_labels_of_the_provider_never_appear() -> None:
    live = to_spec(WEB)
    live["Labels"] = {**live["Labels"], "swarm-provider.owner": "p/s", "mine": "x"}
    assert read_inputs(WEB, live)["deploy"] == {"labels": {"mine": "x"}}
