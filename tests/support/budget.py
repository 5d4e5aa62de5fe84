"""What a group of tests may cost, in processor time, so that a busy machine fails nothing.

Setup and call of each test count, with the processes that it starts and waits for.
"""

from __future__ import annotations

import resource
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

PLUGIN = Path(__file__).resolve().parents[1] / "plugin"
BUDGET_S = 20.0
"""For all tests in tests/plugin that need no engine: the plugin's logic is tried in seconds."""
NEEDS_AN_ENGINE = ("e2e", "live", "multinode")
_COST = "cpu_s"


class Budget:
    """A pytest plugin that adds the costs up, also those of tests in other processes, and fails a run beyond them."""

    def __init__(self, folder: Path = PLUGIN, budget_s: float = BUDGET_S) -> None:
        self._folder = folder
        self._budget_s = budget_s
        self.spent_s = 0.0

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_setup(self, item: pytest.Item) -> Iterator[None]:
        with self._counted(item):
            return (yield)

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_call(self, item: pytest.Item) -> Iterator[None]:
        with self._counted(item):
            return (yield)

    @contextmanager
    def _counted(self, item: pytest.Item) -> Iterator[None]:
        began = _processor_s()
        try:
            yield
        finally:
            if self._folder in item.path.parents and not any(map(item.get_closest_marker, NEEDS_AN_ENGINE)):
                item.user_properties.append((_COST, _processor_s() - began))

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.when == "teardown":
            self.spent_s += sum(
                cost for name, cost in report.user_properties if name == _COST and isinstance(cost, float)
            )

    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        if self.spent_s > self._budget_s and session.exitstatus == pytest.ExitCode.OK:
            session.exitstatus = pytest.ExitCode.TESTS_FAILED

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        if self.spent_s > self._budget_s:
            spent = f"{self.spent_s:.1f} s of processor time, more than {self._budget_s:.0f} s"
            terminalreporter.write_line(f"FAILED the tests without an engine in {self._folder.name} took {spent}")


def _processor_s() -> float:
    children = resource.getrusage(resource.RUSAGE_CHILDREN)
    return time.process_time() + children.ru_utime + children.ru_stime
