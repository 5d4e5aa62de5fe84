"""What a connection asks of the machine that it runs on: a way out, a clock, and to wait."""

from __future__ import annotations

import threading
import time
from collections.abc import Mapping
from contextlib import AbstractContextManager
from typing import Any, Final

from swarm_provider.dockerapi.connection.hosts import Endpoint
from swarm_provider.dockerapi.connection.transport import Transport


class Machine:
    """The real one. `tests/simulation` has another: what blocks waits there in a time of its own."""

    def transport(self, endpoint: Endpoint, *, timeout: float, headers: Mapping[str, str]) -> Transport:
        """Return the way to the daemon at this address.

        Args:
            endpoint: the daemon's address.
            timeout: seconds for each call.
            headers: headers of each request.
        """
        return Transport(endpoint, timeout=timeout, headers=headers)

    def monotonic(self) -> float:
        """Return seconds that only move forward."""
        return time.monotonic()

    def time_ns(self) -> int:
        """Return nanoseconds since 1970."""
        return time.time_ns()

    def sleep(self, seconds: float) -> None:
        """Let time pass, in the thread that asks."""
        time.sleep(seconds)

    def lock(self) -> AbstractContextManager[Any]:
        """Return what one thread holds at a time."""
        return threading.Lock()


MACHINE: Final = Machine()
