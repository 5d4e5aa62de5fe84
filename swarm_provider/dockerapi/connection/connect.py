"""Finding a daemon that can be used: each host in turn, its role in the swarm, the version to speak."""

from __future__ import annotations

import logging
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from swarm_provider.core import Json
from swarm_provider.core.versions import version_number
from swarm_provider.dockerapi.connection.hosts import Endpoint
from swarm_provider.dockerapi.connection.machine import MACHINE, Machine
from swarm_provider.dockerapi.connection.transport import Transport, Unreachable
from swarm_provider.dockerapi.failures import Unanswered
from swarm_provider.errors import ConnectionFailed, DockerError, InputError

_log = logging.getLogger(__name__)
LOWEST_API = "1.41"
# what this package was written against; a newer daemon speaks older versions, too
HIGHEST_API = "1.56"
_PROBE_SECONDS = 10.0
# a manager without a leader takes 20 s to say so, even when there is a new one meanwhile
INFO_SECONDS = 25.0


@dataclass(frozen=True)
class Peer:
    """A daemon that answered and can be used.

    Attributes:
        transport: the session with it, its version set.
        cluster_id: the swarm it belongs to, "" when it is not a manager.
        node_id: its own node, "" outside a swarm.
        engine: the engine's own version, for messages.
        machine: the host name of its machine, and the engine's own id: many machines have the name `docker-desktop`.
        managers: how many managers its swarm has.
        ahead_ns: how far its clock is ahead of this machine's, in nanoseconds.
    """

    transport: Transport
    cluster_id: str
    node_id: str
    engine: str
    machine: str
    managers: int
    ahead_ns: int = 0


def find_peer(
    endpoints: Sequence[Endpoint],
    *,
    timeout: float,
    headers: Mapping[str, str],
    api_version: str | None,
    manager: bool,
    cluster_id: str = "",
    patience: float = INFO_SECONDS,
    machine: Machine = MACHINE,
) -> Peer:
    """Return the first endpoint that can be used; blocking.

    Args:
        endpoints: the daemons to try, in order.
        timeout: seconds.
        headers: headers of the request.
        api_version: the version to speak; None: the highest that both sides know.
        manager: whether it must be a manager of a swarm that has a leader.
        cluster_id: the swarm that it must belong to; "" for any.
        patience: seconds for a node to say what it is.
        machine: what the connection runs on.

    Raises:
        ConnectionFailed: none can be; the one line has a reason for each.
        InputError: `api_version` is not one.
    """
    if api_version is not None and not re.fullmatch(r"1\.\d+", api_version):
        raise InputError(f"api_version: {api_version!r} is not a version of Docker's API, such as '1.43'")
    failures: list[str] = []
    for endpoint in endpoints:
        transport = machine.transport(endpoint, timeout=timeout, headers=headers)
        try:
            peer = _use(transport, api_version, manager, cluster_id, patience, machine)
            _log.debug("%s is used: Docker %s, API %s", endpoint, peer.engine, transport.version)
            return peer
        except Unreachable as failure:
            if len(endpoints) == 1:
                transport.close()
                raise
            failures.append(f"{endpoint}: {failure.reason}")
        except (ConnectionFailed, DockerError) as failure:
            failures.append(str(failure))
        except BaseException:
            transport.close()
            raise
        transport.close()
    if len(failures) == 1:
        raise ConnectionFailed(failures[0])
    raise ConnectionFailed(f"none of the {len(failures)} hosts is a usable manager: {'; '.join(failures)}")


