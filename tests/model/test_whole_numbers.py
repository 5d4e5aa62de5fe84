"""Whole numbers beyond what a double can tell apart: carried exactly where they are meant, refused elsewhere."""

from __future__ import annotations

from typing import Any

import pytest

from swarm_provider.convert.service.spec import from_spec, to_spec
from swarm_provider.model.resources import SERVICE
from swarm_provider.plan.change.property_diff import changes
from swarm_provider.plugin.protocol.values import decode, encode
from swarm_provider.resources.arguments.wire import to_wire

LARGEST = 2**63 - 1


def checked(inputs: dict[str, Any]) -> tuple[dict[str, Any], list[str]]:
    """What Check makes of inputs that came over the wire."""
    found, problems = SERVICE.normal(decode(encode({"image": "x", **inputs})))
    return found, [f"{problem.path}: {problem.message}" for problem in problems]


def limit(value: Any) -> dict[str, Any]:
    return {"ulimits": {"memlock": {"soft": value, "hard": value}}}


@pytest.mark.parametrize("number", [LARGEST, 2**53 + 1, -(2**63), -1, 65536])
def test_limit_of_64_bits_comes_through_unchanged(number: int) -> None:
    # the program, the wire, Check, the wire again, the spec
    sent = to_wire(SERVICE.shape, limit(number))
    news, problems = checked(sent)
    assert problems == []
    stored = decode(encode({"name": "web", **news}))
    spec = to_spec(stored)
    assert spec["TaskTemplate"]["ContainerSpec"]["Ulimits"] == [{"Name": "memlock", "Soft": number, "Hard": number}]
    # what Read finds is no change
    assert (
        changes(SERVICE.shape, decode(encode({"ulimits": from_spec(spec)["ulimits"]})), {"ulimits": stored["ulimits"]})
        == []
    )


def test_other_places_of_64_bits() -> None:
    generic = [{"discreteResourceSpec": {"kind": "gpu", "value": LARGEST}}]
    named = [{"namedResourceSpec": {"kind": "gpu", "value": "9007199254740993"}}]
    deploy = {"resources": {"limits": {"pids": LARGEST}, "reservations": {"genericResources": [*generic, *named]}}}
    news, problems = checked(to_wire(SERVICE.shape, {"deploy": deploy}))
    assert problems == []
    resources = to_spec({"name": "web", **decode(encode(news))})["TaskTemplate"]["Resources"]
    assert resources["Limits"]["Pids"] == LARGEST
    counted, called = resources["Reservations"]["GenericResources"]
    assert counted["DiscreteResourceSpec"]["Value"] == LARGEST
    assert called["NamedResourceSpec"]["Value"] == "9007199254740993"


def test_number_that_lost_digits_on_the_way_is_told() -> None:
    # as another language sends it
    _, problems = checked(limit(float(LARGEST)))
    assert min(problems, key=lambda text: "soft" not in text) == (
        "ulimits.memlock.soft: 9223372036854775808 has lost precision, since Pulumi's numbers are"
        " doubles; put it in quotes"
    )


@pytest.mark.parametrize("number", [2**63, -(2**63) - 1, 10**25])
def test_number_beyond_64_bits_is_refused(number: int) -> None:
    _, problems = checked(limit(str(number)))
    assert all(": must be at" in text for text in problems) and len(problems) == 2


@pytest.mark.parametrize("number", [2**53, 2**62])
def test_replicas_beyond_a_double_are_refused(number: int) -> None:
    _, problems = checked(to_wire(SERVICE.shape, {"deploy": {"replicas": number}}))
    assert problems == [f"deploy.replicas: must be at most 9007199254740991, not {number}"]


def test_nonsense_is_no_number() -> None:
    for text in ("²", "9" * 5000, "1e3", "0x10", ""):
        _, problems = checked({"deploy": {"replicas": text}})
        assert "deploy.replicas: must be an integer" in problems[0]


def test_labels_keep_every_digit() -> None:
    news, _ = checked(to_wire(SERVICE.shape, {"labels": {"serial": 2**60 + 1}}))
    assert news["labels"] == {"serial": str(2**60 + 1)}
