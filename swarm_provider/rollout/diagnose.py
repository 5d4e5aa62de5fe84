"""What a failed task had to say: its last output and its last health check.

Output belongs to users' programs; it may hold anything. Whatever leaves this module went through `shown`, which wants
all of it: what is chosen from it is chosen afterwards.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from swarm_provider.core.foreign import shown
from swarm_provider.core.masking import SecretFilter
from swarm_provider.errors import SwarmProviderError
from swarm_provider.plan.rollout.causes import Cause
from swarm_provider.rollout.interfaces import Swarm

TAIL_LINES: Final = 20
LINE_LENGTH: Final = 300
TEXT_LENGTH: Final = 4000
_LONGEST_CAUSE: Final = 1000


@dataclass(frozen=True)
class Evidence:
    """What a failed task left behind, as the daemon gave it; still with secrets.

    Attributes:
        log: its last output.
        health: the output of its last health check, "" when it is not known.
        registry: what the image's registry says about an image that could not be pulled.
        unread: why its output cannot be had.
    """

    log: str = ""
    health: str = ""
    registry: str = ""
    unread: str = ""

    def beside(self, before: Evidence) -> Evidence:
        """Return what is known with what was fetched before: output arrives late, and goes with its container."""
        log = max(self.log, before.log, key=len)
        return Evidence(log, self.health or before.health, self.registry or before.registry, self.unread)


async def collect(swarm: Swarm, cause: Cause) -> Evidence:
    """Fetch what the task of a cause left behind. Never fails: evidence that cannot be had is missing."""
    log, health, unread = "", "", ""
    if cause.container_id:
        try:
            log = await swarm.task_logs(cause.task_id, TAIL_LINES)
        except SwarmProviderError as error:
            unread = f"(its log cannot be read: {error})"
        try:
            health = await swarm.health_log(cause.container_id) or ""
        except SwarmProviderError:
            health = ""
    registry = ""
    if cause.image:
        fine = "the manager can pull it; check the node's network access and registry credentials"
        registry = await registry_fault(swarm, cause.image) or fine
    return Evidence(log, health, registry, unread)


async def registry_fault(swarm: Swarm, image: str) -> str:
    """Return why an image cannot be had, of which Swarm says "No such image"; "" where its registry has it."""
    try:
        await swarm.distribution(image)
    except SwarmProviderError as error:
        return str(error)
    return ""


def reasons(causes: Iterable[Cause], evidence: dict[str, Evidence], secrets: SecretFilter) -> list[str]:
    """Return the reasons of a failed rollout: one line per cause, then the output of the first task that left some.

    Args:
        causes: why it failed.
        evidence: what was collected of the failure.
        secrets: masks what must not be shown.
    """
    causes = list(causes)
    told = [shown(cause.text, secrets, limit=_LONGEST_CAUSE) for cause in causes]
    for cause in causes:
        found = evidence.get(cause.task_id)
        if found is None:
            continue
        if found.registry:
            told.append(shown(found.registry, secrets, limit=_LONGEST_CAUSE))
        health = _tail(found.health, secrets) if cause.kind == "health" else []
        if health:
            told.append(f"last health check: {' / '.join(health[-3:])}")
        log = _tail(found.log or found.unread, secrets)
        if log:
            told.append("last output:" + "".join(f"\n    {line}" for line in log))
        if log or health or found.registry:
            break
    return told


def _tail(text: str, secrets: SecretFilter) -> list[str]:
    """Return the last lines that are not empty."""
    lines = [line for line in shown(text, secrets, lines=True, limit=LINE_LENGTH).split("\n") if line]
    kept: list[str] = []
    length = 0
    for line in reversed(lines[-TAIL_LINES:]):
        length += len(line)
        if length > TEXT_LENGTH:
            break
        kept.insert(0, line)
    return kept
