"""What is asked of registries: the login for one, from the docker configuration; an image, through the daemon."""

from __future__ import annotations

import asyncio
import time
from typing import Final

from swarm_provider.core import Json
from swarm_provider.core.image import registry
from swarm_provider.dockerapi.auth import RegistryLogins
from swarm_provider.dockerapi.calls import Calls, auth_header
from swarm_provider.dockerapi.connection.connect import Peer
from swarm_provider.dockerapi.connection.transport import Answer, path_of
from swarm_provider.dockerapi.failures import RegistryUnreachable, Unanswered, from_registry
from swarm_provider.errors import DockerError

CALLS_AT_ONCE = 16
ANSWER_S: Final = 12.0
"""How long a registry may take to say what an image is; a daemon itself waits 25 to 30 s for one that is silent."""
SILENT_S: Final = 60.0
"""How long a registry that timed out is not asked again: each image of it would take as long."""


class Registries:
    """The registries that a run needs. Each login is looked up once."""

    def __init__(self, calls: Calls) -> None:
        self._calls = calls
        self._at_once = asyncio.Semaphore(CALLS_AT_ONCE)
        self._logins = RegistryLogins(calls.link.settings)
        self._auths: dict[str, asyncio.Task[str | None]] = {}
        self._silent: dict[str, float] = {}
        """When each registry that timed out did so."""

    async def encoded_auth(self, image: str) -> str | None:
        """Do what `Swarm.encoded_auth` says."""
        host = registry(image)
        if host not in self._auths:
            self._auths[host] = asyncio.create_task(self._auth(image, host))
        return await asyncio.shield(self._auths[host])

    async def distribution(self, image: str) -> Json:
        """Do what `Swarm.distribution` says."""
        header = await self.encoded_auth(image)
        # slashes are part of the route here
        path = "/distribution/" + "/".join(path_of("{}", part) for part in image.split("/")) + "/json"
        operation, host = f"look up image {image!r}", registry(image)

        def ask(peer: Peer) -> Answer:
            began = time.monotonic()
            if began - self._silent.get(host, float("-inf")) < SILENT_S:
                raise _timed_out(operation)
            try:
                return peer.transport.call("GET", path, operation, headers=auth_header(header), timeout=ANSWER_S)
            except Unanswered:
                # else it is the connection to the manager that broke
                if time.monotonic() - began >= ANSWER_S:
                    self._silent[host] = time.monotonic()
                    raise _timed_out(operation) from None
                raise

        try:
            answer = await self._calls.run(operation, ask, bound=self._at_once)
        except Unanswered as error:
            raise RegistryUnreachable(str(error)) from None
        except DockerError as error:
            raise from_registry(error) from None
        found: Json = answer.json()
        return found

    async def _auth(self, image: str, host: str) -> str | None:
        with self._calls.told_when_slow(f"read the login for {host}"):
            return await self._calls.in_thread(lambda: self._logins.header(image))


def _timed_out(operation: str) -> RegistryUnreachable:
    return RegistryUnreachable(f"its registry timed out after {ANSWER_S:g} s", call=operation)