def _use(
    transport: Transport, api_version: str | None, manager: bool, cluster_id: str, patience: float, machine: Machine
) -> Peer:
    url = str(transport.endpoint)
    try:
        probe = min(_PROBE_SECONDS, transport.timeout)
        version = transport.call("GET", "/version", "connect", timeout=probe).json()
        engine = str(version.get("Version", "")) if isinstance(version, dict) else ""
        if not isinstance(version, dict) or "ApiVersion" not in version:
            raise ConnectionFailed(f"the server at {url} is not a Docker Engine")
        transport.version = _negotiate(url, engine, version, api_version)
        info = transport.call("GET", "/info", "connect", timeout=min(patience, transport.timeout)).json()
    except Unanswered as failure:
        reason = str(failure).rpartition("failed: ")[2]
        raise Unreachable(url, reason, transport.endpoint.origin) from None
    except DockerError as failure:
        if failure.status < 400:
            raise ConnectionFailed(f"the server at {url} is not a Docker Engine") from None
        advice = "; set TLS files" if "HTTPS server" in failure.message else ""
        raise ConnectionFailed(f"Docker at {url} refused the request: {failure.message.rstrip('.')}{advice}") from None
    swarm = info.get("Swarm") or {}
    cluster = str((swarm.get("Cluster") or {}).get("ID") or "")
    if manager:
        _check_manager(url, swarm, cluster, cluster_id)
    runs_on = f"{info['Name']} {info.get('ID') or ''}".strip() if info.get("Name") else ""
    about = (engine, runs_on, int(swarm.get("Managers") or 0))
    ahead_ns = _ahead_ns(info.get("SystemTime"), machine.time_ns())
    return Peer(transport, cluster, str(swarm.get("NodeID") or ""), *about, ahead_ns)


def _ahead_ns(system_time: Any, now_ns: int) -> int:
    """Return how far a daemon's clock is ahead of ours, 0 where it tells none."""
    try:
        told = datetime.fromisoformat(str(system_time))
    except ValueError:
        return 0
    return int(told.timestamp() * 10**9) - now_ns if told.tzinfo else 0


def _negotiate(url: str, engine: str, version: Json, wanted: str | None) -> str:
    highest = str(version["ApiVersion"])
    lowest = str(version.get("MinAPIVersion") or LOWEST_API)
    if version_number(highest) < version_number(LOWEST_API):
        raise ConnectionFailed(
            f"the engine at {url} is too old: {engine} speaks API {highest}, at least {LOWEST_API} "
            "(Docker 20.10) is needed; upgrade it"
        )
    if wanted is None:
        return min(highest, HIGHEST_API, key=version_number)
    if not version_number(lowest) <= version_number(wanted) <= version_number(highest):
        raise ConnectionFailed(
            f"the engine at {url} does not speak API {wanted} (api_version), but {lowest} to {highest}; "
            "remove api_version"
        )
    if version_number(wanted) < version_number(LOWEST_API):
        raise ConnectionFailed(f"api_version {wanted} is too old, at least {LOWEST_API} is needed")
    return wanted


def _check_manager(url: str, swarm: Json, cluster: str, cluster_id: str) -> None:
    state = str(swarm.get("LocalNodeState") or "inactive")
    error = str(swarm.get("Error") or "").strip()
    if state == "inactive":
        raise ConnectionFailed(
            f"Docker at {url} is not part of a swarm; run `docker swarm init`, or use the address of a manager"
        )
    if state == "locked":
        raise ConnectionFailed(f"the swarm at {url} is locked; unlock it with `docker swarm unlock`")
    if not swarm.get("ControlAvailable"):
        managers = [str(peer.get("Addr", "")).rpartition(":")[0] for peer in swarm.get("RemoteManagers") or []]
        where = f"; managers are {', '.join(sorted(managers))}" if managers else ""
        if state in ("pending", "error"):
            raise ConnectionFailed(f"Docker at {url} is {state} in its swarm{f': {error}' if error else ''}{where}")
        raise ConnectionFailed(f"Docker at {url} is a worker of its swarm, not a manager{where}")
    if error or not cluster:
        raise ConnectionFailed(f"the manager at {url} is not usable: {error or 'its swarm has no leader'}")
    if cluster_id and cluster != cluster_id:
        raise ConnectionFailed(f"{url} is a manager of another swarm, {cluster}, and not of {cluster_id}")
