"""Texts of others (programs, daemons, registries, files) on their way to people: one function, one order. Pure.

Whatever is printed or stored goes through `shown`: secrets are masked while the text is whole, then it is made
harmless, and it is shortened last. What collects such texts leaves them as they came.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from typing import Final

from swarm_provider.core.masking import MASK

LONGEST: Final = 4_000
"""Characters of one error or reason."""
_ESCAPE: Final = re.compile(
    r"(?:\x1b\[|\x9b)[0-?]*[ -/]*[@-~]"  # colours, the cursor
    r"|(?:\x1b[\]PX^_]|[\x90\x98\x9d-\x9f])[^\x07\x1b\x90\x98\x9c-\x9f]*(?:\x07|\x1b\\|\x9c)"  # titles, links
    r"|\x1b[ -/]*[0-~]"
)
_LINE_ENDS: Final = re.compile("\r\n|[\r\n\x0b\x0c\x1c-\x1e\x85\u2028\u2029]")
_KEPT: Final = frozenset("\n\t\u200c\u200d")
"""The last two are invisible, and a part of words in some languages."""
_INERT: Final = (
    # Pulumi's markup for colours; half of it makes Pulumi lose what follows
    (re.compile(r"<(?=\{%)"), "< "),
    (re.compile(r"%(?=\}>)"), "% "),
    # commands of CI runners: GitHub's old and Azure's anywhere in a line, GitHub's new ones where a line begins,
    # which is wherever somebody wraps it
    (re.compile(r"##(?=\[|vso\[|teamcity\[)", re.IGNORECASE), "## "),
    (re.compile(r"^(\s*)::", re.MULTILINE), r"\1: :"),
    (re.compile(r"(?<![\w:]):(?=:[\w-]+(?:\s[^\n]*?)?::)"), ": "),
)
_NOTHING: Final = str
"""Masks nothing."""


def shown(text: str, mask: Callable[[str], str] = _NOTHING, *, lines: bool = False, limit: int = LONGEST) -> str:
    """Return a string as it may be printed and stored.

    Args:
        text: the foreign text.
        mask: a SecretFilter, where secrets are known.
        lines: it is meant to have lines; otherwise it becomes one.
        limit: characters at most, of each line.
    """
    text = mask(text)
    seen = _visible(text)
    if seen != text:
        # what stood apart only by what is invisible may be a secret together
        text = mask(seen)
    rows = [row.rstrip() for row in text.split("\n")] if lines else [" ".join(text.split())]
    return "\n".join(shortened(inert(row), limit) for row in rows)


def inert(text: str) -> str:
    """Return a string that is no command to a CI runner, and no markup to Pulumi."""
    for pattern, replacement in _INERT:
        text = pattern.sub(replacement, text)
    return text


def shortened(text: str, limit: int) -> str:
    """Return a string of at most `limit` characters: its middle is left out, since errors end with what matters.

    A mask stays whole, or goes.
    """
    if len(text) <= limit:
        return text
    note = f" … ({len(text) - limit} characters and more left out) … "
    room = max(0, limit - len(note))
    at, end = room - room // 3, len(text) - room // 3
    for match in re.finditer(re.escape(MASK), text):
        at = match.start() if match.start() < at < match.end() else at
        end = match.end() if match.start() < end < match.end() else end
    return f"{text[:at]}{note}{text[end:]}"


def _visible(text: str) -> str:
    """Return the text without escape sequences and invisible characters, with line feeds for all ends of lines."""
    if text.isprintable():
        return text
    text = _LINE_ENDS.sub("\n", _ESCAPE.sub("", text))
    odd = {letter for letter in set(text) if not letter.isprintable()} - _KEPT
    return text.translate({ord(letter): _as_seen(letter) for letter in odd}) if odd else text


def _as_seen(letter: str) -> str:
    kind = unicodedata.category(letter)
    if kind == "Zs":
        return " "
    # what cannot be encoded, or has no meaning of its own
    return "�" if kind in ("Cs", "Co", "Cn") else ""
