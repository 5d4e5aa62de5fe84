"""A program that Pulumi stops ends without a page of Python's own words.

As soon as something of the run has failed, Pulumi interrupts the program and cancels what it was asked for (seen with
CLI 3.274). Python then prints where it happened to be, over the one line that says what is wrong.
"""

from __future__ import annotations

import sys
from types import TracebackType

from swarm_provider.resources.program import sdk


def end_quietly() -> None:
    """Let an interrupt or a cancelled registration end this program without a traceback.

    Only where Pulumi runs it; an interrupt only where nobody else has a say in it.
    """
    if not sdk.is_run_by_pulumi():
        return
    sdk.hide_cancelled_registrations()
    if sys.excepthook is sys.__excepthook__:
        sys.excepthook = _without_interrupts
    if sys.unraisablehook is sys.__unraisablehook__:
        sys.unraisablehook = _unraisable_without_interrupts


def _without_interrupts(kind: type[BaseException], error: BaseException, traceback: TracebackType | None) -> None:
    if issubclass(kind, KeyboardInterrupt):
        # nor what is still open then and cannot be closed any more
        sys.unraisablehook = lambda unraisable: None
    else:
        sys.__excepthook__(kind, error, traceback)


def _unraisable_without_interrupts(unraisable: sys.UnraisableHookArgs) -> None:
    """Print what Python can raise nowhere, but for an interrupt: it comes at the program's end, too."""
    if not issubclass(unraisable.exc_type, KeyboardInterrupt):
        sys.__unraisablehook__(unraisable)
