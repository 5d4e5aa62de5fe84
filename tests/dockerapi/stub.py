"""A stand-in for a daemon with faults that a real one cannot be brought to have at will.

It listens on a Unix socket or a TCP port, answers /version and /info as a manager would, and everything else as told.
"""

from __future__ import annotations

import contextlib
import json
import socket
import socketserver
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

Reply = tuple[int, Any] | None
LATE_S = 1.0


class Late(bytes):
    """The beginning of a body whose rest does not come."""


@dataclass
class Stub:
    """What to answer, and what was asked.

    Attributes:
        on: the answer to (method, path below the version): status and JSON; None closes the connection.
        info: what /info says beside the swarm.
        calls: `METHOD /path` of each call but /version and /info.
        targets: of every call, what its first line asks for: a path, or an address where a proxy is asked.
    """

    host: str
    on: Callable[[str, str], Reply]
    version: dict[str, Any] = field(default_factory=lambda: {"ApiVersion": "1.43", "MinAPIVersion": "1.24"})
    swarm: dict[str, Any] = field(
        default_factory=lambda: {
            "LocalNodeState": "active",
            "ControlAvailable": True,
            "NodeID": "node1",
            "Cluster": {"ID": "cluster1"},
        }
    )
    info: dict[str, Any] = field(default_factory=dict)
    calls: list[str] = field(default_factory=list)
    targets: list[str] = field(default_factory=list)


class _Server(socketserver.ThreadingMixIn, socketserver.UnixStreamServer):
    daemon_threads = True
    request_queue_size = 128
    stub: Stub


class _TcpServer(socketserver.ThreadingMixIn, socketserver.TCPServer):
    daemon_threads = True
    stub: Stub


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: _Server | _TcpServer

    def address_string(self) -> str:
        return "client"

    def log_message(self, format: str, *args: Any) -> None:
        pass

    def _answer(self) -> None:
        self.rfile.read(int(self.headers.get("Content-Length") or 0))
        stub = self.server.stub
        stub.targets.append(self.path)
        path = urlsplit(self.path).path
        if path.startswith("/v1."):
            path = "/" + path.split("/", 2)[2]
        if path == "/version":
            reply: Reply = (200, stub.version)
        elif path == "/info":
            reply = (200, {"Swarm": stub.swarm, **stub.info})
        else:
            stub.calls.append(f"{self.command} {path}")
            reply = stub.on(self.command, path)
        if reply is None:
            self.close_connection = True
            self.connection.shutdown(socket.SHUT_RDWR)
            return
        body = reply[1] if isinstance(reply[1], bytes) else json.dumps(reply[1]).encode()
        self.send_response(reply[0])
        if isinstance(body, Late):
            self.send_header("Transfer-Encoding", "chunked")
            self.end_headers()
            self.wfile.write(b"%x\r\n%s\r\n" % (len(body), body) if body else b"")
            self.wfile.flush()
            time.sleep(LATE_S)
            self.close_connection = True
            return
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    do_GET = do_POST = do_DELETE = _answer  # noqa: N815 - the library asks for these names


@contextlib.contextmanager
def stub_daemon(folder: Path, name: str, on: Callable[[str, str], Reply] = lambda *_: (200, [])) -> Iterator[Stub]:
    """Serves a Stub on a socket in `folder` for as long as the context lasts."""
    place = str(folder / f"{name}.sock")
    with _Server(place, _Handler) as server, _served(server, Stub(f"unix://{place}", on)) as stub:
        yield stub


@contextlib.contextmanager
def stub_on_tcp(on: Callable[[str, str], Reply] = lambda *_: (200, [])) -> Iterator[Stub]:
    """Serves a Stub on a port of the loopback for as long as the context lasts."""
    with _TcpServer(("127.0.0.1", 0), _Handler) as server:
        host = f"tcp://127.0.0.1:{server.server_address[1]}"
        with _served(server, Stub(host, on)) as stub:
            yield stub


@contextlib.contextmanager
def _served(server: _Server | _TcpServer, stub: Stub) -> Iterator[Stub]:
    server.stub = stub
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield stub
    finally:
        server.shutdown()
        thread.join()
