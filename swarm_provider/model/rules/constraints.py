"""The grammar of a placement constraint, such as `node.labels.storage == raid` (swarmkit, manager/constraint)."""

from __future__ import annotations

import re
from typing import Final, NamedTuple

_KEY: Final = re.compile(r"[a-z_][a-z0-9\-_.]+", re.IGNORECASE)
_VALUE: Final = re.compile(r"[a-z0-9:\-_\s\.\*\(\)\?\+\[\]\\\^\$\|\/]+", re.IGNORECASE)


class Constraint(NamedTuple):
    """A constraint in its parts, without the blanks around them.

    Attributes:
        equal: whether the operator is `==`, and not `!=`.
    """

    key: str
    value: str
    equal: bool

    @property
    def is_valid(self) -> bool:
        """Whether Swarm takes its key and its value."""
        return bool(_KEY.fullmatch(self.key) and _VALUE.fullmatch(self.value))


def parse(text: str) -> Constraint | None:
    """Return a constraint in its parts, None for a string without an operator."""
    equal = "==" in text
    key, found, value = text.partition("==" if equal else "!=")
    return Constraint(key.strip(), value.strip(), equal) if found else None
