"""examples/ci, run for real: a git repository with two branches, fresh runners, a swarm, a stand-in of the forge."""

from __future__ import annotations

import os
import shutil
import stat
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import yaml

from tests.examples.forge import Forge, forge
from tests.examples.runner import EXAMPLES, Job, Runner, git
from tests.support.engine import Docker, Engine
from tests.support.pulumi import PulumiProject

CANARY = "c4nary-T0ken-9fQ"
PROGRAM = """
import pulumi
import swarm_provider as swarm

token = swarm.Secret("token", data=pulumi.Config().require_secret("token"))
app = swarm.Config("app", file="app.json")
swarm.Service(
    "web", image="bb:1", command=["sleep", "100000"], resolve_image="never", stop_grace_period="0s",
    configs=[{"source": app, "target": "/app.json"}], secrets=[{"source": token}],
    deploy={"replicas": 2, "update_config": {"order": "start-first"}},
)
"""
SCRIPTS = sorted((EXAMPLES / "ci").glob("*.sh"))
WORKFLOWS = sorted((EXAMPLES / "github").glob("*.yml"))


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: path.name)
def test_script_is_executable_and_its_syntax_right(script: Path) -> None:
    assert script.stat().st_mode & stat.S_IXUSR
    subprocess.run(["bash", "-n", str(script)], check=True)


def test_no_pipeline_skips_checkpoints() -> None:
    # who is killed then forgets what it made
    texts = [file.read_text() for file in EXAMPLES.rglob("*") if file.is_file()]
    assert texts
    assert not [text for text in texts if "SKIP_CHECKPOINTS" in text]


@pytest.mark.parametrize("workflow", WORKFLOWS, ids=lambda path: path.name)
def test_workflow_guards_against_running_twice_and_has_few_rights(workflow: Path) -> None:
    data = yaml.safe_load(workflow.read_text(encoding="utf-8"))
    assert data["concurrency"]["group"]
    assert data["concurrency"]["cancel-in-progress"] == (workflow.name == "preview.yml")
    assert set(data["permissions"].values()) <= {"read", "write"} and data["permissions"]["contents"] == "read"
    (job,) = data["jobs"].values()
    assert job["timeout-minutes"]
    # a value of the request must not be pasted into a shell's command
    assert not [step for step in job["steps"] if "${{" in step.get("run", "")]


def test_gitlab_jobs_on_the_swarm_take_turns() -> None:
    data = yaml.safe_load((EXAMPLES / "gitlab" / ".gitlab-ci.yml").read_text(encoding="utf-8"))
    assert data["deploy"]["resource_group"] == data["drift"]["resource_group"]
    assert data["deploy"]["interruptible"] is False


def test_ssh_key_is_only_the_users_to_read(tmp_path: Path) -> None:
    (tmp_path / "bin").mkdir()
    for name in ("pulumi", "python3"):
        (tmp_path / "bin" / name).write_text("#!/bin/sh\nmkdir -p .venv/bin; ln -sf /bin/true .venv/bin/python\n")
        (tmp_path / "bin" / name).chmod(0o755)
    environment = {
        "PATH": f"{tmp_path / 'bin'}:/usr/bin:/bin",
        "HOME": str(tmp_path),
        "STACK": "prod",
        "SWARM_SSH_KEY": "the key",
        "SWARM_KNOWN_HOSTS": "manager-1 ssh-ed25519 AAAA",
    }
    command = [str(EXAMPLES / "ci" / "setup.sh")]
    subprocess.run(command, cwd=tmp_path, env=environment, check=True, capture_output=True)
    assert (tmp_path / ".ssh" / "id_swarm").read_text() == "the key\n"
    files = {path.name: path.read_text() for path in (tmp_path / ".ssh").iterdir()}
    assert all((tmp_path / ".ssh" / name).stat().st_mode & 0o077 == 0 for name in files)
    shown = subprocess.run(
        ["ssh", "-G", "-F", str(tmp_path / ".ssh" / "config"), "manager-1"], check=True, capture_output=True, text=True
    )
    assert "identityfile ~/.ssh/id_swarm" in shown.stdout and "batchmode yes" in shown.stdout
    # a runner that stays
    subprocess.run(command, cwd=tmp_path, env=environment, check=True, capture_output=True)
    assert {path.name: path.read_text() for path in (tmp_path / ".ssh").iterdir()} == files
    del environment["SWARM_KNOWN_HOSTS"]
    done = subprocess.run(command, cwd=tmp_path, env=environment, check=False, capture_output=True, text=True)
    assert done.returncode != 0 and "ssh-keyscan" in done.stderr and "the key" not in done.stderr


