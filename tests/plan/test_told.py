"""Reading a forecast back from its sentence gives the forecast."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from swarm_provider.plan.change.forecast_parser import parse_forecast
from swarm_provider.plan.change.restart import Restart
from swarm_provider.plan.change.restart_words import describe_restart

NAMES = st.from_regex(r"[a-z][a-z0-9_-]{0,20}", fullmatch=True)
PATHS = st.sampled_from(
    ("image", "environment.MODE", "ports", "configs[0].source", 'labels["a.b, and c"]', "deploy.resources", "secrets")
)


@st.composite
def forecasts(draw: st.DrawFn) -> Restart:
    reasons = tuple(draw(st.lists(PATHS, min_size=1, max_size=5, unique=True)))
    starts, stops = draw(st.sampled_from(((0, 0), (3, 0), (0, 1))))
    tasks = draw(st.sampled_from((None, 1, 2, 7)))
    batch = draw(st.sampled_from((0, 1, 2, 9)))
    paused = draw(st.sampled_from(((), ("node1",), ("node2", "node3"))))
    anew = draw(st.sampled_from((0, 1, 4)))
    kind = draw(st.sampled_from(("restarts", "anew", "moves", "nothing", "job")))
    if kind == "nothing":
        harmless = () if starts or stops else reasons
        return Restart(False, harmless=harmless, starts=starts, stops=stops, paused=paused)
    if kind == "anew":
        return Restart(False, reasons, anew=anew or 1, starts=starts, stops=stops, paused=paused)
    if kind == "job":
        return Restart(True, reasons, tasks=None, job=True)
    if kind == "moves":
        return Restart(False, reasons, moves=True, starts=starts, stops=stops)
    order = draw(st.sampled_from(("stop-first", "start-first")))
    losses: tuple[int | None, ...] = (0, 50, 75) if tasks else (None,)
    capacity = draw(st.sampled_from((100, *losses) if order == "start-first" and tasks else losses))
    capacity = 100 if order == "start-first" and tasks is None else capacity
    older = draw(st.integers(0, tasks or 0))
    return Restart(
        True, reasons, tasks=tasks, batch=batch, order=order, capacity=capacity, starts=starts, stops=stops,
        anew=anew, older=older, paused=paused,
    )  # fmt: skip


@settings(max_examples=50, deadline=None)
@given(forecasts(), NAMES, st.sampled_from(("", "service 'x' exists and will be adopted; ")))
def test_forecast_read_back_from_its_sentence_is_the_same(forecast: Restart, name: str, before: str) -> None:
    read = parse_forecast(before + describe_restart(forecast, name))
    assert read is not None
    named, found, missing = read
    assert named == name and missing == 0
    # a sentence does not say by how much a batch exceeds the number of tasks
    assert replace(found, batch=0) == replace(forecast, batch=0)


@settings(max_examples=50, deadline=None)
@given(st.integers(1, 9))
def test_reasons_cut_short_for_people_are_told_as_missing(more: int) -> None:
    reasons = tuple(f"environment.N{number}" for number in range(5 + more))
    read = parse_forecast(describe_restart(Restart(True, reasons, tasks=3), "web"))
    assert read is not None
    assert read[1].reasons == reasons[:5] and read[2] == more


@settings(max_examples=50, deadline=None)
@given(st.text())
def test_text_of_somebody_else_is_no_forecast(text: str) -> None:
    assert parse_forecast(text) is None


def test_sentence_of_a_replacement_is_read() -> None:
    read = parse_forecast(
        "the service is replaced because deploy.mode changes: all its tasks stop, then new ones start"
    )
    assert read is not None
    assert read[1].replaced and read[1].reasons == ("deploy.mode",)
