"""From a failing seed to its story: what can be left out is left out, and the rest is told, a line for each event."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from tests.simulation.history import Event, History, Up
from tests.simulation.invariants import Broken
from tests.simulation.play import described, play
from tests.simulation.wishes import Wish


def shrunken(history: History, rule: str, *, tries: int = 300) -> History:
    """A smaller history in which the same rule does not hold."""
    left = tries
    shrinks = True
    while shrinks and left > 0:
        shrinks = False
        for smaller in _smaller(history):
            left -= 1
            if left <= 0:
                break
            broken, _ = play(smaller)
            if broken is not None and broken.rule == rule:
                history, shrinks = smaller, True
                break
    return history


def _smaller(history: History) -> Iterator[History]:
    events = history.events
    for length in (8, 4, 2, 1):
        if length > len(events):
            continue
        for at in range(len(events) - length, -1, -1):
            yield replace(history, events=(*events[:at], *events[at + length :]))
    for wish in _smaller_wishes(history.wish):
        yield replace(history, wish=wish)
    for at, event in enumerate(events):
        for simpler in _simpler(event):
            yield replace(history, events=(*events[:at], simpler, *events[at + 1 :]))
    for at in range(len(history.foreign)):
        yield replace(history, foreign=(*history.foreign[:at], *history.foreign[at + 1 :]))
    if history.nodes > history.managers:
        yield replace(history, nodes=history.nodes - 1)


def _smaller_wishes(wish: Wish) -> Iterator[Wish]:
    names = wish.names()
    for name in names:
        yield wish.without(name)
    for at, one in enumerate(wish.services):
        for plain in (
            replace(one, replicas=1),
            replace(one, uses=()),
            replace(one, networks=()),
            replace(one, constraint=""),
            replace(one, port=0),
            replace(one, order="stop-first", action="pause", by_text=False),
            replace(one, mode="replicated"),
        ):
            if plain != one:
                yield replace(wish, services=(*wish.services[:at], plain, *wish.services[at + 1 :]))


def _simpler(event: Event) -> Iterator[Event]:
    if not isinstance(event, Up):
        return
    for at in range(len(event.faults)):
        yield replace(event, faults=(*event.faults[:at], *event.faults[at + 1 :]))
    for plain in (replace(event, kill=""), replace(event, trouble=""), replace(event, meanwhile="")):
        if plain != event:
            yield plain


def told(history: History, broken: Broken, story: list[str]) -> str:
    """The story, for a reader."""
    lines = [f"seed {history.seed}: {broken}", "", f"{history.nodes} nodes; the program at the beginning:"]
    lines += [f"    {line}" for line in described(history.wish)]
    if history.foreign:
        lines.append(f"    beside it somebody else's {', '.join(history.foreign)}")
    return "\n".join([*lines, "", *story, f"    => {broken}"])
