"""Virtual time: an event loop that never sleeps, and a machine on which what blocks waits in that time.

One loop has everything of a history in it: the daemons, Pulumi's engine and the plugin's processes. Its time passes
when nothing is left to be done at present. A *process* is a mark in the context of its tasks: when it is killed,
nothing of it is ever called again, not even a `finally`.
"""

from __future__ import annotations

import asyncio
import heapq
import random
import threading
from asyncio.base_events import BaseEventLoop
from collections.abc import Callable, Mapping
from contextvars import Context, ContextVar, copy_context
from typing import Any

from swarm_provider.dockerapi.connection.hosts import Endpoint
from swarm_provider.dockerapi.connection.machine import Machine
from swarm_provider.dockerapi.connection.transport import Transport

EPOCH_NS = 1_800_000_000_000_000_000
"""What time it is on all machines when a history begins."""
PROCESS: ContextVar[int] = ContextVar("PROCESS", default=0)
"""The process that a task belongs to; 0 is what stands around all of them: the swarm and the person."""


class Hangs(Exception):
    """Nothing is left to happen, and somebody still waits; or virtual time has run beyond its limit."""


class Killed(BaseException):
    """Ends a thread of a process that was killed."""


class _Selector:
    """Stands where others wait for sockets: time passes here."""

    def __init__(self, loop: VirtualLoop) -> None:
        self._loop = loop

    def select(self, timeout: float | None) -> list[Any]:
        if timeout is None:
            raise Hangs("nothing is left to happen, and somebody still waits")
        self._loop.now += timeout
        if self._loop.now > self._loop.limit:
            raise Hangs(f"virtual time has passed its limit of {self._loop.limit:.0f} s")
        return []

    def close(self) -> None:
        """Nothing is open."""


class VirtualLoop(BaseEventLoop):
    """An event loop whose time passes at once.

    Attributes:
        now: its time, in seconds since the beginning.
        limit: when the history is taken to hang.
        machine: what its processes run on.
    """

    def __init__(self, seed: int, limit: float = 1e9) -> None:
        super().__init__()
        self.now = 0.0
        self.limit = limit
        self._selector = _Selector(self)
        self._clock_resolution = 1e-6
        self._dead: set[int] = set()
        self._processes = 0
        self.machine = SimulatedMachine(self, random.Random(seed))
        self.set_task_factory(_quiet_task)
        self.set_exception_handler(self._on_fault)
        self.faults: list[str] = []
        """What went wrong where nobody waited for it."""

    def time(self) -> float:
        return self.now

    def _process_events(self, events: list[Any]) -> None:
        """There are none."""

    def _write_to_self(self) -> None:
        """Nobody sleeps."""

    def _check_closed(self) -> None:
        """What is left of a history when it has ended may say so to nobody."""

    def _on_fault(self, loop: Any, context: dict[str, Any]) -> None:
        error = context.get("exception")
        # what a killed process would have been told
        if error is not None and type(error).__name__ not in ("Refused", "Killed"):
            self.faults.append(f"{context.get('message')}: {error!r}")

    # ------------------------------------------------------------------- processes

    def new_process(self) -> int:
        self._processes += 1
        return self._processes

    def kill(self, process: int) -> None:
        """Nothing of the process is called from now on."""
        self._dead.add(process)
        for handle in [*self._ready, *self._scheduled]:  # type: ignore[attr-defined]
            if handle._context.get(PROCESS, 0) == process:
                handle.cancel()

    def is_dead(self, process: int) -> bool:
        return process in self._dead

    def in_process(self, process: int) -> Context:
        context = copy_context()
        context.run(PROCESS.set, process)
        return context

    def _run_once(self) -> None:
        """As the one of asyncio, without what sockets and threads of others need: half of a history is spent here."""
        ready, scheduled = self._ready, self._scheduled  # type: ignore[attr-defined]
        while scheduled and scheduled[0]._cancelled:
            heapq.heappop(scheduled)._scheduled = False
        if not ready and not self._stopping:  # type: ignore[attr-defined]
            self._selector.select(max(0.0, scheduled[0]._when - self.now) if scheduled else None)
        end = self.now + self._clock_resolution
        while scheduled and scheduled[0]._when < end:
            handle = heapq.heappop(scheduled)
            handle._scheduled = False
            ready.append(handle)
        for _ in range(len(ready)):
            handle = ready.popleft()
            if not handle._cancelled:
                handle._run()

    def call_soon(self, callback: Any, *args: Any, context: Context | None = None) -> Any:  # type: ignore[override]
        handle: Any = asyncio.Handle(callback, args, self, context)
        self._ready.append(handle)  # type: ignore[attr-defined]
        if self._dead and handle._context.get(PROCESS, 0) in self._dead:
            handle.cancel()
        return handle

    def call_at(  # type: ignore[override]
        self, when: float, callback: Any, *args: Any, context: Context | None = None
    ) -> Any:
        handle: Any = super().call_at(when, callback, *args, context=context)
        if self._dead and handle._context.get(PROCESS, 0) in self._dead:
            handle.cancel()
        return handle

    # --------------------------------------------------------------------- threads

    def run_in_executor(  # type: ignore[override]
        self, executor: Any, func: Callable[..., Any], *args: Any
    ) -> Any:
        future = self.create_future()
        process = PROCESS.get()
        # what was sent arrives, whatever becomes of who has sent it
        outside = self.in_process(0)
        self.call_later(self.machine.latency(), self._executed, lambda: func(*args), future, process, context=outside)
        return future

    def _executed(self, work: Callable[[], Any], future: asyncio.Future[Any], process: int) -> None:
        if self.machine.is_troubled():
            self.machine.in_thread(work, future, process)
            return
        try:
            result, error = work(), None
        except Exception as failed:
            result, error = None, failed
        self.call_later(self.machine.latency(), self.settle, future, result, error, process)

    def settle(self, future: asyncio.Future[Any], result: Any, error: BaseException | None, process: int) -> None:
        """Let a process have what it has waited for, if it lives."""
        if future.done() or self.is_dead(process):
            return
        if error is not None:
            future.set_exception(error)
        else:
            future.set_result(result)


