"""Property paths as Pulumi writes them, and what they are made of: `deploy.replicas`, `ports[0]`, `labels["a.b"]`.

A path is a tuple of names, positions and `EVERY`; its text is for messages and for Pulumi. The grammar is that of
Pulumi's protocol: a key that is no name is in brackets and quotes, and only a quote in it is escaped.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache
from typing import Final

Step = str | int
Path = tuple[Step, ...]
EVERY: Final = "*"
"""Any position of a list (`ports[*]`)."""
_STEP: Final = re.compile(r'(?P<dot>\.?)(?P<name>[^.\[\]"]+)|\[(?P<index>\d+|\*)\]|\["(?P<key>(?:\\"|[^"])*)"\]')


@lru_cache(4096)
def parse(text: str) -> Path:
    """Return what a path is made of.

    Raises:
        ValueError: it is no path.
    """
    steps: list[Step] = []
    position = 0
    while position < len(text):
        found = _STEP.match(text, position)
        if found is None or (found["name"] is not None and bool(found["dot"]) != bool(steps)):
            raise ValueError(f"{text!r} is not a property path; write 'deploy.replicas' or 'ports[0].published'")
        position = found.end()
        if found["index"] is not None:
            steps.append(EVERY if found["index"] == EVERY else int(found["index"]))
        else:
            steps.append(found["name"] if found["name"] is not None else found["key"].replace('\\"', '"'))
    return tuple(steps)


def render(path: Iterable[Step]) -> str:
    """Return a path's text."""
    text = ""
    for step in path:
        text = below(text, step)
    return text


def below(path: str, step: Step) -> str:
    """Return the text of a path that goes one step further."""
    if isinstance(step, int) or step == EVERY:
        return f"{path}[{step}]"
    # Pulumi reads letters of every script without quotes
    if step.isidentifier():
        return f"{path}.{step}" if path else step
    escaped = step.replace('"', '\\"')
    return f'{path}["{escaped}"]'


def last_name(path: str) -> str:
    """Return the last name or key of a path; of what is no path, the whole text."""
    try:
        steps = parse(path)
    except ValueError:
        return path
    return next((step for step in reversed(steps) if isinstance(step, str) and step != EVERY), "")


def within(path: Path, *others: str) -> bool:
    """Tell whether a path is one of the others, or lies below one; what is no path has nothing below it."""
    return any(_is_below(path, other) for other in others)


def _is_below(steps: Path, other: str) -> bool:
    try:
        above = parse(other)
    except ValueError:
        return False
    return len(steps) >= len(above) and all(
        one == step or (one == EVERY and isinstance(step, int)) for step, one in zip(steps, above, strict=False)
    )
