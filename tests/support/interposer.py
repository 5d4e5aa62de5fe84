"""A proxy on a daemon's socket that looks at each call, and can end a process right before or right after one.

Tests of what a kill leaves behind set `strike`; without it the proxy only passes on and counts.
"""

from __future__ import annotations

import os
import re
import signal
import socket
import struct
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Literal, Self

When = Literal["before", "after"]


@dataclass(frozen=True)
class Call:
    """A call that changes something: its number since `begin`, counted from 1, and what it asks for."""

    number: int
    method: str
    path: str
    pid: int
    """The process that made it."""


@dataclass(frozen=True)
class Strike:
    """SIGKILL for a process at one of the calls.

    Attributes:
        number: at which changing call.
        when: before the daemon sees it, or after the daemon did it and before anybody hears of it.
        target: process to kill; None: the one that makes the call.
    """

    number: int
    when: When
    target: Callable[[], int] | None = None


class Interposer:
    """Listens at `host`, in front of the daemon whose socket is given; a context manager."""

    def __init__(self, folder: Path, daemon: str) -> None:
        self.path = folder / "proxy.sock"
        self.host = f"unix://{self.path}"
        self._daemon = daemon.removeprefix("unix://")
        self._lock = threading.Lock()
        self._strike: Strike | None = None
        self.calls: list[Call] = []
        self.counts: dict[int, Counter[str]] = {}
        """Per process: every call by method and kind of object, such as `GET /services`."""
        self.struck: Call | None = None

    def begin(self, strike: Strike | None = None) -> None:
        """Count from 1 again; `strike` is what to do at which call."""
        with self._lock:
            self.calls, self.struck, self._strike = [], None, strike
            self.counts = {}

    def __enter__(self) -> Self:
        self._listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self._listener.bind(str(self.path))
        self._listener.listen(64)
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._listener.close()
        self.path.unlink(missing_ok=True)

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(client,), daemon=True).start()

    def _serve(self, client: socket.socket) -> None:
        pid = struct.unpack("3i", client.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, 12))[0]
        upstream = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            upstream.connect(self._daemon)
            with client.makefile("rb") as asked, upstream.makefile("rb") as answered:
                while self._one(client, asked, upstream, answered, pid):
                    pass
        except OSError:
            # whoever was killed does not listen any more
            pass
        finally:
            client.close()
            upstream.close()

    def _one(
        self, client: socket.socket, asked: BinaryIO, upstream: socket.socket, answered: BinaryIO, pid: int
    ) -> bool:
        head = read_head(asked)
        return bool(head) and self._pass_on(head, read_body(head, asked), client, upstream, answered, pid)

    def _pass_on(
        self, head: bytes, body: bytes, client: socket.socket, upstream: socket.socket, answered: BinaryIO, pid: int
    ) -> bool:
        """Pass one call on and its answer back; says whether the connection may serve another."""
        method, path = head.split(b" ", 2)[:2]
        kind = next(iter(steps_of(path.decode())), "")
        self._count(f"{method.decode()} /{kind}", pid)
        call = self._counted(method.decode(), path.decode(), pid) if method != b"GET" and method != b"HEAD" else None
        if call is not None and self._strikes(call, "before"):
            return False
        upstream.sendall(head + body)
        head = read_head(answered)
        if call is not None:
            answer = head + read_body(head, answered)
            if self._strikes(call, "after"):
                return False
            client.sendall(answer)
            return True
        client.sendall(head)
        return method == b"HEAD" or _relay(head, answered, client)

    def _count(self, what: str, pid: int) -> None:
        with self._lock:
            self.counts.setdefault(pid, Counter())[what] += 1

    def _counted(self, method: str, path: str, pid: int) -> Call:
        with self._lock:
            call = Call(len(self.calls) + 1, method, path, pid)
            self.calls.append(call)
            return call

    def _strikes(self, call: Call, when: When) -> bool:
        strike = self._strike
        if strike is None or strike.number != call.number or strike.when != when:
            return False
        self.struck = call
        os.kill(strike.target() if strike.target else call.pid, signal.SIGKILL)
        return True


def steps_of(path: str) -> list[str]:
    """Return `services`, `abc` and `update` for `/v1.41/services/abc/update?version=7`."""
    steps = [step for step in path.partition("?")[0].split("/") if step]
    return steps[1:] if steps and re.fullmatch(r"v\d+\.\d+", steps[0]) else steps


def read_head(stream: BinaryIO) -> bytes:
    """Read start line and headers, with the empty line; b"" at the end of the stream."""
    lines = []
    while True:
        line = stream.readline()
        if not line:
            return b""
        lines.append(line)
        if line in (b"\r\n", b"\n"):
            return b"".join(lines)


def header(head: bytes, name: bytes) -> bytes:
    for line in head.split(b"\r\n")[1:]:
        key, _, value = line.partition(b":")
        if key.strip().lower() == name:
            return value.strip().lower()
    return b""


def read_body(head: bytes, stream: BinaryIO) -> bytes:
    if header(head, b"transfer-encoding") == b"chunked":
        return b"".join(_chunks(stream))
    length = header(head, b"content-length")
    return stream.read(int(length)) if length else b""


def _chunks(stream: BinaryIO) -> Iterator[bytes]:
    while True:
        size = stream.readline()
        data = stream.read(int(size, 16) + 2) if size.strip() else b""
        yield size + data
        if not size.strip() or int(size, 16) == 0:
            return


def _relay(head: bytes, answered: BinaryIO, client: socket.socket) -> bool:
    """Pass the body of an answer on as it comes; an answer without a length ends its connection."""
    if header(head, b"transfer-encoding") == b"chunked":
        for chunk in _chunks(answered):
            client.sendall(chunk)
        return True
    length = header(head, b"content-length")
    if length:
        client.sendall(answered.read(int(length)))
        return True
    if head.split(b" ", 2)[1] in (b"204", b"304"):
        return True
    while data := answered.read1(65536):  # type: ignore[attr-defined]
        client.sendall(data)
    return False
