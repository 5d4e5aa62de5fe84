"""HTTP over the daemon's Unix socket."""

from __future__ import annotations

import socket
from collections.abc import Callable


class UnixStream:
    """A connection to a Unix socket.

    docker-py has a pool of its own for these. It is not used: one must import all of that library for it, and a socket
    whose connection is refused stays open there until Python finds it.

    Args:
        path: of the socket.
        timeout: seconds for the connection.

    Raises:
        OSError: nobody listens there, or not for this user.
    """

    def __init__(self, path: str, timeout: float) -> None:
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            self.socket.settimeout(timeout)
            self.socket.connect(path)
        except BaseException:
            self.socket.close()
            raise

    def end(self) -> None:
        """Close it."""
        self.socket.close()


def streams(path: str, timeout: float) -> Callable[[], UnixStream]:
    """Return what opens a stream to a daemon, for a pool."""
    return lambda: UnixStream(path, timeout)
