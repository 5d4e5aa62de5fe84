"""What the plugin says to the person: messages and live status, through Pulumi's engine.

Every text passes `core.foreign.shown` here, and not before. A status text is sent only when it changes. What is said of
one resource arrives in the order in which it was said.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Callable, Iterator
from contextvars import ContextVar
from typing import Any, Final, Protocol

import grpc.aio
from pulumi.runtime.proto import engine_pb2, engine_pb2_grpc

from swarm_provider.core.foreign import LONGEST, shown
from swarm_provider.core.masking import SecretFilter

_log = logging.getLogger(__name__)
_INFO: Final = engine_pb2.INFO
_WARNING: Final = engine_pb2.WARNING
_DELIVERY_SECONDS: Final = 5.0
_LONGEST_STATUS: Final = 500
LONGEST_MESSAGE: Final = 100_000
"""Characters; what a run forecasts of a thousand services is long, and `report` reads it."""
REST_SECONDS: Final = 0.5
"""How long at least a status of many children is shown before the next one."""
SILENCE_SECONDS: Final = 2.0
"""How long something may take until the person is told what it waits for."""

RESOURCE: ContextVar[str] = ContextVar("RESOURCE", default="")
"""URN of the resource that the present call is about, "" for none. Of the call, and not of the process: each call has a
context of its own, in which connections that it makes say what it waits for."""


class Person(Protocol):
    """Pulumi's end: what is said is shown to the person."""

    async def Log(self, request: engine_pb2.LogRequest, timeout: float) -> object:  # noqa: N802
        """Show a message."""


