"""What Pulumi's SDK does for each resource, in a cheaper way that comes to the same.

A program with hundreds of resources spends most of its processor time in the SDK. Each function here puts a way of ours
in the place of one of the SDK's private functions, says on which names it relies, and leaves the SDK alone where it has
them no more; they were seen in 3.225 as in 3.272 unless it says otherwise. `tests/resources/test_sdk_savings.py` holds
each against the function that it replaces.
"""

from __future__ import annotations

import asyncio
import functools
import sys
import traceback
from types import CodeType
from typing import Any, Final

import pulumi
from pulumi import _types, output
from pulumi.runtime import resource as registering
from pulumi.runtime import rpc

_OURS: Final = "swarm:index:"


def save() -> None:
    """Put all of them in place, for this process."""
    _remember_stack_traces()
    _remember_source_positions()
    _remember_types_of_a_class()
    _join_plain_urns()
    _make_outputs_of_one_future()


def _remember_stack_traces() -> None:
    """Make the stack trace of a place in the program once: all resources of a loop, or of a Stack, are made there.

    Relies on: `resource._get_stack_trace()` depends on code and line of each frame alone, and nobody changes what it
    gives.
    """
    trace: Any = getattr(registering, "_get_stack_trace", None)
    if trace is None:
        return
    known: dict[tuple[tuple[CodeType, int | None], ...], Any] = {}

    @functools.wraps(trace)
    def remembered() -> Any:
        key = tuple((frame.f_code, line) for frame, line in traceback.walk_stack(sys._getframe(1)))
        if key not in known:
            known[key] = trace()
        return known[key]

    registering._get_stack_trace = remembered


def _remember_source_positions() -> None:
    """Make the URI of a frame's file once: the stacks of a program share most of their frames.

    Relies on: `resource._get_source_position_for_frame(frame)` depends on the frame's `filename` and `lineno` alone.
    """
    position_of: Any = getattr(registering, "_get_source_position_for_frame", None)
    if position_of is None:
        return
    known: dict[tuple[str, int | None], Any] = {}

    @functools.wraps(position_of)
    def remembered(frame: traceback.FrameSummary) -> Any:
        key = frame.filename, frame.lineno
        if key not in known:
            known[key] = position_of(frame)
        return known[key]

    registering._get_source_position_for_frame = remembered


def _remember_types_of_a_class() -> None:
    """Read the type hints of a class of resources once, not for each resource.

    Relies on: `_types.resource_types(class)` gives a dictionary that nobody changes.
    """
    if hasattr(_types, "resource_types"):
        _types.resource_types = functools.cache(_types.resource_types)


def _join_plain_urns() -> None:
    """Make a URN of plain texts at once: the SDK makes eight Outputs for each, and throws it away but in tests.

    Relies on: `resource.create_urn(name, type, parent)` gives an Output of a string that is made as below.
    """
    create_urn: Any = getattr(registering, "create_urn", None)
    if create_urn is None:
        return

    @functools.wraps(create_urn)
    def joined(name: Any, type_: Any, parent: Any = None, *others: Any, **named: Any) -> Any:
        if others or named or not all(isinstance(text, str) for text in (name, type_, parent)):
            return create_urn(name, type_, parent, *others, **named)
        return pulumi.Output.from_input(f"{parent[: parent.rfind('::')]}${type_}::{name}")

    registering.create_urn = joined


def _make_outputs_of_one_future() -> None:
    """Make the Outputs of our resources' properties of one future each, where the SDK makes four, a task, and a lock.

    The SDK does not wait for them at its end, as it need not (see `SwarmResource`).

    Relies on: `rpc.transfer_properties(resource, properties, custom)` sets an Output for each property and returns what
    resolves them, by name; an Output has all that it is in `_data`, an awaitable of `output._OutputData`. Since 3.269.
    """
    module: Any = rpc
    transfer = getattr(module, "transfer_properties", None)
    if transfer is None or not hasattr(output, "_OutputData") or not hasattr(pulumi.Output, "_from_data"):
        return

    @functools.wraps(transfer)
    def transferred(resource: pulumi.Resource, properties: Any, custom: bool) -> dict[str, Any]:
        if not custom or not resource.pulumi_resource_type.startswith(_OURS):
            found: dict[str, Any] = transfer(resource, properties, custom)
            return found
        loop = asyncio.get_event_loop()
        resolvers: dict[str, Any] = {}
        for name in properties:
            # those two are set elsewhere
            if name not in ("urn", "id"):
                future: asyncio.Future[Any] = loop.create_future()
                made: Any = object.__new__(pulumi.Output)
                made._data = future
                resource.__dict__[name] = made
                resolvers[name] = functools.partial(_resolve, resource, future)
        return resolvers

    module.transfer_properties = transferred


def _resolve(
    resource: pulumi.Resource,
    future: asyncio.Future[Any],
    value: Any,
    is_known: bool,
    is_secret: bool,
    dependencies: set[pulumi.Resource] | None,
    failed: Exception | None,
) -> None:
    """Set an Output to what a property turned out to be.

    Args:
        resource: the resource.
        future: of the Output.
        value: of the property; from here on, as the SDK gives them.
        is_known: whether the value is known in a preview.
        is_secret: whether it is secret.
        dependencies: further resources that it comes from.
        failed: why there is no value.
    """
    if failed is not None:
        future.set_exception(failed)
        return
    resources = {*(dependencies or ()), resource}
    # not by its name, which type checkers miss in an SDK before 3.269
    data = vars(output)["_OutputData"]
    future.set_result(data(resources=resources, value=value, is_known=is_known, is_secret=is_secret))
