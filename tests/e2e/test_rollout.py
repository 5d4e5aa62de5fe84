"""Waiting, seen through the CLI: Ctrl-C, what the display says meanwhile, and a rollback that somebody did by hand."""

from __future__ import annotations

import os
import pty
import re
import select
import signal
import subprocess
import time
from itertools import pairwise

import pytest

from tests.conftest import ProjectFactory
from tests.support.engine import Docker
from tests.support.pulumi import PulumiProject

# tests/plugin/test_rollout_live.py is the short form
pytestmark = [pytest.mark.e2e, pytest.mark.long]

STOPS_WITHIN = 2.0


def program(name: str, image: str, *, delay: int = 0, replicas: int = 1) -> str:
    return f"""
        import swarm_provider as swarm
        swarm.Service(
            "{name}",
            image="{image}",
            environment={{"START_DELAY": "{delay}"}},
            healthcheck={{"test": ["CMD", "/app/health"], "interval": "1s", "start_period": "90s"}},
            deploy={{"replicas": {replicas}, "update_config": {{"parallelism": 1, "monitor": "1s"}}}},
        )
    """


def wait_until_starting(app: PulumiProject, docker: Docker, name: str, image: str) -> subprocess.Popen[str]:
    """Begin an `up` and come back when a task of the image is there."""
    cli = app.start("up", "--yes", "--skip-preview")
    end = time.monotonic() + 60
    while not any(
        task["Spec"]["ContainerSpec"]["Image"] == image and task["Status"]["State"] == "starting"
        for task in (docker.tasks(name, running=False) if name in docker("service", "ls") else [])
    ):
        assert cli.poll() is None, cli.stdout.read() if cli.stdout else ""
        assert time.monotonic() < end, "the update did not begin"
        time.sleep(0.1)
    return cli


def interrupt(cli: subprocess.Popen[str]) -> tuple[float, str]:
    """Press Ctrl-C: a terminal sends it to the whole group of the CLI.

    Returns:
        Seconds until the last resource has answered and the state is written, and all that the CLI printed. Afterwards
        the CLI ends its language host, and waits 5 s for one that ended by itself before: that is not measured.
    """
    assert cli.stdout is not None
    began = time.monotonic()
    os.killpg(cli.pid, signal.SIGINT)
    seconds, output = 0.0, ""
    for line in cli.stdout:
        output += line
        if "error: update failed" in line and not seconds:
            seconds = time.monotonic() - began
    assert cli.wait(10) != 0
    assert seconds, output
    return seconds, output


def test_ctrl_c_stops_the_waiting_and_the_next_up_goes_on(project: ProjectFactory, docker: Docker, unique: str) -> None:
    app = project(program(unique, "web:1", delay=20))
    seconds, output = interrupt(wait_until_starting(app, docker, unique, "web:1"))
    assert seconds < STOPS_WITHIN, output
    assert f"stopped waiting for {unique} (0/1 running" in output
    assert "Traceback" not in output
    state = app.resources()[unique]
    assert (state["id"], state["outputs"]["converged"]) == (unique, False)
    made = docker.service(unique)["ID"]
    assert not app.export_state()["deployment"].get("pending_operations")

    app.up().assert_ok()
    assert docker.service(unique)["ID"] == made
    assert len(docker.tasks(unique)) == 1
    assert "converged" not in app.resources()[unique]["outputs"]
    app.assert_no_changes()


def test_ctrl_c_in_an_update_leaves_the_cluster_at_work(project: ProjectFactory, docker: Docker, unique: str) -> None:
    app = project(program(unique, "web:1", replicas=2))
    app.up().assert_ok()
    app.program(program(unique, "web:2", delay=6, replicas=2))
    seconds, output = interrupt(wait_until_starting(app, docker, unique, "web:2"))
    assert seconds < STOPS_WITHIN, output
    assert "Swarm continues the rollout" in output
    app.up().assert_ok()
    images = {task["Spec"]["ContainerSpec"]["Image"] for task in docker.tasks(unique)}
    assert (images, len(docker.tasks(unique))) == ({"web:2"}, 2)
    app.assert_no_changes()


def test_log_of_an_update_has_a_line_per_change_and_no_other(
    project: ProjectFactory, docker: Docker, unique: str
) -> None:
    app = project(program(unique, "web:1", replicas=2))
    app.up().assert_ok()
    app.program(program(unique, "web:2", delay=4, replicas=2))
    output = app.up().assert_ok().output
    said = re.findall(rf"{unique} updating \(\d+s\) (?:\[diff: \S+\] ?;? ?)?(.+)", output)
    assert any(
        re.fullmatch(rf".*0/2 running, 1 starting \({unique}\.\d on node1\), 1 to be replaced", t) for t in said
    ), output
    assert 4 <= len(said) <= 16, output
    assert all(before != after for before, after in pairwise(said)), output


def test_live_display_is_calm(project: ProjectFactory, docker: Docker, unique: str) -> None:
    """On a terminal the texts replace one another in the row of the service."""
    app = project(program(unique, "web:1", delay=4))
    shown = on_a_terminal(app, "up", "--yes", "--skip-preview")
    said = re.findall(r"\d/1 running[^\x1b\r\n]*", shown)
    assert any("1 starting" in text for text in said), shown
    kept = [text for number, text in enumerate(said) if number == 0 or text[:30] != said[number - 1][:30]]
    assert len(kept) <= 8, kept


def on_a_terminal(app: PulumiProject, *args: str) -> str:
    """Run the CLI on a terminal of 160 columns; all that it drew."""
    primary, secondary = pty.openpty()
    environment = {**app.environment, "TERM": "xterm", "COLUMNS": "160", "LINES": "40"}
    cli = subprocess.Popen(
        ["pulumi", *args, "--stack", app.stack],
        cwd=app.folder,
        env=environment,
        stdin=secondary,
        stdout=secondary,
        stderr=secondary,
        start_new_session=True,
    )
    os.close(secondary)
    drawn = b""
    end = time.monotonic() + 90
    while time.monotonic() < end:
        ready, _, _ = select.select([primary], [], [], 0.5)
        if not ready:
            if cli.poll() is not None:
                break
            continue
        try:
            drawn += os.read(primary, 65536)
        except OSError:
            break
    os.close(primary)
    assert cli.wait(10) == 0, drawn.decode(errors="replace")
    return drawn.decode(errors="replace")


def test_rollback_by_hand_is_told_by_the_preview_and_the_next_up_applies_the_newer_version(
    project: ProjectFactory, docker: Docker, unique: str
) -> None:
    app = project(program(unique, "web:1"))
    app.up().assert_ok()
    app.program(program(unique, "web:2"))
    app.up().assert_ok()
    docker("service", "rollback", unique)
    preview = app.preview(diff=True).assert_ok()
    told = next((line for line in preview.output.splitlines() if "was rolled back" in line), preview.output)
    assert re.search(
        rf"{unique} was rolled back on the cluster at [\d-]+ [\d:]+ UTC by hand; `up` applies the newer version again",
        told,
    )
    assert preview.changes == {"update": 1}
    app.up().assert_ok()
    assert {task["Spec"]["ContainerSpec"]["Image"] for task in docker.tasks(unique)} == {"web:2"}
    assert "rolled back" not in app.assert_no_changes().output
