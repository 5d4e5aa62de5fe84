"""One pool of HTTP connections to one daemon: unix socket, TCP with or without TLS, ssh. Blocking, for many threads.

The pools are urllib3's: docker-py's for unix sockets and named pipes, those of requests' adapter for TCP, with the
proxies of the environment. Calls go to the pool itself: what a session of requests does for each (cookies, redirects,
the environment) costs half as much again. All are imported on first use: the start of the plugin should not pay for
them. docker-py's own client is not used because it reads the login file of its process on the way (and fails where
that has an odd entry), and its ssh needs paramiko.
"""

from __future__ import annotations

import contextlib
import importlib
import json as jsonlib
import logging
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlencode

from swarm_provider.dockerapi.connection.hosts import Endpoint
from swarm_provider.dockerapi.failures import Unanswered, from_answer, is_of_the_wire, was_never_sent, why_unreachable
from swarm_provider.errors import ConnectionFailed, DockerError, InputError
from swarm_provider.version import __version__

if TYPE_CHECKING:
    from urllib3 import BaseHTTPResponse, HTTPConnectionPool, PoolManager

_log = logging.getLogger(__name__)
CONNECTIONS = 32
_IMPORTING = threading.Lock()
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

    def json(self) -> Any:
        """The body's value, None for an empty one; a DockerError when it is no JSON (a proxy's page, say)."""
        try:
            return jsonlib.loads(self.body) if self.body.strip() else None
        except ValueError:
            raise DockerError("the answer is not Docker's", status=self.status) from None


def preload() -> None:
    """Import what the first call needs, at a time when nobody waits for it. What fails is told by the first call."""
    # the modules import each other in a circle, which two threads at a time would find half made
    with _IMPORTING, contextlib.suppress(ImportError):
        importlib.import_module("docker.transport")


