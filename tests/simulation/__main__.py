"""Plays histories: `python -m tests.simulation --seeds 10000 --seed 1`; `--only 4711` plays one and tells it.

`make simulate` calls it. Exit code 1: something does not hold; the story of the first that fails is told, shrunken.
"""

from __future__ import annotations

import argparse
import collections
import multiprocessing
import os
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor

from tests.simulation.batch import TURN, Failed, quietly, turn
from tests.simulation.history import generate
from tests.simulation.play import play
from tests.simulation.story import shrunken, told


def _turns(first: int, count: int) -> Iterator[range]:
    for begin in range(first, first + count, TURN):
        yield range(begin, min(begin + TURN, first + count))


def one(seed: int, *, shrink: bool = True) -> int:
    """Play one seed and tell its story."""
    quietly()
    history = generate(seed)
    broken, story = play(history)
    if broken is None:
        print("\n".join(story))
        print(f"seed {seed}: all of it holds")
        return 0
    if shrink:
        history = shrunken(history, broken.rule)
        again, story = play(history)
        broken = again or broken
    print(told(history, broken, story))
    print(f"\nagain: make simulate SEEDS=1 SEED={seed}")
    return 1


def _played(turns: list[range], jobs: int) -> Iterator[tuple[range, list[Failed]]]:
    if jobs == 1:
        yield from ((seeds, turn(seeds)) for seeds in turns)
        return
    with ProcessPoolExecutor(jobs, mp_context=multiprocessing.get_context("spawn")) as pool:
        try:
            yield from zip(turns, pool.map(turn, turns), strict=True)
        finally:
            pool.shutdown(wait=False, cancel_futures=True)


def many(first: int, count: int, jobs: int, most: int, *, short: bool) -> int:
    """Play many seeds, side by side; stop after `most` that fail."""
    began = time.monotonic()
    failed: list[Failed] = []
    played = 0
    for seeds, found in _played(list(_turns(first, count)), jobs):
        played += len(seeds)
        failed += found
        for seed, _, text in found:
            print(f"seed {seed}: {text}", flush=True)
        if len(failed) >= most:
            break
    took = time.monotonic() - began
    rules = collections.Counter(rule for _, rule, _ in failed)
    print(
        f"{played} seeds from {first} in {took:.0f} s, {played / took:.1f} a second: "
        f"{len(failed)} fail {dict(rules) or ''}"
    )
    if failed and not short:
        print()
        return one(failed[0][0])
    return 1 if failed else 0


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.simulation", description=__doc__)
    parser.add_argument("--seeds", type=int, default=1000, help="how many")
    parser.add_argument("--seed", type=int, default=1, help="the first")
    parser.add_argument("--only", type=int, help="play this one, and tell it")
    parser.add_argument("--whole", action="store_true", help="with --only: leave nothing out of the story")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1, help="processes")
    parser.add_argument("--most", type=int, default=20, help="stop after so many that fail")
    parser.add_argument("--short", action="store_true", help="do not tell the story of the first that fails")
    given = parser.parse_args()
    if os.environ.get("PYTHONHASHSEED") != "0":
        # the order of sets is part of a history
        os.environ["PYTHONHASHSEED"] = "0"
        os.execv(sys.executable, [sys.executable, "-m", "tests.simulation", *sys.argv[1:]])
    if given.only is not None or given.seeds == 1:
        return one(given.seed if given.only is None else given.only, shrink=not given.whole)
    return many(given.seed, given.seeds, given.jobs, given.most, short=given.short)


if __name__ == "__main__":
    sys.exit(main())
