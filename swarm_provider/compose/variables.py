"""The variables of a project: those of the caller, over those of `.env` files."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Final

from swarm_provider.compose.dotenv import read_dotenv
from swarm_provider.compose.envfile import EnvFileError
from swarm_provider.compose.files import file_bytes
from swarm_provider.compose.interpolate import Environment
from swarm_provider.compose.tree import At

DEFAULT: Final = ".env"


def with_files(environment: Environment, files: Sequence[Path], at: At) -> Environment:
    """Return the variables of these files under those that are there; what is wrong with a file is told to `at`."""
    found: dict[str, object] = {}
    for file in files:
        data = file_bytes(file, at)
        if data is None:
            continue
        try:
            known = Environment({**found, **environment.values})
            found.update(read_dotenv(data, known, At(at.report, str(file))))
        except EnvFileError as error:
            at.error(f"the env file {file} cannot be read: {error}")
    return Environment({**found, **environment.values}, environment.used)


def beside(folder: Path) -> list[Path]:
    """Return the `.env` of a folder, if it has one."""
    file = folder / DEFAULT
    return [file] if file.is_file() else []
