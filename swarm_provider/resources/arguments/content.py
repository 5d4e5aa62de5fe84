"""The content of a Config or Secret: `data`, `data_base64` or a file that is read here, in the program.

Here, because a path means something in the program's folder only, and so that a missing file is told at once.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from swarm_provider.core.names import snake
from swarm_provider.errors import InputError, Problem
from swarm_provider.model import security
from swarm_provider.model.content import content_inputs

_WAYS = ("data", "data_base64", "file")


def read_content(args: dict[str, Any]) -> None:
    """Replace `file` and bytes in `args` by `data` (text) or `data_base64` (anything else), in place.

    Raises:
        InputError: several ways are given at once, or the file cannot be read.
    """
    given = [way for way in _WAYS if args.get(way) is not None]
    if len(given) > 1:
        raise InputError(f"set only one of {' and '.join(given)}")
    path = args.pop("file", None)
    if path is not None:
        args["data"] = _read(path)
    if isinstance(args.get("data"), (bytes, bytearray)):
        content = bytes(args.pop("data"))
        args |= {snake(name): text for name, text in content_inputs(content).items()}


def with_profile(option: Any) -> Any:
    """Return a `security_opt` with the content of the seccomp profile that it names.

    Raises:
        InputError: the file cannot be read, or is no text.
    """
    path = security.profile_path(option) if isinstance(option, str) else None
    if path is None:
        return option
    try:
        return security.seccomp(_read(path, "security_opt").decode())
    except ValueError as error:
        raise InputError(Problem(f"{path!r}: {error}", "security_opt")) from None


def _read(path: Any, name: str = "file") -> bytes:
    if not isinstance(path, (str, os.PathLike)):
        raise InputError(Problem("must be the path of a file, as a plain string", name))
    try:
        return Path(path).read_bytes()
    except FileNotFoundError:
        raise InputError(Problem(_missing(Path(path)), name)) from None
    except OSError as error:
        raise InputError(Problem(f"cannot read {os.fspath(path)!r}: {error.strerror}", name)) from None


def _missing(path: Path) -> str:
    base = "" if path.is_absolute() else "; a relative path starts in the folder of the Pulumi program"
    return f"{str(path)!r} does not exist{base}"
