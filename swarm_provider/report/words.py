"""Values and names as texts that are safe to look at: short, on one line, without characters that hide others.

What is invisible is spelt out here, where `core.foreign.shown` leaves it out: a reviewer wants to see it.
"""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Iterator
from typing import Any, Final

from swarm_provider.core.foreign import inert, shortened
from swarm_provider.core.masking import MASK
from swarm_provider.core.path import last_name
from swarm_provider.core.values import UNKNOWN, has_unknown
from swarm_provider.plan.ownership.credentials import looks_like_credential

LONGEST_VALUE: Final = 300
"""Characters of one value, or of one line of a config, that are shown."""
KNOWN_LATER: Final = "(known after the update)"
NOT_SHOWN: Final = "(not shown: it looks like a credential)"
_CODE: Final = re.compile(r"`([^`\n]+)`")


def visible(text: str, *, lines: bool = False) -> str:
    """Return the text with control characters, and those that change the direction of writing, spelt out.

    A pipeline may print the report: what would be a command to its runner is none any more.

    Args:
        lines: keep line feeds and tabs; they are spelt out otherwise.
    """
    if not text.isprintable():
        text = "".join(letter if _harmless(letter, lines) else _spelt(letter) for letter in text)
    return inert(text)


def _harmless(letter: str, lines: bool) -> bool:
    if letter in "\n\t":
        return lines
    return unicodedata.category(letter) not in ("Cc", "Cf", "Cs", "Co", "Zl", "Zp")


def _spelt(letter: str) -> str:
    code = ord(letter)
    short = {9: "\\t", 10: "\\n", 13: "\\r"}.get(code)
    return short or (f"\\x{code:02x}" if code < 256 else f"\\u{code:04x}" if code < 65536 else f"\\U{code:08x}")


def value_text(value: Any, path: str = "") -> str:
    """Return a property's value on one line; what looks like a credential is not shown."""
    if value is UNKNOWN or value is None:
        return KNOWN_LATER if value is UNKNOWN else ""
    if isinstance(value, str):
        text = value
    elif has_unknown(value):
        text = json.dumps(_without_unknown(value), ensure_ascii=False)
    else:
        text = json.dumps(value, ensure_ascii=False)
    name = last_name(path)
    if text != MASK and (looks_like_credential(f"{name}={text}") or looks_like_credential(text)):
        return NOT_SHOWN
    return shortened(visible(text), LONGEST_VALUE)


def _without_unknown(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _without_unknown(entry) for key, entry in value.items()}
    if isinstance(value, list):
        return [_without_unknown(entry) for entry in value]
    return KNOWN_LATER if value is UNKNOWN else value


def spans(message: str) -> Iterator[tuple[str, bool]]:
    """Yield the pieces of a message in order, each with whether it is code, which messages have between backticks."""
    for number, piece in enumerate(_CODE.split(message)):
        if piece:
            yield piece, number % 2 == 1
