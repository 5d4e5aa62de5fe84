"""A copy of the repository as a clone has it, for tests of what its reader does there."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

from tests.support.engine import REPO


class Clone:
    """A copy of the files that git knows, with a virtualenv of its own made by the first `make`."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir(exist_ok=True)
        self.git("init", "--quiet")
        names = self._run("git", "-C", str(REPO), "ls-files", "-z").stdout.split("\0")
        for name in filter(None, names):
            if (REPO / name).exists():
                (folder / name).parent.mkdir(parents=True, exist_ok=True)
                shutil.copy2(REPO / name, folder / name)
        self.git("add", "--all")
        # the same commit, whenever it is made: a source distribution names it
        dates = dict.fromkeys(("GIT_AUTHOR_DATE", "GIT_COMMITTER_DATE"), "2026-01-01T00:00:00Z")
        self.git("-c", "user.name=t", "-c", "user.email=t@t", "commit", "--quiet", "--message", "all", **dates)

    def git(self, *args: str, **env: str) -> str:
        done = self._run("git", *args, **env)
        assert done.returncode == 0, done.stderr
        return done.stdout

    def make(self, *args: str, **env: str) -> str:
        done = self._run("make", *args, **env)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout + done.stderr

    def bash(self, script: str) -> str:
        """Run lines of a page."""
        done = self._run("bash", "-euo", "pipefail", "-c", script)
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
