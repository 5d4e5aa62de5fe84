"""What was measured, as a file that later measurements are added to, and as Markdown with medians and ratios."""

from __future__ import annotations

import json
import statistics
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from bench import release, scale
from bench.contenders import PARALLEL, STEPS
from bench.cpu import KINDS, SERVICES, Alternated
from bench.parallel_diff import SETTINGS
from bench.stack import STEPS as BESIDE
from bench.stack import TITLES, Beside
from bench.state import KINDS as WEIGHED
from bench.state import Weighed

OURS, NOTHING, LOOP, DOCKER = "swarm-provider", "do-nothing provider", "bare API loop", "docker stack deploy"
UNSAVED = ", no checkpoints"
OLDEST = "20.10"
UNPULLABLE = ("not-in-its-registry", "denied", "registry-is-dead", "no-such-host", "registry-is-silent")
GRACE_S = 2.5
"""What every failure of a task gets to heal (`plan/rollout/terminal_conditions.py`), and a look: told sooner it is only
where Swarm itself gives up, which an engine that retries without an end does not do."""


@dataclass
class Sample:
    """One number of services, measured several times.

    Attributes:
        seconds: contender -> step -> wall seconds, one for each round.
        memory: contender -> kind of process -> MiB at most.
        state: contender -> bytes of state per resource.
        calls: step -> calls to the daemon, by method and path, of each plugin process.
    """

    size: int
    wait: bool
    seconds: dict[str, dict[str, list[float]]] = field(default_factory=dict)
    memory: dict[str, dict[str, float]] = field(default_factory=dict)
    state: dict[str, float] = field(default_factory=dict)
    calls: dict[str, list[dict[str, int]]] = field(default_factory=dict)

    def add(self, title: str, step: str, seconds: float, memory: Mapping[str, float]) -> None:
        self.seconds.setdefault(title, {}).setdefault(step, []).append(round(seconds, 3))
        peaks = self.memory.setdefault(title, {})
        for kind, peak in memory.items():
            peaks[kind] = round(max(peaks.get(kind, 0.0), peak), 1)

    def forget(self, title: str) -> None:
        """Drop what was measured of a contender, for it is measured once more."""
        for kept in (self.seconds, self.memory, self.state):
            kept.pop(title, None)

    def median(self, title: str, step: str) -> float | None:
        found = self.seconds.get(title, {}).get(step)
        return statistics.median(found) if found else None


@dataclass
class Results:
    """Everything that was measured.

    Attributes:
        facts: when and on what each part was measured.
        ready: `plugin` and `bare` -> seconds until the plugin serves, and of the bare import of Pulumi's gRPC runtime.
        large: what was deployed to measure memory, and kind of process -> MiB at most.
        ending: services updated at once -> seconds from Swarm's own end of an update until ours, of each update.
        functions: the table of the pure parts.
        cpu: processor time of a preview that changes nothing, beside that of another commit.
        parallel_diff: `PULUMI_PARALLEL_DIFF` -> seconds of a preview that changes nothing, one for each round.
        telling: engine -> scenario that fails -> seconds until it is told, one for each round.
        release: number of services -> what a Release, and those beside it, took.
        release_calls: step -> calls of each plugin process of a Release.
        stack: what a Stack, and a do-nothing provider of its shape, took without checkpoints.
        state: bytes of state per resource, beside those of another commit.
        scale: number of services -> step -> what it took of the plugin (`bench/scale.py`).
        telling_after: the same, counted from the time at which the engine's own records have what is told.
    """

    facts: dict[str, str] = field(default_factory=dict)
    samples: dict[str, Sample] = field(default_factory=dict)
    ready: dict[str, list[float]] = field(default_factory=dict)
    large: dict[str, float] = field(default_factory=dict)
    ending: dict[str, list[float]] = field(default_factory=dict)
    functions: str = ""
    cpu: Alternated = field(default_factory=Alternated)
    parallel_diff: dict[str, list[float]] = field(default_factory=dict)
    telling: dict[str, dict[str, list[float]]] = field(default_factory=dict)
    release: dict[str, Sample] = field(default_factory=dict)
    release_calls: dict[str, list[int]] = field(default_factory=dict)
    telling_after: dict[str, dict[str, list[float]]] = field(default_factory=dict)
    stack: Beside = field(default_factory=Beside)
    state: Weighed = field(default_factory=Weighed)
    scale: dict[str, dict[str, dict[str, Any]]] = field(default_factory=dict)

    @classmethod
    def read(cls, file: Path) -> Results:
        """Return what a file holds; nothing, when there is none."""
        if not file.exists():
            return cls()
        found = cls(**json.loads(file.read_text()))
        for name in ("samples", "release"):
            setattr(found, name, {key: Sample(**value) for key, value in getattr(found, name).items()})
        found.cpu = Alternated(**found.cpu) if isinstance(found.cpu, dict) else found.cpu
        found.stack = Beside(**found.stack) if isinstance(found.stack, dict) else found.stack
        found.state = Weighed(**found.state) if isinstance(found.state, dict) else found.state
        return found

    def write(self, file: Path) -> None:
        """Keep everything, for the next part."""
        file.write_text(json.dumps(asdict(self), indent=1) + "\n")

    def sample(self, size: int, *, wait: bool) -> Sample | None:
        return self.samples.get(key_of(size, wait=wait))


