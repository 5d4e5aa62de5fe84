"""docs/testing.md: its files are a program with tests that pass."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from tests.docs.fences import fences
from tests.support.engine import REPO

PAGE = REPO / "docs" / "testing.md"


def test_files_of_the_page_are_tests_that_pass(tmp_path: Path) -> None:
    blocks = fences(PAGE)
    assert all(block.title for block in blocks)
    for block in blocks:
        (tmp_path / block.title).write_text(block.text)
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-W", "error", "--rootdir=."]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert f"{sum(block.text.count('def test_') for block in blocks)} passed" in done.stdout
