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
from swarm_provider.plan.rollout.causes import Cause, rollback_note, where
from swarm_provider.plan.rollout.history import History, Snapshot, observe, picture
from swarm_provider.plan.rollout.spec_drift import altered
from swarm_provider.plan.rollout.state import CRASH_PATIENCE_S, Desired, Stand
from swarm_provider.plan.rollout.terminal_conditions import UNPLACED_S, hopeless, stalled

__all__ = [
    "Cause",
    "Desired",
    "Done",
    "Failed",
    "History",
    "Snapshot",
    "Verdict",
    "Waiting",
    "explain",
    "judge",
    "observe",
    "rollback_note",
]


@dataclass(frozen=True)
class Waiting:
    """Not there yet.

    Attributes:
        text: `2/3 running, 1 starting (todo_web.2 on node-b)`.
        struggling: it makes no headway at present: tasks fail, or find no node.
        placement: tasks find no node; whether room becomes free elsewhere is worth a look.
        stalled: Swarm's update waits for a task on a node that was lost, and goes on only when it is begun anew.
    """

    text: str
    struggling: bool = False
    placement: bool = False
    stalled: bool = False


@dataclass(frozen=True)
class Done:
    """What was sent runs (a job: has completed)."""

    text: str


LOOK_AGAIN_S: Final = 2.0
"""How long the lists of services and tasks may be apart."""


@dataclass(frozen=True)
class Failed:
    """It does not run.

    Attributes:
        causes: why, the most telling first; never empty.
        final: True when waiting cannot help, False when patience has ended.
    """

    causes: tuple[Cause, ...]
    final: bool


Verdict = Waiting | Done | Failed


def judge(snapshot: Snapshot, desired: Desired, history: History | None, now: float) -> Verdict:
    """Say how a rollout stands.

    Args:
        history: what `observe` made of all snapshots including this one; None when the change is not visible yet.
        now: seconds, on the clock that `observe` was given.
    """
    if snapshot.service is None:
        name = at(desired.spec, "Name") or "the service"
        return Failed((Cause("removed", f"{name} was removed during the rollout"),), final=True)
    if history is None:
        return Waiting("submitted")
    return _judged(_stand(snapshot, snapshot.service, desired, history, now))


def explain(snapshot: Snapshot, desired: Desired, history: History | None, now: float) -> tuple[Cause, ...]:
    """What is known to hinder a rollout that still waits: for a caller whose own deadline has come."""
    if snapshot.service is None or history is None:
        return ()
    stand = _stand(snapshot, snapshot.service, desired, history, now)
    return (*stand.failing(), *_unplaced_causes(stand, _unplaced(stand.shown.current)))


def _stand(snapshot: Snapshot, json: Json, desired: Desired, history: History, now: float) -> Stand:
    service = Service(json)
    return Stand(service, snapshot, desired, history, picture(snapshot, service, history, now), now)


# ---------------------------------------------------------------------------------------------- the rules


def _judged(stand: Stand) -> Verdict:
    service = stand.service
    if service.update_state.startswith("rollback"):
        return _rolled_back(stand)
    if service.template != stand.history.template:
        return _changed(f"{service.name} was changed by someone else during the rollout")
    verdict = _job(stand) if service.is_job else _kept_running(stand)
    if isinstance(verdict, Done):
        what = altered(stand.desired.spec, service)
        if what:
            return _changed(f"{service.name} was changed by someone else during the rollout: {what}")
    return verdict


def _changed(text: str) -> Failed:
    return Failed((Cause("changed", text),), final=True)


def _rolled_back(stand: Stand) -> Verdict:
    service = stand.service
    settled = service.update_state in ("rollback_completed", "rollback_paused")
    if not settled and stand.quiet() < CRASH_PATIENCE_S:
        return Waiting("Swarm is rolling the service back to its previous version")
    who = "someone" if service.rolled_back_by_hand else "Swarm"
    text = f"{service.name}: {who} rolled the update back to the previous version"
    if service.update_state != "rollback_completed":
        text = f"{service.name}: rollback started by {who} and has not completed"
    return Failed((*stand.failing(), Cause("rolled-back", text)), final=True)


def _job(stand: Stand) -> Verdict:
    shown, completed = stand.shown, stand.history.completed
    done = len(completed & set(shown.slots)) if stand.service.is_global else len(completed)
    if stand.service.is_global and not shown.expected:
        return _nowhere(stand)
    if done >= shown.expected:
        return Done(f"{done}/{shown.expected} completed")
    open_slots = {key: task for key, task in shown.current.items() if key not in completed}
    return _unfinished(stand, f"{done}/{shown.expected} completed", open_slots)


