"""A template that fails on the node cannot heal: the rollout says so at once, and which config it is."""

from __future__ import annotations

import time

import grpc
import pytest

from tests.support.engine import Docker
from tests.support.protocol import Plugin

pytestmark = pytest.mark.live


@pytest.mark.parametrize("template", ["{{.foo}}", '{{secret "none"}}'])
def test_template_of_a_config_that_fails_on_the_node_is_told_at_once(
    plugin: Plugin, docker: Docker, unique: str, template: str
) -> None:
    config = plugin.inputs("Config", f"{unique}-c", {"data": template, "templateDriver": "golang"})
    _, made = plugin.create("Config", f"{unique}-c", config)
    name = made["name"]
    inputs = plugin.inputs(
        "Service", unique, {"image": "bb:1", "resolveImage": "never", "configs": [{"source": name, "target": "/c"}]}
    )
    began = time.monotonic()
    with pytest.raises(grpc.RpcError) as caught:
        plugin.create("Service", unique, inputs)
    # a crash loop is given a minute
    assert time.monotonic() - began < 30
    assert f"the template of config {name} cannot be expanded on the node: " in str(caught.value.details())
