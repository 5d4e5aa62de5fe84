"""One caller of the watcher: what it waits for, what was seen of it so far, and what it was told."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import Final

from swarm_provider.core import Json
from swarm_provider.plan.rollout.history import History, Snapshot
from swarm_provider.plan.rollout.state import Desired
from swarm_provider.plan.rollout.verdict import Verdict, Waiting
from swarm_provider.rollout.diagnose import Evidence
from swarm_provider.rollout.interfaces import Progress, silent

PROGRESS_EVERY_S: Final = 1.0


@dataclass(frozen=True)
class Outcome:
    """A rollout that succeeded.

    Attributes:
        text: `2/2 running`.
        service: the service as it was last seen (GET /services/ID).
        snapshot: the same with its tasks and the nodes; None after a removal.
    """

    text: str
    service: Json
    snapshot: Snapshot | None = None


@dataclass(eq=False)
class Waiter:
    """One caller of the watcher."""

    service_id: str
    progress: Progress
    future: asyncio.Future[Outcome]
    desired: Desired | None
    """None waits for the tasks to be gone."""
    warn: Progress = silent
    name: str = ""
    history: History | None = None
    verdict: Verdict = field(default_factory=lambda: Waiting("submitted"))
    snapshot: Snapshot | None = None
    evidence: dict[str, Evidence] = field(default_factory=dict)
    begun_anew_at: float = float("-inf")
    looked: bool = False
    """Whether there was a look at what is left of a removed service."""
    asked: bool = False
    """Whether the registry of an image that takes long was asked."""
    _said: str = ""
    _said_at: float = float("-inf")

    @property
    def converging(self) -> bool:
        return self.desired is not None and isinstance(self.verdict, Waiting) and not self.verdict.struggling

    @property
    def title(self) -> str:
        return self.name or f"service {self.service_id}"

    @property
    def text(self) -> str:
        """Return what it waits for, "" when it does not."""
        return self.verdict.text if isinstance(self.verdict, Waiting) else ""

    def say(self, text: str, now: float, *, at_once: bool = False) -> None:
        """Tell how far it is: what is new, and not too often.

        Args:
            text: one line.
            now: seconds on the watcher's clock.
            at_once: also right after another one.
        """
        if text == self._said or (now - self._said_at < PROGRESS_EVERY_S and not at_once):
            return
        self._said, self._said_at = text, now
        self.progress(text)

    def end(self, result: Outcome | Exception) -> None:
        """Give the caller its result, once."""
        if self.future.done():
            return
        if isinstance(result, Exception):
            self.future.set_exception(result)
        else:
            self.future.set_result(result)
