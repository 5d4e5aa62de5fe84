"""What people see of a Release as a whole: the line that sums up a preview, and the status while it is deployed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from swarm_provider.core.english import agreeing, count, listed
from swarm_provider.core.path import Path
from swarm_provider.core.values import FORECAST, reveal
from swarm_provider.plan.change.summary import NO_DATA, Outlook, from_forecast, restart_of, runs_once, tasks_of, total
from swarm_provider.plugin.handlers.release.children import Child

_MOST_NAMED = 4


class Status:
    """The status of a Release that is being deployed: `12/14 services run; web 2/3 running, db starting`."""

    def __init__(self, services: int, done: int) -> None:
        """
        Args:
            services: how many the Release will have.
            done: how many of them are left alone.
        """
        self._services = services
        self._done = done
        self._doing: dict[str, str] = {}

    def of(self, name: str, text: str) -> str:
        """Return the status once a child says what it does."""
        # what comes after the first comma is for who looks at one service alone
        self._doing[name] = text.partition(", ")[0]
        return self.text

    def ended(self, name: str, *, well: bool) -> str:
        """Return the status once a service is done with."""
        self._doing.pop(name, None)
        self._done += well
        return self.text

    @property
    def text(self) -> str:
        """The whole status."""
        named = [f"{name} {what}" for name, what in list(self._doing.items())[:_MOST_NAMED]]
        more = len(self._doing) - len(named)
        rest = [*named, *([f"{more} more"] if more > 0 else [])]
        head = f"{self._done}/{count(self._services, 'service')} {agreeing(self._services, 'runs', 'run')}"
        return f"{head}; {', '.join(rest)}" if rest else head


def summed_up(children: Sequence[Child], differing: Mapping[Path, bool], *, rollback: bool) -> str:
    """Return the one line that sums up what a preview shows; "" where no service changes.

    Args:
        children: those of the old and of the new inputs, once their forecasts are made.
        differing: places of the children that differ, each with whether another object takes the place of the old one.
        rollback: everything is to return to what ran before when a service fails.
    """
    services = [child for child in children if child.name.kind == "service" and _is_touched(child, differing)]
    if not services:
        return ""
    found = [_outlook(child) for child in services]
    clauses = [
        f"{count(number, 'service')} {agreeing(number, *verb)}"
        for op, verb in _VERBS.items()
        if (number := sum(one.op == op for one in found))
    ]
    mounts = [child.name.key for child in services if child.olds and child.news and _mounts_differ(child)]
    told = total(found, f"mounts of {listed(mounts)} change" if mounts else NO_DATA)
    jobs = [one.service for one in found if one.job and (one.restarts or one.op == "create")]
    lasting = [*jobs, *(str(child.name) for child in children if _is_network_made_anew(child, differing))]
    warning = f"; if a service fails, {listed(lasting)} cannot be returned" if lasting and rollback else ""
    return f"{', '.join(clauses)}: {told[0].lower()}{told[1:].rstrip('.')}{warning}"


_VERBS = {
    "update": ("changes", "change"),
    "replace": ("is replaced", "are replaced"),
    "create": ("is created", "are created"),
    "delete": ("is removed", "are removed"),
}


def _is_touched(child: Child, differing: Mapping[Path, bool]) -> bool:
    return not child.news or not child.is_settled or child.name.place in differing


def _is_network_made_anew(child: Child, differing: Mapping[Path, bool]) -> bool:
    return child.name.kind == "network" and bool(child.olds) and differing.get(child.name.place, False)


def _outlook(child: Child) -> Outlook:
    name, inputs = child.name.key, reveal(child.news or child.olds)
    if not child.news:
        return Outlook(name, "delete", stops=tasks_of(inputs), job=runs_once(inputs))
    told = child.run.forecasts_of(child.request.urn).get(FORECAST)
    if told:
        restart = restart_of(told[-1])
        if restart.replaced:
            restart = replace(restart, tasks=tasks_of(reveal(child.olds)))
        return from_forecast(name, "replace" if restart.replaced else "update", restart)
    if not child.olds:
        return Outlook(name, "create", starts=tasks_of(inputs), job=runs_once(inputs))
    return Outlook(name, "update")


def _mounts_differ(child: Child) -> bool:
    return bool(reveal(child.olds.get("volumes")) != reveal(child.news.get("volumes")))