class EngineLog:
    """The engine's Log call. Without an engine (a plugin tried by hand) the texts go nowhere.

    Args:
        address: where the engine listens, None where there is none.
        person: who is told then.
    """

    def __init__(self, address: str | None, person: Person | None = None) -> None:
        self._stub: Any = engine_pb2_grpc.EngineStub(grpc.aio.insecure_channel(address)) if address else person
        self._status: dict[str, str] = {}
        self._said: set[tuple[str, str]] = set()
        self.secrets = SecretFilter()
        """What no message may hold; it grows with what the run learns, for whoever has it."""
        self._latest: dict[str, asyncio.Task[None]] = {}
        """The last message of each resource that is still on its way."""
        self._speakers: dict[str, tuple[str, str]] = {}
        """For what is no resource in Pulumi: the URN of the one that speaks for it, and what it is called."""

        self._sums: dict[str, Callable[[str, str], str]] = {}
        self._gathered: dict[str, list[str]] = {}
        self._resting: set[str] = set()

    def speak_for(self, urn: str, whom: str, name: str) -> None:
        """Let what is said of `urn` be said of the resource `whom`, with a name in front.

        Args:
            urn: what is no resource in Pulumi.
            whom: URN of the resource that speaks for it.
            name: what it is called.
        """
        self._speakers[urn] = whom, name

    def sum_up(self, urn: str, how: Callable[[str, str], str]) -> None:
        """Let a resource have one status for all that it speaks for: of a name, and what is shown of it."""
        self._sums[urn] = how

    @contextlib.contextmanager
    def in_one_message(self, urn: str) -> Iterator[None]:
        """Send in one message, a line each, what is said meanwhile of all that a resource speaks for.

        For each message Pulumi's CLI compares the whole resource again: of a thousand children that takes a minute.
        """
        self._gathered[urn] = []
        try:
            yield
        finally:
            lines = self._gathered.pop(urn)
            if lines:
                self._deliver(_INFO, urn, "\n".join(lines), ephemeral=False)

    def hide(self, texts: set[str]) -> None:
        """Hide: never let any of these texts, or a line of one, appear in a message."""
        self.secrets.add(texts)

    def clean(self, text: str, *, lines: bool = False, limit: int = LONGEST) -> str:
        """Return a string as it may be shown and stored; arguments as for `shown`.

        Args:
            text: the message.
            lines: as for `shown`.
            limit: as for `shown`.
        """
        return shown(text, self.secrets, lines=lines, limit=limit)

    def info(self, urn: str, text: str, *, lines: bool = False) -> None:
        """Say something once; `lines`: it is meant to have several.

        Args:
            urn: the resource.
            text: the message.
            lines: whether the text is meant to have several.
        """
        self._once(_INFO, urn, text, lines=lines)

    def warn(self, urn: str, text: str) -> None:
        self._once(_WARNING, urn, text)

    def status(self, urn: str, text: str) -> None:
        """Show a string in the resource's status column; it replaces the one before."""
        whom, name = self._speakers.get(urn, ("", ""))
        if whom in self._sums:
            urn, text = whom, self._sums[whom](name, text)
        if self._status.get(urn) == text:
            return
        self._status[urn] = text
        if urn in self._sums and urn not in self._resting:
            # the status of many children changes often, and each costs as much as a message
            self._resting.add(urn)
            asyncio.get_running_loop().call_later(REST_SECONDS, self._rested, urn, text)
        elif urn in self._sums:
            return
        self._send(_INFO, urn, text, ephemeral=True)

    def _rested(self, urn: str, shown: str) -> None:
        self._resting.discard(urn)
        text = self._status[urn]
        if text != shown:
            self._send(_INFO, urn, text, ephemeral=True)

    def _once(self, severity: engine_pb2.LogSeverity.ValueType, urn: str, text: str, *, lines: bool = False) -> None:
        if (urn, text) not in self._said:
            self._said.add((urn, text))
            self._send(severity, urn, text, ephemeral=False, lines=lines)

    def _send(
        self, severity: engine_pb2.LogSeverity.ValueType, urn: str, text: str, *, ephemeral: bool, lines: bool = False
    ) -> None:
        _log.debug("%s is told: %s", urn or "the run", text)
        if self._stub is None:
            return
        spoken_for = urn in self._speakers
        if spoken_for:
            urn, name = self._speakers[urn]
            text = f"{name}: {text}"
        limit = _LONGEST_STATUS if ephemeral or lines else LONGEST_MESSAGE
        message = self.clean(text, lines=lines, limit=limit)
        if spoken_for and urn in self._gathered and severity == _INFO and not ephemeral:
            self._gathered[urn].append(message)
        else:
            self._deliver(severity, urn, message, ephemeral=ephemeral)

    def _deliver(self, severity: engine_pb2.LogSeverity.ValueType, urn: str, message: str, *, ephemeral: bool) -> None:
        request = engine_pb2.LogRequest(severity=severity, message=message, urn=urn, ephemeral=ephemeral)
        task = asyncio.get_running_loop().create_task(self._call(request, self._latest.get(urn)))
        self._latest[urn] = task
        task.add_done_callback(lambda done: self._forget(urn, done))

    def _forget(self, urn: str, done: asyncio.Task[None]) -> None:
        if self._latest.get(urn) is done:
            del self._latest[urn]

    async def _call(self, request: engine_pb2.LogRequest, before: asyncio.Task[None] | None) -> None:
        if before is not None:
            await asyncio.wait([before])
        # a message that cannot be delivered must not fail the operation that it talks about
        with contextlib.suppress(grpc.aio.AioRpcError):
            assert self._stub is not None
            await self._stub.Log(request, timeout=_DELIVERY_SECONDS)

    @contextlib.contextmanager
    def telling(self, urn: str, text: str, *, unless_told: bool = False) -> Iterator[None]:
        """Show a status text when what is done inside takes longer than `SILENCE_SECONDS`.

        Args:
            urn: the resource.
            text: the message.
            unless_told: not where another text has been shown meanwhile.
        """
        before = self._status.get(urn)

        def tell() -> None:
            if not unless_told or self._status.get(urn) == before:
                self.status(urn, text)

        # who knows better what is waited for speaks first
        delay = 1.1 * SILENCE_SECONDS if unless_told else SILENCE_SECONDS
        timer = asyncio.get_running_loop().call_later(delay, tell)
        try:
            yield
        finally:
            timer.cancel()

    def slow(self, call: str) -> None:
        """Show that Docker, or a credential helper, has not answered a call yet."""
        self.status(RESOURCE.get(), f"no response yet: {call}")

    async def flush(self, urn: str = "") -> None:
        """Wait until what was said of a resource is delivered, so that none comes after the answer that it explains."""
        sent = [self._latest[key] for key in {"", urn} if key in self._latest]
        if sent:
            await asyncio.wait(sent, timeout=_DELIVERY_SECONDS)
