"""The provider in this process, on swarms in memory: the calls of the protocol without a port, an engine or a CLI."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Mapping
from dataclasses import dataclass
from types import TracebackType
from typing import Any
from unittest import mock

import grpc
from google.protobuf import empty_pb2
from pulumi.runtime.proto import engine_pb2, provider_pb2, status_pb2

from swarm_provider.dockerapi import ConnectionSettings
from swarm_provider.errors import ConnectionFailed
from swarm_provider.plugin.protocol.engine_log import EngineLog
from swarm_provider.plugin.protocol.values import decode, encode
from swarm_provider.plugin.run.run import Run
from swarm_provider.plugin.server import Provider
from swarm_provider.plugin.swarms import reach
from tests.simulation.clock import VirtualLoop
from tests.support.calls import Calls
from tests.support.memory_swarm import MemorySwarm

Json = dict[str, Any]
HOST = "tcp://memory:2375"


class Refused(Exception):
    """A call ended with an error status.

    Attributes:
        message: the one line that Pulumi shows.
        kept: what the state keeps where something was made all the same: id, inputs, outputs.
        reasons: why it is not what was asked for, then.
    """

    def __init__(self, code: grpc.StatusCode, message: str, trailing: Any = ()) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.kept: tuple[str, Json, Json] | None = None
        self.reasons: list[str] = []
        for _, value in trailing:
            failed = provider_pb2.ErrorResourceInitFailed()
            status_pb2.Status.FromString(value).details[0].Unpack(failed)
            self.kept = failed.id, decode(failed.inputs), decode(failed.properties)
            self.reasons = list(failed.reasons)


class _Context:
    def __init__(self) -> None:
        self.written: list[Any] = []

    async def write(self, answer: Any) -> None:
        self.written.append(answer)

    async def abort(self, code: grpc.StatusCode, message: str, trailing: Any = ()) -> None:
        raise Refused(code, message, trailing)


class _Person:
    """Pulumi's end of what the provider says."""

    def __init__(self) -> None:
        self.said: list[tuple[str, str]] = []
        self.status: list[tuple[str, str]] = []

    async def Log(self, request: engine_pb2.LogRequest, timeout: float) -> empty_pb2.Empty:  # noqa: N802
        if request.ephemeral:
            self.status.append((request.urn.rpartition("::")[2], request.message))
        else:
            self.said.append((engine_pb2.LogSeverity.Name(request.severity).lower(), request.message))
        return empty_pb2.Empty()


@dataclass(frozen=True)
class Made:
    """A resource as the state keeps it."""

    kind: str
    name: str
    id: str
    inputs: Json
    state: Json


@dataclass(frozen=True)
class Changed:
    """What Diff said of a resource, and what the state keeps of it afterwards."""

    changes: list[str]
    replaces: list[str]
    delete_first: bool
    made: Made


