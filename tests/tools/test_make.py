"""The two commands of a new user, on a copy of the repository as a clone has it."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.docs.fences import fences
from tests.support.engine import REPO, Docker, Engine
from tests.tools.clone import Clone


@pytest.fixture
def clone() -> Iterator[Clone]:
    # short: the engine's sockets lie below it
    with tempfile.TemporaryDirectory(prefix="spmk", dir="/tmp") as folder:
        made = Clone(Path(folder))
        try:
            yield made
        finally:
            made.make("down")


@pytest.mark.e2e
@pytest.mark.long
@pytest.mark.timeout(1800)
def test_up_up_down_leaves_nothing(clone: Clone, engine: Engine, docker: Docker) -> None:
    first = clone.make("up")
    assert "todo_todo-web" in first
    assert "todo_todo-web answers on" in first
    second = clone.make("up")
    assert " unchanged" in second
    assert not any(word in second for word in (" created", " updated", " deleted", " replaced"))
    assert clone.git("status", "--porcelain") == ""
    assert (clone.folder / ".swarm/local/passphrase").stat().st_mode & 0o777 == 0o600
    # docs/getting-started.md: commands of one's own, in the same shell
    (after,) = [one for one in fences(REPO / "docs/getting-started.md") if ". .swarm/local/env" in one.text]
    assert "todo_todo-web.1" in clone.bash(after.text)
    assert "nothing is left" in clone.make("down")
    assert not (clone.folder / ".swarm").exists()
    assert "nothing is left" in clone.make("down")
    # the same program on a swarm that was there before
    engine.images("todo", "db")
    current = clone.make("up", "SWARM=current", DOCKER_HOST=docker.host)
    assert docker.host in current and "todo_todo-web" in current
    assert len(docker.tasks("todo_todo-web")) == 2
    assert "nothing is left" in clone.make("down", DOCKER_HOST=docker.host)
    assert docker.lines("service", "ls", "-q") == []
    clone.make("setup")
    assert (clone.folder / ".venv/bin/ruff").exists()
