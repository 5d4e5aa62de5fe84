"""Reading a stack that runs from the swarm, and writing the files that describe it."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from swarm_provider.cli.export.program_text import program
from swarm_provider.compose import load
from swarm_provider.compose.common.dialect import Dialect
from swarm_provider.compose.project import Project
from swarm_provider.compose.write import Running, write
from swarm_provider.convert import objects
from swarm_provider.convert.service.effective import effective
from swarm_provider.convert.service.spec import concise, from_spec, to_spec
from swarm_provider.convert.unmodelled import unmodelled, with_unmodelled
from swarm_provider.core import Json, labels
from swarm_provider.core.masking import SecretFilter
from swarm_provider.dockerapi import ConnectionSettings, Swarm, connect
from swarm_provider.errors import InputError
from swarm_provider.model.content import CONTENT, content_of
from swarm_provider.plan.change import kept_settings
from swarm_provider.plan.families.naming import object_labels, object_name


@dataclass
class Found:
    """A stack as it runs.

    Attributes:
        stack: what files are written from.
        specs: the live ServiceSpecs by name.
        networks: names of all networks by id.
        notes: what a reader has to know.
    """

    stack: Running
    specs: dict[str, Json]
    networks: dict[str, str]
    notes: list[str] = field(default_factory=list)


async def look(stack: str, *, host: str | None = None, context: str | None = None) -> Found:
    """Read a stack from the swarm.

    Args:
        stack: name of the stack.
        host: address of a manager; None: as docker finds it.
        context: name of a docker context; None: docker's current one.

    Raises:
        InputError: there is no such stack, or Pulumi manages it already.
        ConnectionFailed: the swarm cannot be reached.
    """
    swarm = await connect(ConnectionSettings(host=host, context=context, environ=dict(os.environ)))
    try:
        return await _found(swarm, stack)
    finally:
        await swarm.close()


async def _found(swarm: Swarm, stack: str) -> Found:
    listed = await swarm.list("service")
    services = [item["Spec"] for item in listed if _of(item["Spec"].get("Labels"), stack)]
    if not services:
        known = {(item["Spec"].get("Labels") or {}).get(labels.NAMESPACE) for item in listed}
        told = ", ".join(sorted(name for name in known if name)) or "none"
        raise InputError(f"there is no stack {stack!r} in the swarm; its stacks: {told}")
    owners = {owner for spec in services if (owner := labels.owner(spec.get("Labels")))}
    if owners:
        raise InputError(f"stack {stack!r} already belongs to Pulumi stack {', '.join(sorted(map(repr, owners)))}")
    networks = await swarm.list("network")
    names = {item["Id"]: item["Name"] for item in networks}
    notes = [
        f"{spec['Name']}: {text}"
        for spec in services
        if (text := kept_settings.describe(unmodelled(spec, names), SecretFilter()))
    ]
    secrets = [object_name(item) for item in await swarm.list("secret") if _of(object_labels(item), stack)]
    if secrets:
        text = "secrets cannot be read back, so the file declares them as external:"
        notes.append(f"{text} {', '.join(sorted(secrets))}")
    running = Running(
        stack,
        sorted(
            (concise(from_spec(effective(spec, names), names)) for spec in services), key=lambda inputs: inputs["name"]
        ),
        [objects.network_from_spec(item) for item in networks if _of(item.get("Labels"), stack)],
        [
            {**objects.config_from_spec(item["Spec"]), "baseName": object_name(item)}
            for item in await swarm.list("config")
            if _of(object_labels(item), stack)
        ],
        sorted(secrets),
    )
    return Found(running, {spec["Name"]: spec for spec in services}, names, notes)


def _of(own: Mapping[str, str] | None, stack: str) -> bool:
    return (own or {}).get(labels.NAMESPACE) == stack


def save(found: Found, folder: Path, *, python: bool) -> list[str]:
    """Write the files; return what to tell the person, line by line.

    Args:
        found: what `look` returned.
        folder: where the files go.
        python: whether a Python program is written beside the compose file.

    Raises:
        InputError: a file of that name exists.
        OSError: a file cannot be written.
    """
    name = found.stack.name
    if not python:
        found = _in_file_names(found)
    written = write(found.stack)
    files: dict[str, bytes] = {path: content_of(content) or b"" for path, content in written.files.items()}
    if python:
        text, imports = program(found.stack, {c["baseName"]: p for p, c in _paths(found, written.files)})
        files[f"{name}.py"] = text.encode()
        files[f"{name}.import.json"] = json.dumps({"resources": imports}, indent=2).encode() + b"\n"
    else:
        files[f"{name}.yml"] = written.text().encode()
    taken = [path for path in files if (folder / path).exists()]
    if taken:
        raise InputError(f"{folder / taken[0]} already exists; use another --directory, or move it")
    for path, data in files.items():
        target = folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(data)
    lines = [f"wrote {folder / path}" for path in files]
    notes = list(found.notes)
    if python:
        lines.append(f"next: put {name}.py into the program, run")
        lines.append(f"  pulumi import --file {folder / f'{name}.import.json'} --generate-code=false --protect=false")
    else:
        dialect, differing = _closest(found, folder / f"{name}.yml")
        notes += [f"{place} differs from what runs" for place in differing]
        lines.append("next: put this into the program, run `pulumi preview` and then `pulumi up`:")
        arguments = f"{name!r}, compose_file={f'{name}.yml'!r}, env={{}}, env_only=True, adopt=True"
        if dialect != "docker":
            arguments += f", dialect={dialect!r}"
        lines.append(f"  swarm.Stack({arguments})")
    return [*lines, *(f"note: {note}" for note in notes)]


def _in_file_names(found: Found) -> Found:
    """Return what a compose file can have: services whose name begins with that of the stack; the rest is a note.

    Raises:
        InputError: there is no such service.
    """
    stack = found.stack
    odd = [inputs["name"] for inputs in stack.services if not inputs["name"].startswith(f"{stack.name}_")]
    if not odd:
        return found
    who = ", ".join(map(repr, odd))
    text = (
        f"a compose file cannot contain {'services' if len(odd) > 1 else 'the service'} {who}: the label "
        f"{labels.NAMESPACE} says stack {stack.name!r}, and the name does not begin with '{stack.name}_'"
    )
    kept = [inputs for inputs in stack.services if inputs["name"] not in odd]
    if not kept:
        raise InputError(f"{text}; use --python")
    notes = [*found.notes, f"{text}; skipped, it stays as it is (--python adopts it, too)"]
    return replace(found, stack=replace(stack, services=kept), notes=notes)


def _paths(found: Found, files: Mapping[str, Json]) -> Sequence[tuple[str, Json]]:
    """Return path and inputs of each config: both lists are in the order in which the configs were found."""
    by_content = dict(files)
    result = []
    for config in found.stack.configs:
        content = {key: value for key, value in config.items() if key in CONTENT}
        path = next(path for path, other in by_content.items() if other == content)
        del by_content[path]
        result.append((path, config))
    return result


def _closest(found: Found, file: Path) -> tuple[Dialect, list[str]]:
    """Return the dialect in which the file is what runs, or comes closest to it, and where it differs.

    Docker's own does not support all that Swarm does (docs/decisions/015).
    """
    docker: list[str] | None
    try:
        docker = _differences(found, file, "docker")
    except InputError:
        docker = None
    if docker == []:
        return "docker", docker
    try:
        spec = _differences(found, file, "compose-spec")
    except InputError:
        if docker is None:
            raise
        return "docker", docker
    return ("compose-spec", spec) if docker is None or len(spec) < len(docker) else ("docker", docker)


def _differences(found: Found, file: Path, dialect: Dialect) -> list[str]:
    """Read the file as a program would; return the services of which it would make something else than what runs."""
    project = load(
        [str(file)], stack=found.stack.name, env={}, dialect=dialect, env_files=None if dialect == "docker" else []
    )
    result = []
    for entry in project.services.values():
        spec = to_spec(_resolved(entry.inputs, project))
        live_spec = found.specs[spec["Name"]]
        wanted = effective(with_unmodelled(spec, live_spec, found.networks), found.networks)
        live = effective(live_spec, found.networks)
        result += [
            f"{wanted['Name']}: {key}" for key in ("TaskTemplate", "EndpointSpec", "Mode") if wanted[key] != live[key]
        ]
    return result


def _resolved(value: Any, project: Project) -> Any:
    """Return inputs with the name of its object for each reference."""
    if hasattr(value, "kind") and hasattr(value, "key"):
        return getattr(project, f"{value.kind}s")[value.key].name
    if isinstance(value, dict):
        return {key: _resolved(entry, project) for key, entry in value.items()}
    return [_resolved(entry, project) for entry in value] if isinstance(value, list) else value
