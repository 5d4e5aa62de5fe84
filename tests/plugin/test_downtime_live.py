"""What a client of a service notices of a rotation: nothing with two replicas and start-first."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.support import client
from tests.support.engine import Docker, Engine
from tests.support.run import Run

pytestmark = pytest.mark.live

RATE = 20
"""Requests per second that the client makes at least, also on a busy machine."""


@contextmanager
def asking(engine: Engine, container: str, service: str) -> Iterator[dict[str, Any]]:
    """Ask the service again and again inside the block; its end fills in what came of it."""
    command = [*engine.inside(container), sys.executable, str(Path(client.__file__)), f"tasks.{service}", "8080"]
    found: dict[str, Any] = {}
    running = subprocess.Popen(
        [*command, "/cgi-bin/index.cgi"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    try:
        yield found
        output, _ = running.communicate("", timeout=60)
        found |= json.loads(output)
    finally:
        running.kill()
        running.wait()


@pytest.mark.parametrize("rounds", [1, pytest.param(10, marks=[pytest.mark.long, pytest.mark.timeout(1800)])])
def test_rotation_is_without_a_failed_request_with_start_first_and_two_replicas_only(
    engine: Engine, docker: Docker, unique: str, rounds: int
) -> None:
    network, ask = f"{unique}-net", f"{unique}-client"
    docker("network", "create", "--driver", "overlay", "--attachable", network)
    docker("run", "--detach", "--name", ask, "--network", network, "bb:1")
    run = Run(docker.host)

    def up(number: int, order: str, replicas: int) -> None:
        user = {
            "image": "web:1",
            "resolveImage": "never",
            "networks": [{"name": network}],
            "configs": [{"source": unique, "target": "/app/config/config.json"}],
            "deploy": {
                "endpointMode": "dnsrr",
                "replicas": replicas,
                "updateConfig": {"order": order, "monitor": "1s"},
            },
        }
        run.up(Config={unique: {"data": json.dumps({"round": number})}}, Service={f"{unique}-web": user})

    try:
        up(0, "start-first", 2)
        with asking(engine, ask, f"{unique}-web") as calm:
            for number in range(1, rounds + 1):
                up(number, "start-first", 2)
        seen = docker.exec_in(f"{unique}-web", "wget", "-qO-", "http://127.0.0.1:8080/cgi-bin/index.cgi")
        up(rounds, "stop-first", 1)
        with asking(engine, ask, f"{unique}-web") as rough:
            up(rounds + 1, "stop-first", 1)
    finally:
        docker("rm", "--force", ask)
    assert json.loads(seen) == {"round": rounds}
    assert calm["failures"] == []
    assert calm["requests"] / calm["seconds"] >= RATE
    assert rough["failures"], "the client notices what there is to notice"
