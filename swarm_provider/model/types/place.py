"""Where a value stands, and the list that collects what is wrong with values."""

from __future__ import annotations

from dataclasses import dataclass, field

from swarm_provider.core.names import snake
from swarm_provider.core.path import Path, render
from swarm_provider.errors import Problem


@dataclass(slots=True)
class PropertyLocation:
    """Where a value stands, and the list that collects what is wrong.

    Attributes:
        path: as people type it: our names in snake_case, the user's own keys as they are.
        hidden: the value is secret.
    """

    path: Path = ()
    problems: list[Problem] = field(default_factory=list)
    hidden: bool = False

    def child(self, wire: str) -> PropertyLocation:
        """Return the place of a property of ours."""
        return PropertyLocation((*self.path, snake(wire)), self.problems, self.hidden)

    def entry(self, key: str) -> PropertyLocation:
        """Return the place of a key of the user's."""
        return PropertyLocation((*self.path, key), self.problems, self.hidden)

    def item(self, index: int) -> PropertyLocation:
        """Return the place of an entry of a list."""
        return PropertyLocation((*self.path, index), self.problems, self.hidden)

    def secretly(self) -> PropertyLocation:
        """Return the same place, of a secret value."""
        return PropertyLocation(self.path, self.problems, hidden=True)

    def add_problem(self, message: str, *, without_value: str = "invalid value") -> None:
        """Note a problem; a message that quotes a secret value is replaced."""
        self.problems.append(Problem(without_value if self.hidden else message, render(self.path)))
