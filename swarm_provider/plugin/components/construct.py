"""One component: made in a thread of its own, with the whole of Pulumi's SDK, which comes with the first one.

The SDK waits in threads of its event loop until each resource is made. On the plugin's own loop those would be the
threads in which the plugin makes them, and both would wait for each other.
"""

from __future__ import annotations

import asyncio
import threading
from concurrent.futures import Future
from typing import Final

from pulumi.runtime.proto import provider_pb2

from swarm_provider.errors import SwarmProviderError
from swarm_provider.model.components import COMPONENTS
from swarm_provider.plugin.components.arguments import arguments
from swarm_provider.plugin.protocol.pulumi_stub import take_pulumi_whole
from swarm_provider.version import __version__

_WAITING_THREADS: Final = 4
"""For each resource that Pulumi makes at a time, as its own Python programs have."""


async def construct(
    request: provider_pb2.ConstructRequest, engine: str, provider: str | None
) -> provider_pb2.ConstructResponse:
    """Make a component, and return when all of its resources are made.

    Args:
        request: which, with its inputs and options.
        engine: address of Pulumi's engine, which is told what there is to say.
        provider: reference of the provider that this plugin is, for the resources; None: Pulumi chooses it.

    Raises:
        InputError: what the program gave is wrong.
        SwarmProviderError: Pulumi refused a resource.
    """
    component = COMPONENTS.get(request.type)
    if component is None:
        raise SwarmProviderError(f"this version of the provider ({__version__}) has no component {request.type!r}")
    given = arguments(component, request)
    take_pulumi_whole()
    from swarm_provider.plugin.components.running import Component

    running = Component(request, given, engine, provider)
    done: Future[provider_pb2.ConstructResponse] = Future()
    # a call that nobody waits for any more goes on: what it registers is made all the same
    done.set_running_or_notify_cancel()

    def run() -> None:
        with asyncio.Runner() as runner:
            try:
                done.set_result(runner.run(running.run(max(request.parallel, 1) * _WAITING_THREADS)))
            except BaseException as error:
                # told at once: what is still open waits for resources that nobody wants any more
                done.set_exception(error)

    threading.Thread(target=run, name=f"component {request.name}", daemon=True).start()
    return await asyncio.wrap_future(done)
