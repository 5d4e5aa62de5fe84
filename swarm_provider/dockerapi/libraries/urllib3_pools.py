"""urllib3: one call by a pool, pools over streams of our own, and what its failures mean."""

from __future__ import annotations

import socket
from collections.abc import Callable, Mapping
from http.client import HTTPException
from typing import Any, Final, Protocol

import urllib3
from urllib3 import BaseHTTPResponse as Response
from urllib3 import HTTPConnectionPool as Pool
from urllib3.connection import HTTPConnection
from urllib3.exceptions import (
    ConnectTimeoutError,
    HTTPError,
    InsecureRequestWarning,
    NewConnectionError,
    ProxyError,
    SSLError,
)

__all__ = ["LocationError", "Pool", "Response"]
LocationError: Final = HTTPError
"""The root of its errors: what is wrong with an address is told by several of them."""


def send(
    pool: Pool,
    method: str,
    target: str,
    *,
    body: bytes | None,
    headers: Mapping[str, str],
    connect_timeout: float,
    read_timeout: float,
    stream: bool = False,
) -> Response:
    """Send one request and return the answer; without a retry, and without following a redirect.

    Relies on: `HTTPConnectionPool.urlopen` with these words, in 2.0 as in 2.8. A `target` with another host than the
    pool's is for a proxy of HTTP.

    Args:
        pool: the connections to use.
        method: the HTTP method.
        target: path and query.
        body: the body, sent or received.
        headers: headers of the request.
        connect_timeout: seconds.
        read_timeout: seconds; None: no limit.
        stream: leave the answer's body to be read.
    """
    return pool.urlopen(
        method,
        target,
        body=body,
        headers=headers,
        timeout=urllib3.Timeout(connect=connect_timeout, read=read_timeout),
        retries=False,
        redirect=False,
        assert_same_host=False,
        preload_content=not stream,
    )


def allow_unverified() -> None:
    """Let connections without verification be made without a warning for each: the user decided so."""
    urllib3.disable_warnings(InsecureRequestWarning)


class Stream(Protocol):
    """What connects to a daemon in another way than by TCP."""

    @property
    def socket(self) -> socket.socket:
        """What leads there."""

    def end(self) -> None:
        """Leave nothing behind; called once or more."""


class _StreamConnection(HTTPConnection):
    def __init__(self, host: str, open_stream: Callable[[], Stream], timeout: float) -> None:
        super().__init__(host, timeout=timeout)
        self._open_stream = open_stream
        self._stream: Stream | None = None

    def connect(self) -> None:
        self._stream = self._open_stream()
        self.sock = self._stream.socket
        self.sock.settimeout(self.timeout if isinstance(self.timeout, int | float) else None)

    def close(self) -> None:
        super().close()
        stream, self._stream = self._stream, None
        if stream is not None:
            stream.end()


class StreamPool(Pool):
    """A pool of connections over streams that a function opens.

    Relies on: a pool makes its connections by `_new_conn()`, and a connection has its socket in `sock` once `connect()`
    has been called, in 2.0 as in 2.8; docker-py does the same for Unix sockets.

    Args:
        host: what the header Host says.
        open_stream: opens one; raises an OSError where it cannot, and then nothing was sent.
        connections: how many are kept.
        block: whether these are the most at a time, so that further calls wait; else more are opened, and not kept.
    """

    def __init__(
        self, host: str, open_stream: Callable[[], Stream], timeout: float, connections: int, *, block: bool
    ) -> None:
        super().__init__(host, timeout=timeout, maxsize=connections, block=block)
        self._open_stream = open_stream
        self._seconds = timeout

    def _new_conn(self) -> Any:
        return _StreamConnection(self.host, self._open_stream, self._seconds)


def is_failure(error: BaseException) -> bool:
    """Tell whether an exception of `send` that is no OSError comes from the connection.

    Relies on: urllib3 raises its own errors, all of them `HTTPError`, or lets those of http.client through, and those
    of pywin32, by which docker-py speaks to named pipes (not tried).
    """
    return isinstance(error, HTTPError | HTTPException) or type(error).__module__ == "pywintypes"


def never_connected(error: BaseException) -> bool:
    """Tell whether an error means that no connection came about, so that nothing was sent.

    Relies on: `NewConnectionError` and `ConnectTimeoutError` are raised before anything is sent, in 2.0 as in 2.8.
    """
    return isinstance(error, NewConnectionError | ConnectTimeoutError)


def is_of_a_proxy(error: BaseException) -> bool:
    """Tell whether an error comes from a proxy."""
    return isinstance(error, ProxyError)


def is_of_tls(error: BaseException) -> bool:
    """Tell whether an error comes from TLS, in urllib3's words."""
    return isinstance(error, SSLError)
