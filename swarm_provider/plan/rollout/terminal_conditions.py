"""What waiting does not cure: causes that stay, slots given up, tasks without a node, stalled updates. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from swarm_provider.core.values import at
from swarm_provider.plan.facts.tasks import RUNNING, SECOND, Task
from swarm_provider.plan.rollout import causes
from swarm_provider.plan.rollout.causes import Cause
from swarm_provider.plan.rollout.history import SLACK_NS
from swarm_provider.plan.rollout.state import RolloutState

UNPLACED_S: Final = 3.0
"""How long the scheduler must stay at "no suitable node", with no own task about to leave, until it is believed."""
RETURN_S: Final = 60.0
"""How long a node that is down may take to come back before "no suitable node" is believed."""
STALLED_S: Final = 10.0
"""How long an update must rest, with a lost node, until Swarm counts as waiting for that node."""
GIVEN_UP_S: Final = 2.0
"""How long a slot must stay without a successor until Swarm counts as having given it up."""
TRIES: Final = 2
TRIED_AT_LEAST_S: Final = 2.0
TRIED_S: Final = 10.0
"""What waiting does not cure is believed after two tries in at least 2 s, or after one that is 10 s old.

A pull that took as long before it failed has been tried for that time: an engine waits for a silent registry itself."""


def hopeless(rollout: RolloutState, rest: dict[str, Task], unplaced: list[Task]) -> list[Cause]:
    """Return why waiting for the missing slots is of no use; empty while it is.

    Args:
        rollout: the rollout at this moment.
        rest: the tasks that are under way in the slots that lack a running task.
        unplaced: those of them that find no node.
    """
    return (
        _fails_for_good(rollout, rest)
        or _unprepared(rollout, rest)
        or _given_up(rollout)
        or _unplaceable(rollout, unplaced, rest)
    )


def stalled(rollout: RolloutState) -> bool:
    """Tell whether Swarm's update waits for a task that was lost with its node.

    swarmkit's updater (updater.go, updateTask) waits without an end for each new task to run: also for one whose node
    is gone, and whose slot another task has taken long since. The old tasks may be gone as well (lost with the same
    node, say, and replaced): then nothing is left to replace, and the update would still never end.
    """
    if rollout.service.update_state != "updating":
        return False
    # what was lost before the update began (or was restarted) is not what it waits for
    lost = any(task.created >= rollout.service.began - SLACK_NS for task in rollout.groups.lost)
    watched = rollout.stable(rollout.running().values())
    return lost and watched and rollout.quiet() - rollout.service.update_delay_ns / SECOND >= STALLED_S


def unprepared(tasks: Mapping[str, Task]) -> list[Task]:
    """Return those of the tasks that a node cannot get ready, and goes on trying."""
    return [task for task in tasks.values() if task.state == "preparing" and task.error]


def _fails_for_good(rollout: RolloutState, rest: dict[str, Task]) -> list[Cause]:
    """Return the tasks that fail for a reason that stays: the image, a mount, a port, the command."""
    found = [f for f in rollout.failures_in(rest) if causes.kind_of_failure(f) in causes.PERMANENT]
    if not found or any(task.rank >= RUNNING - 1 and task.state != "rejected" for task in rest.values()):
        return []
    elsewhere = rollout.running() or rollout.history.completed
    if elsewhere and not rollout.service.is_global:
        # it works on some node, so Swarm may place the others there, too
        return []
    tries = max(sum(f.slot == slot for f in found) for slot in {f.slot for f in found})
    age = rollout.now - found[0].at
    pulled = max((f.prepared_s for f in found if causes.kind_of_failure(f) == "image"), default=0.0)
    if age < TRIED_AT_LEAST_S or (tries < TRIES and age + pulled < TRIED_S):
        return []
    return causes.failing(rollout.service, found, rollout.snapshot.nodes) + rollout.paused()


def _unprepared(rollout: RolloutState, rest: dict[str, Task]) -> list[Cause]:
    """Return the tasks that stay `preparing` with an error: from Engine 29 on a node asks a registry repeatedly."""
    found = unprepared(rest)
    if not found or (rollout.running() and not rollout.service.is_global):
        # where it runs on some node, the node that cannot may still get there
        return []
    if any(task.rank >= RUNNING - 1 and task.state != "rejected" for task in rest.values()):
        return []
    # a node that prepares a task asks the registry every second
    images = all(causes.kind_of_error(task.error) == "image" for task in found)
    waited = max(rollout.now - rollout.history.seen[task.id].since for task in found)
    if waited < (TRIED_AT_LEAST_S if images else TRIED_S):
        return []
    return causes.unprepared(rollout.service, found, rollout.snapshot.nodes) + rollout.paused()


def _given_up(rollout: RolloutState) -> list[Cause]:
    """Return the slots whose task ended and that Swarm, by the restart policy, does not start again."""
    service, history = rollout.service, rollout.history
    policy = at(service.template, "RestartPolicy") or {}
    attempts = policy.get("MaxAttempts")
    if service.restart_condition != "none" and not attempts and not service.is_job:
        # however late the successor is made on a busy manager: it comes
        return []
    lost = [
        failure
        for failure in history.failures
        if (task := rollout.groups.ended.get(failure.slot)) is not None
        and task.id == failure.task.id
        and failure.slot not in history.completed
        and rollout.now - failure.at >= GIVEN_UP_S
    ]
    if not lost:
        return []
    limit = f", max_attempts: {attempts}" if attempts else ""
    text = f"{service.name}: restart policy exhausted (condition: {service.restart_condition}{limit})"
    return [*rollout.failing(), Cause("given-up", text), *rollout.paused()]


def _unplaceable(rollout: RolloutState, unplaced: list[Task], rest: dict[str, Task]) -> list[Cause]:
    """Return the tasks that find no node while nothing is about to change that."""
    if not unplaced or any(task.state != "pending" for task in rest.values()):
        return []
    waited = min(rollout.now - rollout.history.seen[task.id].since for task in unplaced)
    if waited < UNPLACED_S:
        return []
    errors = " ".join(task.error for task in unplaced)
    lacks_room = any(word in errors for word in ("resources", causes.HOST_PORT, "max replicas"))
    if lacks_room and (rollout.snapshot.room or rollout.now - rollout.history.freeing < UNPLACED_S):
        return []
    if "not available" in errors and _may_return(rollout) and rollout.quiet() < RETURN_S:
        return []
    return causes.unplaced(rollout.service, unplaced, rollout.snapshot, rollout.groups) + rollout.paused()


def _may_return(rollout: RolloutState) -> bool:
    return any(
        at(node, "Status", "State") != "ready" and at(node, "Spec", "Availability") == "active"
        for node in rollout.snapshot.nodes
    )
