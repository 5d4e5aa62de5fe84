"""A real engine that remembers fields of services which only a later release will have: those whose name begins so."""

from __future__ import annotations

import itertools
import json
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO
from urllib.parse import urlsplit

from tests.support.interposer import Interposer, _body, _head, _header, _relay

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

    def _one(
        self, client: socket.socket, asked: BinaryIO, upstream: socket.socket, answered: BinaryIO, pid: int
    ) -> bool:
        head = _head(asked)
        if not head:
            return False
        body = _body(head, asked)
        method, target = head.split(b" ", 2)[:2]
        steps = urlsplit(target.decode()).path.strip("/").split("/")
        if steps[0].startswith("v1."):
            steps = steps[1:]
        if steps[0] not in ("services", "tasks") or steps[-1] == "logs":
            return self._passed_on(head + body, method, client, upstream, answered)
        sent: dict[Steps, Any] = {}
        if method == b"POST":
            spec = json.loads(body)
            sent = dict(_taken(spec, ()))
            head, body = _with_length(head, json.dumps(spec).encode())
        upstream.sendall(head + body)
        head = _head(answered)
        data = _plain(head, answered)
        good = head.split(b" ", 2)[1].startswith(b"2")
        if good and method == b"POST":
            self.fields[json.loads(data)["ID"] if steps[-1] == "create" else steps[1]] = sent
        elif good and method == b"GET":
            found = json.loads(data)
            for live in found if isinstance(found, list) else [found]:
                if steps[0] == "tasks":
                    # a task has the template that its service has
                    whole: Any = {"TaskTemplate": live["Spec"]}
                    fields = self.fields.get(live.get("ServiceID", ""), {})
                    fields = {place: value for place, value in fields.items() if place[0] == "TaskTemplate"}
                else:
                    whole, fields = live["Spec"], self.fields.get(live["ID"], {})
                for place, value in fields.items():
                    _put(whole, place, value)
            data = json.dumps(found).encode()
        client.sendall(b"".join(_with_length(head, data)))
        return True

    def _passed_on(
        self, request: bytes, method: bytes, client: socket.socket, upstream: socket.socket, answered: BinaryIO
    ) -> bool:
        upstream.sendall(request)
        head = _head(answered)
        client.sendall(head)
        return method == b"HEAD" or _relay(head, answered, client)


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
    data = _body(head, stream)
    if _header(head, b"transfer-encoding") != b"chunked":
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
