"""One file for `docker compose` and for the swarm, through the real CLI."""

from __future__ import annotations

import pytest

from tests.conftest import ProjectFactory
from tests.support.engine import Docker

pytestmark = [pytest.mark.e2e, pytest.mark.long]

PROGRAM = """
import swarm_provider as swarm
swarm.Stack("NAME", compose_file=["base.yml", "swarm.yml"], dialect="DIALECT", resolve_image="never")
"""
BASE = """
services:
  web:
    image: bb:${TAG:-${OTHER_TAG:-1}}
    environment: {LEVEL: debug, MODE: "${MODE}"}
    command: ["sleep", "600"]
    labels: {only: laptop}
"""
SWARM = """
services:
  web:
    environment: {LEVEL: info}
    labels: !reset null
"""


def test_stack_of_the_compose_spec_goes_up_and_the_other_reading_is_told(
    project: ProjectFactory, docker: Docker, unique: str
) -> None:
    app = project(PROGRAM.replace("NAME", unique).replace("DIALECT", "compose-spec"))
    app.write("base.yml", BASE)
    app.write("swarm.yml", SWARM)
    app.write(".env", "MODE=from-dotenv\n")
    app.up().assert_ok()
    spec = docker.service(f"{unique}_web")["Spec"]["TaskTemplate"]["ContainerSpec"]
    assert spec["Image"] == "bb:1"
    assert spec["Env"] == ["LEVEL=info", "MODE=from-dotenv"]
    assert "only" not in spec["Labels"]
    app.assert_no_changes()

    # docker reads no .env
    app.program(PROGRAM.replace("NAME", unique).replace("DIALECT", "docker"))
    app.write("base.yml", 'services: {web: {image: "bb:1", environment: {MODE: "${MODE}"}}}')
    app.write("swarm.yml", "services: {web: {environment: {LEVEL: info}}}")
    other = app.preview(diff=True).assert_ok()
    assert "dialect='compose-spec'" in other.output, str(other)
    assert "services.web.environment.MODE" in other.output, str(other)
