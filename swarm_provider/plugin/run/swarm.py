"""What the plugin asks of a swarm, and the substitute for one that cannot be reached."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Protocol, TypeVar

from swarm_provider.core import Items, Json
from swarm_provider.errors import ConnectionFailed
from swarm_provider.rollout.interfaces import Swarm as Awaited

T = TypeVar("T")


class Swarm(Awaited, Protocol):
    """The part of `dockerapi.Swarm` that handlers and what they share use; what each call does stands there.

    Attributes:
        when_slow: takes what a call does when it takes long.
        listened: takes each list that arrives.
    """

    when_slow: Callable[[str], None]
    listened: Callable[[str, Items], None] | None

    @property
    def api_version(self) -> str: ...

    @property
    def name(self) -> str: ...

    @property
    def addresses(self) -> tuple[str, ...]: ...

    @property
    def cluster_id(self) -> str: ...

    @property
    def node_id(self) -> str: ...

    @property
    def now(self) -> int: ...

    async def list(self, kind: str, *, bypass_cache: bool = False, allow_stale: bool = False) -> Items: ...

    async def find(self, kind: str, name: str, *, allow_stale: bool = False) -> Json | None: ...

    async def view(self, kind: str, how: Callable[[Items], T], *, allow_stale: bool = False) -> T: ...

    async def under(self, kind: str, how: Callable[[Items], Mapping[str, Items]], key: str) -> Items: ...

    async def labelled(self, kind: str, label: str, value: str) -> Items: ...

    async def get(self, kind: str, id: str) -> Json | None: ...

    async def create(self, kind: str, spec: Json, *, registry_auth: str | None = None) -> str: ...

    async def update_cluster_volume(self, id: str, version: int, spec: Json) -> None: ...

    async def remove(self, kind: str, name_or_id: str, *, force: bool = False) -> bool: ...

    async def encoded_auth(self, image: str) -> str | None: ...

    async def close(self) -> None: ...


class Offline:
    """A stand-in for a swarm that cannot be reached, where the user allows it: it has nothing, and takes nothing."""

    node_id = ""
    name = "(offline)"

    def __init__(self, failure: ConnectionFailed) -> None:
        self._failure = failure

    async def list(self, kind: str, **options: bool) -> Items:
        return []

    async def find(self, kind: str, name: str, **options: bool) -> Json | None:
        return None

    async def view(self, kind: str, how: Callable[[Items], T], **options: bool) -> T:
        return how([])

    async def under(self, kind: str, how: Callable[[Items], Mapping[str, Items]], key: str) -> Items:
        return []

    def __getattr__(self, name: str) -> Any:
        """Fail: every other call is one that needs the swarm."""
        raise self._failure
