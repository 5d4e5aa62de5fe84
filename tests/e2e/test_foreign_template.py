"""A `{{...}}` of another program in an environment value: the preview refuses it, and nothing is made."""

from __future__ import annotations

import pytest

from tests.conftest import ProjectFactory
from tests.support.engine import Docker

pytestmark = pytest.mark.e2e

PROGRAM = """
    import swarm_provider as swarm
    swarm.Stack("{name}", compose_file="compose.yml", resolve_image="never", advice=[])
"""
COMPOSE = """
services:
  db: {image: "bb:1", command: [sleep, "1000"], stop_grace_period: 1s}
  mon:
    image: bb:1
    command: [sleep, "1000"]
    stop_grace_period: 1s
    environment:
      QUERY: "select * from t where env='{{index .env 0}}'"
"""
ESCAPED = COMPOSE.replace("{{index .env 0}}", '{{\\"{{index .env 0}}\\"}}')


def test_template_that_swarm_refuses_is_refused_at_preview_and_its_escape_is_taken(
    project: ProjectFactory, docker: Docker, unique: str
) -> None:
    app = project(PROGRAM.format(name=unique))
    app.write("compose.yml", COMPOSE)
    preview, up = app.preview(), app.up()
    for result in (preview, up):
        assert result.exit_code != 0
        assert "compose.yml:8: services.mon.environment.QUERY: Swarm expands '{{...}}'" in result.output
        assert "select" not in result.output
    assert unique not in docker("network", "ls") + docker("service", "ls")
    app.write("compose.yml", ESCAPED)
    app.up().assert_ok()
    assert "env='{{index .env 0}}'" in docker.exec_in(f"{unique}_mon", "env")
    app.destroy().assert_ok()
