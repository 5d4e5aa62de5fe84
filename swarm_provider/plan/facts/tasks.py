"""What a service, its tasks and the nodes say in Docker's API JSON, in words that a verdict can use. Pure.

No judgement here: only reading. Times of the daemon are nanoseconds since 1970; they are compared with one another,
never with the clock of this machine.
"""

from __future__ import annotations

import re
from calendar import timegm
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final

from swarm_provider.convert.service.effective import RESTART_DEFAULTS, UPDATE_DEFAULTS
from swarm_provider.core import Json
from swarm_provider.core.values import at
from swarm_provider.plan.facts.constraints import constraints_of, matches

SECOND: Final = 10**9

# api/types/swarm/task.go, in its order, by which Swarm compares states
STATES: Final = (
    "new",
    "allocated",
    "pending",
    "assigned",
    "accepted",
    "preparing",
    "ready",
    "starting",
    "running",
    "complete",
    "shutdown",
    "failed",
    "rejected",
    "remove",
    "orphaned",
)
_RANK: Final = {state: rank for rank, state in enumerate(STATES)}
RUNNING: Final = _RANK["running"]
PAST_RUNNING: Final = frozenset(STATES[RUNNING + 1 :])
ENDED: Final = frozenset({"complete", "failed", "rejected"})
_TIME: Final = re.compile(r"(\d+)-(\d+)-(\d+)T(\d+):(\d+):(\d+)(?:\.(\d+))?")

# container.DefaultStopTimeout of the engine
DEFAULT_STOP_GRACE_NS: Final = 10 * SECOND
# container/defaults of the engine: interval and timeout 30 s, 3 retries
DEFAULT_HEALTH_INTERVAL_NS: Final = 30 * SECOND
DEFAULT_HEALTH_TIMEOUT_NS: Final = 30 * SECOND
DEFAULT_HEALTH_RETRIES: Final = 3


def when(text: Any) -> int:
    """Return the nanoseconds since 1970 of the daemon's time text (UTC, up to nine decimals); 0 for none."""
    found = _TIME.match(str(text or ""))
    if not found:
        return 0
    *fields, decimals = found.groups()
    return timegm(tuple(int(field) for field in fields)) * SECOND + int((decimals or "").ljust(9, "0")[:9])


def by_service(tasks: Iterable[Json]) -> dict[str, list[Json]]:
    """Return the tasks (GET /tasks) by the id of their service."""
    found: dict[str, list[Json]] = {}
    for task in tasks:
        found.setdefault(str(task.get("ServiceID")), []).append(task)
    return found


