"""Variables in a tree: the walk that both dialects share. What a string becomes is the dialect's own (`Reading`).

Values of the environment may be opaque (a string that is not known yet): then the result is a Template, where the
file has a string at that place, and an error where structure depends on it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from swarm_provider.compose.yaml.tree import (
    Interpolated,
    Items,
    Map,
    Path,
    SourceLocation,
    Template,
    Timestamp,
    go_text,
    interpolated,
    matches,
    short,
)


class Wrong(Exception):
    """The template cannot be substituted; the text says why.

    Attributes:
        briefly: the same without the template, for a file whose templates are secrets with dollars in them.
    """

    def __init__(self, message: str, briefly: str = "") -> None:
        super().__init__(message)
        self.briefly = briefly or message


@dataclass
class Environment:
    """The variables that a file may use; `used` collects the names that it asked for."""

    values: Mapping[str, object]
    used: set[str] = field(default_factory=set)

    def look_up(self, name: str) -> tuple[object, bool]:
        """Return the value ("" when there is none) and whether there is one."""
        if name in self.values:
            self.used.add(name)
            value = self.values[name]
            return go_text(value) if isinstance(value, (int, float)) else value, True
        return "", False


def interpolate(tree: Map, environment: Environment, at: SourceLocation, reading: Reading) -> Map:
    """Return a copy of a file's tree with all values (never keys) substituted; problems go to the report.

    `reading` is the dialect's.

    Args:
        tree: the tree of one file.
        environment: the variables.
        at: the place in the file, which collects problems.
        reading: the dialect's way to fill in a string.
    """
    result = _Walk(environment, reading).value(tree, at)
    assert isinstance(result, Map)
    return result


@dataclass
class _Walk:
    environment: Environment
    reading: Reading

    def value(self, value: Any, at: SourceLocation) -> Any:
        if isinstance(value, Map):
            copy = value.empty_copy()
            for key, entry in value.items():
                if "$" in key and not at.inside_extension:
                    at.key(value, key).warn(
                        "variables in keys are not substituted; docker uses the key as it is written"
                    )
                simple = not isinstance(entry, (str, Map, Items)) or (isinstance(entry, str) and "$" not in entry)
                copy[key] = entry if simple else self.value(entry, at.key(value, key))
            return copy
        if isinstance(value, Items):
            items = value.empty_copy()
            items.extend(self.value(entry, at.item(value, index)) for index, entry in enumerate(value))
            return items
        if isinstance(value, str) and "$" in value and not isinstance(value, Timestamp):
            return self._text(value, at)
        return value

    def _text(self, text: str, at: SourceLocation) -> Any:
        try:
            result = self.reading.substitute(text, self.environment, at)
        except Wrong as error:
            at.error(str(error))
            return text
        if result == text:
            return text
        cast = self.reading.cast_of(at.path)
        if isinstance(result, Template):
            if cast is not None or not _may_be_opaque(at.path, result):
                at.error(
                    "an Output is not allowed here, because the structure of the "
                    "service depends on its value; pass a plain string in env"
                )
                return ""
            return result
        if cast is None:
            return Interpolated(result, text)
        try:
            return interpolated(cast(result), text)
        except ValueError as error:
            at.error(f"the value of {short(text)} is {error}")
            return ""


def joined(parts: list[object]) -> str | Template:
    """Return the text of the parts, or a Template where one of them is not known yet."""
    flat: list[object] = []
    for part in parts:
        for piece in part.parts if isinstance(part, Template) else (part,):
            if isinstance(piece, str) and flat and isinstance(flat[-1], str):
                flat[-1] += piece
            elif piece != "":
                flat.append(piece)
    if all(isinstance(piece, str) for piece in flat):
        return "".join(str(piece) for piece in flat)
    return Template(tuple(flat))


def to_int(text: str) -> int:
    """Read a decimal number as Go's Atoi: `0444` is 444."""
    if not re.fullmatch(r"[-+]?[0-9]+", text, re.ASCII) or not -(2**63) <= int(text[:25]) < 2**63:
        raise ValueError("not an integer")
    return int(text)


def to_float(text: str) -> float:
    """Read a decimal number."""
    if not re.fullmatch(r"[-+]?(\.\d+|\d+(\.\d*)?)([eE][-+]?\d{1,3})?", text, re.ASCII):
        raise ValueError("not a number")
    return float(text)


def to_bool(text: str) -> bool:
    """Read yes and no as YAML 1.1 knew them."""
    word = text.lower()
    if word in ("y", "yes", "true", "on"):
        return True
    if word in ("n", "no", "false", "off"):
        return False
    raise ValueError("not a boolean")


def paths(text: str) -> tuple[tuple[str, ...], ...]:
    """Return the patterns of a string such as `services.*.tty networks.*.internal`."""
    return tuple(tuple(line.split(".")) for line in text.split())


Casts = tuple[tuple[tuple[tuple[str, ...], ...], Callable[[str], Any]], ...]
# where a string stays a string: nothing else in the service changes with it
_OPAQUE: Final = paths(
    """services.*.image services.*.hostname services.*.user services.*.working_dir services.*.environment.*
    services.*.labels.* services.*.deploy.labels.* services.*.logging.options.* services.*.command.[]
    services.*.entrypoint.[] services.*.healthcheck.test services.*.healthcheck.test.[] services.*.sysctls.*
    services.*.dns services.*.dns.[] services.*.dns_search services.*.dns_search.[] services.*.extra_hosts.*
    services.*.deploy.placement.constraints.[] services.*.networks.*.aliases.[] configs.*.content configs.*.labels.*
    secrets.*.labels.* secrets.*.driver_opts.* networks.*.labels.* networks.*.driver_opts.* volumes.*.labels.*
    volumes.*.driver_opts.*"""
)
# lists of `KEY=value`: opaque after the equals sign only
_OPAQUE_PAIRS: Final = paths(
    "services.*.environment.[] services.*.labels.[] services.*.deploy.labels.[] services.*.sysctls.[]"
)


@dataclass(frozen=True)
class Reading:
    """How a dialect substitutes a string, and what it makes of the result at which place."""

    substitute: Callable[[str, Environment, SourceLocation | None], str | Template]
    casts: Casts

    def cast_of(self, path: Path) -> Callable[[str], Any] | None:
        return next((cast for patterns, cast in self.casts if any(matches(path, item) for item in patterns)), None)


def _may_be_opaque(path: Path, value: Template) -> bool:
    if any(str(step).startswith("x-") for step in path) or any(matches(path, pattern) for pattern in _OPAQUE):
        return True
    first = value.parts[0]
    return any(matches(path, pattern) for pattern in _OPAQUE_PAIRS) and isinstance(first, str) and "=" in first
