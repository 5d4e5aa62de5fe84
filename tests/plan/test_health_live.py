"""A crash loop on a real engine: at no moment of it does the service count as well."""

from __future__ import annotations

import time

import pytest

from swarm_provider.plan.rollout.health import degraded
from swarm_provider.plan.rollout.stack_status import service_status
from tests.e2e.stacks import wait_for
from tests.support.engine import Docker

pytestmark = pytest.mark.live


@pytest.mark.parametrize("mode", ["global", "replicated"])
def test_crash_loop_is_well_at_no_moment(docker: Docker, unique: str, mode: str) -> None:
    docker(
        "service", "create", "--detach", "--name", unique, "--mode", mode, "--restart-delay", "1s",
        "bb:1", "sh", "-c", "sleep 1; exit 1",
    )  # fmt: skip
    live, nodes = docker.service(unique), docker.api.nodes()
    docker.wait_running(unique)
    wait_for(
        "the first failure",
        lambda: any(task["Status"]["State"] == "failed" for task in docker.tasks(unique, running=False)),
    )
    phases, well = set(), []
    begun = time.monotonic()
    # on a busy machine the second in which it runs may fall between two looks
    while (past := time.monotonic() - begun) < 8 or (("running", "running") not in phases and past < 60):
        tasks = docker.tasks(unique, running=False)
        open_tasks = [task for task in tasks if task["DesiredState"] != "shutdown"]
        phases |= {(task["DesiredState"], task["Status"]["State"]) for task in open_tasks}
        now = time.time_ns()
        if degraded(live, tasks, nodes, now) is None or service_status(live, tasks, nodes, [], [], now).well:
            well.append([(task["DesiredState"], task["Status"]) for task in tasks])
        time.sleep(0.1)
    assert well == []
    assert {"ready", "running"} <= {desired for desired, _ in phases}
    assert ("running", "running") in phases
