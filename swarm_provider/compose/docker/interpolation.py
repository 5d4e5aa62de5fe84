"""`${VAR}` -> text, as the docker CLI substitutes it, with its casts; and the `:+` operator of the compose-spec.

Values of the environment may be opaque (a string that is known only later): then the result is a Template, where the
file has a text at that place, and an error where structure depends on it.
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

# docker CLI, cli/compose/template: case-insensitive in Go, which folds U+017F to s and U+212A to k
_NAME: Final = "[_a-zA-Z\u017f\u212a][_a-zA-Z0-9\u017f\u212a]*"
_SUBST: Final = re.compile(rf"(?P<name>{_NAME})(?::?[-?][^}}]*)?")
_ALTERNATIVE: Final = re.compile(rf"\$\{{(?P<name>{_NAME})(?P<operator>:?\+)")
_MAX_NESTED: Final = 20


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


def interpolate(tree: Map, environment: Environment, at: SourceLocation, reading: Reading | None = None) -> Map:
    """Return a copy of a file's tree with all values (never keys) substituted; problems go to the report.

    `reading` is the dialect's; the docker CLI's when it is left out.
    """
    result = _Walk(environment, reading or DOCKER).value(tree, at)
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


def substitute(text: str, environment: Environment, at: SourceLocation | None = None) -> str | Template:
    """Substitute the variables in one text.

    Raises:
        Wrong: the template is invalid, or a required variable is missing.
    """
    parts: list[object] = []
    wrong: str | None = None
    start, close = 0, -1
    while (dollar := text.find("$", start)) >= 0:
        parts.append(text[start:dollar])
        start = dollar + 2
        if text.startswith("$$", dollar):
            parts.append("$")
            continue
        if close < dollar:
            close = text.find("}", dollar)
            close = len(text) if close < 0 else close
        braced = text.startswith("${", dollar)
        if braced:
            match = _SUBST.fullmatch(text, dollar + 2, close) if close < len(text) else None
        else:
            match = _SUBST.match(text, dollar + 1)
        if match is None:
            alternative, start = _alternative(text, dollar, environment, at)
            parts.append(alternative)
            if start == dollar:
                start, wrong = (
                    dollar + 1,
                    f"invalid interpolation in {short(text)}; write ${{NAME}}, or $$ for a plain $",
                )
            continue
        start = match.end() + 1 if braced else match.end()
        if at is not None:
            if wrong is not None:
                at.warn(f"docker ignores an error ({wrong}), because another variable follows it")
            _warn_surprise(match[0], match["name"], at, braced=braced)
        value, wrong = _resolve(match[0], environment, at)
        parts.append(value)
    if wrong is not None:
        raise Wrong(wrong)
    parts.append(text[start:])
    return joined(parts)


def _resolve(expression: str, environment: Environment, at: SourceLocation | None) -> tuple[object, str | None]:
    """Return the value of what stands between the braces, and what is wrong with it."""
    if ":-" in expression:
        name, _, default = expression.partition(":-")
        value, found = environment.look_up(name)
        return (value if found and value != "" else default), None
    if "-" in expression:
        name, _, default = expression.partition("-")
        value, found = environment.look_up(name)
        return (value if found else default), None
    for operator in (":?", "?"):
        if operator in expression:
            name, _, message = expression.partition(operator)
            value, found = environment.look_up(name)
            if not found or (operator == ":?" and value == ""):
                return "", f"required variable {name} is missing a value: {message}"
            return value, None
    value, found = environment.look_up(expression)
    if not found and at is not None:
        at.warn(f"the variable {expression} is not set, defaulting to a blank string")
    return value, None


def _alternative(text: str, start: int, environment: Environment, at: SourceLocation | None) -> tuple[object, int]:
    """Read the compose-spec's `${X:+text}` at `start`; returns its value and where it ends (`start`: it is none)."""
    match = _ALTERNATIVE.match(text, start)
    if match is None:
        return "", start
    depth, position, nested = 1, match.end(), 0
    while position < len(text) and depth:
        if text.startswith("${", position):
            depth, nested = depth + 1, nested + 1
            position += 1
        elif text[position] == "}":
            depth -= 1
        position += 1
    if depth or nested > _MAX_NESTED:
        raise Wrong(f"the braces in {short(text)} are not closed, or nested too deep")
    value, found = environment.look_up(match["name"])
    if not found or (match["operator"] == ":+" and value == ""):
        return "", position
    return substitute(text[match.end() : position - 1], environment, at), position


def _warn_surprise(expression: str, name: str, at: SourceLocation, *, braced: bool) -> None:
    rest = expression[len(name) :]
    if not rest:
        return
    if not braced:
        at.warn(
            f"docker reads all of ${short(expression)[1:-1]} as the variable {name} with a default or message, so the "
            f"text after the name is lost; the compose-spec would not: write ${{{name}}}"
        )
    elif rest[:1] in ":?" and not rest.startswith(":-") and "-" in rest:
        reading, _, default = expression.partition(":-" if ":-" in expression else "-")
        at.warn(
            f"docker reads this as the default {short(default)} of a variable {short(reading)}, whether {name} is "
            "set or not, because of the '-' in the message; the compose-spec would require it: remove the '-'"
        )
    elif "${" in rest:
        at.warn(
            f"docker ends ${{{short(expression)[1:-1]}}} at the first brace and does not substitute inside; the "
            "compose-spec would: write the default as a plain string"
        )


def joined(parts: list[object]) -> str | Template:
    """Return the text of the parts, or a Template where one of them is known only later."""
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
# docker CLI, cli/compose/loader/interpolate.go
_CASTS: Final[Casts] = (
    (
        paths(
            """services.*.configs.[].mode services.*.secrets.[].mode services.*.healthcheck.retries
            services.*.deploy.replicas services.*.deploy.update_config.parallelism
            services.*.deploy.rollback_config.parallelism services.*.deploy.restart_policy.max_attempts
            services.*.deploy.placement.max_replicas_per_node services.*.ports.[].target services.*.ports.[].published
            services.*.ulimits.* services.*.ulimits.*.hard services.*.ulimits.*.soft services.*.oom_score_adj"""
        ),
        to_int,
    ),
    (
        paths(
            """services.*.deploy.update_config.max_failure_ratio
            services.*.deploy.rollback_config.max_failure_ratio"""
        ),
        to_float,
    ),
    (
        paths(
            """services.*.healthcheck.disable services.*.privileged services.*.read_only services.*.stdin_open
            services.*.tty services.*.volumes.[].read_only services.*.volumes.[].volume.nocopy networks.*.external
            networks.*.internal networks.*.attachable volumes.*.external secrets.*.external configs.*.external"""
        ),
        to_bool,
    ),
)
# where a text stays a text: nothing else in the service changes with it
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
    """How a dialect substitutes a text, and what it makes of the result at which place."""

    substitute: Callable[[str, Environment, SourceLocation | None], str | Template]
    casts: Casts

    def cast_of(self, path: Path) -> Callable[[str], Any] | None:
        return next((cast for patterns, cast in self.casts if any(matches(path, item) for item in patterns)), None)


DOCKER: Final = Reading(substitute, _CASTS)


def _may_be_opaque(path: Path, value: Template) -> bool:
    if any(str(step).startswith("x-") for step in path) or any(matches(path, pattern) for pattern in _OPAQUE):
        return True
    first = value.parts[0]
    return any(matches(path, pattern) for pattern in _OPAQUE_PAIRS) and isinstance(first, str) and "=" in first
