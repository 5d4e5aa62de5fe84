"""What this package uses of Pulumi's SDK beyond its documented names. The only place where such a name stands.

Each function says what it relies on, and what happens where the SDK has it no more. `tests/resources/test_sdk.py` holds
each against the SDK that is installed, `make sdk-matrix` against the oldest and the newest that pyproject.toml allows.
"""

from __future__ import annotations

import asyncio
import atexit
import contextlib
import re
import sys
from collections.abc import Callable, Hashable
from types import FrameType
from typing import Any, Final

import pulumi
from pulumi.runtime import config, resource, settings
from pulumi.runtime.proto import engine_pb2, source_pb2

_CANCELLED: Final = ("Program failed with an unhandled exception:\n", "\nException: context canceled\n")
_ENDED: Final = "Resource monitor has terminated, shutting down"
_DEBUG_LINES: Final = 100
_DEBUG_SECONDS: Final = 0.1
"""How many debug messages of the SDK travel together, and how long the first may wait for others."""
_INVOKES_WORDS: Final = re.compile(r"^(invoke of \S+ failed: |invocation of \S+ returned an error: )+| \(\)$")


def is_run_by_pulumi() -> bool:
    """Tell whether the Pulumi CLI runs this process: there is a real engine to talk to, not the mocks of a test.

    Relies on: `pulumi.runtime.settings.SETTINGS.engine` is the generated stub, from a module below
    `pulumi.runtime.proto`, in 3.225 as in 3.272. Without it no program is taken for one that Pulumi runs: the shim of
    the plugin is not written, and an interrupted program prints a traceback.
    """
    engine = getattr(settings.SETTINGS, "engine", None)
    return engine is not None and type(engine).__module__.startswith("pulumi.runtime.proto")


def homes() -> set[str]:
    """Return Pulumi's folders of the CLIs that run this process's programs, "" for the one of its environment.

    The Automation API runs programs inside of the process that calls it, and gives only the CLI the folder that
    `LocalWorkspaceOptions` name: it is found with the caller, who waits for the CLI meanwhile.

    Relies on: `pulumi.automation.Stack._run_pulumi_cmd_sync` waits in a thread, and its `workspace` has `pulumi_home`
    and `env_vars`, in 3.272. Where it is another one, the folder is that of the environment.
    """
    found: set[str] = set()
    waiting = sys._current_frames().values() if "pulumi.automation" in sys.modules else ()
    for innermost in waiting:
        frame: FrameType | None = innermost
        while frame:
            caller = frame.f_locals.get("self") if frame.f_code.co_name == "_run_pulumi_cmd_sync" else None
            workspace = getattr(caller, "workspace", None)
            if workspace is not None:
                found.add(workspace.env_vars.get("PULUMI_HOME") or workspace.pulumi_home or "")
            frame = frame.f_back
    return found or {""}


def current_run() -> Hashable:
    """Return what is one object for all resources of one run, and another for the next.

    Relies on: `settings.get_monitor()` gives the monitor's client of the current run, which can be a weak key, in 3.225
    as in 3.272.
    """
    run: Hashable = settings.get_monitor()
    return run


def secret_configuration_values() -> frozenset[str]:
    """Return what is secret in the stack configuration of the current run.

    Relies on: `pulumi.runtime.config.CONFIG` and `_SECRET_KEYS` are context variables of the settings and of the keys
    of the secret ones, in 3.225 as in 3.272. Without them no setting is masked in messages of a program.
    """
    with contextlib.suppress(AttributeError, LookupError):
        settings, keys = config.CONFIG.get(), config._SECRET_KEYS.get()
        return frozenset(str(settings[key]) for key in keys if key in settings)
    return frozenset()


def leave_out_positions() -> None:
    """Let resources be registered without the lines of this process that made them: they are none of the program's.

    Relies on: `resource._get_stack_trace()` gives what the state has of them, in 3.225 as in 3.272. Where it is gone,
    the state names files of the plugin.
    """
    registering: Any = resource
    if hasattr(registering, "_get_stack_trace"):
        registering._get_stack_trace = source_pb2.StackTrace


def untrack(output: Any) -> None:
    """Take an Output from those that the SDK waits for at the end of a program; anything else is left alone.

    Relies on: `Output._untrack()`, since 3.269; before, `settings.SETTINGS.outputs` is a deque that has the Output's
    `_future`. An SDK with neither waits for the Output, which costs time in large programs, and shows the traceback of
    one that failed.
    """
    # asked of the class: an Output that has no such attribute makes an Output of the attribute
    if hasattr(type(output), "_untrack"):
        output._untrack()
    elif isinstance(output, pulumi.Output):
        with contextlib.suppress(AttributeError, ValueError):
            settings.SETTINGS.outputs.remove(output._future)


def property_of(resource: pulumi.Resource, name: str) -> Any:
    """Return the Output that a CustomResource has for one of its properties, None where it has none.

    Relies on: the constructor sets each property as an attribute of the instance by its wire name, in 3.225 as in
    3.272. Not `getattr`, which would find the properties of our classes.
    """
    return resource.__dict__.get(name)


