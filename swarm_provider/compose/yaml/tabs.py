"""Tabs where yaml 4.0.0 (compose-go's library) takes them for blanks, and libyaml, as docker's, refuses the file."""

from __future__ import annotations

import re
from typing import Final

import yaml

_MOST: Final = 1000
_EMPTY: Final = re.compile(rb"[ ]*\t[ \t]*(?:#.*)?\r?\n?")
# a dash, and no mapping and no second dash behind the tab: a tab does not indent
_ENTRY: Final = re.compile(rb"(?P<dashes>[ ]*(?:-[ ]+)*-)\t[ \t]*(?P<rest>.*)", re.DOTALL)
_NESTED: Final = re.compile(rb"""-[ \t\r\n]|[^"'\[{#][^#]*:(?:[ \t\r\n]|$)""")


def with_blanks(data: bytes) -> bytes:
    """Return the text of a file with blanks for the tabs that are refused; one that is refused otherwise as it is.

    A line is looked at only where a reader has refused it, so what is part of a value stays as it is.
    """
    if b"\t" not in data:
        return data
    lines = data.splitlines(keepends=True)
    for _ in range(_MOST):
        number = _refused(b"".join(lines))
        if number is None or number >= len(lines):
            break
        fixed = _fixed(lines[number])
        if fixed == lines[number]:
            break
        lines[number] = fixed
    return b"".join(lines)


def _refused(data: bytes) -> int | None:
    """Return the line, counted from 0, in which a tab stands that YAML 1.1 does not take."""
    try:
        for _ in yaml.parse(data, Loader=getattr(yaml, "CLoader", yaml.Loader)):
            pass
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        return None if mark is None else int(mark.line)
    except yaml.YAMLError:
        return None
    return None


def _fixed(line: bytes) -> bytes:
    if _EMPTY.fullmatch(line):
        return line.replace(b"\t", b" ", line.find(b"#") if b"#" in line else -1)
    found = _ENTRY.fullmatch(line)
    if found is None or _NESTED.match(found["rest"]):
        return line
    return found["dashes"] + b" " + found["rest"]
