"""Property paths: one text for each, whatever the keys; and every room that takes one apart."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from swarm_provider.core.path import EVERY, Path, below, last_name, parse, render, within
from swarm_provider.errors import InputError
from swarm_provider.model.resources import SERVICE
from swarm_provider.model.types.spelling import wire_path
from swarm_provider.plan.change.property_diff import changes, users_path

# a backslash before the closing quote has no spelling in Pulumi's grammar
KEYS = st.text(min_size=1).filter(lambda key: not key.endswith("\\") and key != EVERY)
STEPS = st.one_of(KEYS, st.integers(0, 9), st.just(EVERY))


@given(st.lists(STEPS, max_size=5))
def test_text_is_read_back(steps: list[str | int]) -> None:
    assert parse(render(steps)) == tuple(steps)


# those of Pulumi's own documentation
@pytest.mark.parametrize(
    ("text", "path"),
    [
        ("root.nested", ("root", "nested")),
        ("root.array[0].nested", ("root", "array", 0, "nested")),
        ("root.array[*].nested", ("root", "array", EVERY, "nested")),
        ('root["key with a ."]', ("root", "key with a .")),
        (r'root["key with \"escaped\" quotes"]', ("root", 'key with "escaped" quotes')),
        (r'["root key with \"escaped\" quotes"].nested', ('root key with "escaped" quotes', "nested")),
        ('["root key with a ."][100]', ("root key with a .", 100)),
    ],
)
def test_spelling_is_pulumis(text: str, path: Path) -> None:
    assert parse(text) == path
    assert render(path) == text


@pytest.mark.parametrize(
    "text", ["root[", 'root["nested]', 'root."double".nest', "root.array[abc]", ".root", "a..b", "a[0]b"]
)
def test_what_is_no_path_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="is not a property path"):
        parse(text)


def test_parts() -> None:
    assert below("", "deploy") == "deploy"
    assert below("labels", 'a"b') == 'labels["a\\"b"]'
    assert last_name('environment["MY KEY"]') == "MY KEY"
    assert last_name("command[0]") == "command"


def test_within() -> None:
    assert within(("ports", 0, "published"), "ports")
    assert within(("ports", 0, "published"), "image", "ports[*]")
    assert within(("labels", "a"), "labels.a")
    assert within(("ports",), "ports")
    assert not within(("portsmouth",), "ports")
    assert not within(("labels", "a.b"), "labels.a")
    assert not within(("ports",), "ports[0]")
    assert not within(("ports",), "no path [")


@given(st.lists(STEPS, min_size=1, max_size=4), st.lists(STEPS, max_size=3))
def test_path_is_within_each_of_its_beginnings(above: list[str | int], rest: list[str | int]) -> None:
    assert within((*above, *rest), render(above))


KEY = 'say "hi".you'


def test_key_with_quotes_and_dots_comes_through_every_room() -> None:
    [change] = changes(SERVICE.shape, {"labels": {KEY: "1"}}, {"labels": {KEY: "2"}})
    assert change.place == ("labels", KEY)
    assert change.top == "labels"
    assert users_path(SERVICE.shape, change.place) == change.place == parse(change.path)
    assert wire_path(SERVICE.shape, change.path) == change.path
    assert wire_path(SERVICE.shape, f"{change.path}") == 'labels["say \\"hi\\".you"]'
    with pytest.raises(InputError, match="is not a property path"):
        wire_path(SERVICE.shape, 'labels["a"b"]')


def test_key_of_the_users_keeps_its_spelling_in_messages() -> None:
    _, problems = SERVICE.normal(
        {"image": "x", "labels": {"myKey": [], KEY: []}, "deploy": {"updateConfig": {"order": 1}}}
    )
    assert [problem.path for problem in problems] == [
        "labels.myKey",
        'labels["say \\"hi\\".you"]',
        "deploy.update_config.order",
    ]
