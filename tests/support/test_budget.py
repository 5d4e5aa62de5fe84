"""Tests that cost too much processor time fail the run, whichever process they ran in."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.engine import REPO

CONFTEST = """
from pathlib import Path
from tests.support.budget import Budget

def pytest_configure(config):
    config.addinivalue_line("markers", "live: needs an engine")
    config.pluginmanager.register(Budget(Path(__file__).parent, 0.1))
"""
TEST = """
import time
import pytest

{mark}
def test_costs():
    began = time.{clock}()
    while time.{clock}() - began < 0.3:
        {work}
"""


def run(
    folder: Path, *options: str, mark: str = "", clock: str = "process_time", work: str = "pass"
) -> tuple[int, str]:
    (folder / "conftest.py").write_text(CONFTEST)
    (folder / "test_it.py").write_text(TEST.format(mark=mark, clock=clock, work=work))
    command = [sys.executable, "-m", "pytest", "-c", os.devnull, f"--rootdir={folder}", "-p", "no:cacheprovider"]
    environ = {**os.environ, "PYTHONPATH": str(REPO)}
    done = subprocess.run([*command, *options, str(folder)], capture_output=True, text=True, env=environ, check=False)
    return done.returncode, done.stdout


@pytest.mark.parametrize("options", [(), ("-n", "1")], ids=["in one process", "in others"])
def test_run_beyond_the_budget_fails_and_says_so(tmp_path: Path, options: tuple[str, ...]) -> None:
    code, said = run(tmp_path, *options)
    assert code == 1 and "1 passed" in said
    assert f"FAILED the tests without an engine in {tmp_path.name} took 0." in said


def test_waiting_costs_nothing(tmp_path: Path) -> None:
    code, said = run(tmp_path, clock="monotonic", work="time.sleep(0.1)")
    assert (code, "FAILED" in said) == (0, False)


def test_tests_with_an_engine_are_not_counted(tmp_path: Path) -> None:
    assert run(tmp_path, mark="@pytest.mark.live")[0] == 0
