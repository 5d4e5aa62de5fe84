"""What Check and Diff found out of the parts of a resource, for the call that makes them: a Release has many."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from swarm_provider.core.path import Path
from swarm_provider.plugin.run.phases import Phase, Phases, only_in


@dataclass
class _Parts:
    """
    Attributes:
        by_files: what the user's files ignore.
        ignored: what they and the program ignore.
        differing: places of the parts that differ, each with whether its object is replaced.
    """

    by_files: Sequence[Path] = ()
    ignored: Sequence[Path] = ()
    differing: dict[Path, bool] = field(default_factory=dict)


class Parts(Phases):
    """The parts of the resources of a run. All places are paths below the resource."""

    def __init__(self) -> None:
        super().__init__()
        self._parts: dict[str, _Parts] = {}

    @only_in(Phase.CHECK)
    def ignore_by_files(self, urn: str, places: Iterable[Path]) -> None:
        """Note where live values stay because the user's files say so; what was found before is forgotten."""
        self._parts[urn] = _Parts([*places])

    @only_in(Phase.DIFF)
    def ignore(self, urn: str, places: Iterable[Path]) -> None:
        """Note where live values stay because the program says so (`ignore_changes`)."""
        parts = self._parts.setdefault(urn, _Parts())
        parts.ignored = [*places, *parts.by_files]

    @only_in(Phase.DIFF, Phase.PLAN, Phase.APPLY)
    def ignored(self, urn: str) -> Sequence[Path]:
        """Return where live values stay, as Diff noted it: what is new has none."""
        return self._parts.get(urn, _Parts()).ignored

    @only_in(Phase.DIFF)
    def differ(self, urn: str, place: Path, *, replaced: bool) -> None:
        """Note that a part differs.

        Args:
            urn: the resource.
            place: the part.
            replaced: whether its old object goes, and another one is made.
        """
        self._parts.setdefault(urn, _Parts()).differing[place] = replaced

    @only_in(Phase.PLAN, Phase.APPLY)
    def differing(self, urn: str) -> Mapping[Path, bool]:
        """Return the parts that differ, each with whether it is replaced."""
        return self._parts.get(urn, _Parts()).differing
