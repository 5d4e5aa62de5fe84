"""`${VAR}` -> text, as the docker CLI substitutes it, with its casts; and the `:+` operator of the compose-spec."""

from __future__ import annotations

import re
from typing import Final

from swarm_provider.compose.common.substitution import (
    Casts,
    Environment,
    Reading,
    Wrong,
    joined,
    paths,
    to_bool,
    to_float,
    to_int,
)
from swarm_provider.compose.yaml.tree import SourceLocation, Template, short

# docker CLI, cli/compose/template: case-insensitive in Go, which folds U+017F to s and U+212A to k
_NAME: Final = "[_a-zA-Z\u017f\u212a][_a-zA-Z0-9\u017f\u212a]*"
_SUBST: Final = re.compile(rf"(?P<name>{_NAME})(?::?[-?][^}}]*)?")
_ALTERNATIVE: Final = re.compile(rf"\$\{{(?P<name>{_NAME})(?P<operator>:?\+)")
_MAX_NESTED: Final = 20


def substitute(text: str, environment: Environment, at: SourceLocation | None = None) -> str | Template:
    """Substitute the variables in one text.

    Args:
        text: the text as the file has it.
        environment: the variables.
        at: the place in the file, which collects problems.

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
DOCKER: Final = Reading(substitute, _CASTS)
