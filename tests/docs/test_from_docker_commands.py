"""docs/from-docker-commands.md, run from top to bottom: by hand on one swarm, with Pulumi on another."""

from __future__ import annotations

import re
import shutil
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.docs.checkout import checkout
from tests.docs.fences import Fence, fences
from tests.support.engine import REPO, Docker, Engine, docker_environment, start_engine

PAGE = REPO / "docs" / "from-docker-commands.md"
_SOURCE_TEXT_COMMANDS = (
    "docker stack deploy",
    "docker stack ls",
    "docker service ls",
    "docker service ps",
    "docker stack services",
    "docker stack ps",
    "docker stack rm",
    "docker config create",
    "docker config ls",
    "docker config inspect --pretty",
    "docker secret create",
    "docker secret inspect --pretty",
    "docker node update --label-add",
    "docker node ls -q",
)


@pytest.fixture(scope="module")
def by_hand_engine(engine_dir: str) -> Iterator[Engine]:
    started = start_engine(engine=engine_dir)
    try:
        started.images("todo", "db")
        yield started
    finally:
        started.down()


@pytest.mark.parametrize("command", _SOURCE_TEXT_COMMANDS)
def test_page_has_each_command_of_the_source_text(command: str) -> None:
    assert any(command in fence.text for fence in fences(PAGE)), f"{command} is missing"


@pytest.mark.long
@pytest.mark.e2e
@pytest.mark.timeout(900)
def test_page_blocks_run_and_both_swarms_show_the_same(
    engine: Engine, by_hand_engine: Engine, pulumi_cli: Path, tmp_path: Path
) -> None:
    engine.images("todo", "db")
    with engine.cleaned():
        page = _Page(engine.docker, by_hand_engine.docker, pulumi_cli, tmp_path)
        for fence in fences(PAGE):
            page.run(fence)


class _Page:
    """A copy of the repository's program for each of the two swarms."""

    def __init__(self, here: Docker, by_hand: Docker, cli: Path, folder: Path) -> None:
        self.here, self.by_hand = here, by_hand
        project = checkout(folder, host=here.host, cli=cli)
        self.folders = {"here": project.folder, "by-hand": folder / "by-hand"}
        self.environments = {
            # the page's reader looks at the preview that `up` shows first; the test has no eyes
            "here": {**project.environment, "PULUMI_OPTION_SKIP_PREVIEW": "true"},
            "by-hand": {**docker_environment(), "DOCKER_HOST": by_hand.host},
        }
        shutil.copytree(REPO / "stacks", self.folders["by-hand"] / "stacks")

    def run(self, fence: Fence) -> None:
        kind, _, path = fence.title.partition("=")
        if kind == "file":
            target = self.folders["here"] / path
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(fence.text)
        elif kind == "both":
            self._compare(fence)
        elif kind in self.folders:
            self._shell(fence, kind)
            if "docker stack rm" in fence.text:
                _until(lambda: not self.by_hand.lines("ps", "-q"), "the tasks of a removed stack go")

    def _shell(self, fence: Fence, place: str) -> str:
        done = subprocess.run(
            ["bash", "-euo", "pipefail", "-c", fence.text],
            cwd=self.folders[place],
            env=self.environments[place],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )
        where = f"{PAGE.name}:{fence.line} ({place})"
        assert done.returncode == 0, f"{where}: exit {done.returncode}\n{done.stdout}\n{done.stderr}"
        return done.stdout

    def _compare(self, fence: Fence) -> None:
        shown: dict[str, list[str]] = {}

        def equal() -> bool:
            # the deploy by hand does not wait, so its swarm may still be on its way
            shown.update({place: _essence(self._shell(fence, place)) for place in self.folders})
            return shown["here"] == shown["by-hand"]

        _until(equal, f"{PAGE.name}:{fence.line}: both swarms show the same", shown)


def _essence(output: str) -> list[str]:
    """Lines without what differs from swarm to swarm: ids, times; in the order of their names."""
    lines = []
    for line in output.splitlines():
        line = re.sub(r"\b[a-z0-9]{12}\b|\b[a-z0-9]{25}\b", "", line)
        line = re.sub(r"(Less than|About)? ?(a|an|\d+) (second|minute)s? ago", "", line, flags=re.IGNORECASE)
        lines.append(" ".join(line.split()))
    return sorted(lines)


def _until(condition: object, what: str, shown: object = "") -> None:
    end = time.monotonic() + 60
    while not condition():  # type: ignore[operator]
        assert time.monotonic() < end, f"not within 60 s: {what}\n{shown}"
        time.sleep(0.5)
