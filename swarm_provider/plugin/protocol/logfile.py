"""`SWARM_PROVIDER_LOG=FILE`: what the plugin is asked, decides and does, and the tracebacks of its own faults.

Pulumi's `--logflow -v=9 --logtostderr` asks for the same on stderr, among Pulumi's own lines. Without either nothing is
written, not even to stderr, which Pulumi shows: a traceback quotes whatever it was about. Secrets are masked in each
record as a whole. What libraries log goes the same way. Several plugin processes, and several runs, append to one file;
only its owner may read it.
"""

from __future__ import annotations

import logging
import os
import sys
import traceback
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from swarm_provider.errors import SwarmProviderError

VARIABLE: Final = "SWARM_PROVIDER_LOG"
_FORMAT: Final = "%(asctime)s %(process)d %(levelname)s %(name)s: %(message)s"
_ROOT: Final = Path(__file__).parents[2]


class _Masked(logging.Formatter):
    def __init__(self, clean: Callable[[str], str]) -> None:
        super().__init__(_FORMAT)
        self._clean = clean

    def format(self, record: logging.LogRecord) -> str:
        return self._clean(super().format(record))


def is_asked_for(arguments: Sequence[str]) -> bool:
    """Tell whether Pulumi wants the log on stderr: what `--logflow -v=9 --logtostderr` hands to each plugin.

    CLI 3.274 writes `--logtostderr`, older ones one dash.
    """
    flags = [argument.lstrip("-") for argument in arguments if argument.startswith("-")]
    return "logtostderr" in flags and any(flag.startswith("v=") for flag in flags)


def open_log(environ: Mapping[str, str], clean: Callable[[str], str], arguments: Sequence[str] = ()) -> None:
    """Send what is logged in this process to the file that the environment names, and to stderr where Pulumi asks so.

    Args:
        environ: the environment of this process.
        clean: makes a string fit to be stored: without secrets, and harmless.
        arguments: of the plugin.

    Raises:
        SwarmProviderError: the file cannot be written.
    """
    path = environ.get(VARIABLE)
    wanted: list[logging.Handler] = [_file(path)] if path else []
    if is_asked_for(arguments):
        wanted.append(logging.StreamHandler(sys.stderr))
    everything = logging.getLogger()
    for earlier in [one for one in everything.handlers if one.name == VARIABLE]:
        everything.removeHandler(earlier)
        earlier.close()
    # without a handler, Python's own would print what is serious to stderr
    for handler in wanted or [logging.NullHandler()]:
        handler.name = VARIABLE
        handler.setFormatter(_Masked(clean))
        everything.addHandler(handler)
    logging.getLogger("swarm_provider").setLevel(logging.DEBUG if wanted else logging.NOTSET)


def decision(answer: Any) -> str:
    """Return what an answer to Pulumi decides: what differs, what is refused, what it is called. No values."""
    found = {
        "differs": ", ".join(sorted(getattr(answer, "detailedDiff", ()))),
        "replaces": ", ".join(getattr(answer, "replaces", ())),
        "refuses": ", ".join(failure.reason for failure in getattr(answer, "failures", ())),
        "id": getattr(answer, "id", ""),
    }
    return "; ".join(f"{what}: {text}" for what, text in found.items() if text)


def _file(path: str) -> logging.Handler:
    try:
        # what a traceback quotes is nobody else's to read
        os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600))
        return logging.FileHandler(path, encoding="utf-8")
    except OSError as error:
        raise SwarmProviderError(f"{VARIABLE}: cannot write {path!r}: {error.strerror}") from None


def of_a_fault(error: BaseException, environ: Mapping[str, str]) -> str:
    """Return the line for an internal error of the provider: what, where in its code, and where the traceback is."""
    frames = traceback.extract_tb(error.__traceback__)
    ours = [frame for frame in frames if Path(frame.filename).is_relative_to(_ROOT)]
    place = f" ({Path(ours[-1].filename).relative_to(_ROOT)}:{ours[-1].lineno})" if ours else ""
    path = environ.get(VARIABLE)
    log = f"the log {path} has its traceback" if path else f"run again with {VARIABLE}=FILE for its traceback"
    return f"internal error in the swarm provider, please report it: {type(error).__name__}: {error}{place}; {log}"