class Infra:
    """The infra repository: a developer's clone, a bare origin, and runners."""

    def __init__(self, folder: Path, engine: Engine, cli: Path, there: Forge) -> None:
        self.project = PulumiProject(folder, PROGRAM, host=engine.host, cli=cli, name="infra", stack="prod")
        self.dev = self.project.folder
        self.project.config_set("token", CANARY, secret=True).assert_ok()
        (self.dev / "Pulumi.yaml").write_text("name: infra\nruntime: {name: python, options: {virtualenv: .venv}}\n")
        (self.dev / "requirements.txt").write_text("swarm-provider\n")
        (self.dev / ".gitignore").write_text(".venv\n")
        (self.dev / "app.json").write_text('{"log": "warning"}\n')
        shutil.copytree(EXAMPLES / "ci", self.dev / "ci")
        (self.dev / ".venv").symlink_to(sys.prefix)
        origin = folder / "origin.git"
        git(folder, "init", "-q", "--bare", "--initial-branch=main", str(origin))
        git(self.dev, "init", "-q", "--initial-branch=main")
        git(self.dev, "remote", "add", "origin", str(origin))
        self.commit("first", "main")
        environment = {key: value for key, value in self.project.environment.items() if key != "PULUMI_DEBUG_COMMANDS"}
        environment |= {
            "GITHUB_API_URL": there.url, "GITHUB_REPOSITORY": "org/infra", "GITHUB_ACTIONS": "true",
            "PIP_NO_INDEX": "1", "STACK": "prod",
        }  # fmt: skip
        values = {
            "secrets.PULUMI_BACKEND_URL": "",
            "vars.PULUMI_BACKEND_URL": environment["PULUMI_BACKEND_URL"],
            "secrets.PULUMI_CONFIG_PASSPHRASE": environment["PULUMI_CONFIG_PASSPHRASE"],
            "secrets.SWARM_SSH_KEY": "",
            "vars.SWARM_KNOWN_HOSTS": "",
            "vars.PLAN": "",
            "vars.SWARM_STATE_KEPT": "",
            "github.token": there.token,
            "github.event.pull_request.number": "7",
        }
        on_gitlab = {key: value for key, value in environment.items() if not key.startswith("GITHUB_")}
        on_gitlab |= {
            "CI_API_V4_URL": there.url, "CI_PROJECT_ID": "7", "CI_MERGE_REQUEST_IID": "7", "GITLAB_TOKEN": there.token,
        }  # fmt: skip
        self.environment, self.values, self.on_gitlab = environment, values, on_gitlab
        self.runner = Runner(folder, origin, environment, values)
        self.gitlab_runner = Runner(_made(folder / "gitlab"), origin, on_gitlab, values)

    def commit(self, message: str, branch: str) -> None:
        git(self.dev, "add", "-A")
        git(self.dev, "commit", "-q", "-m", message)
        git(self.dev, "push", "-q", "origin", f"HEAD:{branch}")

    def with_plans(self) -> None:
        """Turn update plans on; the first deploy of a secret cannot have one."""
        self.values["vars.PLAN"] = self.on_gitlab["PLAN"] = "1"

    def edit(self, old: str, new: str) -> None:
        program = self.dev / "__main__.py"
        program.write_text(program.read_text().replace(old, new))

    def jobs(self, forge_name: str) -> tuple[Callable[[str], Job], Callable[[], Job], Callable[[], Job]]:
        """Preview of a branch, deploy of main, and the drift check of main."""
        if forge_name == "github":
            run = self.runner.github
            main = "main"
            return (
                lambda branch: run("preview.yml", branch),
                lambda: run("deploy.yml", main),
                lambda: run("drift.yml", main),
            )
        on = self.gitlab_runner.gitlab
        return lambda branch: on("preview", branch), lambda: on("deploy", "main"), lambda: on("drift", "main")


def _made(folder: Path) -> Path:
    folder.mkdir()
    return folder


@pytest.fixture
def there() -> Iterator[Forge]:
    with forge() as running:
        yield running


