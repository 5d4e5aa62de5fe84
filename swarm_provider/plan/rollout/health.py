"""How a service stands apart from what is asked of it: the one reading of how many of its tasks run. Pure.

Read slot by slot, or node by node for a global service. What Swarm wants at one moment does not tell: between two tries
of a crash loop it wants nothing to run, and in the middle of a try everything seems well.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from swarm_provider.core import Json
from swarm_provider.core.values import at
from swarm_provider.plan.facts.tasks import (
    ENDED,
    Service,
    Task,
    by_slot,
    eligible,
    in_slots,
    is_down,
    is_paused,
    node_name,
    same_template,
    slot_key,
)


@dataclass(frozen=True)
class Health:
    """How many tasks of a service run.

    Attributes:
        running: slots whose task runs, or ended well and stays ended; of a job those that completed.
        wanted: how many there should be.
        shaky: slots whose task has just been restarted after it failed: it may be a try of a crash loop.
        given_up: slots that Swarm, by the restart policy, does not start again although they should run.
        nowhere: a global service that no node takes.
    """

    running: int
    wanted: int
    shaky: frozenset[str] = frozenset()
    given_up: int = 0
    nowhere: bool = False

    @property
    def well(self) -> bool:
        return self.running >= self.wanted and not self.nowhere


def health(live: Json, tasks: Sequence[Json], nodes: Sequence[Json], now: int) -> Health:
    """Say how a service stands.

    Args:
        live: GET /services/ID.
        tasks: GET /tasks, of this service at least.
        nodes: GET /nodes.
        now: nanoseconds since 1970, on the swarm's clock.
    """
    service = Service(live)
    own = [Task(task) for task in tasks if task.get("ServiceID") == live["ID"]]
    places = {str(node.get("ID")) for node in eligible(service, nodes)} if service.is_global else set()
    if service.is_job:
        done = {slot_key(service, t) for t in own if t.iteration == service.iteration and t.state == "complete"}
        wanted = done | places
        nowhere = service.is_global and not wanted
        count = len(wanted) if service.is_global else service.replicas
        return Health(len(done), count, given_up=len(_lost(service, own) - done), nowhere=nowhere)
    open_slots = in_slots(service, (task for task in own if task.wanted))
    finished = {} if service.restart_condition == "any" else _finished(service, own, set(open_slots))
    slots = by_slot(service, own)
    shaky = {key for key, task in open_slots.items() if _is_shaky(service, task, slots[key], now)}
    running = {
        key
        for key, task in open_slots.items()
        if task.state == "running" and key not in shaky and not is_down(nodes, task.node_id)
    }
    # a slot without any task is about to get one
    ended = set(slots) - set(open_slots) - set(finished)
    if not service.is_global:
        missing = service.replicas - len(open_slots) - len(finished)
        lost = max(0, min(missing, len(ended)))
        return Health(len(running) + len(finished), service.replicas, frozenset(shaky), lost)
    return Health(
        len((running | set(finished)) & places),
        len(places),
        frozenset(shaky & places),
        len(ended & places),
        nowhere=not places,
    )


def _finished(service: Service, own: Sequence[Task], open_slots: set[str]) -> dict[str, Task]:
    """Return the slots whose task ended well and, by the restart policy, stays ended."""
    ended = {slot_key(service, task): task for task in own if task.state == "complete"}
    return {key: task for key, task in ended.items() if key not in open_slots}


def _lost(service: Service, own: Sequence[Task]) -> set[str]:
    """Return the slots of a job in which a task of this iteration failed, and Swarm wants no other one."""
    mine = [task for task in own if task.iteration == service.iteration]
    return {slot_key(service, task) for task in mine if task.state in ENDED} - {
        slot_key(service, task) for task in mine if task.wanted and task.state not in ENDED
    }


def _is_shaky(service: Service, task: Task, slot: Sequence[Task], now: int) -> bool:
    """Tell whether a task has run for a shorter time than Swarm watches one, in the place of one that failed."""
    if task.state != "running" or now - task.reported >= service.monitor_ns:
        return False
    before = (other for other in slot if other.created < task.created)
    newest = max(before, key=lambda other: other.created, default=None)
    return newest is not None and newest.state in ENDED


def degraded(live: Json, tasks: Sequence[Json], nodes: Sequence[Json], now: int) -> str | None:
    """Return a sentence about a service that has fewer running tasks than wanted, None when all is well.

    Args:
        live: GET /services/ID; jobs are never degraded.
        tasks: GET /tasks.
        nodes: GET /nodes.
        now: nanoseconds since 1970, on the swarm's clock.
    """
    service = Service(live)
    found = None if service.is_job else health(live, tasks, nodes, now)
    if found is None or found.well:
        return None
    if found.nowhere:
        return f"{service.name} is degraded: no node accepts its tasks"
    again = f"; {len(found.shaky)} just restarted after a failure" if found.shaky else ""
    down = sorted(str(at(node, "Description", "Hostname")) for node in nodes if at(node, "Status", "State") == "down")
    lost = f"; node{'s' if len(down) > 1 else ''} down: {', '.join(down)}" if down else ""
    return f"{service.name} is degraded: {found.running}/{found.wanted} tasks run{again}{lost}"


def left_behind(live: Json, tasks: Sequence[Json], nodes: Sequence[Json]) -> str | None:
    """Return a sentence about tasks of a global service that an update has left as they were; None for none.

    Swarm touches no task of a global service on a paused node; it replaces them when the node becomes active.

    Args:
        live: GET /services/ID.
        tasks: GET /tasks.
        nodes: GET /nodes.
    """
    service = Service(live)
    if not service.is_global or service.is_job:
        return None
    paused = {str(node.get("ID")) for node in nodes if is_paused(node)}
    old = [
        task
        for task in map(Task, tasks)
        if task.node_id in paused
        and task.json.get("ServiceID") == live["ID"]
        and task.wanted
        and task.state == "running"
        and not same_template(service, task, nodes)
    ]
    if not old:
        return None
    where = ", ".join(sorted({node_name(nodes, task.node_id) for task in old}))
    tasks_of, still = ("task of", "runs") if len(old) == 1 else ("tasks of", "run")
    return f"{len(old)} {tasks_of} {service.name} on {where} (paused) still {still} the previous version"


def recovered(service: Json, lacking: str | None) -> bool:
    """Tell whether a service whose update failed runs all the same by now, without Swarm having given it up.

    Args:
        lacking: what `degraded` says of it.
    """
    read = Service(service)
    return (read.update_state or "completed") == "completed" and lacking is None and not read.is_job


def under_way(service: Json) -> bool:
    """Tell whether Swarm replaces tasks of a service now, or has paused halfway."""
    return Service(service).update_state in ("updating", "paused")
