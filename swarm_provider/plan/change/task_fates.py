"""What Swarm does to each slot of a service when a spec is sent: which tasks stay, are replaced, stop, start. Pure.

Played as swarmkit does it (manager/orchestrator: replicated/services.go and slot.go, global/global.go,
restart/restart.go, update/updater.go): it goes by the tasks that are there, whatever they were made from, and not by
what the last update asked for.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from swarm_provider.core import Json
from swarm_provider.plan.facts.constraints import matches
from swarm_provider.plan.facts.tasks import (
    ENDED,
    PAST_RUNNING,
    Service,
    Task,
    by_slot,
    is_down,
    is_paused,
    keeps_tasks,
    node_name,
)
from swarm_provider.plan.rollout.history import Snapshot

Slot = list[Task]


@dataclass(frozen=True)
class Fates:
    """What happens to the tasks of a service.

    Attributes:
        replaced: tasks that run, and stop for another one.
        at_once: how many of `replaced` stop at once, since the task that follows exists already: the order of the
            update does not count for them.
        anew: tasks that do not run (without a node, between two tries, ended) and make room for another one.
        kept: slots that are kept and have a task that runs, `replaced` ones included.
        starts: tasks that start beside those.
        stops: tasks that run, and stop for good.
        paused: host names of paused nodes on which a global service's task stays as it is, one entry per task.
        dirty: the tasks of `replaced` and `anew`, in this order.
    """

    replaced: int = 0
    at_once: int = 0
    anew: int = 0
    kept: int = 0
    starts: int = 0
    stops: int = 0
    paused: tuple[str, ...] = ()
    dirty: tuple[Task, ...] = ()


def fates(
    snapshot: Snapshot, replicas: int | None, constraints: Sequence[str], is_dirty: Callable[[Task], bool]
) -> Fates:
    """Tell what happens to the tasks of a service that is kept running.

    Args:
        snapshot: with a service.
        replicas: how many there will be; None for a global service.
        constraints: those that it will have.
        is_dirty: whether Swarm replaces a task on its node (IsTaskDirty).
    """
    service = Service(snapshot.service or {})
    slots_now = dict(sorted(by_slot(service, snapshot.in_order).items()))
    if replicas is None:
        return _global(service, snapshot, slots_now, constraints, is_dirty)
    slots = [slot for members in slots_now.values() if (slot := _updatable(service, members))]
    kept, gone = slots, []
    if replicas < len(slots):
        ordered = _in_order_of_removal(slots)
        kept, gone = ordered[:replicas], ordered[replicas:]
    return _summed(
        [_fate(slot, is_dirty, snapshot.nodes) for slot in kept],
        starts=max(0, replicas - len(slots)),
        stops=_running(gone, snapshot.nodes),
    )


def _global(
    service: Service,
    snapshot: Snapshot,
    by_node: Mapping[str, Slot],
    constraints: Sequence[str],
    is_dirty: Callable[[Task], bool],
) -> Fates:
    found, gone, paused, starts = [], [], [], 0
    for node in snapshot.nodes:
        if not keeps_tasks(node):
            continue
        slot = _updatable(service, by_node.get(str(node.get("ID")), []))
        if not matches(constraints, node):
            gone.append(slot)
        elif is_paused(node):
            left = [task for task in slot if runs(task, snapshot.nodes) and is_dirty(task)][:1]
            paused += [node_name(snapshot.nodes, task.node_id) for task in left]
        elif slot:
            found.append(_fate(slot, is_dirty, snapshot.nodes))
        else:
            starts += 1
    result = _summed(found, starts=starts, stops=_running(gone, snapshot.nodes))
    return replace(result, paused=tuple(paused))


@dataclass(frozen=True)
class _Fate:
    """What happens to one slot: its task that runs (or would), and whether another one takes its place."""

    task: Task
    ran: bool
    dirty: bool
    at_once: bool = False


def _fate(slot: Slot, is_dirty: Callable[[Task], bool], nodes: Sequence[Json]) -> _Fate:
    running = next((task for task in slot if runs(task, nodes)), None)
    clean = [task for task in slot if not is_dirty(task)]
    clean.sort(key=lambda task: (task.json.get("DesiredState") != "running", not runs(task, nodes)))
    if not clean:
        return _Fate(running or slot[-1], running is not None, dirty=True)
    heir = clean[0]
    if running is None or runs(heir, nodes):
        return _Fate(heir, running is not None, dirty=False)
    return _Fate(running, True, dirty=True, at_once=True)


def _summed(found: Sequence[_Fate], *, starts: int, stops: int) -> Fates:
    replaced = [fate for fate in found if fate.dirty and fate.ran]
    anew = [fate for fate in found if fate.dirty and not fate.ran]
    return Fates(
        replaced=len(replaced),
        at_once=sum(fate.at_once for fate in replaced),
        anew=len(anew),
        kept=sum(fate.ran for fate in found),
        starts=starts,
        stops=stops,
        dirty=tuple(fate.task for fate in (*replaced, *anew)),
    )


def runs(task: Task, nodes: Sequence[Json]) -> bool:
    """Tell whether a task does its work now, as far as the swarm knows."""
    return task.state == "running" and task.wanted and not is_down(nodes, task.node_id)


def _running(slots: Iterable[Slot], nodes: Sequence[Json]) -> int:
    return sum(any(runs(task, nodes) for task in slot) for slot in slots)


def _updatable(service: Service, members: Slot) -> Slot:
    """Return the tasks of a slot that an update looks at: those to be run, else a last one that stays ended."""
    open_tasks = [task for task in members if task.json.get("DesiredState") not in PAST_RUNNING]
    if open_tasks or not members:
        return sorted(open_tasks, key=lambda task: task.created)
    if service.update_state == "rollback_started":
        return []
    # Swarm goes by when a state was reached; of tasks of one slot the last that was made is also the last that ended
    newest = max(members, key=lambda task: (task.reported, task.created))
    return [] if _starts_again(newest) else [newest]


def _starts_again(task: Task) -> bool:
    """Tell whether the restart policy of an ended task makes another one; limited attempts have been used up."""
    policy = task.spec.get("RestartPolicy") or {}
    condition = policy.get("Condition") or "any"
    if condition == "none" or (condition == "on-failure" and task.state == "complete"):
        return False
    return not policy.get("MaxAttempts") or task.state not in ENDED


def _in_order_of_removal(slots: Sequence[Slot]) -> list[Slot]:
    """Return the slots in the order in which too many are kept: balanced over nodes, running ones first."""
    ordered = sorted(slots, key=lambda slot: (not any(task.state == "running" for task in slot), slot[0].slot))
    seen: dict[str, int] = {}
    places: list[tuple[bool, int, int]] = []
    for number, slot in enumerate(ordered):
        alone = len(slot) == 1 and bool(slot[0].node_id)
        if alone:
            seen[slot[0].node_id] = seen.get(slot[0].node_id, 0) + 1
        places.append((not alone, seen[slot[0].node_id] if alone else 0, number))
    return [ordered[number] for _, _, number in sorted(places)]
