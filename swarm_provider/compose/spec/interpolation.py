"""`${VAR}` -> text, as the compose-spec substitutes it: nested defaults, all six operators, a `$` alone stays."""

from __future__ import annotations

import re
from typing import Final

from swarm_provider.compose.common.substitution import (
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

_NAME: Final = re.compile("[_a-zA-Z][_a-zA-Z0-9]*")
_OPERATOR: Final = re.compile(":?[-+?]")
_DEEPEST: Final = 50


def substitute(text: str, environment: Environment, at: SourceLocation | None = None) -> str | Template:
    """Substitute the variables in one text.

    Args:
        text: the text as the file has it.
        environment: the variables.
        at: the place in the file, which collects problems.

    Raises:
        Wrong: the template is invalid, or a required variable is missing.
    """
    return _substitute(text, environment, at, 0)


def _substitute(text: str, environment: Environment, at: SourceLocation | None, depth: int) -> str | Template:
    if depth > _DEEPEST:
        what = f"nested more than {_DEEPEST} levels deep"
        raise Wrong(f"the variables in {short(text)} are {what}", f"its variables are {what}")
    parts: list[object] = []
    start = 0
    while (dollar := text.find("$", start)) >= 0:
        parts.append(text[start:dollar])
        name = _NAME.match(text, dollar + 1)
        if text.startswith("$$", dollar):
            parts.append("$")
            start = dollar + 2
        elif name is not None:
            parts.append(_plain(name[0], environment, at))
            start = name.end()
        elif text.startswith("${", dollar):
            part, start = _braced(text, dollar, environment, at, depth)
            parts.append(part)
        else:
            parts.append("$")
            start = dollar + 1
    parts.append(text[start:])
    return joined(parts)


def _plain(name: str, environment: Environment, at: SourceLocation | None) -> object:
    value, found = environment.look_up(name)
    if not found and at is not None:
        at.warn(f"the variable {name} is not set, defaulting to a blank string")
    return value


def _braced(
    text: str, dollar: int, environment: Environment, at: SourceLocation | None, depth: int
) -> tuple[object, int]:
    """Read `${...}` at `dollar`; returns its value and where it ends."""
    name = _NAME.match(text, dollar + 2)
    if name is None:
        raise _invalid(text)
    if text.startswith("}", name.end()):
        return _plain(name[0], environment, at), name.end() + 1
    operator = _OPERATOR.match(text, name.end())
    if operator is None:
        raise _invalid(text)
    end = _closing(text, dollar, operator.end())
    inner = text[operator.end() : end]
    value, found = environment.look_up(name[0])
    # with a colon, an empty value counts as none
    there = found and not (operator[0][0] == ":" and value == "")
    kind = operator[0][-1]
    if kind == "?" and not there:
        # as it is written: a variable in it may be a secret
        raise Wrong(f"required variable {name[0]} is missing a value{f': {inner}' if inner else ''}")
    if there == (kind == "+"):
        return _substitute(inner, environment, at, depth + 1), end + 1
    return ("" if kind == "+" else value), end + 1


def _closing(text: str, dollar: int, start: int) -> int:
    """Return where the brace of `${` at `dollar` is closed: braces inside are counted, and it ends on the same line."""
    line = text.find("\n", start)
    last = text.rfind("}", start, line if line >= 0 else len(text))
    if last < 0:
        raise _invalid(text)
    depth, position = 1, start
    while position <= last:
        if text[position] == "}":
            depth -= 1
            if depth == 0:
                return position
        elif text[position] == "{":
            # what stands right after an opening brace does not close it
            depth, position = depth + 1, position + 1
        position += 1
    return last


def _invalid(text: str) -> Wrong:
    advice = "write ${NAME}, or $$ for a plain $"
    return Wrong(f"invalid interpolation in {short(text)}; {advice}", f"invalid interpolation; {advice}")


# compose-go, loader/interpolate.go, as far as Swarm has a word for the key
_CASTS: Final = (
    (
        paths(
            """services.*.healthcheck.retries services.*.ports.[].target services.*.scale services.*.deploy.replicas
            services.*.deploy.update_config.parallelism services.*.deploy.rollback_config.parallelism
            services.*.deploy.restart_policy.max_attempts services.*.deploy.placement.max_replicas_per_node
            services.*.ulimits.* services.*.ulimits.*.hard services.*.ulimits.*.soft services.*.oom_score_adj
            services.*.pids_limit services.*.cpu_count services.*.cpu_period services.*.cpu_quota
            services.*.cpu_rt_period services.*.cpu_rt_runtime services.*.cpu_shares"""
        ),
        to_int,
    ),
    (
        paths(
            """services.*.deploy.update_config.max_failure_ratio services.*.deploy.rollback_config.max_failure_ratio
            services.*.cpu_percent services.*.cpus"""
        ),
        to_float,
    ),
    (
        paths(
            """services.*.healthcheck.disable services.*.privileged services.*.read_only services.*.stdin_open
            services.*.tty services.*.init services.*.oom_kill_disable services.*.volumes.[].read_only
            services.*.volumes.[].volume.nocopy services.*.depends_on.*.required services.*.depends_on.*.restart
            networks.*.external networks.*.internal networks.*.attachable networks.*.enable_ipv4 networks.*.enable_ipv6
            volumes.*.external secrets.*.external configs.*.external"""
        ),
        to_bool,
    ),
)
COMPOSE_SPEC: Final = Reading(substitute, _CASTS)
