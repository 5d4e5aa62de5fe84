from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from swarm_provider.convert.objects import (
    config_from_spec,
    config_to_spec,
    network_from_spec,
    network_to_spec,
    read_network,
    secret_from_spec,
    secret_to_spec,
    volume_from_spec,
    volume_to_spec,
    with_labels,
)
from swarm_provider.convert.service.spec import to_spec
from swarm_provider.convert.service.versions import known_to, unknown_to
from swarm_provider.core import Json
from swarm_provider.core.values import UNKNOWN, Secret
from swarm_provider.model.content import content_of
from tests.strategies import TEXT_MAPS, WORDS, objects

COMMON = {"labels": TEXT_MAPS.filter(bool), "namespace": WORDS}


@given(objects({"name": WORDS, "data": st.text(min_size=1)}, templateDriver=WORDS, **COMMON))
def test_config_of_text_is_read_as_it_was_given(inputs: Json) -> None:
    told = config_from_spec(config_to_spec(inputs))
    if "\0" in inputs["data"]:
        # no text that can be shown
        assert content_of({"dataBase64": told.pop("dataBase64")}) == inputs.pop("data").encode()
    assert told == inputs


@pytest.mark.parametrize("encoded", ["/wA=", "YQBi"])
def test_config_of_bytes_is_read_as_base64(encoded: str) -> None:
    inputs = {"name": "a", "dataBase64": encoded}
    assert config_from_spec(config_to_spec(inputs)) == inputs


@given(objects({"name": WORDS, "driver": WORDS}, driverOpts=TEXT_MAPS.filter(bool), templateDriver=WORDS, **COMMON))
def test_secret_of_a_driver_is_read_as_it_was_given(inputs: Json) -> None:
    assert secret_from_spec(secret_to_spec(inputs)) == inputs


def test_secret_content_is_revealed_for_the_daemon_only() -> None:
    assert secret_to_spec({"name": "a", "data": Secret("x")})["Data"] == "eA=="


@given(
    objects(
        {"name": WORDS, "driver": WORDS},
        driverOpts=TEXT_MAPS.filter(bool),
        internal=st.just(True),
        attachable=st.just(True),
        ingress=st.just(True),
        enableIpv6=st.just(True),
        ipam=st.just({"driver": "x", "options": {"a": "b"}, "config": [{"subnet": "10.1.2.0/24"}]}),
        **COMMON,
    )
)
def test_network_is_read_as_it_was_given(inputs: Json) -> None:
    assert network_from_spec(network_to_spec(inputs)) == inputs


@given(objects({"name": WORDS, "driver": WORDS}, driverOpts=TEXT_MAPS.filter(bool), **COMMON))
def test_volume_is_read_as_it_was_given(inputs: Json) -> None:
    assert volume_from_spec(volume_to_spec(inputs)) == inputs


LIVE: Json = {"Name": "n", "Id": "x", "Driver": "overlay", "Labels": None, "Options": {}}


@pytest.mark.parametrize("subnet", ["10.0.7.0/24", "192.168.7.0/24"])
def test_network_without_asked_subnet_takes_any(subnet: str) -> None:
    live = {**LIVE, "IPAM": {"Driver": "default", "Config": [{"Subnet": subnet, "Gateway": subnet[:-4] + "1"}]}}
    assert read_network({"name": "n"}, live) == {"name": "n"}


def test_network_with_another_subnet_than_asked_is_drift() -> None:
    live = {**LIVE, "IPAM": {"Driver": "default", "Config": [{"Subnet": "10.0.8.0/24", "Gateway": "10.0.8.1"}]}}
    old = {"name": "n", "ipam": {"config": [{"subnet": "10.0.7.0/24"}]}}
    assert read_network(old, live)["ipam"] == {"config": [{"subnet": "10.0.8.0/24", "gateway": "10.0.8.1"}]}


def test_network_whose_flags_differ_is_drift() -> None:
    assert read_network({"name": "n", "attachable": False}, {**LIVE, "Attachable": True}) == {
        "name": "n",
        "attachable": True,
    }


def test_labels_of_the_provider_are_put_on_and_never_read() -> None:
    spec = with_labels(config_to_spec({"name": "a", "labels": {"x": "y"}}), {"swarm-provider.urn": "u"})
    assert spec["Labels"] == {"x": "y", "swarm-provider.urn": "u"}
    assert config_from_spec(spec)["labels"] == {"x": "y"}


@pytest.mark.parametrize("convert", [config_to_spec, secret_to_spec, network_to_spec, volume_to_spec])
def test_unknown_values_pass_through(convert: object) -> None:
    assert callable(convert)
    inputs = dict.fromkeys(("name", "data", "labels", "driver", "driverOpts", "ipam", "templateDriver"), UNKNOWN)
    assert convert(inputs)["Name"] is UNKNOWN


def test_old_engine_drops_what_it_does_not_know() -> None:
    spec = to_spec(
        {
            "name": "a",
            "image": "b",
            "ulimits": {"core": {"soft": 0, "hard": 0}},
            "volumes": [
                {"type": "volume", "source": "v", "target": "/b", "volume": {"subpath": "s", "nocopy": True}},
            ],
        }
    )
    mount = spec["TaskTemplate"]["ContainerSpec"]["Mounts"][0]
    spec["TaskTemplate"]["ContainerSpec"]["Mounts"].append({**mount, "Target": "/c"})
    assert [name for name, _ in unknown_to(spec, "1.40")] == [
        "ulimits",
        "volumes.volume.subpath",
    ]
    container = known_to(spec, "1.40")["TaskTemplate"]["ContainerSpec"]
    assert "Ulimits" not in container
    assert container["Mounts"] == [
        {"Type": "volume", "Source": "v", "Target": target, "VolumeOptions": {"NoCopy": True}}
        for target in ("/b", "/c")
    ]
    assert unknown_to(spec, "1.46") == []
    # what is dropped is missed in the answer alone, and a spec that loses nothing is the answer
    assert unknown_to(spec, "1.40") and known_to(spec, "1.46") is spec


def test_network_of_the_swarm_with_another_driver_is_read_as_asked_for() -> None:
    asked = {"name": "lan", "driver": "macvlan", "scope": "swarm"}
    sent = network_to_spec(asked)
    assert sent["Scope"] == "swarm"
    live = {**sent, "Id": "1", "IPAM": {"Driver": "", "Config": []}}
    assert read_network(asked, live) == asked
    assert network_from_spec(live)["scope"] == "swarm"
    overlay = {"Name": "o", "Driver": "overlay", "Id": "2", "Scope": "swarm", "ConfigFrom": {"Network": ""}}
    assert network_from_spec(overlay) == {"name": "o", "driver": "overlay"}


def test_cluster_volume_is_inputs_and_back() -> None:
    spec = {
        "group": "g",
        "accessMode": {"scope": "single", "sharing": "none", "blockVolume": {}},
        "accessibilityRequirements": {
            "requisite": [{"segments": {"zone": "1"}}],
            "preferred": [{"segments": {"zone": "2"}}],
        },
        "capacityRange": {"requiredBytes": "1G"},
        "secrets": [{"key": "a", "secret": "s"}],
        "availability": "pause",
    }
    inputs = {"name": "v", "driver": "csi", "clusterSpec": spec}
    assert volume_from_spec(volume_to_spec(inputs)) == inputs
