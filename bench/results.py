"""Medians and ratios of what was measured, as Markdown and as a picture."""

from __future__ import annotations

import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from bench.contenders import STEPS

OURS, NOTHING, LOOP, DOCKER = "swarm-provider", "do-nothing provider", "bare API loop", "docker stack deploy"
_COLOURS = {DOCKER: "#8a8a8a", LOOP: "#c9a227", NOTHING: "#6c8ebf", OURS: "#b5422c"}


@dataclass
class Sample:
    """One number of services, measured several times.

    Attributes:
        seconds: contender -> step -> wall seconds, one for each round.
        memory: contender -> kind of process -> MiB at most.
        state: contender -> bytes of state per resource.
        calls: kind of step -> calls to the daemon, by method and path, of each plugin process.
    """

    size: int
    wait: bool
    seconds: dict[str, dict[str, list[float]]] = field(default_factory=dict)
    memory: dict[str, dict[str, float]] = field(default_factory=dict)
    state: dict[str, float] = field(default_factory=dict)
    calls: dict[str, list[dict[str, int]]] = field(default_factory=dict)

    def add(self, title: str, step: str, seconds: float, memory: Mapping[str, float]) -> None:
        self.seconds.setdefault(title, {}).setdefault(step, []).append(seconds)
        peaks = self.memory.setdefault(title, {})
        for kind, peak in memory.items():
            peaks[kind] = max(peaks.get(kind, 0.0), peak)

    def median(self, title: str, step: str) -> float | None:
        found = self.seconds.get(title, {}).get(step)
        return statistics.median(found) if found else None

    def floor(self, step: str, suffix: str = "") -> float | None:
        """What cannot be less: Pulumi itself, and the calls themselves."""
        parts = [self.median(NOTHING + suffix, step), self.median(LOOP, step)]
        known = [part for part in parts if part is not None]
        return sum(known) if self.median(NOTHING + suffix, step) is not None else None


def markdown(samples: Sequence[Sample], facts: Mapping[str, Any]) -> str:
    """The page: how it was measured, one table for each size, memory, state, calls."""
    lines = ["# Results", "", *(f"- {key}: {value}" for key, value in facts.items()), ""]
    lines += [
        "Median seconds (lowest to highest) of each step. `floor` is the do-nothing provider plus the bare API loop.",
        "",
    ]
    for sample in samples:
        what = "until all tasks run" if sample.wait else "submitted only, `replicas: 0`"
        lines += [f"## {sample.size} services, {what}", "", "| | " + " | ".join(STEPS) + " |"]
        lines += ["|---" * (len(STEPS) + 1) + "|"]
        for title in sample.seconds:
            cells = [_cell(sample.seconds[title].get(step)) for step in STEPS]
            lines.append(f"| {title} | {' | '.join(cells)} |")
        for suffix in ("", ", no checkpoints"):
            ratios = []
            for step in STEPS:
                ours, floor = sample.median(OURS + suffix, step), sample.floor(step, suffix)
                ratios.append(f"{ours / floor:.2f}" if ours and floor else "")
            if any(ratios):
                lines.append(f"| **ours / floor{suffix}** | {' | '.join(ratios)} |")
        lines.append("")
        for title, peaks in sample.memory.items():
            if peaks:
                shown = ", ".join(f"{kind} {peak:.0f} MiB" for kind, peak in sorted(peaks.items()))
                state = f"; state {sample.state[title]:.0f} bytes per resource" if title in sample.state else ""
                lines.append(f"- {title}: at most {shown}{state}")
        lines.append("")
        for step, processes in sample.calls.items():
            for number, calls in enumerate(processes, 1):
                listed = ", ".join(f"{count} × {call}" for call, count in sorted(calls.items()))
                lines.append(f"- calls of {step}, plugin process {number}: {sum(calls.values())} ({listed})")
        lines.append("")
    return "\n".join(lines)


def _cell(found: Sequence[float] | None) -> str:
    if not found:
        return ""
    return f"{statistics.median(found):.2f} ({min(found):.2f}–{max(found):.2f})"


def picture(samples: Sequence[Sample]) -> str:
    """Bars of the medians, one group for each step, one row for each size: an SVG that needs nothing else."""
    contenders, width, row = list(_COLOURS), 900, 210
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {row * len(samples) + 40}" '
        'font-family="sans-serif" font-size="12"><rect width="100%" height="100%" fill="white"/>'
    ]
    for index, title in enumerate(contenders):
        parts.append(f'<rect x="{20 + index * 210}" y="12" width="12" height="12" fill="{_COLOURS[title]}"/>')
        parts.append(f'<text x="{38 + index * 210}" y="22">{title}</text>')
    for number, sample in enumerate(samples):
        top, bottom = 40 + number * row, 40 + number * row + 160
        highest = max((sample.median(t, s) or 0.0 for t in contenders for s in STEPS), default=1.0) or 1.0
        kind = "until all run" if sample.wait else "submitted only"
        parts.append(f'<text x="20" y="{top + 12}" font-weight="bold">{sample.size} services, {kind}</text>')
        for group, step in enumerate(STEPS):
            left = 20 + group * 145
            parts.append(f'<text x="{left}" y="{bottom + 16}">{step}</text>')
            for bar, title in enumerate(contenders):
                value = sample.median(title, step)
                if value is None:
                    continue
                height = value / highest * 120
                parts.append(
                    f'<rect x="{left + bar * 30}" y="{bottom - height:.1f}" width="24" height="{height:.1f}" '
                    f'fill="{_COLOURS[title]}"/><text x="{left + bar * 30}" y="{bottom - height - 3:.1f}" '
                    f'font-size="9">{value:.1f}</text>'
                )
    return "".join([*parts, "</svg>\n"])
