"""What Pulumi asks of a plugin before it knows which swarm is meant: who are you, and what have you got?"""

from __future__ import annotations

import json
from typing import Any

from google.protobuf import empty_pb2
from pulumi.runtime.proto import plugin_pb2, provider_pb2, provider_pb2_grpc

from swarm_provider.errors import SwarmProviderError
from swarm_provider.plugin.protocol.engine_log import EngineLog
from swarm_provider.plugin.protocol.rpc import rpc
from swarm_provider.version import __version__


class Introduction(provider_pb2_grpc.ResourceProviderServicer):
    """The calls that need no configuration.

    Attributes:
        log: what is said to the person.
        engine: address of Pulumi's engine, "" where there is none.
    """

    def __init__(self, engine_address: str | None) -> None:
        self.engine = engine_address or ""
        self.log = EngineLog(engine_address)

    @rpc
    async def Handshake(
        self, request: provider_pb2.ProviderHandshakeRequest, context: Any
    ) -> provider_pb2.ProviderHandshakeResponse:
        if request.engine_address:
            self._attach(request.engine_address)
        # Outputs reach Construct alone, where each value has to keep what it depends on
        return provider_pb2.ProviderHandshakeResponse(
            accept_secrets=True, accept_resources=True, accept_outputs=True, supports_autonaming_configuration=True
        )

    @rpc
    async def GetPluginInfo(self, request: empty_pb2.Empty, context: Any) -> plugin_pb2.PluginInfo:
        return plugin_pb2.PluginInfo(version=__version__)

    @rpc
    async def Attach(self, request: plugin_pb2.PluginAttach, context: Any) -> empty_pb2.Empty:
        self._attach(request.address)
        return empty_pb2.Empty()

    @rpc
    async def GetSchema(self, request: provider_pb2.GetSchemaRequest, context: Any) -> provider_pb2.GetSchemaResponse:
        from swarm_provider.model.schema import schema

        return provider_pb2.GetSchemaResponse(schema=json.dumps(schema(__version__)))

    @rpc
    async def GetMapping(self, request: Any, context: Any) -> provider_pb2.GetMappingResponse:
        return provider_pb2.GetMappingResponse()

    @rpc
    async def GetMappings(self, request: Any, context: Any) -> provider_pb2.GetMappingsResponse:
        return provider_pb2.GetMappingsResponse()

    @rpc
    async def Parameterize(self, request: Any, context: Any) -> provider_pb2.ParameterizeResponse:
        raise SwarmProviderError("the package swarm has no parameters; remove what comes after its name")

    @rpc
    async def Call(self, request: provider_pb2.CallRequest, context: Any) -> provider_pb2.CallResponse:
        raise SwarmProviderError(f"the resources of the package swarm have no methods, so no {request.tok!r}")

    def _attach(self, address: str) -> None:
        self.engine = address
        self.log = EngineLog(address)
