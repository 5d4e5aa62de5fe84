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
          restart_policy: {delay: 3s}
          update_config: {monitor: 1s}
"""
PATIENT = "resolve_image='never', advice=[]"
OPTIONS = f"{PATIENT}, fail_after='1s'"


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
    app.up().assert_failed("exited with code 1", max_lines=10)

    wait_for("a pause between two tries", lambda: between_tries(docker, agent))
    assert main(["status", unique, "--host", docker.host]) == 3
    shown = capsys.readouterr().out
    assert "1 not healthy" in shown and "0/1 global" in shown and "exited with code 1" in shown
    preview = app.preview().assert_ok()
    assert f"the last update of service '{agent}' did not converge; `up` continues it" in preview.output
    assert f"{agent} is degraded: 0/1 tasks run" in preview.output
    app.up().assert_failed("exited with code 1", max_lines=10)

    write_yaml(app, "compose.yml", LOOP.replace("exit 1", "sleep 100000"))
    app.up().assert_ok()
    assert main(["status", unique, "--host", docker.host]) == 0


ONE_PER_NODE = """
    services:
      w:
        image: bb:1
        command: [sleep, '100000']
        stop_signal: SIGKILL
        environment: {A: '1'}
        deploy:
          placement: {max_replicas_per_node: 1}
          update_config: {order: start-first, monitor: 1s}
"""


def test_update_after_one_that_did_not_finish_says_what_it_restarts(
    project: ProjectFactory, engine: Engine, unique: str
) -> None:
    docker, service = engine.docker, f"{unique}_w"
    app = project(stack(unique, "compose.yml", more=OPTIONS))
    write_yaml(app, "compose.yml", ONE_PER_NODE)
    app.up().assert_ok()
    before = docker.task_ids(service)
    second = ONE_PER_NODE.replace("A: '1'", "A: '2'")
    write_yaml(app, "compose.yml", second)
    app.up().assert_failed("no suitable node (max replicas per node limit exceed)", max_lines=10)
    assert docker.task_ids(service) == before, "with start-first the old task runs on"

    # without a change `up` sends nothing, and says so
    again = app.preview().assert_ok()
    assert "Swarm continues the last update, and `up` waits; 1 task of" in again.output
    write_yaml(app, "compose.yml", second.replace("start-first", "stop-first"))
    corrected = app.preview(diff=True).assert_ok()
    assert (
        f"1 task of {service} restarts because environment.A changes; "
        "it still runs the version before the last update; the service is down meanwhile (order stop-first)"
    ) in corrected.output
    # the new task waits for the node until the old one has stopped, which is longer than a second on a busy machine
    app.program(stack(unique, "compose.yml", more=PATIENT))
    app.up().assert_ok()
    after = docker.task_ids(service)
    assert len(after) == 1 and not after & before


def test_tasks_that_swarm_gave_up_are_started_again_and_the_preview_says_so(
    project: ProjectFactory, engine: Engine, unique: str
) -> None:
    docker, job = engine.docker, f"{unique}_job"
    app = project(stack(unique, "compose.yml", more=OPTIONS))
    failing = """
        services:
          job:
            image: bb:1
            command: [sh, -c, "test -e /flag/up"]
            volumes: [FLAG:/flag]
            deploy: {mode: replicated-job, restart_policy: {condition: none}}
    """
    app.write("flag/none", "")
    write_yaml(app, "compose.yml", failing.replace("FLAG", str(app.folder / "flag")))
    app.up().assert_failed("exited with code 1", max_lines=10)
    app.write("flag/up", "")
    preview = app.preview().assert_ok()
    assert f"`up` retries it; the job {job} runs again because force_update changes" in preview.output
    app.up().assert_ok()
    assert docker.service(job)["JobStatus"]["JobIteration"]["Index"] == 1
