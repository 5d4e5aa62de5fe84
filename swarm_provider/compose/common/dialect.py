"""The two dialects of compose files, by name, and one document of a file in one of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal, get_args

from swarm_provider.compose.yaml.tree import Map, Path, SourceLocation

Dialect = Literal["docker", "compose-spec"]
DIALECTS: Final[tuple[Dialect, ...]] = get_args(Dialect)
SPEC_ONLY: Final = ("security_opt", "memswap_limit", "oom_score_adj", "tmpfs")
"""Keys that docker drops or forbids by name."""


@dataclass(frozen=True)
class Layer:
    """One document of a file: interpolated, without marks.

    Attributes:
        emptied: the places that its marks empty in what comes before it; () in docker's dialect, which has no marks.
    """

    tree: Map
    at: SourceLocation
    emptied: tuple[Path, ...] = ()
