"""What was promised, and what was measured of it."""

from __future__ import annotations

import statistics
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from bench import release, scale
from bench.cpu import SERVICES, Alternated
from bench.results import LOOP, NOTHING, OURS, UNSAVED, Results, Sample, quotient
from bench.stack import Beside
from bench.state import Weighed

OLDEST = "20.10"
UNPULLABLE = ("not-in-its-registry", "denied", "registry-is-dead", "no-such-host", "registry-is-silent")
GRACE_S = 2.5
"""What every failure of a task gets to heal (`plan/rollout/terminal_conditions.py`), and a look: told sooner it is only
where Swarm itself gives up, which an engine that retries without an end does not do."""


@dataclass(frozen=True)
class Promise:
    """One thing that was promised.

    Attributes:
        bound: the most that it may be.
        measured: what it is; None where it was not measured.
    """

    what: str
    bound: float
    measured: float | None
    unit: str = "×"


def promises(found: Results) -> list[Promise]:
    """Compare what was measured with what was promised."""
    return [
        *_of_previews(found),
        *_of_deploys(found),
        *_of_the_plugin(found),
        *_of_release(found),
        *_of_cpu(found.cpu),
        *_of_stack(found.stack),
        *_of_state(found.state),
        *_of_telling(found),
        *_of_scale(found.scale),
    ]


def _of_previews(found: Results) -> Iterable[Promise]:
    sample = found.sample(200, wait=False) or Sample(200, wait=False)
    calls = [sum(calls.values()) for calls in sample.calls.get("preview, no change", [])]
    yield Promise("no-change preview of 200 services: API calls of a plugin process", 12, max(calls, default=None), "")
    ours, nothing = (sample.median(title, "preview, no change") for title in (OURS, NOTHING))
    yield Promise("no-change preview of 200 services / do-nothing provider", 1.5, quotient(ours, nothing))


def _of_deploys(found: Results) -> Iterable[Promise]:
    sample = found.sample(200, wait=False) or Sample(200, wait=False)
    for suffix in ("", UNSAVED):
        ours, nothing = (sample.median(title + suffix, "first deploy") for title in (OURS, NOTHING))
        loop = sample.median(LOOP, "first deploy")
        floor = None if nothing is None or loop is None else nothing + loop
        yield Promise(f"first deploy of 200{suffix} / (do-nothing + bare API loop)", 1.5, quotient(ours, floor))
    sample = found.sample(50, wait=True) or Sample(50, wait=True)
    for step, words, factor in (
        ("first deploy", "first deploy of 50 until all run", 1.15),
        ("rotate all", "rotating 50 configs until converged", 1.2),
    ):
        for suffix in ("", UNSAVED):
            ours, nothing = (sample.median(title + suffix, step) for title in (OURS, NOTHING))
            loop = sample.median(LOOP, step)
            floor = None if nothing is None or loop is None else nothing + factor * loop
            yield Promise(f"{words}{suffix} / (do-nothing + {factor} × bare API loop)", 1.0, quotient(ours, floor))


def _of_the_plugin(found: Results) -> Iterable[Promise]:
    ready = {kind: statistics.median(times) for kind, times in found.ready.items()}
    yield Promise(
        "plugin ready / bare import of Pulumi's gRPC runtime", 1.3, quotient(ready.get("plugin"), ready.get("bare"))
    )
    yield Promise("memory of the plugin at 1,000 resources", 150, found.large.get("plugin"), "MiB")
    every = [delay for delays in found.ending.values() for delay in delays]
    yield Promise("end of a rollout after Swarm's own, median", 1.0, statistics.median(every) if every else None, "s")
    yield Promise("end of a rollout after Swarm's own, the latest", 1.0, max(every, default=None), "s")


