"""Pulumi finds the plugin without any set-up, from a project that is not ours."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pulumi
import pytest

import swarm_provider as swarm
from swarm_provider import plugin_shim
from swarm_provider.cli.__main__ import main
from swarm_provider.version import PLUGIN_DOWNLOAD_URL, __version__
from tests.conftest import ProjectFactory
from tests.docs.fences import fences
from tests.resources.program import run
from tests.support.engine import REPO, Engine, docker_environment
from tests.support.pulumi import FOREIGN

PROGRAM = """
    import pulumi
    import swarm_provider as swarm
    pulumi.export("name", swarm.Config("app", data="1").name)
"""


@pytest.fixture
def pulumi_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("PULUMI_HOME", str(tmp_path))
    return tmp_path


def test_shim_is_bound_to_this_interpreter(pulumi_home: Path) -> None:
    shim = plugin_shim.install()
    assert shim == pulumi_home / "plugins" / f"resource-swarm-v{__version__}" / "pulumi-resource-swarm"
    assert os.access(shim, os.X_OK)
    assert f"exec '{sys.executable}' -P -m swarm_provider.plugin" in shim.read_text()
    assert [entry.name for entry in shim.parent.iterdir()] == [shim.name]


def test_shim_that_is_right_is_not_written_again(pulumi_home: Path) -> None:
    before = plugin_shim.install().stat()
    assert plugin_shim.install().stat() == before


def test_shim_of_another_interpreter_is_replaced(pulumi_home: Path) -> None:
    shim = plugin_shim.install()
    shim.write_text("#!/bin/sh\nexec /gone/python\n")
    assert sys.executable in plugin_shim.install().read_text()


def test_plugin_that_pulumi_downloaded_is_kept(pulumi_home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    downloaded = plugin_shim.install()
    downloaded.write_bytes(b"\x7fELF")
    assert plugin_shim.install() == downloaded
    assert downloaded.read_bytes() == b"\x7fELF"
    assert main(["install-plugin"]) == 0
    assert capsys.readouterr().out == f"{downloaded} is the plugin of this version already\n"
    downloaded.chmod(0o644)
    assert sys.executable in plugin_shim.install().read_text(), "nothing that could be run"


def test_shim_whose_interpreter_is_gone_says_what_to_do(pulumi_home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "executable", str(pulumi_home / "it's gone" / "python"))
    done = subprocess.run([plugin_shim.install()], capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "it's gone/python" in done.stderr
    assert "swarm-provider install-plugin" in done.stderr


def test_program_under_mocks_writes_no_shim(pulumi_home: Path) -> None:
    run(lambda: swarm.Config("app", data="1"))
    assert list(pulumi_home.iterdir()) == []


def test_importing_the_package_without_pulumi_loads_and_writes_nothing(pulumi_home: Path) -> None:
    code = "import sys, swarm_provider; print([m for m in sys.modules if m.startswith(('pulumi', 'swarm_provider.'))])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "['swarm_provider.version']"
    assert list(pulumi_home.iterdir()) == []


def test_resources_ask_for_the_version_of_the_shim() -> None:
    def program() -> None:
        swarm.Config("ours", data="1")
        swarm.Config("users", pulumi.ResourceOptions(version="9.9.9"), data="1")

    done = run(program)
    assert [done[name].request.version for name in ("ours", "users")] == [__version__, "9.9.9"]
    # otherwise Pulumi looks for what is called swarm on its own server
    assert {done[name].request.pluginDownloadURL for name in ("ours", "users")} == {PLUGIN_DOWNLOAD_URL}


@pytest.mark.e2e
def test_foreign_project_needs_no_setting_at_all(project: ProjectFactory) -> None:
    foreign = project(PROGRAM, plugin_path=None, env=FOREIGN)
    foreign.up().assert_ok()
    assert foreign.outputs()["name"].startswith("app-")
    foreign.destroy().assert_ok()


@pytest.mark.e2e
def test_folder_that_cannot_be_written_is_a_warning_with_the_other_way(project: ProjectFactory) -> None:
    foreign = project(PROGRAM)
    plugins = Path(foreign.environment["PULUMI_HOME"]) / "plugins"
    plugins.parent.mkdir(exist_ok=True)
    # root may write everywhere, so a file stands in the way
    (plugins / f"resource-swarm-v{__version__}").parent.mkdir(exist_ok=True)
    (plugins / f"resource-swarm-v{__version__}").write_text("")
    result = foreign.up().assert_ok()
    assert "cannot write the swarm plugin's shim" in result.output
    assert "plugins: {providers:" in result.output


@pytest.mark.e2e
@pytest.mark.long
def test_state_that_does_not_say_where_the_plugin_is_shows_no_change(project: ProjectFactory) -> None:
    before = "from swarm_provider.resources.arguments import options\noptions.PLUGIN_DOWNLOAD_URL = None\n"
    program = "import swarm_provider as swarm\nswarm.Network('back')\nswarm.Config('app', data='1')\n"
    app = project(before + program)
    app.up().assert_ok()
    names = set(app.resources())
    app.program(program)
    app.preview("--expect-no-changes").assert_no_changes()
    app.up().assert_no_changes()
    assert set(app.resources()) != names, "another default provider has them"
    app.preview("--expect-no-changes").assert_no_changes()
    app.destroy().assert_ok()


AUTOMATION = """
import sys

