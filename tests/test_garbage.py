"""A run of ours does not look for garbage all the time, and leaves alone what somebody has chosen."""

from __future__ import annotations

import gc
import subprocess
import sys
from collections.abc import Iterator
from types import SimpleNamespace

import pytest

from swarm_provider.garbage import YOUNG, YOUNG_IN_A_PROGRAM, collect_less, give_back, keep_little


@pytest.fixture(autouse=True)
def _thresholds() -> Iterator[None]:
    before = gc.get_threshold()
    yield
    gc.set_threshold(*before)


@pytest.mark.parametrize("young", [YOUNG, YOUNG_IN_A_PROGRAM])
@pytest.mark.parametrize(
    ("chosen", "changed"),
    [(700, True), (2000, True), (0, False), (10_000, False)],
    ids=["default", "3.13", "off", "own"],
)
def test_garbage_is_looked_for_less_often_unless_somebody_has_chosen(chosen: int, changed: bool, young: int) -> None:
    gc.set_threshold(chosen, 10, 10)
    collect_less(young)
    assert gc.get_threshold() == (young if changed else chosen, 10, 10)


def test_process_that_leaves_its_garbage_does_not_look_at_it_when_it_ends() -> None:
    program = """
import atexit, gc
from swarm_provider.garbage import leave_garbage_at_exit
# what is registered first comes last
atexit.register(lambda: print(gc.get_freeze_count() > 1000))
leave_garbage_at_exit()
print(gc.get_freeze_count())
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines() == ["0", "True"]


def test_memory_is_given_back_where_the_c_library_can_and_elsewhere_nothing_happens(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asked: list[int] = []
    monkeypatch.setattr("ctypes.CDLL", lambda name: SimpleNamespace(malloc_trim=asked.append))
    give_back()
    assert asked == [0]
    monkeypatch.setattr("ctypes.CDLL", lambda name: SimpleNamespace())
    give_back()
    keep_little()


def test_large_pieces_are_given_back_at_once() -> None:
    program = """
import os
from swarm_provider.garbage import keep_little

def resident():
    return int(open("/proc/self/statm").read().split()[1]) * os.sysconf("SC_PAGE_SIZE")

keep_little()
os.urandom(16 << 20)  # by itself glibc learns from it to keep pieces as large as this one
before = resident()
pieces = [os.urandom(1 << 20) for _ in range(16)]
del pieces
assert resident() - before < 4 << 20, resident() - before
"""
    subprocess.run([sys.executable, "-c", program], check=True)
