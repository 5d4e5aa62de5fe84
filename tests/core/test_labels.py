"""Labels are input: anybody can put anything on an object, and it counts as not set unless the provider wrote it."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from swarm_provider.cli.status import _secrets_of
from swarm_provider.convert.service.effective import effective
from swarm_provider.convert.service.spec import from_spec
from swarm_provider.core import Json, labels
from swarm_provider.core.masking import SecretFilter
from swarm_provider.errors import OwnershipError
from swarm_provider.model import FUNCTIONS, RESOURCES
from swarm_provider.model.types.place import PropertyLocation
from swarm_provider.plan.families import naming
from swarm_provider.plan.families.pruning import Users, prunable, references, undecided
from swarm_provider.plan.ownership import odd_labels
from swarm_provider.plan.ownership.claims import claim, of_another, owner_of_urn, owner_told
from swarm_provider.plan.rollout.stack_status import members, service_status

OWNER = owner_of_urn("urn:pulumi:dev::todo::swarm:index:Config::app")
KEYS = (
    *(labels.OWNER, labels.URN, labels.INCARNATION, labels.IMAGE, labels.SECRET_PLACES, labels.FAMILY, labels.BASE),
    *(
        labels.SEQUENCE,
        labels.KEEP,
        labels.PLATFORM,
        labels.NAMESPACE,
        labels.STACK_IMAGE,
        "swarm-provider.version",
        "team",
    ),
)
WRONG = {
    "a number of thousands of digits": (labels.SEQUENCE, "9" * 5000),
    "digits of another script": (labels.SEQUENCE, "٣"),
    "a negative number": (labels.KEEP, "-1"),
    "a fraction": (labels.KEEP, "1.5"),
    "no JSON": (labels.SECRET_PLACES, "nonsense"),
    "a map instead of a list": (labels.SECRET_PLACES, '{"a": 1}'),
    "a list of texts": (labels.SECRET_PLACES, '["environment"]'),
    "a list of numbers": (labels.SECRET_PLACES, "[[1]]"),
    "a place of no keys": (labels.SECRET_PLACES, "[[]]"),
    "thousands of brackets": (labels.SECRET_PLACES, "[" * 100_000),
    "an owner without a stack": (labels.OWNER, "todo"),
    "an owner of several lines": (labels.OWNER, "todo/dev\nx"),
    "an owner of nothing": (labels.OWNER, ""),
    "a URN that is none": (labels.URN, "web"),
    "an incarnation of blanks": (labels.INCARNATION, "  "),
    "a family of thousands of letters": (labels.FAMILY, "f" * 5000),
    "a base that is no name": (labels.BASE, "a b"),
    "a platform that is none": (labels.PLATFORM, "linux/amd64/v3/x y"),
}
nonsense = st.one_of(
    st.none(),
    st.integers(),
    st.text(),
    st.text(alphabet='0123456789[]{}",:./-\n\x1b\x9b\u202e٣ '),
    st.sampled_from([value for _, value in WRONG.values()]),
    st.recursive(st.text(max_size=5), lambda inner: st.lists(inner, max_size=3), max_leaves=5).map(json.dumps),
)
odd = st.one_of(st.dictionaries(st.sampled_from(KEYS), nonsense), st.none(), st.text(), st.lists(st.text()))
# half of the specs are what the daemon would send, but for their labels
references_ = st.one_of(
    nonsense, st.lists(st.one_of(nonsense, st.fixed_dictionaries({"ConfigName": nonsense, "SecretName": nonsense})))
)
container = st.one_of(nonsense, st.fixed_dictionaries({"Configs": references_, "Secrets": references_}))
spec = st.one_of(
    nonsense,
    st.fixed_dictionaries(
        {"Name": st.text(), "Labels": odd, "TaskTemplate": st.fixed_dictionaries({"ContainerSpec": container})}
    ),
)


def item(own: Any, name: str = "app-1", **more: Any) -> Json:
    return {"ID": f"id-{name}", "Spec": {"Name": name, "Labels": own}, **more}


@pytest.mark.parametrize("what", WRONG)
def test_label_that_the_provider_cannot_have_written_counts_as_not_set(what: str) -> None:
    key, value = WRONG[what]
    own = {key: value}
    assert labels.unreadable(own) == [key]
    assert labels.owner(own) is labels.urn(own) is labels.family(own) is labels.base(own) is None
    assert labels.sequence(own) is labels.keep_previous(own) is None
    assert labels.incarnation(own) == ""
    assert labels.secrets_told(own) == []


@given(odd)
def test_readers_take_whatever_stands_in_the_place_of_labels(own: Any) -> None:
    owner, base = labels.owner(own), labels.base(own)
    assert owner is None or "/" in owner
    assert base is None or labels.NAME.fullmatch(base)
    assert all(place and all(isinstance(key, str) for key in place) for place in labels.secrets_told(own))
    assert len(labels.incarnation(own)) <= 128
    assert labels.users(own).keys().isdisjoint(labels.ours(own))
    assert all(key in KEYS for key in labels.unreadable(own))


@given(st.sampled_from(["todo/dev", "a/b"]), st.integers(0, 10**15), st.lists(st.lists(st.text(), min_size=1)))
def test_what_is_written_is_read(owner: str, number: int, places: list[list[str]]) -> None:
    own = {
        **owner_of_urn(f"urn:pulumi:{owner.partition('/')[2]}::{owner.partition('/')[0]}::t::n").labels("0123abcd"),
        labels.FAMILY: "f",
        labels.SEQUENCE: str(number),
        labels.KEEP: str(number),
        **labels.telling_secrets(places),
    }
    assert labels.unreadable(own) == []
    assert (labels.owner(own), labels.incarnation(own), labels.family(own)) == (owner, "0123abcd", "f")
    assert labels.sequence(own) == labels.keep_previous(own) == number
    assert labels.secrets_told(own) == [tuple(place) for place in places]


@given(st.lists(odd, max_size=4), st.one_of(nonsense, st.just(OWNER.text)))
def test_families_and_ownership_are_decided_whatever_the_labels_are(owns: list[Any], incarnation: Any) -> None:
    items = [item(own, f"app-{number}") for number, own in enumerate(owns)]
    for family, versions in naming.by_family(items).items():
        assert naming.versions(items, family) == versions
        assert naming.current(items, family) in versions
        assert naming.next_sequence(items, family) > naming.sequence(versions[0])
    for base, named in naming.by_base(items).items():
        try:
            naming.family_by_name(named, base, None)
        except LookupError as error:
            assert "," in str(error)
    for live in items:
        own = naming.object_labels(live)
        try:
            claim("config", "app", own, OWNER, adopt=False, incarnation=incarnation)
        except OwnershipError as error:
            assert "config 'app'" in str(error)
        assert owner_told(own, OWNER, incarnation) in (None, labels.owner(own))
        assert of_another(own, OWNER, incarnation) in (None, labels.owner(own))
    for text in odd_labels.describe_odd_labels("config", items, SecretFilter()).values():
        assert text.startswith("config 'app-") and len(text) < 1000 and text.isprintable()


@given(st.lists(st.tuples(odd, spec, nonsense), max_size=3), st.lists(odd, max_size=3))
def test_pruning_and_status_read_whatever_a_spec_and_the_one_before_hold(
    services: list[tuple[Any, Any, Any]], versions: list[Any]
) -> None:
    live = [
        item(own, f"web-{number}", PreviousSpec=before, UpdateStatus=status, Version={"Index": 1})
        for number, (own, before, status) in enumerate(services)
    ]
    configs = [item(own, f"app-{number}") for number, own in enumerate(versions)]
    for kind in ("config", "secret"):
        users = Users(kind, live)
        for own in naming.by_family(configs).values():
            assert own[0] not in prunable(own, users)
            undecided(own, users)
        for service in live:
            references(service["PreviousSpec"], kind)
    for stack in ("todo", "todo/dev"):
        for service in members(live, stack):
            service_status(service, [], [], configs, [], 0)


@given(odd)
def test_service_of_nonsense_labels_is_read(own: Any) -> None:
    live: Any = {"Name": "web", "Labels": own if isinstance(own, dict) else None, "TaskTemplate": {"ContainerSpec": {}}}
    live["TaskTemplate"]["Placement"] = {"Platforms": [{"Architecture": "arm64", "OS": "linux"}]}
    assert effective(live)["Name"] == "web"
    assert from_spec(live)["name"] == "web"
    list(_secrets_of({"Spec": live, "PreviousSpec": live}))


@given(st.sampled_from([*RESOURCES.values()]), st.dictionaries(st.sampled_from(["name", "incarnation", "previous",
    "nodeIds", "nodeId", "networkId", "endpoint", "converged", "mountpoint", "more"]), nonsense))  # fmt: skip
def test_outputs_of_a_state_are_of_the_type_that_is_defined_or_missing(resource: Any, outputs: Json) -> None:
    sound = resource.sound(outputs)
    assert sound.keys() <= outputs.keys()
    for entry in resource.outputs:
        if sound.get(entry.wire) is not None:
            at = PropertyLocation()
            entry.type.normal(sound[entry.wire], at)
            assert at.problems == []
            assert not isinstance(sound[entry.wire], int)


@given(
    st.sampled_from([*FUNCTIONS.values()]),
    st.dictionaries(st.sampled_from(["name", "project", "node", "role", "labels"]), nonsense),
)
def test_arguments_of_a_lookup_are_right_or_a_problem(function: Any, arguments: Json) -> None:
    at = PropertyLocation()
    plain = function.shape.normal(arguments, at)
    assert at.problems or all(plain.get(entry.wire) is not None for entry in function.inputs if entry.required)
