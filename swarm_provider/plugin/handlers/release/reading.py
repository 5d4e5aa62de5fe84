"""The inputs of a Release -> the plan of its children: the files are read here, in the plugin."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from swarm_provider import compose
from swarm_provider.compose import children
from swarm_provider.compose.children import Plan
from swarm_provider.core import Json
from swarm_provider.core.names import snake
from swarm_provider.core.values import UNKNOWN, Secret, has_unknown, reveal
from swarm_provider.errors import InputError, Problem
from swarm_provider.plugin.handlers.release.bindings import bindings, entries, volume_options
from swarm_provider.plugin.protocol.autonaming import required_name

KINDS = ("network", "config", "secret", "service")
"""The kinds of children, each after those that it may refer to."""
PATHS: Final = ("composeFile", "baseDir", "envFile")
_BOUND: Final = ("secrets", "configs", "networks")
_OPAQUE: Final = ("env", "volumes", *_BOUND)
"""Inputs of which a value need not be known: only a string changes, or a reference."""


@dataclass(frozen=True)
class Read:
    """What the files of a Release say.

    Attributes:
        stack: its name in the swarm.
        plan: its children.
        warnings: what has no effect in Swarm, or is read in a way that may surprise.
        variables: those of the process environment that the files used.
    """

    stack: str
    plan: Plan
    warnings: Sequence[Problem]
    variables: Sequence[str]


def read(inputs: Json, logical: str, environ: Mapping[str, str]) -> Read:
    """Read the files of a Release.

    Args:
        inputs: in normal form.
        logical: the name of the stack unless the inputs or a file give one; "" where they have to.
        environ: the process environment, for `${...}`.

    Raises:
        InputError: a file or an input is wrong; every problem, with file and line.
    """
    known = _known(inputs)
    files, given, bound = _files(known), entries(inputs, "env"), bindings(inputs)
    options: Json = {"dialect": known.get("dialect") or "docker", "env_files": known.get("envFile")}
    env = {**({} if known.get("envOnly") else environ), **given}
    stack = known.get("name") or compose.project_name(files, env, **options) or required_name(logical)
    strict = bool(known.get("strict"))
    project = compose.load(
        files,
        stack=stack,
        env=env,
        profiles=tuple(known.get("profiles") or ()),
        strict=strict,
        bound={kind: bound[kind] for kind in ("config", "secret")},
        **options,
    )
    plan = children.plan(project, stack, _settings(known), bound, known.get("renames"))
    plan = children.with_volume_options(plan, volume_options(inputs))
    lost = [problem for entry in project.services.values() for problem in _for_a_resource(entry)]
    if strict and lost:
        raise InputError(*lost)
    used = sorted(set(project.variables) - set(given))
    return Read(stack, plan, (*project.warnings, *plan.warnings, *lost), used)


def given(news: Json) -> Json:
    """Return what a person gave: Pulumi asks to check what an import has read, computed inputs included."""
    return {key: value for key, value in news.items() if "stackName" not in news or key not in _BOUND}


def _known(inputs: Json) -> Json:
    """Return the inputs that decide what the stack is made of. Raises InputError where one is not known yet."""
    known = {name: reveal(value) for name, value in inputs.items() if name not in _OPAQUE}
    unknown = sorted(name for name, value in known.items() if has_unknown(value))
    if unknown:
        text = "must be known at preview: the stack's structure depends on it"
        raise InputError(*(Problem(text, snake(name)) for name in unknown))
    return known


def _settings(known: Json) -> children.Settings:
    return children.Settings(
        wait=known.get("wait"),
        fail_after=known.get("failAfter"),
        resolve_image=known.get("resolveImage"),
        keep_previous=known.get("keepPrevious"),
        adopt=known.get("adopt"),
        adopt_secrets=known.get("adoptSecrets"),
        replace_networks=known.get("replaceNetworks"),
        strict=bool(known.get("strict")) or None,
        advice=known.get("advice"),
    )


def _files(known: Json) -> Sequence[Any]:
    """Return the compose files. Raises InputError: none, too many, or one that is not there."""
    files: list[str] | None = known.get("composeFile")
    text, folder = known.get("compose"), known.get("baseDir")
    if (files is None) == (text is None):
        raise InputError("set one of compose_file (a path, or several) and compose (text)")
    if files is not None:
        if folder is not None:
            why = "goes with compose only; paths in a compose file start in the folder of the first file"
            raise InputError(Problem(why, "base_dir"))
        _require(files, "compose_file")
        return files
    if folder is not None:
        _require([folder], "base_dir")
    return [compose.InlineFile(str(text), Path(folder or "."))]


def _require(paths: Sequence[str], name: str) -> None:
    """Refuse a path that is not there with the folder in which it was looked for."""
    missing = [Problem(f"{path!r} does not exist{_looked_in(path)}", name) for path in paths if not Path(path).exists()]
    if missing:
        raise InputError(*missing)


def _looked_in(path: str) -> str:
    return "" if Path(path).is_absolute() else f" in {str(Path.cwd())!r}, the folder of Pulumi.yaml"


def portable(inputs: Json) -> Json:
    """Return the inputs with each path from the folder of Pulumi.yaml on: the state names no folder of a machine."""
    return {key: _relative(value) if key in PATHS else value for key, value in inputs.items()}


def _relative(value: Any) -> Any:
    if isinstance(value, list):
        return [_relative(entry) for entry in value]
    if isinstance(value, str) and Path(value).is_absolute():
        with contextlib.suppress(ValueError):
            # on Windows there is no way from one drive to another
            return os.path.relpath(value)
    return value


def _for_a_resource(entry: compose.ServiceEntry) -> Sequence[Problem]:
    """Return what `x-pulumi` asks for and only a resource of its own can have."""
    return [
        Problem(
            "has no effect: the service of a Release is no resource of its own; set it on the Release, or use a Stack",
            f"services.{entry.key}.x-pulumi.{name}",
            entry.file,
            entry.line,
        )
        for name in ("protect", "custom_timeouts")
        if name in entry.x_pulumi
    ]


def filled(value: Any, references: Mapping[tuple[str, str], Any]) -> Any:
    """Return canonical inputs with references and texts in place; texts of unknown or secret parts are so, too."""
    return children.filled(value, references, _text)


def _text(template: compose.Template) -> Any:
    plain = [reveal(part) for part in template.parts]
    joined: Any = UNKNOWN if UNKNOWN in plain else "".join(map(str, plain))
    return Secret(joined) if any(isinstance(part, Secret) for part in template.parts) else joined
