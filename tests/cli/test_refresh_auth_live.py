"""`swarm-provider refresh-auth` restarts no task, also where an update of the service is under way and stuck."""

from __future__ import annotations

import base64
import json
import time
from pathlib import Path

import pytest

from swarm_provider.cli.__main__ import main
from swarm_provider.core import labels
from tests.e2e.stacks import wait_for
from tests.support.engine import Docker

pytestmark = pytest.mark.live


def test_service_whose_update_is_stuck_keeps_its_task(
    docker: Docker, unique: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    login = {"auth": base64.b64encode(b"somebody:s3cret").decode()}
    (tmp_path / "config.json").write_text(json.dumps({"auths": {"https://index.docker.io/v1/": login}}))
    monkeypatch.setenv("DOCKER_CONFIG", str(tmp_path))
    name = f"{unique}_web"
    docker(
        "service", "create", "--detach", "--no-resolve-image", "--name", name, "--stop-signal", "SIGKILL",
        "--label", f"{labels.NAMESPACE}={unique}", "--update-order", "start-first", "bb:1", "sleep", "100000",
    )  # fmt: skip
    docker.wait_running(name)
    before = docker.task_ids(name)
    health = ("--health-cmd", "false", "--health-interval", "1s", "--health-start-period", "1h")
    docker("service", "update", "--detach", "--no-resolve-image", *health, name)
    wait_for(
        "a task that never gets healthy",
        lambda: {task["Status"]["State"] for task in docker.tasks(name, running=False)} == {"running", "starting"},
    )

    assert main(["refresh-auth", unique, "--host", docker.host]) == 1
    assert capsys.readouterr().out == (
        f"{name}: skipped, its last update has not reached all tasks, and any update restarts those; "
        "`pulumi up` brings the login\n"
    )
    time.sleep(2)
    assert docker.task_ids(name) == before
