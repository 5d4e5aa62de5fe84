"""Env files: lines of `KEY=value`, as the docker CLI reads them, and in the format of the compose-spec.

The docker CLI's reading (`raw`): quotes and blanks at the end are part of the value, `#` starts a comment only at the
beginning of a line, nothing is substituted. The compose-spec's own (long form of `env_file`): quotes, comments after
a value, escapes, `${VAR}`.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator
from typing import Any, Final

from swarm_provider.compose.interpolate import Environment, Wrong, substitute
from swarm_provider.compose.tree import At, Template

# bufio.MaxScanTokenSize, where the docker CLI stops reading
_LONGEST_LINE: Final = 64 * 1024
_ENTRY: Final = re.compile(r"(?:export\s+)?(?P<key>[^\s=:#'\"]+)\s*(?P<sign>[=:]?)[ \t]*(?P<rest>.*)", re.DOTALL)
_ESCAPES: Final = {"n": "\n", "r": "\r", "t": "\t", '"': '"', "\\": "\\", "$": "$$"}


class EnvFileError(ValueError):
    """The file is none; the text says why, and has the line's number."""


def read_raw(data: bytes, environment: Environment) -> dict[str, str | Any]:
    """Read an env file as the docker CLI does.

    A bare `KEY` takes its value from the environment, and is left out when there is none.

    Raises:
        EnvFileError: a line has no name, a name has blanks, or the file is not UTF-8.
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
            raise EnvFileError(f"line {number}: the name {key!r} has blanks; write KEY=value, without 'export'")
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


def read_dotenv(data: bytes, environment: Environment, at: At) -> dict[str, Any]:
    """Read an env file in the compose-spec's format.

    Raises:
        EnvFileError: a line is not `KEY=value`, a quote is not closed, or the file is not UTF-8.
    """
    try:
        rest = data.removeprefix(codecs.BOM_UTF8).decode("utf-8").replace("\r\n", "\n")
    except UnicodeDecodeError:
        raise EnvFileError("it is not UTF-8") from None
    result: dict[str, Any] = {}
    number = 1
    while rest:
        line, _, after = rest.partition("\n")
        if not line.strip() or line.lstrip().startswith("#"):
            number, rest = number + 1, after
            continue
        match = _ENTRY.match(line.lstrip())
        if match is None:
            raise EnvFileError(f"line {number} is not of the form KEY=value")
        if not match["sign"]:
            found, there = environment.look_up(match["key"])
            if there:
                result[match["key"]] = found
            number, rest = number + 1, after
            continue
        quote = match["rest"][:1]
        if quote in ("'", '"'):
            start = len(line) - len(match["rest"]) + 1
            end = _closing(rest, quote, start)
            if end < 0:
                raise EnvFileError(f"line {number}: the quote is not closed")
            value = rest[start:end]
            number += rest[:end].count("\n") + 1
            rest = rest[end + 1 :].partition("\n")[2]
        else:
            value = re.split(r"\s#", match["rest"], maxsplit=1)[0].strip()
            number, rest = number + 1, after
        result[match["key"]] = value if quote == "'" else _expanded(value, quote, result, environment, at)
    return result


def _closing(text: str, quote: str, start: int) -> int:
    position = start
    while position < len(text):
        if text[position] == "\\" and quote == '"':
            position += 2
            continue
        if text[position] == quote:
            return position
        position += 1
    return -1


def _expanded(value: str, quote: str, above: dict[str, Any], environment: Environment, at: At) -> str | Template:
    if quote == '"':
        value = re.sub(r"\\(.)", lambda match: _ESCAPES.get(match[1], match[0]), value, flags=re.DOTALL)
    try:
        return substitute(value, Environment({**above, **environment.values}, environment.used), at)
    except Wrong as error:
        raise EnvFileError(str(error)) from None
