"""The user's files that compose files name: how they are found and read."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from swarm_provider.compose.common.dialect import Dialect
from swarm_provider.compose.common.substitution import Environment
from swarm_provider.compose.yaml.tree import SourceLocation, as_written, part, plain


@dataclass(frozen=True)
class Context:
    """What all files of a project share: the folder that paths are relative to, the variables, the dialect."""

    folder: Path
    environment: Environment
    dialect: Dialect = "docker"


def located(folder: Path, given: str) -> Path:
    """Return the path of a file that a compose file names; relative ones start at `folder`."""
    return (folder / str(plain(given))).absolute()


def file_bytes(path: Path, at: SourceLocation, given: str = "", *, required: bool = True) -> bytes | None:
    """Return a file's content, or None; what is wrong is noted at its place.

    Args:
        path: where the file is.
        at: the place in the file, which collects problems.
        given: the path as the compose file gives it.
        required: whether a file that does not exist is an error.
    """
    name = as_written(part(given, str(path)))
    try:
        return path.read_bytes()
    except FileNotFoundError:
        if required:
            at.error(f"the file {name} does not exist")
    except OSError as error:
        at.error(f"the file {name} cannot be read: {error.strerror}")
    except ValueError as error:
        at.error(f"invalid path: {error}")
    return None
