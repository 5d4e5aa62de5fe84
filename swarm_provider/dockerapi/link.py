"""The connection that a run works with, and its replacement when a manager is lost in the middle.

Blocking; its methods run in the threads of `Swarm`.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping
from typing import TypeVar

from swarm_provider.dockerapi.connect import INFO_SECONDS, Peer, find_peer
from swarm_provider.dockerapi.failures import NoLeader, NotAManager, Unanswered
from swarm_provider.dockerapi.hosts import Endpoint, endpoints, read_config
from swarm_provider.dockerapi.settings import ConnectionSettings
from swarm_provider.errors import ConnectionFailed

T = TypeVar("T")

# managers elect a new leader within ten seconds; this leaves room for a second try
_ELECTION_SECONDS = 20.0
_PAUSE_SECONDS = 1.0
_READ_SECONDS = 25.0
# a manager that still asks the old leader answers late; asking again is faster
_HURRY_SECONDS = 3.0


class Link:
    """The hosts of one swarm and the one in use.

    Args:
        manager: whether the peer must be a manager.

    Raises:
        InputError: the settings cannot be used.
        ConnectionFailed: no host can be used.
    """

    def __init__(self, settings: ConnectionSettings, *, manager: bool) -> None:
        self.settings = settings
        self._manager = manager
        self._endpoints = endpoints(settings)
        headers = read_config(settings).get("HttpHeaders")
        self._headers: Mapping[str, str] = headers if isinstance(headers, dict) else {}
        self._lock = threading.Lock()
        self.peer = self._find(self._endpoints, "")

    def run(self, work: Callable[[Peer], T], *, again: bool) -> T:
        """Does the work with the peer in use; with another manager when that one is lost and there are several hosts.

        Args:
            again: whether the work may be done twice (reads). Else it is repeated only where it is certain that the
                first daemon did not do it: it was never sent, or the node is no manager any more.

        Raises:
            ConnectionFailed: no manager answers.
            Unanswered: work that must not be done twice was sent, and no answer came.
            DockerError: the daemon refused it.
        """
        deadline = 0.0
        replaced = 0
        while True:
            peer = self.peer
            try:
                return work(peer)
            except (ConnectionFailed, NotAManager) as lost:
                sent = isinstance(lost, Unanswered)
                if len(self._endpoints) == 1 or (sent and not again) or replaced == len(self._endpoints):
                    raise
                is_lost = True
            except NoLeader:
                deadline = deadline or time.monotonic() + _ELECTION_SECONDS
                if not again or time.monotonic() > deadline:
                    raise
                is_lost = False
            if is_lost:
                replaced += 1
                self._replace(peer)
            else:
                time.sleep(_PAUSE_SECONDS)

    @property
    def read_timeout(self) -> float:
        """Seconds that a read may take: fewer where another manager can be asked instead."""
        timeout = self.settings.timeout
        return min(timeout, _READ_SECONDS) if len(self._endpoints) > 1 else timeout

    def close(self) -> None:
        self.peer.transport.close()

    def _replace(self, lost: Peer) -> None:
        with self._lock:
            if self.peer is not lost:
                return
            at = self._endpoints.index(lost.transport.endpoint)
            # the lost one comes last: it may be back by then
            candidates = self._endpoints[at + 1 :] + self._endpoints[: at + 1]
            began = time.monotonic()
            while True:
                waited = time.monotonic() - began
                patience = _HURRY_SECONDS if waited < _ELECTION_SECONDS else INFO_SECONDS
                try:
                    self.peer = self._find(candidates, lost.cluster_id, patience)
                    break
                except ConnectionFailed:
                    # when the leader is the one that was lost, the others serve only after an election
                    if waited >= _ELECTION_SECONDS:
                        raise
                time.sleep(_PAUSE_SECONDS)
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
        )
