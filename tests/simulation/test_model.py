"""The model is honest: what real engines have played, it plays alike."""

from __future__ import annotations

import functools
import json

import pytest

from tests import record_duties
from tests.plan.streams import load, names
from tests.rollout.scenarios import SCENARIOS, Scenario
from tests.simulation import scripts
from tests.simulation.duties import SCRIPTS, Script

# as tests/rollout/test_live.py has it
LATE_S = 15.0
LATE_AFTER_A_MINUTE_S = 60.0
ENGINES = ("1.41", "1.45")
"""Engines whose recordings the model must agree with: 20.10 and 26.1."""
OF_LATER_ENGINES = {
    # from 29 on a node asks the registry again and again, and the task stays `preparing`
    "image-missing",
    "image-missing-global",
    "image-missing-in-update",
}


@functools.cache
def _played(scenario: Scenario) -> scripts.Played:
    return scripts.play(scenario)


@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda one: one.name)
def test_rollout_on_the_model_ends_as_on_engines(scenario: Scenario) -> None:
    played = _played(scenario)
    assert played.ends == scenario.ends, played.text
    for words in scenario.says:
        assert words in played.text
    late = LATE_S if scenario.within < 60 else LATE_AFTER_A_MINUTE_S
    assert scenario.at_least - 2 <= played.seconds <= scenario.within + late


@pytest.mark.parametrize(
    ("scenario", "recording"),
    [
        pytest.param(one, f"{api}-{one.name}", id=f"{api}-{one.name}")
        for one in SCENARIOS
        for api in (*ENGINES, "1.56")
        if f"{api}-{one.name}" in names() and not (api == "1.56" and one.name in OF_LATER_ENGINES)
    ],
)
def test_history_on_the_model_is_that_of_the_recording(scenario: Scenario, recording: str) -> None:
    real = scripts.observed(scripts.recorded(load(recording)))
    model = scripts.observed(_played(scenario).looks)
    assert real.agrees(model), f"engine: {real}\nmodel: {model}"


DUTIES = {file.stem: json.loads(file.read_text("utf-8")) for file in sorted(record_duties.DUTIES.glob("*.json"))}


@functools.cache
def _observed(script: Script) -> list[str]:
    return scripts.play_duty(script)


@pytest.mark.parametrize(
    ("api", "script"),
    [
        pytest.param(api, one, id=f"{api}-{one.name}")
        for api, known in DUTIES.items()
        for one in SCRIPTS
        if one.name in known
    ],
)
def test_script_on_the_model_lets_the_same_be_observed_as_on_an_engine(api: str, script: Script) -> None:
    assert _observed(script) == DUTIES[api][script.name]


def test_scripts_that_engines_have_played_are_many_enough() -> None:
    recorded = {one.name for one in SCENARIOS if f"1.41-{one.name}" in names()}
    assert len(recorded) + len(DUTIES["1.41"]) >= 60
