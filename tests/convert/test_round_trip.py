"""The laws of the pair `to_spec` and `from_spec`: inverse on everything that Swarm stores."""

from __future__ import annotations

from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from swarm_provider.convert.service.daemon_form import stored
from swarm_provider.convert.service.effective import effective
from swarm_provider.convert.service.spec import concise, from_spec, read_inputs, to_spec
from swarm_provider.convert.unmodelled import unmodelled
from swarm_provider.core import Json
from swarm_provider.core.values import UNKNOWN, Secret
from swarm_provider.model import RESOURCES
from swarm_provider.plan.change.property_diff import changes
from swarm_provider.plan.change.restart import restart
from swarm_provider.plan.change.sentences import Forecast, describe
from tests.strategies import SERVICES, meaning, unfinished

LAW = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])

SHAPE = RESOURCES["swarm:index:Service"].shape


@LAW
@given(SERVICES)
def test_spec_to_inputs_and_back_means_the_same(inputs: Json) -> None:
    spec = to_spec(inputs)
    assert effective(to_spec(from_spec(spec))) == effective(spec)


@LAW
@given(SERVICES)
def test_explicit_inputs_are_a_fixed_point(inputs: Json) -> None:
    explicit = from_spec(effective(to_spec(inputs)))
    assert from_spec(effective(to_spec(explicit))) == explicit


@LAW
@given(SERVICES)
def test_explicit_inputs_are_in_normal_form(inputs: Json) -> None:
    explicit = from_spec(effective(to_spec(inputs)))
    normal, problems = RESOURCES["swarm:index:Service"].normal(explicit)
    assert problems == []
    assert normal == explicit


@LAW
@given(SERVICES)
def test_effective_form_of_an_effective_form_is_itself(inputs: Json) -> None:
    once = effective(to_spec(inputs))
    assert effective(once) == once


@LAW
@given(SERVICES)
def test_what_swarm_stores_means_what_was_sent(inputs: Json) -> None:
    spec = to_spec(inputs)
    assert stored(stored(spec)) == stored(spec)
    assert effective(stored(spec)) == effective(spec)


@LAW
@given(SERVICES)
def test_reading_an_unchanged_service_returns_the_inputs_of_the_user(inputs: Json) -> None:
    assert read_inputs(inputs, stored(to_spec(inputs))) == inputs


@LAW
@given(SERVICES, SERVICES)
def test_reading_another_service_tells_what_is_live(old: Json, live: Json) -> None:
    spec = to_spec(live)
    found = read_inputs(old, spec)
    assert meaning(to_spec(found)) == meaning(spec)


@LAW
@given(SERVICES)
def test_concise_inputs_mean_the_same(inputs: Json) -> None:
    explicit = from_spec(effective(to_spec(inputs)))
    assert meaning(to_spec(concise(explicit))) == meaning(to_spec(inputs))


@LAW
@given(SERVICES)
def test_what_the_provider_made_has_nothing_that_inputs_cannot_express(inputs: Json) -> None:
    assert unmodelled(to_spec(inputs)) == {}


@LAW
@given(SERVICES)
def test_equal_inputs_have_no_changes(inputs: Json) -> None:
    assert changes(SHAPE, inputs, inputs) == []


@LAW
@given(SERVICES)
def test_equal_specs_restart_nothing(inputs: Json) -> None:
    found = restart(to_spec(inputs), to_spec(inputs))
    assert (found.restarts, found.moves, found.reasons) == (False, False, ())


@LAW
@given(SERVICES, SERVICES)
def test_inputs_without_changes_mean_the_same(old: Json, new: Json) -> None:
    if not changes(SHAPE, old, new):
        assert effective(to_spec(old)) == effective(to_spec(new))


@LAW
@given(unfinished(), unfinished())
def test_unknown_values_pass_through_everything(old: Json, new: Json) -> None:
    before, after = to_spec(old), to_spec(new)
    effective(before)
    from_spec(effective(after))
    changes(SHAPE, old, new)
    text = describe(Forecast("web", restart(before, after)))
    assert "UNKNOWN" not in text and "Unknown" not in text


def test_namespace_that_is_not_known_yet_is_a_reason() -> None:
    spec = to_spec({"name": "web", "image": "bb:1", "namespace": UNKNOWN})
    text = describe(Forecast("web", restart(spec, spec)))
    assert text.startswith("1 task of web restarts because ContainerSpec.Labels changes")


@LAW
@given(unfinished())
def test_unknown_values_always_differ(inputs: Json) -> None:
    assert bool(changes(SHAPE, inputs, inputs)) == _any(inputs, lambda value: value is UNKNOWN)


@LAW
@given(unfinished())
def test_specs_hold_no_secret_wrappers(inputs: Json) -> None:
    assert not _any(to_spec(inputs), lambda value: isinstance(value, Secret))


def _any(value: Any, test: Any) -> bool:
    if test(value):
        return True
    if isinstance(value, Secret):
        return _any(value.value, test)
    entries = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return any(_any(entry, test) for entry in entries)


@LAW
@given(st.dictionaries(st.text(max_size=4), st.text(max_size=4)))
def test_labels_of_services_and_containers_do_not_mix(own: dict[str, str]) -> None:
    own = {key: value for key, value in own.items() if not key.startswith(("swarm-provider.", "com.docker.stack."))}
    inputs = {"name": "a", "image": "b", "namespace": "n", "labels": own, "deploy": {"labels": {"x": "y"}}}
    back = from_spec(to_spec(inputs))
    assert back.get("labels", {}) == own
    assert back["deploy"]["labels"] == {"x": "y"}
