"""Where one rollout stands: what was sent, what is seen, and the readings that the rules share. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from swarm_provider.core import Json
from swarm_provider.plan.facts.tasks import SECOND, Service, Task, slot_key
from swarm_provider.plan.rollout import causes
from swarm_provider.plan.rollout.causes import Cause
from swarm_provider.plan.rollout.history import Failure, History, Snapshot, TaskGroups

DEFAULT_FAIL_AFTER_NS: Final = 5 * 60 * SECOND
CRASH_PATIENCE_S: Final = 60.0
"""How long a crash loop may go on without progress (design: applications that wait for their database)."""
# Swarm's own monitoring ends up to one poll before ours has seen as much
MONITOR_SLACK_S: Final = 1.5
PROVEN_S: Final = 5.0
"""How long a task from before a change has to have run: Swarm's own default of how long it monitors a new one."""


@dataclass(frozen=True)
class Desired:
    """What was submitted.

    Attributes:
        spec: the ServiceSpec that was sent; without a number of replicas where any number is right.
        version_index: lowest `Version.Index` of the service that shows the change; older snapshots do not count.
        fail_after_ns: the progress deadline, in nanoseconds; None is five minutes, in which a job's tasks that
            run do not count: what they do is progress that nobody sees.
        is_rollback: Swarm returns to this spec, by itself or because it was asked to: that it rolls back is awaited.
    """

    spec: Json
    version_index: int = 0
    fail_after_ns: int | None = None
    is_rollback: bool = False


@dataclass(frozen=True)
class RolloutState:
    """One rollout at one moment.

    Attributes:
        groups: what `group_tasks` made of the snapshot.
        now: seconds, on the clock of the history.
    """

    service: Service
    snapshot: Snapshot
    desired: Desired
    history: History
    groups: TaskGroups
    now: float

    def running(self) -> dict[str, Task]:
        """Return the tasks of the awaited spec that run, by slot."""
        found = {key: task for key, task in self.groups.current.items() if task.state == "running"}
        if self.service.is_global:
            return {key: task for key, task in found.items() if key in self.groups.slots}
        return found

    def finished(self) -> dict[str, Task]:
        """Return the slots whose task ended well and, by the restart policy, stays ended."""
        if self.service.restart_condition == "any":
            return {}
        return {key: task for key, task in self.groups.ended.items() if task.state == "complete"}

    def stable(self, running: Iterable[Task]) -> bool:
        """Tell whether all have run for as long as Swarm monitors.

        Of a task from before the change Swarm monitors nothing. It has to have run for a moment all the same, before
        the change or since: a task of a crash loop runs, too, now and then.
        """
        wanted = self.service.monitor_ns / SECOND
        if self.service.update_state == "completed":
            wanted = max(0.0, wanted - MONITOR_SLACK_S)
        failed = {failure.slot for failure in self.history.failures}
        for task in running:
            ran = self.now - self.history.seen[task.id].since
            if task.created < self.history.since and slot_key(self.service, task) not in failed:
                if ran + max(0, self.service.began - task.reported) / SECOND < min(wanted, PROVEN_S):
                    return False
            elif ran < wanted:
                return False
        return True

    def failures_in(self, rest: dict[str, Task]) -> list[Failure]:
        """Return the failures of slots that still lack a running task."""
        missing = set(rest) | set(self.groups.ended)
        return [failure for failure in self.history.failures if failure.slot in missing]

    def failing(self) -> list[Cause]:
        """Return why tasks ended so far."""
        return causes.failing(self.service, self.history.failures, self.snapshot.nodes)

    def paused(self) -> list[Cause]:
        """Tell that Swarm paused the update, if it did."""
        if self.service.update_state != "paused":
            return []
        return [Cause("paused", f"{self.service.name}: Swarm paused the update")]

    # ------------------------------------------------------------------------------------------- deadlines

    def quiet(self) -> float:
        """Return the seconds since the last progress."""
        return self.now - self.history.progress

    def is_patient(self) -> bool:
        """Tell whether it may go on without progress for a while."""
        if self.desired.fail_after_ns is None and self.service.is_job and self._job_works():
            return True
        service = self.service
        waits = service.update_delay_ns + service.monitor_ns + service.health_ns
        patience = (self.desired.fail_after_ns or DEFAULT_FAIL_AFTER_NS) + waits
        return self.quiet() * SECOND < patience + service.stop_grace_ns + service.restart_delay_ns

    def crash_patience_ended(self) -> bool:
        """Tell whether tasks have failed for long enough, with nothing else of the run under way."""
        history = self.history
        first = next((f.at for f in history.failures if f.at >= history.progress), history.progress)
        quiet = self.now - max(history.progress, history.alone, first)
        return quiet >= CRASH_PATIENCE_S + self.service.restart_delay_ns / SECOND

    def _job_works(self) -> bool:
        return any(task.state == "running" for task in self.groups.current.values())
