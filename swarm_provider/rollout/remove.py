"""Removal that is finished when it says so.

Swarm takes the removal of a service or a network at once and goes on working on it: containers still stop, the
network is still listed and its addresses are still taken. Whoever makes the next object of that name meets the rest.
"""

from __future__ import annotations

import asyncio
from typing import Final

from swarm_provider.errors import Cancelled, ConnectionFailed, DockerError, RolloutFailed
from swarm_provider.rollout.interfaces import Clock, Progress, RealClock, Swarm, is_transient, silent
from swarm_provider.rollout.watch import UNREACHABLE_S, Watcher

PAUSE_S: Final = 0.3
LONGEST_PAUSE_S: Final = 1.5
SERVICE_TIMEOUT_S: Final = 600.0
IN_USE_TIMEOUT_S: Final = 60.0
"""How long an object may stay in use after its last user should have gone."""


async def remove_service(
    swarm: Swarm,
    service_id: str,
    *,
    watcher: Watcher | None = None,
    name: str = "",
    timeout: float | None = None,
    progress: Progress = silent,
    cancelled: asyncio.Event | None = None,
    clock: Clock | None = None,
) -> bool:
    """Remove a service and wait until none of its containers runs; False when it was gone already.

    Args:
        swarm: the connection.
        service_id: Docker's id.
        watcher: the process's watcher, so that many removals share their calls; None makes one of its own.
        name: its name, for messages.
        timeout: seconds in all; None for ten minutes.
        progress: is told what is waited for.
        cancelled: set when the user stops the run.
        clock: the time; None: the real one.

    Raises:
        RolloutFailed: a container still runs after `timeout` seconds; says which and where.
        Cancelled: `cancelled` was set; Swarm goes on removing.
    """
    stop = cancelled or asyncio.Event()
    limit = timeout or SERVICE_TIMEOUT_S
    shared = watcher or Watcher(swarm, clock)
    removed = await _remove_with_retry(swarm, "service", service_id, name or service_id, limit, progress, stop, clock)
    await shared.gone(service_id, timeout=limit, progress=progress, cancelled=stop, name=name)
    return removed


async def remove_network(
    swarm: Swarm,
    network_id: str,
    *,
    name: str = "",
    timeout: float | None = None,
    progress: Progress = silent,
    cancelled: asyncio.Event | None = None,
    clock: Clock | None = None,
) -> bool:
    """Remove a network, and wait until it is not listed any more; False when it was gone already.

    Args:
        swarm: the connection.
        network_id: Docker's id.
        name: its name, for messages.
        timeout: seconds until it is given up.
        progress: is told what is waited for.
        cancelled: set when the user stops the run.
        clock: the time; None: the real one.

    Raises:
        RolloutFailed: it is still in use or still listed after `timeout` seconds; says by whom.
        Cancelled: `cancelled` was set.
    """
    stop = cancelled or asyncio.Event()
    waiting = clock or RealClock()
    name = name or network_id
    limit = timeout or IN_USE_TIMEOUT_S
    deadline = waiting.now() + limit
    removed = await _remove_with_retry(swarm, "network", network_id, name, limit, progress, stop, waiting)
    said = False
    while any(
        network_id in (item.get("Id"), item.get("Name")) for item in await swarm.list("network", bypass_cache=True)
    ):
        if waiting.now() >= deadline:
            raise RolloutFailed([f"network {name}: removal accepted, but the network still exists after {limit:g} s"])
        if not said:
            progress(f"network {name}: waiting for its removal")
            said = True
        await _pause(waiting, PAUSE_S, stop, f"network {name}")
    return removed


async def remove_object(
    swarm: Swarm,
    kind: str,
    id: str,
    *,
    name: str = "",
    timeout: float | None = None,
    progress: Progress = silent,
    cancelled: asyncio.Event | None = None,
    clock: Clock | None = None,
) -> bool:
    """Remove a config, secret or volume, as soon as nothing uses it; False when it was gone already.

    Args:
        swarm: the connection.
        kind: the kind of object.
        id: Docker's id.
        name: its name, for messages.
        timeout: seconds until it is given up.
        progress: is told what is waited for.
        cancelled: set when the user stops the run.
        clock: the time; None: the real one.

    Raises:
        RolloutFailed: it is still in use after `timeout` seconds; says by whom, in the daemon's words.
        Cancelled: `cancelled` was set.
    """
    limit = timeout or IN_USE_TIMEOUT_S
    return await _remove_with_retry(swarm, kind, id, name or id, limit, progress, cancelled or asyncio.Event(), clock)


async def _remove_with_retry(
    swarm: Swarm,
    kind: str,
    id: str,
    name: str,
    timeout: float,
    progress: Progress,
    cancelled: asyncio.Event,
    clock: Clock | None,
) -> bool:
    """Remove; repeat while it is in use, or while no manager can do it."""
    waiting = clock or RealClock()
    deadline = waiting.now() + timeout
    pause, said, lost = PAUSE_S, "", False
    while True:
        try:
            return await swarm.remove(kind, id)
        except ConnectionFailed as error:
            # a removal may be asked for twice
            deadline = min(deadline, waiting.now() + UNREACHABLE_S) if not lost else deadline
            lost = True
            if waiting.now() >= deadline:
                raise
            text = f"no response from the swarm, retrying ({error})"
        except DockerError as error:
            if kind == "network" and error.status >= 500 and "not found" in error.message:
                # it was removed and is only still listed
                return False
            if not (is_in_use(error) or is_transient(error)):
                raise
            if waiting.now() >= deadline:
                raise RolloutFailed(
                    [f"{kind} {name} cannot be removed; still after {timeout:g} s: {error.message}"]
                ) from None
            text = error.message
        if text != said:
            said = text
            progress(f"{kind} {name}: {said}")
        await _pause(waiting, pause, cancelled, f"{kind} {name}")
        pause = min(LONGEST_PAUSE_S, 1.5 * pause)


def is_in_use(error: DockerError) -> bool:
    """Tell whether the daemon refused a removal because something still uses the object."""
    text = error.message.lower()
    return any(words in text for words in ("in use", "active endpoint", "being used", "has active"))


async def _pause(clock: Clock, seconds: float, cancelled: asyncio.Event, what: str) -> None:
    if cancelled.is_set():
        raise Cancelled(f"stopped waiting for the removal of {what}; Swarm continues the removal")
    sleeping = asyncio.ensure_future(clock.sleep(seconds))
    stopping = asyncio.ensure_future(cancelled.wait())
    try:
        await asyncio.wait([sleeping, stopping], return_when=asyncio.FIRST_COMPLETED)
    finally:
        sleeping.cancel()
        stopping.cancel()
    if cancelled.is_set():
        raise Cancelled(f"stopped waiting for the removal of {what}; Swarm continues the removal")
