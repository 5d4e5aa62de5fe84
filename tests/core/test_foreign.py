"""Texts of others are masked whole, made harmless, and shortened last."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from swarm_provider.core.foreign import shortened, shown
from swarm_provider.core.masking import MASK, SecretFilter

SECRET = "correct horse\nbattery staple " * 20


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("\x1b[31mred\x1b[0m \x1b]0;title\x07and\x1b(B \x9b1mbold\x9bm", "red and bold"),
        ("a\x00b\x08c\x7fd\x85e\x80f", "abcd ef"),
        ("left\u202eright\u2066inner\u2069\u200b\ufeff\U000e0041", "leftrightinner"),
        ("one\r\ntwo\u2028three\u2029four\x0bfive\x0csix", "one two three four five six"),
        ("half \ud800 a letter, \ue000 nobody's", "half � a letter, � nobody's"),
        ("می‌خواهم, no break", "می‌خواهم, no break"),
        ("<{%fg 1%}>red<{%reset%}>", "< {%fg 1% }>red< {%reset% }>"),
        ("half of it: <{% and %}>", "half of it: < {% and % }>"),
        ("say ##[error]no and ##vso[task.complete]", "say ## [error]no and ## vso[task.complete]"),
        ("::error file=a.py::no", ": :error file=a.py::no"),
        ("  ::stop-commands::token", ": :stop-commands::token"),
        ("he said ::add-mask::word", "he said : :add-mask::word"),
        ("std::error::Error at [::1]:80, ::ffff:10.0.0.1", "std::error::Error at [::1]:80, ::ffff:10.0.0.1"),
        ("#\x07#[error]", "## [error]"),
    ],
)
def test_text_of_others_does_nothing_but_say_something(text: str, said: str) -> None:
    assert shown(text) == said


def test_long_texts_take_no_time() -> None:
    began = time.process_time()
    for text in ("\x90", "\x9d", "\x1b]", "\x1b[", "\x9b", "::", ":: x"):
        shown(text * 50_000)
    assert time.process_time() - began < 5


def test_lines_stay_where_they_are_meant() -> None:
    assert shown("one \r\ntwo\x1b[K\n::error::no\n##[group]x", lines=True) == "one\ntwo\n: :error::no\n## [group]x"


def test_masking_makes_no_command() -> None:
    assert shown("##hunter2-hunter2", SecretFilter(["hunter2-hunter2"])) == "## [secret]"


def test_secret_with_colours_in_it_is_masked() -> None:
    clean = SecretFilter(["hunter2-hunter2"])
    assert shown("it is hunter2\x1b[1m-hunter2\x1b[0m", clean) == f"it is {MASK}"


def test_secret_with_control_characters_is_masked() -> None:
    assert shown("it is hun\x07ter2\x00", SecretFilter(["hun\x07ter2"])) == f"it is {MASK}"


@pytest.mark.parametrize("limit", range(60, 900, 7))
def test_secret_is_masked_before_its_text_is_cut(limit: int) -> None:
    said = shown(f"it says {SECRET}, {'x ' * 50}{SECRET} and {'y ' * 50}end", SecretFilter([SECRET]), limit=limit)
    assert len(said) <= limit
    assert "horse" not in said and "staple" not in said
    # a mask stays whole, or goes
    assert said.replace(MASK, "").count("[") == said.replace(MASK, "").count("]") == 0


def test_long_text_keeps_its_beginning_and_its_end() -> None:
    said = shortened(f"exec: {'x' * 5000}: executable file not found", 200)
    assert said.startswith("exec: xxx") and said.endswith("executable file not found")
    assert len(said) <= 200 and "left out" in said


COMMANDS = ["::error::", "##[", "##vso[", "<{%", "%}>", "#", "[", "%", "}", ">", "<", "{", ":"]
INVISIBLE = ["\x1b[31m", "\x9b1m", "\u202e", "\x07", "\n", "\r", "\u2028", "\x85", "\t", " "]
PIECES = st.sampled_from([*COMMANDS, *INVISIBLE])
TEXTS = st.lists(PIECES | st.text(st.characters(codec="utf-8"), max_size=6), max_size=20).map("".join)


@settings(max_examples=300, deadline=None)
@given(TEXTS, st.booleans(), st.integers(60, 200))
def test_no_text_is_more_than_text_and_none_changes_twice(text: str, lines: bool, limit: int) -> None:
    said = shown(text, lines=lines, limit=limit)
    kept = "\u200c\u200d\n\t" if lines else "\u200c\u200d"
    assert all(letter.isprintable() or letter in kept for letter in said)
    assert not re.search(r"^\s*::|##\[|##vso\[|<\{%|%\}>", said, re.MULTILINE)
    assert all(len(line) <= limit for line in said.split("\n"))
    assert shown(said, lines=lines, limit=limit) == said


WORDS = st.text(st.characters(codec="ascii", exclude_categories=["Cc"]), min_size=1, max_size=12)
SECRETS = (
    st.lists(WORDS | st.sampled_from(list(" \n\t\"\\'<")), min_size=3, max_size=12)
    .map("".join)
    .filter(lambda text: len(text.strip()) >= 8 and len(set(text)) > 4)
)


@settings(max_examples=300, deadline=None)
@given(SECRETS, TEXTS, TEXTS, st.integers(60, 300))
@pytest.mark.parametrize("quoted", [str, repr, json.dumps, lambda text: " ".join(text.split())])
def test_any_secret_is_masked_however_it_is_quoted(
    quoted: Callable[[str], str], secret: str, before: str, after: str, limit: int
) -> None:
    clean = SecretFilter([secret])
    said = shown(f"{before}{quoted(secret)}{after}", clean, limit=limit)
    core = " ".join(secret.split())
    by_chance = (shown(before, clean), shown(after, clean), f"{MASK} … (1234567890 characters and more left out) … ")
    assert core not in said or any(core in text for text in by_chance)
