"""What an update left behind: a service that never came to run, and tasks of the version before."""

from __future__ import annotations

import pytest

from swarm_provider.cli.__main__ import main
from tests.conftest import ProjectFactory
from tests.e2e.stacks import stack, wait_for, write_yaml
from tests.support.engine import Docker, Engine

pytestmark = [pytest.mark.e2e]

LOOP = """
    services:
      agent:
        image: bb:1
        command: [sh, -c, "exit 1"]
        stop_grace_period: 1s
        deploy:
          mode: global
          restart_policy: {delay: 6s}
          update_config: {monitor: 1s}
"""
OPTIONS = "resolve_image='never', advice=[], fail_after='4s'"


def between_tries(docker: Docker, service: str) -> bool:
    """Whether Swarm waits until it starts the task again, and wants nothing to run meanwhile."""
    wanted = {task["DesiredState"] for task in docker.tasks(service, running=False)}
    return "ready" in wanted and "running" not in wanted


def test_crash_loop_of_a_global_service_is_told_until_it_runs(
    project: ProjectFactory, engine: Engine, unique: str, capsys: pytest.CaptureFixture[str]
) -> None:
    docker, agent = engine.docker, f"{unique}_agent"
    app = project(stack(unique, "compose.yml", more=OPTIONS))
    write_yaml(app, "compose.yml", LOOP)
    app.up().assert_failed("exited with code 1", max_lines=8)

    wait_for("a pause between two tries", lambda: between_tries(docker, agent))
    assert main(["status", unique, "--host", docker.host]) == 3
    shown = capsys.readouterr().out
    assert "1 not as wanted" in shown and "0/1 global" in shown and "exited with code 1" in shown
    preview = app.preview().assert_ok()
    assert f"the last update of service '{agent}' did not converge; `up` tries again" in preview.output
    assert f"{agent} is degraded: 0/1 tasks run" in preview.output
    app.up().assert_failed("exited with code 1", max_lines=8)

    write_yaml(app, "compose.yml", LOOP.replace("exit 1", "sleep 100000"))
    app.up().assert_ok()
    app.assert_no_changes()
    assert main(["status", unique, "--host", docker.host]) == 0
    app.destroy().assert_ok()
