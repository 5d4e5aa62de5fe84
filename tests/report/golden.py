"""The recorded previews, and where what is made of them is kept."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from swarm_provider.report.html import html
from swarm_provider.report.markdown import markdown
from swarm_provider.report.page import Page, page
from swarm_provider.report.reading import read

PREVIEWS = Path(__file__).resolve().parents[1] / "data" / "previews"


def recorded() -> list[str]:
    """Return the names of the recorded previews."""
    return sorted(file.name for file in PREVIEWS.glob("*.json*"))


RECORDED = recorded()


@cache
def made(name: str) -> Page:
    """Return the report of a recorded preview."""
    return page(read((PREVIEWS / name).read_text(encoding="utf-8")))


@cache
def rendered(name: str) -> dict[Path, str]:
    """Return the texts of its golden files by their paths."""
    report = made(name)
    stem = name.replace(".jsonl", "-stream").replace(".json", "")
    return {PREVIEWS / f"{stem}.md": markdown(report), PREVIEWS / f"{stem}.html": html(report)}
