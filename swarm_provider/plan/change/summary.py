"""What a run does to the tasks of several services, and the one line that sums it up. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields
from typing import Final

from swarm_provider.core import Json
from swarm_provider.core.english import count, listed
from swarm_provider.core.path import within
from swarm_provider.core.values import at
from swarm_provider.model.service import JOB_MODES
from swarm_provider.plan.change.property_diff import Change
from swarm_provider.plan.change.restart import Restart
from swarm_provider.plan.change.sentences import pace
from swarm_provider.plan.change.task_origin import HARMLESS

NO_DATA: Final = "no data volume touched"
_NUMBERS: Final = tuple(field.name for field in fields(Restart))
_RESTARTING: Final = 6


@dataclass(frozen=True)
class Outlook:
    """The future of one service's tasks.

    Attributes:
        service: its name in the swarm.
        op: what happens to the service, as in `Changed`.
        restarts: the tasks that run now are replaced.
        tasks: how many; None where the number is not known (a global service, a job).
        starts: how many start beside those; None: one on each node.
        stops: how many stop for good; None: all.
        reasons: the properties that cause it.
        more: how many reasons there are beside those: a digest has the first five only where nothing else tells.
        pace: `one at a time`, or "".
        capacity: percent of the tasks that run all the while; None where it is not known.
        moves: tasks move only where their node no longer matches.
        job: it runs once and ends.
        harmless: what changes without touching a task.
        idle: no task is wanted of it, before as after.
        anew: how many tasks that do not run now are replaced.
        moved: it starts on another swarm, and then stops on this one.
    """

    service: str
    op: str
    restarts: bool = False
    tasks: int | None = 0
    starts: int | None = 0
    stops: int | None = 0
    reasons: tuple[str, ...] = ()
    pace: str = ""
    capacity: int | None = 100
    moves: bool = False
    job: bool = False
    harmless: tuple[str, ...] = ()
    idle: bool = False
    more: int = 0
    anew: int = 0
    moved: bool = False

    @property
    def rank(self) -> int:
        """Its place in a list: what takes a service down comes first."""
        if self.op == "replace":
            return 0
        if self.restarts:
            return 1 if self.capacity != 100 else 2
        if self.op == "delete":
            return 1
        if self.moves or self.op == "create" or self.starts or self.stops or self.anew:
            return 3
        return 4 if self.op != "same" else 5


def tasks_of(inputs: Json) -> int | None:
    """Return how many tasks a service asks for; None where its mode has no such number."""
    mode, replicas = _mode(inputs), at(inputs, "deploy", "replicas")
    return None if mode in ("global", *JOB_MODES) else replicas if isinstance(replicas, int) else 1


def runs_once(inputs: Json) -> bool:
    """Say whether a service is a job."""
    return _mode(inputs) in JOB_MODES


def _mode(inputs: Json) -> str:
    return str(at(inputs, "deploy", "mode") or "replicated")


def restart_of(entry: Json) -> Restart:
    """Return the forecast that an entry of a preview's outputs holds."""
    values: Json = {name: entry[name] for name in _NUMBERS if name in entry}
    for name in ("reasons", "harmless", "paused"):
        values[name] = tuple(values.get(name) or ())
    return Restart(**values)


def from_forecast(name: str, op: str, found: Restart, differences: Iterable[Change] = ()) -> Outlook:
    """Return what a forecast says of a service.

    Args:
        name: the service.
        op: what happens to it.
        found: the forecast.
        differences: of its inputs; a sentence for people leaves out what comes after the fifth reason.
    """
    reasons = list(found.reasons)
    if found.restarts:
        more = [change.path for change in differences if not within(change.place, *HARMLESS, *_UNSEEN)]
        reasons += [path for path in more if path not in reasons]
    return Outlook(
        name,
        op,
        found.restarts,
        found.tasks if found.restarts else 0,
        found.starts,
        found.stops,
        tuple(reasons) if found.restarts or found.moves or found.anew else (),
        _pace(found),
        found.capacity if found.restarts else 100,
        found.moves,
        found.job,
        found.harmless,
        anew=found.anew,
    )


_UNSEEN: Final = ("wait", "fail_after", "resolve_image", "adopt", "advice", "strict", "owner")
"""Inputs that Swarm does not see."""


def _pace(found: Restart) -> str:
    if not found.restarts or found.job:
        return ""
    return pace(found.batch, found.tasks)


