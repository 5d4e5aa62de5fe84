"""Advice at preview: shown for what is made or changed, chosen by name on the resource or the provider."""

from __future__ import annotations

import secrets
from typing import Any

import pytest
from google.protobuf import empty_pb2

from tests.support.engine import Docker, Engine
from tests.support.protocol import Plugin

pytestmark = pytest.mark.live

SERVICE: dict[str, Any] = {"image": "bb", "environment": {"DB_PASSWORD": "hunter22"}, "resolveImage": "never"}
CONFIG: dict[str, Any] = {"data": "password = hunter22"}
NAMES = ("latest-image", "no-limits", "credential")


def advised(plugin: Plugin, kind: str, given: dict[str, Any]) -> list[str]:
    """The names of the advice that is shown for a new resource; each thing that is wrong with it has one of NAMES."""
    before = len(plugin.said)
    plugin.inputs(kind, f"t{secrets.token_hex(4)}", given)
    plugin.call("Cancel", empty_pb2.Empty())
    texts = [text for severity, text in plugin.said[before:] if severity == "warning" and text.startswith("advice: ")]
    return [name for name in NAMES if any(f"({name})" in text for text in texts)]


def test_advice_is_switched_off_one_by_one_on_the_resource_or_the_provider(engine: Engine) -> None:
    with Plugin(engine.host) as plugin:
        assert advised(plugin, "Service", SERVICE) == list(NAMES)
        for name in NAMES:
            others = [other for other in NAMES if other != name]
            assert advised(plugin, "Service", {**SERVICE, "advice": others}) == others
        assert advised(plugin, "Service", {**SERVICE, "advice": []}) == []
        assert advised(plugin, "Config", CONFIG) == ["credential"]
        assert advised(plugin, "Config", {**CONFIG, "advice": ["no-limits"]}) == []
    with Plugin(engine.host, {"advice": ["no-limits"]}) as plugin:
        assert advised(plugin, "Service", SERVICE) == ["no-limits"]
        assert advised(plugin, "Service", {**SERVICE, "advice": ["credential"]}) == ["credential"]


def test_advice_is_for_what_is_made_or_changed_and_an_error_when_strict(docker: Docker, unique: str) -> None:
    with Plugin(docker.host) as plugin:
        olds = plugin.inputs("Service", unique, SERVICE)
        plugin.call("Cancel", empty_pb2.Empty())
        first = len(plugin.said)
        plugin.inputs("Service", unique, SERVICE, olds)
        plugin.call("Cancel", empty_pb2.Empty())
        assert len(plugin.said) == first, "who left it so has read it"
        _, failures = plugin.check("Service", unique, {**SERVICE, "advice": ["no-limit"]}, olds)
        assert len(failures) == 1 and "no-limits" in failures[0]
        _, failures = plugin.check("Service", unique, {**SERVICE, "strict": True})
        assert len(failures) == 1 and failures[0].startswith("advice: ")
        assert failures[0].endswith("(an error because strict is set)")


def test_plugin_that_is_ended_by_a_signal_tells_its_advice_first(engine: Engine) -> None:
    with Plugin(engine.host) as plugin:
        plugin.inputs("Service", f"t{secrets.token_hex(4)}", SERVICE)
        assert not [text for _, text in plugin.said if text.startswith("advice: ")]
    assert len([text for _, text in plugin.said if text.startswith("advice: ")]) == len(NAMES)
