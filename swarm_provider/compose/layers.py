"""The text of one file -> its documents, as each dialect reads it."""

from __future__ import annotations

from swarm_provider.compose.common.dialect import Dialect, Layer
from swarm_provider.compose.common.substitution import Environment, interpolate
from swarm_provider.compose.docker.interpolation import DOCKER
from swarm_provider.compose.spec.interpolation import COMPOSE_SPEC
from swarm_provider.compose.spec.tags import split
from swarm_provider.compose.yaml.reader import read, read_documents
from swarm_provider.compose.yaml.tree import Report, SourceLocation


def layers(data: bytes, file: str, environment: Environment, report: Report, dialect: Dialect) -> list[Layer]:
    """Read the documents of a file: all of them, or in docker's dialect the first.

    Args:
        data: the file's bytes.
        file: the file's name, for messages.
        environment: the variables.
        report: collects problems.
        dialect: the dialect that the files are read in.

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
