"""Docker's log stream as text. Pure."""

from __future__ import annotations

_HEADER = 8
_STREAMS = (0, 1, 2)


def text_of(data: bytes) -> str:
    """Return the text of a log answer.

    It comes in frames, each a header of 8 bytes (stream, length) and the content; plain from a terminal.
    """
    return _content(data).decode(errors="replace").replace("\r\n", "\n")


def _content(data: bytes) -> bytes:
    parts: list[bytes] = []
    at = 0
    while at + _HEADER <= len(data):
        if data[at] not in _STREAMS or data[at + 1 : at + 4] != b"\0\0\0":
            # a container with a terminal has no frames
            return data if not parts else b"".join(parts)
        length = int.from_bytes(data[at + 4 : at + _HEADER], "big")
        parts.append(data[at + _HEADER : at + _HEADER + length])
        at += _HEADER + length
    return b"".join(parts) if parts else data
