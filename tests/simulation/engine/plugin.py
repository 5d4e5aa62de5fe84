"""One plugin process: the real servicer, with a mark on all that it does, so that it can be killed."""

from __future__ import annotations

import asyncio
import json
from abc import ABC, abstractmethod
from typing import Any

import grpc
from google.protobuf import empty_pb2
from pulumi.runtime.proto import engine_pb2, provider_pb2

from swarm_provider.plugin.protocol.engine_log import EngineLog
from swarm_provider.plugin.protocol.values import encode
from swarm_provider.plugin.server import Provider
from tests.simulation.clock import VirtualLoop
from tests.support.in_process import Refused

Json = dict[str, Any]


class _Context:
    async def abort(self, code: grpc.StatusCode, message: str, trailing: Any = ()) -> None:
        raise Refused(code, message, trailing)


class Person:
    """Reads what the provider says.

    Attributes:
        said: all messages, with their severity.
        status: all texts of the status column.
    """

    def __init__(self) -> None:
        self.said: list[tuple[str, str]] = []
        self.status: list[str] = []

    async def Log(self, request: engine_pb2.LogRequest, timeout: float) -> empty_pb2.Empty:  # noqa: N802
        if request.ephemeral:
            self.status.append(request.message)
        else:
            self.said.append((engine_pb2.LogSeverity.Name(request.severity).lower(), request.message))
        return empty_pb2.Empty()


class Calling(ABC):
    """What a command has of a plugin process.

    Attributes:
        calls: how often each method was called.
    """

    calls: dict[str, int]

    @abstractmethod
    async def call(self, method: str, request: Any) -> Any:
        """Call it. Raises Refused; with the code UNAVAILABLE when it was killed."""

    @abstractmethod
    def kill(self) -> None:
        """Let nothing of it go on."""

    async def configure(self, config: Json, olds: Any = None, before: Calling | None = None) -> tuple[Any, bool]:
        """CheckConfig and, unless another process has the same configuration already, Configure.

        Args:
            config: what the program says.
            olds: the provider's inputs in the state.
            before: the process that is configured by these.

        Returns:
            The inputs for the state, and whether `before` serves.
        """
        urn = "urn:pulumi:dev::shop::pulumi:providers:swarm::default"
        news = encode({key: value if isinstance(value, str) else json.dumps(value) for key, value in config.items()})
        checked = await self.call("CheckConfig", provider_pb2.CheckRequest(urn=urn, news=news, olds=olds))
        if checked.failures:
            raise Refused(grpc.StatusCode.INVALID_ARGUMENT, "; ".join(one.reason for one in checked.failures))
        if olds is not None:
            request = provider_pb2.DiffRequest(urn=urn, olds=olds, old_inputs=olds, news=checked.inputs)
            found = await self.call("DiffConfig", request)
            if before is not None and found.changes == provider_pb2.DiffResponse.DIFF_NONE:
                return checked.inputs, True
        await self.configured(checked.inputs)
        return checked.inputs, False

    async def configured(self, inputs: Any) -> None:
        """Configure alone, as for a provider of the state."""
        await self.call("Configure", provider_pb2.ConfigureRequest(args=inputs, acceptSecrets=True))


class PluginProcess(Calling):
    """A running plugin, in this process."""

    def __init__(self, loop: VirtualLoop, person: Person) -> None:
        self._loop = loop
        self.process = loop.new_process()
        self._context = loop.in_process(self.process)
        self._died: asyncio.Future[None] = loop.create_future()
        self.provider = self._context.run(Provider, None)
        self.provider.log = EngineLog(None, person)
        self.calls: dict[str, int] = {}

    async def call(self, method: str, request: Any) -> Any:
        self.calls[method] = self.calls.get(method, 0) + 1
        if self._loop.is_dead(self.process):
            raise Refused(grpc.StatusCode.UNAVAILABLE, "error reading from server: EOF")
        context = self._context.copy()
        working = self._loop.create_task(getattr(self.provider, method)(request, _Context()), context=context)
        await asyncio.wait([working, self._died], return_when=asyncio.FIRST_COMPLETED)
        if working.done():
            return working.result()
        raise Refused(grpc.StatusCode.UNAVAILABLE, "error reading from server: EOF")

    def kill(self) -> None:
        if not self._loop.is_dead(self.process):
            self._loop.kill(self.process)
            if not self._died.done():
                self._died.set_result(None)
