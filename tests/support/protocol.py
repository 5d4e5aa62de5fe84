"""The plugin process without the CLI: started as Pulumi starts it, spoken to over its own gRPC protocol."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from types import TracebackType
from typing import Any

import grpc
from google.protobuf import empty_pb2
from pulumi.runtime.proto import (
    engine_pb2,
    engine_pb2_grpc,
    provider_pb2,
    provider_pb2_grpc,
    status_pb2,
)

from swarm_provider.plugin.protocol.values import decode, encode

PROJECT, STACK = "proj", "dev"


def urn(kind: str, name: str, *, project: str = PROJECT, stack: str = STACK) -> str:
    """The URN of a resource such as urn("Config", "app")."""
    return f"urn:pulumi:{stack}::{project}::swarm:index:{kind}::{name}"


def partly(error: grpc.RpcError) -> tuple[str, dict[str, Any], dict[str, Any]]:
    """Id, inputs and outputs that a partial failure carries; any other error is raised again."""
    for key, value in error.trailing_metadata() or ():
        if key == "grpc-status-details-bin":
            failed = provider_pb2.ErrorResourceInitFailed()
            status_pb2.Status.FromString(value).details[0].Unpack(failed)
            return failed.id, decode(failed.inputs), decode(failed.properties)
    raise error


class _Listener(engine_pb2_grpc.EngineServicer):
    """The engine's end of what the plugin says to the person."""

    def __init__(self) -> None:
        self.said: list[tuple[str, str]] = []
        self._server = grpc.server(ThreadPoolExecutor(1))
        engine_pb2_grpc.add_EngineServicer_to_server(self, self._server)
        self.address = f"127.0.0.1:{self._server.add_insecure_port('127.0.0.1:0')}"
        self._server.start()

    def Log(self, request: engine_pb2.LogRequest, context: grpc.ServicerContext) -> empty_pb2.Empty:  # noqa: N802
        if not request.ephemeral:
            self.said.append((engine_pb2.LogSeverity.Name(request.severity).lower(), request.message))
        return empty_pb2.Empty()

    def close(self) -> None:
        self._server.stop(None)


