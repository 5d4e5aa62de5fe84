"""Numbers and lists in English: `1 task restarts`, `a, b and 3 more`."""

from __future__ import annotations

from collections.abc import Sequence


def count(number: int, noun: str, verb: str = "") -> str:
    """Return `1 task restarts`, `2 tasks restart`: the number with its noun, and a verb that agrees.

    Args:
        number: how many.
        noun: in the singular.
        verb: without the `s` of the singular; "" for none.
    """
    return (
        f"{number} {agreeing(number, noun, f'{noun}s')} {agreeing(number, f'{verb}s', verb) if verb else ''}".rstrip()
    )


def agreeing(number: int, one: str, several: str) -> str:
    """Return the form of a word that goes with the number.

    Args:
        number: how many.
        one: the form for 1.
        several: the form for all other numbers.
    """
    return one if number == 1 else several


def listed(texts: Sequence[str], most: int = 0) -> str:
    """Return `a`, `a and b`, `a, b and c`.

    Args:
        texts: at least one.
        most: so many are named, and the others are counted: `a, b and 3 more`; 0: all are named.
    """
    shown = [*texts[:most], f"{len(texts) - most} more"] if 0 < most < len(texts) else texts
    return f"{', '.join(shown[:-1])} and {shown[-1]}" if len(shown) > 1 else "".join(shown)
