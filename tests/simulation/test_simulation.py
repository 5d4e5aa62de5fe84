"""Histories of many seeds hold, and one seed is one history."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
SEEDS = 300


def _simulate(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "tests.simulation", *arguments],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT), "PYTHONHASHSEED": "0"},
        capture_output=True,
        text=True,
        check=False,
    )


def test_three_hundred_histories_hold() -> None:
    done = _simulate("--seeds", str(SEEDS), "--seed", "1")
    assert done.returncode == 0, done.stdout + done.stderr


def test_one_seed_is_one_history() -> None:
    first, second = (_simulate("--only", "6", "--whole") for _ in range(2))
    assert first.stdout == second.stdout
    assert "pulumi up" in first.stdout
