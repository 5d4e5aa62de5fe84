"""A forge's runner: a fresh clone for each job, and the steps of a workflow or a job one after the other."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from tests.support.engine import REPO

EXAMPLES = REPO / "examples" / "ci"
_EXPRESSION = re.compile(r"\$\{\{ *(.*?) *\}\}")
_INSTALLING = ("actions/checkout@", "actions/setup-python@", "pulumi/actions@", "actions/upload-artifact@")


@dataclass(frozen=True)
class Job:
    """How a job ended: its exit code, all that it printed, and the folder that it ran in."""

    code: int
    log: str
    folder: Path

    def assert_ok(self) -> Job:
        assert self.code == 0, self.log
        return self


class Runner:
    """Runs jobs on clones of `origin`; `values` are what expressions such as `secrets.X` stand for."""

    def __init__(self, folder: Path, origin: Path, environment: dict[str, str], values: dict[str, str]) -> None:
        self._folder, self._origin = folder, origin
        self._environment, self._values = environment, values
        self._number = 0

    def github(self, workflow: str, branch: str) -> Job:
        """Run the one job of a workflow, step by step, as GitHub does."""
        data = yaml.safe_load((EXAMPLES / "github" / workflow).read_text(encoding="utf-8"))
        (job,) = data["jobs"].values()
        clone, home = self._fresh(branch)
        general = {**self._environment, "HOME": str(home), "GITHUB_STEP_SUMMARY": str(clone / "summary.md")}
        general |= self._filled(data.get("env") or {})
        log, code = "", 0
        for step in job["steps"]:
            if "uses" in step:
                assert step["uses"].startswith(_INSTALLING), step
                continue
            always = step.get("if") == "${{ !cancelled() }}"
            assert always or "if" not in step, step
            if code and not always:
                continue
            environment = {**general, **self._filled(step.get("env") or {})}
            done = _bash(step["run"], clone, environment)
            log += done.stdout
            code = code or done.returncode
        return Job(code, log, clone)

    def gitlab(self, name: str, branch: str) -> Job:
        """Run a job in one shell, as GitLab does."""
        data = yaml.safe_load((EXAMPLES / "gitlab" / ".gitlab-ci.yml").read_text(encoding="utf-8"))
        job = {**data[data[name].get("extends", "")], **data[name]}
        clone, home = self._fresh(branch)
        environment = {**self._environment, "HOME": str(home), **data["variables"], **(job.get("variables") or {})}
        done = _bash("\n".join([*job["before_script"], *job["script"]]), clone, environment)
        return Job(done.returncode, done.stdout, clone)

    def _fresh(self, branch: str) -> tuple[Path, Path]:
        self._number += 1
        clone, home = self._folder / f"runner-{self._number}", self._folder / f"home-{self._number}"
        home.mkdir()
        git(self._folder, "clone", "-q", "--branch", branch, str(self._origin), str(clone))
        # what pip would put there, and no package index is needed
        (clone / ".venv").symlink_to(sys.prefix)
        return clone, home

    def _filled(self, given: dict[str, Any]) -> dict[str, str]:
        return {key: _EXPRESSION.sub(lambda match: self._value(match[1]), str(value)) for key, value in given.items()}

    def _value(self, expression: str) -> str:
        """Return the first of `a || b` that is not empty."""
        values = [self._values[name.strip()] for name in expression.split("||")]
        return next(filter(None, values), "")


def git(folder: Path, *args: str) -> str:
    """Run git as somebody, without the machine's settings."""
    environment = {
        **os.environ, "GIT_CONFIG_GLOBAL": "/dev/null", "GIT_CONFIG_SYSTEM": "/dev/null",
        "GIT_AUTHOR_NAME": "dev", "GIT_AUTHOR_EMAIL": "dev@example.com",
        "GIT_COMMITTER_NAME": "dev", "GIT_COMMITTER_EMAIL": "dev@example.com",
    }  # fmt: skip
    done = subprocess.run(["git", *args], cwd=folder, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def _bash(script: str, folder: Path, environment: dict[str, str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["bash", "-eo", "pipefail", "-c", script],
        cwd=folder,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=600,
        check=False,
    )
