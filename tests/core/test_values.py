"""What Pulumi calls unknown and secret on the wire is what its SDK calls so, and what `pulumi` hides is hidden."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pulumi.runtime import rpc

from swarm_provider.core import values
from swarm_provider.core.values import Secret, sharing

NESTED = st.dictionaries(
    st.sampled_from("abc"),
    st.recursive(
        st.sampled_from(["x", "y", Secret("x")]),
        lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.sampled_from("abc"), inner, max_size=3),
        max_leaves=6,
    ),
)


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        (values.SIGNATURE, "_special_sig_key"),
        (values.OF_SECRET, "_special_secret_sig"),
        (values.OF_OUTPUT, "_special_output_value_sig"),
        (values.OF_ASSET, "_special_asset_sig"),
        (values.OF_RESOURCE, "_special_resource_sig"),
        (values.UNKNOWN_TEXT, "UNKNOWN"),
    ],
)
def test_signature_is_the_one_of_pulumis_sdk(ours: str, theirs: str) -> None:
    assert getattr(rpc, theirs, None) == ours, f"Pulumi's SDK has changed: pulumi.runtime.rpc.{theirs}"


@given(NESTED, NESTED)
def test_value_that_shares_parts_with_another_is_the_same_value(value: Any, known: Any) -> None:
    shared = sharing(value, known)
    assert shared == value
    for key in value.keys() & known.keys():
        if value[key] == known[key]:
            assert shared[key] is known[key]