def key_of(size: int, *, wait: bool) -> str:
    """Return under which key a sample is kept."""
    return f"{size} {'running' if wait else 'submitted'}"


# -------------------------------------------------------------------- promises


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
    yield Promise("no-change preview of 200 services / do-nothing provider", 1.5, _ratio(ours, nothing))


def _of_deploys(found: Results) -> Iterable[Promise]:
    sample = found.sample(200, wait=False) or Sample(200, wait=False)
    for suffix in ("", UNSAVED):
        ours, nothing = (sample.median(title + suffix, "first deploy") for title in (OURS, NOTHING))
        loop = sample.median(LOOP, "first deploy")
        floor = None if nothing is None or loop is None else nothing + loop
        yield Promise(f"first deploy of 200{suffix} / (do-nothing + bare API loop)", 1.5, _ratio(ours, floor))
    sample = found.sample(50, wait=True) or Sample(50, wait=True)
    for step, words, factor in (
        ("first deploy", "first deploy of 50 until all run", 1.15),
        ("rotate all", "rotating 50 configs until converged", 1.2),
    ):
        for suffix in ("", UNSAVED):
            ours, nothing = (sample.median(title + suffix, step) for title in (OURS, NOTHING))
            loop = sample.median(LOOP, step)
            floor = None if nothing is None or loop is None else nothing + factor * loop
            yield Promise(f"{words}{suffix} / (do-nothing + {factor} × bare API loop)", 1.0, _ratio(ours, floor))


