"""`make check` looks at every piece of shell: scripts, and the blocks of the example pipelines."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from tests.support.engine import REPO
from tools import shell_lint


def test_every_script_of_the_repository_is_looked_at() -> None:
    names = subprocess.run(["git", "ls-files"], cwd=REPO, check=True, capture_output=True, text=True).stdout.split()
    shell = [name for name in names if _is_shell(REPO / name)]
    assert shell and set(shell) <= set(shell_lint.scripts())


def _is_shell(path: Path) -> bool:
    if not path.is_file() or path.suffix not in ("", ".sh"):
        return False
    return path.suffix == ".sh" or (path.read_bytes()[:2] == b"#!" and b"sh" in path.read_bytes().split(b"\n")[0])


def test_every_block_of_the_pipelines_is_looked_at() -> None:
    blocks = "\n".join(shell_lint.blocks().values())
    for script in (REPO / "examples/ci/ci").iterdir():
        if script.suffix in (".sh", ".py"):
            assert f"ci/{script.name}" in blocks


def test_mistake_in_a_block_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    bad = {"a.yml-run.sh": "#!/usr/bin/env -S bash -eo pipefail\ncat $1\n"}
    monkeypatch.setattr(shell_lint, "blocks", lambda: bad)
    monkeypatch.setattr(shell_lint, "scripts", list)
    assert shell_lint.main() == 1
