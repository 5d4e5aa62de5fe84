"""Runs a Pulumi program against the SDK's documented mocks, and shows what it registered."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import pulumi
from pulumi.runtime import mocks, rpc, settings
from pulumi.runtime.stack import run_pulumi_func

SECRET = "secret!"


@dataclass
class Registered:
    """One resource that the program registered; `inputs` are as they go over the wire, secrets as (SECRET, value)."""

    type: str
    name: str
    urn: str
    inputs: dict[str, Any]
    request: Any

    @property
    def depends_on(self) -> set[str]:
        """Logical names of the resources that this one waits for."""
        return {urn.rsplit("::", 1)[1] for urn in self.request.dependencies}


@dataclass
class Run:
    """What a program did."""

    resources: list[Registered] = field(default_factory=list)
    reads: list[Any] = field(default_factory=list)
    calls: list[Any] = field(default_factory=list)
    result: Any = None
    log: list[tuple[str, str]] = field(default_factory=list)

    def __getitem__(self, name: str) -> Registered:
        return next(entry for entry in self.resources if entry.name == name)

    @property
    def names(self) -> list[str]:
        return [entry.name for entry in self.resources]


class _Plugin(mocks.Mocks):
    """Answers as the plugin does: the outputs, and the inputs among them."""

    def __init__(self, outputs: Callable[[mocks.MockResourceArgs], dict[str, Any]], answers: dict[str, Any]) -> None:
        self.outputs = outputs
        self.answers = answers
        self.calls: list[Any] = []

    def new_resource(self, args: mocks.MockResourceArgs) -> tuple[str | None, dict[str, Any]]:
        return f"{args.name}-id", {**args.inputs, **self.outputs(args)}

    def call(self, args: mocks.MockCallArgs) -> Any:
        self.calls.append(args)
        answer = self.answers[args.token]
        if isinstance(answer, str):
            return {}, [("", answer)]
        return answer


@contextlib.contextmanager
def _own_loop() -> Iterator[None]:
    """Give the thread of a call an event loop that is closed; the SDK's mocks would make one, and leave it open."""
    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)
    try:
        yield
    finally:
        asyncio.set_event_loop(None)
        loop.close()


class _Monitor(mocks.MockMonitor):
    def __init__(self, plugin: mocks.Mocks, run: Run) -> None:
        super().__init__(plugin)
        self.run = run

    def RegisterResource(self, request: Any) -> Any:  # noqa: N802 - the SDK's name
        with _own_loop():
            response = super().RegisterResource(request)  # type: ignore[no-untyped-call] # the SDK's
        if request.type == "pulumi:pulumi:Stack":
            return response
        inputs = {key: _shown(value) for key, value in request.object.items()}
        self.run.resources.append(Registered(request.type, request.name, response.urn, inputs, request))
        return response

    def ReadResource(self, request: Any) -> Any:  # noqa: N802 - the SDK's name
        self.run.reads.append(request)
        with _own_loop():
            return super().ReadResource(request)  # type: ignore[no-untyped-call] # the SDK's

    def Invoke(self, request: Any) -> Any:  # noqa: N802 - the SDK's name
        with _own_loop():
            return super().Invoke(request)  # type: ignore[no-untyped-call] # the SDK's


class _Log(logging.Handler):
    def __init__(self, run: Run) -> None:
        super().__init__()
        self.run = run

    def emit(self, record: logging.LogRecord) -> None:
        if not record.getMessage().startswith(("registering", "resource", "Invoking", "run_pulumi_func")):
            self.run.log.append((record.levelname.lower(), record.getMessage()))


def version_name(args: mocks.MockResourceArgs) -> dict[str, Any]:
    """Outputs as the plugin's: a config's name is that of its current version."""
    base = args.inputs.get("baseName") or args.inputs.get("name") or args.name
    kind = args.typ.rsplit(":", 1)[1].lower()
    if kind in ("config", "secret"):
        return {"name": f"{base}-0123abcd", f"{kind}Id": "docker-id"}
    if kind == "service":
        return {"name": base, "serviceId": "docker-id", "image": f"{args.inputs['image']}@sha256:1"}
    if kind in ("network", "volume"):
        return {f"{kind}Id": "docker-id", "name": base}
    return {}


def run(
    program: Callable[[], Any],
    *,
    preview: bool = False,
    outputs: Callable[[mocks.MockResourceArgs], dict[str, Any]] = version_name,
    answers: dict[str, Any] | None = None,
) -> Run:
    """Run `program` as Pulumi would; what it returns (Outputs in it resolved) is the run's `result`.

    Raises:
        RunError: as the program does.
    """
    done = Run()
    plugin = _Plugin(outputs, answers or {})
    # as the real language host does: a loop that nobody else uses
    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)
    logger = logging.Logger("program")
    logger.addHandler(_Log(done))
    mocks.set_mocks(plugin, project="proj", stack="dev", preview=preview, monitor=_Monitor(plugin, done), logger=logger)
    settings.SETTINGS.rpc_manager.clear()
    settings.SETTINGS.outputs.clear()

    returned: list[Any] = []

    async def whole() -> None:
        # older SDKs take no coroutine here
        await run_pulumi_func(lambda: returned.append(program()))
        done.result = await _resolved(returned[0])

    try:
        loop.run_until_complete(whole())
    finally:
        asyncio.set_event_loop(None)
        loop.close()
    done.calls = plugin.calls
    return done


async def _resolved(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: await _resolved(entry) for key, entry in value.items()}
    if isinstance(value, (list, tuple)):
        return [await _resolved(entry) for entry in value]
    if not isinstance(value, pulumi.Output):
        return value
    if not await value.is_known():
        return "unknown"
    plain = await value.future()
    return (SECRET, plain) if await value.is_secret() else plain


def _shown(value: Any) -> Any:
    plain = rpc.deserialize_property(value)
    if rpc.is_rpc_secret(plain):
        return (SECRET, rpc.unwrap_rpc_secret(plain))
    return plain
