"""Env files: lines of `KEY=value`, as the docker CLI reads them (`raw`); `dotenv.py` has the compose-spec's format.

Quotes and blanks at the end are part of the value, `#` starts a comment only at the beginning of a line, nothing is
substituted.
"""

from __future__ import annotations

import codecs
from collections.abc import Iterator
from typing import Any, Final

from swarm_provider.compose.common.substitution import Environment

# bufio.MaxScanTokenSize, where the docker CLI stops reading
_LONGEST_LINE: Final = 64 * 1024


class EnvFileError(ValueError):
    """The file is none; the text says why, and has the line's number."""


def read_raw(data: bytes, environment: Environment) -> dict[str, str | Any]:
    """Read an env file as the docker CLI does.

    A bare `KEY` takes its value from the environment, and is left out when there is none.

    Raises:
        EnvFileError: a line has no name, a name has whitespace, or the file is not UTF-8.
    """
    result: dict[str, Any] = {}
    for number, line in _lines(data):
        line = line.lstrip()
        if not line or line.startswith("#"):
            continue
        key, equals, value = line.partition("=")
        if not key:
            raise EnvFileError(f"line {number} has no name before '='")
        if " " in key or "\t" in key:
            # not the name: it may be the second line of a secret
            raise EnvFileError(
                f"line {number}: the name before '=' contains whitespace; write KEY=value, without 'export'"
            )
        if equals:
            result[key] = value
        else:
            found, there = environment.look_up(key)
            if there:
                result[key] = found
    return result


def _lines(data: bytes) -> Iterator[tuple[int, str]]:
    lines = data.split(b"\n")
    for number, raw in enumerate(lines, 1):
        if number == len(lines) and not raw:
            return
        if len(raw) >= _LONGEST_LINE:
            raise EnvFileError(f"line {number} is longer than {_LONGEST_LINE} bytes")
        if number == 1:
            raw = raw.removeprefix(codecs.BOM_UTF8)
        try:
            yield number, raw.removesuffix(b"\r").decode("utf-8")
        except UnicodeDecodeError:
            raise EnvFileError(f"line {number} is not UTF-8") from None
