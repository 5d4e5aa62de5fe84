"""README's first screen is what the real commands printed (tests/record_readme.py)."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.record_previews import on_a_terminal, play
from tests.record_readme import PAGES, PICTURE, with_blocks
from tests.report.golden import PREVIEWS
from tests.report.scenarios import SCENARIOS
from tests.support.engine import Engine


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_screens_of_readme_are_the_recorded_ones(page: Path) -> None:
    text = page.read_text("utf-8")
    assert with_blocks(text) == text, f"{page.name} is out of date: python -m tests.record_readme"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_readme_shows_the_picture_of_the_report(page: Path) -> None:
    assert f"(docs/{PICTURE.name})" in page.read_text("utf-8")
    picture = PICTURE.read_bytes()
    assert picture.startswith(b"\x89PNG") and len(picture) < 200_000


@pytest.mark.e2e
@pytest.mark.long
def test_preview_prints_what_readme_shows(engine: Engine, pulumi_cli: Path, tmp_path: Path) -> None:
    with engine.cleaned():
        project = play(SCENARIOS["compose"], engine, tmp_path, pulumi_cli)
        assert on_a_terminal(project) == (PREVIEWS / "compose.txt").read_text("utf-8")
        project.destroy().assert_ok()