@dataclass(frozen=True)
class Service:
    """A service as the daemon stores it (GET /services)."""

    json: Json

    @property
    def name(self) -> str:
        return str(at(self.json, "Spec", "Name") or "")

    @property
    def version(self) -> int:
        return int(at(self.json, "Version", "Index") or 0)

    @cached_property
    def template(self) -> Json:
        return dict(at(self.json, "Spec", "TaskTemplate") or {})

    @property
    def update_state(self) -> str:
        """State of the latest update, "" before Swarm began one; every update of the service clears it."""
        return str(at(self.json, "UpdateStatus", "State") or "")

    @property
    def rolled_back_by_hand(self) -> bool:
        """Of a service that was rolled back: whether somebody asked for it. Swarm itself keeps no way forward then."""
        return at(self.json, "PreviousSpec") is not None

    @property
    def began(self) -> int:
        """When the latest change was submitted, as exactly as this snapshot tells."""
        if at(self.json, "PreviousSpec") is None and not self.update_state:
            return when(self.json.get("CreatedAt"))
        return when(at(self.json, "UpdateStatus", "StartedAt")) or when(self.json.get("UpdatedAt"))

    @cached_property
    def kind(self) -> str:
        """replicated, global, replicated-job or global-job."""
        mode = at(self.json, "Spec", "Mode") or {}
        names = {"Global": "global", "ReplicatedJob": "replicated-job", "GlobalJob": "global-job"}
        return next((word for key, word in names.items() if mode.get(key) is not None), "replicated")

    @property
    def is_job(self) -> bool:
        return self.kind.endswith("job")

    @property
    def is_global(self) -> bool:
        return self.kind.startswith("global")

    @property
    def replicas(self) -> int:
        """Wanted tasks, or wanted completions of a job; global modes have none of their own."""
        if self.kind == "replicated-job":
            job = at(self.json, "Spec", "Mode", "ReplicatedJob") or {}
            total = job.get("TotalCompletions")
            return int(job.get("MaxConcurrent") or 1) if total is None else int(total)
        replicas = at(self.json, "Spec", "Mode", "Replicated", "Replicas")
        return 1 if replicas is None else int(replicas)

    @property
    def iteration(self) -> int:
        return int(at(self.json, "JobStatus", "JobIteration", "Index") or 0)

    @property
    def restart_condition(self) -> str:
        return str(at(self.template, "RestartPolicy", "Condition") or "any")

    @property
    def restart_delay_ns(self) -> int:
        delay = at(self.template, "RestartPolicy", "Delay")
        return int(RESTART_DEFAULTS["Delay"]) if delay is None else int(delay)

    @property
    def monitor_ns(self) -> int:
        """How long a task that runs is watched before it counts; 0 in the spec means the default."""
        return int(at(self.json, "Spec", "UpdateConfig", "Monitor") or UPDATE_DEFAULTS["Monitor"])

    @property
    def update_delay_ns(self) -> int:
        return int(at(self.json, "Spec", "UpdateConfig", "Delay") or 0)

    @property
    def stop_grace_ns(self) -> int:
        grace = at(self.template, "ContainerSpec", "StopGracePeriod")
        return DEFAULT_STOP_GRACE_NS if grace is None else int(grace)

    @property
    def health_ns(self) -> int:
        """How long a task of this service may take to become healthy, as far as the spec says; else 0."""
        check = at(self.template, "ContainerSpec", "Healthcheck")
        if not check or (check.get("Test") or [""])[0] == "NONE":
            return 0
        once = int(check.get("Interval") or DEFAULT_HEALTH_INTERVAL_NS) + int(
            check.get("Timeout") or DEFAULT_HEALTH_TIMEOUT_NS
        )
        return int(check.get("StartPeriod") or 0) + once * int(check.get("Retries") or DEFAULT_HEALTH_RETRIES)

    @property
    def endpoint_changed(self) -> bool:
        """Whether the latest update changed the published ports; that restarts tasks whose own spec is the same."""
        before = at(self.json, "PreviousSpec")
        return before is not None and at(before, "EndpointSpec") != at(self.json, "Spec", "EndpointSpec")


@dataclass(frozen=True)
class Task:
    """A task as the daemon reports it (GET /tasks). What is asked of it again and again is worked out once."""

    json: Json

    @property
    def id(self) -> str:
        return str(self.json.get("ID") or "")

    @cached_property
    def state(self) -> str:
        return str(at(self.json, "Status", "State") or "new")

    @cached_property
    def rank(self) -> int:
        return _RANK.get(self.state, 0)

    @cached_property
    def wanted(self) -> bool:
        """Whether Swarm wants this task to run (or, of a job, to complete); False once it shall stop."""
        return str(self.json.get("DesiredState") or "") in ("ready", "running", "complete", "accepted", "assigned")

    @cached_property
    def stopping(self) -> bool:
        """Whether its container still runs although Swarm wants it to stop."""
        return not self.wanted and _RANK["assigned"] <= self.rank <= RUNNING and bool(self.node_id)

    @property
    def error(self) -> str:
        return str(at(self.json, "Status", "Err") or "")

    @property
    def exit_code(self) -> int:
        return int(at(self.json, "Status", "ContainerStatus", "ExitCode") or 0)

    @property
    def container_id(self) -> str:
        return str(at(self.json, "Status", "ContainerStatus", "ContainerID") or "")

    @property
    def node_id(self) -> str:
        return str(self.json.get("NodeID") or "")

    @property
    def slot(self) -> int:
        return int(self.json.get("Slot") or 0)

    @cached_property
    def created(self) -> int:
        return when(self.json.get("CreatedAt"))

    @property
    def reported(self) -> int:
        """When the present state was reached, on the clock of the task's node."""
        return when(at(self.json, "Status", "Timestamp"))

    @property
    def iteration(self) -> int:
        return int(at(self.json, "JobIteration", "Index") or 0)

    @property
    def spec(self) -> Json:
        return dict(self.json.get("Spec") or {})


