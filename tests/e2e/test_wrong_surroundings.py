"""Wrong surroundings are told in a few lines that say what, where and what to do; once they are right, it converges.

No engine, not a manager, too old an engine; and what Pulumi itself says (wrong passphrase, no plugin, no virtualenv),
which docs/troubleshooting.md has to explain.
"""

from __future__ import annotations

import http.server
import json
import os
import re
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from swarm_provider.version import __version__
from tests.conftest import ProjectFactory
from tests.support.engine import REPO, Engine, start_engine
from tests.support.pulumi import FOREIGN, PulumiProject, Result

pytestmark = pytest.mark.e2e

PROGRAM = """
import pulumi
import swarm_provider as swarm

config = swarm.Config("app", data="1")
secret = swarm.Secret("db", data="2")
network = swarm.Network("front")
for number in range(4):
    swarm.Service(f"web{number}", image="bb:1", configs=[{"source": config}], networks=[network])
"""
ELSEWHERE = """
import pulumi
import swarm_provider as swarm

there = pulumi.ResourceOptions(provider=swarm.Provider("there", WHERE))
swarm.Config("app", there, data="1")
"""
SMALL = 'import swarm_provider as swarm\nswarm.Config("app", data="1")\n'


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory, engine: Engine, pulumi_cli: Path) -> Iterator[PulumiProject]:
    """One project for all cases: what fails in the preview leaves nothing behind."""
    with engine.cleaned():
        yield PulumiProject(tmp_path_factory.mktemp("surroundings"), host=engine.host, cli=pulumi_cli)


def assert_converges(app: PulumiProject, program: str = PROGRAM) -> None:
    app.program(program)
    app.up().assert_ok()
    app.assert_no_changes()


# ------------------------------------------------------------------------------- unreachable


@pytest.mark.parametrize(
    ("host", "says"),
    [
        ("unix:///nope/docker.sock", "the socket does not exist; is the engine running there?"),
        pytest.param(
            "tcp://127.0.0.1:1",
            "connection refused; is the engine running and listening on this port?",
            marks=pytest.mark.long,
        ),
        pytest.param("tcp://manager-1.invalid:2376", "unknown host name", marks=pytest.mark.long),
        ("ssh://ops@manager-1.invalid", "ssh says:"),
    ],
)
def test_unreachable_engine_is_one_error_however_many_resources(app: PulumiProject, host: str, says: str) -> None:
    app.program(PROGRAM)
    result = app.preview(env={"DOCKER_HOST": host})
    result.assert_failed(f"cannot reach Docker at {host} (DOCKER_HOST)", says)
    assert sum(says in line for line in result.diagnostics) == 1, str(result)


@pytest.mark.long
def test_several_unreachable_hosts_have_a_reason_each(app: PulumiProject) -> None:
    app.program(ELSEWHERE.replace("WHERE", 'hosts=["unix:///nope/docker.sock", "tcp://127.0.0.1:1"]'))
    app.preview().assert_failed(
        *("none of the 2 hosts is a usable manager", "the socket does not exist", "connection refused")
    )


def test_unknown_docker_context_is_told_by_its_name(app: PulumiProject) -> None:
    app.program(ELSEWHERE.replace("WHERE", 'context="prod"'))
    app.preview().assert_failed("context", "'prod'")


@pytest.mark.long
def test_engine_that_can_be_reached_again_converges(app: PulumiProject) -> None:
    assert_converges(app)
    gone = app.up(env={"DOCKER_HOST": "unix:///nope/docker.sock"})
    gone.assert_failed("cannot reach Docker")
    assert gone.changes.get("delete", 0) == 0
    app.assert_no_changes()


# ----------------------------------------------------------------------------- not a manager


@pytest.fixture(scope="module")
def nodes(engine_dir: str) -> Iterator[Engine]:
    """Node 1 is a manager, node 2 its worker, node 3 in no swarm."""
    started = start_engine(nodes=3, engine=engine_dir)
    try:
        started.node(3)("swarm", "leave")
        yield started
    finally:
        started.down()


def test_worker_is_told_with_the_managers_that_it_knows(app: PulumiProject, nodes: Engine) -> None:
    app.program(PROGRAM)
    app.preview(env={"DOCKER_HOST": nodes.node(2).host}).assert_failed(
        f"Docker at {nodes.node(2).host} is a worker of its swarm, not a manager", f"managers are {nodes.address(1)}"
    )


