"""Our cheaper ways come to the same as those of Pulumi's SDK. What fails here names what a new SDK has changed."""

from __future__ import annotations

import asyncio
import importlib.metadata
import traceback
from collections.abc import Callable
from typing import Any

import pulumi
import pytest
from pulumi import _types, output
from pulumi.runtime import resource as registering
from pulumi.runtime import rpc

import swarm_provider as swarm
from swarm_provider.resources.program import sdk_savings
from tests.resources.program import run, version_name

CHANGED = f"Pulumi's SDK {pulumi.__file__} has changed; see swarm_provider/resources/program/sdk_savings.py: "

VERSION = tuple(map(int, importlib.metadata.version("pulumi").split(".")[:2]))
of_one_future = pytest.mark.skipif(VERSION < (3, 269), reason="an Output has several futures there")


def _sdks_own(replaced: Any) -> Any:
    """The function of the SDK that one of ours stands for."""
    assert hasattr(replaced, "__wrapped__"), CHANGED + "the function is gone or has another place"
    return replaced.__wrapped__


class _Inner:
    def __init__(self, traces: list[Any]) -> None:
        for trace in (registering._get_stack_trace, _sdks_own(registering._get_stack_trace)):
            traces.append(trace())


class _Middle(_Inner):
    def __init__(self, traces: list[Any]) -> None:
        super().__init__(traces)


class _Outer(_Middle):
    def __init__(self, traces: list[Any]) -> None:
        super().__init__(traces)


def test_stack_traces_are_those_of_the_sdk() -> None:
    traces: list[Any] = []
    for _ in range(2):
        _Outer(traces)
    _Outer(traces)
    ours, theirs = traces[::2], traces[1::2]
    assert ours == theirs, CHANGED + "_get_stack_trace"
    lines = [trace.frames[0].pc.line for trace in ours]
    assert lines[0] == lines[1] == lines[2] - 1
    assert ours[0].frames[0].pc.uri.endswith("/test_sdk_savings.py")


@pytest.mark.parametrize("file", [__file__, "<string>", "", "relative.py"])
def test_position_of_a_frame_is_the_sdks(file: str) -> None:
    frame = traceback.FrameSummary(file, 7, "name", lookup_line=False)
    ours = registering._get_source_position_for_frame
    assert ours(frame) == ours(frame) == _sdks_own(ours)(frame), CHANGED + "_get_source_position_for_frame"


@pytest.mark.parametrize("kind", [swarm.Service, swarm.Config, swarm.Stack, pulumi.CustomResource])
def test_types_of_a_class_are_the_sdks(kind: type) -> None:
    assert _types.resource_types(kind) == _sdks_own(_types.resource_types)(kind), CHANGED + "_types.resource_types"


@pytest.mark.parametrize(
    "parent",
    [
        "",
        "urn:pulumi:dev::proj::pulumi:pulumi:Stack::proj-dev",
        "urn:pulumi:dev::proj::a:b:C$d:e:F::name::with::colons",
    ],
)
def test_urn_of_plain_texts_is_the_sdks(parent: str) -> None:
    async def urns() -> list[tuple[Any, ...]]:
        made = [create("web", "swarm:index:Service", parent) for create in (ours, _sdks_own(ours))]
        return [
            (await urn.future(), await urn.is_known(), await urn.is_secret(), await urn.resources()) for urn in made
        ]

    ours = registering.create_urn
    mine, theirs = asyncio.run(urns())
    assert mine == theirs, CHANGED + "create_urn"


def test_urn_of_anything_else_is_made_by_the_sdk() -> None:
    async def urn(*args: Any, **named: Any) -> str | None:
        return await registering.create_urn("web", "swarm:index:Service", *args, **named).future()

    parent = "urn:pulumi:dev::proj::a:b:C::c"

    async def of_output() -> str | None:
        return await urn(pulumi.Output.from_input(parent))

    assert asyncio.run(of_output()) == "urn:pulumi:dev::proj::a:b:C$swarm:index:Service::web"
    assert asyncio.run(urn(None, "p", "s")) == "urn:pulumi:s::p::swarm:index:Service::web"
    assert asyncio.run(urn(project="p", stack="s")) == "urn:pulumi:s::p::swarm:index:Service::web"


def _properties(program: Callable[[], pulumi.Resource], *, preview: bool) -> dict[str, Any]:
    """What each property of a resource turns out to be: value, known or not, secret or not, of which resources."""
    found: dict[str, Any] = {}

    async def look(made: pulumi.Resource) -> str:
        for name, value in [*made.__dict__.items()]:
            if isinstance(value, pulumi.Output) and not name.startswith("_"):
                resources = {one.pulumi_resource_name for one in await value.resources()}
                found[name] = (await value.future(), await value.is_known(), await value.is_secret(), resources)
        return "looked"

    answered = {"name": "net-1", "attachable": True, "driverOpts": {"a": ["b"]}}
    run(lambda: pulumi.Output.from_input(look(program())), preview=preview, outputs=lambda args: answered)
    return found


@of_one_future
@pytest.mark.parametrize("preview", [False, True], ids=["up", "preview"])
def test_properties_turn_out_as_the_sdks(preview: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    def program() -> pulumi.Resource:
        opts = pulumi.ResourceOptions(additional_secret_outputs=["driverOpts"])
        return swarm.Network("net", opts, name="a", attachable=True, labels={"a": pulumi.Output.secret("b")})

    ours = _properties(program, preview=preview)
    monkeypatch.setattr(rpc, "transfer_properties", _sdks_own(rpc.transfer_properties))
    theirs = _properties(program, preview=preview)
    assert ours == theirs, CHANGED + "transfer_properties"
    assert {"name", "attachable", "labels", "networkId", "id", "urn"} <= ours.keys()


@of_one_future
def test_properties_of_a_resource_that_fails_fail_with_its_error(monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(_: Any) -> dict[str, Any]:
        raise ValueError("refused")

    async def seen(made: pulumi.Resource) -> list[str]:
        said = []
        for name in ("networkId", "driver"):
            for part in (made.__dict__[name].future, made.__dict__[name].is_known):
                with pytest.raises(ValueError) as failure:
                    await part()
                said.append(str(failure.value))
        return said

    kept: list[Any] = []
    with pytest.raises(ValueError, match="refused"):
        run(lambda: kept.append(asyncio.ensure_future(seen(swarm.Network("net", driver="a")))), outputs=fails)
    assert kept[0].result() == ["refused"] * 4


@of_one_future
def test_resources_of_others_have_the_outputs_that_the_sdk_makes() -> None:
    made: list[pulumi.CustomResource] = []
    run(lambda: made.append(pulumi.CustomResource("other:index:Thing", "thing", {"size": 1})), outputs=version_name)
    assert isinstance(made[0].__dict__["size"]._data, asyncio.Task)


def test_sdk_without_the_names_is_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    for module, name in (
        (registering, "_get_stack_trace"),
        (registering, "_get_source_position_for_frame"),
        (registering, "create_urn"),
        (_types, "resource_types"),
        (rpc, "transfer_properties"),
    ):
        monkeypatch.delattr(module, name)
    sdk_savings.save()
    assert not hasattr(registering, "create_urn") and not hasattr(rpc, "transfer_properties")


def test_sdk_whose_outputs_have_several_futures_makes_them_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    before = rpc.transfer_properties
    monkeypatch.delattr(output, "_OutputData", raising=False)
    sdk_savings.save()
    assert rpc.transfer_properties is before
