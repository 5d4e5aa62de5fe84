"""`environment`, `env_file` and `label_file` of one service -> maps."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from swarm_provider.compose.common.context import Context, file_bytes, located
from swarm_provider.compose.common.raw_env_file import EnvFileError, read_raw
from swarm_provider.compose.common.scalars import boolean, pairs, text
from swarm_provider.compose.common.substitution import Environment
from swarm_provider.compose.spec.env_file import read_dotenv
from swarm_provider.compose.yaml.tree import Items, Map, SourceLocation, Template, as_written
from swarm_provider.core import Json


def read_environment(source: Map, at: SourceLocation, context: Context) -> Json:
    """Return what `env_file` and `environment` of a service give, in docker's order; None is a bare key.

    Args:
        source: the valid, interpolated mapping.
        at: the place in the file, which collects problems.
        context: the folder, the variables and the dialect.
    """
    if context.dialect == "compose-spec":
        return _of_compose_spec(source, at, context)
    result: Json = {}
    look_up = context.environment.look_up

    def update(values: Json) -> None:
        for key, value in values.items():
            # docker: what the file leaves empty, too, is taken from the caller's environment
            found, there = look_up(key) if value is None or value == "" else ("", False)
            result[key] = (found if isinstance(found, str) else _opaque(found)) if there else value

    if source.get("env_file"):
        update(_of_files(source, at, context, context.environment, _raw))
    if source.get("environment"):
        update(pairs(source["environment"], at.key(source, "environment")))
    return result


def _of_compose_spec(source: Map, at: SourceLocation, context: Context) -> Json:
    """Return the same as the compose-spec has it: an empty value is one, and every env file is in its own format."""
    own: Json = {}
    for key, value in pairs(source.get("environment"), at.key(source, "environment")).items():
        found, there = context.environment.look_up(key) if value is None else ("", False)
        own[key] = (found if isinstance(found, str) else _opaque(found)) if there else value
    given = {key: value for key, value in own.items() if value is not None}
    known = Environment({**given, **context.environment.values}, context.environment.used)
    return {**_of_files(source, at, context, known, read_dotenv), **own}


def _of_files(source: Map, at: SourceLocation, context: Context, known: Environment, default: _EnvReader) -> Json:
    files: Json = {}
    for path, place, reader, required in _env_files(source.get("env_file"), at.key(source, "env_file"), default):
        data = file_bytes(located(context.folder, path), place, path, required=required)
        if data is not None:
            try:
                files.update(reader(data, known, place))
            except EnvFileError as error:
                place.error(f"the env file {as_written(path)} cannot be read: {error}")
    return {key: value if isinstance(value, str) else _opaque(value) for key, value in files.items()}


def _opaque(value: Any) -> Any:
    return value if isinstance(value, Template) else Template((value,))


_EnvReader = Callable[[bytes, Environment, SourceLocation], dict[str, Any]]


def _raw(data: bytes, environment: Environment, _at: SourceLocation) -> dict[str, Any]:
    return read_raw(data, environment)


def _env_files(
    value: Any, at: SourceLocation, default: _EnvReader
) -> list[tuple[str, SourceLocation, _EnvReader, bool]]:
    """Return path, place, reader and whether it must be there; `default` reads what is given by its path only."""
    if value is None:
        return []
    if not isinstance(value, Items):
        return [(str(text(value, at)), at, default, True)]
    result: list[tuple[str, SourceLocation, _EnvReader, bool]] = []
    for index, entry in enumerate(value):
        place = at.item(value, index)
        if not isinstance(entry, Map):
            result.append((str(text(entry, place)), place, default, True))
            continue
        form = entry.get("format")
        if form not in (None, "", "raw"):
            place.key(entry, "format").error(f"unknown format {form!r}; the only format is 'raw'")
        required = boolean(entry.get("required", True), place.key(entry, "required"))
        result.append((str(entry["path"]), place, _raw if form == "raw" else read_dotenv, required))
    return result


def read_label_files(source: Map, at: SourceLocation, context: Context) -> Json:
    """Return the labels that the files of `label_file` have.

    Args:
        source: the valid, interpolated mapping.
        at: the place in the file, which collects problems.
        context: the folder, the variables and the dialect.
    """
    found: Json = {}
    value = source.get("label_file") or []
    at = at.key(source, "label_file")
    for path in [value] if isinstance(value, str) else value:
        data = file_bytes(located(context.folder, str(path)), at, str(path))
        if data is not None:
            try:
                found.update(read_raw(data, Environment({})))
            except EnvFileError as error:
                at.error(f"the label file {as_written(path)} cannot be read: {error}")
    return found