@pytest.mark.long
def test_engine_outside_a_swarm_is_told_with_how_to_make_one(app: PulumiProject, nodes: Engine) -> None:
    app.program(PROGRAM)
    app.preview(env={"DOCKER_HOST": nodes.node(3).host}).assert_failed(
        f"Docker at {nodes.node(3).host} is not part of a swarm", "docker swarm init", "or use the address of a manager"
    )


@pytest.mark.long
def test_hosts_without_a_manager_have_a_reason_each(app: PulumiProject, nodes: Engine) -> None:
    app.program(ELSEWHERE.replace("WHERE", f"hosts={[nodes.node(2).host, nodes.node(3).host]}"))
    app.preview().assert_failed("none of the 2 hosts is a usable manager", "is a worker", "is not part of a swarm")


def test_manager_among_the_hosts_converges(project: ProjectFactory, nodes: Engine) -> None:
    app = project()
    hosts = [nodes.node(number).host for number in (3, 2, 1)]
    assert_converges(app, ELSEWHERE.replace("WHERE", f"hosts={hosts}"))


# ----------------------------------------------------------------------------------- too old


class OldDaemon(http.server.BaseHTTPRequestHandler):
    """A daemon of Docker 19.03: no engine that old is at hand, and it says its version before anything else."""

    def do_GET(self) -> None:
        body = json.dumps({"Version": "19.03.15", "ApiVersion": "1.40", "MinAPIVersion": "1.12"}).encode()
        self.send_response(200)
        self.send_header("Api-Version", "1.40")
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        """Requests are of no interest."""


@pytest.fixture(scope="module")
def old_host() -> Iterator[str]:
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), OldDaemon) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"tcp://127.0.0.1:{server.server_address[1]}"
        server.shutdown()


TOO_OLD = "is too old: 19.03.15 speaks API 1.40, at least 1.41 (Docker 20.10) is needed; upgrade it"


def test_too_old_engine_is_told_with_its_version(app: PulumiProject, old_host: str) -> None:
    app.program(PROGRAM)
    app.preview(env={"DOCKER_HOST": old_host}).assert_failed(f"the engine at {old_host} {TOO_OLD}")


@pytest.mark.long
def test_too_old_engine_of_an_explicit_provider_is_told_with_its_version(app: PulumiProject, old_host: str) -> None:
    app.program(ELSEWHERE.replace("WHERE", f'host="{old_host}"'))
    app.preview().assert_failed(f"the engine at {old_host} {TOO_OLD}")


@pytest.mark.long
def test_too_old_api_version_in_the_environment_is_told(app: PulumiProject) -> None:
    app.program(SMALL)
    app.preview(env={"DOCKER_API_VERSION": "1.40"}).assert_failed("api_version 1.40 is too old, at least 1.41")


@pytest.mark.long
def test_newer_engine_behind_the_too_old_one_converges(project: ProjectFactory, engine: Engine, old_host: str) -> None:
    app = project()
    assert_converges(app, ELSEWHERE.replace("WHERE", f"hosts={[old_host, engine.host]}"))


# ------------------------------------------------------------------- what Pulumi itself says


def assert_explained(result: Result) -> None:
    """It failed without a traceback of ours, and the troubleshooting guide has a row for what Pulumi printed."""
    assert result.exit_code != 0, str(result)
    assert "swarm_provider/" not in result.output, str(result)
    guide = (REPO / "docs" / "troubleshooting.md").read_text()
    rows = re.search(r"## From Pulumi\n(.*?)\n## ", guide, re.S)
    assert rows
    messages = [
        message
        for row in rows[1].splitlines()
        if row.startswith("| `")
        for message in re.findall(r"`([^`]+)`", row.split(" | ")[0])
    ]
    said = " ".join(result.output.split())
    patterns = [".*".join(re.escape(part.strip()) for part in message.split("…")) for message in messages]
    assert any(re.search(pattern, said) for pattern in patterns), f"not in docs/troubleshooting.md:\n{result}"


@pytest.mark.parametrize(
    "command", ["preview", *(pytest.param(other, marks=pytest.mark.long) for other in ("up", "refresh", "destroy"))]
)
def test_wrong_passphrase_is_explained(app: PulumiProject, command: str) -> None:
    app.program(SMALL)
    app.config_set("password", "x", secret=True).assert_ok()
    result = getattr(app, command)(env={"PULUMI_CONFIG_PASSPHRASE": "wrong"}).assert_failed("incorrect passphrase")
    assert_explained(result)