def path_of(template: str, *names: str) -> str:
    """A path whose names are escaped: `path_of("/services/{}", name)`."""
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
        words: str,
        *,
        query: Mapping[str, str] | None = None,
        body: Any = None,
        headers: Mapping[str, str] | None = None,
        timeout: float | None = None,
    ) -> Answer:
        """Makes one call and waits for the whole answer.

        Args:
            path: below the version, escaped (`path_of`).
            words: what the call does, for messages: `create service 'web'`.
            body: plain data, sent as JSON.
            timeout: seconds; None takes the session's.

        Raises:
            Unreachable: it was not sent.
            Unanswered: it was sent, and no answer came.
            DockerError: the daemon refused it.
        """
        response = self._send(method, path, words, query, body, headers, timeout)
        _log.debug("%s %s: %s (%s)", method, path, response.status, words)
        if response.status >= 400:
            raise from_answer(response.status, response.data, words)
        return Answer(response.status, response.data, response.headers)

    def stream(self, path: str, words: str, *, query: Mapping[str, str], timeout: float, limit: int) -> bytes:
        """Reads what a GET delivers until it ends, `timeout` seconds bring nothing more, or `limit` bytes are there."""
        response = self._send("GET", path, words, query, None, None, timeout, stream=True)
        try:
            if response.status >= 400:
                raise from_answer(response.status, response.data, words)
            return _as_it_comes(response, limit)
        finally:
            response.close()

    def close(self) -> None:
        self._pool.close()

    def _send(
        self,
        method: str,
        path: str,
        words: str,
        query: Mapping[str, str] | None,
        body: Any,
        headers: Mapping[str, str] | None,
        timeout: float | None,
        stream: bool = False,
    ) -> BaseHTTPResponse:
        import urllib3

        where = f"{self._base}/v{self.version}{path}" if self.version else f"{self._base}{path}"
        sent = {**self._headers, **(headers or {})}
        data = None if body is None else jsonlib.dumps(body).encode()
        if data is not None:
            sent["Content-Type"] = "application/json"
        try:
            return self._pool.urlopen(
                method,
                f"{where}?{urlencode(query)}" if query else where,
                body=data,
                headers=sent,
                timeout=urllib3.Timeout(connect=self.connect_timeout, read=timeout or self.timeout),
                retries=False,
                redirect=False,
                assert_same_host=False,
                preload_content=not stream,
            )
        except Exception as error:
            if not is_of_the_wire(error):
                # a fault of ours is no lost connection: it would be tried again, and its cause be hidden
                raise
            _log.debug("%s %s: %s (%s)", method, path, type(error).__name__, words, exc_info=True)
            raise self._failure(error, words, timeout) from None

    def _failure(self, error: Exception, words: str, timeout: float | None) -> ConnectionFailed:
        reason = why_unreachable(error, self.endpoint.url)
        if was_never_sent(error):
            return Unreachable(str(self.endpoint), reason, self.endpoint.origin)
        if reason == "no answer in time":
            reason = f"no answer within {timeout or self.timeout:g} s"
        return Unanswered(f"{words}: the connection to Docker at {self.endpoint} failed: {reason}")

    def _open(self) -> HTTPConnectionPool:
        preload()
        url, timeout = self.endpoint.url, self.timeout
        if self.endpoint.scheme == "ssh":
            from swarm_provider.dockerapi.connection.ssh import SshPool

            return SshPool(url, self.connect_timeout, timeout)
        if self.endpoint.scheme in ("unix", "npipe"):
            from docker import transport as carriers

            if self.endpoint.scheme == "unix":
                socket_url = url.replace("unix://", "http+unix://", 1)
                unix = carriers.UnixHTTPAdapter(socket_url, max(1, round(timeout)), max_pool_size=CONNECTIONS)
                return _pool(unix.get_connection("http+docker://localhost"))
            named_pipe = getattr(carriers, "NpipeHTTPAdapter", None)
            if named_pipe is None:
                raise Unreachable(str(self.endpoint), "named pipes exist on Windows only", self.endpoint.origin)
            pipe = named_pipe(url, timeout, max_pool_size=CONNECTIONS)
            return _pool(pipe.get_connection("http+docker://localnpipe"))
        return self._open_tcp(url.partition("://")[2].rstrip("/"))

    def _open_tcp(self, address: str) -> HTTPConnectionPool:
        import urllib3
        from requests.adapters import HTTPAdapter
        from requests.utils import DEFAULT_CA_BUNDLE_PATH, get_environ_proxies, select_proxy

        tls: dict[str, Any] = {}
        files = self.endpoint.tls
        if files is not None:
            tls = {"cert_file": files.cert_file or None, "key_file": files.key_file or None}
            if files.verify:
                tls |= {"cert_reqs": "CERT_REQUIRED", "ca_certs": files.ca_file or DEFAULT_CA_BUNDLE_PATH}
            else:
                tls |= {"cert_reqs": "CERT_NONE", "assert_hostname": False}
                # the user decided so; a warning with each call would tell nobody anything
                urllib3.disable_warnings(urllib3.exceptions.InsecureRequestWarning)
        base = f"{'http' if files is None else 'https'}://{address}"
        # a proxy of the environment serves tcp:// hosts, as with the docker CLI
        proxy = select_proxy(base, get_environ_proxies(base))
        adapter = HTTPAdapter(pool_connections=1, pool_maxsize=CONNECTIONS)
        manager: PoolManager = adapter.poolmanager
        if proxy is not None:
            try:
                manager = adapter.proxy_manager_for(proxy if "://" in proxy else f"http://{proxy}")
            except (urllib3.exceptions.HTTPError, ValueError, OSError):
                # the library's text quotes the address, which may have a password
                raise InputError(
                    "HTTP_PROXY or HTTPS_PROXY is not the address of a proxy that can be used here, such as "
                    f"http://proxy:3128; correct it, or add the host of {self.endpoint} to NO_PROXY"
                ) from None
            if files is None and not proxy.startswith("socks"):
                self._base = base
        return _pool(manager.connection_from_url(base, tls))


def _pool(found: Any) -> HTTPConnectionPool:
    """Return a pool as what it is; the types of docker-py and requests do not tell."""
    pool: HTTPConnectionPool = found
    return pool


def _as_it_comes(response: BaseHTTPResponse, limit: int) -> bytes:
    got = b""
    # where the rest is late or the connection breaks, what came is worth having
    with contextlib.suppress(Exception):
        for chunk in response.stream(None):
            got += chunk
            if len(got) >= limit:
                break
    return got
