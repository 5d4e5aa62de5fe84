"""The commands of the pages, executed: blocks page by page from top to bottom, those of sentences on one live stack."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from swarm_provider.core import labels
from tests.docs import inventory
from tests.docs.checkout import checkout
from tests.docs.commands import SHELLS, simple_commands
from tests.docs.fences import fences
from tests.examples.runner import git
from tests.support.engine import REPO, Docker, Engine, docker_environment, start_engine
from tests.support.pulumi import FOREIGN, PulumiProject
from tests.support.registry import PASSWORD, USER, run_registry
from tests.tools.clone import Clone

pytestmark = [pytest.mark.long, pytest.mark.e2e, pytest.mark.timeout(1200)]
DOCS = REPO / "docs"
OTHERS = (*inventory.ELSEWHERE, *inventory.NOT_HERE, *(run.shown for run in inventory.IN_A_CLONE))
"""Commands that a block may have and that are not executed with it."""


def nothing(project: PulumiProject) -> None:
    """The page begins with the repository as it is."""


def without_stack(project: PulumiProject) -> None:
    project.run("stack", "rm", "--yes", "dev").assert_ok()


def deployed(project: PulumiProject) -> None:
    project.config_set("step", "secret").assert_ok()
    project.config_set("imageTag", "latest").assert_ok()
    project.config_set("replicas", "2").assert_ok()
    project.up().assert_ok()


def in_git(project: PulumiProject) -> None:
    git(project.folder, "init", "-q")
    (project.folder / ".gitignore").write_text(".venv\n")
    git(project.folder, "add", "-A")
    git(project.folder, "commit", "-q", "-m", "first")


def legacy(project: PulumiProject) -> None:
    """A stack that docker made."""
    (project.folder / "__main__.py").write_text("")
    named = ["--name", "todo_todo-web", "--label", f"{labels.NAMESPACE}=todo"]
    command = ["docker", "service", "create", "--detach", *named, "bb:1", "sleep", "100000"]
    subprocess.run(command, env=project.environment, check=True, capture_output=True)


PAGES: dict[str, Callable[[PulumiProject], None]] = {
    "getting-started.md": without_stack,
    "environments.md": in_git,
    "clusters.md": deployed,
    "day-two.md": deployed,
    "pipelines.md": nothing,
    "state.md": deployed,
    "adopting.md": legacy,
}
BY_A_TEST = (*PAGES, "from-docker-commands.md", "README.md")
"""Pages whose blocks a test runs as they are; tests/docs/test_every_command.py asks it of every command."""


@pytest.mark.parametrize("name", PAGES)
def test_commands_of_the_page_work(name: str, engine: Engine, docker: Docker, pulumi_cli: Path, tmp_path: Path) -> None:
    engine.images("todo", "db")
    project = checkout(tmp_path, host=docker.host, cli=pulumi_cli)
    environment = _environment(project, tmp_path)
    if name == "pipelines.md":
        environment["PULUMI_OPTION_SKIP_PREVIEW"] = "false"
    PAGES[name](project)
    ran = 0
    for fence in fences(DOCS / name):
        # what comes after `make up` is run by tests/tools/test_make.py
        if fence.language not in SHELLS or ".swarm/" in fence.text:
            continue
        script = _here(_without(fence.text, OTHERS), docker.host)
        if script.strip():
            _bash(script, project.folder, environment, f"{name}:{fence.line}")
            ran += 1
    assert ran
    _destroy(project, environment, "staging", "dev", "prod")


def test_commands_of_sentences_and_tables_work(
    engine: Engine, docker: Docker, pulumi_cli: Path, tmp_path: Path
) -> None:
    engine.images("todo", "db")
    project = checkout(tmp_path, host=docker.host, cli=pulumi_cli)
    environment = _environment(project, tmp_path)
    deployed(project)
    _run(inventory.RUNS, project.folder, environment, docker.host)
    _destroy(project, environment, "dev")


def test_commands_that_need_an_engine_for_themselves_work(engine_dir: str, tmp_path: Path) -> None:
    alone = start_engine(engine=engine_dir)
    try:
        _run(inventory.ALONE, tmp_path, {**docker_environment(), "DOCKER_HOST": alone.host}, alone.host)
    finally:
        alone.down()


def test_login_that_the_pages_speak_of_is_the_one_that_services_get(
    engine: Engine, docker: Docker, tmp_path: Path
) -> None:
    with run_registry(engine, tmp_path, password=PASSWORD) as registry:
        environment = {
            **docker_environment(),
            "DOCKER_HOST": docker.host,
            "DOCKER_CONFIG": str(tmp_path / "login"),
            "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
        }
        create = f"docker service create --detach --name shop_web --label {labels.NAMESPACE}=shop {registry.image} true"
        login = f"docker login --username {USER} --password-stdin {registry.address}"
        _bash(f"{create}\n! swarm-provider refresh-auth shop", tmp_path, environment, "before the login")
        shown = _bash(
            f"echo {PASSWORD} | {login}\nswarm-provider refresh-auth shop", tmp_path, environment, "after the login"
        )
        assert f"shop_web: has the current login for {registry.address}" in shown


def test_readme_takes_its_reader_to_a_running_stack(
    engine: Engine, docker: Docker, pulumi_cli: Path, tmp_path: Path
) -> None:
    """README.md's own project out of its blocks, in a virtualenv that its own commands make, with pip's index."""
    clone = Clone(tmp_path / "clone")
    page = REPO / "README.md"
    folder = tmp_path / "infra"
    folder.mkdir()
    (folder / "shop.yml").write_text(
        "services:\n  web:\n    image: bb:${TAG}\n    command: sleep 100000\n    secrets: [db-password]\n"
        "secrets:\n  db-password:\n    external: true\n"
    )
    text = page.read_text(encoding="utf-8")
    for name in ("Pulumi.yaml", "__main__.py"):
        match = re.search(rf"^`{re.escape(name)}`[^`\n]*:\n\n```\w+\n(.*?)^```", text, re.MULTILINE | re.DOTALL)
        assert match, name
        (folder / name).write_text(match[1])
    script = "\n".join(_without(fence.text, OTHERS) for fence in fences(page) if fence.language in SHELLS)
    script = script.replace("/path/to/swarm-provider", str(clone.folder)).replace("imageTag 1.4.2", "imageTag 1")
    (tmp_path / "state").mkdir()
    environment = {
        **docker_environment(),
        "DOCKER_HOST": docker.host,
        "HOME": str(tmp_path),
        # the host that can be built from modules takes the first Python of PATH; newer ones that of Pulumi.yaml
        "PATH": f"{folder}/.venv/bin:{pulumi_cli}:{_without_venv()}",
        **FOREIGN,
        "PULUMI_HOME": str(tmp_path / "home"),
        "PULUMI_BACKEND_URL": f"file://{tmp_path}/state",
        "PULUMI_CONFIG_PASSPHRASE": "x",
        "PULUMI_SKIP_UPDATE_CHECK": "true",
        "PULUMI_SKIP_CONFIRMATIONS": "true",
    }
    _bash(script, folder, environment, "README.md")
    docker.wait_running("shop_web", 1)
    # a fresh clone on a fresh machine: no virtual environment, nothing in Pulumi's folder
    runner = tmp_path / "runner"
    shutil.copytree(folder, runner, ignore=shutil.ignore_patterns(".venv"))
    path = environment["PATH"].replace(f"{folder}/", f"{runner}/")
    fresh = {**environment, "PULUMI_HOME": str(tmp_path / "elsewhere"), "PATH": path}
    assert "there, `pulumi install` and then `.venv/bin/swarm-provider install-plugin` come" in text
    # that host would make the environment somewhere else
    install = f"pulumi install --no-dependencies\npython3 -m venv .venv\n.venv/bin/pip install --quiet {clone.folder}"
    _bash(f"{install}\n.venv/bin/swarm-provider install-plugin", runner, fresh, "README.md, a fresh machine")
    _bash("pulumi stack select dev\npulumi preview --expect-no-changes", runner, fresh, "README.md, a fresh machine")
    _bash("pulumi destroy --yes", folder, environment, "README.md, and away again")
    for name in ("DOCKER_HOST", "PULUMI_BACKEND_URL", "PULUMI_CONFIG_PASSPHRASE"):
        del environment[name]
    _run(inventory.IN_A_CLONE, clone.folder, environment, docker.host)


def _environment(project: PulumiProject, home: Path) -> dict[str, str]:
    return {
        **project.environment,
        "HOME": str(home),
        "DOCKER_CONFIG": str(home / ".docker"),
        # nobody is there who could say yes
        "PULUMI_SKIP_CONFIRMATIONS": "true",
        "PULUMI_OPTION_SKIP_PREVIEW": "true",
        **{f"GIT_{who}_{what}": "dev" for who in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")},
    }


def _run(runs: Sequence[inventory.Run], folder: Path, environment: dict[str, str], host: str) -> None:
    for run in runs:
        if run.given:
            _bash(_here(run.given, host), folder, environment, f"before {run.shown}")
        shown = _bash(_here(run.command, host), folder, environment, run.shown, run.codes)
        if run.then:
            shown += _bash(_here(run.then, host), folder, environment, f"after {run.shown}")
        assert run.says in shown, f"{run.shown}: no {run.says!r} in\n{shown}"


def _bash(
    script: str, folder: Path, environment: dict[str, str], where: str, codes: Sequence[int] = (0,)
) -> str:  # fmt: skip
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", script],
        cwd=folder,
        env=environment,
        input="correct horse battery\n",
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
    )
    shown = done.stdout + done.stderr
    assert done.returncode in codes, f"{where}: exit {done.returncode} of\n{script}\n{shown}"
    assert "Traceback" not in shown, f"{where}\n{shown}"
    return shown


def _without(script: str, others: Sequence[str]) -> str:
    """Leave out the lines that consist of such commands."""
    kept = [
        line for line in script.splitlines() if not (found := simple_commands(line)) or not set(found) <= set(others)
    ]
    return "\n".join(kept)


def _here(script: str, host: str) -> str:
    """Return the commands with this test's manager in the place of the reader's."""
    # the language host that can be built here cannot write programs: docs/troubleshooting.md
    script = re.sub(r"pulumi import (?!--generate)", "pulumi import --generate-code=false ", script)
    return re.sub(r"(?:ssh|tcp)://[\w@.-]*manager-\d(?::\d+)?", host, script)


def _without_venv() -> str:
    """PATH without the virtualenv of this test."""
    here = shutil.which("swarm-provider")
    own = str(Path(here).parent) if here else ""
    return os.pathsep.join(part for part in os.environ["PATH"].split(os.pathsep) if part != own)


def _destroy(project: PulumiProject, environment: dict[str, str], *stacks: str) -> None:
    for stack in stacks:
        subprocess.run(
            ["pulumi", "destroy", "--yes", "--stack", stack],
            cwd=project.folder, env=environment, capture_output=True, check=False, stdin=subprocess.DEVNULL,
        )  # fmt: skip
