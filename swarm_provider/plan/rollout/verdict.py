"""Is a rollout done, on its way, or lost? A pure function of what the daemon shows and what was seen before.

Nothing here waits or asks: `rollout` takes snapshots, feeds them to `observe`, and acts on what `judge` says. Times
are seconds on whatever clock the caller has; only differences count.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final

from swarm_provider.core import Json
from swarm_provider.core.units import duration_text
from swarm_provider.core.values import at
from swarm_provider.plan.facts.tasks import RUNNING, SECOND, Service, Task
from swarm_provider.plan.rollout import causes
from swarm_provider.plan.rollout.causes import Cause, where
from swarm_provider.plan.rollout.history import History, Snapshot, group_tasks
from swarm_provider.plan.rollout.spec_drift import altered
from swarm_provider.plan.rollout.state import CRASH_PATIENCE_S, Desired, RolloutState
from swarm_provider.plan.rollout.terminal_conditions import UNPLACED_S, hopeless, stalled, unprepared


@dataclass(frozen=True)
class Waiting:
    """Not there yet.

    Attributes:
        text: `2/3 running, 1 starting (todo_web.2 on node-b)`.
        struggling: it makes no headway at present: tasks fail, or find no node.
        placement: tasks find no node; whether room becomes free elsewhere is worth a look.
        stalled: Swarm's update waits for a task on a node that was lost, and goes on only when it is restarted.
        pulling: a task that has been preparing for a while; whether its image's registry answers is worth a look.
    """

    text: str
    struggling: bool = False
    placement: bool = False
    stalled: bool = False
    pulling: Cause | None = None


@dataclass(frozen=True)
class Done:
    """What was sent runs (a job: has completed)."""

    text: str


PULLING_S: Final = 5.0
"""How long a task prepares until its registry is asked whether it answers: most images are there by then."""
LOOK_AGAIN_S: Final = 2.0
"""How long the lists of services and tasks may be apart."""


@dataclass(frozen=True)
class Failed:
    """It does not run.

    Attributes:
        causes: why, the most telling first; never empty.
        final: True when waiting cannot help, False when the deadline has passed.
    """

    causes: tuple[Cause, ...]
    final: bool


Verdict = Waiting | Done | Failed


def judge(snapshot: Snapshot, desired: Desired, history: History | None, now: float) -> Verdict:
    """Say how a rollout stands.

    Args:
        snapshot: the newest look at the swarm.
        desired: what was submitted.
        history: what `observe` made of all snapshots including this one; None when the change is not visible yet.
        now: seconds, on the clock that `observe` was given.
    """
    if snapshot.service is None:
        name = at(desired.spec, "Name") or "the service"
        return Failed((Cause("removed", f"{name} was removed during the rollout"),), final=True)
    if history is None:
        return Waiting("submitted")
    return _judged(_rollout_state(snapshot, snapshot.service, desired, history, now))


def explain(snapshot: Snapshot, desired: Desired, history: History | None, now: float) -> tuple[Cause, ...]:
    """Return what is known to hinder a rollout that still waits: for a caller whose own deadline has come.

    Args:
        snapshot: the newest look at the swarm.
        desired: what was submitted.
        history: what was seen so far.
        now: seconds, on the clock of the history.
    """
    if snapshot.service is None or history is None:
        return ()
    rollout = _rollout_state(snapshot, snapshot.service, desired, history, now)
    tasks = rollout.groups.current
    pulling = _pulling(rollout, tasks)
    return (
        *rollout.failing(),
        *_unplaced_causes(rollout, _unplaced(tasks)),
        *causes.unprepared(rollout.service, unprepared(tasks), snapshot.nodes),
        *((pulling,) if pulling else ()),
    )


def _rollout_state(snapshot: Snapshot, json: Json, desired: Desired, history: History, now: float) -> RolloutState:
    service = Service(json)
    return RolloutState(service, snapshot, desired, history, group_tasks(snapshot, service, history, now), now)


# ---------------------------------------------------------------------------------------------- the rules


def _judged(rollout: RolloutState) -> Verdict:
    service = rollout.service
    asked_for = rollout.desired.is_rollback and service.update_state != "rollback_paused"
    if service.update_state.startswith("rollback") and not asked_for:
        return _rolled_back(rollout)
    if service.template != rollout.history.template:
        return _changed(f"{service.name} was changed by someone else during the rollout")
    verdict = _job(rollout) if service.is_job else _kept_running(rollout)
    if isinstance(verdict, Done):
        what = altered(rollout.desired.spec, service)
        if what:
            return _changed(f"{service.name} was changed by someone else during the rollout: {what}")
    return verdict


def _changed(text: str) -> Failed:
    return Failed((Cause("changed", text),), final=True)


def _rolled_back(rollout: RolloutState) -> Verdict:
    service = rollout.service
    settled = service.update_state in ("rollback_completed", "rollback_paused")
    if not settled and rollout.quiet() < CRASH_PATIENCE_S:
        return Waiting("Swarm is rolling the service back to its previous version")
    who = "someone" if service.rolled_back_by_hand else "Swarm"
    text = f"{service.name}: {who} rolled the update back to the previous version"
    if service.update_state != "rollback_completed":
        text = f"{service.name}: rollback started by {who} and has not completed"
    return Failed((*rollout.failing(), Cause("rolled-back", text)), final=True)


def _job(rollout: RolloutState) -> Verdict:
    groups, completed = rollout.groups, rollout.history.completed
    done = len(completed & set(groups.slots)) if rollout.service.is_global else len(completed)
    if rollout.service.is_global and not groups.expected:
        return _nowhere(rollout)
    if done >= groups.expected:
        return Done(f"{done}/{groups.expected} completed")
    open_slots = {key: task for key, task in groups.current.items() if key not in completed}
    return _unfinished(rollout, f"{done}/{groups.expected} completed", open_slots)


def _kept_running(rollout: RolloutState) -> Verdict:
    groups = rollout.groups
    if not groups.expected:
        return _nowhere(rollout) if rollout.service.is_global else _nothing(rollout)
    running, finished = rollout.running(), rollout.finished()
    head = f"{len(running)}/{groups.expected} running"
    if finished:
        head += f", {len(finished)} finished"
    done = len(running) + len(finished)
    if done >= groups.expected and not groups.old:
        surplus = len(running) - groups.expected
        if surplus > 0:
            # the orchestrator has not yet looked at the smaller number
            text = f"{groups.expected}/{groups.expected} running, {surplus} to be stopped"
            return _bounded(rollout, text, [_stuck(rollout, head, {})])
        if rollout.service.update_state not in ("updating", "rollback_started") and rollout.stable(running.values()):
            return Done(head)
        if rollout.is_patient():
            watched = f"{head}, monitoring ({duration_text(rollout.service.monitor_ns)})"
            return Waiting(watched, stalled=stalled(rollout))
    rest = {key: task for key, task in groups.current.items() if key not in running and key not in finished}
    return _unfinished(rollout, head, rest)


def _nothing(rollout: RolloutState) -> Verdict:
    """Return the verdict on a service that shall have no task."""
    service, groups = rollout.service, rollout.groups
    left = [task for task in groups.stopping if task.rank <= RUNNING]
    left += [task for task in (*groups.old, *groups.current.values()) if task.node_id]
    if not left:
        return Done("0/0 running")
    text = f"{len(left)} stopping ({where(service, left[0], rollout.snapshot.nodes)})"
    return _bounded(rollout, text, [Cause("stuck", f"{service.name}: {text} does not end", left[0].id)])


def _nowhere(rollout: RolloutState) -> Verdict:
    """Return the verdict on a global service for which there is no node."""
    if rollout.now - rollout.history.first < UNPLACED_S:
        return Waiting("no node matches yet", struggling=True, placement=True)
    return Failed((causes.no_node_matches(rollout.service, rollout.snapshot.nodes),), final=True)


def _unfinished(rollout: RolloutState, head: str, rest: dict[str, Task]) -> Verdict:
    """Return the verdict while slots are missing; `rest` are the tasks that are under way in them."""
    service, groups = rollout.service, rollout.groups
    if service.update_state == "paused" and groups.old:
        left = len(groups.old)
        still = (
            f"{left} tasks of the previous version still run"
            if left > 1
            else "1 task of the previous version still runs"
        )
        text = f"{service.name}: Swarm paused the update; {still}"
        if not rollout.failing() and rollout.quiet() < LOOK_AGAIN_S:
            # the next look shows the task whose failure Swarm acted on: the list of tasks may be older than the service
            return Waiting(text)
        return Failed((*rollout.failing(), Cause("paused", text)), final=True)
    unplaced = _unplaced(rest)
    of_no_use = hopeless(rollout, rest, unplaced)
    if of_no_use:
        return Failed(tuple(of_no_use), final=True)
    loops = rollout.failures_in(rest)
    if loops and rollout.crash_patience_ended():
        return Failed((*rollout.failing(), *rollout.paused()), final=False)
    struggling = bool(rest) and all(
        task in unplaced or any(failure.slot == key for failure in loops) for key, task in rest.items()
    )
    text = _progress(rollout, head, rest, unplaced)
    reasons = [*rollout.failing(), *_unplaced_causes(rollout, unplaced), *rollout.paused()]
    verdict = _bounded(rollout, text, reasons or [_stuck(rollout, head, rest)])
    if isinstance(verdict, Waiting):
        at_rest = not rest and stalled(rollout)
        return Waiting(text, struggling, placement=bool(unplaced), stalled=at_rest, pulling=_pulling(rollout, rest))
    return verdict


def _bounded(rollout: RolloutState, text: str, reasons: list[Cause]) -> Verdict:
    if rollout.is_patient():
        return Waiting(text)
    quiet = duration_text(int(rollout.quiet()) * SECOND)
    limit = Cause("stuck", f"{rollout.service.name}: no progress for {quiet} ({text})")
    return Failed((*reasons, limit), final=False)


# --------------------------------------------------------------------------------------------------- words


def _unplaced(tasks: Mapping[str, Task]) -> list[Task]:
    return [task for task in tasks.values() if task.state == "pending" and task.error]


def _pulling(rollout: RolloutState, rest: Mapping[str, Task]) -> Cause | None:
    seen, latest = rollout.history.seen, rollout.now - PULLING_S
    preparing = [task for task in rest.values() if task.state == "preparing" and not task.error]
    return next((_still(rollout, task) for task in preparing if seen[task.id].since <= latest), None)


def _unplaced_causes(rollout: RolloutState, unplaced: list[Task]) -> list[Cause]:
    return causes.unplaced(rollout.service, unplaced, rollout.snapshot, rollout.groups)


def _stuck(rollout: RolloutState, head: str, rest: dict[str, Task]) -> Cause:
    for task in rest.values():
        return _still(rollout, task)
    return Cause("stuck", f"{rollout.service.name}: {head}, and no new task is being started")


def _still(rollout: RolloutState, task: Task) -> Cause:
    text = f"{where(rollout.service, task, rollout.snapshot.nodes)}: still {_doing(task)}"
    # what takes long is the image, and whether its registry answers is known to whoever asks it
    image = str(at(task.spec, "ContainerSpec", "Image") or "") if task.state == "preparing" else ""
    return Cause("stuck", text, task.id, task.container_id, task.node_id, image)


def _progress(rollout: RolloutState, head: str, rest: dict[str, Task], unplaced: list[Task]) -> str:
    service, failures, nodes = rollout.service, rollout.history.failures, rollout.snapshot.nodes
    parts = [head]
    groups: dict[str, list[str]] = {}
    failing = {failure.slot for failure in failures}
    for key, task in sorted(rest.items()):
        # a crash loop is one state: its steps would flood the display
        doing = "restarting" if key in failing else _doing(task)
        unbound = replace(task, json={**task.json, "NodeID": ""}) if key in failing else task
        groups.setdefault(doing, []).append(where(service, unbound, nodes))
    for doing, places in groups.items():
        parts.append(f"{len(places)} {doing} ({places[0]}{', ...' if len(places) > 1 else ''})")
    if rollout.groups.old:
        parts.append(f"{len(rollout.groups.old)} to be replaced")
    if failing & set(rest):
        last = causes.failing(service, failures[-1:], nodes)[0].text
        parts.append(last.partition(": ")[2])
    elif unplaced:
        parts.append(unplaced[0].error)
    return ", ".join(parts)


def _doing(task: Task) -> str:
    words = {
        "pending": "without a node" if task.error else "pending",
        "preparing": "preparing",
        "ready": "about to start",
        "complete": "ending",
        "failed": "restarting",
        "rejected": "restarting",
    }
    return words.get(task.state, task.state)
