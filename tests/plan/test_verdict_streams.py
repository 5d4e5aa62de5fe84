"""Verdicts over what real engines reported: each scenario, on each recorded API version, ends as it must."""

from __future__ import annotations

import itertools

import pytest

from swarm_provider.plan.rollout.verdict import Done, Failed, Waiting
from tests.plan.streams import last, load, names, verdicts
from tests.rollout.scenarios import SCENARIOS

BY_NAME = {scenario.name: scenario for scenario in SCENARIOS}
APIS = ("1.41", "1.45", "1.56")


@pytest.mark.parametrize("name", names())
def test_recorded_rollout_ends_as_its_scenario_says(name: str) -> None:
    stream = load(name)
    scenario = BY_NAME[stream.scenario]
    seconds, verdict = last(stream)
    if scenario.ends == "done":
        assert isinstance(verdict, Done), verdict
        text = verdict.text
    else:
        assert isinstance(verdict, Failed), verdict
        text = "; ".join(cause.text for cause in verdict.causes)
    for words in scenario.says:
        assert words in text
    assert scenario.at_least - 2 <= seconds <= scenario.within


@pytest.mark.parametrize("api", APIS)
def test_every_scenario_is_recorded_on_every_engine(api: str) -> None:
    assert {name for name in names() if name.startswith(api)} == {f"{api}-{scenario.name}" for scenario in SCENARIOS}


@pytest.mark.parametrize("name", names())
def test_progress_of_a_recorded_rollout_is_calm(name: str) -> None:
    texts = [verdict.text for _, verdict in verdicts(load(name)) if isinstance(verdict, Waiting)]
    changes = sum(before != after for before, after in itertools.pairwise(texts))
    assert changes <= 16, texts


@pytest.mark.parametrize("api", APIS)
def test_crash_loop_is_given_time_while_something_else_converges(api: str) -> None:
    seconds, verdict = last(load(f"{api}-crash-loop"), others_converge=True)
    assert isinstance(verdict, Failed)
    # the patience of a rollout without progress, not that of a crash loop
    assert seconds > 300
    assert "no progress for" in verdict.causes[-1].text


@pytest.mark.parametrize("api", APIS)
@pytest.mark.parametrize("what", ["no-node-memory", "no-node-host-port", "no-node-max-replicas"])
def test_lack_of_room_is_waited_for_while_room_may_become_free(api: str, what: str) -> None:
    seconds, verdict = last(load(f"{api}-{what}"), room=True)
    assert isinstance(verdict, Failed)
    assert seconds > 300
    assert not verdict.final


@pytest.mark.parametrize("api", APIS)
def test_unmet_constraint_is_final_whatever_becomes_free(api: str) -> None:
    seconds, verdict = last(load(f"{api}-no-node-constraint"), room=True)
    assert isinstance(verdict, Failed)
    assert verdict.final
    assert seconds < 20


@pytest.mark.parametrize("api", APIS)
def test_patience_is_as_long_as_asked_for(api: str) -> None:
    stream = load(f"{api}-slow-to-become-healthy")
    seconds, verdict = last(stream, fail_after_ns=1)
    # what the spec itself allows (start period, retries, monitor) is waited for on top
    assert isinstance(verdict, Done), verdict
    assert seconds > 20


@pytest.mark.parametrize("api", APIS)
def test_snapshot_from_before_the_change_does_not_count(api: str) -> None:
    stream = load(f"{api}-update-all-at-once")
    index = int(stream.json["looks"][0]["service"]["Version"]["Index"])
    stream.json["version_index"] = index + 10**6
    assert {verdict.text for _, verdict in verdicts(stream) if isinstance(verdict, Waiting)} == {"submitted"}


@pytest.mark.parametrize("api", APIS)
def test_failing_tasks_are_named_with_their_ids_for_their_logs(api: str) -> None:
    _, verdict = last(load(f"{api}-crash-loop"))
    assert isinstance(verdict, Failed)
    first = verdict.causes[0]
    assert first.kind == "crash"
    assert first.task_id and first.container_id and first.node_id
