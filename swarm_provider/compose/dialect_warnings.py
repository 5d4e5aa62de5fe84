"""Where files mean one thing in one dialect and another thing in the other: a warning each.

Both readings are compared as a whole, so nothing has to be known about the rules that differ. No value is told, since
values may be secret.
"""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, Final, Protocol

from swarm_provider.compose.common.dialect import SPEC_ONLY
from swarm_provider.compose.yaml.tree import path_text
from swarm_provider.core import Json
from swarm_provider.core.names import snake
from swarm_provider.errors import InputError, Problem

_MOST: Final = 8
# below these, a key is the user's own word
_FREE: Final = ("environment", "labels", "options", "sysctls", "driver_opts", "ulimits")


class Entry(Protocol):
    """What is compared: a service or an object of a project."""

    @property
    def inputs(self) -> Json: ...
    @property
    def file(self) -> str: ...
    @property
    def line(self) -> int: ...


Sections = Mapping[str, Mapping[str, Entry]]
Where = Callable[[tuple[str, ...]], tuple[str, int] | None]
"""Gives file and line of what is at a path below the top level of the files, or of what is above it there."""


def differences(
    here: Sections, there: Sections, dialect: str, where: Where, warned: Iterable[Problem] = ()
) -> list[Problem]:
    """Return a warning for everything that the other dialect, called `dialect`, would read in another way.

    Args:
        here, there: section (`services`, `configs`, ...) -> key -> entry, in the two readings.
        dialect: the other dialect.
        where: the places in the files.
        warned: what is warned of already; a place of which that says what the other dialect does is not told twice.
    """
    known = [_steps(warning.path) for warning in warned if warning.path and dialect in warning.message]
    found = [
        problem
        for problem in _compared(here, there, dialect, where)
        if not any(all(map(operator.eq, _steps(problem.path), told)) for told in known)
    ]
    if len(found) > _MOST:
        found[_MOST:] = [Problem(f"{len(found) - _MOST} more places mean something else with dialect={dialect!r}")]
    return found


def refused(error: InputError, dialect: str) -> Problem:
    """Return the warning for files that the other dialect refuses."""
    return Problem(f"with dialect={dialect!r} these files are invalid: {error.problems[0]}")


def _compared(here: Sections, there: Sections, dialect: str, where: Where) -> Iterator[Problem]:
    for section in here:
        one, other = here[section], there[section]
        for key in sorted({*one, *other}):
            entry = one.get(key) or other[key]
            if key not in one or key not in other:
                words = "exists only" if key not in one else "does not exist"
                yield Problem(f"it {words} with dialect={dialect!r}", path_text((section, key)), entry.file, entry.line)
                continue
            for path in _paths(_without_known(one[key].inputs), _without_known(other[key].inputs), ()):
                place = (section, key, *path)
                file, line = where(place) or (entry.file, entry.line)
                yield Problem(f"it means something else with dialect={dialect!r}", path_text(place), file, line)


def _steps(path: str) -> list[str]:
    return re.split(r"[.\[]", path)


def _without_known(inputs: Json) -> Json:
    """Return the inputs without the keys of which docker's dialect warns by itself that it ignores them."""
    return {key: value for key, value in inputs.items() if snake(key) not in SPEC_ONLY}


def _paths(one: Any, other: Any, path: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
    if isinstance(one, dict) and isinstance(other, dict):
        for key in sorted({*one, *other}, key=str):
            if key not in one or key not in other or one[key] != other[key]:
                name = str(key) if path and path[-1] in _FREE else snake(str(key))
                yield from _paths(one.get(key), other.get(key), (*path, name))
    elif one != other:
        yield path
