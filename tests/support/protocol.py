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
from tests.support.calls import PROJECT, STACK, Calls, urn

__all__ = ["PROJECT", "STACK", "Plugin", "partly", "urn"]


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


class Plugin(Calls):
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

    def call(self, method: str, request: Any) -> Any:
        return getattr(self.stub, method)(request)

    def schema(self) -> str:
        return str(self.stub.GetSchema(provider_pb2.GetSchemaRequest()).schema)

    def info(self) -> str:
        return str(self.stub.GetPluginInfo(empty_pb2.Empty()).version)