def slot_key(service: Service, task: Task) -> str:
    """Return what is replaced by a new task when one ends: the slot, or the node of a global service."""
    return task.node_id if service.is_global else str(task.slot)


def by_slot(service: Service, tasks: Iterable[Task]) -> dict[str, list[Task]]:
    """Return the tasks of each slot, in the order in which they come."""
    found: dict[str, list[Task]] = {}
    for task in tasks:
        found.setdefault(slot_key(service, task), []).append(task)
    return found


def in_slots(service: Service, tasks: Iterable[Task]) -> dict[str, Task]:
    """Return the task that counts of each slot: the newest, but none that runs gives way to one that does not yet."""
    found: dict[str, Task] = {}
    for task in sorted(tasks, key=lambda task: task.created):
        key = slot_key(service, task)
        before = found.get(key)
        if before is None or not (before.state == "running" and task.state != "running"):
            found[key] = task
    return found


def node_name(nodes: Sequence[Json], node_id: str) -> str:
    """Return the host name of a node, its id when it is gone, "" for no node."""
    for node in nodes:
        if node.get("ID") == node_id:
            return str(at(node, "Description", "Hostname") or node_id)
    return node_id


def is_down(nodes: Sequence[Json], node_id: str) -> bool:
    """Tell whether the node is known to be lost, or was removed from the swarm; its tasks may still claim to run."""
    if not node_id:
        return False
    return not any(node.get("ID") == node_id and at(node, "Status", "State") != "down" for node in nodes)


def keeps_tasks(node: Json) -> bool:
    """Tell whether a node leaves tasks where they are: a drained or lost one loses them, a paused one keeps them."""
    return bool(at(node, "Status", "State") != "down" and at(node, "Spec", "Availability") != "drain")


def is_paused(node: Json) -> bool:
    """Tell whether a node takes no new tasks and keeps those that it has."""
    return bool(at(node, "Spec", "Availability") == "pause")


def eligible(service: Service, nodes: Sequence[Json]) -> list[Json]:
    """Return the nodes on which a global service starts tasks: up, active, and allowed by the constraints."""
    constraints = constraints_of(service.template)
    return [
        node
        for node in nodes
        if at(node, "Status", "State") != "down"
        and at(node, "Spec", "Availability") == "active"
        and matches(constraints, node)
    ]


def as_told(template: Json) -> Json:
    """Return a TaskTemplate as tasks show it: the daemon names the runtime in services only."""
    return {key: value for key, value in template.items() if key != "Runtime"}


def same_template(service: Service, task: Task, nodes: Sequence[Json]) -> bool:
    """Tell whether a task was made from the service's present template.

    Swarm keeps a task where nothing but the placement changed and its node still satisfies the constraints (swarmkit
    IsTaskDirty).

    Args:
        service: the service.
        task: one of its tasks.
        nodes: GET /nodes.
    """
    wanted, actual = as_told(service.template), as_told(task.spec)
    if wanted == actual:
        return True
    if {**actual, "Placement": None} != {**wanted, "Placement": None}:
        return False
    node = next((node for node in nodes if node.get("ID") == task.node_id), None)
    return node is not None and matches(constraints_of(service.template), node)
