"""A stack that runs, whoever made it -> the inputs by which a Release would ask for it."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any, Final

from swarm_provider.compose.write import Running, Written, write
from swarm_provider.convert import objects
from swarm_provider.convert.service.effective import effective_of
from swarm_provider.convert.service.spec import concise, from_spec, spec_of
from swarm_provider.core import Json, labels
from swarm_provider.core.values import at
from swarm_provider.errors import InputError
from swarm_provider.plan.families import naming
from swarm_provider.plugin.handlers.release import reading
from swarm_provider.plugin.run.swarm import Swarm

_COMPARED: Final = ("TaskTemplate", "EndpointSpec", "Mode")
_DIALECTS: Final = ("docker", "compose-spec")


async def inputs_of_stack(swarm: Swarm, stack: str) -> tuple[Json, reading.Read] | None:
    """Return the inputs of a Release that asks for what runs, and what they say; None where there is no such stack.

    Secrets are referred to, as nobody can read their content; so are configs that are no text.

    Args:
        swarm: the swarm.
        stack: name of the stack.
    """
    lists = await asyncio.gather(*(swarm.list(kind) for kind in ("service", "network", "config", "secret")))
    services, networks, configs, secrets = ([*_members(items, stack)] for items in lists)
    if not services:
        return None
    names = {str(item["Id"]): str(item["Name"]) for item in lists[1]}
    bases = {kind: _bases(items) for kind, items in (("config", configs), ("secret", secrets))}
    specs = {item["Spec"]["Name"]: item["Spec"] for item in services}
    running = Running(
        stack,
        [_service(specs[name], names, bases) for name in sorted(specs)],
        [objects.network_from_spec(item) for item in networks],
        [
            {**objects.config_from_spec(item["Spec"]), "baseName": bases["config"][naming.object_name(item)]}
            for item in _newest(configs, bases["config"])
        ],
        sorted({*bases["secret"].values()}),
    )
    return _closest(stack, _inline(write(running)), specs, names)


def _members(items: Sequence[Json], stack: str) -> Sequence[Json]:
    return [item for item in items if naming.object_labels(item).get(labels.NAMESPACE) == stack]


def _bases(items: Sequence[Json]) -> dict[str, str]:
    """Return by name what a person calls a config or secret: a family has one name for all its versions."""
    found = {naming.object_name(item): labels.base(naming.object_labels(item)) for item in items}
    return {name: base or name for name, base in found.items()}


def _newest(items: Sequence[Json], bases: Mapping[str, str]) -> Sequence[Json]:
    """Return the current version of each."""
    ordered = sorted(items, key=naming.sequence)
    return [*{bases[naming.object_name(item)]: item for item in ordered}.values()]


def _service(spec: Json, names: Mapping[str, str], bases: Mapping[str, Mapping[str, str]]) -> Json:
    inputs = concise(from_spec(effective_of(spec, names), names))
    for kind, known in bases.items():
        if f"{kind}s" in inputs:
            inputs[f"{kind}s"] = [
                {**one, "source": known.get(one["source"], one["source"])} for one in inputs[f"{kind}s"]
            ]
    return inputs


def _inline(written: Written) -> str:
    """Return the compose file with the content of its configs inside."""
    document = written.document
    document.pop("version", None)
    for key, config in (document.get("configs") or {}).items():
        content = written.files.get(str(config.pop("file", "")).removeprefix("./"))
        if content is not None and "data" in content:
            config["content"] = content["data"].replace("$", "$$")
        elif content is not None:
            document["configs"][key] = {"external": True, "name": config.get("name", key)}
    return written.text()


def _closest(stack: str, text: str, specs: Mapping[str, Json], names: Mapping[str, str]) -> tuple[Json, reading.Read]:
    """Return the dialect in which the text is what runs, or comes closest: docker's own supports less than Swarm."""
    best: tuple[int, Json, reading.Read] | None = None
    failure: InputError | None = None
    for dialect in _DIALECTS:
        inputs: Json = {"compose": text, "name": stack, **({"dialect": dialect} if dialect != "docker" else {})}
        try:
            read = reading.read(inputs, stack, {})
        except InputError as error:
            failure = failure or error
            continue
        differing = sum(_differs(child.inputs, read, specs, names) for child in read.plan.children)
        if best is None or differing < best[0]:
            best = differing, inputs, read
    if best is None:
        raise failure or InputError(f"stack {stack!r} cannot be written as a compose file")
    return best[1], best[2]


def _differs(inputs: Json, read: reading.Read, specs: Mapping[str, Json], names: Mapping[str, str]) -> bool:
    live = specs.get(str(inputs.get("name")))
    if live is None:
        return False
    own: dict[tuple[str, str], Any] = {(one.kind, one.key): one.inputs["name"] for one in read.plan.children}
    found = effective_of(spec_of(reading.filled(inputs, {**read.plan.references, **own})), names)
    there = effective_of(live, names)
    return any(_comparable(found.get(key)) != _comparable(there.get(key)) for key in _COMPARED)


def _comparable(part: Any) -> Any:
    """Return a part of a spec without what names versions: which one is current is not a question of dialect."""
    container = at(part, "ContainerSpec")
    if not isinstance(container, dict):
        return part
    return {**part, "ContainerSpec": {key: container[key] for key in container if key not in ("Configs", "Secrets")}}
