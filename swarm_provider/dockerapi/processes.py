"""Other programs that are run for their answer: a credential helper, a version. Each has a time-out.

A program may be a script that starts others, which keep its output open after it has been killed. So each runs in a
process group of its own that is ended as a whole, and writes into a file, which nobody has to wait for.
"""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from typing import IO

_LONGEST_OUTPUT = 1 << 20


def output_of(
    command: Sequence[str], *, environ: Mapping[str, str], timeout: float, given: str = ""
) -> tuple[int, str]:
    """Run a program; return its exit code and what it wrote to its standard output.

    Args:
        command: the program and its arguments.
        environ: its whole environment.
        timeout: seconds after which it is ended.
        given: what it reads from its standard input.

    Raises:
        OSError: it cannot be started.
        subprocess.TimeoutExpired: it did not end in time; it and what it has started are ended.
    """
    with _nameless() as incoming, _nameless() as outgoing:
        incoming.write(given.encode())
        incoming.seek(0)
        process = subprocess.Popen(
            command,
            stdin=incoming,
            stdout=outgoing,
            stderr=subprocess.DEVNULL,
            env=dict(environ),
            start_new_session=True,
        )
        try:
            code = process.wait(timeout)
        finally:
            if process.returncode is None:
                _end(process)
        outgoing.seek(0)
        return code, outgoing.read(_LONGEST_OUTPUT).decode(errors="replace")


def _nameless() -> IO[bytes]:
    """Return a file without a name; where the system can, in memory: a credential helper's answer is a password."""
    if sys.platform == "linux":
        with contextlib.suppress(OSError):
            return os.fdopen(os.memfd_create("answer"), "w+b")
    return tempfile.TemporaryFile()


def _end(process: subprocess.Popen[bytes]) -> None:
    if hasattr(os, "killpg"):
        os.killpg(process.pid, signal.SIGKILL)
    else:
        process.kill()
    with contextlib.suppress(subprocess.TimeoutExpired):
        process.wait(2)
