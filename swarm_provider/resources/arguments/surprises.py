"""What a program gives a Service and Docker reads as something else, before short forms become long ones.

Compose files have the same warnings with file and line, and come here in their long forms.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping
from typing import Any

import pulumi

from swarm_provider.core import Json
from swarm_provider.errors import InputError, Problem
from swarm_provider.model.types import short_forms
from swarm_provider.resources.program.error_reporting import said


def warn(name: str, args: Json) -> None:
    """Warn of each; with `strict` they are an error.

    Raises:
        InputError: there are some, and the service is strict.
    """
    # a service of a compose file has one
    found = [] if args.get("namespace") is not None else [*_mounts(args.get("volumes")), *_modes(args)]
    if found and args.get("strict") is True:
        raise InputError(*found)
    for problem in found:
        pulumi.log.warn(said(f"{name}: {problem}"))


def _mounts(value: Any) -> Iterator[Problem]:
    for index, entry in enumerate(value if isinstance(value, (list, tuple)) else ()):
        options: list[tuple[str, str]] = []
        if isinstance(entry, str):
            # what is wrong with it is told where it is read
            with contextlib.suppress(ValueError):
                options = short_forms.mount_options_without_effect(entry)
        elif isinstance(entry, Mapping) and isinstance(entry.get("target"), str):
            options = short_forms.misplaced_options(entry["target"])
        for option, why in options:
            yield Problem(f"the mount option {option!r} has no effect: {why}", f"volumes[{index}]")


def _modes(args: Json) -> Iterator[Problem]:
    for key in ("configs", "secrets"):
        entries = args.get(key)
        for index, entry in enumerate(entries if isinstance(entries, (list, tuple)) else ()):
            mode = entry.get("mode") if isinstance(entry, Mapping) else None
            if isinstance(mode, int) and short_forms.meant_as_octal(mode):
                text = f"{mode} is a decimal number, which is the mode 0{mode:o}; write 0o{mode}"
                yield Problem(text, f"{key}[{index}].mode")
