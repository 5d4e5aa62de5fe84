"""One watcher for everything that is waited for: services that converge, and services whose tasks go.

Each tick makes one list call per kind, however many services wait, so the calls per second do not grow with them.
What a snapshot means is decided by plan.verdict.
"""

from __future__ import annotations

import asyncio
import contextlib
import operator
from collections.abc import Coroutine
from typing import Any, Final

from swarm_provider.core import Items, Json
from swarm_provider.core.masking import SecretFilter
from swarm_provider.errors import Cancelled, ConnectionFailed, DockerError, RolloutFailed, SwarmProviderError
from swarm_provider.plan.facts.tasks import RUNNING, Task, by_service, is_down, node_name
from swarm_provider.plan.rollout.causes import Cause
from swarm_provider.plan.rollout.history import History, Snapshot, observe
from swarm_provider.plan.rollout.state import Desired
from swarm_provider.plan.rollout.verdict import Done, Failed, Waiting, explain, judge
from swarm_provider.rollout.diagnose import Evidence, collect, reasons, registry_fault
from swarm_provider.rollout.interfaces import Clock, Progress, RealClock, Swarm, silent
from swarm_provider.rollout.retry import restart_update
from swarm_provider.rollout.waiter import Outcome, Waiter

TICK_S: Final = 0.3
SHORTEST_TICK_S: Final = 0.03
"""How soon there is a look for a removal that begins: the tasks of what had none are gone at once."""
SLOWEST_TICK_S: Final = 2.0
CALM_TICK_S: Final = 0.9
CALM: Final = 20
"""What has not changed for a while is looked at so many times in as long a while: less and less often, up to
`CALM_TICK_S`, so that an end is still told within a second."""
UNREACHABLE_S: Final = 60.0
"""How long no manager may answer until the waiting ends; an election of managers takes up to some 20 s."""
BEGIN_ANEW_EVERY_S: Final = 20.0
EVIDENCE_S: Final = 8.0
"""How long a failure waits for the output of its tasks."""


