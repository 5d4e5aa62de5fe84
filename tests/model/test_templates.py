"""Templates that Swarm surely refuses are told; nothing is said of the others."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from swarm_provider.core.path import parse
from swarm_provider.core.values import UNKNOWN, Secret
from swarm_provider.model.rules import unusable
from swarm_provider.model.rules.templates import why_refused
from tests.model.template_cases import ACCEPTED, NOT_FORETOLD, REFUSED


@pytest.mark.parametrize("text", (*ACCEPTED, *NOT_FORETOLD))
def test_nothing_is_said_of_a_template_that_swarm_takes_or_may_take(text: str) -> None:
    assert why_refused(text) == ""


@pytest.mark.parametrize("text", REFUSED)
def test_template_that_swarm_refuses_is_told(text: str) -> None:
    assert why_refused(text)


@given(st.text(st.sampled_from("{}.$\"`'/*- |:=()\\\nab3é"), max_size=40))
def test_every_text_has_an_answer(text: str) -> None:
    assert isinstance(why_refused(text), str)


def test_long_texts_take_no_time() -> None:
    began = time.process_time()
    for text in ("{{" * 50_000, "{{.a}}" * 20_000, "{{" + " " * 100_000, "{{/*" * 50_000, '{{"' + "\\" * 100_000):
        why_refused(text)
    assert time.process_time() - began < 5


def test_every_place_that_swarm_expands_is_looked_at_and_no_value_is_told() -> None:
    bad = "zqcanary {{.foo}}"
    mount = {
        "type": "volume",
        "source": bad,
        "target": f"/{bad}",
        "volume": {"labels": {"l": bad}, "driverOpts": {"o": bad}},
    }
    inputs = {"hostname": bad, "environment": {"QUERY": bad, "S": Secret(bad), "U": UNKNOWN}, "volumes": [mount]}
    found = unusable.service(inputs)
    assert [problem.path for problem in found] == [
        "hostname",
        "environment.QUERY",
        "environment.S",
        "volumes[0].source",
        "volumes[0].target",
        "volumes[0].volume.labels.l",
        "volumes[0].volume.driver_opts.o",
    ]
    assert "zqcanary" not in str(found)


@pytest.mark.parametrize("key", ["a.b", "A[B", 'A"B', "A[0]", "ab c", ""])
def test_path_of_a_template_leads_to_its_key(key: str) -> None:
    [problem] = unusable.service({"environment": {key: "{{.foo}}"}})
    assert parse(problem.path) == ("environment", key)


def test_what_swarm_does_not_expand_is_left_alone() -> None:
    bad = "{{.foo}}"
    inputs = {
        "command": [bad],
        "labels": {"a": bad},
        "deploy": {"labels": {"a": bad}},
        "environment": {bad: "x", "E": None},
        "volumes": [{"type": "volume", "source": UNKNOWN, "target": "/x", "volume": {"driver": bad}}],
    }
    assert unusable.service(inputs) == []
