"""The variables of a project: those of the caller, over those of `.env` files."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

from swarm_provider.compose.common.context import file_bytes
from swarm_provider.compose.common.raw_env_file import EnvFileError
from swarm_provider.compose.common.substitution import Environment
from swarm_provider.compose.spec.env_file import read_dotenv
from swarm_provider.compose.yaml.tree import SourceLocation, as_written, part

DEFAULT: Final = ".env"


def with_files(
    environment: Environment, files: Sequence[Path], at: SourceLocation, given: Mapping[Path, str] | None = None
) -> Environment:
    """Return the variables of these files under those that are there; what is wrong with a file is told to `at`.

    Args:
        environment: the variables.
        files: the compose files, in order.
        at: the place in the file, which collects problems.
        given: the files as a compose file gives them.
    """
    found: dict[str, object] = {}
    for file in files:
        name = part((given or {}).get(file), str(file))
        data = file_bytes(file, at, name)
        if data is None:
            continue
        try:
            known = Environment({**found, **environment.values})
            found.update(read_dotenv(data, known, SourceLocation(at.report, as_written(name))))
        except EnvFileError as error:
            at.error(f"the env file {as_written(name)} cannot be read: {error}")
    return Environment({**found, **environment.values}, environment.used)


def beside(folder: Path) -> list[Path]:
    """Return the `.env` of a folder, if it has one."""
    file = folder / DEFAULT
    # os.path: False for what cannot be a file's name
    return [file] if os.path.isfile(file) else []  # noqa: PTH113
