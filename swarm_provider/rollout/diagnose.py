"""What a failed task had to say: its last output and its last health check, without secrets.

Output belongs to users' programs; it may hold anything. Whatever leaves this module went through a SecretFilter.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from swarm_provider.errors import SwarmProviderError
from swarm_provider.plan.causes import Cause
from swarm_provider.rollout.ports import Swarm
from swarm_provider.spec.masking import SecretFilter

TAIL_LINES: Final = 20
LINE_LENGTH: Final = 300
TEXT_LENGTH: Final = 4000
_CONTROL: Final = re.compile(r"\x1b\[[0-9;?]*[ -/]*[@-~]|[\x00-\x08\x0b-\x1f\x7f]")


@dataclass(frozen=True)
class Evidence:
    """What a failed task left behind, as the daemon gave it; still with secrets.

    Attributes:
        log: its last output.
        health: the output of its last health check, "" when it is not known.
        registry: what the image's registry says about an image that could not be pulled.
    """

    log: str = ""
    health: str = ""
    registry: str = ""


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
    return Evidence(log, health, await _ask_registry(swarm, cause.image) if cause.image else "")


async def _ask_registry(swarm: Swarm, image: str) -> str:
    """Why an image cannot be had: of that Swarm says no more than "No such image"."""
    try:
        await swarm.distribution(image)
    except SwarmProviderError as error:
        return str(error)
    return "the registry gives it to the manager: look at the node's network, and at its login for this registry"


def reasons(causes: Iterable[Cause], evidence: dict[str, Evidence], clean: SecretFilter) -> list[str]:
    """The reasons of a failed rollout: one line per cause, then the output of the first task that left some."""
    causes = list(causes)
    told = [clean(cause.text) for cause in causes]
    for cause in causes:
        found = evidence.get(cause.task_id)
        if found is None:
            continue
        if found.registry:
            told.append(clean(" ".join(found.registry.split())[:LINE_LENGTH]))
        health = _tail(found.health, clean) if cause.kind == "health" else []
        if health:
            told.append(f"last health check: {' / '.join(health[-3:])}")
        log = _tail(found.log, clean)
        if log:
            told.append("last output:" + "".join(f"\n    {line}" for line in log))
        if log or health or found.registry:
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
