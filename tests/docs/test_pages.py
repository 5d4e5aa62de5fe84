"""Pages that are well-formed: links lead somewhere, Python compiles, generated pages are current."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.docs.fences import fences
from tools.generate.reference import render

REPO = Path(__file__).resolve().parents[2]
PAGES = sorted([*REPO.glob("*.md"), *(REPO / "docs").rglob("*.md")])
_LINK = re.compile(r"\[[^\]]*\]\((?!https?://|mailto:)([^)\s#]*)(?:#([^)\s]*))?\)")


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(REPO)))
def test_page_links_lead_to_files_and_headings_that_exist(page: Path) -> None:
    for path, anchor in _LINK.findall(_prose(page)):
        target = (page.parent / path).resolve() if path else page
        assert target.exists(), f"{page.name} links to {path}, which does not exist"
        if anchor:
            assert anchor in _anchors(target), f"{page.name} links to #{anchor}, which {target.name} does not have"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(REPO)))
def test_page_python_blocks_compile(page: Path) -> None:
    for fence in fences(page):
        if fence.language == "python":
            compile(fence.text, f"{page.name}:{fence.line}", "exec")


def test_reference_page_is_what_the_definition_says() -> None:
    page = REPO / "docs" / "reference.md"
    assert page.read_text(encoding="utf-8") == render(), (
        "docs/reference.md is out of date: python -m tools.generate.reference >docs/reference.md"
    )


def _prose(page: Path) -> str:
    text = page.read_text(encoding="utf-8")
    for fence in fences(page):
        text = text.replace(fence.text, "")
    return re.sub(r"`[^`\n]*`", "", text)


def _anchors(page: Path) -> set[str]:
    """GitHub's anchors: the heading in lower case, without punctuation, blanks as hyphens."""
    found = set()
    for heading in re.findall(r"^#+ (.*)$", page.read_text(encoding="utf-8"), re.MULTILINE):
        text = re.sub(r"[^\w\- ]", "", heading.strip().lower())
        found.add(text.replace(" ", "-"))
    return found


@pytest.mark.parametrize(("name", "heading"), [("README.md", "Documentation"), ("README.ko.md", "문서")])
def test_readme_names_each_page_once(name: str, heading: str) -> None:
    part = (REPO / name).read_text(encoding="utf-8").split(f"\n## {heading}\n")[1].split("\n## ")[0]
    named = re.findall(r"^- \[[^\]]+\]\((docs/[\w-]+\.md)\):", part, re.MULTILINE)
    assert sorted(named) == sorted(page.relative_to(REPO).as_posix() for page in (REPO / "docs").glob("*.md"))
