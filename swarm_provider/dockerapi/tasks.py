"""What is asked of tasks: which there are, what they wrote, what their health checks said."""

from __future__ import annotations

import json
from collections.abc import Iterable

from swarm_provider.core import Items
from swarm_provider.dockerapi.answers import Latest
from swarm_provider.dockerapi.calls import Calls
from swarm_provider.dockerapi.connection.transport import path_of
from swarm_provider.dockerapi.failures import Unanswered
from swarm_provider.dockerapi.kinds import KINDS
from swarm_provider.dockerapi.logs import text_of
from swarm_provider.errors import DockerError, NotFound

LOG_SECONDS = 5.0
LOG_BYTES = 1 << 20


async def of_services(calls: Calls, service_ids: Iterable[str] | None, known: Latest[Items]) -> Items:
    """Do what `Swarm.tasks` says.

    Args:
        calls: the calls to one swarm.
        service_ids: as there.
        known: the latest answer.
    """
    if service_ids is None:
        return await _listed(calls, [], known)
    wanted = list(service_ids)
    if not wanted:
        return []
    try:
        return await _listed(calls, wanted, known)
    except NotFound:
        # one of the services is gone, and the daemon then gives none of the others' tasks
        return [task for task in await _listed(calls, [], known) if task.get("ServiceID") in wanted]


async def _listed(calls: Calls, service_ids: list[str], known: Latest[Items]) -> Items:
    query = {"filters": json.dumps({"service": service_ids})} if service_ids else None
    answer = await calls.read(KINDS["task"].path, "list tasks", query)
    return known.value("tasks", answer, lambda answer: KINDS["task"].items(answer.json()))


async def logs(calls: Calls, task_id: str, tail: int) -> str:
    """Do what `Swarm.task_logs` says.

    Args:
        calls: the calls to one swarm.
        task_id: Docker's id of the task.
        tail: how many lines.
    """
    query = {"stdout": "1", "stderr": "1", "tail": str(tail)}
    operation = f"read the logs of task {task_id}"
    path = path_of("/tasks/{}/logs", task_id)
    try:
        data = await calls.run(
            operation,
            lambda peer: peer.transport.stream(path, operation, query=query, timeout=LOG_SECONDS, limit=LOG_BYTES),
        )
    except NotFound:
        return ""
    except Unanswered:
        raise DockerError(f"its node timed out after {LOG_SECONDS:g} s") from None
    return text_of(data)


async def health_log(calls: Calls, container_id: str) -> str | None:
    """Do what `Swarm.health_log` says."""
    try:
        answer = await calls.read(path_of("/containers/{}/json", container_id), "inspect a container")
    except NotFound:
        return None
    checks = ((answer.json().get("State") or {}).get("Health") or {}).get("Log") or []
    return str(checks[-1].get("Output", "")) if checks else None
