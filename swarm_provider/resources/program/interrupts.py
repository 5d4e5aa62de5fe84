"""A program that Pulumi stops ends without a page of Python's own words.

As soon as something of the run has failed, Pulumi interrupts the program and cancels what it was asked for (seen with
CLI 3.274). Python then prints where it happened to be, over the one line that says what is wrong.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from types import TracebackType
from typing import Any, Final

import pulumi

from swarm_provider.plugin_shim import in_program

_CANCELLED: Final = ("Program failed with an unhandled exception:\n", "\nException: context canceled\n")
"""How Pulumi's own log of a failed program begins and ends when its engine cancelled a registration."""


def end_quietly() -> None:
    """Let an interrupt or a cancelled registration end this program without a traceback.

    Only where Pulumi runs it; an interrupt only where nobody else has a say in it.
    """
    if not in_program():
        return
    pulumi.log.error = _unless_cancelled(pulumi.log.error)
    if sys.excepthook is sys.__excepthook__:
        sys.excepthook = _without_interrupts


def _unless_cancelled(error: Callable[..., None]) -> Callable[..., None]:
    begins, ends = _CANCELLED

    def logged(msg: str, *args: Any, **kwargs: Any) -> None:
        if not (msg.startswith(begins) and msg.endswith(ends)):
            error(msg, *args, **kwargs)

    return logged


def _without_interrupts(kind: type[BaseException], error: BaseException, traceback: TracebackType | None) -> None:
    if issubclass(kind, KeyboardInterrupt):
        # nor what is still open then and cannot be closed any more
        sys.unraisablehook = lambda unraisable: None
    else:
        sys.__excepthook__(kind, error, traceback)
