from __future__ import annotations

import pytest
from pulumi import _types
from pulumi.runtime import resource, rpc

from swarm_provider.resources.program import sdk_savings


@pytest.fixture(autouse=True)
def savings(monkeypatch: pytest.MonkeyPatch) -> None:
    """Programs of tests run as those that Pulumi runs: with our ways in the place of the SDK's, until the test ends."""
    replaced = {
        resource: ("_get_stack_trace", "_get_source_position_for_frame", "create_urn"),
        rpc: ("transfer_properties",),
        _types: ("resource_types",),
    }
    for module, names in replaced.items():
        for name in names:
            monkeypatch.setattr(module, name, getattr(module, name))
    sdk_savings.save()
