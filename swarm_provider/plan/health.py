"""How a service stands apart from what is asked of it: fewer tasks than wanted."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from swarm_provider.plan.submission import is_job
from swarm_provider.plan.tasks import at
from swarm_provider.spec import Json


def running_tasks(service: Json, tasks: Sequence[Json], nodes: Sequence[Json]) -> tuple[int, int]:
    """Return how many tasks of a service run (on nodes that are up), and how many should."""
    down = {node["ID"] for node in nodes if at(node, "Status", "State") == "down"}
    wanted = [
        task for task in tasks if task.get("ServiceID") == service["ID"] and task.get("DesiredState") == "running"
    ]
    running = [task for task in wanted if at(task, "Status", "State") == "running" and task.get("NodeID") not in down]
    replicas = at(service, "Spec", "Mode", "Replicated", "Replicas")
    if replicas is None:
        return len(running), len(wanted)
    return len(running) + len(_finished(service, tasks)), int(replicas)


def _finished(service: Json, tasks: Sequence[Json]) -> set[Any]:
    """Return the slots whose task ended well and, by the restart policy, stays ended."""
    if at(service, "Spec", "TaskTemplate", "RestartPolicy", "Condition") in (None, "any"):
        return set()
    own = [task for task in tasks if task.get("ServiceID") == service["ID"]]
    open_slots = {task.get("Slot") for task in own if task.get("DesiredState") == "running"}
    return {task.get("Slot") for task in own if at(task, "Status", "State") == "complete"} - open_slots


def given_up(service: Json, tasks: Sequence[Json]) -> bool:
    """Say whether Swarm, by the restart policy, starts fewer tasks than the service should have."""
    replicas = at(service, "Spec", "Mode", "Replicated", "Replicas")
    wanted = [
        task for task in tasks if task.get("ServiceID") == service["ID"] and task.get("DesiredState") == "running"
    ]
    return replicas is not None and len(wanted) + len(_finished(service, tasks)) < int(replicas)


def degraded(service: Json, tasks: Sequence[Json], nodes: Sequence[Json]) -> str | None:
    """Return a sentence about a service that has fewer running tasks than wanted, None when all is well.

    Args:
        service: GET /services/ID; jobs are never degraded.
        tasks: GET /tasks, of this service at least.
        nodes: GET /nodes.
    """
    if is_job(service["Spec"]):
        return None
    running, wanted = running_tasks(service, tasks, nodes)
    if running >= wanted:
        return None
    down = sorted(str(at(node, "Description", "Hostname")) for node in nodes if at(node, "Status", "State") == "down")
    lost = f"; node{'s' if len(down) > 1 else ''} down: {', '.join(down)}" if down else ""
    return f"{at(service, 'Spec', 'Name')} is degraded: {running}/{wanted} tasks run{lost}"


def recovered(service: Json, lacking: str | None) -> bool:
    """Say whether a service whose update failed runs all the same by now, without Swarm having given it up.

    Args:
        lacking: what `degraded` says of it.
    """
    state = at(service, "UpdateStatus", "State") or "completed"
    return state == "completed" and lacking is None and not is_job(service["Spec"])


def under_way(service: Json) -> bool:
    """Say whether Swarm replaces tasks of a service now, or has paused halfway."""
    return at(service, "UpdateStatus", "State") in ("updating", "paused")
