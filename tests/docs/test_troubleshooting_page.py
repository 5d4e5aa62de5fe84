"""docs/troubleshooting.md: the messages that it explains are those that the code prints."""

from __future__ import annotations

import ast
import re
from functools import cache

import pytest

from tests.support.engine import REPO

PAGE = (REPO / "docs" / "troubleshooting.md").read_text(encoding="utf-8")
_OURS = PAGE.split("## Reaching the swarm", 1)[1]
MESSAGES = re.findall(r"^\| `(.+?)`(?: \(\w+\))? \|", _OURS, re.MULTILINE)


@pytest.mark.parametrize("message", MESSAGES)
def test_message_is_one_that_the_code_prints(message: str) -> None:
    for piece in _pieces(message):
        assert any(piece in text for text in _texts()), f"no message of ours has {piece!r}"


def _pieces(message: str) -> list[str]:
    """Return the fixed parts: `…` and numbers stand for what varies, quotes come from repr()."""
    parts = re.split(r"…|'…'|\b\d+\b(?!\.)", message)
    return [part.strip(" ';:`(),") for part in parts if len(part.strip(" ';:`(),")) > 5]


@cache
def _texts() -> list[str]:
    found = []
    for file in (REPO / "swarm_provider").rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.JoinedStr):
                found.append(
                    "".join(str(part.value) if isinstance(part, ast.Constant) else "…" for part in node.values)
                )
            elif isinstance(node, ast.Constant) and isinstance(node.value, str):
                found.append(node.value)
    return [text.replace("`", "") for text in found]
