"""The public names of the package are a list that does not change by accident."""

from __future__ import annotations

import pytest

import swarm_provider as swarm
from swarm_provider.core.names import snake
from swarm_provider.model import FUNCTIONS, RESOURCES
from swarm_provider.resources import args

NAMES = {
    *("Stack", "Service", "Config", "ConfigDirectory", "Secret", "Network", "Volume", "Node", "NodeLabel", "Provider"),
    "Release",
    *("get_config", "get_secret", "get_network", "get_node", "get_nodes"),
    *("get_config_output", "get_secret_output", "get_network_output", "get_node_output", "get_nodes_output"),
    *("ConfigInfo", "SecretInfo", "NetworkInfo", "NodeInfo", "__version__"),
}


def test_public_names_are_these() -> None:
    assert set(swarm.__all__) == NAMES


@pytest.mark.parametrize("name", sorted(NAMES))
def test_every_public_name_exists(name: str) -> None:
    assert getattr(swarm, name) is not None
    assert name in dir(swarm)


def test_every_resource_and_lookup_of_the_definition_is_public() -> None:
    assert {resource.name for resource in RESOURCES.values()} <= NAMES
    lookups = {snake(function.name) for function in FUNCTIONS.values()}
    assert lookups | {f"{name}_output" for name in lookups} <= NAMES


@pytest.mark.parametrize("name", args.__all__)
def test_argument_shapes_are_reachable(name: str) -> None:
    assert getattr(swarm, name) is getattr(args, name)


def test_other_names_do_not_exist() -> None:
    with pytest.raises(AttributeError, match="has no attribute 'Stak'"):
        swarm.Stak  # noqa: B018