import pulumi.automation as auto
import swarm_provider as swarm

home, host, name = sys.argv[1:]


def program():
    swarm.Config("app", name=name, data="1")


options = auto.LocalWorkspaceOptions(
    pulumi_home=home,
    project_settings=auto.ProjectSettings("inline", "python", backend=auto.ProjectBackend(f"file://{home}")),
    env_vars={"PULUMI_CONFIG_PASSPHRASE": "x", "DOCKER_HOST": host},
)
stack = auto.create_stack("dev", project_name="inline", program=program, opts=options)
for wanted in ({"create": 2}, {"same": 2}):
    assert stack.up().summary.resource_changes == wanted
stack.destroy()
"""


@pytest.mark.e2e
def test_inline_program_finds_the_plugin_with_a_pulumi_home_of_its_own(
    engine: Engine, pulumi_cli: Path, tmp_path: Path, unique: str
) -> None:
    script, home = tmp_path / "inline.py", tmp_path / "home"
    script.write_text(AUTOMATION)
    home.mkdir()
    environment = {
        **docker_environment(),
        **FOREIGN,
        "PATH": os.pathsep.join([str(pulumi_cli), os.environ["PATH"]]),
        "HOME": str(tmp_path / "elsewhere"),
        "PULUMI_SKIP_UPDATE_CHECK": "true",
    }
    command = [sys.executable, str(script), str(home), engine.host, unique]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert [entry.name for entry in (home / "plugins").glob("*/pulumi-resource-swarm")] == ["pulumi-resource-swarm"]
    assert not (tmp_path / "elsewhere").exists()


def settings_of_the_readme() -> str:
    [settings] = [fence.text for fence in fences(REPO / "README.md") if fence.text.startswith("name: infra")]
    return settings


@pytest.mark.e2e
def test_pulumi_installs_a_fresh_clone_with_the_settings_of_the_readme(project: ProjectFactory) -> None:
    app = project()
    app.write("Pulumi.yaml", settings_of_the_readme())
    # without a network, as what it would install is tried in the long form (tests/docs/test_commands.py)
    app.run("install", "--no-dependencies").assert_ok()


@pytest.mark.e2e
def test_folder_of_the_plugin_that_a_fresh_clone_lacks_stops_pulumi(project: ProjectFactory) -> None:
    app = project()
    named = "plugins: {providers: [{name: swarm, path: .venv/bin}]}\n"
    app.write("Pulumi.yaml", settings_of_the_readme() + named)
    # docs/troubleshooting.md has this message
    app.run("install", "--no-dependencies").assert_failed("parsing plugin options for 'swarm': no folder at path")
