"""The medians as bars: an SVG that needs nothing else."""

from __future__ import annotations

from bench.contenders import STEPS
from bench.results import DOCKER, LOOP, NOTHING, OURS, Results, Sample

_COLOURS = {DOCKER: "#7a7a7a", LOOP: "#b8860b", NOTHING: "#5b7db1", OURS: "#b5422c"}
_WIDTH, _ROW, _BARS = 920, 230, 130


def picture(found: Results) -> str:
    """One row for each size, in it one group for each step; the bars of a row have one scale."""
    samples = sorted(found.samples.values(), key=lambda sample: (sample.wait, sample.size))
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {_ROW * len(samples) + 50}" '
        'font-family="sans-serif" font-size="12" role="img" aria-label="median seconds of each step">'
        '<rect width="100%" height="100%" fill="white"/>'
    ]
    for index, (title, colour) in enumerate(_COLOURS.items()):
        left = 20 + index * 200
        parts.append(f'<rect x="{left}" y="14" width="12" height="12" fill="{colour}"/>')
        parts.append(f'<text x="{left + 18}" y="24">{title}</text>')
    for number, sample in enumerate(samples):
        parts += _row(sample, 50 + number * _ROW)
    return "".join([*parts, "</svg>\n"])


def _row(sample: Sample, top: int) -> list[str]:
    bottom = top + 180
    highest = max((sample.median(title, step) or 0.0 for title in _COLOURS for step in STEPS), default=0.0) or 1.0
    kind = "until all tasks run" if sample.wait else "submitted only"
    parts = [f'<text x="20" y="{top + 14}" font-weight="bold">{sample.size} services, {kind} (median seconds)</text>']
    for group, step in enumerate(STEPS):
        left = 20 + group * 150
        parts.append(f'<text x="{left}" y="{bottom + 18}">{step}</text>')
        for bar, (title, colour) in enumerate(_COLOURS.items()):
            value = sample.median(title, step)
            if value is None:
                continue
            height = max(value / highest * _BARS, 1.0)
            parts.append(
                f'<rect x="{left + bar * 31}" y="{bottom - height:.1f}" width="26" height="{height:.1f}" '
                f'fill="{colour}"/><text x="{left + bar * 31 + 13}" y="{bottom - height - 4:.1f}" font-size="10" '
                f'text-anchor="middle">{value:.1f}</text>'
            )
    return parts
