"""Pulumi's SDK is as `resources/program/sdk.py` relies on it. What fails here names what a new SDK has changed."""

from __future__ import annotations

import asyncio
import contextvars
import gc
import inspect
import weakref
from typing import Any

import grpc
import pulumi
import pytest
from pulumi.runtime import config, resource, rpc_manager, settings
from pulumi.runtime.proto import engine_pb2, engine_pb2_grpc

import swarm_provider as swarm
from swarm_provider.resources.program import sdk
from tests.resources.program import run

CHANGED = f"Pulumi's SDK {pulumi.__file__} has changed; see swarm_provider/resources/program/sdk.py: "


def test_engine_of_a_real_run_is_a_generated_stub(monkeypatch: pytest.MonkeyPatch) -> None:
    with grpc.insecure_channel("127.0.0.1:1") as channel:
        monkeypatch.setattr(settings.SETTINGS, "engine", engine_pb2_grpc.EngineStub(channel))
        assert sdk.is_run_by_pulumi(), CHANGED + "SETTINGS.engine"
    monkeypatch.setattr(settings.SETTINGS, "engine", object())
    assert not sdk.is_run_by_pulumi(), "mocks are no engine"


def test_run_is_one_object_for_all_of_a_program_and_another_for_the_next() -> None:
    def program() -> list[Any]:
        return [sdk.current_run() for _ in range(2)]

    kept: list[Any] = []
    for _ in range(2):
        run(lambda: kept.extend(program()))
    assert kept[0] is kept[1], CHANGED + "get_monitor()"
    assert kept[1] is not kept[2], CHANGED + "get_monitor()"
    assert weakref.ref(kept[0])() is kept[0]


def test_secret_configuration_values_are_those_of_the_run() -> None:
    def found() -> frozenset[str]:
        config.set_all_config({"proj:word": "hunter2", "proj:size": "large"}, ["proj:word", "proj:gone"])
        return sdk.secret_configuration_values()

    assert contextvars.copy_context().run(found) == {"hunter2"}, CHANGED + "CONFIG and _SECRET_KEYS"


def test_lines_of_the_program_are_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(resource, "_get_stack_trace", getattr(resource, "_get_stack_trace"))  # noqa: B009
    sdk.leave_out_positions()
    done = run(lambda: swarm.Network("net"))
    assert not done["net"].request.sourcePosition.uri, CHANGED + "_get_stack_trace()"
    assert not done["net"].request.stackTrace.frames, CHANGED + "_get_stack_trace()"


def test_untracked_output_is_not_waited_for() -> None:
    def tracked() -> int:
        gc.collect()
        return len(settings.SETTINGS.outputs)

    async def seen() -> tuple[int, int, int]:
        before = tracked()
        output: pulumi.Output[Any] = pulumi.Output(set(), asyncio.Future(), asyncio.Future(), asyncio.Future())
        made = tracked()
        sdk.untrack(output)
        return before, made, tracked()

    before, made, after = asyncio.run(seen())
    assert made > before == after, CHANGED + "what it waits for at the end"


def test_untracking_anything_else_does_nothing() -> None:
    for value in (None, 1, "text"):
        sdk.untrack(value)


def test_property_of_a_resource_is_the_output_that_the_sdk_made() -> None:
    def program() -> tuple[Any, Any]:
        made = swarm.Network("net", name="a", driver="overlay")
        return sdk.property_of(made, "networkId"), sdk.property_of(made, "nothing")

    found: list[Any] = []
    run(lambda: found.extend(program()))
    assert isinstance(found[0], pulumi.Output), CHANGED + "the attributes of a CustomResource"
    assert found[1] is None


def test_output_that_holds_keeps_value_resources_and_secrecy() -> None:
    async def seen() -> tuple[Any, ...]:
        output = sdk.failing_with(pulumi.Output.secret("word"), lambda error: error)
        return await output.future(), await output.is_known(), await output.is_secret(), await output.resources()

    assert asyncio.run(seen()) == ("word", True, True, set()), CHANGED + "the constructor of Output"


def test_output_that_fails_fails_with_the_other_words() -> None:
    def fails(_: str) -> str:
        raise ValueError("theirs")

    async def seen() -> str | None:
        output = pulumi.Output.from_input("word").apply(fails)
        return await sdk.failing_with(output, lambda error: KeyError(f"ours: {error}")).future()

    with pytest.raises(KeyError, match="ours: theirs"):
        asyncio.run(seen())


