"""The plugin's port: opened, told to the engine, and closed with its last words."""

from __future__ import annotations

import asyncio

import grpc.aio
from pulumi.runtime.proto import provider_pb2_grpc

from swarm_provider.dockerapi import preload
from swarm_provider.garbage import keep_little
from swarm_provider.plugin.protocol.peers import OwnUserOnly
from swarm_provider.plugin.server import Provider


async def serve(engine_address: str | None) -> None:
    """Serve on a free port of the loopback, print the port, and run until the task is cancelled."""
    limit = 400 * 1024 * 1024
    door = OwnUserOnly()
    server = grpc.aio.server(
        interceptors=[door],
        options=[("grpc.max_send_message_length", limit), ("grpc.max_receive_message_length", limit)],
    )
    provider = Provider(engine_address)
    provider_pb2_grpc.add_ResourceProviderServicer_to_server(provider, server)
    port = door.peers.port = server.add_insecure_port("127.0.0.1:0")
    await server.start()
    print(port, flush=True)
    # the engine has still to find its way here
    for work in (keep_little, preload):
        asyncio.get_running_loop().run_in_executor(None, work)
    try:
        await server.wait_for_termination()
    except asyncio.CancelledError:
        await provider.end()
        await server.stop(grace=0)
