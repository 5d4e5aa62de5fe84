"""A starter of the plugin that another user wrote, or could write, is not run by the real CLI, and not left."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from swarm_provider.version import __version__
from tests.conftest import ProjectFactory
from tests.support.pulumi import FOREIGN, PulumiProject

pytestmark = pytest.mark.e2e

PROGRAM = """
    import pulumi
    import swarm_provider as swarm
    pulumi.export("name", swarm.Config("app", data="1").name)
"""
NOBODY = 65534


def plant(app: PulumiProject) -> tuple[Path, Path]:
    """Put a hostile starter in place; returns it, and the file that it would leave."""
    marker = app.folder / "taken"
    shim = Path(app.environment["PULUMI_HOME"], "plugins", f"resource-swarm-v{__version__}", "pulumi-resource-swarm")
    shim.parent.mkdir(parents=True, exist_ok=True)
    shim.write_text(f"#!/bin/sh\ntouch {marker}\nexit 1\n")
    shim.chmod(0o755)
    return shim, marker


def test_starter_of_another_user_is_replaced_before_pulumi_runs_it(project: ProjectFactory) -> None:
    app = project(PROGRAM, plugin_path=None, env=FOREIGN)
    shim, marker = plant(app)
    os.chown(shim, NOBODY, NOBODY)
    app.up().assert_ok()
    assert not marker.exists()
    assert shim.stat().st_uid == os.geteuid() and "swarm_provider.plugin" in shim.read_text()
    app.destroy().assert_ok()


def test_starter_in_a_folder_of_another_user_is_removed_and_a_line_says_so(project: ProjectFactory) -> None:
    app = project(PROGRAM, plugin_path=None, env=FOREIGN)
    shim, marker = plant(app)
    for folder in (shim.parent, shim.parent.parent):
        os.chown(folder, NOBODY, NOBODY)
    result = app.up()
    assert result.exit_code != 0
    assert "belongs to another user" in result.output and "plugins: {providers:" in result.output
    assert not marker.exists() and not shim.exists()
