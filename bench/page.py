"""What was measured as Markdown, with medians and ratios: RESULTS.md."""

from __future__ import annotations

import statistics
from collections.abc import Mapping, Sequence
from typing import Any

from bench import release, scale
from bench.contenders import PARALLEL, STEPS
from bench.cpu import KINDS, SERVICES, Alternated
from bench.parallel_diff import SETTINGS
from bench.promises import GRACE_S, OLDEST, promises
from bench.results import NOTHING, OURS, UNSAVED, Results, Sample, quotient
from bench.stack import STEPS as BESIDE
from bench.stack import TITLES, Beside
from bench.state import KINDS as WEIGHED
from bench.state import Weighed


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
        if (ratio := quotient(found.median("now", *kinds), found.median("before", *kinds))) is not None
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
        ratios = [quotient(sample.median(OURS + suffix, step), sample.median(NOTHING + suffix, step)) for step in STEPS]
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