def _of_release(found: Results) -> Iterable[Promise]:
    def median(size: int, title: str, step: str) -> float | None:
        sample = found.release.get(str(size))
        return sample.median(title, step) if sample else None

    def floor(size: int, factor: float) -> float | None:
        one, loop = (median(size, title, "first deploy") for title in (release.ONE, release.LOOP))
        return None if one is None or loop is None else one + factor * loop

    if not found.release:
        return
    for step, bound in (("first deploy", 0.2), ("rotate all", 0.15), ("destroy", 0.25), ("preview, no change", 0.5)):
        ours, stack = (median(release.SUBMITTED, title, step) for title in (release.RELEASE, release.STACK))
        yield Promise(f"Release of 200, {step} / Stack of the commit before", bound, quotient(ours, stack))
    deploys = {size: median(size, release.RELEASE, "first deploy") for size in release.SIZES}
    words = "first deploy / (do-nothing provider with one resource + bare API loop)"
    yield Promise(f"Release of 200, {words}", 1.3, quotient(deploys[release.SUBMITTED], floor(release.SUBMITTED, 1)))
    words = "until all run / (do-nothing provider with one resource + 1.05 × bare API loop)"
    yield Promise(f"Release of 50, {words}", 1, quotient(deploys[release.RUNNING], floor(release.RUNNING, 1.05)))
    calls = max(found.release_calls.get("preview, no change", ()), default=None)
    yield Promise("Release of 200, preview, no change: API calls of a plugin process", 12, calls, "")
    for step in ("first deploy", "preview, no change", "rotate all", "destroy"):
        large, small = (median(size, release.RELEASE, step) for size in (release.LARGE, release.SUBMITTED))
        each = None if large is None or small is None else quotient(large / release.LARGE, small / release.SUBMITTED)
        yield Promise(f"Release, {step}, a service of 1,000 / one of 200", 1.2, each)
    memory = found.release[str(release.LARGE)].memory.get(release.RELEASE, {}).get("plugin")
    yield Promise("Release of 1,000, memory of the plugin", 150, memory, "MiB")


def _of_cpu(found: Alternated) -> Iterable[Promise]:
    what = f"no-change preview of {SERVICES} services: processor time of program and plugin / the commit before"
    yield Promise(what, 0.7, quotient(found.median("now"), found.median("before")))


def _of_stack(found: Beside) -> Iterable[Promise]:
    if not found.seconds:
        return
    words = f"{NOTHING} of the same shape"
    what = f"Stack of {SERVICES}, preview, no change: processor time of program, plugin and CLI / {words}"
    yield Promise(what, 1.15, found.ratio(found.cpu, "preview, no change"))
    for step in ("rotate all", "destroy"):
        yield Promise(f"Stack of {SERVICES}, {step}{UNSAVED} / {words}", 1.4, found.ratio(found.seconds, step))


def _of_state(found: Weighed) -> Iterable[Promise]:
    if found.all:
        yield Promise(f"state of a stack / that of {found.commits['before']}", 1.15, found.ratio())


def _of_scale(found: Mapping[str, Mapping[str, Mapping[str, Any]]]) -> Iterable[Promise]:
    if not found:
        return
    small, large = (found.get(str(size), {}) for size in scale.SIZES)
    few, many = scale.SIZES
    for step in scale.STEPS:
        each = quotient(large[step]["cpu"] / many, small[step]["cpu"] / few)
        what = f"{many:,} services on {scale.NODES} simulated nodes, {step}: processor time of the plugin per service"
        yield Promise(f"{what} / that with {few}", 1.3, each)
    memory = max(cost["memory"] for cost in large.values())
    yield Promise(f"{many:,} services on {scale.NODES} simulated nodes: memory of the plugin", 300, memory, "MiB")


def _of_telling(found: Results) -> Iterable[Promise]:
    oldest = found.telling.get(OLDEST, {})
    for name, scenarios in found.telling.items():
        medians = {scenario: statistics.median(seconds) for scenario, seconds in scenarios.items()}
        ratios = [quotient(told, statistics.median(oldest[one])) for one, told in medians.items() if one in oldest]
        if name != OLDEST:
            known = [ratio for ratio in ratios if ratio is not None]
            middle = statistics.median(known) if known else None
            yield Promise(f"a failure is told on engine {name} / on {OLDEST}, the median scenario", 1.5, middle)
        after, first = found.telling_after.get(name, {}), found.telling_after.get(OLDEST, {})
        if name != OLDEST and after:
            late = [
                quotient(statistics.median(seconds), max(GRACE_S, statistics.median(first[one])))
                for one, seconds in after.items()
                if one in first
            ]
            worst = max((ratio for ratio in late if ratio is not None), default=None)
            what = f"a failure is told after engine {name}'s own record of it / on {OLDEST} (at least {GRACE_S:g} s)"
            yield Promise(f"{what}, the latest scenario", 1.5, worst)
        pulls = max((told for one, told in medians.items() if one in UNPULLABLE), default=None)
        yield Promise(f"an image that cannot be pulled is told on engine {name}, the latest", 20, pulls, "s")
