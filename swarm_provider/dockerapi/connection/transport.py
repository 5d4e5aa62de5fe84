"""One pool of HTTP connections to one daemon: unix socket, TCP with or without TLS, ssh. Blocking, for many threads.

The libraries that carry it are imported on first use: the start of the plugin should not pay for them.
"""

from __future__ import annotations

import contextlib
import importlib
import json as jsonlib
import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlencode

from swarm_provider.core import Json
from swarm_provider.dockerapi.connection import unix_socket
from swarm_provider.dockerapi.connection.hosts import Endpoint
from swarm_provider.dockerapi.failures import Unanswered, from_answer, is_of_the_wire, was_never_sent, why_unreachable
from swarm_provider.errors import ConnectionFailed, DockerError, InputError
from swarm_provider.version import __version__

if TYPE_CHECKING:
    from swarm_provider.dockerapi.libraries.urllib3_pools import Pool, Response

_log = logging.getLogger(__name__)
CONNECTIONS = 32
_CONNECT_SECONDS = 10.0
_SSH_CONNECT_SECONDS = 30.0


class Unreachable(ConnectionFailed):
    """No connection came about, so nothing was sent. `reason` has the why alone."""

    def __init__(self, url: str, reason: str, origin: str = "") -> None:
        self.url = url
        self.reason = reason
        super().__init__(f"cannot reach Docker at {url}{f' ({origin})' if origin else ''}: {reason}")


@dataclass(frozen=True)
class Answer:
    """A daemon's answer with a status below 400."""

    status: int
    body: bytes
    headers: Mapping[str, str]

    def json(self, *, shared: bool = False) -> Any:
        """Return the body's value, None for an empty one; a DockerError when it is no JSON (a proxy's page, say).

        Args:
            shared: equal objects in it are one and the same, so nobody may change them.
        """
        try:
            return jsonlib.loads(self.body, object_hook=_once() if shared else None) if self.body.strip() else None
        except ValueError:
            raise DockerError("the response is not from Docker", status=self.status) from None


def _once() -> Callable[[Json], Json]:
    """Return what gives, for an object with plain values only, the first one that was equal to it."""
    known: dict[tuple[tuple[str, Any], ...], Json] = {}

    def first(found: Json) -> Json:
        try:
            return known.setdefault(tuple(found.items()), found)
        except TypeError:
            # there is a list or an object in it
            return found

    return first


def preload() -> None:
    """Import what the first call needs, at a time when nobody waits for it. What fails is told by the first call."""
    with contextlib.suppress(ImportError):
        importlib.import_module("swarm_provider.dockerapi.libraries.urllib3_pools")


def path_of(template: str, *names: str) -> str:
    """Return a path whose names are escaped: `path_of("/services/{}", name)`."""
    return template.format(*(quote(name, safe="") for name in names))