class InProcess(Calls):
    """One run of the provider; a context manager. Calls raise Refused.

    Args:
        swarms: by address, or the one of the settings.
        config: more settings.

    Attributes:
        said: what it told the person so far, as (severity, text).
        status: the texts of the status column, as (logical name, text).
    """

    def __init__(self, swarms: MemorySwarm | Mapping[str, MemorySwarm], config: Json | None = None) -> None:
        self._swarms = {HOST: swarms} if isinstance(swarms, MemorySwarm) else dict(swarms)
        self._config = {"host": HOST, **(config or {})}
        self._loop = asyncio.Runner(loop_factory=lambda: VirtualLoop(seed=0))
        self._connecting = mock.patch.object(reach, "connect", self._connect)
        self._person = _Person()
        self.said = self._person.said
        self.status = self._person.status
        self.provider = Provider(None)

    async def _connect(
        self, settings: ConnectionSettings, *, manager: bool = True, cluster_id: str = ""
    ) -> MemorySwarm:
        found = self._swarms.get(settings.host or "")
        if found is None or cluster_id not in ("", found.cluster_id):
            raise ConnectionFailed(f"{settings.host}: nobody answers")
        found.connected()
        return found

    def __enter__(self) -> InProcess:
        self._connecting.start()
        self.provider.log = EngineLog(None, self._person)
        self.call("Configure", provider_pb2.ConfigureRequest(args=encode(self._config), acceptSecrets=True))
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._loop.close()
        self._connecting.stop()

    @property
    def known(self) -> Run:
        """What the run knows."""
        return self.provider._run

    def wait(self, work: Coroutine[Any, Any, Any]) -> Any:
        """Do something inside the provider's event loop."""
        return self._loop.run(work)

    def call(self, method: str, request: Any) -> Any:
        return self._loop.run(getattr(self.provider, method)(request, _Context()))

    def listed(self, kind: str, **query: Any) -> list[Any]:
        """What List answers of a kind of resource."""
        context, limit = _Context(), query.pop("limit", 0)
        request = provider_pb2.ListRequest(token=f"swarm:index:{kind}", query=encode(query), limit=limit)
        method: Any = self.provider.List
        self._loop.run(method(request, context))
        return context.written

    def together(self, *calls: tuple[str, Any]) -> list[Any]:
        """Make calls side by side, as Pulumi does with resources that do not depend on each other."""

        async def all_of_them() -> list[Any]:
            running = [getattr(self.provider, method)(request, _Context()) for method, request in calls]
            return await asyncio.gather(*running, return_exceptions=True)

        return self._loop.run(all_of_them())

    # ---------------------------------------------------------------- what `up` does

    def make(self, kind: str, name: str, /, **given: Any) -> Made:
        """Check and Create, as `up` does with a resource that is new."""
        inputs = self.inputs(kind, name, given)
        id, state = self.create(kind, name, inputs)
        return Made(kind, name, id, inputs, state)

    def refresh(self, made: Made) -> Made:
        """Read, as a refresh does; one that is gone has the id ""."""
        id, inputs, state = self.read(made.kind, made.name, made.id, made.inputs, made.state)
        return Made(made.kind, made.name, id, inputs, state)

    def change(self, made: Made, /, *, preview: bool = False, ignore: tuple[str, ...] = (), **given: Any) -> Changed:
        """Check and Diff, then Update or the replacement where there is a difference, as `up` does."""
        kind, name = made.kind, made.name
        news = self.inputs(kind, name, given, made.inputs)
        found = self.diff(kind, name, made.id, made.inputs, news, made.state, ignore)
        changes, replaces = list(found.diffs), list(found.replaces)
        if replaces:
            news = self.inputs(kind, name, given)
            if found.deleteBeforeReplace and not preview:
                self.delete(kind, name, made.id, made.inputs, made.state)
            id, state = self.create(kind, name, news, preview=preview)
            if not found.deleteBeforeReplace and not preview:
                self.delete(kind, name, made.id, made.inputs, made.state)
        elif found.changes == provider_pb2.DiffResponse.DIFF_SOME:
            id, state = made.id, self.update(kind, name, made.id, made.inputs, news, made.state, preview=preview)
        else:
            return Changed(changes, replaces, False, made)
        return Changed(changes, replaces, found.deleteBeforeReplace, Made(kind, name, id, news, state))

    def destroy(self, made: Made) -> None:
        """Delete, as for a resource that the program has no longer."""
        self.delete(made.kind, made.name, made.id, made.inputs, made.state)

    def texts(self, severity: str = "") -> list[str]:
        """What was told so far, with `severity` `info` or `warning` only that."""
        return [text for level, text in self.said if severity in ("", level)]


def app_of_each(swarm: MemorySwarm, *projects: str) -> None:
    """Let each project have a config `app` of its own, with its name as the content."""
    for project in projects:
        with InProcess(swarm) as run:
            run.create(
                "Config", "app", run.inputs("Config", "app", {"data": project}, project=project), project=project
            )
