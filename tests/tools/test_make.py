"""The two commands of a new user, on a copy of the repository as a clone has it."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

REPO = Path(__file__).resolve().parents[2]


class Clone:
    """A copy of the files that git knows, with a virtualenv of its own made by the first `make`."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.git("init", "--quiet")
        names = self._run("git", "-C", str(REPO), "ls-files", "-z").stdout.split("\0")
        for name in filter(None, names):
            if (REPO / name).exists():
                (folder / name).parent.mkdir(parents=True, exist_ok=True)
                shutil.copy2(REPO / name, folder / name)
        self.git("add", "--all")
        self.git("-c", "user.name=t", "-c", "user.email=t@t", "commit", "--quiet", "--message", "all")

    def git(self, *args: str) -> str:
        done = self._run("git", *args)
        assert done.returncode == 0, done.stderr
        return done.stdout

    def make(self, *args: str, **env: str) -> str:
        done = self._run("make", *args, **env)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout + done.stderr

    def _run(self, *command: str, **env: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            command,
            cwd=self.folder,
            env={**os.environ, **env},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=900,
            check=False,
        )


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
def test_up_up_down_leaves_nothing(clone: Clone) -> None:
    first = clone.make("up")
    assert "todo_todo-web" in first
    assert "todo_todo-web answers on" in first
    second = clone.make("up")
    assert " unchanged" in second
    assert not any(word in second for word in (" created", " updated", " deleted", " replaced"))
    assert clone.git("status", "--porcelain") == ""
    assert (clone.folder / ".swarm/local/passphrase").stat().st_mode & 0o777 == 0o600
    assert "nothing is left" in clone.make("down")
    assert not (clone.folder / ".swarm").exists()
    assert "nothing is left" in clone.make("down")
