"""Free memory in a process of ours that lives for one run: how often Python looks for it, what the system gets back."""

from __future__ import annotations

import atexit
import contextlib
import gc
from typing import Final

LARGE: Final = 128 * 1024
"""Bytes from which on memory is given back as soon as it is free; glibc begins with this, and learns to keep more."""
# malloc.h
_M_TRIM_THRESHOLD, _M_MMAP_THRESHOLD, _M_ARENA_MAX = -1, -3, -8
YOUNG: Final = 50_000
"""Objects that come into being before Python looks at them again. A run makes hundreds of thousands, and keeps most."""
YOUNG_IN_A_PROGRAM: Final = 200_000
"""The same where a run begins and ends with the process, so that a few megabytes of garbage are no matter."""


def collect_less(young: int = YOUNG) -> None:
    """Let Python look for garbage less often, unless somebody has chosen how often, or that it does not.

    It costs a program with hundreds of resources an eighth of its processor time, and finds next to nothing.

    Args:
        young: objects that come into being before it looks again.
    """
    first, *older = gc.get_threshold()
    if 0 < first <= 2_000:
        gc.set_threshold(young, *older)


def leave_garbage_at_exit() -> None:
    """Let Python not look through all that a program made, several times, when it ends: the system takes it back."""
    atexit.register(gc.freeze)


def keep_little() -> None:
    """Let the C library give large pieces back at once, and have few heaps: each thread that waits for Docker has one.

    By itself it keeps a fifth of what the plugin of a large Release takes. Only glibc can; elsewhere nothing happens.
    """
    for parameter, value in ((_M_ARENA_MAX, 2), (_M_MMAP_THRESHOLD, LARGE), (_M_TRIM_THRESHOLD, LARGE)):
        _ask_glibc("mallopt", parameter, value)


def give_back() -> None:
    """Give the system what the C library keeps after a large call: a tenth of the memory that a large Release takes.

    Only glibc can; elsewhere nothing happens.
    """
    _ask_glibc("malloc_trim", 0)


def _ask_glibc(function: str, *arguments: int) -> None:
    import ctypes  # a process that lives for a moment does not come here

    with contextlib.suppress(AttributeError, OSError, TypeError):
        getattr(ctypes.CDLL(None), function)(*arguments)
