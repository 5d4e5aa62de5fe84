"""One scalar of a YAML file -> its value, as go-yaml v3 resolves it (resolve.go)."""

from __future__ import annotations

import base64
import binascii
import re
from datetime import datetime
from functools import lru_cache
from typing import Any, Final

from swarm_provider.compose.yaml.tree import Timestamp, WrittenFloat, WrittenInt, go_text

_NULLS: Final = ("", "~", "null", "Null", "NULL")
_WORDS: Final[dict[str, Any]] = {
    **dict.fromkeys(_NULLS),
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
    **dict.fromkeys((".nan", ".NaN", ".NAN"), float("nan")),
    **dict.fromkeys((".inf", ".Inf", ".INF", "+.inf", "+.Inf", "+.INF"), float("inf")),
    **dict.fromkeys(("-.inf", "-.Inf", "-.INF"), float("-inf")),
}
_FLOAT: Final = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?")
_INTEGER: Final = re.compile(
    r"(?P<sign>[-+]?)(?:0[xX](?P<hex>[0-9a-fA-F]+)|0[bB](?P<bin>[01]+)|0[oO]?(?P<oct>[0-7]+)|(?P<dec>0|[1-9][0-9]*))"
)
_DATE: Final = re.compile(
    r"(\d{4})-(\d{1,2})-(\d{1,2})"
    r"(?:(?P<sep>[Tt ])(\d{1,2}):(\d{1,2}):(\d{1,2})(?:[.,](\d+))?(?P<zone>Z|[-+]\d\d:\d\d)?)?"
)
# 64 bits in binary, with sign and prefix
_LONGEST_INTEGER: Final = 67
STANDARD: Final = "tag:yaml.org,2002:"


class Fault(Exception):
    """What is wrong in a line of a file."""

    def __init__(self, message: str, line: int) -> None:
        super().__init__(message)
        self.message = message
        self.line = line


def scalar(text: str, tag: str | None, plain: bool, line: int) -> Any:
    """Return what go-yaml makes of a scalar; `tag` is the explicit one, in its long form.

    Args:
        text: the text as the file has it.
        tag: the YAML tag, if one is written.
        plain: whether it stands without quotes.
        line: the line, for messages.
    """
    if tag is None:
        return plain_value(text) if plain else text
    if not tag.startswith(STANDARD):
        return text
    name = tag.removeprefix(STANDARD)
    if name == "binary":
        try:
            return base64.b64decode("".join(text.split()), validate=True).decode("utf-8", "replace")
        except (binascii.Error, ValueError):
            raise Fault("a !!binary value contains invalid base64 data", line) from None
    if name not in ("int", "float", "bool", "null", "timestamp"):
        return text
    value = plain_value(text)
    kinds: dict[str, Any] = {
        "int": lambda: isinstance(value, int) and not isinstance(value, bool),
        "float": lambda: isinstance(value, (int, float)) and not isinstance(value, bool),
        "bool": lambda: isinstance(value, bool),
        "null": lambda: value is None,
        "timestamp": lambda: isinstance(value, Timestamp),
    }
    if not kinds[name]():
        raise Fault(f"cannot read {text!r} as !!{name}", line)
    return _float(float(value), text) if name == "float" else value


@lru_cache(maxsize=65536)
def plain_value(text: str) -> Any:
    """Return what go-yaml makes of an unquoted scalar without a tag (resolve.go)."""
    if text in _WORDS:
        return _WORDS[text]
    first = text[0]
    if first == ".":
        return _number(text, text) if _FLOAT.fullmatch(text) else text
    if not (first in "+-" or "0" <= first <= "9"):
        return text
    moment = _timestamp(text)
    if moment is not None:
        return moment
    bare = text.replace("_", "")
    match = _INTEGER.fullmatch(bare) if len(bare) <= _LONGEST_INTEGER else None
    if match:
        value = _integer(match)
        if -(2**63) <= value < 2**63 or (value < 2**64 and not match["sign"]):
            return value if str(value) == text else _int(value, text)
    return _number(bare, text) if _FLOAT.fullmatch(bare) else text


def _integer(match: re.Match[str]) -> int:
    for group, base in (("hex", 16), ("bin", 2), ("oct", 8), ("dec", 10)):
        if match[group] is not None:
            number = int(match[group], base)
            return -number if match["sign"] == "-" else number
    raise AssertionError(match)


def _number(bare: str, text: str) -> Any:
    value = float(bare)
    # Go's ParseFloat refuses what does not fit, and the text stays a string
    return text if value in (float("inf"), float("-inf")) else _float(value, text)


def _float(value: float, text: str) -> float:
    if go_text(value) == text:
        return value
    written = WrittenFloat(value)
    written.raw = text
    return written


def _int(value: int, text: str) -> int:
    written = WrittenInt(value)
    written.raw = text
    return written


def _timestamp(text: str) -> Timestamp | None:
    if len(text) < 8 or text[4] != "-" or not text[:4].isdigit():
        return None
    match = _DATE.fullmatch(text)
    if match is None:
        return None
    year, month, day, separator, hour, minute, second, fraction, zone = match.groups()
    # with a 'T' Go wants a zone, with a blank it refuses one
    if separator and (separator in "Tt") != bool(zone):
        return None
    try:
        datetime(int(year) or 4, int(month), int(day), int(hour or 0), int(minute or 0), int(second or 0))
    except ValueError:
        return None
    nanoseconds = (fraction or "")[:9].rstrip("0")
    offset, name = ("+0000", "UTC") if zone in (None, "Z", "+00:00", "-00:00") else (zone.replace(":", ""),) * 2
    clock = f"{int(hour or 0):02d}:{int(minute or 0):02d}:{int(second or 0):02d}"
    result = Timestamp(
        f"{year}-{int(month):02d}-{int(day):02d} {clock}{'.' + nanoseconds if nanoseconds else ''} {offset} {name}"
    )
    result.raw = text
    return result
