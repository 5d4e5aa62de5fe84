"""What leaves a failed task's output: its end, cut to a sane length, without secrets."""

from __future__ import annotations

from swarm_provider.core.masking import SecretFilter
from swarm_provider.plan.rollout.causes import Cause
from swarm_provider.rollout.diagnose import LINE_LENGTH, TAIL_LINES, Evidence, reasons

CRASH = Cause("crash", "todo_web.1 on node1: exited with code 1", "task1", "container1", "node1")
HEALTH = Cause("health", "todo_web.1 on node1: its health check failed", "task1", "container1", "node1")


def test_output_ends_with_the_last_lines() -> None:
    log = "\n".join(f"line {number}" for number in range(100))
    told = reasons([CRASH], {"task1": Evidence(log)}, SecretFilter())
    assert told[0] == CRASH.text
    lines = told[1].splitlines()
    assert lines[0] == "last output:"
    assert lines[1:] == [f"    line {number}" for number in range(100 - TAIL_LINES, 100)]


def test_long_line_is_cut_after_its_secrets_were_masked() -> None:
    secret = "x" * (LINE_LENGTH + 50)
    told = reasons([CRASH], {"task1": Evidence(f"key {secret} end\n" + "y" * 1000)}, SecretFilter([secret]))
    assert "xxxx" not in told[1]
    assert max(map(len, told[1].splitlines())) <= LINE_LENGTH + 4


def test_control_characters_do_not_reach_the_terminal() -> None:
    told = reasons([CRASH], {"task1": Evidence("\x1b[31mred\x1b[0m\x07\n")}, SecretFilter())
    assert told[1] == "last output:\n    red"


def test_last_health_check_is_shown_for_a_failing_one() -> None:
    told = reasons([HEALTH], {"task1": Evidence("", "connection refused\n")}, SecretFilter())
    assert told == [HEALTH.text, "last health check: connection refused"]


def test_health_check_of_a_crashed_task_is_not_shown() -> None:
    assert reasons([CRASH], {"task1": Evidence("", "fine")}, SecretFilter()) == [CRASH.text]


def test_cause_itself_is_masked() -> None:
    cause = Cause("command", 'todo_web.1: its command failed to start: exec: "hunter2-hunter2"')
    assert "hunter2" not in reasons([cause], {}, SecretFilter(["hunter2-hunter2"]))[0]
