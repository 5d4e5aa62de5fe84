"""Is a rollout done, on its way, or lost? A pure function of what the daemon shows and what was seen before.

Nothing here waits or asks: `rollout` takes snapshots, feeds them to `observe`, and acts on what `judge` says. Times
are seconds on whatever clock the caller has; only differences count.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Final

from swarm_provider.plan import causes
from swarm_provider.plan.causes import Cause, rollback_note, where
from swarm_provider.plan.history import Failure, History, Picture, Snapshot, observe, picture
from swarm_provider.plan.tasks import RUNNING, SECOND, Service, Task, at, slot_key
from swarm_provider.spec import Json
from swarm_provider.spec.units import duration_text

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

DEFAULT_FAIL_AFTER_NS: Final = 5 * 60 * SECOND
CRASH_PATIENCE_S: Final = 60.0
"""How long a crash loop may go on without progress (design: applications that wait for their database)."""
UNPLACED_S: Final = 3.0
"""How long the scheduler must stay at "no suitable node" until it is believed."""
RETURN_S: Final = 60.0
"""How long a node that is down may take to come back before "no suitable node" is believed."""
STALLED_S: Final = 10.0
"""How long an update must rest, with a lost node, until Swarm counts as waiting for that node."""
GIVEN_UP_S: Final = 2.0
"""How long a slot must stay without a successor until Swarm counts as having given it up."""
TRIES: Final = 2
TRIED_AT_LEAST_S: Final = 2.0
TRIED_S: Final = 10.0
"""What waiting does not cure is believed after two tries in at least 2 s, or after one that is 10 s old."""
# Swarm's own monitoring ends up to one poll before ours has seen as much
MONITOR_SLACK_S: Final = 1.5


@dataclass(frozen=True)
class Desired:
    """What was submitted.

    Attributes:
        spec: the ServiceSpec that was sent.
        version_index: lowest `Version.Index` of the service that shows the change; older snapshots do not count.
        fail_after_ns: patience without progress, in nanoseconds.
    """

    spec: Json
    version_index: int = 0
    fail_after_ns: int = DEFAULT_FAIL_AFTER_NS


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
        return Failed((Cause("removed", f"{name} was removed while its tasks were awaited"),), final=True)
    if history is None:
        return Waiting("submitted")
    service = Service(snapshot.service)
    rollout = _Rollout(service, snapshot, desired, history, picture(snapshot, service, history, now), now)
    return rollout.verdict()


def explain(snapshot: Snapshot, desired: Desired, history: History | None, now: float) -> tuple[Cause, ...]:
    """What is known to hinder a rollout that still waits: for a caller whose own deadline has come."""
    if snapshot.service is None or history is None:
        return ()
    service = Service(snapshot.service)
    shown = picture(snapshot, service, history, now)
    unplaced = [task for task in shown.current.values() if task.state == "pending" and task.error]
    return (
        *causes.failing(service, history.failures, snapshot.nodes),
        *causes.unplaced(service, unplaced, snapshot, shown),
    )


@dataclass(frozen=True)
class _Rollout:
    service: Service
    snapshot: Snapshot
    desired: Desired
    history: History
    shown: Picture
    now: float

    # ------------------------------------------------------------------------------------------ the rules

    def verdict(self) -> Verdict:
        if self.service.update_state.startswith("rollback"):
            return self._rolled_back()
        if self.service.template != self.history.template:
            text = f"{self.service.name} was changed by somebody else while its tasks were awaited"
            return Failed((Cause("changed", text),), final=True)
        if self.service.is_job:
            return self._job()
        return self._kept_running()

    def _rolled_back(self) -> Verdict:
        settled = self.service.update_state in ("rollback_completed", "rollback_paused")
        if not settled and self._quiet() < CRASH_PATIENCE_S:
            return Waiting("Swarm rolls the service back to its previous version")
        who = "somebody" if self.service.rolled_back_by_hand else "Swarm"
        text = f"{self.service.name}: {who} rolled the update back to the previous version"
        if self.service.update_state != "rollback_completed":
            text = f"{self.service.name}: {who} began to roll the update back, and that has not completed"
        return Failed((*self._failing(), Cause("rolled-back", text)), final=True)

    def _job(self) -> Verdict:
        done = (
            len(self.history.completed & set(self.shown.slots))
            if self.service.is_global
            else len(self.history.completed)
        )
        if self.service.is_global and not self.shown.expected:
            return self._nowhere()
        if done >= self.shown.expected:
            return Done(f"{done}/{self.shown.expected} completed")
        open_slots = {key: task for key, task in self.shown.current.items() if key not in self.history.completed}
        return self._unfinished(f"{done}/{self.shown.expected} completed", open_slots)

    def _kept_running(self) -> Verdict:
        if not self.shown.expected:
            if self.service.is_global:
                return self._nowhere()
            return self._nothing()
        running = self._running()
        finished = self._finished()
        done = len(running) + len(finished)
        head = f"{len(running)}/{self.shown.expected} running"
        if finished:
            head += f", {len(finished)} finished"
        if done >= self.shown.expected and not self.shown.old:
            if self.service.update_state != "updating" and self._stable(running.values()):
                return Done(head)
            if self._quiet() * SECOND < self._patience_ns():
                watched = f"{head}, watched for {duration_text(self.service.monitor_ns)}"
                return Waiting(watched, stalled=self._stalled())
        rest = {key: task for key, task in self.shown.current.items() if key not in running and key not in finished}
        return self._unfinished(head, rest)

    def _nothing(self) -> Verdict:
        left = [task for task in self.shown.stopping if task.rank <= RUNNING]
        left += [task for task in (*self.shown.old, *self.shown.current.values()) if task.node_id]
        if not left:
            return Done("0/0 running")
        text = f"{len(left)} stopping ({where(self.service, left[0], self.snapshot.nodes)})"
        return self._bounded(text, [Cause("stuck", f"{self.service.name}: {text} does not end", left[0].id)])

    def _nowhere(self) -> Verdict:
        if self.now - self.history.first < UNPLACED_S:
            return Waiting("no node matches yet", struggling=True, placement=True)
        return Failed((causes.no_node_matches(self.service, self.snapshot.nodes),), final=True)

    def _unfinished(self, head: str, rest: dict[str, Task]) -> Verdict:
        """The verdict while slots are missing; `rest` are the tasks that are under way in them."""
        if self.service.update_state == "paused" and self.shown.old:
            left = len(self.shown.old)
            still = (
                f"{left} tasks of the previous version still run"
                if left > 1
                else "1 task of the previous version still runs"
            )
            text = f"{self.service.name}: Swarm paused the update; {still}"
            return Failed((*self._failing(), Cause("paused", text)), final=True)
        unplaced = [task for task in rest.values() if task.state == "pending" and task.error]
        hopeless = self._hopeless(rest) or self._given_up() or self._unplaceable(unplaced, rest)
        if hopeless:
            return Failed(tuple(hopeless), final=True)
        loops = self._failures_in(rest)
        if loops and self._crash_quiet() >= self._crash_patience():
            return Failed(tuple(self._failing() + self._paused()), final=False)
        struggling = bool(rest) and all(
            task in unplaced or any(failure.slot == key for failure in loops) for key, task in rest.items()
        )
        text = self._progress(head, rest, unplaced)
        reasons = self._failing() + causes.unplaced(self.service, unplaced, self.snapshot, self.shown) + self._paused()
        verdict = self._bounded(text, reasons or [self._stuck(head, rest)])
        if isinstance(verdict, Waiting):
            return Waiting(text, struggling, placement=bool(unplaced), stalled=not rest and self._stalled())
        return verdict

    # ------------------------------------------------------------------------- what waiting does not cure

    def _hopeless(self, rest: dict[str, Task]) -> list[Cause]:
        """Tasks that fail for a reason that stays: the image, a mount, a port, the command."""
        found = [f for f in self._failures_in(rest) if causes.kind_of_failure(f) in causes.PERMANENT]
        if not found or any(task.rank >= RUNNING - 1 and task.state != "rejected" for task in rest.values()):
            return []
        elsewhere = self._running() or self.history.completed
        if elsewhere and not self.service.is_global:
            # it works on some node, so Swarm may place the others there, too
            return []
        tries = max(sum(f.slot == slot for f in found) for slot in {f.slot for f in found})
        age = self.now - found[0].at
        if age < TRIED_AT_LEAST_S or (tries < TRIES and age < TRIED_S):
            return []
        return causes.failing(self.service, found, self.snapshot.nodes) + self._paused()

    def _given_up(self) -> list[Cause]:
        """Slots whose task ended and that Swarm, by the restart policy, does not start again."""
        lost = [
            failure
            for failure in self.history.failures
            if (task := self.shown.ended.get(failure.slot)) is not None
            and task.id == failure.task.id
            and failure.slot not in self.history.completed
            and self.now - failure.at >= GIVEN_UP_S
        ]
        if not lost:
            return []
        policy = at(self.service.template, "RestartPolicy") or {}
        attempts = policy.get("MaxAttempts")
        limit = f" after {attempts} attempts" if attempts else ""
        text = (
            f"{self.service.name}: its restart policy (condition: {self.service.restart_condition}) "
            f"does not start it again{limit}"
        )
        found = causes.failing(self.service, self.history.failures, self.snapshot.nodes)
        return [*found, Cause("given-up", text), *self._paused()]

    def _unplaceable(self, unplaced: list[Task], rest: dict[str, Task]) -> list[Cause]:
        """Tasks that find no node while nothing is about to change that."""
        if not unplaced or any(task.state != "pending" for task in rest.values()):
            return []
        waited = min(self.now - self.history.seen[task.id].since for task in unplaced)
        if waited < UNPLACED_S:
            return []
        errors = " ".join(task.error for task in unplaced)
        lacks_room = any(word in errors for word in ("resources", "port", "max replicas"))
        if lacks_room and (self.snapshot.room or self.shown.stopping):
            return []
        if "not available" in errors and self._may_return() and self._quiet() < RETURN_S:
            return []
        return causes.unplaced(self.service, unplaced, self.snapshot, self.shown) + self._paused()

    def _stalled(self) -> bool:
        # swarmkit's updater (updater.go, updateTask) waits without an end for each new task to run: also for one whose
        # node is gone, and whose slot another task has taken long since. The old tasks may be gone as well (lost with
        # the same node, say, and replaced): then nothing is left to replace, and the update would still never end
        waited = self._quiet() - self.service.update_delay_ns / SECOND
        return self.service.update_state == "updating" and bool(self.shown.lost) and waited >= STALLED_S

    def _may_return(self) -> bool:
        return any(
            at(node, "Status", "State") != "ready" and at(node, "Spec", "Availability") == "active"
            for node in self.snapshot.nodes
        )

    # ------------------------------------------------------------------------------------------- readings

    def _running(self) -> dict[str, Task]:
        found = {key: task for key, task in self.shown.current.items() if task.state == "running"}
        if self.service.is_global:
            return {key: task for key, task in found.items() if key in self.shown.slots}
        return found

    def _finished(self) -> dict[str, Task]:
        """Slots whose task ended well and, by the restart policy, stays ended."""
        if self.service.restart_condition == "any":
            return {}
        return {key: task for key, task in self.shown.ended.items() if task.state == "complete"}

    def _stable(self, running: Iterable[Task]) -> bool:
        """Whether all have run for as long as Swarm monitors; tasks from before the change need not prove it."""
        wanted = self.service.monitor_ns / SECOND
        if self.service.update_state == "completed":
            wanted = max(0.0, wanted - MONITOR_SLACK_S)
        failed = {failure.slot for failure in self.history.failures}
        for task in running:
            old = task.created < self.history.since and slot_key(self.service, task) not in failed
            if not old and self.now - self.history.seen[task.id].since < wanted:
                return False
        return True

    def _failures_in(self, rest: dict[str, Task]) -> list[Failure]:
        missing = set(rest) | set(self.shown.ended)
        return [failure for failure in self.history.failures if failure.slot in missing]

    def _failing(self) -> list[Cause]:
        return causes.failing(self.service, self.history.failures, self.snapshot.nodes)

    def _paused(self) -> list[Cause]:
        if self.service.update_state != "paused":
            return []
        return [Cause("paused", f"{self.service.name}: Swarm paused the update")]

    def _stuck(self, head: str, rest: dict[str, Task]) -> Cause:
        for task in rest.values():
            text = f"{where(self.service, task, self.snapshot.nodes)}: stays {_doing(task)}"
            return Cause("stuck", text, task.id, task.container_id, task.node_id)
        return Cause("stuck", f"{self.service.name}: {head}, and Swarm starts no further task")

    def _bounded(self, text: str, reasons: list[Cause]) -> Verdict:
        if self._quiet() * SECOND < self._patience_ns():
            return Waiting(text)
        limit = Cause(
            "stuck", f"{self.service.name}: no progress for {duration_text(int(self._quiet()) * SECOND)} ({text})"
        )
        return Failed((*reasons, limit), final=False)

    def _progress(self, head: str, rest: dict[str, Task], unplaced: list[Task]) -> str:
        parts = [head]
        groups: dict[str, list[str]] = {}
        failing = {failure.slot for failure in self.history.failures}
        for key, task in sorted(rest.items()):
            # a crash loop is one state: its steps would flood the display
            doing = "restarting" if key in failing else _doing(task)
            shown = replace(task, json={**task.json, "NodeID": ""}) if key in failing else task
            groups.setdefault(doing, []).append(where(self.service, shown, self.snapshot.nodes))
        for doing, places in groups.items():
            parts.append(f"{len(places)} {doing} ({places[0]}{', ...' if len(places) > 1 else ''})")
        if self.shown.old:
            parts.append(f"{len(self.shown.old)} to be replaced")
        if failing & set(rest):
            last = causes.failing(self.service, self.history.failures[-1:], self.snapshot.nodes)[0].text
            parts.append(last.partition(": ")[2])
        elif unplaced:
            parts.append(unplaced[0].error)
        return ", ".join(parts)

    # ------------------------------------------------------------------------------------------- patience

    def _quiet(self) -> float:
        return self.now - self.history.progress

    def _crash_quiet(self) -> float:
        first = next((f.at for f in self.history.failures if f.at >= self.history.progress), self.history.progress)
        return self.now - max(self.history.progress, self.history.alone, first)

    def _crash_patience(self) -> float:
        return CRASH_PATIENCE_S + self.service.restart_delay_ns / SECOND

    def _patience_ns(self) -> int:
        service = self.service
        waits = service.update_delay_ns + service.monitor_ns + service.health_ns
        return self.desired.fail_after_ns + waits + service.stop_grace_ns + service.restart_delay_ns


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