def failing_with(output: pulumi.Output[Any], told: Callable[[Exception], Exception]) -> pulumi.Output[Any]:
    """Return the same Output, but with another error where it fails.

    Relies on: the constructor `Output(resources, future, is_known, is_secret)` takes an awaitable for each, and
    `resources()`, `future(with_unknowns=True)`, `is_known()` and `is_secret()` give them, in 3.225 as in 3.272.

    Args:
        output: nobody waits for it any more; whoever wants to, waits for the result.
        told: makes the error from the one that came.
    """

    async def data() -> tuple[Any, ...]:
        try:
            value = await output.future(with_unknowns=True)
            return await output.resources(), value, await output.is_known(), await output.is_secret()
        except pulumi.RunError:
            raise
        except Exception as error:
            raise told(error) from None

    async def part(index: int) -> Any:
        return (await all_parts)[index]

    all_parts = asyncio.ensure_future(data())
    # at its end the SDK waits for every Output that it tracks, and would show the traceback of this one
    untrack(output)
    parts = [asyncio.ensure_future(part(index)) for index in range(4)]
    for one in parts:
        # the Output looks at the first that fails alone, and asyncio would print the others
        one.add_done_callback(lambda done: done.cancelled() or done.exception())
    resources, value, known, secret = parts
    return pulumi.Output(resources, value, known, secret)


def words_of_invoke(error: Exception) -> str:
    """Return what the plugin said, without what the SDK puts around it.

    Relies on: `invoke of T failed: invocation of T returned an error: TEXT` or less of it, in 3.225 as in 3.272. Where
    the words are others, they are shown.
    """
    return _INVOKES_WORDS.sub("", str(error))


def count_as_constructor(wrapper: Callable[..., Any], wrapped: Callable[..., Any]) -> None:
    """Let the SDK find the program's own line (`sourcePosition`) for a constructor with a wrapper around it.

    Relies on: `pulumi.runtime.resource` takes the line that called the third frame of the name `__init__`, counted from
    inside, in 3.225 as in 3.272. And each frame more would stand in the state of each resource. Where the SDK counts
    otherwise, the state names another line.
    """
    _name_frames(wrapped, "_init")
    _name_frames(wrapper, "__init__")


def _name_frames(function: Any, name: str) -> None:
    function.__code__ = function.__code__.replace(co_name=name)


def hide_cancelled_registrations() -> None:
    """Let Pulumi not log the failure of this program where its engine cancelled a registration, or takes no more.

    The engine does so once something of the run has failed, which it tells itself: a page of traceback, or one more
    error, would stand beside the one that says what is wrong.

    Relies on: what runs a program reports its failure by `pulumi.log.error(text)`, looked up in the module then, and
    the text is as above (the language host's `pulumi-language-python-exec`, CLI 3.225 and 3.274, and
    `pulumi.runtime.settings.grpc_error_to_exception`, 3.225 and 3.272). Where it is another, it is shown.
    """
    begins, ends = _CANCELLED
    error = pulumi.log.error

    def logged(msg: str, *args: Any, **kwargs: Any) -> None:
        if msg != _ENDED and not (msg.startswith(begins) and msg.endswith(ends)):
            error(msg, *args, **kwargs)

    pulumi.log.error = logged


def send_debug_lines_together() -> None:
    """Let the debug messages of the SDK itself, four for each resource, travel together and not one by one.

    Each is a call of the engine that the whole program waits for, whether somebody asked to see it (`--debug`) or not:
    a third of the processor time of a program with 400 resources. They arrive in their order, before any other message
    of the program; what it says by `pulumi.log.debug` itself goes at once. A process that is killed takes the messages
    of its last tenth of a second with it.

    Relies on: every message passes `pulumi.log._log(engine, severity, text, resource, stream_id, ephemeral)`, and the
    SDK's own are said by modules below `pulumi.runtime`, in 3.225 as in 3.272. Where this is otherwise, each travels
    alone.
    """
    send: Any = getattr(pulumi.log, "_log", None)
    if send is None:
        return
    waiting: list[tuple[Any, str]] = []

    def deliver() -> None:
        sent, waiting[:] = waiting[:], []
        if sent:
            # what is for debugging is no reason to fail, as where the engine has ended
            with contextlib.suppress(Exception):
                send(sent[-1][0], engine_pb2.DEBUG, "\n".join(text for _, text in sent), None, None, None)

    def logged(*args: Any) -> None:
        loop = _running_loop()
        if loop is None or not _is_plain_debug(args) or not _is_said_by_sdk():
            deliver()
            send(*args)
            return
        if not waiting:
            loop.call_later(_DEBUG_SECONDS, deliver)
        waiting.append((args[0], args[2]))
        if len(waiting) >= _DEBUG_LINES:
            deliver()

    atexit.register(deliver)
    pulumi.log._log = logged


def _running_loop() -> asyncio.AbstractEventLoop | None:
    try:
        return asyncio.get_running_loop()
    except RuntimeError:
        return None


def _is_plain_debug(args: tuple[Any, ...]) -> bool:
    """Say whether a call of `_log` is one for debugging, of no resource and no stream."""
    return len(args) == 6 and args[1] == engine_pb2.DEBUG and args[3:] == (None, None, None)


def _is_said_by_sdk() -> bool:
    """Say whether a module below `pulumi.runtime` called `pulumi.log.debug`, which called the caller of this."""
    caller = sys._getframe(3)
    return str(caller.f_globals.get("__name__", "")).startswith("pulumi.runtime")
