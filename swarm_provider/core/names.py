"""snake_case and camelCase: the two spellings of one property name."""

from __future__ import annotations

import re
from functools import cache


@cache
def camel(snake: str) -> str:
    """Return the wire spelling of a Python name: `update_config` -> `updateConfig`."""
    head, *tail = snake.split("_")
    return head + "".join(part[:1].upper() + part[1:] for part in tail)


@cache
def snake(camel: str) -> str:
    """Return the Python spelling of a wire name: `updateConfig` -> `update_config`."""
    return re.sub(r"(?<=[a-z0-9])([A-Z])", r"_\1", camel).lower()


def snake_path(path: str) -> str:
    """Return a property path in the Python spelling, for messages; quoted keys of user maps stay."""
    parts = path.split('"')
    return '"'.join(part if index % 2 else snake(part) for index, part in enumerate(parts))
