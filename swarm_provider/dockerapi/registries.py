"""What is asked of registries: the login for one, from the docker configuration; an image, through the daemon."""

from __future__ import annotations

import asyncio

from swarm_provider.core import Json
from swarm_provider.core.image import registry
from swarm_provider.dockerapi.auth import RegistryLogins
from swarm_provider.dockerapi.calls import Calls, auth_header
from swarm_provider.dockerapi.connection.transport import path_of
from swarm_provider.dockerapi.failures import RegistryUnreachable, Unanswered, from_registry
from swarm_provider.errors import DockerError

CALLS_AT_ONCE = 16


class Registries:
    """The registries that a run needs. Each login is looked up once."""

    def __init__(self, calls: Calls) -> None:
        self._calls = calls
        self._at_once = asyncio.Semaphore(CALLS_AT_ONCE)
        self._logins = RegistryLogins(calls.link.settings)
        self._auths: dict[str, asyncio.Task[str | None]] = {}

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
        operation = f"look up image {image!r}"
        try:
            answer = await self._calls.run(
                operation,
                lambda peer: peer.transport.call("GET", path, operation, headers=auth_header(header)),
                bound=self._at_once,
            )
        except DockerError as error:
            raise from_registry(error) from None
        except Unanswered:
            raise RegistryUnreachable("its registry timed out", call=operation) from None
        found: Json = answer.json()
        return found

    async def _auth(self, image: str, host: str) -> str | None:
        with self._calls.told_when_slow(f"read the login for {host}"):
            return await self._calls.in_thread(lambda: self._logins.header(image))
