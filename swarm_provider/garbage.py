"""How often Python looks for garbage in a process of ours that lives for one run."""

from __future__ import annotations

import atexit
import gc
from typing import Final

YOUNG: Final = 200_000
"""Objects that come into being before Python looks at them again. A run makes hundreds of thousands, and keeps most."""


def collect_less() -> None:
    """Let Python look for garbage less often, unless somebody has chosen how often, or that it does not.

    It costs a program with hundreds of resources an eighth of its processor time, and finds next to nothing.
    """
    first, *older = gc.get_threshold()
    if 0 < first <= 2_000:
        gc.set_threshold(YOUNG, *older)


def leave_garbage_at_exit() -> None:
    """Let Python not look through all that a program made, several times, when it ends: the system takes it back."""
    atexit.register(gc.freeze)
