"""`SWARM_PROVIDER_LOG=FILE`: what the plugin is asked and does, and the tracebacks of its own faults, for a report.

Without the variable nothing is written, not even to stderr, which Pulumi shows: a traceback quotes whatever it was
about. Secrets are masked in each record as a whole. What libraries log goes the same way. Several plugin processes, and
several runs, append to one file; only its owner may read it.
"""

from __future__ import annotations

import logging
import os
import traceback
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final

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


def open_log(environ: Mapping[str, str], clean: Callable[[str], str]) -> None:
    """Send what is logged in this process to the file that the environment names; nowhere, if it names none.

    Args:
        clean: makes a text fit to be stored: without secrets, and harmless.

    Raises:
        SwarmProviderError: the file cannot be written.
    """
    path = environ.get(VARIABLE)
    handler = _file(path) if path else logging.NullHandler()
    handler.name = VARIABLE
    handler.setFormatter(_Masked(clean))
    everything = logging.getLogger()
    for earlier in [one for one in everything.handlers if one.name == VARIABLE]:
        everything.removeHandler(earlier)
        earlier.close()
    everything.addHandler(handler)
    logging.getLogger("swarm_provider").setLevel(logging.DEBUG if path else logging.NOTSET)


def _file(path: str) -> logging.Handler:
    try:
        # what a traceback quotes is nobody else's to read
        os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600))
        return logging.FileHandler(path, encoding="utf-8")
    except OSError as error:
        raise SwarmProviderError(f"{VARIABLE}: cannot write {path!r}: {error.strerror}") from None


def of_a_fault(error: BaseException, environ: Mapping[str, str]) -> str:
    """Return the one line for a fault of the provider itself: what, where in its code, and where the traceback is."""
    frames = traceback.extract_tb(error.__traceback__)
    ours = [frame for frame in frames if Path(frame.filename).is_relative_to(_ROOT)]
    place = f" ({Path(ours[-1].filename).relative_to(_ROOT)}:{ours[-1].lineno})" if ours else ""
    path = environ.get(VARIABLE)
    log = f"the log {path} has its traceback" if path else f"run again with {VARIABLE}=FILE for its traceback"
    return f"internal error in the swarm provider, please report it: {type(error).__name__}: {error}{place}; {log}"
