"""A forecast in words, for the preview. What it says can be read back (`told`). Pure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from swarm_provider.plan.change.restart import Restart

_MANY_REASONS: Final = 5


def describe_restart(found: Restart, name: str) -> str:
    """Return a forecast in words: which tasks restart, why, in which order, and what that does to the capacity."""
    if found.restarts:
        parts = [_restarting(found, name), _older(found), _anew(found, name), _capacity_text(found)]
    elif found.anew:
        parts = [_anew(found, name)]
    elif found.moves:
        why = _because(found.reasons)
        parts = [f"tasks of {name} stay where their node still matches, and restart elsewhere if not, {why}"]
    elif found.starts or found.stops:
        parts = []
    else:
        only = f": only {_listed(found.harmless)} {_verb(found.harmless)}" if found.harmless else ""
        return "; ".join([f"no task of {name} restarts{only}", *_paused(found)])
    parts += [*_scaling(found, name, alone=not parts), *_paused(found)]
    if not found.restarts and not found.moves:
        parts.append("none restarts")
    return "; ".join(part for part in parts if part)


def _restarting(found: Restart, name: str) -> str:
    why = _because(found.reasons)
    if found.job:
        return f"the job {name} runs again {why}; tasks that still run are stopped"
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
    if found.order == "start-first" and found.capacity == 100:
        return "capacity stays at 100% (order start-first)"
    if found.capacity is None:
        return "each node is briefly without a task (order stop-first)"
    why = "order stop-first"
    if found.order == "start-first":
        # Swarm looks for a task of the new version first, and stops the others where there is one, in whatever order
        why = "order start-first, but the new tasks exist already and do not run"
    if found.capacity == 0:
        return f"the service is down meanwhile ({why})"
    return f"capacity drops to {found.capacity}% meanwhile ({why})"


def _scaling(found: Restart, name: str, *, alone: bool) -> list[str]:
    of = f" of {name}" if alone else ""
    parts = []
    if found.starts:
        parts.append(f"{found.starts} more {_tasks(found.starts)}{of} {'starts' if found.starts == 1 else 'start'}")
    if found.stops:
        parts.append(f"{found.stops} {_tasks(found.stops)}{of} {'stops' if found.stops == 1 else 'stop'}")
    return parts


def _anew(found: Restart, name: str) -> str:
    """What becomes of tasks that do not run."""
    if not found.anew:
        return ""
    one = found.anew == 1
    does = "that is not running is recreated" if one else "that are not running are recreated"
    if found.restarts:
        return f"{found.anew} more {does}"
    return f"{found.anew} {_tasks(found.anew)} of {name} {does} {_because(found.reasons)}"


def _older(found: Restart) -> str:
    """That an update before this one did not reach all tasks."""
    if not found.older or found.tasks is None:
        return ""
    who = "it" if found.tasks == 1 else "they" if found.older == found.tasks else f"{found.older} of them"
    return f"{who} still {'runs' if found.older == 1 else 'run'} the version before the last update"


def _paused(found: Restart) -> list[str]:
    """That Swarm leaves the tasks of a global service alone on nodes that are paused."""
    if not found.paused:
        return []
    count = len(found.paused)
    return [f"{count} {_tasks(count)} on {', '.join(found.paused)} (paused) {'stays' if count == 1 else 'stay'}"]


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
