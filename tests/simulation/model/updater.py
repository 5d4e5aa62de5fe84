"""An update of a service, slot by slot, as swarmkit does it (manager/orchestrator/update/updater.go)."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from tests.simulation.model.tasks import RANK, RUNNING, SECOND, Task

if TYPE_CHECKING:
    from tests.simulation.model.orchestrator import Orchestrator

Json = dict[str, Any]
OLD_TASK_TIMEOUT_S = 60.0


class Update:
    """One update, from the moment that a spec is there until it is done, paused, rolled back, or another one comes."""

    def __init__(self, orchestrator: Orchestrator, service: Json, slots: list[list[Task]]) -> None:
        self.orchestrator = orchestrator
        self.service = service
        self.spec = service["Spec"]
        self.slots = slots
        self._made: dict[str, float | None] = {}
        self._failed: set[str] = set()
        self._dirty = 0
        self._ended = asyncio.Event()
        self._monitor_s = 5.0
        self._config: Json = {}
        self.task = asyncio.get_running_loop().create_task(self._run())

    def cancel(self) -> None:
        self.task.cancel()

    def hears(self, task: Task) -> None:
        """A task of the service is past running."""
        if task.id not in self._made or task.id in self._failed or self._ended.is_set():
            return
        action = self._config.get("FailureAction") or "pause"
        if action == "continue":
            return
        ran = self._made[task.id]
        now = self.orchestrator.now()
        if ran is not None and now - ran > self._monitor_s:
            return
        self._failed.add(task.id)
        if len(self._failed) / self._dirty <= float(self._config.get("MaxFailureRatio") or 0.0):
            return
        why = f"due to failure or early termination of task {task.id}"
        status = self.service.get("UpdateStatus") or {}
        rolling = status.get("State") == "rollback_started"
        self._ended.set()
        if action == "rollback" and not rolling:
            self.orchestrator.roll_back(self.service, f"update rolled back {why}")
        else:
            word = "rollback" if rolling else "update"
            self.orchestrator.set_status(
                self.service, "rollback_paused" if rolling else "paused", f"{word} paused {why}"
            )

    async def _run(self) -> None:
        orchestrator, service = self.orchestrator, self.service
        status = (service.get("UpdateStatus") or {}).get("State")
        if status in ("paused", "rollback_paused"):
            return
        dirty = [slot for slot in self.slots if self._is_dirty(slot)]
        self._dirty = len(dirty)
        if not dirty:
            if status in ("updating", "rollback_started"):
                orchestrator.complete(service)
            return
        if status is None:
            orchestrator.set_status(service, "updating", "update in progress")
        rolling = status == "rollback_started"
        self._config = self.spec.get("RollbackConfig" if rolling else "UpdateConfig") or {}
        self._monitor_s = int(self._config.get("Monitor") or 5 * SECOND) / SECOND
        parallel = int(self._config.get("Parallelism", 1 if not self._config else 0)) or len(dirty)
        queue = iter(dirty)
        working = [asyncio.ensure_future(self._worker(queue)) for _ in range(min(parallel, len(dirty)))]
        ending = asyncio.ensure_future(self._ended.wait())
        try:
            left = set(working)
            while left and not self._ended.is_set():
                done, _ = await asyncio.wait([*left, ending], return_when=asyncio.FIRST_COMPLETED)
                left -= done
            if not self._ended.is_set():
                await asyncio.wait([ending], timeout=self._monitor_s)
            if not self._ended.is_set():
                orchestrator.complete(service)
        finally:
            self._ended.set()
            for one in (ending, *working):
                one.cancel()

    def _is_dirty(self, slot: list[Task]) -> bool:
        return len(slot) > 1 or any(self.orchestrator.is_dirty(self.spec, task) for task in slot)

    async def _worker(self, queue: Any) -> None:
        for slot in queue:
            if self._ended.is_set():
                return
            await self._replace(slot)
            delay = int(self._config.get("Delay") or 0) / SECOND
            if delay:
                await asyncio.sleep(delay)

    async def _replace(self, slot: list[Task]) -> None:
        orchestrator = self.orchestrator
        slot = self._by_now(slot)
        clean = [task for task in slot if not orchestrator.is_dirty(self.spec, task)]
        heir = next((task for task in clean if task.desired == "running"), None)
        heir = heir or next((task for task in clean if RANK[task.desired] < RUNNING), None)
        if heir is not None:
            await self._use_existing(slot, heir)
            return
        made = orchestrator.new_task(self.service, slot[0].slot, node=self._node_of(slot), desired="ready")
        self._made[made.id] = None
        if self._config.get("Order") == "start-first":
            orchestrator.set_desired(made, "running")
            await self._until_up(made)
            if made.state == "running":
                orchestrator.stop(slot)
            return
        orchestrator.stop(slot)
        await self._until_gone(slot)
        if RANK[made.desired] < RUNNING:
            orchestrator.set_desired(made, "running")
        await self._until_up(made)

    def _by_now(self, slot: list[Task]) -> list[Task]:
        """The tasks of a slot, with what the restart of one of them has added meanwhile."""
        place = slot[0].slot or slot[0].node
        own = self.orchestrator.of_service.get(self.service["ID"], {}).values()
        return [one for one in own if (one.slot or one.node) == place and RANK[one.desired] <= RUNNING] or slot

    def _node_of(self, slot: list[Task]) -> str:
        return slot[0].node if "Global" in self.spec["Mode"] else ""

    async def _use_existing(self, slot: list[Task], heir: Task) -> None:
        others = [task for task in slot if task is not heir and RANK[task.desired] <= RUNNING]
        if not others and heir.desired == "running":
            return
        self.orchestrator.stop(others)
        if heir.desired != "running":
            await self._until_gone(others)
            self.orchestrator.set_desired(heir, "running")

    async def _until_gone(self, slot: list[Task]) -> None:
        async def all_gone() -> None:
            while any(task.rank <= RUNNING and not self.orchestrator.is_lost(task) for task in slot):
                await self.orchestrator.changed(self.service["ID"])

        try:
            await asyncio.wait_for(all_gone(), OLD_TASK_TIMEOUT_S)
        except TimeoutError:
            return

    async def _until_up(self, made: Task) -> None:
        while made.rank < RUNNING:
            await self.orchestrator.changed(self.service["ID"])
        self._made[made.id] = self.orchestrator.now()
