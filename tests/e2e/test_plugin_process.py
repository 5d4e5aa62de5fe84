"""The plugin's process: found from a project that is not ours in each of the ways, and gone with the CLI."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.conftest import ProjectFactory
from tests.support.engine import Docker
from tests.support.pulumi import FOREIGN, PulumiProject

pytestmark = pytest.mark.e2e

PROGRAM = """
    import pulumi
    import swarm_provider as swarm
    pulumi.export("name", swarm.Config("app", data="1").name)
"""
ENDS_WITHIN = 2.0


def without_shim(app: PulumiProject) -> None:
    """As on a machine on which no program of ours ran yet."""
    shutil.rmtree(Path(app.environment["PULUMI_HOME"], "plugins"), ignore_errors=True)


def assert_quiet(output: str) -> None:
    """Neither a warning about the plugin nor a look for it on the internet."""
    assert "warning" not in output.lower()
    assert "github.com" not in output


def test_plugin_named_in_the_project_file_needs_no_shim(project: ProjectFactory) -> None:
    app = project(PROGRAM, env=FOREIGN)
    up = app.up().assert_ok()
    assert_quiet(up.output)
    without_shim(app)
    # no program runs here, so nothing but the line in Pulumi.yaml leads to the plugin
    assert_quiet(app.refresh().assert_ok().output)
    without_shim(app)
    assert_quiet(app.destroy().assert_ok().output)


def test_import_of_the_package_is_all_that_a_program_needs(project: ProjectFactory) -> None:
    app = project(PROGRAM, plugin_path=None, env=FOREIGN)
    assert_quiet(app.up().assert_ok().output)
    assert app.outputs()["name"].startswith("app-")
    assert_quiet(app.assert_no_changes().output)
    assert_quiet(app.destroy().assert_ok().output)


def test_install_plugin_serves_a_run_that_begins_with_destroy(project: ProjectFactory) -> None:
    app = project(PROGRAM, plugin_path=None, env=FOREIGN)
    app.up().assert_ok()
    without_shim(app)
    done = app.swarm_provider("install-plugin")
    assert done.returncode == 0, done.stderr
    assert app.environment["PULUMI_HOME"] in done.stdout
    assert_quiet(app.refresh().assert_ok().output)
    assert_quiet(app.destroy().assert_ok().output)
    assert app.resources() == {}


# ------------------------------------------------------------------------------- its end


@pytest.mark.parametrize("plugin_path", ["project file", None], ids=["console script", "shim"])
def test_killed_cli_leaves_no_plugin_behind(
    project: ProjectFactory, docker: Docker, unique: str, plugin_path: str | None
) -> None:
    program = f"""
        import swarm_provider as swarm
        swarm.Service("{unique}", image="bb:1", deploy={{"placement": {{"constraints": ["node.role == nobody"]}}}})
        swarm.Service("{unique}-later", image="bb:1", command=["sh", "-c", "sleep 1; exit 1"])
    """
    app = project(program, env=FOREIGN) if plugin_path else project(program, plugin_path=None, env=FOREIGN)
    cli = app.start("up", "--yes", "--skip-preview")
    end = time.monotonic() + 60
    while unique not in docker("service", "ls") or not app.plugins():
        assert time.monotonic() < end, "the update did not begin"
        assert cli.poll() is None, cli.stdout.read() if cli.stdout else ""
        time.sleep(0.1)
    os.kill(cli.pid, signal.SIGKILL)
    cli.wait(10)
    assert cli.stdout is not None
    cli.stdout.close()
    end = time.monotonic() + ENDS_WITHIN
    while app.plugins() and time.monotonic() < end:
        time.sleep(0.05)
    left = app.plugins()
    for process in left:
        os.kill(process, signal.SIGKILL)
    assert left == set()
    # Pulumi asks for this after a run that was killed; what was made is taken over then
    app.run("cancel", "--yes").assert_ok()


def test_plugin_whose_engine_was_gone_before_it_started_ends() -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{closed.getsockname()[1]}"
    # its output is read here, so it does not end for want of a reader
    plugin = subprocess.Popen([sys.executable, "-m", "swarm_provider.plugin", address], stdout=subprocess.PIPE)
    try:
        assert plugin.wait(60) == 1
    finally:
        plugin.kill()
        assert plugin.stdout is not None
        plugin.stdout.close()


def test_log_of_the_plugin_is_among_pulumis_own_where_the_cli_is_asked_for_it(project: ProjectFactory) -> None:
    app = project(PROGRAM)
    app.up().assert_ok()
    printed = app.run("preview", "--logflow", "--logtostderr", "-v=9", "--non-interactive")
    assert "swarm_provider.plugin.protocol.rpc: Check urn:" in printed.output, printed.output[-4000:]
    assert "swarm_provider.dockerapi.connection.transport: GET /configs: 200" in printed.output
