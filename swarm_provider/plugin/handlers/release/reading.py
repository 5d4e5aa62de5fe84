"""The inputs of a Release -> the plan of its children: the files are read here, in the plugin."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from swarm_provider import compose
from swarm_provider.compose import children
from swarm_provider.compose.children import Bound, Plan
from swarm_provider.compose.common.dialect import Dialect
from swarm_provider.core import Json
from swarm_provider.core.values import UNKNOWN, Secret, has_unknown, reveal
from swarm_provider.errors import InputError, Problem
from swarm_provider.plugin.protocol.autonaming import required_name

KINDS = ("network", "config", "secret", "service")
"""The kinds of children, each after those that it may refer to."""


@dataclass(frozen=True)
class Read:
    """What the files of a Release say.

    Attributes:
        stack: its name in the swarm.
        plan: its children.
        warnings: what has no effect in Swarm, or is read in a way that may surprise.
    """

    stack: str
    plan: Plan
    warnings: Sequence[Problem]


def read(inputs: Json, logical: str, environ: Mapping[str, str]) -> Read:
    """Read the files of a Release.

    Args:
        inputs: in normal form.
        logical: the name of the stack unless the inputs or a file give one; "" where they have to.
        environ: the process environment, for `${...}`.

    Raises:
        InputError: a file or an input is wrong; every problem, with file and line.
    """
    known = {name: reveal(inputs.get(name)) for name in inputs if name not in ("env", "secrets", "configs")}
    unknown = sorted(name for name, value in known.items() if has_unknown(value))
    if unknown:
        raise InputError(
            *(Problem("must be known at preview: the stack's structure depends on it", n) for n in unknown)
        )
    files = known["composeFile"]
    _require(files)
    given = _entries(inputs.get("env"))
    env = {**({} if known.get("envOnly") else environ), **given}
    dialect: Dialect = known.get("dialect") or "docker"
    env_files = known.get("envFile")
    stack = known.get("name") or compose.project_name(files, env, dialect, env_files)
    stack = stack or required_name(logical)
    bound = {kind: _bound(kind, _entries(inputs.get(f"{kind}s"))) for kind in ("network", "volume", "config", "secret")}
    strict = bool(known.get("strict"))
    project = compose.load(
        files,
        stack=stack,
        env=env,
        profiles=tuple(known.get("profiles") or ()),
        strict=strict,
        bound={kind: bound[kind] for kind in ("config", "secret")},
        dialect=dialect,
        env_files=env_files,
    )
    settings = children.Settings(
        wait=known.get("wait"),
        fail_after=known.get("failAfter"),
        resolve_image=known.get("resolveImage"),
        keep_previous=known.get("keepPrevious"),
        adopt=known.get("adopt"),
        adopt_secrets=known.get("adoptSecrets"),
        replace_networks=known.get("replaceNetworks"),
        strict=strict or None,
        advice=known.get("advice"),
    )
    plan = children.plan(project, stack, settings, bound)
    return Read(stack, plan, (*project.warnings, *plan.warnings))


def _require(files: Sequence[str]) -> None:
    """Refuse a file that is not there with the folder in which it was looked for."""
    missing = [
        Problem(f"{file!r} does not exist in {Path.cwd().name!r}, the folder of Pulumi.yaml", "compose_file")
        for file in files
        if not Path(file).exists()
    ]
    if missing:
        raise InputError(*missing)


def _entries(given: Any) -> Json:
    """Return the entries of a mapping; each of a secret one is secret."""
    if isinstance(given, Secret):
        return {key: value if isinstance(value, Secret) else Secret(value) for key, value in given.value.items()}
    return given or {}


def _bound(kind: str, given: Json) -> dict[str, Bound]:
    return {key: _binding(kind, value) for key, value in given.items()}


def _binding(kind: str, value: Any) -> Bound:
    """Return what was bound to a key: an object with a name refers to what exists, anything else is content."""
    plain = reveal(value)
    if isinstance(plain, dict) and "name" in plain:
        return Bound(plain["name"])
    return Bound(value, kind in ("config", "secret"))


def filled(value: Any, references: Mapping[tuple[str, str], Any]) -> Any:
    """Return canonical inputs with references and texts in place; texts of unknown or secret parts are so, too."""
    return children.filled(value, references, _text)


def _text(template: compose.Template) -> Any:
    plain = [reveal(part) for part in template.parts]
    joined: Any = UNKNOWN if UNKNOWN in plain else "".join(map(str, plain))
    return Secret(joined) if any(isinstance(part, Secret) for part in template.parts) else joined
