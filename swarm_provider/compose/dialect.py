"""The two dialects of compose files, and what each makes of the text of one file."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal, get_args

from swarm_provider.compose.docker.interpolation import DOCKER, Environment, interpolate
from swarm_provider.compose.spec.interpolation import COMPOSE_SPEC
from swarm_provider.compose.spec.tags import split
from swarm_provider.compose.yaml.reader import read, read_documents
from swarm_provider.compose.yaml.tree import Map, Path, Report, SourceLocation

Dialect = Literal["docker", "compose-spec"]
DIALECTS: Final[tuple[Dialect, ...]] = get_args(Dialect)


@dataclass(frozen=True)
class Layer:
    """One document of a file: interpolated, without marks.

    Attributes:
        emptied: the places that its marks empty in what comes before it; () in docker's dialect, which has no marks.
    """

    tree: Map
    at: SourceLocation
    emptied: tuple[Path, ...] = ()


def layers(data: bytes, file: str, environment: Environment, report: Report, dialect: Dialect) -> list[Layer]:
    """Read the documents of a file: all of them, or in docker's dialect the first.

    Raises:
        InputError: it is not YAML.
    """
    at = SourceLocation(report, file)
    if dialect == "docker":
        return [Layer(interpolate(read(data, file), environment, at, DOCKER), at)]
    result = []
    for document in read_documents(data, file):
        tree, emptied = split(document)
        result.append(Layer(interpolate(tree, environment, at, COMPOSE_SPEC), at, emptied))
    return result
