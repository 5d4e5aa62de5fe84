"""A Pulumi provider that does nothing: Pulumi's own floor. Run as a plugin: `python -m bench.nothing ENGINE`.

It answers at once whatever it is asked, and asks for refresh_before_update as ours does.
"""

from __future__ import annotations

import asyncio
import signal
import sys

from swarm_provider.plugin.protocol.pulumi_stub import keep_pulumi_lean

keep_pulumi_lean()

import grpc.aio  # noqa: E402 - after the packages above it are kept from running
from google.protobuf import empty_pb2, json_format  # noqa: E402
from pulumi.runtime.proto import plugin_pb2, provider_pb2, provider_pb2_grpc  # noqa: E402


class Nothing(provider_pb2_grpc.ResourceProviderServicer):
    """Echoes."""

    async def Handshake(self, request, context):  # type: ignore[no-untyped-def]
        return provider_pb2.ProviderHandshakeResponse(accept_secrets=True, accept_resources=True, accept_outputs=True)

    async def GetPluginInfo(self, request, context):  # type: ignore[no-untyped-def]
        return plugin_pb2.PluginInfo(version="0.0.1")

    async def CheckConfig(self, request, context):  # type: ignore[no-untyped-def]
        return provider_pb2.CheckResponse(inputs=request.news)

    async def DiffConfig(self, request, context):  # type: ignore[no-untyped-def]
        return provider_pb2.DiffResponse(changes=provider_pb2.DiffResponse.DIFF_NONE)

    async def Configure(self, request, context):  # type: ignore[no-untyped-def]
        return provider_pb2.ConfigureResponse(acceptSecrets=True, supportsPreview=True, acceptResources=True)

    async def Cancel(self, request, context):  # type: ignore[no-untyped-def]
        return empty_pb2.Empty()

    async def Check(self, request, context):  # type: ignore[no-untyped-def]
        return provider_pb2.CheckResponse(inputs=request.news)

    async def Diff(self, request, context):  # type: ignore[no-untyped-def]
        olds, news = json_format.MessageToDict(request.old_inputs), json_format.MessageToDict(request.news)
        changed = [key for key in news if news[key] != olds.get(key)]
        kinds = provider_pb2.DiffResponse
        return kinds(changes=kinds.DIFF_SOME if changed else kinds.DIFF_NONE, diffs=changed)

    async def Create(self, request, context):  # type: ignore[no-untyped-def]
        id = "" if request.preview else request.name
        return provider_pb2.CreateResponse(id=id, properties=request.properties, refresh_before_update=True)

    async def Read(self, request, context):  # type: ignore[no-untyped-def]
        return provider_pb2.ReadResponse(
            id=request.id, inputs=request.inputs, properties=request.properties, refresh_before_update=True
        )

    async def Update(self, request, context):  # type: ignore[no-untyped-def]
        return provider_pb2.UpdateResponse(properties=request.news, refresh_before_update=True)

    async def Delete(self, request, context):  # type: ignore[no-untyped-def]
        return empty_pb2.Empty()


async def _serve() -> None:
    server = grpc.aio.server()
    provider_pb2_grpc.add_ResourceProviderServicer_to_server(Nothing(), server)
    port = server.add_insecure_port("127.0.0.1:0")
    await server.start()
    print(port, flush=True)
    ended = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, ended.set)
    await ended.wait()
    await server.stop(grace=0)


if __name__ == "__main__":
    sys.stdout.reconfigure(line_buffering=True)  # type: ignore[union-attr]
    asyncio.run(_serve())
