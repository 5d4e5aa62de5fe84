"""The way from a plugin to the daemons: addresses, what goes wrong on it, and what went over it."""

from __future__ import annotations

import errno
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from swarm_provider.dockerapi.connection.hosts import Endpoint
from swarm_provider.dockerapi.connection.transport import Transport
from tests.simulation.clock import SimulatedMachine
from tests.simulation.model.swarm import SimulatedSwarm

Json = dict[str, Any]
_NO_LEADER: Final = (
    "rpc error: code = Unknown desc = The swarm does not have a leader. It's possible that too few managers are "
    "online. Make sure more than half of the managers are online."
)


MOST_AT_ONCE: Final = 8
"""Requests that one piece of work may make: to find a manager takes several."""


@dataclass(frozen=True)
class Fault:
    """What happens to one request, the `at`-th that would change something since the faults were set.

    Attributes:
        kind: `lost` (never arrives), `unanswered` (done, no answer comes), `refused` (an error of the daemon), `slow`.
        reads: it counts the requests that only read instead.
        status: of the error.
        message: of the error.
        seconds: how long it is slow.
    """

    at: int
    kind: str
    reads: bool = False
    status: int = 500
    message: str = ""
    seconds: float = 0.0

    def __str__(self) -> str:
        what = "read" if self.reads else "write"
        extra = {"refused": f" ({self.status} {self.message})", "slow": f" ({self.seconds:g} s)"}.get(self.kind, "")
        return f"{what} {self.at} is {self.kind}{extra}"


@dataclass
class Daemon:
    """One address.

    Attributes:
        down: nobody listens.
        leaderless: the managers have no leader now.
    """

    swarm: SimulatedSwarm
    node: str
    down: bool = False
    leaderless: bool = False


@dataclass
class Wire:
    """All addresses of a history."""

    machine: SimulatedMachine
    daemons: dict[str, Daemon] = field(default_factory=dict)
    faults: list[Fault] = field(default_factory=list)
    counts: dict[bool, int] = field(default_factory=lambda: {True: 0, False: 0})
    log: list[tuple[float, str, str, int]] = field(default_factory=list)
    requests: int = 0
    told: list[str] = field(default_factory=list)
    """What went wrong, for the story."""

    def __post_init__(self) -> None:
        self.machine.open_transport = self._open
        self.machine.is_troubled = self._is_troubled

    def set_faults(self, faults: list[Fault]) -> None:
        self.faults = list(faults)
        self.counts = {True: 0, False: 0}

    def _is_troubled(self) -> bool:
        if any(daemon.down or daemon.leaderless for daemon in self.daemons.values()):
            return True
        return any(self.counts[fault.reads] + MOST_AT_ONCE >= fault.at for fault in self.faults)

    def _open(self, endpoint: Endpoint, timeout: float, headers: Mapping[str, str]) -> Transport:
        return _SimulatedTransport(self, endpoint, timeout, headers)

    def exchange(self, url: str, method: str, target: str, body: bytes | None, timeout: float) -> tuple[int, str]:
        """Send a request, and give the answer. Raises what a connection raises; may let time pass."""
        daemon = self.daemons.get(url)
        if daemon is None or daemon.down:
            raise ConnectionRefusedError(errno.ECONNREFUSED, "Connection refused")
        self.requests += 1
        reads = method == "GET"
        self.counts[reads] += 1
        fault = next((one for one in self.faults if one.reads is reads and one.at == self.counts[reads]), None)
        if fault is not None:
            self.faults.remove(fault)
            self.told.append(f"{method} {target.partition('?')[0]}: {fault.kind}")
            if fault.kind == "slow":
                self.machine.sleep(min(fault.seconds, timeout))
                if fault.seconds > timeout:
                    raise TimeoutError("timed out")
            elif fault.kind == "lost":
                raise ConnectionResetError(errno.ECONNRESET, "Connection reset by peer")
            elif fault.kind == "refused":
                return fault.status, json.dumps({"message": fault.message})
        if daemon.leaderless and not target.endswith("/version"):
            if target.endswith("/info"):
                self.machine.sleep(min(20.0, timeout))
            if daemon.leaderless:
                return 503, json.dumps({"message": _NO_LEADER})
        status, text = daemon.swarm.answer(daemon.node, method, target, body)
        self.log.append((self.machine.loop.now, method, target, status))
        if fault is not None and fault.kind == "unanswered":
            raise ConnectionResetError(errno.ECONNRESET, "Connection reset by peer")
        return status, text


class _Response:
    def __init__(self, status: int, text: str) -> None:
        self.status = status
        self.data = text.encode()
        self.headers: dict[str, str] = {}

    def stream(self, _: Any) -> list[bytes]:
        return [self.data]

    def close(self) -> None:
        """It is whole."""


class _Pool:
    def __init__(self, wire: Wire, url: str) -> None:
        self._wire = wire
        self._url = url

    def urlopen(self, method: str, target: str, *, body: bytes | None, timeout: Any, **_: Any) -> _Response:
        return _Response(*self._wire.exchange(self._url, method, target, body, float(timeout.read_timeout)))

    def close(self) -> None:
        """Nothing is open."""


class _SimulatedTransport(Transport):
    def __init__(self, wire: Wire, endpoint: Endpoint, timeout: float, headers: Mapping[str, str]) -> None:
        self._wire = wire
        super().__init__(endpoint, timeout=timeout, headers=headers)

    def _open(self) -> Any:
        return _Pool(self._wire, self.endpoint.url)