class Plugin:
    """One plugin process; a context manager. Calls raise grpc.RpcError with the plugin's one line as details().

    Attributes:
        said: what it told the person so far, as (severity, text): ("info" or "warning", one line).
    """

    def __init__(
        self, host: str, config: Mapping[str, Any] | None = None, env: Mapping[str, str] | None = None
    ) -> None:
        self._engine = _Listener()
        self.said = self._engine.said
        self.process = subprocess.Popen(
            [sys.executable, "-m", "swarm_provider.plugin", self._engine.address],
            stdout=subprocess.PIPE,
            env={**os.environ, "DOCKER_HOST": host, **(env or {})},
            text=True,
        )
        assert self.process.stdout is not None
        self.port = int(self.process.stdout.readline())
        self._channel = grpc.insecure_channel(f"127.0.0.1:{self.port}")
        self.stub = provider_pb2_grpc.ResourceProviderStub(self._channel)
        self.stub.Configure(provider_pb2.ConfigureRequest(args=encode(dict(config or {})), acceptSecrets=True))

    def __enter__(self) -> Plugin:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._channel.close()
        self.process.terminate()
        self.process.wait(10)
        assert self.process.stdout is not None
        self.process.stdout.close()
        self._engine.close()

    def check(
        self, kind: str, name: str, news: Mapping[str, Any], olds: Mapping[str, Any] | None = None, **where: str
    ) -> tuple[dict[str, Any], list[str]]:
        """Inputs in normal form, and the failures' texts."""
        answer = self.stub.Check(
            provider_pb2.CheckRequest(
                urn=urn(kind, name, **where), name=name, type=f"swarm:index:{kind}",
                news=encode(dict(news)), olds=encode(dict(olds or {})),
            )
        )  # fmt: skip
        assert not any(failure.property for failure in answer.failures)
        return decode(answer.inputs), [failure.reason for failure in answer.failures]

    def inputs(
        self, kind: str, name: str, news: Mapping[str, Any], olds: Mapping[str, Any] | None = None, **where: str
    ) -> dict[str, Any]:
        """Inputs in normal form; a failure of Check fails the test."""
        inputs, failures = self.check(kind, name, news, olds, **where)
        assert not failures, failures
        return inputs

    def create(
        self,
        kind: str,
        name: str,
        inputs: Mapping[str, Any],
        *,
        preview: bool = False,
        timeout: float = 0,
        **where: str,
    ) -> tuple[str, dict[str, Any]]:
        answer = self.stub.Create(
            provider_pb2.CreateRequest(
                urn=urn(kind, name, **where), name=name, type=f"swarm:index:{kind}",
                properties=encode(dict(inputs)), preview=preview, timeout=timeout,
            )
        )  # fmt: skip
        return answer.id, decode(answer.properties)

    def read(
        self,
        kind: str,
        name: str,
        id: str,
        inputs: Mapping[str, Any] | None = None,
        state: Mapping[str, Any] | None = None,
        **where: str,
    ) -> tuple[str, dict[str, Any], dict[str, Any]]:
        answer = self.stub.Read(
            provider_pb2.ReadRequest(
                urn=urn(kind, name, **where), name=name, type=f"swarm:index:{kind}", id=id,
                inputs=encode(dict(inputs or {})), properties=encode(dict(state or {})),
            )
        )  # fmt: skip
        return answer.id, decode(answer.inputs), decode(answer.properties)

    def diff(
        self,
        kind: str,
        name: str,
        id: str,
        olds: Mapping[str, Any],
        news: Mapping[str, Any],
        state: Mapping[str, Any],
        ignore: tuple[str, ...] = (),
        **where: str,
    ) -> provider_pb2.DiffResponse:
        answer: provider_pb2.DiffResponse = self.stub.Diff(
            provider_pb2.DiffRequest(
                urn=urn(kind, name, **where), name=name, type=f"swarm:index:{kind}", id=id,
                old_inputs=encode(dict(olds)), news=encode(dict(news)), olds=encode(dict(state)),
                ignoreChanges=ignore,
            )
        )  # fmt: skip
        return answer

    def update(
        self,
        kind: str,
        name: str,
        id: str,
        olds: Mapping[str, Any],
        news: Mapping[str, Any],
        state: Mapping[str, Any],
        *,
        preview: bool = False,
        **where: str,
    ) -> dict[str, Any]:
        answer = self.stub.Update(
            provider_pb2.UpdateRequest(
                urn=urn(kind, name, **where), name=name, type=f"swarm:index:{kind}", id=id,
                old_inputs=encode(dict(olds)), news=encode(dict(news)), olds=encode(dict(state)), preview=preview,
            )
        )  # fmt: skip
        return decode(answer.properties)

    def delete(
        self, kind: str, name: str, id: str, olds: Mapping[str, Any], state: Mapping[str, Any], **where: str
    ) -> None:
        self.stub.Delete(
            provider_pb2.DeleteRequest(
                urn=urn(kind, name, **where), name=name, type=f"swarm:index:{kind}", id=id,
                old_inputs=encode(dict(olds)), properties=encode(dict(state)),
            )
        )  # fmt: skip

    def invoke(self, function: str, arguments: Mapping[str, Any]) -> dict[str, Any]:
        answer = self.stub.Invoke(
            provider_pb2.InvokeRequest(tok=f"swarm:index:{function}", args=encode(dict(arguments)))
        )
        return decode(getattr(answer, "return"))

    def cancel(self) -> None:
        """What the engine calls on Ctrl-C, and at the end of every run."""
        self.stub.Cancel(empty_pb2.Empty())

    def schema(self) -> str:
        return str(self.stub.GetSchema(provider_pb2.GetSchemaRequest()).schema)

    def info(self) -> str:
        return str(self.stub.GetPluginInfo(empty_pb2.Empty()).version)
