"""Values with a unit: sizes, durations, numbers of cpus."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from swarm_provider.core import Json, units
from swarm_provider.model.types.kinds import Type, as_given
from swarm_provider.model.types.place import PropertyLocation


@dataclass(frozen=True)
class Measure(Type):
    """A string with a unit, kept as the user spelt it and compared by what it means."""

    parse: Callable[[Any], int] = units.size_bytes
    numbers: bool = False
    """Whether a bare number is meant too (a size in bytes, a number of cpus)."""

    def _normal(self, value: Any, at: PropertyLocation) -> Any:
        allowed = (str, int, float) if self.numbers else (str,)
        if isinstance(value, bool) or not isinstance(value, allowed):
            at.add_problem(f"must be a string with a unit, not {as_given(value)}")
            return value
        try:
            self.parse(value)
        except ValueError as error:
            at.add_problem(str(error))
        return str(value)

    def _key(self, value: Any) -> Any:
        try:
            return self.parse(value)
        except (ValueError, TypeError):
            return value

    def _schema(self) -> Json:
        return {"type": "string"}

    def _python(self) -> str:
        return "str | int | float" if self.numbers else "str"


DURATION = Measure(parse=units.duration_ns)
SIZE = Measure(parse=units.size_bytes, numbers=True)
MEMSWAP = Measure(parse=units.swap_bytes, numbers=True)
CPUS = Measure(parse=units.nano_cpus, numbers=True)