class RealLoop(asyncio.SelectorEventLoop):
    """An event loop in real time, for a model that others talk to from outside."""

    def __init__(self) -> None:
        super().__init__()
        self._began = self.time()

    @property
    def now(self) -> float:
        return self.time() - self._began


def _quiet_task(loop: Any, coroutine: Any, *, context: Context | None = None) -> asyncio.Task[Any]:
    task = asyncio.Task(coroutine, loop=loop, context=context)
    # those of killed processes never end
    task._log_destroy_pending = False  # type: ignore[attr-defined]
    return task


class _Worker:
    """A thread that runs only while the loop waits for it: one of the two at a time."""

    def __init__(self, machine: SimulatedMachine) -> None:
        self.machine = machine
        self.go = threading.Semaphore(0)
        self.back = threading.Semaphore(0)
        self.process = 0
        self.work: Callable[[], Any] | None = None
        self.future: asyncio.Future[Any] | None = None
        self.thread = threading.Thread(target=self._run, daemon=True)
        self.thread.start()

    def _run(self) -> None:
        while True:
            self.go.acquire()
            work, future = self.work, self.future
            if work is None:
                return
            assert future is not None
            result, error = None, None
            try:
                result = work()
            except BaseException as failed:
                error = failed
            if not isinstance(error, Killed):
                loop = self.machine.loop
                loop.call_later(
                    self.machine.latency(), loop.settle, future, result, error, self.process, context=Context()
                )
            self.work = self.future = None
            self.machine.idle.append(self)
            self.back.release()

    def resume(self) -> None:
        """Let it run until it waits or ends."""
        before, self.machine.current = self.machine.current, self
        self.go.release()
        self.back.acquire()
        self.machine.current = before


class SimulatedMachine(Machine):
    """Where the plugin's processes run.

    Attributes:
        open_transport: makes the way to an address.
        is_troubled: whether the next call may have to wait for anything; then it gets a thread of its own.
    """

    def __init__(self, loop: VirtualLoop, rng: random.Random) -> None:
        self.loop = loop
        self._rng = rng
        self.idle: list[_Worker] = []
        self.current: _Worker | None = None
        self.open_transport: Callable[[Endpoint, float, Mapping[str, str]], Transport] | None = None
        self.is_troubled: Callable[[], bool] = lambda: False
        self.slowness = 1.0

    def latency(self) -> float:
        """Seconds that a request, or an answer, is on its way."""
        return (0.001 + 0.004 * self._rng.random()) * self.slowness

    def in_thread(self, work: Callable[[], Any], future: asyncio.Future[Any], process: int) -> None:
        worker = self.idle.pop() if self.idle else _Worker(self)
        worker.work, worker.future, worker.process = work, future, process
        worker.resume()

    def end_threads(self) -> None:
        for worker in self.idle:
            worker.work = None
            worker.go.release()
            worker.thread.join()

    # ---------------------------------------------------------- what a connection asks

    def transport(self, endpoint: Endpoint, *, timeout: float, headers: Mapping[str, str]) -> Transport:
        assert self.open_transport is not None
        return self.open_transport(endpoint, timeout, headers)

    def monotonic(self) -> float:
        return self.loop.now

    def time_ns(self) -> int:
        return EPOCH_NS + int(self.loop.now * 1e9)

    def sleep(self, seconds: float) -> None:
        worker = self.current
        assert worker is not None, "a call waits although nothing is wrong"
        self.loop.call_later(seconds, worker.resume, context=Context())
        worker.back.release()
        worker.go.acquire()
        if self.loop.is_dead(worker.process):
            raise Killed

    def lock(self) -> Any:
        return _Lock(self)


class _Lock:
    def __init__(self, machine: SimulatedMachine) -> None:
        self._machine = machine
        self._held = False

    def __enter__(self) -> None:
        while self._held:
            self._machine.sleep(0.01)
        self._held = True

    def __exit__(self, *_: object) -> None:
        self._held = False
