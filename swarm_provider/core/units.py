"""Durations, sizes and cpus: the texts that people write, and the numbers that Docker stores.

Durations are Go's (`1h5m30s20ms`), in nanoseconds. Sizes are binary for every spelling (`50M` = `50MB` = `50MiB`),
as docker's go-units reads them. Cpus are decimal texts, in units of 1e-9 cpu.
"""

from __future__ import annotations

import re
from fractions import Fraction
from functools import lru_cache
from typing import Final

_DURATION_UNITS: Final = {
    "ns": 1,
    "us": 10**3,
    "µs": 10**3,
    "μs": 10**3,
    "ms": 10**6,
    "s": 10**9,
    "m": 60 * 10**9,
    "h": 3600 * 10**9,
}
_DURATION: Final = re.compile(r"[+-]?(?:0|(?:(?:\d+\.?\d*|\.\d+)(?:ns|us|µs|μs|ms|s|m|h))+)")
_DURATION_PART: Final = re.compile(r"(\d+\.?\d*|\.\d+)(ns|us|µs|μs|ms|s|m|h)")
# Go's ParseFloat: underscores between digits, a point without digits on one side, an exponent
_DIGITS: Final = r"\d+(?:_\d+)*"
_SIZE: Final = re.compile(
    rf"(\+?(?:{_DIGITS}(?:\.(?:{_DIGITS})?)?|\.{_DIGITS})(?:[eE][+-]?\d\d?)?)\s*([kKmMgGtTpP])?([iI]?[bB])?", re.ASCII
)
_SIZE_EXPONENT: Final = {"": 0, "k": 1, "m": 2, "g": 3, "t": 4, "p": 5}
INT64_MAX: Final = 2**63 - 1
UNLIMITED: Final = -1
LONGEST_TEXT: Final = 100
"""Characters of a number that anybody means; longer ones cost time before they are refused."""
_REMEMBERED: Final = 512
"""Texts of one kind whose number is kept: the services of a stack have the same few, and ask for each several times."""


@lru_cache(_REMEMBERED)
def duration_ns(text: str) -> int:
    """Return the nanoseconds of a Go duration such as `1m30s`.

    Raises:
        ValueError: the text is not one (`90` has no unit; days and blanks are not Go's).
    """
    if len(text) > LONGEST_TEXT or not _DURATION.fullmatch(text):
        raise ValueError(f"{text!r} is not a duration; write a number with a unit, such as '10s' or '1m30s'")
    total = sum(
        (Fraction(number) * _DURATION_UNITS[unit] for number, unit in _DURATION_PART.findall(text)),
        Fraction(0),
    )
    nanoseconds = int(total)
    if nanoseconds > INT64_MAX:
        raise ValueError(f"{text!r} is longer than Docker can store (about 292 years)")
    return -nanoseconds if text.startswith("-") else nanoseconds


def duration_text(nanoseconds: int) -> str:
    """Return the shortest usual spelling of a duration: 90000000000 -> `1m30s`."""
    if nanoseconds == 0:
        return "0s"
    sign, rest = ("-", -nanoseconds) if nanoseconds < 0 else ("", nanoseconds)
    text = ""
    for unit in ("h", "m", "s", "ms", "us", "ns"):
        count, rest = divmod(rest, _DURATION_UNITS[unit])
        if count:
            text += f"{count}{unit}"
    return sign + text


@lru_cache(_REMEMBERED, typed=True)
def size_bytes(value: str | int) -> int:
    """Return the bytes of a size such as `100M`; a bare number is bytes.

    Raises:
        ValueError: the text is not a size.
    """
    match = _SIZE.fullmatch(str(value).strip()[: LONGEST_TEXT + 1])
    if not match or len(match[0]) > LONGEST_TEXT:
        raise ValueError(f"{value!r} is not a size; write bytes or a unit, such as '512', '64k', '100M', '1.5g'")
    number, prefix, _ = match.groups()
    size = int(Fraction(number.replace("_", "")) * 1024 ** _SIZE_EXPONENT[(prefix or "").lower()])
    if size > INT64_MAX:
        raise ValueError(f"{value!r} is a larger size than Docker can store")
    return size


def swap_bytes(value: str | int) -> int:
    """Return the bytes of a limit of memory and swap; -1 is no limit.

    Raises:
        ValueError: the text is neither -1 nor a size.
    """
    return UNLIMITED if str(value).strip() == str(UNLIMITED) else size_bytes(value)


def size_text(size: int) -> str:
    """Return the shortest exact spelling of a size: 104857600 -> `100M`."""
    for suffix, exponent in (("T", 4), ("G", 3), ("M", 2), ("K", 1)):
        if size and size % 1024**exponent == 0:
            return f"{size // 1024**exponent}{suffix}"
    return str(size)


@lru_cache(_REMEMBERED, typed=True)
def nano_cpus(value: str | int | float) -> int:
    """Return units of 1e-9 cpu of a number such as `0.50` (a fraction such as `1/4` works, as in docker).

    Raises:
        ValueError: not a number, or finer than 1e-9.
    """
    text = str(value).strip()
    exponent = re.search(r"[eE][+-]?(\d+)", text)
    if len(text) > LONGEST_TEXT or (exponent and len(exponent[1]) > 2):
        raise ValueError(f"{value!r} is not a number of cpus; write one such as '0.50'")
    try:
        cpus = Fraction(text)
    except (ValueError, ZeroDivisionError):
        raise ValueError(f"{value!r} is not a number of cpus; write one such as '0.50'") from None
    nano = cpus * 10**9
    if nano.denominator != 1:
        raise ValueError(f"{value!r} is finer than a billionth of a cpu")
    return int(nano)


def cpus_text(nano: int) -> str:
    """Return units of 1e-9 cpu as a decimal text: 500000000 -> `0.5`."""
    whole, rest = divmod(nano, 10**9)
    return f"{whole}.{rest:09d}".rstrip("0").rstrip(".") if rest else str(whole)
