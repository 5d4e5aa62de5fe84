"""A real engine that remembers fields of services which only a later release will have: those whose name begins so."""

from __future__ import annotations

import itertools
import json
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO

from tests.support.interposer import Interposer, header, read_body, read_head, steps_of

NEXT = "Next"
Steps = tuple[Any, ...]


class NewerEngine(Interposer):
    """In front of a daemon: takes the newer fields out of what is sent, and puts them into what is read.

    Attributes:
        fields: by id of the service: each newer field's place and value, as in what was sent last.
    """

    def __init__(self, folder: Path, daemon: str) -> None:
        super().__init__(folder, daemon)
        self.fields: dict[str, dict[Steps, Any]] = {}

    def _pass_on(
        self, head: bytes, body: bytes, client: socket.socket, upstream: socket.socket, answered: BinaryIO, pid: int
    ) -> bool:
        method, target = head.split(b" ", 2)[:2]
        kind, *rest = steps_of(target.decode())
        if kind not in ("services", "tasks") or rest[-1:] == ["logs"]:
            return super()._pass_on(head, body, client, upstream, answered, pid)
        sent: dict[Steps, Any] = {}
        if method == b"POST":
            spec = json.loads(body)
            sent = dict(_taken(spec, ()))
            head, body = _with_length(head, json.dumps(spec).encode())
        upstream.sendall(head + body)
        head = read_head(answered)
        data = _plain(head, answered)
        good = head.split(b" ", 2)[1].startswith(b"2")
        if good and method == b"POST":
            self.fields[json.loads(data)["ID"] if rest == ["create"] else rest[0]] = sent
        elif good and method == b"GET":
            found = json.loads(data)
            for live in found if isinstance(found, list) else [found]:
                self._remember(kind, live)
            data = json.dumps(found).encode()
        client.sendall(b"".join(_with_length(head, data)))
        return True

    def _remember(self, kind: str, live: Any) -> None:
        """Put the newer fields into a service, or into a task: it has the template that its service has."""
        if kind == "services":
            whole, fields = live["Spec"], self.fields.get(live["ID"], {})
        else:
            whole, fields = {"TaskTemplate": live["Spec"]}, self.fields.get(live.get("ServiceID", ""), {})
        for place, value in fields.items():
            if kind == "services" or place[0] == "TaskTemplate":
                _put(whole, place, value)


def _taken(value: Any, place: Steps) -> Iterator[tuple[Steps, Any]]:
    if isinstance(value, dict):
        for key in [key for key in value if key.startswith(NEXT)]:
            yield (*place, key), value.pop(key)
        for key, below in value.items():
            yield from _taken(below, (*place, key))
    elif isinstance(value, list):
        for position, below in enumerate(value):
            yield from _taken(below, (*place, position))


def _put(value: Any, place: Steps, field: Any) -> None:
    for step, then in itertools.pairwise(place):
        # the daemon leaves an empty object out
        value = value.setdefault(step, {}) if isinstance(step, str) and isinstance(then, str) else value[step]
    value[place[-1]] = field


def _plain(head: bytes, stream: BinaryIO) -> bytes:
    data = read_body(head, stream)
    if header(head, b"transfer-encoding") != b"chunked":
        return data
    plain = b""
    while data:
        size, _, rest = data.partition(b"\r\n")
        plain, data = plain + rest[: int(size, 16)], rest[int(size, 16) + 2 :]
    return plain


def _with_length(head: bytes, body: bytes) -> tuple[bytes, bytes]:
    lines = [
        line
        for line in head.split(b"\r\n")
        if line and not line.lower().startswith((b"content-length:", b"transfer-encoding:"))
    ]
    return b"\r\n".join([*lines, b"Content-Length: %d" % len(body), b"", b""]), body
