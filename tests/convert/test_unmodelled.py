"""Settings that the cluster has and no input can say: shown, carried over leaf by leaf, no reason of a restart."""

from __future__ import annotations

import copy
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from swarm_provider.convert.minimal_update import in_live_form
from swarm_provider.convert.objects import secret_from_spec, secret_to_spec
from swarm_provider.convert.service.daemon_form import stored
from swarm_provider.convert.service.effective import effective
from swarm_provider.convert.service.spec import read_inputs, to_spec
from swarm_provider.convert.unmodelled import beyond, beyond_network, beyond_volume, unmodelled
from swarm_provider.core import Json
from swarm_provider.plan.change.restart import restart
from tests.strategies import SERVICES

LAW = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
WEB: Json = {
    "name": "web",
    "image": "bb:1",
    "logging": {"driver": "local"},
    "healthcheck": {"test": ["CMD", "true"]},
    "volumes": [{"type": "bind", "source": "/a", "target": "/a"}, {"type": "volume", "source": "b", "target": "/b"}],
    "ports": [{"target": 80, "published": 8080}],
    "configs": [{"source": "app-1", "target": "/app"}],
    "secrets": [{"source": "key-1", "target": "key"}],
    "networks": [{"name": "back"}],
    "ulimits": {"nofile": {"soft": 5, "hard": 6}},
    "deploy": {
        "resources": {
            "limits": {"cpus": "1"},
            "reservations": {"genericResources": [{"discreteResourceSpec": {"kind": "gpu", "value": 1}}]},
        },
        "placement": {"preferences": [{"spread": "node.labels.z"}]},
        "updateConfig": {"parallelism": 2},
        "restartPolicy": {"condition": "any"},
    },
}
CONTAINER = ("TaskTemplate", "ContainerSpec")
# where a newer engine may put a field, and how it is shown
PLACES: dict[str, tuple[Any, ...]] = {
    "Next": (),
    "TaskTemplate.Next": ("TaskTemplate",),
    "TaskTemplate.ContainerSpec.Next": CONTAINER,
    "TaskTemplate.ContainerSpec.Privileges.Next": (*CONTAINER, "Privileges"),
    "TaskTemplate.ContainerSpec.Healthcheck.Next": (*CONTAINER, "Healthcheck"),
    "TaskTemplate.ContainerSpec.Mounts[/a].Next": (*CONTAINER, "Mounts", 0),
    "TaskTemplate.ContainerSpec.Mounts[/b].Next": (*CONTAINER, "Mounts", 1),
    "TaskTemplate.ContainerSpec.Configs[/app].Next": (*CONTAINER, "Configs", 0),
    "TaskTemplate.ContainerSpec.Configs[/app].File.Next": (*CONTAINER, "Configs", 0, "File"),
    "TaskTemplate.ContainerSpec.Secrets[key].Next": (*CONTAINER, "Secrets", 0),
    "TaskTemplate.ContainerSpec.Ulimits[nofile].Next": (*CONTAINER, "Ulimits", 0),
    "TaskTemplate.Networks[back].Next": ("TaskTemplate", "Networks", 0),
    "TaskTemplate.LogDriver.Next": ("TaskTemplate", "LogDriver"),
    "TaskTemplate.RestartPolicy.Next": ("TaskTemplate", "RestartPolicy"),
    "TaskTemplate.Resources.Next": ("TaskTemplate", "Resources"),
    "TaskTemplate.Resources.Limits.Next": ("TaskTemplate", "Resources", "Limits"),
    "TaskTemplate.Resources.Reservations.GenericResources[0].Next": (
        "TaskTemplate", "Resources", "Reservations", "GenericResources", 0,
    ),
    "TaskTemplate.Placement.Next": ("TaskTemplate", "Placement"),
    "TaskTemplate.Placement.Preferences[0].Next": ("TaskTemplate", "Placement", "Preferences", 0),
    "UpdateConfig.Next": ("UpdateConfig",),
    "EndpointSpec.Next": ("EndpointSpec",),
    "EndpointSpec.Ports[80].Next": ("EndpointSpec", "Ports", 0),
    "Mode.Replicated.Next": ("Mode", "Replicated"),
}  # fmt: skip


def at(spec: Json, steps: tuple[Any, ...]) -> Any:
    value: Any = spec
    for step in steps:
        value = value[step]
    return value


def made(inputs: Json, *places: tuple[Any, ...], value: Any = 7) -> Json:
    """The service on an engine that has more fields than we know."""
    spec = stored(to_spec(inputs))
    spec["TaskTemplate"]["ContainerSpec"]["Privileges"] = {}
    for place in places:
        at(spec, place)["Next"] = value
    return spec


@pytest.mark.parametrize("path", PLACES)
def test_field_of_a_newer_engine_is_shown_with_its_path(path: str) -> None:
    assert unmodelled(made(WEB, PLACES[path])) == {path: 7}


@pytest.mark.parametrize("path", PLACES)
@pytest.mark.parametrize("value", [7, 0, False, {"a": [1, {"b": 0}]}])
def test_field_of_a_newer_engine_is_kept_by_an_update_of_its_neighbours(path: str, value: Any) -> None:
    live = made(WEB, PLACES[path], value=value)
    news = copy.deepcopy(WEB)
    news |= {"environment": {"A": "1"}, "ulimits": {"nofile": {"soft": 1, "hard": 2}}}
    news["healthcheck"]["interval"] = "9s"
    news["volumes"].insert(0, {"type": "tmpfs", "target": "/t"})
    news["ports"][0]["published"] = 8081
    news["configs"][0]["source"] = "app-2"
    news["secrets"][0]["source"] = "key-2"
    news["networks"][0]["aliases"] = ["me"]
    news["logging"]["options"] = {"max-size": "1m"}
    news["deploy"]["resources"]["limits"] = {"memory": "64M"}
    news["deploy"]["placement"]["constraints"] = ["node.role == manager"]
    news["deploy"]["updateConfig"] = {"parallelism": 3}
    news["deploy"]["restartPolicy"] = {"condition": "none"}
    sent = in_live_form(to_spec(news), live)
    assert found(sent) == [value]


