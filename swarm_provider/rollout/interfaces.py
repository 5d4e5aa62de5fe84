"""What this room needs from its neighbours: a swarm to ask, and a clock to wait on."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Mapping
from typing import Protocol, TypeVar

from swarm_provider.core import Items, Json, Texts
from swarm_provider.errors import ConnectionFailed, DockerError

T = TypeVar("T")

Progress = Callable[[str], None]
"""Takes one line about how far something is; called only when the line has changed."""


def silent(text: str) -> None:
    """Say nothing."""


class Swarm(Protocol):
    """The part of `dockerapi.Swarm` that is used here."""

    async def list(self, kind: str, *, bypass_cache: bool = False) -> Items: ...

    async def view(self, kind: str, how: Callable[[Items], T]) -> T: ...

    def lately(self, kind: str, how: Callable[[Items], Mapping[str, Items]], key: str) -> Items: ...

    async def inspect(self, kind: str, name_or_id: str) -> Json | None: ...

    async def update(
        self,
        kind: str,
        id: str,
        version: int,
        spec: Json,
        *,
        registry_auth: str | None = None,
        registry_auth_from: str | None = None,
    ) -> Texts: ...

    async def remove(self, kind: str, name_or_id: str) -> bool: ...

    async def tasks(self, *, service_ids: Iterable[str] | None = None) -> Items: ...

    async def task_logs(self, task_id: str, tail: int = 20) -> str: ...

    async def distribution(self, image: str) -> Json: ...

    async def health_log(self, container_id: str) -> str | None: ...


class Clock(Protocol):
    """Seconds that only move forward, and a way to let them pass."""

    def now(self) -> float: ...

    async def sleep(self, seconds: float) -> None: ...


class RealClock:
    """The clock of the event loop: that of the machine, where the loop has no other."""

    def now(self) -> float:
        return asyncio.get_running_loop().time()

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)


def is_transient(error: Exception) -> bool:
    """Tell whether a call may work in a moment: no manager answers, or the managers elect a leader."""
    if isinstance(error, ConnectionFailed):
        return True
    text = str(error).lower()
    words = ("does not have a leader", "deadline exceeded", "connection error", "unavailable", "lost leadership")
    return isinstance(error, DockerError) and any(word in text for word in words)
