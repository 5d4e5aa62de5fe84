"""Which tasks an update restarts, and why: known before anything is sent.

Swarm's rule (swarmkit, manager/orchestrator/task.go, IsTaskDirty; checked here by task ids on Engine 20.10 and 26.1):
a task is replaced when the service's TaskTemplate or EndpointSpec is no longer the one that it was made from. If of the
TaskTemplate the placement alone changed, a task stays as long as its node satisfies the new constraints. Registry
logins do not count. Whatever else a service has (its labels, its replicas, its update policy) restarts nothing.

A job is different: each update that is sent, of a label too, stops what runs of it and runs it once more [M].
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from swarm_provider.convert.container import credential_config
from swarm_provider.convert.deploy import JOB_MODES
from swarm_provider.convert.effective import UPDATE_DEFAULTS
from swarm_provider.convert.service import from_spec
from swarm_provider.convert.stored import inner, stored
from swarm_provider.model.resources import SERVICE
from swarm_provider.plan.constraints import matches
from swarm_provider.plan.diff import changes, users_path
from swarm_provider.spec import Json
from swarm_provider.spec.values import has_unknown

_HARMLESS: Final = (
    "name",
    "image",
    "resolved_image",
    "deploy.labels",
    "deploy.mode",
    "deploy.replicas",
    "deploy.max_concurrent",
    "deploy.update_config",
    "deploy.rollback_config",
)
"""Properties that are no part of TaskTemplate and EndpointSpec. (The image is looked at by itself: another text may
mean the same image.)"""
_ENDPOINT: Final = ("ports", "deploy.endpoint_mode")
_MANY_REASONS: Final = 5


@dataclass(frozen=True)
class Restart:
    """The forecast for one service.

    Attributes:
        restarts: whether the tasks that run now are replaced.
        reasons: the properties that cause it, in compose's words: `image`, `environment.MODE`, `ports`.
        placement: the placement alone changed: of the tasks only those are replaced whose node no longer matches.
        moves: the placement alone changed, and it is not known on which nodes the tasks run: they stay where the
            constraints still hold.
        harmless: what changes without touching a task.
        tasks: how many tasks are replaced; None where their number is not known (a global service).
        starts: how many tasks more there will be.
        stops: how many tasks less there will be.
        batch: how many are replaced at a time; 0: all.
        order: `stop-first` or `start-first`.
        capacity: percent of the tasks that run all the while; None where their number is not known.
        job: it is a job, which every update runs again.
        replaced: the service itself is replaced: all its tasks stop before new ones start.
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


def restart(
    old_spec: Json,
    new_spec: Json,
    *,
    network_names: Mapping[str, str] | None = None,
    nodes: Sequence[Json] | None = None,
    tasks: int | None = None,
) -> Restart:
    """Tell what an update from one spec to another does to the tasks that run.

    Args:
        old_spec: the spec that runs: best the live one, else what `to_spec` makes of the refreshed inputs.
        new_spec: the spec that will be sent.
        network_names: names of networks by id; a live spec has ids.
        nodes: the node (as in GET /nodes) of each task that runs, for a change of placement.
        tasks: how many tasks run now. Default: the replicas of the old spec; for a global service one per entry of
            `nodes`, else their number is not known.
    """
    old, new = _comparable(old_spec, network_names), _comparable(new_spec, network_names)
    restarting, harmless = _changed(old, new)
    job = any(mode in new["Mode"] for mode in JOB_MODES) if isinstance(new["Mode"], dict) else False
    template = _differ(old["TaskTemplate"], new["TaskTemplate"])
    endpoint = _differ(old.get("EndpointSpec"), new.get("EndpointSpec"))
    # swarmkit looks at the placement first, and then no longer at the endpoint
    placement_only = template and not _differ(_unplaced(old), _unplaced(new))
    dirty, moves = template or endpoint, False
    misplaced: int | None = None
    if placement_only:
        constraints = inner(new, "TaskTemplate", "Placement", "Constraints") or []
        moves = nodes is None
        misplaced = 0 if has_unknown(constraints) else sum(not matches(constraints, node) for node in nodes or ())
        dirty = misplaced > 0
        if has_unknown(constraints):
            dirty, moves = False, True
    if job:
        restarting, harmless = (*restarting, *harmless), ()
        dirty, moves, misplaced = template or endpoint or bool(restarting), False, None
    if not (dirty or moves):
        harmless, restarting = (*harmless, *restarting), ()
    elif not restarting:
        restarting = tuple(_places(old, new))
    if tasks is None and nodes is not None and _replicas(old) is None:
        tasks = len(nodes)
    found = _counted(old, new, dirty, moves, job, restarting, harmless, tasks, misplaced)
    return replace(found, placement=placement_only and not job)


