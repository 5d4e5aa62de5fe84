"""The resources of a preview -> what happens to the tasks of each service, and to data."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from swarm_provider.core.english import listed
from swarm_provider.core.path import within
from swarm_provider.core.values import at
from swarm_provider.plan.change.sentences import Eviction, Survival, forecast_of, parse
from swarm_provider.plan.change.summary import NO_DATA, Outlook, from_forecast, restart_of, runs_once, tasks_of
from swarm_provider.report.changed import Changed
from swarm_provider.report.reading import Note


def outlooks(resources: Sequence[Changed], notes: Sequence[Note]) -> list[Outlook]:
    """Return what happens to the tasks, service by service, the most drastic first."""
    found: dict[str, Outlook] = {}
    for one in resources:
        if one.kind == "Service":
            future = _of_service(one, [note.text for note in notes if note.urn == one.urn])
            found[one.shown] = replace(future, idle=_idle(one))
    for eviction in (fact for note in notes for fact in parse(note.text) if isinstance(fact, Eviction)):
        for name, number in eviction.counts.items():
            # a change of nodes moves the tasks of services that do not change themselves
            known = found.get(name, Outlook(name, "same"))
            if known.op == "same":
                reasons = (*known.reasons, eviction.cause)
                tasks = (known.tasks or 0) + number
                found[name] = Outlook(name, "same", True, tasks, reasons=reasons, pace="at once", capacity=None)
    return sorted(found.values(), key=lambda outlook: (outlook.rank, outlook.service))


def _of_service(one: Changed, texts: Sequence[str]) -> Outlook:
    if one.op == "same":
        return Outlook(one.shown, "same")
    number, job = tasks_of(one.inputs), runs_once(one.inputs)
    if one.op == "delete":
        return Outlook(one.shown, "delete", stops=number, job=job)
    if one.moves:
        # Pulumi does not ask for a forecast: nothing that runs here is updated
        return Outlook(one.shown, "replace", starts=number, stops=number, job=job, moved=True)
    if one.goes_first and any(isinstance(fact, Survival) for text in texts for fact in parse(text)):
        # the plugin does not know that
        return Outlook(
            one.shown, "replace", True, number, pace="" if number == 1 else "all at once", capacity=0, job=job
        )
    if one.forecasts:
        return from_forecast(one.shown, one.op, restart_of(one.forecasts[0]), one.differences)
    for text in texts:
        told = forecast_of(text)
        if told is not None:
            found = told.restart
            if found.replaced:
                old = at(one.old, "deploy", "replicas")
                found = replace(found, tasks=old if isinstance(old, int) else None)
            future = from_forecast(one.shown, one.op, found, one.differences if told.more else ())
            known = len(future.reasons) - len(found.reasons)
            return replace(future, more=max(0, told.more - known) if future.reasons else 0)
    if one.op == "create":
        return Outlook(one.shown, "create", starts=number, job=job)
    return Outlook(one.shown, one.op)


def _idle(one: Changed) -> bool:
    return all(at(side, "deploy", "replicas") == 0 for side in (one.old, one.new))


def data_told(resources: Sequence[Changed]) -> str:
    """Return what the run does to data volumes."""
    gone = [
        one.shown for one in resources if one.kind == "Volume" and one.op == "delete" and one.old.get("deleteOnDestroy")
    ]
    if gone:
        return f"data volume{'s' if len(gone) > 1 else ''} {listed(gone)} removed with all data"
    moved = [
        one.shown
        for one in resources
        if one.kind == "Service" and any(within(change.place, "volumes") for change in one.differences)
    ]
    return f"mounts of {listed(moved)} change" if moved else NO_DATA
