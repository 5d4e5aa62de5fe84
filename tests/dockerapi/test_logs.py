"""Docker's log stream as text."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from swarm_provider.dockerapi import Swarm, tasks
from swarm_provider.dockerapi.logs import text_of
from swarm_provider.errors import DockerError
from tests.dockerapi.conftest import on_swarm
from tests.dockerapi.stub import Late, Reply, stub_daemon


def frame(stream: int, text: bytes) -> bytes:
    return bytes([stream, 0, 0, 0]) + len(text).to_bytes(4, "big") + text


def test_frames_of_both_streams_come_in_order() -> None:
    assert (
        text_of(frame(1, b"out\n") + frame(2, "fehler: ü\n".encode()) + frame(1, b"end\n")) == "out\nfehler: ü\nend\n"
    )


def test_text_of_a_terminal_has_no_frames() -> None:
    assert text_of(b"hello\r\nworld\r\n") == "hello\nworld\n"


def test_last_frame_may_be_cut() -> None:
    assert text_of(frame(1, b"whole\n") + frame(1, b"cut off\n")[:-4]) == "whole\ncut "
    assert text_of(frame(1, b"whole\n") + b"\x01\0") == "whole\n"


def test_no_log_is_no_text() -> None:
    assert text_of(b"") == ""


@pytest.mark.parametrize("is_late", ["answer", "text"])
def test_log_that_a_node_does_not_give_out_is_told_from_one_that_is_empty(
    short_path: Path, monkeypatch: pytest.MonkeyPatch, is_late: str
) -> None:
    monkeypatch.setattr(tasks, "LOG_SECONDS", 0.3)

    def daemon(method: str, path: str) -> Reply:
        if is_late == "answer" and "silent" in path:
            time.sleep(1.0)
        return (200, Late(b"" if "silent" in path else frame(1, b"said\n")))

    async def work(swarm: Swarm) -> tuple[str, str]:
        said = await swarm.task_logs("talks")
        with pytest.raises(DockerError) as caught:
            await swarm.task_logs("silent")
        return said, str(caught.value)

    with stub_daemon(short_path, "d", daemon) as stub:
        assert on_swarm(work, host=stub.host) == ("said\n", "its node timed out after 0.3 s")
