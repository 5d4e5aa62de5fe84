"""`make accept ENGINES=...`: every engine has its turn, also after one that failed, and the end says how each went."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.support.engine import ENGINES, REPO

TEST = """#!/bin/sh
echo "tested with $*"
case "$*" in *28.5*) exit 1;; esac
"""


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """A repository with the script, whose checks pass and whose tests fail on 28.5."""
    for name in ("tools/accept.sh", "tools/lib.sh", "tests/support/engine.py"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(REPO / name, tmp_path / name)
    for name, text in (("check.sh", "#!/bin/sh\necho checked\n"), ("test.sh", TEST)):
        (tmp_path / "tools" / name).write_text(text)
        (tmp_path / "tools" / name).chmod(0o755)
    return tmp_path


def accept(repo: Path, engines: str, *options: str) -> subprocess.CompletedProcess[str]:
    command = [str(repo / "tools" / "accept.sh"), *options]
    env = {**os.environ, "ENGINES": engines}
    return subprocess.run(command, env=env, capture_output=True, text=True, timeout=60, check=False)


def test_every_engine_has_its_turn_and_a_line_at_the_end(copy: Path) -> None:
    done = accept(copy, " ".join(ENGINES), "-k", "x")
    tested = [line for line in done.stdout.splitlines() if line.startswith("tested with")]
    assert tested == [f"tested with --engine {name} -m live or e2e or multinode -k x" for name in ENGINES]
    ends = re.findall(r"^engine (\S+) \.* ?[\d.]+ s  \((\w+)\)$", done.stdout, re.MULTILINE)
    assert ends == [(name, "FAILED" if name == "28.5" else "passed") for name in ENGINES]
    assert (done.returncode, done.stderr) == (1, "accept.sh: failed on: 28.5\n")


def test_engines_that_pass_are_a_success(copy: Path) -> None:
    done = accept(copy, f"go {copy}")
    assert (done.returncode, done.stderr) == (0, "")


def test_engine_that_is_none_is_said_before_anything_runs(copy: Path) -> None:
    done = accept(copy, "20.10 28")
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == "accept.sh: no engine 28; choose from 20.10, 26.1, 28.5, go, or name a folder\n"
