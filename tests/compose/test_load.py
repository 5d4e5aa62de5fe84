"""YAML is read as go-yaml v3 reads it, with lines, and cannot be used to blow up memory."""

from __future__ import annotations

import pytest

from swarm_provider.compose.yaml.reader import MAX_DEPTH, read
from swarm_provider.compose.yaml.scalars import plain_value
from swarm_provider.compose.yaml.tree import Timestamp, go_text
from swarm_provider.errors import InputError


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("22:22", "22:22"),
        ("12:30:45", "12:30:45"),
        ("on", "on"),
        ("yes", "yes"),
        ("n", "n"),
        ("0755", 493),
        ("0o755", 493),
        ("0x1F", 31),
        ("0b101", 5),
        ("1_000", 1000),
        ("-0x10", -16),
        ("08", 8.0),
        ("1.", 1.0),
        (".5", 0.5),
        ("1e400", "1e400"),
        ("1.2.3", "1.2.3"),
        ("12345678901234567890", 12345678901234567890),
        ("True", True),
        ("FALSE", False),
        ("~", None),
        ("", None),
        ("Null", None),
        ("0o", "0o"),
        ("_1", "_1"),
        ("2024-13-02", "2024-13-02"),
    ],
)
def test_plain_scalar_has_the_value_of_go_yaml(text: str, value: object) -> None:
    assert plain_value(text) == value
    assert type(value) in (type(plain_value(text)), *type(plain_value(text)).__bases__)


@pytest.mark.parametrize(
    ("text", "printed"),
    [
        ("1.10", "1.1"),
        ("1e3", "1000"),
        ("123456789.0", "1.23456789e+08"),
        ("1000000.0", "1e+06"),
        ("1e-5", "1e-05"),
        ("0.0001", "0.0001"),
        ("123456789012345678901", "1.2345678901234568e+20"),
        ("-0.0", "-0"),
        ("2024-01-02", "2024-01-02 00:00:00 +0000 UTC"),
        ("2024-1-2T3:04:5.120Z", "2024-01-02 03:04:05.12 +0000 UTC"),
        ("2024-01-02T03:04:05+02:00", "2024-01-02 03:04:05 +0200 +0200"),
        ("2024-01-02 03:04:05", "2024-01-02 03:04:05 +0000 UTC"),
    ],
)
def test_number_or_date_prints_as_go_prints_it(text: str, printed: str) -> None:
    value = plain_value(text)
    assert str(go_text(value)) == printed
    assert isinstance(value, (float, Timestamp))


def test_keys_and_entries_know_their_lines() -> None:
    tree = read(b"a:\n  b: 1\n  c:\n    - x\n    - y\n", "f.yml")
    assert tree.lines["a"] == 1
    assert tree["a"].lines == {"b": 2, "c": 3}
    assert tree["a"]["c"].lines == [4, 5]


def test_merge_keys_fill_in_what_is_missing_in_order() -> None:
    tree = read(b"a: &a {x: 1, y: 2}\nb: &b {y: 3, z: 4}\nc: {<<: [*b, *a], x: own}\n", "f.yml")
    assert tree["c"] == {"x": "own", "y": 3, "z": 4}


def test_tags_are_ignored_where_unknown_and_obeyed_where_standard() -> None:
    tree = read(b"a: !reset 5\nb: !!str 5\nc: !!float 1\nd: !!binary aGk=\ne: !override [1]\n", "f.yml")
    assert tree == {"a": "5", "b": "5", "c": 1.0, "d": "hi", "e": [1]}


def test_only_the_first_document_is_read() -> None:
    assert read(b"a: 1\n---\nb: [broken\n", "f.yml") == {"a": 1}


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        ("a: 1\nb: 2\na: 3\n", 3, "duplicate key 'a'; it is defined on line 1"),
        ("a:\n  1: x\n", 2, "put it in quotes"),
        ("a:\n  2024-01-02: x\n", 2, "read as a date"),
        ("a: {[x]: y}\n", 1, "cannot be a key"),
        ("a: *b\n", 1, "'b' is not defined"),
        ("a: &a [*a]\n", 1, "contains itself"),
        ("a: {<<: 5}\n", 1, "must have a mapping"),
        ("- a\n", 1, "must be a mapping"),
        ("", 1, "must be a mapping"),
        ("a: !!int x\n", 1, "as !!int"),
        ("a:\n\tb: 1\n", 2, "not YAML"),
    ],
)
def test_what_go_yaml_refuses_is_an_error_with_its_line(text: str, line: int, words: str) -> None:
    with pytest.raises(InputError, match=r"f\.yml") as caught:
        read(text.encode(), "f.yml")
    assert caught.value.problems[0].line == line
    assert words in str(caught.value)


@pytest.mark.parametrize(
    "data",
    [
        b"x: " + b"[" * (MAX_DEPTH + 1) + b"]" * (MAX_DEPTH + 1),
        b"[" * 200_000,
        b"\n".join(b" " * depth + b"a:" for depth in range(2000)),
        b"a: &a [x, x, x, x, x, x, x, x, x]\n"
        + b"".join(
            b"%c: &%c [%s]\n" % (98 + step, 98 + step, b", ".join([b"*%c" % (97 + step)] * 9)) for step in range(9)
        ),
        b"a: " + b"x" * (17 * 2**20),
        b"a: [" + b"b," * 400_000 + b"]",
        b"a: \xff\xfe",
        b"a: \x00",
    ],
    ids=["deep", "deeper", "indented", "aliases", "large", "many", "encoding", "control"],
)
def test_hostile_file_is_refused_with_a_clean_error(data: bytes) -> None:
    with pytest.raises(InputError):
        read(data, "f.yml")