class Transport:
    """Calls to one daemon.

    Args:
        endpoint: where it is.
        timeout: seconds a call may take.
        headers: sent with each call (`HttpHeaders` of the docker configuration).
    """

    def __init__(self, endpoint: Endpoint, *, timeout: float, headers: Mapping[str, str]) -> None:
        self.endpoint = endpoint
        self.timeout = timeout
        self.connect_timeout = min(timeout, _SSH_CONNECT_SECONDS if endpoint.scheme == "ssh" else _CONNECT_SECONDS)
        self.version = ""
        self._headers = {"User-Agent": f"swarm-provider/{__version__}", **headers}
        self._base = ""
        """What stands before the paths: for a proxy of HTTP the daemon's address."""
        self._pool = self._open()

    def call(
        self,
        method: str,
        path: str,
        operation: str,
        *,
        query: Mapping[str, str] | None = None,
        body: Any = None,
        headers: Mapping[str, str] | None = None,
        timeout: float | None = None,
    ) -> Answer:
        """Make one call and wait for the whole answer.

        Args:
            method: the HTTP method.
            path: below the version, escaped (`path_of`).
            operation: what the call does, for messages: `create service 'web'`.
            query: parameters of the route.
            body: plain data, sent as JSON.
            headers: headers of the request.
            timeout: seconds; None takes the session's.

        Raises:
            Unreachable: it was not sent.
            Unanswered: it was sent, and no response came.
            DockerError: the daemon refused it.
        """
        response = self._send(method, path, operation, query, body, headers, timeout)
        _log.debug("%s %s: %s (%s)", method, path, response.status, operation)
        if response.status >= 400:
            raise from_answer(response.status, response.data, operation)
        return Answer(response.status, response.data, response.headers)

    def stream(self, path: str, operation: str, *, query: Mapping[str, str], timeout: float, limit: int) -> bytes:
        """Read what a GET delivers until it ends, `timeout` seconds bring nothing more, or `limit` bytes are there.

        Args:
            path: the route.
            operation: what the call does, for messages: `create service 'web'`.
            query: parameters of the route.
            timeout: seconds.
            limit: bytes, at most.

        Raises:
            Unanswered: nothing came.
            DockerError: the daemon refused it.
        """
        response = self._send("GET", path, operation, query, None, None, timeout, stream=True)
        try:
            if response.status >= 400:
                raise from_answer(response.status, response.data, operation)
            try:
                return _as_it_comes(response, limit)
            except Exception as error:
                if not is_of_the_wire(error):
                    raise
                raise self._failure(error, operation, timeout) from None
        finally:
            response.close()

    def close(self) -> None:
        self._pool.close()

    def _send(
        self,
        method: str,
        path: str,
        operation: str,
        query: Mapping[str, str] | None,
        body: Any,
        headers: Mapping[str, str] | None,
        timeout: float | None,
        stream: bool = False,
    ) -> Response:
        from swarm_provider.dockerapi.libraries import urllib3_pools

        where = f"{self._base}/v{self.version}{path}" if self.version else f"{self._base}{path}"
        sent = {**self._headers, **(headers or {})}
        data = None if body is None else jsonlib.dumps(body).encode()
        if data is not None:
            sent["Content-Type"] = "application/json"
        try:
            return urllib3_pools.send(
                self._pool,
                method,
                f"{where}?{urlencode(query)}" if query else where,
                body=data,
                headers=sent,
                connect_timeout=self.connect_timeout,
                read_timeout=timeout or self.timeout,
                stream=stream,
            )
        except Exception as error:
            if not is_of_the_wire(error):
                # a bug of ours is no lost connection: it would be retried, and its cause be hidden
                raise
            _log.debug("%s %s: %s (%s)", method, path, type(error).__name__, operation, exc_info=True)
            raise self._failure(error, operation, timeout) from None

    def _failure(self, error: Exception, operation: str, timeout: float | None) -> ConnectionFailed:
        reason = why_unreachable(error, self.endpoint.url)
        if was_never_sent(error):
            return Unreachable(str(self.endpoint), reason, self.endpoint.origin)
        if reason == "timed out":
            reason = f"timed out after {timeout or self.timeout:g} s"
        return Unanswered(f"{operation}: the connection to Docker at {self.endpoint} failed: {reason}")

    def _open(self) -> Pool:
        from swarm_provider.dockerapi.libraries.urllib3_pools import StreamPool

        scheme, url, timeout = self.endpoint.scheme, self.endpoint.url, self.timeout
        if scheme == "ssh":
            from swarm_provider.dockerapi.connection import ssh

            return StreamPool("docker", ssh.streams(url, self.connect_timeout), timeout, ssh.CONNECTIONS, block=True)
        if scheme == "unix":
            streams = unix_socket.streams(url.removeprefix("unix://"), self.connect_timeout)
            return StreamPool("docker", streams, timeout, CONNECTIONS, block=False)
        if scheme == "npipe":
            from swarm_provider.dockerapi.libraries import docker_py

            pipe = docker_py.named_pipe_pool(url, timeout, CONNECTIONS)
            if pipe is None:
                raise Unreachable(str(self.endpoint), "named pipes exist on Windows only", self.endpoint.origin)
            return pipe
        return self._open_tcp(url.partition("://")[2].rstrip("/"))

    def _open_tcp(self, address: str) -> Pool:
        from swarm_provider.dockerapi.libraries import requests_tcp

        base = f"{'http' if self.endpoint.tls is None else 'https'}://{address}"
        # a proxy of the environment serves tcp:// hosts, as with the docker CLI
        proxy = requests_tcp.proxy_for(base)
        try:
            pool = requests_tcp.tcp_pool(base, self._tls(), CONNECTIONS, proxy)
        except requests_tcp.BadProxy:
            raise InputError(
                "HTTP_PROXY or HTTPS_PROXY is not a valid proxy address, such as "
                f"http://proxy:3128; correct it, or add the host of {self.endpoint} to NO_PROXY"
            ) from None
        if proxy is not None and self.endpoint.tls is None and not proxy.startswith("socks"):
            self._base = base
        return pool

    def _tls(self) -> dict[str, Any]:
        from swarm_provider.dockerapi.libraries import requests_tcp, urllib3_pools

        files = self.endpoint.tls
        if files is None:
            return {}
        own = {"cert_file": files.cert_file or None, "key_file": files.key_file or None}
        if files.verify:
            return {
                **own,
                "cert_reqs": "CERT_REQUIRED",
                "ca_certs": files.ca_file or requests_tcp.trusted_certificates(),
            }
        urllib3_pools.allow_unverified()
        return {**own, "cert_reqs": "CERT_NONE", "assert_hostname": False}


def _as_it_comes(response: Response, limit: int) -> bytes:
    got = b""
    try:
        for chunk in response.stream(None):
            got += chunk
            if len(got) >= limit:
                break
    except Exception:
        # where the rest is late or the connection breaks, what came is worth having
        if not got:
            raise
    return got
