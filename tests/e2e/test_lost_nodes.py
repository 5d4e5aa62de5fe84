"""A node is lost in the middle of an `up`: a worker, or the leader of three managers."""

from __future__ import annotations

import json
import subprocess
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest

from tests.conftest import ProjectFactory, project_factory
from tests.e2e.stacks import wait_for
from tests.support.engine import Docker, Engine, start_engine
from tests.support.pulumi import PulumiProject

pytestmark = [pytest.mark.e2e, pytest.mark.multinode, pytest.mark.long]


@pytest.fixture
def managers(engine_dir: str) -> Iterator[Engine]:
    """Three managers; the first one leads."""
    started = start_engine(nodes=3, managers=3, engine=engine_dir, heartbeat="1s")
    try:
        started.images("bb", "web")
        yield started
    finally:
        started.down()


@pytest.fixture
def app(tmp_path: Path, managers: Engine, pulumi_cli: Path) -> PulumiProject:
    return project_factory(tmp_path, managers, pulumi_cli)()


def program(hosts: Sequence[str], image: str, *, configs: int = 0) -> str:
    """Two services whose tasks take some seconds to become healthy; before them configs, one after the other."""
    return f"""
        import pulumi
        import swarm_provider as swarm

        opts = pulumi.ResourceOptions(provider=swarm.Provider("here", hosts={json.dumps(list(hosts))}))
        before = []
        for number in range({configs}):
            more = pulumi.ResourceOptions.merge(opts, pulumi.ResourceOptions(depends_on=list(before)))
            before = [swarm.Config(f"chain-{{number}}", data="{image}", opts=more)]
        for name in ("one", "two"):
            swarm.Service(
                name,
                image="{image}",
                environment={{"START_DELAY": "3"}},
                healthcheck={{"test": ["CMD", "/app/health"], "interval": "1s", "start_period": "60s"}},
                configs=[{{"source": config}} for config in before],
                deploy={{"replicas": 3, "update_config": {{"parallelism": 1, "monitor": "2s"}}}},
                opts=pulumi.ResourceOptions.merge(opts, pulumi.ResourceOptions(depends_on=list(before))),
            )
    """


def begun(app: PulumiProject, until: Callable[[], bool], what: str) -> subprocess.Popen[str]:
    """Start an `up`, and give it back in the middle."""
    cli = app.start("up", "--yes", "--skip-preview")
    end = time.monotonic() + 90
    while not until():
        assert cli.poll() is None, cli.stdout.read() if cli.stdout else ""
        assert time.monotonic() < end, what
        time.sleep(0.1)
    return cli


def running(docker: Docker, service: str) -> dict[str, int]:
    """How many tasks of each image Swarm wants and runs."""
    images = [task["Spec"]["ContainerSpec"]["Image"] for task in docker.tasks(service)]
    return {image: images.count(image) for image in images}


def on_the_way(docker: Docker) -> bool:
    return any(image == "web:2" for service in ("one", "two") for image in running(docker, service))


def test_leader_lost_in_the_middle_of_a_rolling_update_is_replaced_by_another_host(
    app: PulumiProject, managers: Engine
) -> None:
    hosts = [docker.host for docker in managers.dockers]
    app.program(program(hosts, "web:1"))
    app.up().assert_ok()
    app.program(program(hosts, "web:2"))
    cli = begun(app, lambda: on_the_way(managers.docker), "no new task runs")
    managers.kill_node(1)
    output, _ = cli.communicate(timeout=300)
    assert cli.returncode == 0, output
    other = managers.node(2)
    for service in ("one", "two"):
        assert running(other, service) == {"web:2": 3}, output
    app.assert_no_changes()


def test_leader_lost_between_two_creates_makes_nothing_twice(app: PulumiProject, managers: Engine) -> None:
    hosts = [docker.host for docker in managers.dockers]
    app.program(program(hosts, "web:1", configs=20))
    cli = begun(app, lambda: "chain-1" in managers.docker("config", "ls"), "no config is made")
    managers.kill_node(1)
    output, _ = cli.communicate(timeout=300)
    assert cli.returncode == 0, output
    other = managers.node(2)
    assert len(other.lines("config", "ls", "-q")) == 20
    for service in ("one", "two"):
        assert running(other, service) == {"web:1": 3}, output
    app.assert_no_changes()


def test_only_host_lost_in_the_middle_of_an_update_is_told_and_the_next_up_converges(
    app: PulumiProject, managers: Engine
) -> None:
    hosts = [managers.host]
    app.program(program(hosts, "web:1"))
    app.up().assert_ok()
    app.program(program(hosts, "web:2"))
    cli = begun(app, lambda: on_the_way(managers.docker), "no new task runs")
    managers.kill_node(1)
    output, _ = cli.communicate(timeout=300)
    assert cli.returncode != 0
    assert f"cannot reach Docker at {managers.host}" in output
    assert "Traceback" not in output
    managers.start_node(1)
    wait_for("the manager serves again", lambda: not managers.docker.run("node", "ls").returncode)
    app.up().assert_ok()
    for service in ("one", "two"):
        assert running(managers.docker, service) == {"web:2": 3}
    app.assert_no_changes()


def test_worker_lost_in_the_middle_of_a_rolling_update_does_not_spoil_the_up(
    project_on_three: ProjectFactory, three_nodes: Engine
) -> None:
    app, docker = project_on_three(program([three_nodes.host], "web:1")), three_nodes.docker
    app.up().assert_ok()
    app.program(program([three_nodes.host], "web:2"))
    cli = begun(app, lambda: on_the_way(docker), "no new task runs")
    three_nodes.kill_node(3)
    try:
        output, _ = cli.communicate(timeout=300)
        assert cli.returncode == 0, output
        for service in ("one", "two"):
            assert running(docker, service)["web:2"] >= 3, output
        app.assert_no_changes()
    finally:
        three_nodes.start_node(3)
    app.destroy().assert_ok()
