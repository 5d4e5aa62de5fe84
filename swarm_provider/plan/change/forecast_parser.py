"""Reading a forecast back from its sentence: the inverse of `restart_words.sentence`.

Pulumi's digest of a preview carries what the plugin says to people, and nothing else; whoever reads it by machine
needs the numbers again.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Final

from swarm_provider.plan.change.restart import Restart

_PATH: Final = r"""[^\s.,;\[\]]+(?:\.[^\s.,;\[\]]+|\[\d+\]|\["[^"]*"\])*"""
_PATHS: Final = re.compile(rf"({_PATH})(?:, | and |$)")
_MORE: Final = re.compile(r"(?:^| and )(\d+) more$")
_CAPACITY: Final = re.compile(r"capacity drops to (\d+)% meanwhile")
_AT_ONCE: Final = {"all at once": 0, "one at a time": 1}
_RESTART: Final = re.compile(
    r"(?:(?P<count>\d+) tasks? of|(?P<all>the tasks of)) (?P<name>\S+) restarts? ?(?P<how>.*?) ?because (?P<why>.+)"
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
_REPLACED: Final = re.compile(r"the service is replaced because (?P<why>.+) changes: all its tasks stop, .*")


def parse_forecast(text: str) -> tuple[str, Restart, int] | None:
    """Read a sentence of `restart_words.sentence`, also where other clauses stand before it.

    Returns:
        The service's name ("" where the sentence has none), the forecast, and how many of its reasons are not there
        (a long list is cut short for people). None where the text is no forecast.
    """
    name, found, missing, any_clause = "", Restart(False), 0, False
    for clause in text.split("; "):
        if match := _RESTART.fullmatch(clause):
            reasons, missing = _reasons(match["why"])
            tasks = None if match["all"] else int(match["count"])
            batch = _batch(match["how"], tasks)
            found = replace(found, restarts=True, reasons=reasons, tasks=tasks, batch=batch)
        elif match := _JOB.fullmatch(clause):
            reasons, missing = _reasons(match["why"])
            found = replace(found, restarts=True, reasons=reasons, job=True, tasks=None)
        elif match := _MOVES.fullmatch(clause):
            reasons, missing = _reasons(match["why"])
            found = replace(found, moves=True, reasons=reasons)
        elif match := _REPLACED.fullmatch(clause):
            found = replace(
                found,
                restarts=True,
                reasons=tuple(match["why"].split(", ")),
                tasks=None,
                batch=0,
                capacity=0,
                replaced=True,
            )
        elif match := _ANEW.fullmatch(clause):
            if match["why"]:
                reasons, missing = _reasons(match["why"])
                found = replace(found, reasons=reasons)
            found = replace(found, anew=int(match["count"]))
        elif match := _OLDER.fullmatch(clause):
            found = replace(found, older=int(match["count"] or found.tasks or 0))
        elif match := _PAUSED.fullmatch(clause):
            found = replace(found, paused=tuple(match["hosts"].split(", ")))
        elif match := _NOTHING.fullmatch(clause):
            harmless, missing = _reasons(match["why"] or "")
            found = replace(found, harmless=harmless)
        elif match := _SCALED.fullmatch(clause):
            number = int(match["count"])
            found = replace(found, starts=number) if match["more"] else replace(found, stops=number)
        else:
            found = _with_capacity(found, clause)
            continue
        any_clause = True
        name = match.groupdict().get("name") or name
    return (name, found, missing) if any_clause else None


def _batch(how: str, tasks: int | None) -> int:
    if how in _AT_ONCE:
        return _AT_ONCE[how]
    match = re.match(r"(\d+) at a time", how)
    return int(match[1]) if match else tasks or 1


def _with_capacity(found: Restart, clause: str) -> Restart:
    if clause.startswith(("capacity ", "the service is down meanwhile")) and "(order start-first" in clause:
        found = replace(found, order="start-first")
    if clause.startswith("capacity stays at 100%"):
        return replace(found, capacity=100)
    if match := _CAPACITY.match(clause):
        return replace(found, capacity=int(match[1]))
    if clause.startswith("the service is down meanwhile"):
        return replace(found, capacity=0)
    return replace(found, capacity=None) if clause.startswith("each node is briefly without a task") else found


def _reasons(text: str) -> tuple[tuple[str, ...], int]:
    listed = re.sub(r" changes?$", "", text)
    cut = _MORE.search(listed)
    return tuple(_PATHS.findall(_MORE.sub("", listed))), int(cut[1]) if cut else 0
