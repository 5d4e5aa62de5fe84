"""Files are read and checked once for both dialects where that changes nothing."""

from __future__ import annotations

import contextlib
import tempfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from swarm_provider.compose import load
from swarm_provider.compose.common import validation
from swarm_provider.compose.common.dialect import DIALECTS, Dialect
from swarm_provider.compose.common.validation import check_schema
from swarm_provider.compose.spec.long_forms import canonical
from swarm_provider.compose.yaml.reader import _trees, read
from swarm_provider.compose.yaml.tree import Map, Report, SourceLocation
from swarm_provider.errors import InputError
from tests.compose.test_fuzz import CORPUS, mutated

SHORT_FORMS = """
services:
  web:
    image: "bb:1"
    ports: ["8080:80", "127.0.0.1:8443:443"]
    networks: [back]
    depends_on: [db]
    dns: 10.0.0.1
    volumes: ["data:/data:ro"]
  db: {image: "bb:1"}
networks: {back: {}}
volumes: {data: {}}
"""


def refused(tree: Map, dialect: Dialect) -> bool:
    report = Report()
    check_schema(tree, SourceLocation(report, "f.yml"), dialect)
    return bool(report.errors)


def is_refused(text: str) -> bool:
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "stack.yml"
        file.write_text(text)
        try:
            load([file], stack="s", env={}, dialect="compose-spec")
        except InputError:
            return True
    return False


def of_docker(data: bytes) -> object:
    """What docker's own reading gives, without anything shared."""
    try:
        return _trees.__wrapped__(data, "f.yml", False)[0]
    except InputError as error:
        return str(error)


def as_it_is(data: bytes) -> object:
    try:
        return read(data, "f.yml")
    except InputError as error:
        return str(error)


@pytest.mark.parametrize("text", CORPUS)
def test_what_the_schema_of_the_compose_spec_accepts_docker_accepts(text: str) -> None:
    tree = read(text.encode(), "f.yml")
    assert refused(tree, "compose-spec") or not refused(tree, "docker")


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(mutated())
def test_the_same_holds_for_files_with_mistakes(text: str) -> None:
    with contextlib.suppress(InputError, UnicodeError):
        tree = read(text.encode(), "f.yml")
        assert refused(tree, "compose-spec") or not refused(tree, "docker")


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(mutated() | st.sampled_from(CORPUS))
def test_what_is_valid_as_it_is_written_is_valid_with_long_forms(text: str) -> None:
    with contextlib.suppress(InputError, UnicodeError):
        tree = read(text.encode(), "f.yml")
        if not refused(tree, "compose-spec") and refused(canonical(tree, ranges=True), "compose-spec"):
            # a list may have words that are no keys of a mapping: they are names that no other place of a file can have
            assert is_refused(text)


def test_name_of_a_network_that_is_no_key_is_refused_as_one_that_is_missing() -> None:
    assert is_refused("services: {web: {image: a, networks: ['services:plain']}}")


@pytest.mark.parametrize("dialect", DIALECTS)
def test_file_is_parsed_and_checked_once_for_both_dialects(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, dialect: Dialect
) -> None:
    checked: list[Map] = []
    accepts = validation._accepts()

    def is_accepted(tree: Map) -> bool:
        checked.append(tree)
        return accepts(tree)

    monkeypatch.setattr(validation, "_accepts", lambda: is_accepted)
    monkeypatch.delattr(validation, "_validator")
    file = tmp_path / "stack.yml"
    file.write_text(SHORT_FORMS)
    _trees.cache_clear()
    load([file], stack="s", env={}, dialect=dialect)
    assert _trees.cache_info().misses == 1
    assert len(checked) == 1


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(mutated() | st.sampled_from(CORPUS))
def test_a_reading_that_is_shared_is_the_one_that_docker_would_make(text: str) -> None:
    with contextlib.suppress(UnicodeError):
        data = text.encode()
        assert as_it_is(data) == of_docker(data)


@pytest.mark.parametrize(
    "data",
    [
        b"{a: 1}\ngarbage",  # docker ends with the first document
        b"a: !reset 5\n",
        b"a: 1\n---\nb: [broken\n",
        "a: 1\n---\nb: [broken\n".encode("utf-16"),
        b"a: 1\n...\nb: [broken\n",
        b"",
    ],
)
def test_where_the_dialects_differ_nothing_is_shared(data: bytes) -> None:
    assert as_it_is(data) == of_docker(data)


def test_a_file_that_is_loaded_again_is_the_same_project(tmp_path: Path) -> None:
    file = tmp_path / "stack.yml"
    file.write_text("services: {web: {image: 'a:1', environment: {A: $A}, x-pulumi: {wait: false}}}\n")
    again = [load([file], stack="s", env={"A": value}) for value in ("1", "2", "1")]
    assert again[0] == again[2] != again[1]


def test_a_tree_that_is_equal_but_for_a_type_is_checked_again() -> None:
    accepted: list[Map] = []
    for text, errors in (("true", 0), ("1", 1)):
        report = Report()
        tree = read(f"services: {{web: {{image: a, init: {text}}}}}\n".encode(), "f.yml")
        check_schema(tree, SourceLocation(report, "f.yml"), accepted=accepted)
        assert len(report.errors) == errors
