"""One HTTP session with one daemon: unix socket, TCP with or without TLS, ssh. Blocking, safe for many threads.

The adapters for unix sockets and named pipes are docker-py's, the rest is requests'. Both are imported on first use:
the start of the plugin should not pay for them. docker-py's own client is not used because it reads the login file of
its process on the way (and fails where that has an odd entry), and its ssh needs paramiko.
"""

from __future__ import annotations

import json as jsonlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from swarm_provider.dockerapi.failures import Unanswered, from_answer, was_never_sent, why_unreachable
from swarm_provider.dockerapi.hosts import Endpoint
from swarm_provider.errors import ConnectionFailed, DockerError

if TYPE_CHECKING:
    import requests

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

    def json(self) -> Any:
        """The body's value, None for an empty one; a DockerError when it is no JSON (a proxy's page, say)."""
        try:
            return jsonlib.loads(self.body) if self.body.strip() else None
        except ValueError:
            raise DockerError("the answer is not Docker's", status=self.status) from None


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
        self._session, self._base = self._open(headers)

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
        with self._send(method, path, words, query, body, headers, timeout) as response:
            try:
                content = response.content
            except Exception as error:
                raise self._failure(error, words, timeout) from None
            if response.status_code >= 400:
                raise from_answer(response.status_code, content, words)
            return Answer(response.status_code, content, response.headers)

    def stream(self, path: str, words: str, *, query: Mapping[str, str], timeout: float, limit: int) -> bytes:
        """Reads what a GET delivers until it ends, `timeout` seconds bring nothing more, or `limit` bytes are there."""
        with self._send("GET", path, words, query, None, None, timeout, stream=True) as response:
            if response.status_code >= 400:
                raise from_answer(response.status_code, response.content, words)
            got = b""
            try:
                for chunk in response.iter_content(None):
                    got += chunk
                    if len(got) >= limit:
                        break
            except Exception:
                # the rest is late or the connection broke: what came is worth having
                return got
            return got

    def close(self) -> None:
        self._session.close()

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
    ) -> requests.Response:
        url = f"{self._base}/v{self.version}{path}" if self.version else f"{self._base}{path}"
        sent = dict(headers or {})
        if body is not None:
            sent["Content-Type"] = "application/json"
        try:
            return self._session.request(
                method,
                url,
                params=query,
                data=None if body is None else jsonlib.dumps(body).encode(),
                headers=sent,
                timeout=(self.connect_timeout, timeout or self.timeout),
                # given here because REQUESTS_CA_BUNDLE would win over the session's own
                verify=self._session.verify,
                allow_redirects=False,
                stream=stream,
            )
        except Exception as error:
            raise self._failure(error, words, timeout) from None

    def _failure(self, error: Exception, words: str, timeout: float | None) -> ConnectionFailed:
        reason = why_unreachable(error, self.endpoint.url)
        if was_never_sent(error):
            return Unreachable(self.endpoint.url, reason, self.endpoint.origin)
        if reason == "no answer in time":
            reason = f"no answer within {timeout or self.timeout:g} s"
        return Unanswered(f"{words}: the connection to Docker at {self.endpoint.url} failed: {reason}")

    def _open(self, headers: Mapping[str, str]) -> tuple[requests.Session, str]:
        import requests
        import urllib3

        from swarm_provider.version import __version__

        endpoint = self.endpoint
        session = requests.Session()
        base, adapter = self._adapter()
        session.mount(base, adapter)
        if endpoint.tls is not None:
            files = endpoint.tls
            session.verify = (files.ca_file or True) if files.verify else False
            if not files.verify:
                # the user decided so; a warning with each call would tell nobody anything
                urllib3.disable_warnings(urllib3.exceptions.InsecureRequestWarning)
            session.cert = (files.cert_file, files.key_file) if files.cert_file else None
        # a proxy of the environment serves tcp:// hosts, as with the docker CLI; a login of a .netrc file none
        session.trust_env = endpoint.scheme not in ("unix", "npipe", "ssh")
        session.auth = lambda request: request
        session.headers.update({"User-Agent": f"swarm-provider/{__version__}", **headers})
        return session, base

    def _adapter(self) -> tuple[str, Any]:
        """The address that our URLs begin with, and what carries them."""
        url, timeout = self.endpoint.url, self.timeout
        if self.endpoint.scheme == "ssh":
            from swarm_provider.dockerapi.ssh import SshAdapter

            return "http+docker://ssh", SshAdapter(url, self.connect_timeout, timeout)
        if self.endpoint.scheme in ("unix", "npipe"):
            from docker import transport as carriers

            if self.endpoint.scheme == "unix":
                socket_url = url.replace("unix://", "http+unix://", 1)
                return "http+docker://localhost", carriers.UnixHTTPAdapter(
                    socket_url, int(timeout), max_pool_size=CONNECTIONS
                )
            named_pipe = getattr(carriers, "NpipeHTTPAdapter", None)
            if named_pipe is None:
                raise Unreachable(url, "named pipes exist on Windows only", self.endpoint.origin)
            return "http+docker://localnpipe", named_pipe(url, timeout, max_pool_size=CONNECTIONS)
        from requests.adapters import HTTPAdapter

        scheme = "https" if self.endpoint.tls is not None else "http"
        base = f"{scheme}://{url.partition('://')[2].rstrip('/')}"
        return base, HTTPAdapter(pool_connections=1, pool_maxsize=CONNECTIONS)
