"""What a failed task had to say: its last output and its last health check, without secrets.

Output belongs to users' programs; it may hold anything. Whatever leaves this module went through a SecretFilter.
"""

from __future__ import annotations

import base64
import contextlib
import json
import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final

from swarm_provider.errors import SwarmProviderError
from swarm_provider.plan.causes import Cause
from swarm_provider.rollout.ports import Swarm

TAIL_LINES: Final = 20
LINE_LENGTH: Final = 300
TEXT_LENGTH: Final = 4000
MASK: Final = "[secret]"
# shorter texts appear by chance; masking them would say more than it hides
SHORTEST_SECRET: Final = 4
_ASSIGNMENT: Final = re.compile(r"[\w.-]+\s*[=:]\s*(.+)")
_CONTROL: Final = re.compile(r"\x1b\[[0-9;?]*[ -/]*[@-~]|[\x00-\x08\x0b-\x1f\x7f]")


class SecretFilter:
    """Masks secret texts: each whole, each of its lines, the values inside it, and the usual encodings of all."""

    def __init__(self, texts: Iterable[str] = ()) -> None:
        forms: set[str] = set()
        for text in texts:
            forms |= _forms(text)
        ordered = sorted(forms, key=lambda form: (-len(form), form))
        self._pattern = re.compile("|".join(re.escape(form) for form in ordered)) if ordered else None

    def __call__(self, text: str) -> str:
        """The text with every secret in it masked."""
        return self._pattern.sub(MASK, text) if self._pattern else text


@dataclass(frozen=True)
class Evidence:
    """What a failed task left behind, as the daemon gave it; still with secrets.

    Attributes:
        log: its last output.
        health: the output of its last health check, "" when it is not known.
    """

    log: str = ""
    health: str = ""


async def collect(swarm: Swarm, cause: Cause) -> Evidence:
    """Fetch what the task of a cause left behind. Never fails: evidence that cannot be had is missing."""
    log, health = "", ""
    if cause.container_id:
        try:
            log = await swarm.task_logs(cause.task_id, TAIL_LINES)
        except SwarmProviderError as error:
            log = f"(its log cannot be read: {error})"
        try:
            health = await swarm.health_log(cause.container_id) or ""
        except SwarmProviderError:
            health = ""
    return Evidence(log, health)


def reasons(causes: Iterable[Cause], evidence: dict[str, Evidence], clean: SecretFilter) -> list[str]:
    """The reasons of a failed rollout: one line per cause, then the output of the first task that left some."""
    causes = list(causes)
    told = [clean(cause.text) for cause in causes]
    for cause in causes:
        found = evidence.get(cause.task_id)
        if found is None:
            continue
        health = _tail(found.health, clean) if cause.kind == "health" else []
        if health:
            told.append(f"last health check: {' / '.join(health[-3:])}")
        log = _tail(found.log, clean)
        if log:
            told.append("last output:" + "".join(f"\n    {line}" for line in log))
        if log or health:
            break
    return told


def _tail(text: str, clean: SecretFilter) -> list[str]:
    """The last lines, cut to a sane length after the secrets were masked: half a secret is one, too."""
    lines = [_CONTROL.sub("", line).rstrip() for line in clean(text).splitlines()]
    lines = [line if len(line) <= LINE_LENGTH else line[: LINE_LENGTH - 3] + "..." for line in lines if line]
    kept: list[str] = []
    length = 0
    for line in reversed(lines[-TAIL_LINES:]):
        length += len(line)
        if length > TEXT_LENGTH:
            break
        kept.insert(0, line)
    return kept


def _forms(text: str) -> set[str]:
    plain = {text, text.strip(), *(line.strip() for line in text.splitlines())}
    plain |= {match.group(1).strip().strip("\"'") for line in text.splitlines() if (match := _ASSIGNMENT.match(line))}
    with contextlib.suppress(ValueError):
        plain |= _leaves(json.loads(text))
    plain = {form for form in plain if len(form) >= SHORTEST_SECRET}
    encoded = {json.dumps(form)[1:-1] for form in plain}
    encoded |= {base64.b64encode(form.encode()).decode().rstrip("=") for form in plain}
    return plain | encoded


def _leaves(value: Any) -> set[str]:
    if isinstance(value, dict):
        return set().union(*(_leaves(item) for item in value.values()))
    if isinstance(value, list):
        return set().union(*(_leaves(item) for item in value))
    return {value} if isinstance(value, str) else set()
