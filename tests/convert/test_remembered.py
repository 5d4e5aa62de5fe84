"""What is converted once and kept is what a fresh conversion gives, whatever was asked before."""

from __future__ import annotations

import copy
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from swarm_provider.convert.objects import with_labels
from swarm_provider.convert.remembered import KEPT, remembered
from swarm_provider.convert.service.daemon_form import stored
from swarm_provider.convert.service.effective import effective, effective_of
from swarm_provider.convert.service.spec import spec_of, to_spec
from swarm_provider.core import Json, labels
from swarm_provider.core.values import UNKNOWN, Secret
from swarm_provider.plan.change.request_spec import _on_top_of, wanted_spec
from tests.strategies import SERVICES, unfinished

LAW = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])


def test_equal_content_is_worked_out_once_whatever_the_order_of_its_keys() -> None:
    asked: list[Json] = []

    @remembered
    def answer(value: Json) -> int:
        asked.append(copy.copy(value))
        return len(asked)

    assert answer({"a": 1, "b": Secret("x")}) == answer({"b": "x", "a": 1}) == 1
    value = {"a": 1}
    assert answer(value) == 2
    value["a"] = 2
    assert answer(value) == 3, "a key is content, not an object"
    others: list[Any] = [1, 1.5, True, "1", None, UNKNOWN, [1], {}]
    assert len({answer({"a": other}) for other in others}) == 8


def test_answers_are_kept_for_a_while_only() -> None:
    calls: list[int] = []

    @remembered
    def answer(value: int) -> None:
        calls.append(value)

    for number in [0, *range(1, KEPT + 1), 0]:
        answer(number)
    assert calls.count(0) == 2


def test_failure_is_told_each_time() -> None:
    @remembered
    def answer(value: int) -> None:
        raise ValueError(value)

    for _ in range(2):
        with pytest.raises(ValueError, match="7"):
            answer(7)


def with_ids(spec: Json) -> Json:
    """A spec as it is sent: with ids, labels of ours, and the platforms of its image."""
    sent = with_labels(copy.deepcopy(spec), {labels.OWNER: "p/s", labels.INCARNATION: "1"})
    container = sent["TaskTemplate"]["ContainerSpec"]
    for kind in ("Config", "Secret"):
        for number, entry in enumerate(container.get(f"{kind}s") or []):
            entry[f"{kind}ID"] = f"id{number}"
    return sent


@LAW
@given(SERVICES, st.booleans())
def test_kept_meaning_is_the_meaning_with_ids_labels_and_platforms_and_without(inputs: Json, listed: bool) -> None:
    spec = to_spec(inputs)
    if listed:
        spec["TaskTemplate"]["Placement"]["Platforms"] = [{"OS": "linux", "Architecture": "amd64"}]
    for form in (spec, with_ids(spec), stored(spec)):
        assert effective_of(form) == effective(form)


@LAW
@given(unfinished())
def test_kept_forms_of_what_is_not_known_yet_are_the_fresh_ones(inputs: Json) -> None:
    assert spec_of(inputs) == to_spec(inputs)
    assert effective_of(spec_of(inputs)) == effective(to_spec(inputs))


@LAW
@given(SERVICES, SERVICES)
def test_meaning_of_what_is_sent_is_known_without_working_it_out(news: Json, olds: Json) -> None:
    live = stored(to_spec(olds))
    for asked in (None, spec_of(olds)):
        spec, meaning = _on_top_of(with_ids(to_spec(news)), live, news, None, asked)
        assert meaning == effective(spec)


@LAW
@given(SERVICES, SERVICES, st.integers(0, 3))
def test_wanted_spec_leaves_to_the_cluster_what_the_inputs_leave_out(news: Json, olds: Json, force: int) -> None:
    olds = {**olds, "forceUpdate": force}
    deploy, mode = dict(news.get("deploy") or {}), (news.get("deploy") or {}).get("mode", "replicated")
    replicas = (olds.get("deploy") or {}).get("replicas")
    if mode == "replicated" and "replicas" not in deploy and replicas is not None:
        deploy["replicas"] = replicas
    assert wanted_spec(olds, news) == to_spec({"forceUpdate": force, **news, "deploy": deploy})
