"""The content of a config or secret: bytes, and how inputs say them.

Text is `data`; what is no UTF-8, or has a NUL, is `dataBase64`, as in Docker's API. The one rule and its way back.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from typing import Any, Final

from swarm_provider.core.values import reveal

CONTENT: Final = ("data", "dataBase64")
"""Inputs that hold content."""
WAYS_TO_CONTENT: Final = frozenset((*CONTENT, "file"))
"""Inputs that say content: a file is read in Check."""


def content_inputs(content: bytes) -> dict[str, str]:
    """Return the input that says these bytes: `{"data": text}` or `{"dataBase64": base64}`."""
    text = text_of(content)
    return {"dataBase64": encoded(content)} if text is None else {"data": text}


def content_of(inputs: Mapping[str, Any]) -> bytes | None:
    """Return the bytes that inputs say; None where they say none, or where that is not base64."""
    text, base = (reveal(inputs.get(key)) for key in CONTENT)
    if isinstance(text, str):
        # half of a surrogate pair comes from JSON only
        return text.encode("utf-8", "surrogatepass")
    return decoded(base) if isinstance(base, str) else None


def text_of(content: bytes) -> str | None:
    """Return the text that bytes are, None where they are none that can be shown."""
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError:
        return None
    # a terminal, a diff and YAML have no sign for NUL
    return None if "\0" in text else text


def encoded(content: bytes) -> str:
    """Return bytes as base64, which is what Docker's API takes."""
    return base64.b64encode(content).decode("ascii")


def decoded(text: str) -> bytes | None:
    """Return the bytes that base64 stands for, None where it is none."""
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return None
