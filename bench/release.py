"""A stack as one resource, beside a Stack of another checkout and what it cannot be below, alternated in one run.

That is a do-nothing provider with one resource of the same bytes, and a bare loop over the API.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from pathlib import Path

from bench.contenders import ApiLoop, Contender, NothingAtOnce, Ours, Release
from bench.measure import Run
from bench.workload import Workload
from tests.support.engine import Engine, start_engine
from tests.support.interposer import Interposer
from tests.support.pulumi import find_cli

SUBMITTED, RUNNING, LARGE = 200, 50, 1000
SIZES = (SUBMITTED, RUNNING, LARGE)
STACK, RELEASE, ONE, LOOP = "Stack, commit before", Release.name, NothingAtOnce.name, ApiLoop.name
STEPS = ("first deploy", "preview, no change", "rotate all", "destroy")
Add = Callable[[int, str, str, Run], None]
"""Takes a size, who did which step, and how that went."""


class Before(Ours):
    """A Stack, by another checkout."""

    name = STACK


def alternate(against: Path, rounds: int, add: Add, settle: Callable[[Engine], None]) -> dict[str, list[int]]:
    """Measure everybody; return how many calls each plugin process of a Release makes, by step.

    Args:
        against: the other checkout, with its own .venv.
        rounds: times that each is measured; the large stack once.
        add: takes each result.
        settle: waits until an engine has come to rest.
    """
    engine = start_engine()
    try:
        engine.images("bb")
        for number in range(rounds):
            for size, wait in ((SUBMITTED, False), (RUNNING, True), *(() if number else ((LARGE, False),))):
                with tempfile.TemporaryDirectory(prefix="spbench") as folder:
                    for contender in _contenders(engine, Path(folder), against, size, wait=wait):
                        _steps(contender, add)
                        settle(engine)
        return _calls(engine)
    finally:
        engine.down()


def _contenders(engine: Engine, folder: Path, against: Path, size: int, *, wait: bool) -> list[Contender]:
    work, cli = Workload(size, 1 if wait else 0), find_cli()
    release = Release(engine, work, folder / "release", wait=wait, cli=cli)
    if size == LARGE:
        return [release]
    floor: list[Contender] = [
        ApiLoop(engine, work, folder / "loop", wait=wait),
        NothingAtOnce(engine, work, folder / "one", wait=wait, cli=cli),
    ]
    if wait:
        return [*floor, release]
    venv = against.resolve() / ".venv"
    return [*floor, release, Before(engine, work, folder / "stack", wait=wait, cli=cli, venv=venv)]


def _steps(contender: Contender, add: Add) -> None:
    for step in STEPS:
        done = contender.step(step)
        if done is not None:
            add(contender.workload.size, contender.title, step, done)


def _calls(engine: Engine) -> dict[str, list[int]]:
    """Once more, not timed: what each plugin process asks the daemon."""
    found = {}
    with tempfile.TemporaryDirectory(prefix="spbench") as folder, Interposer(Path(folder), engine.host) as between:
        work = Workload(SUBMITTED, 0)
        counted = Release(engine, work, Path(folder) / "counted", wait=False, cli=find_cli(), host=between.host)
        for step in STEPS:
            between.begin()
            counted.step(step)
            found[step] = [sum(calls.values()) for calls in between.counts.values()]
    return found
