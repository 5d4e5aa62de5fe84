"""Every command that a page shows in a block is run: page by page, from top to bottom, on a real swarm."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from swarm_provider.spec import labels
from tests.docs.checkout import checkout
from tests.docs.fences import fences
from tests.examples.runner import git
from tests.support.engine import REPO, Docker, Engine
from tests.support.pulumi import PulumiProject

DOCS = REPO / "docs"
ELSEWHERE = {
    "python3 -m venv": "tests/tools/test_make.py: tools/setup.sh does it",
    "pip install": "tests/tools/test_make.py: tools/setup.sh does it",
    "make ": "tests/tools/test_make.py",
    ". .swarm/local/env": "tests/tools/test_make.py",
    "python -m swarm_provider.model": "tests/model/test_schema.py and tests/docs/test_pages.py call the same",
}
"""What commands begin with that another test runs."""
PAGES_ELSEWHERE = {
    "from-docker-commands.md": "tests/docs/test_from_docker_commands.py",
    "README.md": "its commands are those of getting-started.md, for a program of the reader's",
    "README.ko.md": "the same",
    "CONTRIBUTING.md": "all are make targets, and two that check.sh's tests call",
}


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
SHELLS = ("sh", "bash", "console")


def _pages() -> list[Path]:
    return sorted([*REPO.glob("*.md"), *DOCS.rglob("*.md")])


@pytest.mark.parametrize("page", _pages(), ids=lambda page: page.name)
def test_page_with_commands_is_run_by_a_test(page: Path) -> None:
    if any(fence.language in SHELLS for fence in fences(page)):
        assert page.name in PAGES or page.name in PAGES_ELSEWHERE, f"nobody runs the commands of {page.name}"


@pytest.mark.long
@pytest.mark.e2e
@pytest.mark.timeout(1200)
@pytest.mark.parametrize("name", PAGES)
def test_commands_of_the_page_work(name: str, engine: Engine, docker: Docker, pulumi_cli: Path, tmp_path: Path) -> None:
    engine.images("todo", "db")
    project = checkout(tmp_path, host=docker.host, cli=pulumi_cli)
    environment = {
        **project.environment,
        "HOME": str(tmp_path),
        "PULUMI_SKIP_CONFIRMATIONS": "true",
        "PULUMI_OPTION_SKIP_PREVIEW": "true" if name != "pipelines.md" else "false",
        **{f"GIT_{who}_{what}": "dev" for who in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")},
    }
    PAGES[name](project)
    ran = 0
    for fence in fences(DOCS / name):
        if fence.language not in SHELLS:
            continue
        lines = [line for line in fence.text.splitlines() if not line.startswith(tuple(ELSEWHERE))]
        if len(lines) < len(fence.text.splitlines()) and "docker stack ps" in fence.text and ".swarm" in fence.text:
            continue
        script = _here("\n".join(lines), docker.host)
        if not script.strip():
            continue
        done = subprocess.run(
            ["bash", "-euo", "pipefail", "-c", script],
            cwd=project.folder,
            env=environment,
            input="correct horse battery\n",
            capture_output=True,
            text=True,
            timeout=600,
            check=False,
        )
        assert done.returncode == 0, f"{name}:{fence.line}: exit {done.returncode}\n{done.stdout}\n{done.stderr}"
        assert "Traceback" not in done.stdout + done.stderr, f"{name}:{fence.line}\n{done.stdout}\n{done.stderr}"
        ran += 1
    assert ran
    for stack in ("staging", "dev", "prod"):
        subprocess.run(
            ["pulumi", "destroy", "--yes", "--stack", stack],
            cwd=project.folder, env=environment, capture_output=True, check=False, stdin=subprocess.DEVNULL,
        )  # fmt: skip


def _here(script: str, host: str) -> str:
    """Return the commands with this test's manager in the place of the reader's."""
    # the language host that can be built here cannot write programs: docs/troubleshooting.md
    script = script.replace("pulumi import ", "pulumi import --generate-code=false ")
    return re.sub(r"(?:ssh|tcp)://[\w@.-]*manager-\d(?::\d+)?", host, script)


def test_every_way_around_has_its_reason() -> None:
    for reason in (*ELSEWHERE.values(), *PAGES_ELSEWHERE.values()):
        for path in re.findall(r"tests/[\w/]+\.py", reason):
            assert (REPO / path).exists()