@pytest.mark.parametrize("later", [False, True], ids=["at once", "as an Output"])
def test_failed_lookup_says_what_the_plugin_said_alone(later: bool) -> None:
    look_up: Any = swarm.get_config_output if later else swarm.get_config
    with pytest.raises(pulumi.RunError) as failure:
        run(lambda: look_up("absent"), answers={"swarm:index:getConfig": "there is no config 'absent'"})
    where = "swarm.get_config_output" if later else "swarm.get_config"
    assert str(failure.value) == f"{where}: there is no config 'absent'", CHANGED + "its words around a failed invoke"


def test_line_of_a_resource_is_the_programs_own() -> None:
    def program() -> None:
        swarm.Network("net", name="a")

    request = run(program)["net"].request
    line = inspect.getsourcelines(program)[1] + 1
    assert request.sourcePosition.uri.endswith("/test_sdk.py"), CHANGED + "how it finds the line of a resource"
    assert request.sourcePosition.line == line, CHANGED + "how it finds the line of a resource"


def test_error_that_a_program_logs_passes_through_what_the_module_holds(monkeypatch: pytest.MonkeyPatch) -> None:
    printed: list[str] = []
    monkeypatch.setattr(pulumi.log, "error", printed.append)
    sdk.hide_cancelled_registrations()
    pulumi.log.error("Program failed with an unhandled exception:\nTraceback\nException: context canceled\n")
    pulumi.log.error("another")
    assert printed == ["another"]


def test_log_takes_a_text_first() -> None:
    assert next(iter(inspect.signature(pulumi.log.error).parameters)) == "msg", CHANGED + "log.error"


class _Engine:
    """An engine that keeps what it is told."""

    def __init__(self) -> None:
        self.told: list[tuple[int, str]] = []

    def Log(self, request: engine_pb2.LogRequest) -> None:  # noqa: N802 - the SDK's name
        self.told.append((request.severity, request.message))


@pytest.fixture
def engine(monkeypatch: pytest.MonkeyPatch) -> _Engine:
    """An engine to which the SDK's debug messages go together."""
    found = _Engine()
    monkeypatch.setattr(settings.SETTINGS, "engine", found)
    monkeypatch.setattr(pulumi.log, "_log", pulumi.log._log)
    sdk.send_debug_lines_together()
    return found


async def _debug_messages_of_the_sdk(number: int) -> None:
    async def nothing() -> None: ...

    for index in range(number):
        await rpc_manager.RPCManager().do_rpc(str(index), nothing)()  # type: ignore[no-untyped-call] # the SDK's


def test_debug_messages_of_the_sdk_travel_together_before_the_next_message(engine: _Engine) -> None:
    async def seen() -> list[tuple[int, str]]:
        await _debug_messages_of_the_sdk(3)
        before = [*engine.told]
        pulumi.log.info("mine")
        return before

    assert asyncio.run(seen()) == [], CHANGED + "how it sends messages (log._log)"
    lines = "beginning rpc 0\nbeginning rpc 1\nbeginning rpc 2"
    assert engine.told == [(engine_pb2.DEBUG, lines), (engine_pb2.INFO, "mine")]


def test_debug_messages_of_the_sdk_wait_a_moment_only(engine: _Engine) -> None:
    async def seen() -> None:
        await _debug_messages_of_the_sdk(2)
        await asyncio.sleep(2 * sdk._DEBUG_SECONDS)

    asyncio.run(seen())
    assert engine.told == [(engine_pb2.DEBUG, "beginning rpc 0\nbeginning rpc 1")]


def test_debug_messages_of_the_sdk_are_never_many_in_one(engine: _Engine) -> None:
    asyncio.run(_debug_messages_of_the_sdk(2 * sdk._DEBUG_LINES + 1))
    assert [text.count("beginning") for _, text in engine.told] == [sdk._DEBUG_LINES] * 2


def test_debug_message_of_a_program_goes_at_once(engine: _Engine) -> None:
    async def seen() -> list[str]:
        pulumi.log.debug("mine")
        return [text for _, text in engine.told]

    assert asyncio.run(seen()) == ["mine"]
    pulumi.log.debug("without a loop")
    assert engine.told[-1] == (engine_pb2.DEBUG, "without a loop")


def test_debug_messages_that_cannot_be_delivered_fail_nothing(engine: _Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    def gone(request: Any) -> None:
        raise grpc.RpcError

    monkeypatch.setattr(engine, "Log", gone)
    asyncio.run(_debug_messages_of_the_sdk(sdk._DEBUG_LINES))


def test_sdk_waits_for_no_more_outputs_in_a_larger_program() -> None:
    def waited_for(networks: int) -> int:
        found: list[int] = []

        def program() -> None:
            gc.collect()
            for number in range(networks):
                swarm.Network(f"net{number}")
            found.append(len(settings.SETTINGS.outputs))

        run(program)
        return found[0]

    assert waited_for(2) == waited_for(20)
