"""A real image registry (`testbed/registry.sh`), with or without a password, that an engine's nodes reach and trust."""

from __future__ import annotations

import base64
import contextlib
import json
import os
import socket
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from tests.support.engine import TESTBED, Docker, Engine

USER, PASSWORD = "ci", "s3cret"


@dataclass
class Registry:
    """A registry that runs.

    Attributes:
        address: `host:port`, as it stands in image references.
        image: one that is there, made from bb:1.
        folder: where the registry keeps its data.
        config_dir: a DOCKER_CONFIG with the login, if there is one.
        docker: the docker CLI of the engine's first node, with that login.
    """

    address: str
    image: str
    folder: Path
    config_dir: str
    docker: Docker

    def push(self, source: str, name: str) -> str:
        """Put a local image of the first node there under `team/NAME`; returns the whole reference."""
        image = f"{self.address}/team/{name}"
        self.docker("tag", source, image)
        self.docker("push", "--quiet", image)
        return image

    def change_password(self, password: str) -> None:
        """Give the user another password, here and in `config_dir`: what services keep is worth nothing then."""
        _set_password(self.folder, password)
        _log_in(Path(self.config_dir), self.address, password)


@contextlib.contextmanager
def run_registry(engine: Engine, folder: Path, *, password: str = "") -> Iterator[Registry]:
    """Run one; with a password only USER may push and pull."""
    address = f"{engine.gateway}:{_free_port(engine.gateway)}"
    data, config = folder / "registry", folder / "docker"
    login = ["--user", USER, "--password", password] if password else []
    _script("up", "--dir", str(data), "--listen", address, *login)
    try:
        config.mkdir(parents=True)
        (config / "config.json").write_text("{}")
        if password:
            _log_in(config, address, password)
        docker = Docker(engine.host, {**engine.docker.environment, "DOCKER_CONFIG": str(config)})
        registry = Registry(address, f"{address}/team/app:1", data, str(config), docker)
        registry.push("bb:1", "app:1")
        yield registry
    finally:
        _script("down", "--dir", str(data))


@contextlib.contextmanager
def silent_registry(engine: Engine) -> Iterator[str]:
    """The address of one that takes connections and never says a word."""
    with _listener(engine, lambda connection: None) as address:
        yield address


@contextlib.contextmanager
def slow_registry(engine: Engine, registry: Registry, seconds: float) -> Iterator[str]:
    """The address at which a registry answers, each connection to it after so many seconds."""
    host, _, port = registry.address.rpartition(":")

    def forward(connection: socket.socket) -> None:
        time.sleep(seconds)
        # a daemon may still ask for something when the test is over, and the registry with it
        with contextlib.suppress(OSError), socket.create_connection((host, int(port)), timeout=60) as other:
            back = threading.Thread(target=_copy, args=(other, connection), daemon=True)
            back.start()
            _copy(connection, other)
            back.join()

    with _listener(engine, forward) as address:
        yield address


@contextlib.contextmanager
def _listener(engine: Engine, serve: Callable[[socket.socket], None]) -> Iterator[str]:
    taken: list[socket.socket] = []

    def accept(server: socket.socket) -> None:
        # ends with the socket
        with contextlib.suppress(OSError):
            while True:
                connection, _ = server.accept()
                taken.append(connection)
                threading.Thread(target=serve, args=(connection,), daemon=True).start()

    with socket.create_server((engine.gateway, 0), backlog=64) as server:
        accepting = threading.Thread(target=accept, args=(server,), daemon=True)
        accepting.start()
        try:
            yield "{}:{}".format(*server.getsockname())
        finally:
            server.shutdown(socket.SHUT_RDWR)
            for connection in taken:
                connection.close()


def _copy(source: socket.socket, target: socket.socket) -> None:
    # either end may go at any time
    with contextlib.suppress(OSError):
        while data := source.recv(65536):
            target.sendall(data)
        target.shutdown(socket.SHUT_WR)


def _free_port(address: str) -> int:
    with socket.socket() as probe:
        probe.bind((address, 0))
        return int(probe.getsockname()[1])


def _log_in(config: Path, address: str, password: str) -> None:
    auth = base64.b64encode(f"{USER}:{password}".encode()).decode()
    (config / "config.json").write_text(json.dumps({"auths": {address: {"auth": auth}}}))


def _set_password(folder: Path, password: str) -> None:
    command = ["htpasswd", "-iB", str(folder / "htpasswd"), USER]
    subprocess.run(command, input=password, text=True, check=True, capture_output=True, timeout=60)


def _script(*arguments: str) -> None:
    # not through a proxy of the machine
    env = {**os.environ, "PATH": os.environ["PATH"] + ":/usr/sbin:/sbin"}
    subprocess.run([str(TESTBED / "registry.sh"), *arguments], check=True, env=env, capture_output=True, timeout=60)
