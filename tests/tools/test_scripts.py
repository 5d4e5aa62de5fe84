"""What all scripts have in common, and what they say when they cannot work."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

REPO = Path(__file__).resolve().parents[2]
SCRIPTS = sorted(
    str(path.relative_to(REPO))
    for path in [*REPO.glob("tools/*.sh"), *REPO.glob("testbed/*.sh")]
    if os.access(path, os.X_OK)
)


def run(*command: str, **env: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command, cwd=REPO, env={**os.environ, **env}, capture_output=True, text=True, timeout=60, check=False
    )


@pytest.mark.parametrize("script", SCRIPTS)
def test_script_explains_itself(script: str) -> None:
    done = run(script, "--help")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith(f"usage: {Path(script).name}")


@pytest.mark.parametrize("script", ["tools/up.sh", "tools/down.sh", "tools/setup.sh", "tools/check.sh"])
def test_unknown_argument_is_refused(script: str) -> None:
    done = run(script, "nonsense")
    assert done.returncode == 2
    assert "usage:" in done.stderr


def test_every_make_target_is_explained() -> None:
    listed = {line.split()[0] for line in run("make", "help").stdout.splitlines()}
    assert {"help", "up", "down", "test", "check", "accept"} <= listed


def test_missing_cli_says_where_it_was_looked_for(tmp_path: Path) -> None:
    done = run("tools/pulumi-cli.sh", "--find", PATH="/usr/bin:/bin", XDG_CACHE_HOME=str(tmp_path))
    assert done.returncode != 0
    assert f"on PATH or in {tmp_path}/swarm-provider" in done.stderr


def test_up_on_current_context_without_a_daemon_says_so(tmp_path: Path) -> None:
    done = run("tools/up.sh", "current", DOCKER_HOST=f"unix://{tmp_path}/none.sock")
    assert done.returncode != 0
    assert "does not answer" in done.stdout + done.stderr
    assert "deploying to the current docker context" in done.stdout
