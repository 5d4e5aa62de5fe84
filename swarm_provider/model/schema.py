"""The definition as Pulumi's package schema (GetSchema): for other languages, YAML programs, import and type checks."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

from swarm_provider.core import Json
from swarm_provider.model.components import COMPONENTS, Component
from swarm_provider.model.examples.reading import GO_SDK, described
from swarm_provider.model.provider import ENVIRONMENT, PROVIDER
from swarm_provider.model.resource import Definition, Function, Resource
from swarm_provider.model.resources import FUNCTIONS, RESOURCES
from swarm_provider.model.types.kinds import Choice, Field, ListOf, MapOf, ObjectOf, Type
from swarm_provider.version import PLUGIN_DOWNLOAD_URL, REPOSITORY

PACKAGE: Final = "swarm"
_RAW: Final = REPOSITORY.replace("https://github.com/", "https://raw.githubusercontent.com/")


def schema(version: str) -> Json:
    """Return the package schema, ready for json.dumps.

    Args:
        version: the package's version (semver), without `v`.
    """
    return {
        "name": PACKAGE,
        "version": version,
        "displayName": "Docker Swarm",
        "description": "Docker Swarm as code: services, configs, secrets, networks, volumes and node labels.",
        "keywords": ["category/infrastructure", "kind/native", "docker", "swarm"],
        "license": "Apache-2.0",
        "homepage": REPOSITORY,
        "repository": REPOSITORY,
        "publisher": "The swarm-provider authors",
        "logoUrl": f"{_RAW}/main/docs/logo.svg",
        "attribution": (
            "This package speaks Docker's API. It is not a product of Docker, Inc., whose trademark Docker is, nor of "
            "Pulumi Corporation."
        ),
        "pluginDownloadURL": PLUGIN_DOWNLOAD_URL,
        "meta": {"moduleFormat": "(.*)"},
        "language": {
            "python": {
                # not that of the package that this is, which `pulumi package add` would put it in the place of
                "packageName": "pulumi_swarm",
                "respectSchemaVersion": True,
                "pyproject": {"enabled": True},
                "inputTypes": "classes-and-dicts",
            },
            "nodejs": {"packageName": "swarm-provider", "respectSchemaVersion": True},
            "go": {
                "importBasePath": GO_SDK,
                "respectSchemaVersion": True,
                "generateResourceContainerTypes": True,
            },
            "csharp": {"respectSchemaVersion": True},
        },
        "config": {"variables": _properties(PROVIDER.inputs, environment=True)},
        "provider": {
            "description": described(PROVIDER.name, PROVIDER.doc),
            "inputProperties": _properties(PROVIDER.inputs, environment=True),
        },
        "types": {
            **{f"{PACKAGE}:index:{entry.name}": _object(entry) for entry in object_types()},
            **{f"{PACKAGE}:index:{entry.name}": _enum(entry) for entry in choices()},
        },
        "resources": {
            **{token: _resource(resource) for token, resource in RESOURCES.items()},
            **{token: _component(component) for token, component in COMPONENTS.items()},
        },
        "functions": {token: _function(function) for token, function in FUNCTIONS.items()},
    }


def object_types() -> list[ObjectOf]:
    """Return every object type of the definition once, innermost first.

    Raises:
        ValueError: two different types have one name.
    """
    found: dict[str, ObjectOf] = {}
    for entry in _fields():
        for type_ in entry.type.types():
            if found.setdefault(type_.name, type_).fields != type_.fields:
                raise ValueError(f"two types are called {type_.name}")
    return list(found.values())


def choices() -> list[Choice]:
    """Return every choice of the definition once, by name.

    Raises:
        ValueError: two different types have one name.
    """
    found: dict[str, Choice] = {}
    others = {entry.name for entry in object_types()}
    for entry in _fields():
        for type_ in _choices_in(entry.type):
            if found.setdefault(type_.name, type_) != type_ or type_.name in others:
                raise ValueError(f"two types are called {type_.name}")
    return [found[name] for name in sorted(found)]


def _choices_in(type_: Type) -> Iterator[Choice]:
    match type_:
        case Choice():
            yield type_
        case ListOf():
            yield from _choices_in(type_.item)
        case MapOf():
            yield from _choices_in(type_.value)
        case ObjectOf():
            for entry in type_.fields:
                yield from _choices_in(entry.type)


def _fields() -> Iterator[Field]:
    """Yield the fields of all resources and functions, those inside of them not."""
    owners: list[Definition] = [PROVIDER, *RESOURCES.values(), *COMPONENTS.values(), *FUNCTIONS.values()]
    for owner in owners:
        yield from (*owner.inputs, *owner.outputs)


def given(fields: Iterable[Field]) -> tuple[Field, ...]:
    """Return the fields that a user sets, without those that Check computes."""
    return tuple(entry for entry in fields if not entry.computed)


def outputs(resource: Resource) -> tuple[Field, ...]:
    """Return what can be read from a resource: its outputs, then the inputs that no output hides."""
    names = {entry.wire for entry in resource.outputs}
    return (*resource.outputs, *(entry for entry in given(resource.inputs) if entry.wire not in names))


def _resource(resource: Resource) -> Json:
    repeated = [entry for entry in resource.inputs if entry.wire in resource.repeated]
    return {
        "description": described(resource.name, resource.doc),
        "inputProperties": _properties(given(resource.inputs)),
        "requiredInputs": _required(given(resource.inputs)),
        "listInputs": {"type": "object", "properties": _properties(resource.listed)},
        "properties": _properties([*resource.outputs, *repeated]),
        "required": [
            *_required(resource.outputs),
            *(entry.wire for entry in repeated if entry.required or entry.name in resource.filled),
        ],
    }


def _component(component: Component) -> Json:
    inputs = _properties(component.inputs)
    return {
        "isComponent": True,
        "description": described(component.name, component.doc),
        "inputProperties": {
            name: entry if name in component.eventual else _plain(entry) for name, entry in inputs.items()
        },
        "requiredInputs": _required(component.inputs),
        "properties": _properties(component.outputs),
        "required": _required(component.outputs),
    }


def _plain(type_: Json) -> Json:
    """Return the schema of a type whose values are known when the program runs, also those inside of it."""
    result = {**type_, "plain": True}
    result |= {key: _plain(type_[key]) for key in ("items", "additionalProperties") if key in type_}
    if "oneOf" in type_:
        result["oneOf"] = [_plain(entry) for entry in type_["oneOf"]]
    return result


def _function(function: Function) -> Json:
    return {
        "description": function.doc,
        "inputs": {
            "type": "object",
            "properties": _properties(function.inputs),
            "required": _required(function.inputs),
        },
        "outputs": {
            "type": "object",
            "properties": _properties(function.outputs),
            "required": _required(function.outputs),
        },
    }


def _object(type_: ObjectOf) -> Json:
    fields = given(type_.fields)
    return {
        "type": "object",
        "description": type_.doc,
        "properties": _properties(fields),
        "required": _required(fields),
    }


def _enum(type_: Choice) -> Json:
    return {"type": "string", "enum": [{"value": word} for word in type_.words]}


def _properties(fields: Iterable[Field], *, environment: bool = False) -> Json:
    result: Json = {}
    for entry in fields:
        result[entry.wire] = {**_type(entry.type), "description": entry.doc}
        # an SDK that marks a mapping as secret takes its keys for unknown when a value is; Check marks it
        if entry.secret and not isinstance(entry.type, MapOf):
            result[entry.wire]["secret"] = True
        if environment and entry.wire in ENVIRONMENT:
            result[entry.wire]["defaultInfo"] = {"environment": [ENVIRONMENT[entry.wire]]}
    return result


def _type(type_: Type) -> Json:
    """Return the type's schema. A union of which one side takes anything is anything."""
    found = type_.schema()
    anything = {"$ref": "pulumi.json#/Any"}
    return anything if anything in found.get("oneOf", ()) else found


def _required(fields: Iterable[Field]) -> list[str]:
    return [entry.wire for entry in fields if entry.required]
