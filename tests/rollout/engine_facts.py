"""When the engine itself has the fact that a message tells, by the times in its own records."""

from __future__ import annotations

import asyncio
import contextlib
from typing import Any

from swarm_provider.core.values import at
from swarm_provider.dockerapi.api import Swarm
from swarm_provider.errors import SwarmProviderError
from swarm_provider.plan.facts.tasks import Service, Task, when

LOOK_EVERY_S = 0.3
_ENDED_UPDATES = ("paused", "rollback_paused", "rollback_completed")


class Facts:
    """Looks at one service from its submission on, and notes what it has not seen before.

    Args:
        since: when it was submitted, in seconds since 1970.
    """

    def __init__(self, swarm: Swarm, service_id: str, since: float) -> None:
        self._swarm, self._service_id, self._since = swarm, service_id, since
        self._failed: dict[str, float] = {}
        """Per task that has an error the time of its first one."""
        self._update = 0.0
        self.interfered = 0.0
        """When somebody else changed the service."""
        self._looking = asyncio.create_task(self._keep_looking())

    def behind(self, message: str) -> float:
        """The time of the fact that a message tells; of the submission where the engine records none."""
        if "paused the update" in message or "rolled the update back" in message:
            return self._update or self._since
        return self.interfered or min(self._failed.values(), default=self._since)

    async def close(self) -> None:
        """Look for the last time: what was told may be newer than the latest look."""
        self._looking.cancel()
        await self._look()

    async def _keep_looking(self) -> None:
        while True:
            await self._look()
            await asyncio.sleep(LOOK_EVERY_S)

    async def _look(self) -> None:
        # what the watcher makes of a call that fails is what is measured
        with contextlib.suppress(SwarmProviderError):
            service, tasks = await asyncio.gather(
                self._swarm.inspect("service", self._service_id),
                self._swarm.tasks(service_ids=[self._service_id]),
            )
            self._note(service, tasks)

    def _note(self, service: Any, tasks: list[Any]) -> None:
        for task in map(Task, tasks):
            if task.error and task.created / 1e9 >= self._since - 1:
                self._failed.setdefault(task.id, task.reported / 1e9)
        if service is not None and Service(service).update_state in _ENDED_UPDATES and not self._update:
            # a pause has no time of its own
            self._update = when(at(service, "UpdateStatus", "CompletedAt") or service.get("UpdatedAt")) / 1e9
