"""Updates that lost a race: Swarm itself and other people write to the same objects."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Final, TypeVar

from swarm_provider.core import Json
from swarm_provider.errors import ConnectionFailed, DockerError, NotFound, OutOfSequence
from swarm_provider.rollout.interfaces import Clock, RealClock, Swarm, is_transient

T = TypeVar("T")

ATTEMPTS: Final = 12
FIRST_PAUSE_S: Final = 0.05
LONGEST_PAUSE_S: Final = 1.0


@dataclass(frozen=True)
class Updated:
    """An update that the daemon took.

    Attributes:
        id: the object's id.
        version_index: lowest `Version.Index` that shows it, for Watcher.converge.
        spec: the spec that was sent.
        warnings: what the daemon warned of.
    """

    id: str
    version_index: int
    spec: Json
    warnings: tuple[str, ...] = ()


async def update_with_retry(
    swarm: Swarm,
    kind: str,
    id: str,
    change: Callable[[Json], Json | None],
    *,
    known: Json | None = None,
    clock: Clock | None = None,
    registry_auth: str | None = None,
    registry_auth_from: str | None = None,
) -> Updated | None:
    """Read an object, change its spec, send it; read again and repeat when somebody else was faster.

    Args:
        swarm: the connection.
        kind: the kind of object.
        id: Docker's id.
        change: gives the whole new spec for the live object (inspect data), or None to leave it. It is called
            again on each try, so that it never sends a change that was made on top of an older spec.
        known: the object as somebody has just read it, for the first try.
        clock: the time; None: the real one.
        registry_auth, registry_auth_from: as for `Swarm.update`.

    Returns:
        What was sent, or None when `change` left the object as it is.

    Raises:
        NotFound: the object does not exist.
        OutOfSequence: somebody else was faster a dozen times.
        ConnectionFailed: no manager answered a dozen times.
    """

    async def once() -> Updated | None:
        nonlocal known
        live, known = known or await swarm.inspect(kind, id), None
        if live is None:
            raise NotFound(f"{kind} {id} does not exist", status=404)
        spec = change(live)
        if spec is None:
            return None
        version = int((live.get("Version") or {}).get("Index") or 0)
        warnings = await swarm.update(
            kind,
            str(live.get("ID") or id),
            version,
            spec,
            registry_auth=registry_auth,
            registry_auth_from=registry_auth_from,
        )
        return Updated(str(live.get("ID") or id), version + 1, spec, tuple(warnings or ()))

    return await until_taken(once, clock=clock)


async def until_taken(once: Callable[[], Awaitable[T]], *, clock: Clock | None = None) -> T:
    """Read and write; repeat when somebody else was faster, or no manager can do it at the moment.

    Raises:
        OutOfSequence: somebody else was faster a dozen times.
        ConnectionFailed: no manager answered a dozen times.
    """
    waiting = clock or RealClock()
    pause = FIRST_PAUSE_S
    for attempt in range(1, ATTEMPTS + 1):
        try:
            return await once()
        except (DockerError, ConnectionFailed) as error:
            lost = isinstance(error, OutOfSequence) or is_transient(error)
            if not lost or attempt == ATTEMPTS:
                raise
        await waiting.sleep(pause)
        pause = min(2 * pause, LONGEST_PAUSE_S)
    raise AssertionError("unreachable")


async def restart_update(swarm: Swarm, service_id: str, *, clock: Clock | None = None) -> None:
    """Make Swarm restart the present update of a service; the spec stays as it is, and no task restarts for it.

    Swarm gives up an update only for one to another spec, so there are two: to a spec whose update delay is longer by
    a nanosecond, and back. What Swarm keeps as the previous spec is then this one.

    Args:
        swarm: the connection.
        service_id: Docker's id.
        clock: the time; None: the real one.
    """

    def other(live: Json) -> Json:
        spec: Json = live["Spec"]
        settings = spec.get("UpdateConfig") or {}
        return {**spec, "UpdateConfig": {**settings, "Delay": int(settings.get("Delay") or 0) + 1}}

    live = await swarm.inspect("service", service_id)
    if live is None:
        return
    await update_with_retry(swarm, "service", service_id, other, clock=clock)

    def back(now: Json) -> Json | None:
        # whatever somebody else changed in between stays
        return {**now["Spec"], "UpdateConfig": live["Spec"].get("UpdateConfig")} if now["Spec"] == other(live) else None

    await update_with_retry(swarm, "service", service_id, back, clock=clock)