def _of_the_plugin(found: Results) -> Iterable[Promise]:
    ready = {kind: statistics.median(times) for kind, times in found.ready.items()}
    yield Promise(
        "plugin ready / bare import of Pulumi's gRPC runtime", 1.3, _ratio(ready.get("plugin"), ready.get("bare"))
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
        yield Promise(f"Release of 200, {step} / Stack of the commit before", bound, _ratio(ours, stack))
    deploys = {size: median(size, release.RELEASE, "first deploy") for size in release.SIZES}
    words = "first deploy / (do-nothing provider with one resource + bare API loop)"
    yield Promise(f"Release of 200, {words}", 1.3, _ratio(deploys[release.SUBMITTED], floor(release.SUBMITTED, 1)))
    words = "until all run / (do-nothing provider with one resource + 1.05 × bare API loop)"
    yield Promise(f"Release of 50, {words}", 1, _ratio(deploys[release.RUNNING], floor(release.RUNNING, 1.05)))
    calls = max(found.release_calls.get("preview, no change", ()), default=None)
    yield Promise("Release of 200, preview, no change: API calls of a plugin process", 12, calls, "")
    for step in ("first deploy", "preview, no change", "rotate all", "destroy"):
        large, small = (median(size, release.RELEASE, step) for size in (release.LARGE, release.SUBMITTED))
        each = None if large is None or small is None else _ratio(large / release.LARGE, small / release.SUBMITTED)
        yield Promise(f"Release, {step}, a service of 1,000 / one of 200", 1.2, each)
    memory = found.release[str(release.LARGE)].memory.get(release.RELEASE, {}).get("plugin")
    yield Promise("Release of 1,000, memory of the plugin", 150, memory, "MiB")


def _of_cpu(found: Alternated) -> Iterable[Promise]:
    what = f"no-change preview of {SERVICES} services: processor time of program and plugin / the commit before"
    yield Promise(what, 0.7, _ratio(found.median("now"), found.median("before")))


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
        each = _ratio(large[step]["cpu"] / many, small[step]["cpu"] / few)
        what = f"{many:,} services on {scale.NODES} simulated nodes, {step}: processor time of the plugin per service"
        yield Promise(f"{what} / that with {few}", 1.3, each)
    memory = max(cost["memory"] for cost in large.values())
    yield Promise(f"{many:,} services on {scale.NODES} simulated nodes: memory of the plugin", 300, memory, "MiB")


def _of_telling(found: Results) -> Iterable[Promise]:
    oldest = found.telling.get(OLDEST, {})
    for name, scenarios in found.telling.items():
        medians = {scenario: statistics.median(seconds) for scenario, seconds in scenarios.items()}
        ratios = [_ratio(told, statistics.median(oldest[one])) for one, told in medians.items() if one in oldest]
        if name != OLDEST:
            known = [ratio for ratio in ratios if ratio is not None]
            middle = statistics.median(known) if known else None
            yield Promise(f"a failure is told on engine {name} / on {OLDEST}, the median scenario", 1.5, middle)
        after, first = found.telling_after.get(name, {}), found.telling_after.get(OLDEST, {})
        if name != OLDEST and after:
            late = [
                _ratio(statistics.median(seconds), max(GRACE_S, statistics.median(first[one])))
                for one, seconds in after.items()
                if one in first
            ]
            worst = max((ratio for ratio in late if ratio is not None), default=None)
            what = f"a failure is told after engine {name}'s own record of it / on {OLDEST} (at least {GRACE_S:g} s)"
            yield Promise(f"{what}, the latest scenario", 1.5, worst)
        pulls = max((told for one, told in medians.items() if one in UNPULLABLE), default=None)
        yield Promise(f"an image that cannot be pulled is told on engine {name}, the latest", 20, pulls, "s")


def _ratio(one: float | None, other: float | None) -> float | None:
    return None if one is None or not other else one / other


# ------------------------------------------------------------------------ page


def markdown(found: Results) -> str:
    """The page: what was promised, one table for each size, memory, state, calls, the pure parts."""
    lines = ["# Results", "", "Written by `make bench`; the raw numbers are in `results.json`.", ""]
    lines += [f"- {part}: {fact}" for part, fact in found.facts.items()]
    lines += ["", "| what | at most | measured |", "|---|---|---|"]
    for promise in promises(found):
        measured = "" if promise.measured is None else f"{promise.measured:.2f} {promise.unit}".strip()
        lines.append(f"| {promise.what} | {promise.bound:g} {promise.unit} | {measured} |")
    lines += [
        "",
        f"Pulumi works on {PARALLEL} resources at a time (`PULUMI_PARALLEL`, see docs/day-two.md), unless a row says",
        "otherwise. Terraform with its Docker provider is not among them: no binary was at hand.",
        "",
        "![medians](results.svg)",
        "",
    ]
    lines += ["Below: median seconds (lowest to highest). A step that a contender does not have is empty.", ""]
    for sample in sorted(found.samples.values(), key=lambda sample: (sample.wait, sample.size)):
        lines += _tables(sample)
    for sample in found.release.values():
        lines += _one_resource(sample)
    if found.stack.seconds:
        lines += _beside(found.stack)
    if found.ending:
        lines += ["## The end of a rollout", "", "Seconds from Docker's event until the watcher gives the outcome.", ""]
        lines += [
            f"- {size} at once, {len(delays)} updates: {_cell(delays)}" for size, delays in sorted(found.ending.items())
        ]
        lines.append("")
    if found.telling:
        lines += _telling(found)
    if found.large:
        shown = ", ".join(f"{kind} {peak:.0f} MiB" for kind, peak in sorted(found.large.items()))
        lines += [
            "## Memory at 1,000 resources",
            "",
            f"First deploy, preview and rotation of all, at most: {shown}.",
            "",
        ]
    if found.scale:
        lines += _scale(found.scale)
    if found.parallel_diff:
        lines += _parallel_diff(found.parallel_diff)
    lines += _of_processors(found.cpu)
    if found.state.all:
        lines += _weighed(found.state)
    if found.functions:
        lines += ["## The pure parts", "", "Processor time and memory of one call (`bench/functions.py`).", ""]
        lines += [found.functions, ""]
    return "\n".join(lines)


def _beside(found: Beside) -> list[str]:
    head = [f"{step}, {unit}" for step in BESIDE for unit in ("wall", "processors")]
    lines = [
        f"## A Stack of {SERVICES} services{UNSAVED}",
        "",
        "Seconds on the clock, and of processors: program, plugin and CLI together. Both alternated in one run.",
        "",
        f"| | {' | '.join(head)} |",
        "|---" * (len(head) + 1) + "|",
    ]
    for title in TITLES:
        cells = [_cell(kept[title][step]) for step in BESIDE for kept in (found.seconds, found.cpu)]
        lines.append(f"| {title} | {' | '.join(cells)} |")
    ratios = [f"{found.ratio(kept, step):.2f}" for step in BESIDE for kept in (found.seconds, found.cpu)]
    return [*lines, f"| **ours / do-nothing** | {' | '.join(ratios)} |", ""]


def _weighed(found: Weighed) -> list[str]:
    lines = [
        "## State",
        "",
        "Bytes of one resource in the state, the median of its kind, and of the whole state.",
        "",
        f"| commit | {' | '.join(WEIGHED)} | all |",
        "|---" * (len(WEIGHED) + 2) + "|",
    ]
    for which, commit in found.commits.items():
        cells = [*(found.kinds[which][kind] for kind in WEIGHED), found.all[which]]
        lines.append(f"| {commit} | {' | '.join(map(str, cells))} |")
    ratios = [f"{found.ratio(kind):.2f}" for kind in (*WEIGHED, "")]
    return [*lines, f"| **now / before** | {' | '.join(ratios)} |", ""]


def _scale(found: Mapping[str, Mapping[str, Mapping[str, Any]]]) -> list[str]:
    lines = [
        "## Thousands of services",
        "",
        f"The plugin's own processes on a simulated swarm of {scale.NODES} nodes, {scale.REPLICAS} tasks a service;",
        f"one service in {scale.SHARE} uses the config that is rotated, and is waited for (`bench/scale.py`).",
        "",
        "| services | step | processors | per service | memory at most | calls |",
        "|---|---|---|---|---|---|",
    ]
    for size, steps in found.items():
        for step, cost in steps.items():
            calls = ", ".join(f"{count} × {call}" for call, count in cost["calls"].items())
            each = f"{1000 * cost['cpu'] / int(size):.2f} ms"
            lines.append(f"| {size} | {step} | {cost['cpu']:.1f} s | {each} | {cost['memory']:.0f} MiB | {calls} |")
    return [*lines, ""]


def _parallel_diff(found: Mapping[str, Sequence[float]]) -> list[str]:
    cells = " | ".join(_cell(found[how]) for how in SETTINGS)
    ratio = statistics.median(found[SETTINGS[1]]) / statistics.median(found[SETTINGS[0]])
    return [
        "## `PULUMI_PARALLEL_DIFF`",
        "",
        f"Seconds of a preview of {SERVICES} services that changes nothing, alternated on one deployed stack",
        "(`python -m bench --parts paralleldiff`). With it Pulumi asks for several differences at a time.",
        "",
        f"| | {' | '.join(SETTINGS)} | ratio |",
        "|---|---|---|---|",
        f"| preview, no change | {cells} | {ratio:.2f} |",
        "",
    ]


def _of_processors(found: Alternated) -> list[str]:
    if not found.seconds:
        return []
    lines = [
        "## Processor time of a preview that changes nothing",
        "",
        f"{SERVICES} services; seconds of the two processes of ours, user and system time together, both commits",
        "alternated in one run, each with its own virtual environment.",
        "",
        "| | commit | program | plugin | together |",
        "|---|---|---|---|---|",
    ]
    for which, kinds in found.seconds.items():
        together = [sum(each) for each in zip(*(kinds[kind] for kind in KINDS), strict=True)]
        cells = " | ".join(_cell(column) for column in (*(kinds[kind] for kind in KINDS), together))
        lines.append(f"| {which} | {found.commits[which]} | {cells} |")
    ratios = " | ".join(
        f"{ratio:.2f}"
        for kinds in (*((kind,) for kind in KINDS), KINDS)
        if (ratio := _ratio(found.median("now", *kinds), found.median("before", *kinds))) is not None
    )
    return [*lines, f"| **now / before** | | {ratios} |", ""]


def _telling(found: Results) -> list[str]:
    names = list(found.telling)
    lines = [
        "## Until a failure is told",
        "",
        "Seconds from the call until the message, of each engine (`python -m bench --parts telling`); after the `+`,",
        "how many of them have passed since the engine's own records have what the message tells: the first error of a",
        "task, or the end of the update. What comes before is the engine's. Bold: counted from there, more than",
        f"1.5 × of {OLDEST}'s, or of the {GRACE_S:g} s that a task gets to heal.",
        "",
        f"| scenario | {' | '.join(names)} |",
        "|---" * (len(names) + 1) + "|",
    ]
    for scenario in dict.fromkeys(scenario for name in names for scenario in found.telling[name]):
        cells = [_told(found, name, scenario) for name in names]
        lines.append(f"| {scenario} | {' | '.join(cells)} |")
    return [*lines, ""]


def _one_resource(sample: Sample) -> list[str]:
    what = "until all tasks run" if sample.wait else "submitted only, `replicas: 0`"
    lines = [f"## As one resource: {sample.size} services, {what}", ""]
    lines += ["| | " + " | ".join(release.STEPS) + " |", "|---" * (len(release.STEPS) + 1) + "|"]
    for title, steps in sample.seconds.items():
        lines.append(f"| {title} | {' | '.join(_cell(steps.get(step)) for step in release.STEPS)} |")
    return [*lines, ""]


def _told(found: Results, name: str, scenario: str) -> str:
    seconds = found.telling[name].get(scenario)
    after = found.telling_after.get(name, {}).get(scenario)
    if not seconds or not after:
        return _cell(seconds)
    cell = f"{_cell(seconds)}, +{statistics.median(after):.2f}"
    oldest = found.telling_after.get(OLDEST, {}).get(scenario)
    is_late = oldest is not None and statistics.median(after) > 1.5 * max(GRACE_S, statistics.median(oldest))
    return f"**{cell}**" if is_late else cell


def _tables(sample: Sample) -> list[str]:
    what = "until all tasks run" if sample.wait else "submitted only, `replicas: 0`"
    lines = [f"## {sample.size} services, {what}", "", "| | " + " | ".join(STEPS) + " |"]
    lines += ["|---" * (len(STEPS) + 1) + "|"]
    for title, steps in sample.seconds.items():
        lines.append(f"| {title} | {' | '.join(_cell(steps.get(step)) for step in STEPS)} |")
    for suffix in ("", UNSAVED):
        ratios = [_ratio(sample.median(OURS + suffix, step), sample.median(NOTHING + suffix, step)) for step in STEPS]
        shown = " | ".join("" if ratio is None else f"{ratio:.2f}" for ratio in ratios)
        lines.append(f"| **ours / do-nothing{suffix}** | {shown} |")
    lines.append("")
    for title, peaks in sample.memory.items():
        if peaks:
            listed = ", ".join(f"{kind} {peak:.0f} MiB" for kind, peak in sorted(peaks.items()))
            state = f"; state {sample.state[title]:.0f} bytes per resource" if title in sample.state else ""
            lines.append(f"- {title}: at most {listed}{state}")
    if sample.calls:
        lines += ["", "Calls to the daemon of each plugin process of ours:", ""]
    for step, processes in sample.calls.items():
        for number, calls in enumerate(processes, 1):
            listed = ", ".join(f"{count} × {call}" for call, count in sorted(calls.items()))
            lines.append(f"- {step}, process {number}: {sum(calls.values())} ({listed})")
    return [*lines, ""]


def _cell(found: Sequence[float] | None) -> str:
    if not found:
        return ""
    if len(found) == 1:
        return f"{found[0]:.2f} (once)"
    return f"{statistics.median(found):.2f} ({min(found):.2f}–{max(found):.2f})"
