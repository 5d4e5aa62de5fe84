"""An interrupted program ends without a page of Python's own words.

Pulumi interrupts a program as soon as something of the run has failed (seen with CLI 3.274). Python then prints
where it happened to be, over the one line that says what is wrong.
"""

from __future__ import annotations

import sys
from types import TracebackType

from swarm_provider.resources.discovery import in_program


def end_quietly() -> None:
    """Let an interrupt end this program without a traceback, where Pulumi runs it and nobody else has a say in it."""
    if in_program() and sys.excepthook is sys.__excepthook__:
        sys.excepthook = _without_interrupts


def _without_interrupts(kind: type[BaseException], error: BaseException, traceback: TracebackType | None) -> None:
    if issubclass(kind, KeyboardInterrupt):
        # nor what is still open then and cannot be closed any more
        sys.unraisablehook = lambda unraisable: None
    else:
        sys.__excepthook__(kind, error, traceback)
