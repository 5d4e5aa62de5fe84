"""The code blocks of a Markdown page."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

FENCE = re.compile(r"^```(?P<info>[^\n`]*)\n(?P<text>.*?)^```[ ]*$", re.MULTILINE | re.DOTALL)


@dataclass(frozen=True)
class Fence:
    """One fenced block.

    Attributes:
        language: the first word behind the fence, such as `sh`.
        title: the words after it, such as `by-hand` or `file=settings/__main__.py`.
        text: the lines between the fences.
        line: where it begins, counted from 1.
    """

    language: str
    title: str
    text: str
    line: int


def fences(page: Path) -> list[Fence]:
    """Return the blocks of a page in order."""
    text = page.read_text(encoding="utf-8")
    found = []
    for match in FENCE.finditer(text):
        language, _, title = match["info"].strip().partition(" ")
        found.append(Fence(language, title, match["text"], text.count("\n", 0, match.start()) + 1))
    return found