def _kept_running(stand: Stand) -> Verdict:
    shown = stand.shown
    if not shown.expected:
        return _nowhere(stand) if stand.service.is_global else _nothing(stand)
    running, finished = stand.running(), stand.finished()
    head = f"{len(running)}/{shown.expected} running"
    if finished:
        head += f", {len(finished)} finished"
    done = len(running) + len(finished)
    if done >= shown.expected and not shown.old:
        surplus = len(running) - shown.expected
        if surplus > 0:
            # the orchestrator has not yet looked at the smaller number
            text = f"{shown.expected}/{shown.expected} running, {surplus} to be stopped"
            return _bounded(stand, text, [_stuck(stand, head, {})])
        if stand.service.update_state != "updating" and stand.stable(running.values()):
            return Done(head)
        if stand.is_patient():
            watched = f"{head}, monitoring ({duration_text(stand.service.monitor_ns)})"
            return Waiting(watched, stalled=stalled(stand))
    rest = {key: task for key, task in shown.current.items() if key not in running and key not in finished}
    return _unfinished(stand, head, rest)


def _nothing(stand: Stand) -> Verdict:
    """The verdict on a service that shall have no task."""
    service, shown = stand.service, stand.shown
    left = [task for task in shown.stopping if task.rank <= RUNNING]
    left += [task for task in (*shown.old, *shown.current.values()) if task.node_id]
    if not left:
        return Done("0/0 running")
    text = f"{len(left)} stopping ({where(service, left[0], stand.snapshot.nodes)})"
    return _bounded(stand, text, [Cause("stuck", f"{service.name}: {text} does not end", left[0].id)])


def _nowhere(stand: Stand) -> Verdict:
    """The verdict on a global service for which there is no node."""
    if stand.now - stand.history.first < UNPLACED_S:
        return Waiting("no node matches yet", struggling=True, placement=True)
    return Failed((causes.no_node_matches(stand.service, stand.snapshot.nodes),), final=True)


def _unfinished(stand: Stand, head: str, rest: dict[str, Task]) -> Verdict:
    """The verdict while slots are missing; `rest` are the tasks that are under way in them."""
    service, shown = stand.service, stand.shown
    if service.update_state == "paused" and shown.old:
        left = len(shown.old)
        still = (
            f"{left} tasks of the previous version still run"
            if left > 1
            else "1 task of the previous version still runs"
        )
        text = f"{service.name}: Swarm paused the update; {still}"
        if not stand.failing() and stand.quiet() < LOOK_AGAIN_S:
            # the next look shows the task whose failure Swarm acted on: the list of tasks may be older than the service
            return Waiting(text)
        return Failed((*stand.failing(), Cause("paused", text)), final=True)
    unplaced = _unplaced(rest)
    of_no_use = hopeless(stand, rest, unplaced)
    if of_no_use:
        return Failed(tuple(of_no_use), final=True)
    loops = stand.failures_in(rest)
    if loops and stand.crash_patience_ended():
        return Failed((*stand.failing(), *stand.paused()), final=False)
    struggling = bool(rest) and all(
        task in unplaced or any(failure.slot == key for failure in loops) for key, task in rest.items()
    )
    text = _progress(stand, head, rest, unplaced)
    reasons = [*stand.failing(), *_unplaced_causes(stand, unplaced), *stand.paused()]
    verdict = _bounded(stand, text, reasons or [_stuck(stand, head, rest)])
    if isinstance(verdict, Waiting):
        return Waiting(text, struggling, placement=bool(unplaced), stalled=not rest and stalled(stand))
    return verdict


def _bounded(stand: Stand, text: str, reasons: list[Cause]) -> Verdict:
    if stand.is_patient():
        return Waiting(text)
    quiet = duration_text(int(stand.quiet()) * SECOND)
    limit = Cause("stuck", f"{stand.service.name}: no progress for {quiet} ({text})")
    return Failed((*reasons, limit), final=False)


# --------------------------------------------------------------------------------------------------- words


def _unplaced(tasks: Mapping[str, Task]) -> list[Task]:
    return [task for task in tasks.values() if task.state == "pending" and task.error]


def _unplaced_causes(stand: Stand, unplaced: list[Task]) -> list[Cause]:
    return causes.unplaced(stand.service, unplaced, stand.snapshot, stand.shown)


def _stuck(stand: Stand, head: str, rest: dict[str, Task]) -> Cause:
    for task in rest.values():
        text = f"{where(stand.service, task, stand.snapshot.nodes)}: still {_doing(task)}"
        return Cause("stuck", text, task.id, task.container_id, task.node_id)
    return Cause("stuck", f"{stand.service.name}: {head}, and no new task is being started")


def _progress(stand: Stand, head: str, rest: dict[str, Task], unplaced: list[Task]) -> str:
    service, failures, nodes = stand.service, stand.history.failures, stand.snapshot.nodes
    parts = [head]
    groups: dict[str, list[str]] = {}
    failing = {failure.slot for failure in failures}
    for key, task in sorted(rest.items()):
        # a crash loop is one state: its steps would flood the display
        doing = "restarting" if key in failing else _doing(task)
        shown = replace(task, json={**task.json, "NodeID": ""}) if key in failing else task
        groups.setdefault(doing, []).append(where(service, shown, nodes))
    for doing, places in groups.items():
        parts.append(f"{len(places)} {doing} ({places[0]}{', ...' if len(places) > 1 else ''})")
    if stand.shown.old:
        parts.append(f"{len(stand.shown.old)} to be replaced")
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
