"""What a program prints that Pulumi stops: nothing, as the line that says what failed is Pulumi's to print."""

from __future__ import annotations

import subprocess
import sys

import grpc
import pulumi
import pytest
from pulumi.runtime import settings

from swarm_provider.resources.program import interrupts, sdk


def raised(error: str) -> str:
    """What a program of Pulumi prints to stderr when this ends it."""
    return stderr_of(f"raise {error}")


def stderr_of(last: str) -> str:
    """What a program of Pulumi prints to stderr whose last line this is."""
    program = f"""
import swarm_provider.resources.program.interrupts as interrupts
interrupts.sdk.is_run_by_pulumi = lambda: True
interrupts.end_quietly()
{last}
"""
    return subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=False
    ).stderr


def test_interrupt_ends_a_program_without_a_traceback() -> None:
    assert raised("KeyboardInterrupt") == ""


def test_what_is_still_open_then_is_not_printed_either() -> None:
    assert raised("KeyboardInterrupt(type('Open', (), {'__del__': lambda self: 1 / 0})())") == ""


def test_interrupt_after_the_end_of_the_program_is_not_printed_either() -> None:
    at_exit = "import atexit, signal; atexit.register({})"
    assert stderr_of(at_exit.format("signal.raise_signal, signal.SIGINT")) == ""
    assert "ZeroDivisionError" in stderr_of(at_exit.format("lambda: 1 / 0"))


def test_every_other_error_is_printed_as_ever() -> None:
    assert "ValueError: why" in raised("ValueError('why')")


def test_hook_of_somebody_else_stays(monkeypatch: pytest.MonkeyPatch) -> None:
    def theirs(*args: object) -> None: ...

    monkeypatch.setattr(sdk, "is_run_by_pulumi", lambda: True)
    monkeypatch.setattr(sys, "excepthook", theirs)
    interrupts.end_quietly()
    assert sys.excepthook is theirs


def test_registration_that_the_engine_cancelled_is_not_printed(monkeypatch: pytest.MonkeyPatch) -> None:
    printed: list[str] = []
    monkeypatch.setattr(pulumi.log, "error", printed.append)
    monkeypatch.setattr(sdk, "is_run_by_pulumi", lambda: True)
    interrupts.end_quietly()
    failed = "Program failed with an unhandled exception:\nTraceback (most recent call last):\n  ...\n"
    for last in ("Exception: context canceled\n", "ValueError: context canceled\n", "Exception: no\n"):
        pulumi.log.error(failed + last)
    pulumi.log.error("context canceled")
    assert printed == [failed + "ValueError: context canceled\n", failed + "Exception: no\n", "context canceled"]


def test_engine_that_takes_no_more_registrations_is_no_error_of_the_program(monkeypatch: pytest.MonkeyPatch) -> None:
    printed: list[str] = []
    monkeypatch.setattr(pulumi.log, "error", printed.append)
    monkeypatch.setattr(sdk, "is_run_by_pulumi", lambda: True)
    interrupts.end_quietly()
    gone = grpc.aio.AioRpcError(grpc.StatusCode.UNAVAILABLE, grpc.aio.Metadata(), grpc.aio.Metadata())
    pulumi.log.error(str(settings.grpc_error_to_exception(gone)))
    assert printed == []


def test_import_outside_of_pulumi_changes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "excepthook", sys.__excepthook__)
    interrupts.end_quietly()
    assert sys.excepthook is sys.__excepthook__