@pytest.mark.long
def test_missing_passphrase_is_explained_and_the_right_one_converges(app: PulumiProject) -> None:
    app.program(SMALL)
    right = app.environment.pop("PULUMI_CONFIG_PASSPHRASE")
    try:
        assert_explained(app.preview().assert_failed("PULUMI_CONFIG_PASSPHRASE"))
    finally:
        app.environment["PULUMI_CONFIG_PASSPHRASE"] = right
    app.config_set("password", "x", secret=True).assert_ok()
    assert_converges(app, SMALL)


def install_plugin(app: PulumiProject) -> None:
    app.swarm_provider("install-plugin").check_returncode()


def test_missing_plugin_of_a_program_without_our_package_is_explained(project: ProjectFactory) -> None:
    app = project(
        'import pulumi\npulumi.CustomResource("swarm:index:Config", "app", {"data": "1"})',
        plugin_path=None,
        env=FOREIGN,
    )
    # Pulumi interrupts the program, and Python's words on that are not ours to keep away here
    assert_explained(app.preview())


@pytest.mark.long
def test_missing_plugin_on_a_fresh_machine_is_explained(project: ProjectFactory) -> None:
    app = project(SMALL, plugin_path=None, env=FOREIGN)
    app.up().assert_ok()
    shutil.rmtree(Path(app.environment["PULUMI_HOME"], "plugins"))
    assert_explained(app.destroy())
    # what the state holds is read before the program runs, whose import would bring the plugin
    assert_explained(app.up())
    install_plugin(app)
    app.up().assert_ok()
    app.destroy().assert_ok()


def test_plugin_whose_python_is_gone_says_what_to_do(project: ProjectFactory) -> None:
    app = project(SMALL, plugin_path=None, env=FOREIGN)
    app.up().assert_ok()
    shim = Path(app.environment["PULUMI_HOME"], "plugins", f"resource-swarm-v{__version__}", "pulumi-resource-swarm")
    shim.write_text(shim.read_text().replace(sys.executable, "/gone/bin/python"))
    app.destroy().assert_failed("/gone/bin/python", "swarm-provider install-plugin")
    install_plugin(app)
    app.destroy().assert_ok()


def python_only(app: PulumiProject, *more: str) -> dict[str, str]:
    """An environment whose `python3` is the system's, which has no packages of ours."""
    cli = Path(shutil.which("pulumi", path=app.environment["PATH"]) or "").parent
    return {"PATH": os.pathsep.join([str(cli), *more, "/usr/bin", "/bin"])}


def test_python_without_pulumi_is_explained(app: PulumiProject) -> None:
    app.program(SMALL)
    assert_explained(app.preview(env=python_only(app)))


@pytest.mark.long
def test_python_with_pulumi_but_without_our_package_is_explained(app: PulumiProject) -> None:
    app.program(SMALL)
    # packages by path: what an editable install adds by a .pth file is not among them
    site = next(path for path in sys.path if path.endswith("site-packages"))
    assert not Path(site, "swarm_provider").exists()
    assert_explained(app.preview(env={**python_only(app), "PYTHONPATH": site}))


@pytest.mark.long
def test_virtualenv_without_packages_is_explained_and_with_them_converges(app: PulumiProject, tmp_path: Path) -> None:
    app.program(SMALL)
    bare = tmp_path / "venv"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(bare)], check=True)
    assert_explained(app.preview(env=python_only(app, str(bare / "bin"))))
    assert_converges(app, SMALL)


@pytest.mark.long
def test_swarm_at_a_new_address_is_reached_when_the_program_runs_first(
    project: ProjectFactory, engine: Engine, tmp_path: Path
) -> None:
    gone = tmp_path / "gone.sock"
    gone.symlink_to(engine.host.removeprefix("unix://"))
    one = project(
        'import swarm_provider as swarm\nswarm.Service("web", image="bb:1", command=["sleep", "100000"], '
        'resolve_image="never", stop_grace_period="0s")\n'
    )
    del one.environment["DOCKER_HOST"]
    one.config_set("swarm:host", f"unix://{gone}").assert_ok()
    one.up().assert_ok()
    tasks = engine.docker.task_ids("web")
    gone.unlink()
    one.config_set("swarm:host", engine.host).assert_ok()
    # Pulumi reads with the provider of the state, before the program says another
    one.preview().assert_failed("cannot reach Docker at", "gone.sock")
    one.up("--run-program").assert_ok()
    one.assert_no_changes()
    assert engine.docker.task_ids("web") == tasks
    one.destroy().assert_ok()
