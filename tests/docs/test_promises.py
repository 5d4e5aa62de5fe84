"""docs/promises.md: what a user is promised, and tests that there are."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

REPO = Path(__file__).resolve().parents[2]
PAGE = REPO / "docs" / "promises.md"
TESTS = REPO / "tests"
_NAMED = re.compile(r"\[([\w/.]+)(?:::(\w+))?\]\(\.\./tests/([\w/.]+)\)")
NAMED = _NAMED.findall(PAGE.read_text("utf-8"))
WITH_AN_ENGINE = sorted(
    file.relative_to(TESTS).as_posix() for file in [*TESTS.rglob("test_*_live.py"), *TESTS.glob("e2e/test_*.py")]
)


def test_link_of_a_test_is_called_by_its_file() -> None:
    assert [text for text, _, path in NAMED if text != path] == []


@pytest.mark.parametrize(("path", "name"), sorted({(path, name) for _, name, path in NAMED if name}))
def test_test_named_by_a_promise_exists(path: str, name: str) -> None:
    assert re.search(rf"^(?:async )?def {name}\(", (TESTS / path).read_text("utf-8"), re.MULTILINE)


@pytest.mark.parametrize("path", WITH_AN_ENGINE)
def test_test_that_needs_an_engine_proves_a_promise(path: str) -> None:
    assert path in {named for _, _, named in NAMED}, f"docs/promises.md: which promise does {path} prove?"