def describe_outlook(outlook: Outlook) -> str:
    """Return what happens to the tasks in words: `2 tasks restart, one at a time; capacity drops to 50%`."""
    if outlook.moved:
        what = (
            "the job runs"
            if outlook.job
            else "all tasks start"
            if outlook.starts is None
            else (count(outlook.starts, "task", "start"))
        )
        return f"{what} on the other swarm, and then {'it is removed' if outlook.job else 'as many stop'} here"
    if outlook.job:
        return _job(outlook)
    if outlook.op == "delete":
        return "all tasks stop" if outlook.stops is None else count(outlook.stops, "task", "stop")
    if outlook.op == "create":
        starts = outlook.starts
        return "one task starts on each node" if starts is None else count(starts, "task", "start")
    parts = []
    if outlook.restarts:
        what = "all tasks restart" if outlook.tasks is None else count(outlook.tasks, "task", "restart")
        parts = [f"{what}, {outlook.pace}" if outlook.pace else what, _capacity(outlook)]
    elif outlook.moves:
        parts = ["tasks restart elsewhere where their node no longer matches"]
    if outlook.anew:
        verb = "is" if outlook.anew == 1 else "are"
        parts.append(f"{count(outlook.anew, 'task')} that {verb} not running {verb} recreated")
    if outlook.starts:
        parts.append(count(outlook.starts, "more task", "start"))
    if outlook.stops:
        parts.append(count(outlook.stops, "task", "stop"))
    if not outlook.restarts and not outlook.moves:
        parts.append("no task runs, and none starts" if outlook.idle else "no task restarts")
    return "; ".join(parts)


def _job(outlook: Outlook) -> str:
    if outlook.op == "delete":
        return "the job is removed; tasks that still run stop"
    if outlook.restarts:
        return "the job runs again; tasks that still run stop"
    return "the job runs once" if outlook.op == "create" else "the job does not run again"


def _capacity(outlook: Outlook) -> str:
    if outlook.op == "same":
        return "they are evicted from their node and start on others"
    if outlook.op == "replace":
        return "the service is down from the first stop until the new tasks run"
    if outlook.capacity is None:
        return "each node is briefly without a task"
    if outlook.capacity == 0:
        return "the service is down meanwhile"
    return f"capacity drops to {outlook.capacity}% meanwhile" if outlook.capacity < 100 else "full capacity throughout"


def total(found: Sequence[Outlook], data: str = NO_DATA) -> str:
    """Return the one line that sums up what a run does to tasks, data and capacity.

    Args:
        data: what it does to data volumes.
    """
    restarting = [one for one in found if one.restarts and not one.job]
    known = sum(one.tasks or 0 for one in restarting)
    somewhere = [one for one in restarting if one.tasks is None]
    parts = []
    if known:
        counted = len(restarting) - len(somewhere)
        parts.append(f"{count(known, 'task', 'restart')} in {count(counted, 'service')}")
    if somewhere:
        parts.append(f"all tasks of {count(len(somewhere), 'service')} restart")
    if not restarting:
        parts.append("no running task restarts")
    jobs = [one for one in found if one.job and (one.restarts or one.moved or one.op == "create")]
    parts += [count(len(jobs), "job", "run")] if jobs else []
    parts += (
        [f"tasks of {count(sum(one.moves for one in found), 'service')} may move"]
        if any(one.moves for one in found)
        else []
    )
    starting = sum(one.starts or 0 for one in found if not one.job)
    stopping = sum(one.stops or 0 for one in found if not one.job)
    parts += [count(starting, "more task" if restarting else "task", "start")] if starting else []
    parts += [count(stopping, "task", "stop")] if stopping else []
    parts.append(data)
    if restarting:
        parts.append(_worst(restarting))
    text = ", ".join(parts)
    return f"{text[0].upper()}{text[1:]}."


def _worst(restarting: Sequence[Outlook]) -> str:
    down = sorted(one.service for one in restarting if one.capacity == 0)
    if down:
        return (
            f"{listed(down)} {'are' if len(down) > 1 else 'is'} down meanwhile"
            if len(down) <= _RESTARTING
            else (f"{len(down)} services are down meanwhile")
        )
    known = [one.capacity for one in restarting if one.capacity is not None]
    evicted = [one for one in restarting if one.op == "same"]
    if evicted:
        return f"{listed(sorted(one.service for one in evicted))} are evicted from nodes"
    if len(known) < len(restarting):
        return "each node is briefly without a task of a global service"
    return f"capacity never below {min(known)}%"