class Watcher:
    """The watch over services that are waited for. One per plugin process, used in one event loop.

    What it tells the callers' `progress` is as the daemon gave it; the reasons of a failure are as they may be shown.
    """

    def __init__(self, swarm: Swarm, clock: Clock | None = None, secrets: SecretFilter | None = None) -> None:
        """Args:
        secrets: what no reason may hold; it may learn more at any time.
        """
        self._swarm = swarm
        self._secrets = secrets or SecretFilter()
        self._clock: Clock = clock or RealClock()
        self._waiters: list[Waiter] = []
        self._loop: asyncio.Task[None] | None = None
        self._hurry = asyncio.Event()
        self._background: set[asyncio.Task[None]] = set()
        self._unreachable_since: float | None = None
        # time in which no manager answered does not count against any deadline
        self._lost_s = 0.0
        self._all_tasks = False
        self._seen: tuple[Items, Items, Items] | None = None
        self._changed_at = float("-inf")

    async def converge(
        self,
        service_id: str,
        sent_spec: Json,
        version_index: int = 0,
        *,
        fail_after_ns: int | None = None,
        timeout: float | None = None,
        progress: Progress = silent,
        warn: Progress = silent,
        cancelled: asyncio.Event | None = None,
        is_rollback: bool = False,
    ) -> Outcome:
        """Wait until what was sent runs (a job: has completed).

        Args:
            service_id: Docker's id.
            sent_spec: the ServiceSpec that was sent; without a number of replicas where any number is right.
            version_index: lowest `Version.Index` of the service that shows the change: as it was read after the call,
                or that which the update was sent with, plus one. 0 for a create.
            fail_after_ns: the progress deadline, in nanoseconds; None for five minutes (none for a job that runs).
            timeout: seconds in all (Pulumi's custom_timeouts); None for no limit.
            progress: is told one line whenever it changes.
            warn: is told once, in one line, what may be the matter while it still waits.
            cancelled: set when the user wants to stop.
            is_rollback: Swarm returns to this spec by its own rollback, of itself or because it was asked to.

        Raises:
            RolloutFailed: it does not run; the reasons say why.
            Cancelled: `cancelled` was set; the cluster goes on.
            ConnectionFailed: no manager answered for a minute.
        """
        desired = Desired(sent_spec, version_index, fail_after_ns, is_rollback)
        waiter = self._waiter(service_id, progress, desired)
        waiter.warn = warn
        waiter.name = str(sent_spec.get("Name") or "")
        return await self._wait(waiter, timeout, cancelled or asyncio.Event())

    async def gone(
        self,
        service_id: str,
        *,
        name: str = "",
        timeout: float | None = None,
        progress: Progress = silent,
        cancelled: asyncio.Event | None = None,
    ) -> None:
        """Wait until no container of a removed service runs any more (on nodes that are up).

        Args:
            service_id, name, timeout, progress, cancelled: as for `converge`; the name is for messages.

        Raises:
            RolloutFailed: not within `timeout` seconds; names what still runs.
            Cancelled: `cancelled` was set.
        """
        waiter = self._waiter(service_id, progress, None)
        waiter.name = name
        await self._wait(waiter, timeout, cancelled or asyncio.Event())

    # --------------------------------------------------------------------------------------- one caller

    def _waiter(self, service_id: str, progress: Progress, desired: Desired | None) -> Waiter:
        future: asyncio.Future[Outcome] = asyncio.get_running_loop().create_future()
        return Waiter(service_id, progress, future, desired)

    async def _wait(self, waiter: Waiter, timeout: float | None, cancelled: asyncio.Event) -> Outcome:
        self._waiters.append(waiter)
        if waiter.desired is None or self._rest_s(0.0) > TICK_S:
            self._hurry.set()
        self._changed_at = self._clock.now()
        if self._loop is None or self._loop.done():
            self._loop = asyncio.create_task(self._watch())
        stop = asyncio.create_task(cancelled.wait())
        alarm = None if timeout is None else asyncio.create_task(self._clock.sleep(timeout))
        watched: list[asyncio.Future[Any]] = [waiter.future, stop, *([alarm] if alarm else [])]
        try:
            await asyncio.wait(watched, return_when=asyncio.FIRST_COMPLETED)
            if waiter.future.done():
                return waiter.future.result()
            if not stop.done():
                reporting = asyncio.create_task(self._timed_out(waiter, timeout or 0.0))
                await asyncio.wait([reporting, stop], return_when=asyncio.FIRST_COMPLETED)
                if reporting.done():
                    raise reporting.result()
                reporting.cancel()
            raise Cancelled(f"stopped waiting for {waiter.title} ({waiter.text}); Swarm continues the rollout")
        finally:
            stop.cancel()
            if alarm is not None:
                alarm.cancel()
            if waiter in self._waiters:
                self._waiters.remove(waiter)
            if not waiter.future.done():
                waiter.future.cancel()
            self._rest()

    def _rest(self) -> None:
        """Stop the loop when nobody waits, so that nothing is left behind when the process ends."""
        if not self._waiters and self._loop is not None:
            self._loop.cancel()
            self._loop = self._seen = None

    async def _timed_out(self, waiter: Waiter, timeout: float) -> RolloutFailed:
        if waiter in self._waiters:
            self._waiters.remove(waiter)
        text = f"{waiter.title}: timed out after {timeout:g} s ({waiter.text})"
        late = Cause("timeout", text)
        hindrances: tuple[Cause, ...] = ()
        if waiter.desired is not None and waiter.snapshot is not None:
            hindrances = explain(waiter.snapshot, waiter.desired, waiter.history, self._now())
        return await self._failure(waiter, (late, *hindrances))

    # ----------------------------------------------------------------------------------------- the loop

    def _now(self) -> float:
        return self._clock.now() - self._lost_s

    async def _watch(self) -> None:
        while self._waiters:
            begun = self._clock.now()
            try:
                await self._tick()
            except (ConnectionFailed, DockerError) as error:
                self._unreachable(error)
            except Exception as error:
                # a bug of ours must not leave callers waiting for ever
                for waiter in list(self._waiters):
                    self._end(waiter, error)
            await self._pause(self._clock.now() - begun)

    async def _pause(self, took_s: float) -> None:
        """Rest between two looks, twice as long as a look takes; less where tasks may be gone already.

        Longer where nothing has changed for long: a manager has better things to do than to say so.
        """
        whole = self._rest_s(took_s)
        least = min(whole, max(SHORTEST_TICK_S, took_s))
        await self._clock.sleep(least)
        resting = asyncio.ensure_future(self._clock.sleep(whole - least))
        called = asyncio.ensure_future(self._hurry.wait())
        try:
            await asyncio.wait([resting, called], return_when=asyncio.FIRST_COMPLETED)
        finally:
            resting.cancel()
            called.cancel()

    def _rest_s(self, took_s: float) -> float:
        calm_s = self._clock.now() - self._changed_at
        return min(SLOWEST_TICK_S, max(TICK_S, 2 * took_s, min(CALM_TICK_S, calm_s / CALM)))

    def _note_change(self, *seen: Items) -> None:
        """Note when something was another than at the look before: a list of which nothing changed is the same list."""
        if self._seen is None or any(one is not other for one, other in zip(seen, self._seen, strict=True)):
            self._changed_at = self._clock.now()
        services, nodes, tasks = seen
        self._seen = services, nodes, tasks

    async def _tick(self) -> None:
        self._hurry.clear()
        if any(waiter.desired is None and not waiter.looked for waiter in self._waiters):
            await self._end_what_has_no_tasks()
        waiters = list(self._waiters)
        if not waiters:
            return
        everything = self._all_tasks or any(waiter.desired is None for waiter in waiters)
        ids = None if everything else [waiter.service_id for waiter in waiters]
        services, nodes, tasks = await asyncio.gather(
            self._swarm.list("service", bypass_cache=True),
            self._swarm.list("node", bypass_cache=True),
            self._swarm.tasks(service_ids=ids),
        )
        self._reachable()
        self._note_change(services, nodes, tasks)
        # some may have left while the lists were on their way
        waiters = [waiter for waiter in waiters if waiter in self._waiters]
        by_id = {str(service.get("ID")): service for service in services}
        own_tasks = by_service(tasks)
        freeing = {task.get("ServiceID") for task in tasks if Task(task).stopping}
        converging = sum(waiter.converging for waiter in waiters)
        for waiter in waiters:
            own = own_tasks.get(waiter.service_id, [])
            if waiter.desired is None:
                self._judge_removal(waiter, waiter.service_id in by_id, own, nodes)
                continue
            before = waiter.converging
            others = converging > before
            room = not everything or others or len(freeing) > (waiter.service_id in freeing)
            waiter.snapshot = _latest(waiter.snapshot, Snapshot(by_id.get(waiter.service_id), own, nodes, room))
            self._judge(waiter, waiter.desired, others)
            converging += waiter.converging - before
        self._all_tasks = any(isinstance(w.verdict, Waiting) and w.verdict.placement for w in self._waiters)

    async def _end_what_has_no_tasks(self) -> None:
        """End the removals of what has no task any more: one small list tells of many, where they had none at all."""
        removals = [waiter for waiter in self._waiters if waiter.desired is None]
        left = by_service(await self._swarm.tasks())
        self._reachable()
        for waiter in removals:
            waiter.looked = True
            if waiter.service_id not in left and waiter in self._waiters:
                self._end(waiter, Outcome("removed", {}))

    def _judge(self, waiter: Waiter, desired: Desired, others: bool) -> None:
        assert waiter.snapshot is not None
        now = self._now()
        before = waiter.history
        waiter.history = observe(before, waiter.snapshot, desired.version_index, now, others_converge=others)
        waiter.verdict = verdict = judge(waiter.snapshot, desired, waiter.history, now)
        if isinstance(verdict, Done):
            self._say(waiter, verdict.text, at_once=True)
            self._end(waiter, Outcome(verdict.text, waiter.snapshot.service or {}, waiter.snapshot))
        elif isinstance(verdict, Failed):
            self._waiters.remove(waiter)
            self._spawn(self._fail(waiter, verdict))
        else:
            self._say(waiter, verdict.text)
            self._keep_evidence(waiter, before)
            if verdict.pulling is not None and not waiter.asked:
                waiter.asked = True
                self._spawn(self._ask_registry(waiter, verdict.pulling))
            if verdict.stalled and now - waiter.begun_anew_at >= BEGIN_ANEW_EVERY_S:
                waiter.begun_anew_at = now
                self._spawn(self._restart_update(waiter))

    def _judge_removal(self, waiter: Waiter, present: bool, tasks: Items, nodes: Items) -> None:
        left = [task for task in map(Task, tasks) if _holds_a_container(task, nodes)]
        if not left and not present:
            self._end(waiter, Outcome("removed", {}))
            return
        text = f"{waiter.title} is still listed"
        if left:
            slot = f".{left[0].slot}" if left[0].slot else ""
            text = f"{len(left)} stopping ({waiter.title}{slot} on {node_name(nodes, left[0].node_id)})"
        waiter.verdict = Waiting(text)
        self._say(waiter, text)

    # ---------------------------------------------------------------------------------- ends and words

    def _say(self, waiter: Waiter, text: str, *, at_once: bool = False) -> None:
        waiter.say(text, self._clock.now(), at_once=at_once)

    def _end(self, waiter: Waiter, result: Outcome | Exception) -> None:
        if waiter in self._waiters:
            self._waiters.remove(waiter)
        waiter.end(result)

    async def _fail(self, waiter: Waiter, failed: Failed) -> None:
        try:
            self._end(waiter, await self._failure(waiter, failed.causes))
        except Exception as error:
            # a bug of ours must not leave its caller waiting for ever
            self._end(waiter, error)

    async def _failure(self, waiter: Waiter, causes: tuple[Cause, ...]) -> RolloutFailed:
        # what was fetched as soon as a task ended may lack its last lines
        wanted = [c for c in causes if c.task_id and (c.container_id or c.task_id not in waiter.evidence)]
        if wanted:
            fetching = [asyncio.create_task(self._fetch(waiter, cause)) for cause in wanted]
            _, late = await asyncio.wait(fetching, timeout=EVIDENCE_S)
            for task in late:
                task.cancel()
        return RolloutFailed(reasons(causes, waiter.evidence, self._secrets))

    def _keep_evidence(self, waiter: Waiter, before: History | None) -> None:
        """Fetch a failed task's output while it is there: Swarm keeps few tasks per slot, or none at all."""
        if waiter.history is None or waiter.snapshot is None or waiter.desired is None:
            return
        known = len(before.failures) if before else 0
        if len(waiter.history.failures) <= known:
            return
        newest = waiter.history.failures[-1].task
        if not newest.container_id:
            return
        # the first failure and some later ones: the first may have said another thing than the last
        if len(waiter.history.failures) in (1, 2, 4, 8) or len(waiter.history.failures) % 16 == 0:
            cause = Cause("crash", "", newest.id, newest.container_id, newest.node_id)
            self._spawn(self._fetch(waiter, cause))

    async def _restart_update(self, waiter: Waiter) -> None:
        self._say(waiter, "node lost during the update; restarting the update", at_once=True)
        with contextlib.suppress(SwarmProviderError):
            await restart_update(self._swarm, waiter.service_id, clock=self._clock)

    async def _ask_registry(self, waiter: Waiter, cause: Cause) -> None:
        """Say why a pull takes long. Whether it fails is the node's to say: it may reach more, or have the image."""
        fault = await registry_fault(self._swarm, cause.image)
        if fault and isinstance(waiter.verdict, Waiting) and waiter.verdict.pulling is not None:
            waiter.warn(f"{cause.text}; {fault}")

    async def _fetch(self, waiter: Waiter, cause: Cause) -> None:
        found = await collect(self._swarm, cause)
        waiter.evidence[cause.task_id] = found.beside(waiter.evidence.get(cause.task_id, Evidence()))

    def _spawn(self, work: Coroutine[object, object, None]) -> None:
        task = asyncio.create_task(work)
        self._background.add(task)
        task.add_done_callback(self._background.discard)

    # ------------------------------------------------------------------------------------ lost managers

    def _reachable(self) -> None:
        if self._unreachable_since is not None:
            self._lost_s += self._clock.now() - self._unreachable_since
            self._unreachable_since = None

    def _unreachable(self, error: Exception) -> None:
        now = self._clock.now()
        if self._unreachable_since is None:
            self._unreachable_since = now
        if now - self._unreachable_since >= UNREACHABLE_S:
            for waiter in list(self._waiters):
                self._end(waiter, error)
            self._reachable()
            return
        for waiter in self._waiters:
            self._say(waiter, f"no response from the swarm, retrying ({error})")


def _latest(before: Snapshot | None, now: Snapshot) -> Snapshot:
    """Return the newest look; where nothing has changed the one before, of which much is worked out already."""
    if before is None or now.room != before.room or now.service is not before.service or now.nodes is not before.nodes:
        return now
    same = len(now.tasks) == len(before.tasks) and all(map(operator.is_, now.tasks, before.tasks))
    return before if same else now


def _holds_a_container(task: Task, nodes: Items) -> bool:
    return bool(task.node_id) and 3 <= task.rank <= RUNNING and not is_down(nodes, task.node_id)
