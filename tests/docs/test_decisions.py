"""Decisions are found by their number, so each has one of its own, and its page begins with it."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

DECISIONS = sorted((Path(__file__).parents[2] / "docs/decisions").glob("*.md"))


def test_every_number_is_given_once() -> None:
    assert [number for number, times in Counter(page.name[:3] for page in DECISIONS).items() if times > 1] == []


@pytest.mark.parametrize("page", DECISIONS, ids=lambda page: page.stem)
def test_page_begins_with_its_number(page: Path) -> None:
    assert page.read_text().splitlines()[0].startswith((f"# {page.name[:3]}: ", f"# {page.name[:3]} "))
