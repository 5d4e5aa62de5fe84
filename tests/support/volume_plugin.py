"""A small volume plugin: Docker's volume plugin protocol over a Unix socket, with a folder per volume.

`VolumePlugin()` runs it in a thread of its own under a driver name that nobody else has. Engines find its socket in
/run/docker/plugins when a volume of this driver is first used; the test beds share that folder with the machine.
Protocol: POST with a JSON body to /VolumeDriver.<Call>; every answer has `Err`, "" when all is well.
"""

from __future__ import annotations

import json
import secrets
import shutil
import socketserver
import tempfile
import threading
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from types import TracebackType
from typing import Any, Self

SOCKETS = Path("/run/docker/plugins")


class VolumePlugin:
    """One driver; use it as a context manager.

    Attributes:
        driver: the driver's name.
        created: options of each volume by its name, as the engine sent them.
        calls: names of the calls in their order, such as "Mount".
    """

    def __init__(self) -> None:
        self.driver = "sp" + secrets.token_hex(4)
        self.created: dict[str, dict[str, str]] = {}
        self.calls: list[str] = []
        self.root = Path(tempfile.mkdtemp(prefix="spvolumes"))
        self._socket = SOCKETS / f"{self.driver}.sock"

    def __enter__(self) -> Self:
        SOCKETS.mkdir(parents=True, exist_ok=True)
        self._server = _Server(str(self._socket), _Handler)
        self._server.plugin = self
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_: type[BaseException] | BaseException | TracebackType | None) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._socket.unlink(missing_ok=True)
        shutil.rmtree(self.root, ignore_errors=True)

    def file(self, volume: str, path: str) -> Path:
        """A file inside a volume, as it lies on this machine."""
        return self.root / volume / path

    # ------------------------------------------------------------------ the protocol's calls

    def answer(self, call: str, body: dict[str, Any]) -> dict[str, Any]:
        """Answer one call. An unknown volume is an error, as the protocol wants."""
        self.calls.append(call)
        name = body.get("Name", "")
        if call == "Create":
            self.created[name] = body.get("Opts") or {}
            (self.root / name).mkdir(exist_ok=True)
            return {}
        if call == "List":
            return {"Volumes": [self._described(known) for known in self.created]}
        if call == "Capabilities":
            return {"Capabilities": {"Scope": "global"}}
        if name not in self.created:
            return {"Err": f"no such volume: {name}"}
        if call == "Remove":
            del self.created[name]
            shutil.rmtree(self.root / name)
            return {}
        if call == "Get":
            return {"Volume": self._described(name)}
        # Mount, Unmount, Path
        return {"Mountpoint": str(self.root / name)}

    def _described(self, name: str) -> dict[str, str]:
        return {"Name": name, "Mountpoint": str(self.root / name)}


class _Server(socketserver.ThreadingUnixStreamServer):
    plugin: VolumePlugin
    daemon_threads = True


class _Handler(BaseHTTPRequestHandler):
    server: _Server
    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        text = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        if self.path == "/Plugin.Activate":
            answer: dict[str, Any] = {"Implements": ["VolumeDriver"]}
        else:
            call = self.path.removeprefix("/VolumeDriver.")
            answer = {"Err": "", **self.server.plugin.answer(call, json.loads(text or "{}"))}
        body = json.dumps(answer).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/vnd.docker.plugins.v1.2+json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:
        """A Unix socket has no client address to log."""
