"""What is read back from a sentence is what the sentence was made of, for every sentence that a machine reads."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from swarm_provider.core.path import render
from swarm_provider.plan.change.restart import Restart
from swarm_provider.plan.change.sentences import (
    Adoption,
    Eviction,
    Fact,
    Forecast,
    Survival,
    describe,
    forecast_of,
    pace,
    parse,
)

NAMES = st.from_regex(r"[a-z][a-z0-9_-]{0,20}", fullmatch=True)
# keys of users have whatever they like, a machine's own separators too; no line ends: a message is one line
KEYS = st.one_of(
    st.text(st.characters(exclude_categories=("Cc", "Cs", "Zl", "Zp")), min_size=1).filter(
        lambda key: not key.endswith("\\") and key != "*"
    ),
    st.sampled_from(("a; b", "a, b and c", "3 more", 'say "hi"', "x because y", "image changes", "; none restarts")),
)
PROPERTIES = st.sampled_from(("image", "ports", "deploy", "labels", "environment", "secrets", "umgebung", "größe"))
PATHS = st.tuples(PROPERTIES, st.lists(KEYS | st.integers(0, 99), max_size=2)).map(lambda p: render((p[0], *p[1])))
LISTED = st.lists(PATHS, min_size=1, max_size=5, unique=True).map(tuple)
SCALED = st.sampled_from(((0, 0), (3, 0), (1, 0), (0, 1), (0, 4)))
PAUSED = st.sampled_from(((), ("node1",), ("node2", "node3")))


@st.composite
def restarting(draw: st.DrawFn) -> Restart:
    starts, stops = draw(SCALED)
    tasks = draw(st.sampled_from((None, 1, 2, 7)))
    batch = draw(st.sampled_from((0, 2, 9) if tasks is None else (1,) if tasks == 1 else (0, 1)))
    batch = draw(st.sampled_from((batch, 3))) if tasks == 7 else batch
    order = draw(st.sampled_from(("stop-first", "start-first")))
    losses: tuple[int | None, ...] = (0, 50, 75) if tasks else (None,)
    capacity = draw(st.sampled_from((100, *losses) if order == "start-first" and tasks else losses))
    capacity = 100 if order == "start-first" and tasks is None else capacity
    return Restart(
        True, draw(LISTED), tasks=tasks, batch=batch, order=order, capacity=capacity, starts=starts, stops=stops,
        anew=draw(st.sampled_from((0, 1, 4))), older=draw(st.integers(0, tasks or 0)), paused=draw(PAUSED),
    )  # fmt: skip


@st.composite
def quiet(draw: st.DrawFn) -> Restart:
    """A forecast in which no task that runs restarts."""
    starts, stops = draw(SCALED)
    kind = draw(st.sampled_from(("anew", "moves", "nothing")))
    if kind == "anew":
        anew = draw(st.sampled_from((1, 4)))
        return Restart(False, draw(LISTED), anew=anew, starts=starts, stops=stops, paused=draw(PAUSED))
    if kind == "moves":
        return Restart(False, draw(LISTED), moves=True, starts=starts, stops=stops, paused=draw(PAUSED))
    harmless = () if starts or stops else draw(LISTED | st.just(()))
    return Restart(False, harmless=harmless, starts=starts, stops=stops, paused=draw(PAUSED))


JOBS = LISTED.map(lambda reasons: Restart(True, reasons, tasks=None, job=True))
REPLACED = LISTED.map(lambda reasons: Restart(True, reasons, tasks=None, batch=0, capacity=0, replaced=True))
FORECASTS = st.builds(Forecast, NAMES, st.one_of(restarting(), quiet(), JOBS, REPLACED))
ADOPTIONS = st.builds(Adoption, st.sampled_from(("service", "network", "config", "secret")), NAMES)
SURVIVALS = st.builds(
    Survival, NAMES.map("network '{}'".format) | NAMES.map("the label {} of nodes".format), st.booleans()
)
EVICTIONS = st.builds(
    Eviction,
    st.one_of(
        NAMES.map("draining {}".format),
        KEYS.map("the label storage={}, which leaves n1,".format),
        st.just("the label a=x evicts 2 tasks: b (1)"),
    ),
    st.dictionaries(NAMES, st.integers(1, 99), min_size=1, max_size=4),
)


@settings(max_examples=300)
@given(FORECASTS | ADOPTIONS | SURVIVALS | EVICTIONS)
def test_fact_is_read_back_from_its_sentence(fact: Fact) -> None:
    assert parse(describe(fact)) == [fact]


@given(ADOPTIONS, FORECASTS)
def test_adoption_and_what_it_does_are_read_from_one_message(adoption: Adoption, forecast: Forecast) -> None:
    message = f"{describe(adoption)}; {describe(forecast)}"
    assert parse(message) == [adoption, forecast]
    assert forecast_of(message) == forecast


@given(FORECASTS, st.sampled_from(("`up` tries again", "the key of its name was lost, so a new version is made")))
def test_clauses_of_others_are_passed_over(forecast: Forecast, other: str) -> None:
    assert parse(f"{other}; {describe(forecast)}") == [forecast]


@given(st.integers(1, 9))
def test_reasons_cut_short_for_people_are_counted(more: int) -> None:
    reasons = tuple(f"environment.N{number}" for number in range(5 + more))
    told = forecast_of(describe(Forecast("web", Restart(True, reasons, tasks=3))))
    assert told is not None
    assert (told.restart.reasons, told.more) == (reasons[:5], more)


@given(st.integers(2, 9), st.integers(0, 20))
def test_batch_larger_than_the_service_is_all_at_once(tasks: int, batch: int) -> None:
    found = Restart(True, ("image",), tasks=tasks, batch=batch, capacity=0)
    told = forecast_of(describe(Forecast("web", found)))
    assert told is not None
    assert replace(told.restart, batch=0) == replace(found, batch=0)
    assert pace(told.restart.batch, tasks) == pace(batch, tasks)


@given(st.text())
def test_text_of_somebody_else_tells_nothing(text: str) -> None:
    assert parse(text) == []


@pytest.mark.parametrize(
    "text",
    [
        "image 'x' is deployed by its tag, without a digest",
        "volume 'a' exists and will be used",
        "3 tasks of web restart sometimes",
        "draining n1 evicts no task",
    ],
)
def test_sentence_that_only_looks_alike_tells_nothing(text: str) -> None:
    assert parse(text) == []


@pytest.mark.parametrize(
    ("found", "text"),
    [
        (
            Restart(True, ("image",), tasks=2, batch=1, capacity=50),
            "2 tasks of web restart one at a time because image changes; capacity drops to 50% meanwhile (order "
            "stop-first)",
        ),
        (
            Restart(True, ("deploy.mode", "networks"), replaced=True),
            "the service web is replaced because deploy.mode and networks change: all its tasks stop, then new ones "
            "start",
        ),
        (Restart(False, starts=1), "1 more task of web starts; none restarts"),
        (Restart(False, harmless=("deploy.labels",)), "no task of web restarts: only deploy.labels change"),
    ],
)
def test_words_are_those_of_people(found: Restart, text: str) -> None:
    assert describe(Forecast("web", found)) == text
