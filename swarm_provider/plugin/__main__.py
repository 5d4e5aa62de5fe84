"""`pulumi-resource-swarm ENGINE_ADDRESS`: start the plugin. Pulumi calls it; people do not."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import socket
import sys
import threading
import time

from swarm_provider.core.foreign import shown
from swarm_provider.errors import SwarmProviderError
from swarm_provider.garbage import collect_less
from swarm_provider.plugin.protocol.pulumi_stub import keep_pulumi_lean

LOOK_EVERY = 0.5
"""Seconds between two looks at whether the engine still lives; the plugin has to end within 2."""


def main() -> None:
    """Run until the engine says so, ends, or is gone."""
    collect_less()
    addresses = [argument for argument in sys.argv[1:] if not argument.startswith("-")]
    engine = addresses[-1] if addresses else None
    if engine is not None:
        threading.Thread(target=_end_with_parent, args=(os.getppid(), engine), daemon=True).start()
    asyncio.run(_run(engine))


def _end_with_parent(parent: int, engine: str) -> None:
    """End the process at once when its parent, the Pulumi CLI, is gone; nobody would hear of what it still does."""
    # the CLI may have been killed before this process came so far: then another is the parent already
    if _listens(engine):
        while os.getppid() == parent:
            time.sleep(LOOK_EVERY)
    else:
        with contextlib.suppress(OSError):
            # the CLI's end of stderr may be gone with it
            print(f"the swarm provider ends: Pulumi's engine does not listen on {engine}", file=sys.stderr, flush=True)
    os._exit(1)


def _listens(address: str) -> bool:
    """Tell whether the engine is there; only a refusal is certain that it is not."""
    host, _, port = address.rpartition(":")
    try:
        socket.create_connection((host, int(port)), timeout=1).close()
    except ConnectionRefusedError:
        return False
    except (OSError, ValueError):
        return True
    return True


async def _run(engine: str | None) -> None:
    serving = asyncio.create_task(_serve(engine))
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        # a shell that starts a job in the background makes it ignore SIGINT; this takes it back
        loop.add_signal_handler(number, serving.cancel)
    await asyncio.wait([serving])
    code = 0
    if not serving.cancelled() and (error := serving.exception()) is not None:
        code = 1
        print(f"the swarm provider failed to start: {_in_a_line(error)}", file=sys.stderr, flush=True)
    # threads that still wait for an answer of Docker must not keep the process
    sys.stdout.flush()
    os._exit(code)


async def _serve(engine: str | None) -> None:
    keep_pulumi_lean()
    from swarm_provider.plugin.serving import serve

    await serve(engine)


def _in_a_line(error: BaseException) -> str:
    text = shown(str(error))
    return text if isinstance(error, SwarmProviderError) else f"{type(error).__name__}: {text}"


if __name__ == "__main__":
    main()