def _counted(
    old: Json,
    new: Json,
    dirty: bool,
    moves: bool,
    job: bool,
    reasons: Sequence[str],
    harmless: Sequence[str],
    running: int | None,
    misplaced: int | None,
) -> Restart:
    before, after = _replicas(old), _replicas(new)
    count = before if running is None else running
    staying = count if after is None or count is None else min(count, after)
    grown = 0 if before is None or after is None else after - (before if count is None else count)
    config = new.get("UpdateConfig")
    policy = {**UPDATE_DEFAULTS, **config} if isinstance(config, dict) else UPDATE_DEFAULTS
    batch, order = policy["Parallelism"], policy["Order"]
    batch = batch if isinstance(batch, int) else 1
    restarted = staying if dirty else 0
    if misplaced is not None and staying is not None:
        restarted = min(misplaced, staying)
    return Restart(
        restarts=dirty and restarted != 0,
        reasons=tuple(reasons),
        moves=moves,
        harmless=tuple(harmless),
        tasks=restarted,
        starts=max(grown, 0),
        stops=max(-grown, 0),
        batch=batch,
        order=str(order),
        capacity=_capacity(restarted, staying, batch, order),
        job=job,
    )


def describe(
    old_spec: Json,
    new_spec: Json,
    *,
    network_names: Mapping[str, str] | None = None,
    nodes: Sequence[Json] | None = None,
    tasks: int | None = None,
) -> str:
    """Return the forecast as one English sentence, for the preview. Arguments as in `restart`."""
    found = restart(old_spec, new_spec, network_names=network_names, nodes=nodes, tasks=tasks)
    name = new_spec.get("Name")
    return sentence(found, name if isinstance(name, str) and name else "the service")


def replacement(old_spec: Json, reasons: Sequence[str]) -> Restart:
    """Return the forecast for a service that is replaced because these properties change."""
    return Restart(restarts=True, reasons=tuple(reasons), tasks=_replicas(old_spec), batch=0, capacity=0, replaced=True)


def sentence(found: Restart, name: str) -> str:
    """Return a forecast in words: which tasks restart, why, in which order, and what that does to the capacity."""
    if found.restarts:
        parts = [_restarting(found, name), _capacity_text(found)]
    elif found.moves:
        why = _because(found.reasons)
        parts = [f"tasks of {name} stay where their node still matches, and restart elsewhere if not, {why}"]
    elif found.starts or found.stops:
        parts = []
    else:
        only = f": only {_listed(found.harmless)} {_verb(found.harmless)}" if found.harmless else ""
        return f"nothing of {name} restarts{only}"
    parts += _scaling(found, name, alone=not parts)
    return "; ".join(part for part in parts if part)


def _restarting(found: Restart, name: str) -> str:
    why = _because(found.reasons)
    if found.job:
        return f"the job {name} runs again {why}; what still runs of it is stopped"
    at_once = {0: "all at once", 1: "one at a time"}.get(found.batch, f"{found.batch} at a time")
    if found.tasks is None:
        return f"the tasks of {name} restart {at_once} {why}"
    if found.tasks == 1:
        return f"1 task of {name} restarts {why}"
    if found.batch >= found.tasks:
        at_once = "all at once"
    return f"{found.tasks} tasks of {name} restart {at_once} {why}"


def _capacity_text(found: Restart) -> str:
    if found.job:
        return ""
    if found.order == "start-first":
        return "capacity stays at 100 % (order start-first)"
    if found.capacity is None:
        return "each node is without it for a moment (order stop-first)"
    if found.capacity == 0:
        return "the service is down meanwhile (order stop-first)"
    return f"capacity drops to {found.capacity} % meanwhile (order stop-first)"


def _scaling(found: Restart, name: str, *, alone: bool) -> list[str]:
    of = f" of {name}" if alone else ""
    parts = []
    if found.starts:
        parts.append(f"{found.starts} more {_tasks(found.starts)}{of} {'starts' if found.starts == 1 else 'start'}")
    if found.stops:
        parts.append(f"{found.stops} {_tasks(found.stops)}{of} {'stops' if found.stops == 1 else 'stop'}")
    return [*parts, "none restarts"] if parts and alone else parts


