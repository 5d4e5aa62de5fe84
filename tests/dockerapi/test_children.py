"""Other programs: each has a time-out, wherever it is started."""

from __future__ import annotations

import ast
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from swarm_provider.dockerapi.processes import output_of

REPO = Path(__file__).parents[2]
STARTERS = ("run", "call", "check_call", "check_output", "Popen", "create_subprocess_exec", "create_subprocess_shell")
# a process of ssh is a connection: it is ended with it, and what it does until then has the connection's time-outs
OWN_WAYS = {"swarm_provider/dockerapi/processes.py", "swarm_provider/dockerapi/connection/ssh.py"}


def starts(file: Path) -> list[ast.Call]:
    """The calls in a file that start a process."""
    calls = [node for node in ast.walk(ast.parse(file.read_text())) if isinstance(node, ast.Call)]
    return [
        call
        for call in calls
        if isinstance(call.func, ast.Attribute)
        and call.func.attr in STARTERS
        and isinstance(call.func.value, ast.Name)
        and call.func.value.id in ("subprocess", "asyncio")
        and (call.func.value.id, call.func.attr) != ("asyncio", "run")
    ]


def test_nothing_is_started_without_a_time_out() -> None:
    files = [*REPO.glob("swarm_provider/**/*.py"), *REPO.glob("examples/**/*.py"), *REPO.glob("*.py")]
    found = {str(file.relative_to(REPO)): starts(file) for file in files}
    assert {name for name, calls in found.items() if calls} >= OWN_WAYS
    without = [
        f"{name}:{call.lineno}"
        for name, calls in found.items()
        for call in calls
        if name not in OWN_WAYS and "timeout" not in [keyword.arg for keyword in call.keywords]
    ]
    assert not without


def test_wait_for_a_process_is_bounded_everywhere() -> None:
    for name in OWN_WAYS:
        for node in ast.walk(ast.parse((REPO / name).read_text())):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "wait":
                assert node.args or node.keywords, f"{name}:{node.lineno}"


def test_docker_py_is_never_asked_to_run_a_helper() -> None:
    # it would wait for ever
    for file in REPO.glob("swarm_provider/**/*.py"):
        text = file.read_text()
        assert "docker.credentials" not in text and "credstore_env" not in text, file


def test_output_and_exit_code() -> None:
    environ = {**os.environ, "WORD": "hello"}
    assert output_of(["sh", "-c", "read x; echo $WORD $x; exit 3"], environ=environ, timeout=5, given="you\n") == (
        3,
        "hello you\n",
    )


def test_program_that_hangs_is_ended_although_its_child_holds_the_output() -> None:
    began = time.monotonic()
    with pytest.raises(subprocess.TimeoutExpired):
        output_of(["sh", "-c", "sleep 600 & sleep 600"], environ=os.environ, timeout=0.2)
    assert time.monotonic() - began < 5


@pytest.mark.skipif(sys.platform != "linux", reason="memory has no files elsewhere")
def test_answer_is_on_no_disk() -> None:
    assert output_of(["readlink", "/proc/self/fd/1"], environ=os.environ, timeout=10)[1].startswith("/memfd:")