def found(value: Any) -> list[Any]:
    """Every value of a field Next."""
    if isinstance(value, dict):
        own = [value["Next"]] if "Next" in value else []
        return own + [entry for key, part in value.items() if key != "Next" for entry in found(part)]
    return [entry for part in value for entry in found(part)] if isinstance(value, list) else []


@pytest.mark.parametrize("path", PLACES)
def test_field_of_a_newer_engine_restarts_nothing_when_a_label_changes(path: str) -> None:
    live = made(WEB, PLACES[path])
    sent = in_live_form(to_spec({**WEB, "deploy": {**WEB["deploy"], "labels": {"a": "b"}}}), live)
    assert not restart(live, sent).restarts
    assert effective({**sent, "Labels": live["Labels"]}) == effective(live)


@pytest.mark.parametrize("path", PLACES)
def test_field_of_a_newer_engine_is_no_drift(path: str) -> None:
    assert read_inputs(WEB, made(WEB, PLACES[path])) == WEB


@pytest.mark.parametrize(
    ("change", "place"),
    [
        ({"volumes": [WEB["volumes"][1]]}, (*CONTAINER, "Mounts", 0)),
        (
            {"volumes": [{"type": "volume", "source": "a", "target": "/a"}, WEB["volumes"][1]]},
            (*CONTAINER, "Mounts", 0),
        ),
        ({"logging": {"driver": "syslog"}}, ("TaskTemplate", "LogDriver")),
        ({"ulimits": {"core": {"soft": 1, "hard": 1}}}, (*CONTAINER, "Ulimits", 0)),
    ],
)
def test_field_goes_with_what_it_is_a_part_of(change: Json, place: tuple[Any, ...]) -> None:
    sent = in_live_form(to_spec({**WEB, **change}), made(WEB, place))
    assert unmodelled(sent) == {}


def test_each_mount_keeps_its_own_fields_in_another_order() -> None:
    live = made(WEB, (*CONTAINER, "Mounts", 0))
    sent = in_live_form(to_spec({**WEB, "volumes": WEB["volumes"][::-1]}), live)
    assert [(mount["Target"], mount.get("Next")) for mount in sent["TaskTemplate"]["ContainerSpec"]["Mounts"]] == [
        ("/b", None),
        ("/a", 7),
    ]


def test_empty_field_of_a_newer_engine_is_kept_and_not_shown() -> None:
    live = made(WEB, ("TaskTemplate",), value=False)
    assert unmodelled(live) == {}
    assert in_live_form(to_spec({**WEB, "user": "1"}), live)["TaskTemplate"]["Next"] is False


def test_what_the_program_says_wins_over_a_value_that_nobody_can_say() -> None:
    live = made(WEB)
    live["TaskTemplate"]["RestartPolicy"] = {"Condition": "sometimes"}
    sent = in_live_form(to_spec({**WEB, "deploy": {"restartPolicy": {"condition": "none"}}}), live)
    assert sent["TaskTemplate"]["RestartPolicy"]["Condition"] == "none"


@LAW
@given(SERVICES, SERVICES, st.sampled_from([(), ("TaskTemplate",), CONTAINER, ("TaskTemplate", "Resources")]))
def test_fields_that_nobody_knows_survive_any_update(old: Json, new: Json, place: tuple[Any, ...]) -> None:
    live = stored(to_spec(old))
    at(live, place)["Next"] = {"deep": [0, ""]}
    sent = in_live_form(to_spec(new), live)
    assert at(sent, place)["Next"] == {"deep": [0, ""]}
    assert unmodelled(sent) == unmodelled(live)


def test_field_of_a_secret_that_nobody_knows_is_found() -> None:
    spec = {"Name": "key", "Labels": {"swarm-provider.owner": "p/s"}, "Driver": {"Name": "vault"}, "Next": {"a": 1}}
    assert beyond(spec, secret_to_spec(secret_from_spec(spec))) == {"Next.a": 1}


def test_setting_of_a_network_that_nobody_knows_is_found_and_its_state_is_not() -> None:
    live = {"Name": "n", "Id": "1", "Scope": "swarm", "Internal": True, "Next": 7, "NextOff": False, "Status": {"a": 1}}
    assert beyond_network({**live, "EnableIPv4": True, "ConfigFrom": {"Network": ""}, "Containers": {}}) == {"Next": 7}
    odd = {**live, "EnableIPv4": False, "ConfigFrom": {"Network": "c"}}
    assert beyond_network(odd) == {"Next": 7, "EnableIPv4": False, "ConfigFrom.Network": "c"}


def test_field_of_a_cluster_volume_that_nobody_knows_is_found() -> None:
    spec = {
        "Group": "g",
        "AccessMode": {"Scope": "multi", "Sharing": "all", "MountVolume": {}, "Next": 1},
        "CapacityRange": {"RequiredBytes": 1, "LimitBytes": 0},
        "Availability": "active",
        "Next": [1],
    }
    found = beyond_volume({"Name": "v", "ClusterVolume": {"ID": "1", "Spec": spec}})
    assert found == {"ClusterVolume.Spec.AccessMode.Next": 1, "ClusterVolume.Spec.Next": [1]}
    assert beyond_volume({"Name": "v", "Driver": "local"}) == {}
