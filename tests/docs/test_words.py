"""Messages and guides use the words of docs/glossary.md, and none of those that its third column lists."""

from __future__ import annotations

import ast
import re
import tokenize
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path

import pytest

from tests.support.engine import REPO

GLOSSARY = REPO / "docs" / "glossary.md"
PACKAGE = sorted((REPO / "swarm_provider").rglob("*.py"))
PROGRAMS = [*PACKAGE, *sorted(file for folder in ("tools", "bench") for file in (REPO / folder).rglob("*.py"))]
SCRIPTS = sorted(file for folder in ("tools", "testbed", "examples", "stacks") for file in (REPO / folder).rglob("*.*"))
PAGES = [REPO / "README.md", REPO / "CONTRIBUTING.md", REPO / "CHANGELOG.md", *sorted((REPO / "docs").glob("*.md"))]
_NAMES = re.compile(r"`[^`\n]+`|^ +\w+:(?= )", re.MULTILINE)
_ROW = re.compile(r"^\| (?P<terms>[^|]+) \| (?P<meaning>[^|]+) \|(?P<avoid>[^|]*)\|$", re.MULTILINE)


@cache
def _rows() -> list[tuple[str, str, list[str]]]:
    rows = _ROW.findall(GLOSSARY.read_text(encoding="utf-8"))
    return [
        (term.strip(), meaning.strip(), re.findall(r'"([^"]+)"', avoid))
        for term, meaning, avoid in rows
        if term not in ("term", "---") and not term.startswith("-")
    ]


@cache
def _avoided() -> re.Pattern[str]:
    phrases = sorted((phrase for _, _, avoid in _rows() for phrase in avoid), key=len, reverse=True)
    return re.compile("|".join(rf"(?<!\w){re.escape(phrase)}(?!\w)" for phrase in phrases), re.IGNORECASE)


def _found(texts: Iterable[tuple[str, str]]) -> list[str]:
    """Return where a text has a phrase that is avoided: `place: 'phrase' in text`."""
    found = []
    for place, text in texts:
        plain = " ".join(text.split())
        for match in _avoided().finditer(plain):
            found.append(f"{place}: {match[0]!r} in {plain[max(0, match.start() - 50) : match.end() + 50]!r}")
    return found


def _messages(file: Path) -> Iterator[tuple[str, str]]:
    """Return each string with a blank in it, f-strings with `…` for their values; not docstrings."""
    tree = ast.parse(file.read_text(encoding="utf-8"))
    standing = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    inside = {id(part) for node in ast.walk(tree) if isinstance(node, ast.JoinedStr) for part in node.values}
    for node in ast.walk(tree):
        text = ""
        if isinstance(node, ast.JoinedStr):
            text = "".join(str(part.value) if isinstance(part, ast.Constant) else "…" for part in node.values)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in inside:
            text = node.value
        if " " in text.strip() and id(node) not in standing:
            yield f"{file.relative_to(REPO)}:{node.lineno}", text  # type: ignore[attr-defined]


def _docstrings(file: Path) -> Iterator[tuple[str, str]]:
    """Return each docstring, of attributes too, without the names of code in it."""
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str):
            yield f"{file.relative_to(REPO)}:{node.lineno}", _NAMES.sub("", node.value.value)


def _comments(file: Path) -> Iterator[tuple[str, str]]:
    """Return each comment; the lines of one as one."""
    number, block = 0, ""
    with file.open("rb") as source:
        for token in tokenize.tokenize(source.readline):
            if token.type == tokenize.COMMENT:
                number, block = number or token.start[0], f"{block} {token.string.lstrip('# ')}"
            elif token.type not in (tokenize.NL, tokenize.NEWLINE) and block:
                yield f"{file.relative_to(REPO)}:{number}", block
                number, block = 0, ""


def _sentences(page: Path) -> Iterator[tuple[str, str]]:
    """Return each paragraph, row and item of a page."""
    number, paragraph = 1, ""
    for position, line in enumerate(page.read_text(encoding="utf-8").splitlines(), 1):
        if not line.strip() or line.startswith(("|", "-", "#", "```")):
            yield f"{page.relative_to(REPO)}:{number}", paragraph
            number, paragraph = position, ""
        paragraph += f" {line}"
    yield f"{page.relative_to(REPO)}:{number}", paragraph


def test_each_term_stands_once_with_a_sentence() -> None:
    terms = [term for term, _, _ in _rows()]
    assert len(terms) > 60 and len(set(terms)) == len(terms)
    assert all(meaning.endswith(".") for _, meaning, _ in _rows())


def test_no_phrase_is_avoided_twice() -> None:
    phrases = [phrase for _, _, avoid in _rows() for phrase in avoid]
    assert len(phrases) > 60 and len(set(phrases)) == len(phrases)


@pytest.mark.parametrize("text", ["{x!r} must be a text", "a node was lost; telling Swarm to go on", "made anew"])
def test_phrase_is_found_wherever_it_is(text: str, tmp_path: Path) -> None:
    assert _found([("here", text)])


def test_messages_use_the_words_of_the_glossary() -> None:
    messages = [message for file in PROGRAMS for message in _messages(file)]
    assert len(messages) > 1000
    assert _found(messages) == []


def test_docstrings_use_the_words_of_the_glossary() -> None:
    docstrings = [text for file in PROGRAMS for text in _docstrings(file)]
    assert len(docstrings) > 1000
    assert _found(docstrings) == []


def test_comments_use_the_words_of_the_glossary() -> None:
    comments = [text for file in PROGRAMS for text in _comments(file)]
    assert len(comments) > 400
    assert _found(comments) == []


def test_scripts_and_examples_use_the_words_of_the_glossary() -> None:
    scripts = [file for file in SCRIPTS if file.suffix in (".sh", ".yml", ".yaml", ".json")]
    assert len(scripts) > 15
    assert [found for file in scripts for found in _found(_sentences(file))] == []


@pytest.mark.parametrize("page", [page for page in PAGES if page != GLOSSARY], ids=lambda page: page.name)
def test_page_uses_the_words_of_the_glossary(page: Path) -> None:
    assert _found(_sentences(page)) == []
