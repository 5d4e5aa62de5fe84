"""Masking secrets in texts that people see: whole, line by line, and in every encoding that messages use. Pure."""

from __future__ import annotations

import base64
import contextlib
import json
import re
import urllib.parse
from collections.abc import Iterable, Iterator
from functools import lru_cache
from typing import Any, Final

MASK: Final = "[secret]"
SHORTEST_SECRET: Final = 4
"""Characters; shorter texts appear by chance, and masking them would say more than it hides."""
SHORTEST_ENCODED: Final = 8
"""Characters of a piece of base64 that is masked."""
_ASSIGNMENT: Final = re.compile(r"[\w.-]+\s*[=:]\s*(.+)")


class SecretFilter:
    """Masks secret texts: each whole, each of its lines, the values inside it, and the usual encodings of all."""

    def __init__(self, texts: Iterable[str] = ()) -> None:
        self._texts = frozenset(texts)

    @property
    def texts(self) -> frozenset[str]:
        """What is masked."""
        return self._texts

    def add(self, texts: Iterable[str]) -> None:
        """Mask these texts too."""
        self._texts |= frozenset(texts)

    def __call__(self, text: str) -> str:
        """The text with every secret in it masked."""
        for form in _ordered(self._texts):
            if form in text:
                text = text.replace(form, MASK)
        return text


@lru_cache(maxsize=16)
def _ordered(texts: frozenset[str]) -> tuple[str, ...]:
    """Every form of the texts, the longer ones first: a secret may be a part of another one."""
    forms = {form for text in texts for plain in _plain(text) for form in _encoded(plain)}
    return tuple(sorted(forms, key=lambda form: (-len(form), form)))


def _plain(text: str) -> set[str]:
    plain = {text, text.strip(), *(line.strip() for line in text.splitlines())}
    plain |= {match.group(1).strip().strip("\"'") for line in text.splitlines() if (match := _ASSIGNMENT.match(line))}
    with contextlib.suppress(ValueError):
        plain |= _leaves(json.loads(text))
    return {form for form in plain if len(form) >= SHORTEST_SECRET}


def _leaves(value: Any) -> set[str]:
    if isinstance(value, dict):
        return set().union(*(_leaves(item) for item in value.values()))
    if isinstance(value, list):
        return set().union(*(_leaves(item) for item in value))
    return {value} if isinstance(value, str) else set()


def _encoded(plain: str) -> Iterator[str]:
    yield plain
    yield from _base64(plain.encode())
    yield from (urllib.parse.quote(plain), urllib.parse.quote(plain, safe=""), urllib.parse.quote_plus(plain))
    # Python escapes a ' only in a text that has a " too, which may stand outside the secret
    for quoted in (repr(plain)[1:-1], repr(plain + "\"'")[1:-4], json.dumps(plain)[1:-1], _go(plain)):
        yield quoted
        # a daemon's message that quotes it, inside another one that quotes the message
        yield _go(quoted)
        yield _html_safe(quoted)


def _go(text: str) -> str:
    """As JSON and Go's %q write it, letters outside ASCII as they are."""
    return json.dumps(text, ensure_ascii=False)[1:-1]


def _html_safe(text: str) -> str:
    """As Go's encoding/json writes it."""
    return text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")


def _base64(data: bytes) -> Iterator[str]:
    yield base64.b64encode(data).decode().rstrip("=")
    for offset in range(3):
        encoded = base64.b64encode(b"\0" * offset + data).decode()
        # what stands before and after the secret decides the outermost characters
        sure = encoded[-(-offset * 8 // 6) : (offset + len(data)) * 8 // 6]
        if len(sure) >= SHORTEST_ENCODED:
            yield sure
            yield sure.replace("+", "-").replace("/", "_")
