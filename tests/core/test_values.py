"""What Pulumi calls unknown and secret on the wire is what its SDK calls so, and what `pulumi` hides is hidden."""

from __future__ import annotations

import pytest
from pulumi.runtime import rpc

from swarm_provider.core import values


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        (values.SIGNATURE, "_special_sig_key"),
        (values.OF_SECRET, "_special_secret_sig"),
        (values.OF_OUTPUT, "_special_output_value_sig"),
        (values.OF_ASSET, "_special_asset_sig"),
        (values.UNKNOWN_TEXT, "UNKNOWN"),
    ],
)
def test_signature_is_the_one_of_pulumis_sdk(ours: str, theirs: str) -> None:
    assert getattr(rpc, theirs, None) == ours, f"Pulumi's SDK has changed: pulumi.runtime.rpc.{theirs}"
