"""The files of a project -> trees that are checked: one per file in docker's dialect, one for all in the other."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Final

from swarm_provider.compose.common import unsupported, validation
from swarm_provider.compose.common.dialect import DIALECTS, Dialect, Layer
from swarm_provider.compose.common.substitution import Environment
from swarm_provider.compose.layers import layers
from swarm_provider.compose.spec.expansion import Assembly
from swarm_provider.compose.spec.paths import absolute
from swarm_provider.compose.spec.settle import settled
from swarm_provider.compose.spec.variables import beside, with_files
from swarm_provider.compose.yaml.tree import Map, Report, SourceLocation, Template, go_text
from swarm_provider.errors import InputError, Problem
from swarm_provider.model.types.kinds import nearest

_TRUE: Final = ("1", "t", "T", "true", "TRUE", "True")


@dataclass(frozen=True)
class InlineFile:
    """A compose file that is given as text.

    Attributes:
        folder: where its relative paths start.
    """

    text: str
    folder: Path

    def __str__(self) -> str:
        return "compose"


ComposeFile = str | Path | InlineFile


@dataclass(frozen=True)
class Sources:
    """The files of a project, the variables and the dialect to read them with.

    Attributes:
        files: compose files, by path or as text; later ones override. Relative paths inside start at the first one's
            folder.
        env: the variables of the caller.
        env_files: in the compose-spec's dialect, the files of further variables; None: `.env` beside the first file.
        accepted: trees whose check the other dialect need not repeat; shared with `other`.
    """

    files: tuple[ComposeFile, ...]
    env: Mapping[str, object]
    dialect: Dialect = "docker"
    env_files: tuple[str | Path, ...] | None = None
    accepted: list[Map] = field(default_factory=list, repr=False, compare=False)

    def __post_init__(self) -> None:
        if not self.files:
            raise InputError("compose_file is empty; set it to the path of a compose file")
        if self.dialect not in DIALECTS:
            words = " or ".join(DIALECTS)
            raise InputError(Problem(f"must be {words}{nearest(self.dialect, DIALECTS)}", "dialect"))
        if self.env_files and self.dialect == "docker":
            raise InputError(Problem("docker stack deploy reads no env file; set dialect='compose-spec'", "env_file"))

    @property
    def folder(self) -> Path:
        """Return the folder that relative paths start in."""
        return _path(self.files[0]).parent

    def other(self) -> Sources:
        """Return the same files in the other dialect."""
        other: Dialect = "docker" if self.dialect == "compose-spec" else "compose-spec"
        return replace(self, dialect=other, env_files=None if other == "docker" else self.env_files)

    def environment(self, report: Report, stack: str | None = None) -> Environment:
        """Return the variables, those of env files included; `stack` is the project's name, once it is known."""
        environment = Environment(self.env)
        if self.dialect == "docker":
            return environment
        environment = with_files(environment, self._env_files(), SourceLocation(report, "", ("env_file",)))
        named = {} if stack is None else {"COMPOSE_PROJECT_NAME": stack}
        return Environment({**environment.values, **named}, environment.used)

    def _env_files(self) -> list[Path]:
        if self.env_files is not None:
            return [Path(file).absolute() for file in self.env_files]
        listed = self.env.get("COMPOSE_ENV_FILES")
        if isinstance(listed, str) and listed:
            return [Path(file).absolute() for file in listed.split(",")]
        return [] if self.env.get("COMPOSE_DISABLE_ENV_FILE") in _TRUE else beside(self.folder)

    def profiles(self, given: Sequence[str], environment: Environment) -> set[str]:
        """Return the active profiles: those given, else in the compose-spec's dialect those of COMPOSE_PROFILES."""
        if given or self.dialect == "docker":
            return set(given)
        listed, _ = environment.look_up("COMPOSE_PROFILES")
        return {name for name in str(listed).split(",") if name} if isinstance(listed, str) else set()

    def name(self, report: Report) -> str | None:
        """Return the `name:` of the files (the last one that gives one), or None; nothing else of them is looked at."""
        environment = self.environment(report)
        found: str | None = None
        for file in self.files:
            unused = Report()
            for layer in layers(_bytes(file), str(file), environment, unused, self.dialect):
                found = plain_name(layer.tree, replace(layer.at, report=report)) or found
        return found

    def trees(self, environment: Environment, report: Report) -> list[tuple[Map, SourceLocation]]:
        """Return what the files say; what is wrong and what surprises is in the report."""
        assembly = Assembly(self.folder, environment, report, self.dialect, layers)
        if self.dialect == "docker":
            return [_of_docker(file, assembly, self.accepted) for file in self.files]
        documents = [
            assembly.expanded(layer, _path(file))
            for file in self.files
            for layer in layers(_bytes(file), str(file), environment, report, self.dialect)
        ]
        tree, at = assembly.merged(documents), SourceLocation(report, str(self.files[0]))
        if not report.errors:
            written = documents[0].tree if len(documents) == 1 else None
            validation.check_schema(tree, at, self.dialect, self.accepted, written)
        if not report.errors:
            validation.warn_forbidden(tree, at)
            unsupported.warn(tree, at, self.dialect)
            tree = settled(tree, at)
        return [(absolute(tree, self.folder, assembly.home), at)]


def _path(file: ComposeFile) -> Path:
    return file.folder.absolute() / str(file) if isinstance(file, InlineFile) else Path(file).absolute()


def _of_docker(file: ComposeFile, assembly: Assembly, accepted: list[Map]) -> tuple[Map, SourceLocation]:
    report = assembly.report
    before = len(report.errors)
    [layer] = layers(_bytes(file), str(file), assembly.environment, report, "docker")
    validation.check_forbidden(layer.tree, layer.at)
    if len(report.errors) == before:
        expanded: Layer = assembly.expanded(layer, _path(file))
        if expanded.tree is not layer.tree and len(report.errors) == before:
            validation.check_forbidden(expanded.tree, expanded.at)
        layer = expanded
    if len(report.errors) == before:
        validation.check_schema(layer.tree, layer.at, accepted=accepted)
    if len(report.errors) == before:
        _check_version(layer.tree, layer.at)
        unsupported.warn(layer.tree, layer.at)
    return layer.tree, layer.at


def _bytes(file: ComposeFile) -> bytes:
    if isinstance(file, InlineFile):
        return file.text.encode(errors="replace")
    try:
        return Path(file).read_bytes()
    except FileNotFoundError:
        raise InputError(Problem("the compose file does not exist", "", str(file))) from None
    except OSError as error:
        raise InputError(Problem(f"the compose file cannot be read: {error.strerror}", "", str(file))) from None
    except ValueError as error:
        raise InputError(Problem(f"invalid path: {error}", "", str(file))) from None


def plain_name(tree: Map, at: SourceLocation) -> str | None:
    """Return the `name:` of an interpolated tree; one that is no plain text is an error."""
    value: Any = tree.get("name")
    if value is None:
        return None
    if isinstance(value, Template) or not isinstance(value, (str, int, float)):
        at.key(tree, "name").error("must be a plain string")
        return None
    return str(go_text(value)) or None


def _check_version(tree: Map, at: SourceLocation) -> None:
    version = tree.get("version")
    if version is None:
        return
    text = str(go_text(version))
    major, _, minor = text.partition(".")
    known = text == "" or (major == "3" and (minor == "" or (minor.isdecimal() and int(minor) <= 13)))
    if not isinstance(version, str):
        at.key(tree, "version").warn("docker requires a string; the compose-spec ignores it: remove the line")
    elif not known:
        at.key(tree, "version").warn(f"docker does not know version {text!r}; ignored, as in the compose-spec")
