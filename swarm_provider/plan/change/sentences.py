"""Sentences that a machine reads back, and their inverse: `parse(describe(value))` is the value again. Pure.

Pulumi's digest of a preview carries what the plugin says to people, and nothing else; whoever reads it by machine needs
the facts again. A message is one or more clauses, joined by `; `; clauses of others between them are passed over.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

from swarm_provider.core.english import agreeing, count, listed
from swarm_provider.core.path import last_name
from swarm_provider.plan.change.restart import Restart

_MANY_REASONS: Final = 5
_PLURAL: Final = ("labels", "ports", "configs", "secrets", "networks")


@dataclass(frozen=True)
class Forecast:
    """What becomes of a service's tasks.

    Attributes:
        service: its name in the swarm.
        restart: the forecast.
        more: how many reasons there are beside those of the forecast: a sentence has the first five.
    """

    service: str
    restart: Restart
    more: int = 0


@dataclass(frozen=True)
class Adoption:
    """An object that exists, and that this run makes its own.

    Attributes:
        kind: `service`, `network`, `config` or `secret`.
        name: its name in the swarm.
    """

    kind: str
    name: str


@dataclass(frozen=True)
class Eviction:
    """Tasks that leave their node because of a change of nodes.

    Attributes:
        cause: the change: `draining n2`.
        counts: tasks that leave, by the name of their service.
    """

    cause: str
    counts: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True)
class Survival:
    """An object that a replacement does not recreate by itself: the new resource adopts it.

    Attributes:
        what: the object: `network 'x'`.
        updated: it does not stay as it is.
    """

    what: str
    updated: bool = False


Fact = Forecast | Adoption | Survival | Eviction


def describe(fact: Fact) -> str:
    """Return a fact in words."""
    if isinstance(fact, Forecast):
        return _forecast(fact.restart, fact.service)
    if isinstance(fact, Adoption):
        return f"{fact.kind} {fact.name!r} exists and will be adopted"
    if isinstance(fact, Survival):
        does = "is updated, not replaced," if fact.updated else "stays as it is"
        return f"{fact.what} {does} unless delete_before_replace=True is set, which recreates it"
    total = sum(fact.counts.values())
    each = ", ".join(f"{name} ({number})" for name, number in fact.counts.items())
    return f"{fact.cause} evicts {count(total, 'task')}: {each}; they stop immediately, regardless of update_config"


def parse(message: str) -> list[Fact]:
    """Return the facts that a message tells, in their order."""
    if match := _EVICTION.fullmatch(message):
        return [Eviction(match["cause"], {name: int(count) for name, count in _EACH.findall(match["each"])})]
    found: list[Fact] = []
    forecast: list[str] = []
    for clause in _CLAUSE.findall(message):
        if match := _ADOPTION.fullmatch(clause.strip()):
            found.append(Adoption(match["kind"], match["name"]))
        elif match := _SURVIVAL.match(clause.strip()):
            found.append(Survival(match["what"], match["updated"] is not None))
        else:
            forecast.append(clause.removeprefix(" "))
    told = _parsed_forecast(forecast)
    return [*found, told] if told is not None else found


def forecast_of(message: str) -> Forecast | None:
    """Return the forecast that a message tells, None where it tells none."""
    return next((fact for fact in parse(message) if isinstance(fact, Forecast)), None)


def pace(batch: int, tasks: int | None) -> str:
    """Return in which order tasks restart: `all at once`, `one at a time`, `3 at a time`; "" for a single one."""
    if tasks == 1:
        return ""
    if batch == 0 or (tasks is not None and batch >= tasks):
        return "all at once"
    return "one at a time" if batch == 1 else f"{batch} at a time"


# ------------------------------------------------------------------------------------------------- in words


def _forecast(found: Restart, name: str) -> str:
    if found.replaced:
        return f"the service {name} is replaced {_because(found.reasons)}: all its tasks stop, then new ones start"
    if found.restarts:
        parts = [_restarting(found, name), _older(found), _anew(found, name), _capacity(found)]
    elif found.anew:
        parts = [_anew(found, name)]
    elif found.moves:
        why = _because(found.reasons)
        parts = [f"tasks of {name} stay where their node still matches, and restart elsewhere if not, {why}"]
    elif found.starts or found.stops:
        parts = []
    else:
        only = f": only {listed(found.harmless, _MANY_REASONS)} {_verb(found.harmless)}" if found.harmless else ""
        return "; ".join([f"no task of {name} restarts{only}", *_paused(found)])
    parts += [*_scaling(found, name, alone=not parts), *_paused(found)]
    if not found.restarts and not found.moves:
        parts.append("none restarts")
    return "; ".join(part for part in parts if part)


def _restarting(found: Restart, name: str) -> str:
    why = _because(found.reasons)
    if found.job:
        return f"the job {name} runs again {why}; tasks that still run are stopped"
    who = f"the tasks of {name}" if found.tasks is None else f"{count(found.tasks, 'task')} of {name}"
    restart = agreeing(found.tasks or 0, "restarts", "restart")
    return " ".join(part for part in (who, restart, pace(found.batch, found.tasks), why) if part)


def _capacity(found: Restart) -> str:
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
        parts.append(f"{count(found.starts, 'more task')}{of} {agreeing(found.starts, 'starts', 'start')}")
    if found.stops:
        parts.append(f"{count(found.stops, 'task')}{of} {agreeing(found.stops, 'stops', 'stop')}")
    return parts


def _anew(found: Restart, name: str) -> str:
    """Say what becomes of tasks that do not run."""
    if not found.anew:
        return ""
    does = agreeing(found.anew, "that is not running is recreated", "that are not running are recreated")
    if found.restarts:
        return f"{found.anew} more {does}"
    return f"{count(found.anew, 'task')} of {name} {does} {_because(found.reasons)}"


def _older(found: Restart) -> str:
    """Say that an update before this one did not reach all tasks."""
    if not found.older or found.tasks is None:
        return ""
    who = "it" if found.tasks == 1 else "they" if found.older == found.tasks else f"{found.older} of them"
    return f"{who} still {agreeing(found.older, 'runs', 'run')} the version before the last update"


def _paused(found: Restart) -> list[str]:
    """Say that Swarm leaves the tasks of a global service alone on nodes that are paused."""
    if not found.paused:
        return []
    number = len(found.paused)
    hosts = ", ".join(found.paused)
    return [f"{count(number, 'task')} on {hosts} (paused) {agreeing(number, 'stays', 'stay')}"]


def _because(reasons: Sequence[str]) -> str:
    return f"because {listed(reasons, _MANY_REASONS)} {_verb(reasons)}"


def _verb(paths: Sequence[str]) -> str:
    return "change" if len(paths) > 1 or last_name(paths[0]) in _PLURAL else "changes"


# --------------------------------------------------------------------------------------------------- and back

_KEY: Final = r'\["(?:\\"|[^"])*"\]'
_CLAUSE: Final = re.compile(rf"(?:{_KEY}|(?!; ).)+", re.DOTALL)
"""What stands between two `; `, but for those in the keys of paths."""
_NAME: Final = r'[^\s.,;\[\]"]+'
_PATH: Final = re.compile(rf"(?:{_NAME}|{_KEY})(?:\.{_NAME}|\[\d+\]|{_KEY})*")
_MORE: Final = re.compile(r"(\d+) more")
_EVICTION: Final = re.compile(
    r"(?P<cause>.+) evicts \d+ tasks?: (?P<each>\S+ \(\d+\)(?:, \S+ \(\d+\))*); they stop immediately, .+"
)
_EACH: Final = re.compile(r"(\S+) \((\d+)\)")
_ADOPTION: Final = re.compile(r"(?P<kind>service|network|config|secret) '(?P<name>[^']*)' exists and will be adopted")
_SURVIVAL: Final = re.compile(
    r"(?P<what>.+?) (?:stays as it is|(?P<updated>is updated, not replaced,)) unless delete_before_replace=True is set"
)
_RESTART: Final = re.compile(
    r"(?:(?P<count>\d+) tasks? of|(?P<all>the tasks of)) (?P<name>\S+) restarts? ?(?P<pace>.*?) ?because (?P<why>.+)"
)
_ANEW: Final = re.compile(
    r"(?P<count>\d+) (?:tasks? of (?P<name>\S+)|more) that (?:is|are) not running (?:is|are) recreated"
    r"(?: because (?P<why>.+))?"
)
_OLDER: Final = re.compile(r"(?:it|they|(?P<count>\d+) of them) still runs? the version before the last update")
_PAUSED: Final = re.compile(r"\d+ tasks? on (?P<hosts>.+) \(paused\) stays?")
_SCALED: Final = re.compile(r"(?P<count>\d+) (?P<more>more )?tasks?(?: of (?P<name>\S+))? (?:starts?|stops?)")
_NOTHING: Final = re.compile(r"no task of (?P<name>\S+) restarts(?:: only (?P<why>.+))?")
_MOVES: Final = re.compile(r"tasks of (?P<name>\S+) stay where their node still matches, .*?, because (?P<why>.+)")
_JOB: Final = re.compile(r"the job (?P<name>\S+) runs again because (?P<why>.+)")
_REPLACED: Final = re.compile(
    r"the service (?P<name>\S+) is replaced because (?P<why>.+) changes?: all its tasks stop, then new ones start"
)
_CAPACITY: Final = re.compile(
    r"(?:capacity (?:stays at|drops to) (?P<percent>\d+)%(?: meanwhile)?|(?P<down>the service is down meanwhile)"
    r"|each node is briefly without a task) \(order (?P<order>stop-first|start-first)(?:, but .+)?\)"
)


def _parsed_forecast(clauses: Iterable[str]) -> Forecast | None:
    told = Forecast("", Restart(False))
    any_clause = False
    for clause in clauses:
        more = _with_clause(told, clause)
        any_clause |= more is not None
        told = _with_capacity(told, clause) if more is None else more
    return told if any_clause else None


def _with_clause(told: Forecast, clause: str) -> Forecast | None:
    """Return the forecast with what one of its clauses says, None where that is no clause of a forecast."""
    now = told.restart
    if match := _RESTART.fullmatch(clause):
        tasks = None if match["all"] else int(match["count"])
        now = replace(now, restarts=True, tasks=tasks, batch=_batch(match["pace"]))
    elif match := _JOB.fullmatch(clause):
        now = replace(now, restarts=True, job=True, tasks=None)
    elif match := _MOVES.fullmatch(clause):
        now = replace(now, moves=True)
    elif match := _REPLACED.fullmatch(clause):
        now = replace(now, restarts=True, tasks=None, batch=0, capacity=0, replaced=True)
    elif match := _ANEW.fullmatch(clause):
        now = replace(now, anew=int(match["count"]))
    elif match := _OLDER.fullmatch(clause):
        now = replace(now, older=int(match["count"] or now.tasks or 0))
    elif match := _PAUSED.fullmatch(clause):
        now = replace(now, paused=tuple(match["hosts"].split(", ")))
    elif match := _NOTHING.fullmatch(clause):
        pass
    elif match := _SCALED.fullmatch(clause):
        number = int(match["count"])
        now = replace(now, starts=number) if match["more"] else replace(now, stops=number)
    else:
        return None
    parts = match.groupdict()
    paths, more = _paths(parts["why"]) if parts.get("why") else ((), told.more)
    if paths:
        now = replace(now, harmless=paths) if match.re is _NOTHING else replace(now, reasons=paths)
    return Forecast(parts.get("name") or told.service, now, more)


def _batch(words: str) -> int:
    match = re.match(r"(\d+) at a time", words)
    return int(match[1]) if match else 0 if words == "all at once" else 1


def _with_capacity(told: Forecast, clause: str) -> Forecast:
    match = _CAPACITY.fullmatch(clause)
    if match is None:
        return told
    capacity = 0 if match["down"] else int(match["percent"]) if match["percent"] else None
    return replace(told, restart=replace(told.restart, capacity=capacity, order=match["order"]))


def _paths(text: str) -> tuple[tuple[str, ...], int]:
    """Return the paths of a list, and how many more it counts; none where it is no such list."""
    rest = re.sub(r" changes?$", "", text)
    found: list[str] = []
    while True:
        if match := _MORE.fullmatch(rest):
            return tuple(found), int(match[1])
        match = _PATH.match(rest)
        if match is None:
            return (), 0
        found.append(match[0])
        rest = rest[match.end() :]
        if not rest:
            return tuple(found), 0
        # "a, b and c"
        separator = ", " if rest.startswith(", ") else " and "
        if not rest.startswith(separator):
            return (), 0
        rest = rest.removeprefix(separator)
