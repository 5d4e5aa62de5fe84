"""A run of ours does not look for garbage all the time, and leaves alone what somebody has chosen."""

from __future__ import annotations

import gc
from collections.abc import Iterator

import pytest

from swarm_provider.garbage import YOUNG, collect_less


@pytest.fixture(autouse=True)
def _thresholds() -> Iterator[None]:
    before = gc.get_threshold()
    yield
    gc.set_threshold(*before)


@pytest.mark.parametrize(
    ("chosen", "then"), [(700, YOUNG), (2000, YOUNG), (0, 0), (10_000, 10_000)], ids=["default", "3.13", "off", "own"]
)
def test_garbage_is_looked_for_less_often_unless_somebody_has_chosen(chosen: int, then: int) -> None:
    gc.set_threshold(chosen, 10, 10)
    collect_less()
    assert gc.get_threshold() == (then, 10, 10)
