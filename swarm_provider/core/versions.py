"""Versions of Docker's API. Pure."""

from __future__ import annotations


def version_number(text: str) -> tuple[int, int]:
    """Return `1.41` as numbers: as a decimal number it would be above `1.5`."""
    major, _, minor = text.partition(".")
    return int(major), int(minor or 0)