@pytest.mark.long
@pytest.mark.e2e
@pytest.mark.timeout(1200)
@pytest.mark.parametrize("name", ["github", "gitlab"])
def test_pipeline_from_request_to_drift(
    name: str, engine: Engine, docker: Docker, pulumi_cli: Path, tmp_path: Path, there: Forge
) -> None:
    infra = Infra(tmp_path, engine, pulumi_cli, there)
    preview, deploy, drift = infra.jobs(name)
    logs = []

    first = deploy().assert_ok()
    assert "it is lost with an ephemeral runner" in first.log
    assert len(docker.tasks("web")) == 2
    infra.with_plans()
    before = docker.task_ids("web")

    git(infra.dev, "checkout", "-q", "-b", "louder")
    (infra.dev / "app.json").write_text('{"log": "error"}\n')
    infra.commit("log errors", "louder")
    request = preview("louder").assert_ok()
    (comment,) = there.ours
    assert "| `web` changes | **2 tasks restart**, one at a time; full capacity throughout |" in comment
    assert '-{"log": "warning"}' in comment and '+{"log": "error"}' in comment
    page = request.folder / "preview.html"
    assert "2 tasks restart" in page.read_text(encoding="utf-8")
    assert not (request.folder / "preview.json").exists()
    assert docker.task_ids("web") == before

    infra.edit('"replicas": 2', '"replicas": 3')
    infra.commit("one more", "louder")
    logs += [request.log, preview("louder").assert_ok().log]
    (comment,) = there.ours
    assert "1 more task starts" in comment

    infra.edit('"app.json"', '"gone.json"')
    infra.commit("a mistake", "louder")
    broken = preview("louder")
    (comment,) = there.ours
    assert broken.code != 0 and "the preview failed" in comment and "gone.json" in comment
    git(infra.dev, "revert", "--no-edit", "HEAD")

    git(infra.dev, "checkout", "-q", "main")
    git(infra.dev, "merge", "-q", "louder")
    git(infra.dev, "push", "-q", "origin", "main")
    merged = deploy().assert_ok()
    assert len(docker.tasks("web")) == 3
    assert docker.exec_in("web", "cat", "/app.json") == '{"log": "error"}'

    # a rollback is a revert
    git(infra.dev, "revert", "--no-edit", "HEAD~3")
    git(infra.dev, "push", "-q", "origin", "main")
    back = deploy().assert_ok()
    assert docker.exec_in("web", "cat", "/app.json") == '{"log": "warning"}'

    same = drift().assert_ok()
    assert "no changes" in same.log
    docker("service", "scale", "--detach", "web=5")
    other = drift()
    assert other.code == 7
    assert "Changed by hand since the last" in other.log and "is `5`" in other.log

    logs += [first.log, broken.log, merged.log, back.log, same.log, other.log]
    for text in (*logs, *there.comments.values(), page.read_text(encoding="utf-8")):
        assert CANARY not in text and there.token not in text
        assert infra.environment["PULUMI_CONFIG_PASSPHRASE"] not in text
    infra.project.destroy().assert_ok()


@pytest.mark.long
@pytest.mark.e2e
def test_log_of_a_violated_plan_is_not_shown(
    engine: Engine, docker: Docker, pulumi_cli: Path, tmp_path: Path, there: Forge
) -> None:
    infra = Infra(tmp_path, engine, pulumi_cli, there)
    real = shutil.which("pulumi", path=infra.environment["PATH"])
    shim = tmp_path / "shim" / "pulumi"
    shim.parent.mkdir()
    # somebody changes a secret between preview and up
    shim.write_text(
        f'#!/bin/sh\nif [ "$1" = up ]; then echo {CANARY}-two | {real} config set --stack prod --secret token; fi\n'
        f'exec {real} "$@"\n'
    )
    shim.chmod(0o755)
    environment = {**infra.environment, "PATH": f"{shim.parent}{os.pathsep}{infra.environment['PATH']}", "PLAN": "1"}
    infra.project.up().assert_ok()
    done = subprocess.run(
        ["ci/up.sh"],
        cwd=infra.dev,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        stdin=subprocess.DEVNULL,
    )
    shown = done.stdout + done.stderr
    assert done.returncode == 1, shown
    assert "something changed between preview and up" in shown
    assert CANARY not in shown
    infra.project.destroy()