def _tasks(count: int) -> str:
    return "task" if count == 1 else "tasks"


def _because(reasons: Sequence[str]) -> str:
    return f"because {_listed(reasons)} {_verb(reasons)}"


def _verb(paths: Sequence[str]) -> str:
    plural = len(paths) > 1 or paths[0].rsplit(".", 1)[-1] in ("labels", "ports", "configs", "secrets", "networks")
    return "change" if plural else "changes"


def _listed(paths: Sequence[str]) -> str:
    shown = list(paths[:_MANY_REASONS])
    if len(paths) > _MANY_REASONS:
        shown.append(f"{len(paths) - _MANY_REASONS} more")
    return f"{', '.join(shown[:-1])} and {shown[-1]}" if len(shown) > 1 else shown[0]


def _comparable(spec: Json, network_names: Mapping[str, str] | None) -> Json:
    """Return what Swarm stores, with names instead of ids: who makes a spec here does not know the ids."""
    result = stored(spec, network_names)
    container = inner(result, "TaskTemplate", "ContainerSpec")
    if isinstance(container, dict):
        container = dict(container)
        if isinstance(inner(container, "Privileges", "CredentialSpec"), dict):
            credential = {**container["Privileges"]["CredentialSpec"], "Config": credential_config(container)}
            container["Privileges"] = {**container["Privileges"], "CredentialSpec": credential}
        for kind in ("Secret", "Config"):
            if isinstance(container.get(f"{kind}s"), list):
                container[f"{kind}s"] = [_without_id(entry, kind) for entry in container[f"{kind}s"]]
        result["TaskTemplate"] = {**result["TaskTemplate"], "ContainerSpec": container}
    return result


def _without_id(entry: Any, kind: str) -> Any:
    return {key: value for key, value in entry.items() if key != f"{kind}ID"} if isinstance(entry, dict) else entry


def _changed(old: Json, new: Json) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the properties that differ: those that tasks are made from, and those that they are not."""
    restarting: dict[str, None] = {}
    harmless: dict[str, None] = {}
    images = [inner(side, "TaskTemplate", "ContainerSpec", "Image") for side in (old, new)]
    if _differ(*images):
        restarting["image"] = None
    for change in changes(SERVICE.shape, from_spec(old), from_spec(new)):
        path = users_path(SERVICE.shape, change.path)
        if not _within(path, _HARMLESS):
            restarting[path] = None
        elif not _within(path, ("resolved_image", "image")) or "image" not in restarting:
            harmless["image" if path == "resolved_image" else path] = None
    return tuple(restarting), tuple(harmless)


def _within(path: str, prefixes: Iterable[str]) -> bool:
    return any(path == prefix or path.startswith((f"{prefix}.", f"{prefix}[")) for prefix in prefixes)


def _places(old: Json, new: Json) -> Iterable[str]:
    """Name what differs where the inputs have no word for it: another tool made the service."""
    for key in ("TaskTemplate", "EndpointSpec"):
        before, after = old.get(key) or {}, new.get(key) or {}
        for name in sorted({*before, *after}):
            if before.get(name) == after.get(name):
                continue
            left, right = before.get(name), after.get(name)
            if name == "ContainerSpec" and isinstance(left, dict) and isinstance(right, dict):
                yield from (f"{name}.{k}" for k in sorted({*left, *right}) if left.get(k) != right.get(k))
            else:
                yield name
    if (old.get("EndpointSpec") is None) != (new.get("EndpointSpec") is None):
        yield "EndpointSpec"


def _differ(old: Any, new: Any) -> bool:
    return has_unknown(old) or has_unknown(new) or bool(old != new)


def _unplaced(spec: Json) -> Json:
    return {key: value for key, value in spec["TaskTemplate"].items() if key != "Placement"}


def _replicas(spec: Json) -> int | None:
    replicas = inner(spec, "Mode", "Replicated", "Replicas")
    return replicas if isinstance(replicas, int) else None


def _capacity(restarted: int | None, of: int | None, batch: int, order: Any) -> int | None:
    if not restarted or not of or order == "start-first":
        return 100 if restarted is not None or order == "start-first" else None
    down = restarted if batch == 0 else min(batch, restarted)
    return 100 * (of - down) // of
