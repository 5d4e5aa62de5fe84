"""What people see of digests: in the preview, in warnings, and that no digest moves while the text stays."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.conftest import ProjectFactory
from tests.support.engine import Docker, Engine
from tests.support.registry import run_registry, silent_registry

pytestmark = [pytest.mark.e2e, pytest.mark.long]

PROGRAM = """
import pulumi
import swarm_provider as swarm

settings = pulumi.Config()
swarm.Stack("s", compose_file="s.yml", name="UNIQUE", env={"IMAGE": settings.require("image")},
            resolve_image=settings.get("resolve"), strict=bool(settings.get_bool("strict")))
"""
COMPOSE = "services: {web: {image: $IMAGE, command: sleep 600}}\n"


def test_preview_shows_the_digest_and_only_a_new_text_moves_it(
    project: ProjectFactory, engine: Engine, docker: Docker, unique: str, tmp_path: Path
) -> None:
    with run_registry(engine, tmp_path / "registry-bed") as registry:
        image = registry.push("bb:1", f"{unique}:1")
        stack = project(PROGRAM.replace("UNIQUE", unique))
        stack.write("s.yml", COMPOSE)
        stack.config_set("image", image).assert_ok()
        preview = stack.preview(diff=True).assert_ok()
        (line,) = [line for line in preview.stdout.splitlines() if "resolvedImage" in line]
        assert f"{image}@sha256:" in line
        stack.up().assert_ok()
        running = docker.service(f"{unique}_web")["Spec"]["TaskTemplate"]["ContainerSpec"]["Image"]
        assert running in line

        # the tag is another image by now: nobody asks, until told to
        registry.push("bb:2", f"{unique}:1")
        stack.assert_no_changes()
        stack.config_set("resolve", "always").assert_ok()
        preview = stack.preview(diff=True).assert_ok()
        assert preview.changes == {"update": 1}
        (line,) = [line for line in preview.stdout.splitlines() if "resolvedImage" in line]
        assert f'"{running}" => "{image}@sha256:' in line
        assert "restarts" in preview.output, str(preview)

        # an image that the registry does not have: a warning with the reason, or an error
        stack.config_set("image", f"{image}-nothing").assert_ok()
        warned = stack.preview().assert_ok()
        assert "is deployed by its tag, without a digest: its registry does not have it" in warned.output
        stack.config_set("strict", "true").assert_ok()
        stack.preview().assert_failed("its registry does not have it (an error because strict is set)")


def test_registry_that_does_not_answer_is_told_at_preview_and_while_up_waits(
    project: ProjectFactory, engine: Engine, unique: str
) -> None:
    with silent_registry(engine) as address:
        stack = project(PROGRAM.replace("UNIQUE", unique))
        stack.write("s.yml", COMPOSE)
        image = f"{address}/team/app:1"
        stack.config_set("image", image).assert_ok()
        preview = stack.preview().assert_ok()
        assert f"image '{image}' is deployed by its tag, without a digest: the swarm's manager cannot reach" in (
            preview.output
        )
        up = stack.up().assert_failed(f"image {image} cannot be pulled", max_lines=8)
        still = f"{unique}_web.1 on node1: still preparing; look up image '{image}' failed: its registry timed out"
        assert still in up.output, str(up)
