"""A published port that moves from one service to another in one run.

Swarm refuses a port that another service has. Where that service is ours and gives the port up in the same run, it is
a matter of seconds, and Pulumi updates both at once: the one that comes first waits for the other.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Awaitable, Callable
from typing import Final, TypeVar

from swarm_provider.core import labels
from swarm_provider.errors import Cancelled, DockerError
from swarm_provider.plugin.protocol.operations import Request
from swarm_provider.plugin.run.run import Run

T = TypeVar("T")
# swarmkit, manager/controlapi/service.go: checkPortConflicts
_TAKEN: Final = re.compile(r"port '(?P<port>\d+)' is already in use by service '(?P<holder>[^']+)'")
_PAUSE_S: Final = 0.5
_PATIENCE_S: Final = 300.0
UNREGISTERED_S: Final = 20.0
"""How long a service of ours that the program has not registered yet may keep a port that another one wants."""


async def when_free(run: Run, request: Request, send: Callable[[], Awaitable[T]], patience_ns: int | None) -> T:
    """Send a service; while another one of ours is about to give up a port that it wants, wait and send again.

    Args:
        run: what the resources of this run share.
        request: which resource of which Pulumi stack.
        send: makes the call.
        patience_ns: how long a service that this run has checked may keep the port; None: 5 minutes.

    Raises:
        DockerError: the port is somebody else's, or stays taken.
        Cancelled: the user asked to stop.
    """
    loop = asyncio.get_running_loop()
    began = loop.time()
    patience_s = _PATIENCE_S if patience_ns is None else patience_ns / 1e9
    while True:
        try:
            sent = await send()
            run.port_waits.pop(request.urn, None)
            return sent
        except DockerError as error:
            taken = _TAKEN.search(error.message)
            if taken is None:
                raise
            await _check_worth_waiting(run, request, taken, error, loop.time() - began, patience_s)
            text = f"waiting for port {taken['port']}, which service {taken['holder']!r} publishes until it is updated"
            run.session.log.status(request.urn, text)
        try:
            await asyncio.wait_for(run.session.cancelled.wait(), _PAUSE_S)
        except TimeoutError:
            continue
        raise Cancelled(f"stopped while waiting for port {taken['port']}")


async def _check_worth_waiting(
    run: Run, request: Request, taken: re.Match[str], error: DockerError, waited_s: float, patience_s: float
) -> None:
    port, holder = taken["port"], taken["holder"]
    live = await (await run.session.swarm()).inspect("service", holder)
    if live is None:
        return
    claimed = run.claimed("service", holder)
    # the labels of a service of this run may name the Pulumi stack by an earlier name
    if claimed is None and labels.owner(live["Spec"].get("Labels")) != request.owner.text:
        raise DockerError(
            f"port {port} is published by service {holder!r}, which this program does not manage; publish another "
            f"port, or remove that service",
            status=error.status,
            call=error.call,
        )
    if claimed is not None:
        run.port_waits[request.urn] = claimed.urn
        if _wait_for_one_another(run, request.urn):
            text = (
                f"port {port} is published by service {holder!r} of this program, which waits for a port of this one: "
                f"Swarm gives each to one service at a time; change them in two runs, the first without these ports"
            )
            raise DockerError(text, status=error.status, call=error.call)
    if waited_s > (patience_s if claimed is not None else UNREGISTERED_S):
        hint = (
            f"add a dependency on {holder!r} to the service that needs it, or change them in two runs"
            if claimed is not None
            else "Pulumi deletes services after it has created the new ones; if this one replaces it, use renames= of "
            "the Stack, or two runs"
        )
        text = f"port {port} is still published by service {holder!r} of this program; {hint}"
        raise DockerError(text, status=error.status, call=error.call)


def _wait_for_one_another(run: Run, urn: str) -> bool:
    """Tell whether a service waits, in the end, for itself: two that swap their ports, or a cycle of more."""
    seen, at = {urn}, run.port_waits.get(urn)
    while at is not None and at not in seen:
        seen.add(at)
        at = run.port_waits.get(at)
    return at == urn
