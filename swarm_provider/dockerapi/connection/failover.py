"""The connection that a run works with, and its replacement when a manager is lost in the middle.

Blocking; its methods run in the threads of `Swarm`.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from typing import TypeVar

from swarm_provider.dockerapi.connection.connect import INFO_SECONDS, Peer, find_peer
from swarm_provider.dockerapi.connection.hosts import Endpoint, endpoints, read_config
from swarm_provider.dockerapi.connection.machine import MACHINE, Machine
from swarm_provider.dockerapi.connection.settings import ConnectionSettings
from swarm_provider.dockerapi.failures import NoLeader, NotAManager, Unanswered
from swarm_provider.errors import ConnectionFailed

_log = logging.getLogger(__name__)
T = TypeVar("T")

# managers elect a new leader within ten seconds; this leaves room for a second try
_ELECTION_SECONDS = 20.0
_PAUSE_SECONDS = 1.0
_READ_SECONDS = 25.0
# a manager that still asks the old leader answers late; asking again is faster
_HURRY_SECONDS = 3.0
# a daemon that restarts is back sooner; with one host there is nobody else to ask
_RESTART_SECONDS = 30.0


class Link:
    """The hosts of one swarm and the one in use.

    Args:
        manager: whether the peer must be a manager.
        cluster_id: the swarm that it must belong to; "" for any.

    Raises:
        InputError: the settings cannot be used.
        ConnectionFailed: no host can be used.
    """

    def __init__(
        self, settings: ConnectionSettings, *, manager: bool, cluster_id: str = "", machine: Machine = MACHINE
    ) -> None:
        self.settings = settings
        self.machine = machine
        self._manager = manager
        self.endpoints = endpoints(settings)
        headers = read_config(settings).get("HttpHeaders")
        self._headers: Mapping[str, str] = headers if isinstance(headers, dict) else {}
        self._lock = machine.lock()
        self._lost_since: float | None = None
        """When the only host stopped answering; None while it answers."""
        self.peer = self._find(self.endpoints, cluster_id)

    def run(self, work: Callable[[Peer], T], *, again: bool) -> T:
        """Do the work with the peer in use; with another manager when that one is lost and there are several hosts.

        With one host it waits until that answers again, for as long as a restart of the daemon takes.

        Args:
            again: whether the work may be done twice (reads). Else it is repeated only where it is certain that the
                first daemon did not do it: it was never sent, or the node is no manager any more.

        Raises:
            ConnectionFailed: no manager answers.
            Unanswered: work that must not be done twice was sent, and no response came.
            DockerError: the daemon refused it.
        """
        deadline = 0.0
        replaced = 0
        while True:
            peer, began = self.peer, self.machine.monotonic()
            try:
                done = work(peer)
            except (ConnectionFailed, NotAManager) as lost:
                _log.debug("%s is lost: %s", peer.transport.endpoint, lost)
                sent = isinstance(lost, Unanswered)
                if sent and not again:
                    raise
                if len(self.endpoints) == 1:
                    self._wait_for_restart(lost, began)
                    continue
                if replaced == len(self.endpoints):
                    raise
                replaced += 1
                self._replace(peer)
            except NoLeader as error:
                _log.debug("%s has no leader: %s", peer.transport.endpoint, error)
                deadline = deadline or self.machine.monotonic() + _ELECTION_SECONDS
                if not again or self.machine.monotonic() > deadline:
                    raise
                self.machine.sleep(_PAUSE_SECONDS)
            else:
                self._lost_since = None
                return done

    def _wait_for_restart(self, lost: ConnectionFailed | NotAManager, began: float) -> None:
        """Let a moment pass in which the only host may come back; raise what it failed with when it does not.

        Args:
            began: when the call that failed began.
        """
        now = self.machine.monotonic()
        if self._lost_since is None:
            # a manager that says that it is none is none; only one that starts says so for a moment
            if isinstance(lost, NotAManager) or now - began >= _RESTART_SECONDS:
                raise lost
            self._lost_since = now
        if now - self._lost_since >= _RESTART_SECONDS:
            # what is asked from now on fails at once
            raise lost
        self.machine.sleep(_PAUSE_SECONDS)

    @property
    def read_timeout(self) -> float:
        """Seconds that a read may take: fewer where another manager can be asked instead."""
        timeout = self.settings.timeout
        return min(timeout, _READ_SECONDS) if len(self.endpoints) > 1 else timeout

    def close(self) -> None:
        self.peer.transport.close()

    def _replace(self, lost: Peer) -> None:
        with self._lock:
            if self.peer is not lost:
                return
            at = self.endpoints.index(lost.transport.endpoint)
            # the lost one comes last: it may be back by then
            candidates = self.endpoints[at + 1 :] + self.endpoints[: at + 1]
            began = self.machine.monotonic()
            while True:
                waited = self.machine.monotonic() - began
                patience = _HURRY_SECONDS if waited < _ELECTION_SECONDS else INFO_SECONDS
                try:
                    self.peer = self._find(candidates, lost.cluster_id, patience)
                    break
                except ConnectionFailed:
                    # when the leader is the one that was lost, the others serve only after an election
                    if waited >= _ELECTION_SECONDS:
                        raise
                self.machine.sleep(_PAUSE_SECONDS)
            lost.transport.close()

    def _find(self, candidates: tuple[Endpoint, ...], cluster_id: str, patience: float = INFO_SECONDS) -> Peer:
        return find_peer(
            candidates,
            timeout=self.settings.timeout,
            headers=self._headers,
            api_version=self.settings.api_version,
            manager=self._manager,
            cluster_id=cluster_id,
            patience=patience,
            machine=self.machine,
        )
