"""`swarm-provider status` on a real engine: what runs, which versions, and what fails and why."""

from __future__ import annotations

import json
import time
from typing import Any

import pytest

from swarm_provider.cli.__main__ import main
from swarm_provider.core import labels
from tests.support.engine import Docker

pytestmark = pytest.mark.live


def member(docker: Docker, stack: str, name: str, *args: str) -> None:
    docker(
        "service", "create", "--detach", "--name", f"{stack}_{name}", "--label", f"{labels.NAMESPACE}={stack}", *args
    )


def told(docker: Docker, stack: str, capsys: pytest.CaptureFixture[str]) -> tuple[int, dict[str, dict[str, Any]]]:
    code = main(["status", stack, "--json", "--host", docker.host])
    shown = json.loads(capsys.readouterr().out)
    return code, {entry["name"].removeprefix(f"{stack}_"): entry for entry in shown["services"]}


def test_stack_is_shown_as_the_cluster_runs_it(
    docker: Docker, unique: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in ("1", "2"):
        marks = {labels.OWNER: "proj/dev", labels.FAMILY: unique, labels.BASE: f"{unique}-app", labels.SEQUENCE: number}
        args = [part for key, value in marks.items() for part in ("--label", f"{key}={value}")]
        docker("config", "create", *args, f"{unique}-app-{number}", "-", stdin=f"version {number}")
    member(docker, unique, "web", "--replicas", "2", "--config", f"{unique}-app-1", "bb:1", "sleep", "100000")
    docker.wait_running(f"{unique}_web", 2)

    code, services = told(docker, unique, capsys)
    assert code == 0
    web = services["web"]
    assert (web["running"], web["wanted"], web["well"], web["mode"]) == (2, 2, True, "replicated")
    (version,) = web["versions"]
    assert version == {
        "kind": "config",
        "name": f"{unique}-app-1",
        "family": f"{unique}-app",
        "current": f"{unique}-app-2",
    }

    member(docker, unique, "broken", "--restart-delay", "1s", "bb:1", "sh", "-c", "exit 3")
    member(docker, unique, "nowhere", "--constraint", "node.labels.x == 1", "bb:1", "sleep", "100000")
    end = time.monotonic() + 60
    while True:
        code, services = told(docker, unique, capsys)
        problems = {name: " ".join(map(str, entry["problems"])) for name, entry in services.items()}
        if "exited with code 3" in problems["broken"] and "no suitable node" in problems["nowhere"]:
            break
        assert time.monotonic() < end, problems
        time.sleep(0.5)
    assert code == 3
    assert problems["web"] == ""

    monkeypatch.setenv("NO_COLOR", "1")
    assert main(["status", unique, "--host", docker.host]) == 3
    shown = capsys.readouterr().out
    assert f"{unique} at {docker.host}: 3 services, 2 not healthy" in shown
    assert f"config {unique}-app-1 (the newest is {unique}-app-2" in shown
    assert "  ! " in shown and "\033" not in shown


def test_stack_that_is_not_there_is_one_line(docker: Docker, unique: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["status", unique, "--host", docker.host]) == 1
    assert capsys.readouterr().err == f"swarm-provider: {docker.host} has no service of a stack {unique!r}\n"
