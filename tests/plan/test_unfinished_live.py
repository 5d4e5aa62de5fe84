"""The restart forecast for services that do not stand as they should, against Swarm itself: task ids tell.

Each case is a state (a paused update, a crash loop between two tries, a task without a node, a finished job ...) and a
change of it. All are brought into their states side by side, looked at, and changed at once.
"""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest

from tests.plan.played import Bench, Played, foretold
from tests.plan.unfinished import CHANGES, STATES, applies, changed
from tests.support.engine import Engine

pytestmark = [pytest.mark.live, pytest.mark.timeout(1800)]

AT_ONCE = 50
SHORT = (
    ("first-stuck", "label"),
    ("first-stuck", "order"),
    ("update-paused", "label"),
    ("update-slow", "label"),
    ("scaled-up-by-hand", "label"),
    ("crash-loop", "environment"),
    ("half-placed", "environment"),
    ("finished", "image"),
    ("global-crash-loop", "environment"),
    ("global-crash-loop", "label"),
    ("job-completed", "label"),
    ("global-job-runs", "label"),
)
CASES = [(state, change) for state in STATES for change in CHANGES if applies(state, change)]


def named(cases: list[tuple[str, str]]) -> list[object]:
    return [pytest.param(*case, id="-".join(case), marks=() if case in SHORT else pytest.mark.long) for case in cases]


@pytest.fixture(scope="module")
def played(engine: Engine, request: pytest.FixtureRequest) -> Iterator[dict[tuple[str, str], Played]]:
    calls = [item.callspec.params for item in request.session.items if hasattr(item, "callspec")]
    chosen = [case for case in CASES if {"state": case[0], "change": case[1]} in calls]
    found: dict[tuple[str, str], Played] = {}
    for first in range(0, len(chosen), AT_ONCE):
        batch = {case: Played(case[0], STATES[case[0]], changed(*case)) for case in chosen[first : first + AT_ONCE]}
        with engine.cleaned():
            Bench(engine.docker, list(batch.values()), f"un{time.time_ns() % 10**6}-{first}").run()
        found |= batch
    yield found


@pytest.mark.parametrize(("state", "change"), named(CASES))
def test_forecast_is_what_task_ids_then_show(played: dict[tuple[str, str], Played], state: str, change: str) -> None:
    case = played[state, change]
    assert case.forecast is not None
    assert case.moved == foretold(case.forecast), f"{case.story}\n{case.forecast}"


def test_every_mode_has_unfinished_states() -> None:
    modes = {str(stage.does["deploy"].get("mode", "replicated")) for stages in STATES.values() for stage in stages
             if isinstance(stage.does, dict)}  # fmt: skip
    assert modes == {"replicated", "global", "replicated-job", "global-job"}
    assert len(STATES) >= 20
