"""The harness does what tests rely on: private engines, real images, results that say what happened."""

from __future__ import annotations

import json
import urllib.request

import pytest

from tests.conftest import ProjectFactory
from tests.support.engine import Docker, Engine, EngineError

PROGRAM = """
    import pulumi
    pulumi.export("greeting", pulumi.Config().get("greeting") or "none")
    pulumi.export("hidden", pulumi.Output.secret("s3cret"))
"""


@pytest.mark.live
def test_engine_is_a_swarm_of_its_own(docker: Docker) -> None:
    info = docker.json("info", "--format", "{{json .Swarm}}")
    assert info["ControlAvailable"] is True
    assert (info["Nodes"], info["Managers"]) == (1, 1)
    assert docker.api.base_url.startswith("http+docker://")


@pytest.mark.live
def test_engine_has_the_test_images(docker: Docker) -> None:
    tags = set(docker.lines("image", "ls", "--format", "{{.Repository}}:{{.Tag}}"))
    assert {"bb:1", "bb:2", "web:1", "web:2"} <= tags


@pytest.mark.live
def test_failed_docker_command_says_dockers_words(docker: Docker) -> None:
    with pytest.raises(EngineError, match="no-such-service"):
        docker("service", "inspect", "no-such-service")


@pytest.mark.live
def test_objects_of_a_test_are_removed_at_its_end(engine: Engine, unique: str) -> None:
    with engine.cleaned():
        engine.docker("config", "create", unique, "-", stdin="x")
        engine.docker("service", "create", "--detach", "--name", unique, "--config", unique, "bb:1")
    assert unique not in engine.docker("service", "ls") + engine.docker("config", "ls")


@pytest.mark.live
def test_service_serves_on_its_host_port(engine: Engine, docker: Docker, unique: str) -> None:
    docker(
        *("service", "create", "--detach", "--name", unique, "--endpoint-mode", "dnsrr"),
        *("--publish", "mode=host,published=8099,target=8080", "web:2"),
    )
    docker.wait_running(unique)
    with urllib.request.urlopen(f"http://{engine.address()}:8099/version", timeout=10) as answer:
        assert answer.read().strip() == b"2"
    assert docker.exec_in(unique, "cat", "/app/www/version") == "2"


@pytest.mark.multinode
def test_three_nodes_notice_a_lost_one(three_nodes: Engine) -> None:
    docker = three_nodes.docker
    three_nodes.kill_node(3)
    try:
        assert docker("image", "inspect", "-f", "{{.ID}}", "bb:1") == three_nodes.node(2)(
            "image", "inspect", "-f", "{{.ID}}", "bb:1"
        )
    finally:
        three_nodes.start_node(3)
    assert "Ready" in docker("node", "ls")


@pytest.mark.e2e
def test_project_runs_the_real_cli(project: ProjectFactory) -> None:
    app = project(PROGRAM)
    first = app.up().assert_ok()
    assert first.changes == {"create": 1}
    assert first.step("proj-dev").op == "create"
    assert app.assert_no_changes().unchanged == 1
    app.config_set("greeting", "hello", secret=True).assert_ok()
    app.up().assert_ok()
    assert app.outputs() == {"greeting": "hello", "hidden": "s3cret"}
    assert "s3cret" not in json.dumps(app.export_state())
    app.destroy().assert_ok()
    assert app.resources() == {}


@pytest.mark.e2e
def test_failing_program_gives_its_diagnostics(project: ProjectFactory) -> None:
    result = project("import pulumi\nraise pulumi.RunError('no such thing: web')").preview()
    result.assert_failed("no such thing: web")
    assert any("no such thing: web" in line for line in result.diagnostics)
