"""The model is honest: a real engine lets the same be observed of a script."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

import pytest

from tests import record_duties
from tests.simulation import scripts
from tests.simulation.duties import SCRIPTS, Script
from tests.support.engine import Engine, start_engine

pytestmark = pytest.mark.live

SHORT = ("names-that-are-taken", "rotation")


@pytest.mark.parametrize(
    "script",
    [
        pytest.param(one, id=one.name, marks=[] if one.name in SHORT else [pytest.mark.long])
        for one in SCRIPTS
        if one.nodes == 1
    ],
)
def test_script_lets_the_same_be_observed_on_an_engine_as_on_the_model(script: Script, engine: Engine) -> None:
    with engine.cleaned():
        _, lines = asyncio.run(record_duties.played(script, engine))
    assert lines == scripts.play_duty(script)


@pytest.fixture(scope="module")
def three(engine_dir: str) -> Iterator[Engine]:
    started = start_engine(nodes=3, engine=engine_dir, heartbeat="1s")
    try:
        started.images("bb")
        yield started
    finally:
        started.down()


@pytest.mark.long
@pytest.mark.multinode
@pytest.mark.parametrize(
    "script", [pytest.param(one, id=one.name) for one in SCRIPTS if one.nodes == 3 and one.managers == 1]
)
def test_script_of_three_nodes_lets_the_same_be_observed(script: Script, three: Engine) -> None:
    with three.cleaned():
        _, lines = asyncio.run(record_duties.played(script, three))
    assert lines == scripts.play_duty(script)
