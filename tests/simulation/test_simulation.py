"""Histories of many seeds hold, one seed is one history, and planted bugs are found."""

from __future__ import annotations

import os
import resource
import subprocess
import sys
from pathlib import Path

import pytest

from tests.simulation import planted
from tests.simulation.planted import BUGS, MOST_SEEDS, ROOT, Bug

SEEDS = 300
WITHIN_S = 60.0
"""For all of these, on a machine that does nothing else; in processor time, of as many processors as work on them."""


def _simulate(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "tests.simulation", *arguments],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT), "PYTHONHASHSEED": "0"},
        capture_output=True,
        text=True,
        check=False,
    )


def _processors() -> float:
    """Seconds that processes of this one have used and that have ended."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def test_three_hundred_histories_hold() -> None:
    before = _processors()
    done = _simulate("--seeds", str(SEEDS), "--seed", "1")
    assert done.returncode == 0, done.stdout + done.stderr
    assert _processors() - before <= WITHIN_S * min(2, os.cpu_count() or 1)


def test_one_seed_is_one_history() -> None:
    first, second = (_simulate("--only", "6", "--whole") for _ in range(2))
    assert first.stdout == second.stdout
    assert "pulumi up" in first.stdout


@pytest.mark.parametrize("bug", BUGS, ids=lambda one: one.name)
def test_planted_bug_is_found(bug: Bug, tmp_path: Path) -> None:
    told = planted.found(bug, bug.seed, MOST_SEEDS)
    (tmp_path / "found").write_text(told)
    assert told
