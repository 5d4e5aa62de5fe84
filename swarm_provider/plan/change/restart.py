"""Which tasks an update restarts, and why: known before anything is sent.

Swarm's rule (swarmkit, manager/orchestrator/task.go, IsTaskDirty; checked here by task ids on Engine 20.10 and 26.1):
a task is replaced when the service's TaskTemplate or EndpointSpec is no longer the one that it was made from. If of the
TaskTemplate the placement alone changed, a task stays as long as its node satisfies the new constraints. Registry
logins do not count. Whatever else a service has (its labels, its replicas, its update policy) restarts nothing.

It is each task's own spec that counts, not the service's last one: an update that did not finish leaves tasks that any
later update replaces, of a label too. What becomes of the slots is in `fates`.

A job is different: each update that is sent, of a label too, stops what runs of it and runs it once more (measured).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from swarm_provider.convert.service.deploy import is_job_mode
from swarm_provider.convert.service.effective import update_pace
from swarm_provider.core import Json
from swarm_provider.core.values import at
from swarm_provider.plan.change.task_fates import Fates, fates
from swarm_provider.plan.change.task_origin import Change, Made, changed, comparable, known_constraints, places
from swarm_provider.plan.rollout.history import Snapshot


@dataclass(frozen=True)
class Restart:
    """The forecast for one service.

    Attributes:
        restarts: whether tasks that run now are replaced, or a job runs again.
        reasons: the properties that cause it, in compose's words: `image`, `environment.MODE`, `ports`.
        placement: the placement alone changed: of the tasks only those are replaced whose node no longer matches.
        moves: the placement alone changed, and it is not known on which nodes the tasks run: they stay where the
            constraints still hold.
        harmless: what changes without touching a task.
        tasks: how many tasks that run are replaced; None where their number is not known (a global service).
        starts: how many tasks more there will be.
        stops: how many tasks less there will be.
        batch: how many are replaced at a time; 0: all.
        order: `stop-first` or `start-first`.
        capacity: percent of the tasks that run all the while; None where their number is not known.
        job: it is a job, which every update runs again.
        replaced: the service itself is replaced: all its tasks stop before new ones start.
        anew: how many tasks that do not run are replaced: without a node, between two tries, ended.
        older: how many of `tasks` were made before the last update, which did not reach them.
        paused: host names of paused nodes, one for each task of a global service that stays there as it is.
    """

    restarts: bool
    reasons: tuple[str, ...] = ()
    placement: bool = False
    moves: bool = False
    harmless: tuple[str, ...] = ()
    tasks: int | None = 0
    starts: int = 0
    stops: int = 0
    batch: int = 1
    order: str = "stop-first"
    capacity: int | None = 100
    job: bool = False
    replaced: bool = False
    anew: int = 0
    older: int = 0
    paused: tuple[str, ...] = ()


def restart(
    old_spec: Json,
    new_spec: Json,
    *,
    network_names: Mapping[str, str] | None = None,
    snapshot: Snapshot | None = None,
) -> Restart:
    """Tell what an update from one spec to another does to the tasks.

    Args:
        old_spec: the live spec, else what `to_spec` makes of the refreshed inputs.
        new_spec: the spec that will be sent.
        network_names: names of networks by id; a live spec has ids.
        snapshot: the live service, its tasks, and the nodes as they will be. Without one, as many tasks of the old spec
            are taken to run as it asks for.
    """
    old, new = comparable(old_spec, network_names), comparable(new_spec, network_names)
    change = Change.of(old, new)
    restarting, harmless = changed(old, new)
    if is_job_mode(new["Mode"]):
        reasons = (*restarting, *harmless)
        again = change.differs or bool(reasons)
        reasons = reasons or (tuple(places(old, new)) if again else ())
        return replace(_told(new, Fates(), again, reasons, ()), tasks=None if again else 0, job=True)
    constraints = known_constraints(new)
    if snapshot is None or snapshot.service is None:
        before, after = _replicas(old), _replicas(new)
        moves = change.placement
        dirty = change.differs and not moves
        found = _by_number(before, after, dirty)
        tasks = None if before is None and dirty else found.replaced
        older = 0
    else:
        made = Made(snapshot, old, new, network_names, change, restarting)
        moves = constraints is None and change.placement
        where_now = known_constraints(old) or []
        found = fates(snapshot, _count(old, new), where_now if constraints is None else constraints, made.is_dirty)
        dirty = bool(found.replaced or found.anew)
        tasks = found.replaced
        older = sum(made.is_older(task) for task in found.dirty[: found.replaced])
        restarting = made.reasons(found.dirty) if dirty else restarting
    if not (dirty or moves):
        harmless, restarting = (*harmless, *restarting), ()
    elif not restarting:
        restarting = tuple(places(old, new))
    told = _told(new, found, dirty and tasks != 0, restarting, harmless)
    if tasks is None and told.order != "start-first":
        told = replace(told, capacity=None)
    return replace(told, tasks=tasks, moves=moves, placement=change.placement, older=older)


def replaces_tasks(old_spec: Json, new_spec: Json, network_names: Mapping[str, str] | None = None) -> bool:
    """Tell whether an update replaces tasks wherever they run; as `restart` without a snapshot, whose reasons it lacks.

    Args:
        old_spec, new_spec, network_names: as for `restart`.
    """
    if is_job_mode(new_spec["Mode"]):
        return restart(old_spec, new_spec, network_names=network_names).restarts
    old, new = comparable(old_spec, network_names), comparable(new_spec, network_names)
    change, before = Change.of(old, new), _replicas(old)
    some = before is None or _by_number(before, _replicas(new), dirty=True).replaced > 0
    return some and change.differs and not change.placement


def _by_number(before: int | None, after: int | None, dirty: bool) -> Fates:
    """Return what happens where nothing is known but the numbers: all tasks of the old spec run."""
    if before is None or after is None:
        count = before or 0
        return Fates(replaced=count if dirty else 0, kept=count)
    staying = min(before, after)
    return Fates(staying if dirty else 0, 0, 0, staying, max(after - before, 0), max(before - after, 0))


def _told(new: Json, found: Fates, restarts: bool, reasons: Sequence[str], harmless: Sequence[str]) -> Restart:
    batch, order = update_pace(new)
    stopping = found.at_once if order == "start-first" else found.replaced
    down = stopping if batch == 0 else min(batch, stopping)
    return Restart(
        restarts=restarts,
        reasons=tuple(reasons),
        harmless=tuple(harmless),
        tasks=found.replaced,
        starts=found.starts,
        stops=found.stops,
        batch=batch,
        order=order,
        capacity=100 * (found.kept - down) // found.kept if down else 100,
        anew=found.anew,
        paused=found.paused,
    )


def replacement(old_spec: Json, reasons: Sequence[str]) -> Restart:
    """Return the forecast for a service that is replaced because these properties change."""
    return Restart(restarts=True, reasons=tuple(reasons), tasks=_replicas(old_spec), batch=0, capacity=0, replaced=True)


def _count(old: Json, new: Json) -> int | None:
    """Return how many tasks there will be, None for a global service; a number not known yet is taken to stay."""
    if isinstance(new["Mode"], dict) and "Global" in new["Mode"]:
        return None
    count = _replicas(new)
    return (_replicas(old) or 0) if count is None else count


def _replicas(spec: Json) -> int | None:
    replicas = at(spec, "Mode", "Replicated", "Replicas")
    return replicas if isinstance(replicas, int) else None
