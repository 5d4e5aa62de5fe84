"""The project's `pulumi:autonaming`, through the real CLI."""

from __future__ import annotations

import pytest

from tests.conftest import ProjectFactory
from tests.support.engine import Docker

pytestmark = pytest.mark.e2e

PROGRAM = """
import pulumi
import swarm_provider as swarm
net = swarm.Network("net")
app = swarm.Config("app", data="1")
swarm.Service("web", image="bb:1", networks=[net], configs=[app], wait=False)
pulumi.export("net", net.name)
"""


def test_pattern_names_what_the_program_leaves_unnamed_and_it_keeps_its_name(
    project: ProjectFactory, docker: Docker, unique: str
) -> None:
    app = project(PROGRAM)
    pattern = f"{unique}-${{name}}-${{hex(4)}}"
    app.run("config", "set", "--path", "pulumi:autonaming.pattern", pattern).assert_ok()
    app.up().assert_ok()
    network = app.outputs()["net"]
    service = app.resources()["web"]
    assert network.startswith(f"{unique}-net-")
    assert service["id"].startswith(f"{unique}-web-")
    assert docker.service(service["id"])["Spec"]["TaskTemplate"]["Networks"]
    assert docker.json("network", "inspect", network)[0]["Name"] == network
    app.assert_no_changes()
    app.run("config", "rm", "--path", "pulumi:autonaming.pattern").assert_ok()
    app.assert_no_changes()


def test_project_without_autonaming_asks_for_a_name(project: ProjectFactory) -> None:
    app = project(PROGRAM)
    app.run("config", "set", "--path", "pulumi:autonaming.mode", "disabled").assert_ok()
    words = "name: is missing: `pulumi:autonaming` is disabled in this project; set a name"
    app.preview().assert_failed(words, max_lines=12)
