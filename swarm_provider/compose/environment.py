"""`environment`, `env_file` and `label_file` of one service -> maps."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from swarm_provider.compose.envfile import EnvFileError, read_dotenv, read_raw
from swarm_provider.compose.files import Context, file_bytes
from swarm_provider.compose.interpolate import Environment
from swarm_provider.compose.scalars import boolean, pairs, text
from swarm_provider.compose.tree import At, Items, Map, Template
from swarm_provider.spec import Json


def read_environment(source: Map, at: At, context: Context) -> Json:
    """Return what `env_file` and `environment` of a service give, in docker's order; None is a bare key."""
    result: Json = {}
    look_up = context.environment.look_up

    def update(values: Json) -> None:
        for key, value in values.items():
            # docker: what the file leaves empty, too, is taken from the caller's environment
            found, there = look_up(key) if value is None or value == "" else ("", False)
            result[key] = (found if isinstance(found, str) else _opaque(found)) if there else value

    if source.get("env_file"):
        files: Json = {}
        for path, place, reader, required in _env_files(source["env_file"], at.key(source, "env_file")):
            data = file_bytes(context.folder / path, place, required=required)
            if data is not None:
                try:
                    files.update(reader(data, context.environment, place))
                except EnvFileError as error:
                    place.error(f"the env file {path} cannot be read: {error}")
        update({key: value if isinstance(value, str) else _opaque(value) for key, value in files.items()})
    if source.get("environment"):
        update(pairs(source["environment"], at.key(source, "environment")))
    return result


def _opaque(value: Any) -> Any:
    return value if isinstance(value, Template) else Template((value,))


_EnvReader = Callable[[bytes, Environment, At], dict[str, Any]]


def _raw(data: bytes, environment: Environment, _at: At) -> dict[str, Any]:
    return read_raw(data, environment)


def _env_files(value: Any, at: At) -> list[tuple[str, At, _EnvReader, bool]]:
    if not isinstance(value, Items):
        return [(str(text(value, at)), at, _raw, True)]
    result: list[tuple[str, At, _EnvReader, bool]] = []
    for index, entry in enumerate(value):
        place = at.item(value, index)
        if not isinstance(entry, Map):
            result.append((str(text(entry, place)), place, _raw, True))
            continue
        form = entry.get("format")
        if form not in (None, "", "raw"):
            place.key(entry, "format").error(f"unknown format {form!r}; 'raw' is the only one, or leave it out")
        required = boolean(entry.get("required", True), place.key(entry, "required"))
        result.append((str(entry["path"]), place, _raw if form == "raw" else read_dotenv, required))
    return result


def read_label_files(source: Map, at: At, context: Context) -> Json:
    """Return the labels that the files of `label_file` have."""
    found: Json = {}
    value = source.get("label_file") or []
    at = at.key(source, "label_file")
    for path in [value] if isinstance(value, str) else value:
        data = file_bytes(context.folder / str(path), at)
        if data is not None:
            try:
                found.update(read_raw(data, Environment({})))
            except EnvFileError as error:
                at.error(f"the label file {path} cannot be read: {error}")
    return found
