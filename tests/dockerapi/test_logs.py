"""Docker's log stream as text."""

from __future__ import annotations

from swarm_provider.dockerapi.logs import text_of


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
