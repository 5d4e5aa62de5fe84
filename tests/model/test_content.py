"""The content of configs and secrets: one rule from bytes to inputs, and the way back."""

from __future__ import annotations

import base64
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from swarm_provider.convert.objects import config_from_spec, config_to_spec
from swarm_provider.core.values import UNKNOWN, Secret
from swarm_provider.model.content import content_inputs, content_of, decoded, encoded, text_of
from swarm_provider.plugin.handlers.family.content import content_changed, with_file
from swarm_provider.resources.arguments.content import read_content

BYTES = st.binary() | st.text().map(str.encode)


@given(BYTES)
def test_bytes_come_back_from_inputs(content: bytes) -> None:
    inputs = content_inputs(content)
    assert content_of(inputs) == content
    assert len(inputs) == 1


@given(st.text(st.characters(codec="utf-8", exclude_characters="\0")))
def test_text_stays_text(text: str) -> None:
    assert content_inputs(text.encode()) == {"data": text}
    assert text_of(text.encode()) == text


@pytest.mark.parametrize("content", [b"\xff", b"a\0b"])
def test_what_is_no_text_is_base64(content: bytes) -> None:
    assert content_inputs(content) == {"dataBase64": base64.b64encode(content).decode()}
    assert text_of(content) is None


@given(BYTES)
def test_base64_is_read_back(content: bytes) -> None:
    assert decoded(encoded(content)) == content


@pytest.mark.parametrize("text", ["a", "a b=", "ä", "YQ"])
def test_what_is_no_base64_holds_nothing(text: str) -> None:
    assert decoded(text) is None
    assert content_of({"dataBase64": text}) is None


def test_secret_content_is_read_and_unknown_is_none() -> None:
    assert content_of({"data": Secret("x")}) == b"x"
    assert content_of({"data": UNKNOWN}) is None
    assert content_of({}) is None


@pytest.mark.parametrize("content", [b"text\n", b"\xff\xfe", b"a\0b"])
def test_program_plugin_and_swarm_say_content_in_one_way(content: bytes, tmp_path: Path) -> None:
    file = tmp_path / "f"
    file.write_bytes(content)
    program: dict[str, object] = {"file": file}
    read_content(program)
    plugin = with_file({"file": str(file)}, lambda text: text)
    live = config_from_spec(config_to_spec({"name": "n", **plugin}))
    assert content_of(live) == content
    assert plugin == content_inputs(content) == {key: live[key] for key in plugin}
    assert program == {{"dataBase64": "data_base64"}.get(key, key): value for key, value in plugin.items()}


def test_config_whose_text_with_a_nul_was_data_is_not_rotated() -> None:
    before = {"data": "a\0b"}
    assert not content_changed(before, content_inputs(b"a\0b"))
