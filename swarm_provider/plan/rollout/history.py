"""What was seen of one rollout so far, and what the latest snapshot shows. Pure: time comes in as a number.

A snapshot alone cannot tell progress from a crash loop, or a task that runs from one that is about to exit; the
history can. It only grows by `observe`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Final

from swarm_provider.core import Json
from swarm_provider.plan.facts.tasks import (
    ENDED,
    RUNNING,
    SECOND,
    STATES,
    Service,
    Task,
    eligible,
    in_slots,
    is_down,
    is_paused,
    same_template,
    slot_key,
)

KEPT_FAILURES: Final = 200
# Swarm's orchestrator may create tasks a moment before the time that it notes for the update
SLACK_NS: Final = SECOND // 2
# after this Swarm has begun every update that it is going to begin
UPDATE_BEGINS_S: Final = 10.0


@dataclass(frozen=True)
class Snapshot:
    """One look at the swarm.

    Attributes:
        service: the service (GET /services/ID), None when it is gone.
        tasks: its tasks, in all desired states.
        nodes: all nodes.
        room: whether room may become free by itself (containers of other services are stopping, or other services
            of this run still converge); then "no suitable node" is no final word where room is what lacks.
    """

    service: Json | None
    tasks: Sequence[Json]
    nodes: Sequence[Json]
    room: bool = False

    @cached_property
    def in_order(self) -> Sequence[Task]:
        """The tasks, oldest first."""
        return sorted(map(Task, self.tasks), key=lambda task: task.created)


@dataclass(frozen=True)
class Failure:
    """A task of the awaited spec that ended although it should not have.

    Attributes:
        at: when that was first seen, in seconds on the watcher's clock; where nobody watched, on the node's.
        ran: whether it was ever seen running.
        started_s: seconds from `starting`, in which a container waits to become healthy, to its end; 0 when that state
            was not seen.
        prepared_s: seconds from `preparing`, in which its image is pulled, to its end; 0 when that state was not seen.
    """

    task: Task
    slot: str
    at: float
    ran: bool
    started_s: float
    prepared_s: float = 0.0


@dataclass(frozen=True)
class ObservedTask:
    """A task's present state, and since when it is known, on the watcher's clock.

    Attributes:
        ran: whether it was ever seen running.
        starting: when its node began to start the container, on the node's clock in nanoseconds; 0 when not seen.
        preparing: since when it was seen `preparing`, None when it was not.
    """

    state: str
    error: str
    since: float
    ran: bool = False
    starting: int = 0
    preparing: float | None = None


@dataclass(frozen=True)
class History:
    """What was seen of one rollout.

    Attributes:
        first: when the first snapshot with the change was seen.
        since: when the change was submitted, on the daemon's clock in nanoseconds; older tasks are not to blame.
        template: the task template as the daemon stored it at first.
        facts: what was reached so far; a new fact is progress.
        progress: when the newest fact was seen.
        alone: when something else of the run was last seen converging.
        freeing: when a task of the service was last about to leave its room: the scheduler takes a moment to fill it.
        seen: per task id its state.
        failures: tasks of the awaited spec that ended, oldest first.
        completed: keys of the job's slots that completed in this iteration.
    """

    first: float
    since: int
    template: Json
    facts: frozenset[tuple[str, str]] = frozenset()
    progress: float = 0.0
    alone: float = 0.0
    freeing: float = 0.0
    seen: Mapping[str, ObservedTask] = field(default_factory=dict)
    failures: tuple[Failure, ...] = ()
    completed: frozenset[str] = frozenset()


@dataclass(frozen=True)
class TaskGroups:
    """The tasks of a snapshot, sorted into those of the awaited spec and others.

    Attributes:
        expected: number of tasks that shall run, or of a job's completions.
        slots: keys of the slots that are known by name (global modes); empty for others.
        current: per slot the task of the awaited spec that Swarm wants, on nodes that are not lost.
        ended: per slot without such a task the newest task of the awaited spec.
        old: tasks of another spec that Swarm still wants.
        stopping: containers of the service that still run although they shall stop.
        lost: tasks of the awaited spec that were starting on a node when it went down.
    """

    expected: int
    slots: tuple[str, ...]
    current: Mapping[str, Task]
    ended: Mapping[str, Task]
    old: tuple[Task, ...]
    stopping: tuple[Task, ...]
    lost: tuple[Task, ...]


def group_tasks(snapshot: Snapshot, service: Service, history: History, now: float) -> TaskGroups:
    """Sort a snapshot's tasks.

    Args:
        snapshot: the newest look at the swarm.
        service: the service.
        history: what was seen so far.
        now: seconds, on the clock of the history.
    """
    wanted: list[Task] = []
    newest: dict[str, Task] = {}
    old, stopping, lost = [], [], []
    paused = {node.get("ID") for node in snapshot.nodes if is_paused(node)}
    for task in snapshot.in_order:
        if is_down(snapshot.nodes, task.node_id):
            if task.rank < RUNNING and task.created >= history.since:
                lost.append(task)
            continue
        if task.stopping:
            stopping.append(task)
        if not _is_current(task, service, snapshot, history, now):
            # Swarm leaves a global service's tasks on paused nodes as they are
            if task.wanted and task.rank <= RUNNING and not (service.is_global and task.node_id in paused):
                old.append(task)
            continue
        newest[slot_key(service, task)] = task
        if task.wanted:
            wanted.append(task)
    current = in_slots(service, wanted)
    slots = tuple(str(node.get("ID")) for node in eligible(service, snapshot.nodes)) if service.is_global else ()
    return TaskGroups(
        expected=len(slots) if service.is_global else service.replicas,
        slots=slots,
        current=current,
        ended={key: task for key, task in newest.items() if key not in current and task.state in ENDED},
        old=tuple(old),
        stopping=tuple(stopping),
        lost=tuple(lost),
    )


def observe(
    history: History | None, snapshot: Snapshot, version_index: int, now: float, *, others_converge: bool = False
) -> History | None:
    """Return the history with one more snapshot in it; None until the snapshot shows the change.

    Args:
        history: what was seen so far.
        snapshot: the newest look at the swarm.
        version_index: lowest `Version.Index` that shows the change; older snapshots do not count.
        now: seconds on a clock that only moves forward.
        others_converge: whether something else of the run still makes its way.
    """
    if snapshot.service is None:
        return history
    service = Service(snapshot.service)
    if service.version < version_index:
        return history
    if history is None:
        history = History(
            first=now, since=service.began - SLACK_NS, template=service.template, progress=now, alone=now, freeing=now
        )
    groups = group_tasks(snapshot, service, history, now)
    seen = {task.id: _seen(history.seen.get(task.id), task, now) for task in snapshot.in_order}
    completed = history.completed | _completed(snapshot, service)
    facts = history.facts | _facts(snapshot, service, groups, seen, completed, now)
    return replace(
        history,
        facts=facts,
        progress=now if facts != history.facts else history.progress,
        alone=now if others_converge else history.alone,
        freeing=now if groups.stopping else history.freeing,
        seen=seen,
        failures=_failures(history, snapshot, service, seen, now),
        completed=completed,
    )


def _is_current(task: Task, service: Service, snapshot: Snapshot, history: History, now: float) -> bool:
    if service.is_job:
        return task.iteration == service.iteration
    if service.json.get("PreviousSpec") is None or service.update_state == "completed":
        return True
    # tasks do not show their ports; but when no update begins there was nothing to do in Swarm's eyes
    update_comes = bool(service.update_state) or now - history.first <= UPDATE_BEGINS_S
    if service.endpoint_changed and task.created < history.since and update_comes:
        return False
    return same_template(service, task, snapshot.nodes)


def _seen(before: ObservedTask | None, task: Task, now: float) -> ObservedTask:
    state = task.state
    starting = task.reported if state == "starting" else 0
    preparing = now if state == "preparing" else None
    if before is None:
        return ObservedTask(state, task.error, now, state == "running", starting, preparing)
    if before.state == state and (before.error == task.error or _tries_on(before, task)):
        return before
    return ObservedTask(
        state,
        task.error,
        now,
        ran=before.ran or state == "running",
        starting=before.starting or starting,
        preparing=preparing if before.preparing is None else before.preparing,
    )


def _tries_on(before: ObservedTask, task: Task) -> bool:
    """Say whether it fails to get ready as before: what an engine says of each try has ports and times of its own."""
    return task.state == "preparing" and bool(before.error and task.error)


def _completed(snapshot: Snapshot, service: Service) -> frozenset[str]:
    if not service.is_job:
        return frozenset()
    return frozenset(
        slot_key(service, task)
        for task in snapshot.in_order
        if task.state == "complete" and task.iteration == service.iteration
    )


def _facts(
    snapshot: Snapshot,
    service: Service,
    groups: TaskGroups,
    seen: Mapping[str, ObservedTask],
    completed: frozenset[str],
    now: float,
) -> frozenset[tuple[str, str]]:
    facts = {("completed", key) for key in completed}
    if service.update_state.startswith("rollback"):
        facts.add(("update", service.update_state))
    for key, task in groups.current.items():
        # also what lies below: a crash loop passes through states that no poll has met before
        facts.update((f"reached {STATES[rank]}", key) for rank in range(min(task.rank, RUNNING) + 1))
        if task.state == "running" and now - seen[task.id].since >= service.monitor_ns / SECOND:
            facts.add(("stable", key))
    stopping = {task.id for task in groups.stopping}
    wanted = {task.id for task in (*groups.old, *groups.current.values())}
    facts.update(
        ("gone", task.id)
        for task in snapshot.in_order
        if task.id not in stopping and task.id not in wanted and task.state in ("shutdown", "orphaned", "remove")
    )
    return frozenset(facts)


def _failures(
    history: History, snapshot: Snapshot, service: Service, seen: Mapping[str, ObservedTask], now: float
) -> tuple[Failure, ...]:
    known = {failure.task.id for failure in history.failures}
    found = [
        _failure(task, service, seen[task.id], now)
        for task in snapshot.in_order
        if task.id not in known
        and task.created >= history.since
        and _has_failed(task, service)
        and _is_current(task, service, snapshot, history, now)
    ]
    return (*history.failures, *found)[-KEPT_FAILURES:]


def _failure(task: Task, service: Service, seen: ObservedTask, now: float) -> Failure:
    prepared_s = 0.0 if seen.preparing is None else now - seen.preparing
    return Failure(task, slot_key(service, task), now, seen.ran, _started_s(task, seen), prepared_s)


def _started_s(task: Task, seen: ObservedTask) -> float:
    return max(0, task.reported - seen.starting) / SECOND if seen.starting else 0.0


def _has_failed(task: Task, service: Service) -> bool:
    if task.state == "complete":
        return service.restart_condition == "any" and not service.is_job
    return task.state in ENDED and task.json.get("DesiredState") != "remove"
