"""What managers and agents do in time: tasks are made, placed, started, restarted, replaced and reaped.

As swarmkit does it (manager/orchestrator: replicated, global, jobs, restart, taskreaper, constraintenforcer; agent).
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable, Iterable
from contextvars import Context
from typing import Any, Protocol

from tests.simulation.clock import RealLoop, VirtualLoop
from tests.simulation.model.nodes import Node
from tests.simulation.model.scheduler import fits_constraints, place
from tests.simulation.model.tasks import RANK, RUNNING, SECOND, Behaviour, Task, behaviour
from tests.simulation.model.updater import Update

Json = dict[str, Any]
HISTORY = 5
NODE_DOWN_S = 16.0
"""How long a manager waits for a node that says nothing."""


class Store(Protocol):
    """What managers keep."""

    nodes: dict[str, Node]

    @property
    def services(self) -> dict[str, Json]: ...

    def new_id(self) -> str: ...

    def touch(self, live: Json) -> None: ...

    def stamp(self) -> str: ...

    def now_ns(self) -> int: ...

    def mount_volumes(self, task: Task) -> None: ...


class Orchestrator:
    """The part of the managers that acts by itself, and the agents of all nodes.

    Attributes:
        of_service: tasks by service and id.
        told: called for each task that stops running, or begins to: what invariants look at.
        pace: how long agents take; 0: nothing.
    """

    def __init__(self, store: Store, loop: VirtualLoop | RealLoop, rng: random.Random) -> None:
        self.store = store
        self.loop = loop
        self.rng = rng
        self.of_service: dict[str, dict[str, Task]] = {}
        self.told: list[Callable[[str, Task], None]] = []
        self.pace = 1.0
        self._updates: dict[str, Update] = {}
        self._waiting: dict[str, list[asyncio.Future[None]]] = {}
        self._pending: dict[str, Task] = {}
        self._scheduling = False
        self._due: set[str] = set()
        self._attempts: dict[tuple[str, str], int] = {}
        self._version = 0

    def now(self) -> float:
        return self.loop.now

    def after(self, seconds: float, call: Callable[..., Any], *arguments: Any) -> None:
        self.loop.call_later(seconds, call, *arguments, context=Context())

    def soon(self, call: Callable[..., None], *arguments: Any) -> None:
        self.after(0.01 + 0.04 * self.rng.random(), call, *arguments)

    # -------------------------------------------------------------------- services

    def service_changed(self, id: str) -> None:
        """A service was made, updated or removed: look at it in a moment."""
        if id not in self._due:
            self._due.add(id)
            self.soon(self._look_at, id)

    def _look_at(self, id: str) -> None:
        self._due.discard(id)
        service = self.store.services.get(id)
        if service is None:
            self._stop_update(id)
            for task in [*self.of_service.get(id, {}).values()]:
                self._remove(task)
            return
        mode = service["Spec"]["Mode"]
        if "ReplicatedJob" in mode or "GlobalJob" in mode:
            self._reconcile_job(service, mode)
        elif "Global" in mode:
            self._reconcile_global(service)
        else:
            self._reconcile_replicated(service)

    def _slots(self, service: Json) -> tuple[list[list[Task]], list[list[Task]]]:
        """Slots that an update looks at, and those that are done with."""
        by_slot: dict[Any, list[Task]] = {}
        for task in sorted(self.of_service.get(service["ID"], {}).values(), key=lambda one: one.version):
            if task.desired != "remove":
                by_slot.setdefault(task.slot or task.node, []).append(task)
        running, dead = [], []
        for members in by_slot.values():
            live = [task for task in members if RANK[task.desired] <= RUNNING]
            if live:
                running.append(live)
                continue
            newest = max(members, key=lambda task: (task.timestamp, task.created))
            if (service.get("UpdateStatus") or {}).get("State") == "rollback_started" or self._starts_again(newest):
                dead.append(members)
            else:
                running.append([newest])
        return running, dead

    def _starts_again(self, task: Task) -> bool:
        policy = task.template.get("RestartPolicy") or {}
        condition = policy.get("Condition") or "any"
        if condition == "none" or (condition == "on-failure" and task.state == "complete"):
            return False
        attempts = int(policy.get("MaxAttempts") or 0)
        return not attempts or self._tried(task) < attempts

    def _tried(self, task: Task) -> int:
        return self._attempts.get((task.service, str(task.slot or task.node)), 0)

    def _reconcile_replicated(self, service: Json) -> None:
        wanted = int((service["Spec"]["Mode"].get("Replicated") or {}).get("Replicas", 1))
        running, dead = self._slots(service)
        kept = running
        if wanted < len(running):
            ordered = _in_order_of_removal(running)
            kept = ordered[:wanted]
            for slot in ordered[wanted:]:
                for task in slot:
                    self._remove(task)
        for slot in dead:
            for task in slot:
                self._remove(task)
        self._update(service, kept)
        used = {slot[0].slot for slot in running}
        number = 0
        for _ in range(max(0, wanted - len(running))):
            number = next(n for n in range(number + 1, wanted + len(used) + 2) if n not in used)
            self.new_task(service, number)

    def _reconcile_global(self, service: Json) -> None:
        running, _ = self._slots(service)
        by_node = {slot[0].node: slot for slot in running}
        kept = []
        for node in self.store.nodes.values():
            slot = by_node.pop(node.id, [])
            able = fits_constraints(service["Spec"]["TaskTemplate"], node)
            if not node.is_ready or node.availability == "drain" or not able:
                self.stop(slot, "shutdown" if able else "remove")
            elif node.availability == "pause":
                continue
            elif slot:
                kept.append(slot)
            else:
                self.new_task(service, 0, node=node.id)
        for slot in by_node.values():
            for task in slot:
                self._remove(task)
        self._update(service, kept)

    def _reconcile_job(self, service: Json, mode: Json) -> None:
        iteration = int((service.get("JobStatus") or {}).get("JobIteration", {}).get("Index", 0))
        tasks = self.of_service.get(service["ID"], {})
        for task in [*tasks.values()]:
            # what has ended of an earlier run stays
            if (task.iteration or 0) != iteration and task.rank <= RUNNING:
                self._remove(task)
        own = [task for task in tasks.values() if (task.iteration or 0) == iteration and task.desired != "remove"]
        done = {task.slot for task in own if task.state == "complete"}
        open_ones = [task for task in own if task.rank <= RUNNING and task.desired in ("ready", "complete")]
        if "GlobalJob" in mode:
            have = {task.node for task in own}
            for node in self.store.nodes.values():
                able = node.is_ready and node.availability == "active"
                if able and node.id not in have and fits_constraints(service["Spec"]["TaskTemplate"], node):
                    self.new_task(service, 0, node=node.id, desired="complete", iteration=iteration)
            return
        job = mode["ReplicatedJob"]
        most = int(job.get("MaxConcurrent") or 1)
        total = int(job["TotalCompletions"]) if job.get("TotalCompletions") is not None else most
        given_up = {task.slot for task in own if task.rank > RUNNING and not self._starts_again(task)}
        used = {task.slot for task in open_ones} | done | given_up
        free = [number for number in range(total) if number not in used]
        for number in free[: max(0, most - len(open_ones))]:
            self.new_task(service, number, desired="complete", iteration=iteration)

    # --------------------------------------------------------------------- updates

    def _update(self, service: Json, slots: list[list[Task]]) -> None:
        before = self._updates.get(service["ID"])
        if before is not None and not before.task.done():
            if before.spec is service["Spec"]:
                return
            before.cancel()
        if any(len(slot) > 1 or self.is_dirty(service["Spec"], slot[0]) for slot in slots) or service.get(
            "UpdateStatus"
        ):
            self._updates[service["ID"]] = Update(self, service, slots)

    def _stop_update(self, id: str) -> None:
        update = self._updates.pop(id, None)
        if update is not None:
            update.cancel()

    def is_updating(self, id: str) -> bool:
        update = self._updates.get(id)
        return update is not None and not update.task.done()

    def is_dirty(self, spec: Json, task: Task) -> bool:
        """swarmkit's IsTaskDirty."""
        template = spec["TaskTemplate"]
        if (spec.get("EndpointSpec") or {}) != task.endpoint:
            return True
        if template is task.template or template == task.template:
            return False
        node = self.store.nodes.get(task.node)
        if _unplaced(template) == _unplaced(task.template) and node is not None:
            return not fits_constraints(template, node)
        return True

    def set_status(self, service: Json, state: str, message: str) -> None:
        status = service.get("UpdateStatus") or {}
        began = status.get("StartedAt") or self.store.stamp()
        service["UpdateStatus"] = {"State": state, "Message": message, "StartedAt": began}
        self.store.touch(service)

    def complete(self, service: Json) -> None:
        rolling = service["UpdateStatus"]["State"] == "rollback_started"
        word = "rollback" if rolling else "update"
        self.set_status(service, "rollback_completed" if rolling else "completed", f"{word} completed")
        service["UpdateStatus"]["CompletedAt"] = self.store.stamp()

    def roll_back(self, service: Json, message: str) -> None:
        before = service.pop("PreviousSpec", None)
        if before is None:
            return
        self.set_status(service, "rollback_started", message)
        service["Spec"] = before
        self.store.touch(service)
        self.service_changed(service["ID"])

    # ----------------------------------------------------------------------- tasks

    def new_task(
        self, service: Json, slot: int, *, node: str = "", desired: str = "running", iteration: int | None = None
    ) -> Task:
        spec = service["Spec"]
        task = Task(
            self.store.new_id(),
            service["ID"],
            slot,
            spec["TaskTemplate"],
            spec.get("EndpointSpec") or {},
            self.store.stamp(),
        )
        task.desired, task.iteration, task.message = desired, iteration, "created"
        if node:
            task.node = node
        self._count(task)
        self.of_service.setdefault(service["ID"], {})[task.id] = task
        self._pending[task.id] = task
        self._schedule_soon()
        return task

    def _count(self, task: Task) -> None:
        self._version += 1
        task.version = self._version
        task.seen = None

    def _report(self, task: Task, state: str, message: str, error: str = "", exit_code: int | None = None) -> None:
        task.state, task.message, task.error, task.exit_code = state, message, error, exit_code
        task.timestamp = task.updated = self.store.stamp()
        self._changed(task)

    def _changed(self, task: Task) -> None:
        self._count(task)
        if task.rank > RUNNING:
            node = self.store.nodes.get(task.node)
            if node is not None:
                node.release(task)
                if self._pending:
                    self._schedule_soon()
            if task.desired == "remove":
                self.soon(self._reap, task)
        for future in self._waiting.pop(task.service, ()):
            if not future.done():
                future.set_result(None)

    async def changed(self, service: str) -> None:
        """Wait until something becomes of a task of the service."""
        future: asyncio.Future[None] = self.loop.create_future()
        self._waiting.setdefault(service, []).append(future)
        await future

    def set_desired(self, task: Task, desired: str) -> None:
        if task.desired == desired or (not task.wanted and desired != "remove"):
            return
        task.desired = desired
        task.updated = self.store.stamp()
        self._changed(task)
        if desired in ("running", "complete"):
            if task.rank >= RANK["assigned"]:
                self._advance_soon(task)
        elif task.rank <= RUNNING:
            if task.rank < RANK["assigned"] or not task.node:
                self._pending.pop(task.id, None)
                self._report(task, "shutdown", "shutdown")
            else:
                self._advance_soon(task)

    def stop(self, slot: Iterable[Task], desired: str = "shutdown") -> None:
        for task in [*slot]:
            self.set_desired(task, desired)

    def _remove(self, task: Task) -> None:
        self.set_desired(task, "remove")
        if task.rank > RUNNING:
            self.soon(self._reap, task)

    def _reap(self, task: Task) -> None:
        own = self.of_service.get(task.service, {})
        own.pop(task.id, None)
        if not own:
            self.of_service.pop(task.service, None)

    def is_lost(self, task: Task) -> bool:
        node = self.store.nodes.get(task.node)
        return node is None or not node.is_ready

    def _schedule_soon(self) -> None:
        if not self._scheduling:
            self._scheduling = True
            self.soon(self._schedule)

    def _schedule(self) -> None:
        self._scheduling = False
        nodes = [*self.store.nodes.values()]
        for task in [*self._pending.values()]:
            if task.service not in self.store.services:
                continue
            if task.node:
                node: Node | None = self.store.nodes.get(task.node)
                found, why = place(task, [] if node is None else [node])
                # of a task that has its node already, swarmkit says only why that does not do
                why = why.removeprefix("no suitable node (").removesuffix(")")
            else:
                found, why = place(task, nodes)
            if found is None:
                if task.state != "pending" or task.error != why:
                    self._report(task, "pending", "pending task scheduling", why)
                continue
            del self._pending[task.id]
            found.take(task)
            self._report(task, "assigned", "scheduler assigned task to node")
            self._advance_soon(task)

    # ---------------------------------------------------------------------- agents

    def _advance_soon(self, task: Task, seconds: float | None = None) -> None:
        wait = (0.02 + 0.25 * self.rng.random()) * self.pace if seconds is None else seconds
        self.after(wait, self._advance, task, task.state, task.desired)

    def _advance(self, task: Task, state: str, desired: str) -> None:
        """Let a task's node take its next step, unless something else has happened since."""
        if (task.state, task.desired) != (state, desired) or task.rank > RUNNING:
            return
        node = self.store.nodes.get(task.node)
        if node is None or not node.is_ready:
            return
        if RANK[task.desired] > RUNNING and task.desired != "complete":
            self._report(task, "shutdown", "shutdown", exit_code=0)
            self._tell("stops", task)
            return
        self._step(task)

    def _step(self, task: Task) -> None:
        does = behaviour(task.template["ContainerSpec"], self.store.now_ns())
        if task.state == "assigned":
            self._report(task, "accepted", "accepted")
        elif task.state == "accepted":
            self._report(task, "preparing", "preparing")
            self.store.mount_volumes(task)
        elif task.state == "preparing":
            if does.rejected:
                self._fail(task, "rejected", "preparing", does.rejected)
                return
            self._report(task, "ready", "prepared")
        elif task.state == "ready":
            if RANK[task.desired] < RUNNING and task.desired != "complete":
                return
            self._report(task, "starting", "starting")
        elif task.state == "starting":
            self._start(task, does)
            return
        else:
            return
        self._advance_soon(task)

    def _start(self, task: Task, does: Behaviour) -> None:
        if does.healthy_s is not None:
            if does.sick:
                self.after(does.healthy_s, self._end, task, 0, "")
            else:
                self.after(does.healthy_s, self._run, task, does)
            return
        if does.starts_never:
            self.after(does.runs_s or 0.0, self._end, task, does.exit_code, does.error)
            return
        self._run(task, does)

    def _run(self, task: Task, does: Behaviour) -> None:
        node = self.store.nodes.get(task.node)
        if task.state != "starting" or (RANK[task.desired] > RUNNING and task.desired != "complete"):
            return
        if node is None or not node.is_ready:
            return
        self._report(task, "running", "started")
        self._tell("runs", task)
        if does.runs_s is not None:
            self.after(does.runs_s, self._end, task, does.exit_code, does.error)

    def end(self, task: Task, exit_code: int) -> None:
        """Let a container end, whatever it does by itself."""
        self._end(task, exit_code, "")

    def _end(self, task: Task, exit_code: int, error: str) -> None:
        """Let a container end by itself."""
        if task.rank > RUNNING or not self.store.nodes[task.node].is_ready:
            return
        if exit_code == 0:
            self._fail(task, "complete", "finished", "", 0)
        else:
            message = "started" if task.state == "running" else "starting"
            self._fail(task, "failed", message, error or f"task: non-zero exit ({exit_code})", exit_code)

    def _tell(self, what: str, task: Task) -> None:
        for told in self.told:
            told(what, task)

    def _fail(self, task: Task, state: str, message: str, error: str, exit_code: int | None = None) -> None:
        ran = task.state == "running"
        self._report(task, state, message, error, exit_code)
        if ran:
            self._tell("ends", task)
        update = self._updates.get(task.service)
        if update is not None:
            update.hears(task)
        self.soon(self._restart, task)

    def _restart(self, task: Task) -> None:
        """swarmkit's restart supervisor."""
        service = self.store.services.get(task.service)
        if service is None or (RANK[task.desired] > RUNNING and task.desired != "complete") or task.desired == "remove":
            return
        spec = service["Spec"]
        is_job = task.iteration is not None
        if is_job:
            if task.state != "complete" and self._starts_again(task):
                key = (task.service, str(task.slot or task.node))
                self._attempts[key] = self._attempts.get(key, 0) + 1
                self.set_desired(task, "shutdown")
                made = self.new_task(
                    service,
                    task.slot,
                    node=task.node if "GlobalJob" in spec["Mode"] else "",
                    desired="ready",
                    iteration=task.iteration,
                )
                self._begin_later(made, task, "complete")
            else:
                if task.state != "complete":
                    self.set_desired(task, "shutdown")
                self.service_changed(task.service)
            return
        again = self._starts_again(task)
        self.set_desired(task, "shutdown")
        if not again:
            return
        key = (task.service, str(task.slot or task.node))
        self._attempts[key] = self._attempts.get(key, 0) + 1
        everywhere = "Global" in spec["Mode"]
        if everywhere:
            node = self.store.nodes.get(task.node)
            if node is None or not node.is_ready or node.availability != "active":
                return
        made = self.new_task(service, task.slot, node=task.node if everywhere else "", desired="ready")
        self._begin_later(made, task, "running")
        self._clean_history(task)

    def _begin_later(self, made: Task, before: Task, desired: str) -> None:
        delay = (before.template.get("RestartPolicy") or {}).get("Delay")
        self.after((5 * SECOND if delay is None else int(delay)) / SECOND, self._begin, made, desired)

    def _begin(self, made: Task, desired: str) -> None:
        if RANK[made.desired] < RUNNING:
            self.set_desired(made, desired)

    def _clean_history(self, task: Task) -> None:
        own = self.of_service.get(task.service, {})
        slot = [
            one
            for one in own.values()
            if (one.slot, one.node if not one.slot else "") == (task.slot, task.node if not task.slot else "")
        ]
        ended = sorted((one for one in slot if one.rank > RUNNING and not one.wanted), key=lambda one: one.updated)
        for one in ended[: max(0, len(slot) - HISTORY)]:
            own.pop(one.id, None)

    # ----------------------------------------------------------------------- nodes

    def node_changed(self, node: Node) -> None:
        """Its spec or status has changed: enforce constraints, move tasks, look at global services."""
        gone = not node.is_ready or node.availability == "drain"
        for task in [*node.tasks.values()]:
            if task.iteration is not None and not gone:
                continue
            service = self.store.services.get(task.service)
            if service is None or not task.wanted:
                continue
            if gone:
                self._leave(service, task)
            elif not fits_constraints(task.template, node):
                words = "assigned node no longer meets constraints"
                self._report(task, "rejected", "task rejected by constraint enforcer", words)
                self._tell("ends", task)
                self.soon(self._restart, task)
        for id, service in self.store.services.items():
            if "Global" in service["Spec"]["Mode"] or "GlobalJob" in service["Spec"]["Mode"]:
                self.service_changed(id)
        if node.is_ready:
            for task in [*node.tasks.values()]:
                self._advance_soon(task)
        self._schedule_soon()

    def _leave(self, service: Json, task: Task) -> None:
        """A task has to go from its node, and gets an heir elsewhere."""
        self.set_desired(task, "shutdown")
        if "Global" in service["Spec"]["Mode"] or "GlobalJob" in service["Spec"]["Mode"]:
            return
        if task.iteration is not None:
            made = self.new_task(service, task.slot, desired="complete", iteration=task.iteration)
        else:
            made = self.new_task(service, task.slot, desired="ready")
            self._begin_later(made, task, "running")


def _in_order_of_removal(slots: list[list[Task]]) -> list[list[Task]]:
    ordered = sorted(slots, key=lambda slot: (not any(task.state == "running" for task in slot), slot[0].slot))
    seen: dict[str, int] = {}
    places: list[tuple[bool, int, int]] = []
    for number, slot in enumerate(ordered):
        alone = len(slot) == 1 and bool(slot[0].node)
        if alone:
            seen[slot[0].node] = seen.get(slot[0].node, 0) + 1
        places.append((not alone, seen[slot[0].node] if alone else 0, number))
    return [ordered[number] for _, _, number in sorted(places)]


def _unplaced(template: Json) -> Json:
    return {key: value for key, value in template.items() if key != "Placement"}
