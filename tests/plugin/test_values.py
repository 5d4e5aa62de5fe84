"""Pulumi's wire values and plain data."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from swarm_provider.core.values import OF_RESOURCE, SIGNATURE, UNKNOWN, Secret, secret_texts
from swarm_provider.plugin.protocol.values import decode, encode

LEAVES = st.one_of(st.text(max_size=8), st.booleans(), st.integers(1 - 2**53, 2**53 - 1), st.just(UNKNOWN), st.none())
VALUES = st.recursive(
    LEAVES,
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.dictionaries(st.text(max_size=5), inner, max_size=3),
        inner.map(Secret),
    ),
    max_leaves=12,
)


@given(st.dictionaries(st.text(min_size=1, max_size=5), VALUES.filter(lambda value: value is not None), max_size=4))
def test_values_survive_the_wire(data: dict[str, Any]) -> None:
    assert decode(encode(data)) == data


@given(st.dictionaries(st.text(min_size=1, max_size=5), VALUES, max_size=4))
def test_secrets_are_found_while_values_are_decoded(data: dict[str, Any]) -> None:
    found: list[Secret] = []
    assert secret_texts(decode(encode(data), secrets=found)) == secret_texts(found)


def test_absent_properties_are_left_out() -> None:
    assert decode(encode({"a": None, "b": 1})) == {"b": 1}


def test_nested_nulls_stay() -> None:
    assert decode(encode({"environment": {"PATH": None}})) == {"environment": {"PATH": None}}


def test_empty_maps_and_lists_stay() -> None:
    assert decode(encode({"volume": {}, "ports": []})) == {"volume": {}, "ports": []}


def test_secret_is_blind_in_texts() -> None:
    assert "hunter2" not in repr({"data": Secret("hunter2")})


def test_resource_among_values_is_its_id_as_where_a_plugin_takes_no_resources() -> None:
    resource = {SIGNATURE: OF_RESOURCE, "urn": "urn:pulumi:dev::proj::swarm:index:Network::net"}
    assert decode(encode({"a": {**resource, "id": "net"}})) == {"a": "net"}
    assert decode(encode({"a": {**resource, "id": ""}})) == {"a": UNKNOWN}, "it is not made yet"
    assert decode(encode({"a": resource})) == {"a": resource["urn"]}, "a component has none"
