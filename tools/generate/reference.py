"""The reference page (docs/reference.md), written out of the definition: `python -m tools.generate.reference`."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from types import MappingProxyType

from swarm_provider.core.names import snake
from swarm_provider.model import FUNCTIONS, RESOURCES
from swarm_provider.model.components import COMPONENTS
from swarm_provider.model.provider import PROVIDER
from swarm_provider.model.types.kinds import (
    Boolean,
    Choice,
    Field,
    Integer,
    ListOf,
    MapOf,
    Number,
    ObjectOf,
    Text,
    Type,
)
from swarm_provider.model.types.measures import Measure
from tools.generate.codegen import KEYWORDS

_HEAD = """\
# Reference

Made by `python -m tools.generate.reference`; change the definition in `swarm_provider/model/`, not this page.

Names are as in Python. In YAML and other languages they are written in camelCase (`update_config` is `updateConfig`).
A nested object may be given as a dict or as its class, which is named here (`DeployArgs`). "Short form" says what may
be written instead, as in a compose file. Every input can be read from a resource, too; in Python a nested value is read
by attribute or by key: `web.deploy.replicas`, `web.deploy["replicas"]`. Secret inputs are encrypted in the state and
never shown. `CS` stands for `TaskTemplate.ContainerSpec` in Docker's API; "API 1.44" is the first version of the API
that knows the key.

`Stack` makes these resources out of compose files: [compose.md](compose.md#options) has its options in Python, where
the children are attributes, and resources and lookups may be bound to keys of the files.
"""
_SHORT = {"str": "string", "int": "integer", "float": "number", "bool": "boolean", "Any": "any"}


def render() -> str:
    """Return the page as Markdown."""
    parts = [_HEAD]
    seen: dict[str, ObjectOf] = {}
    for resource in (*RESOURCES.values(), PROVIDER):
        given = [field for field in resource.inputs if not field.computed]
        words = KEYWORDS.get(resource.name, {})
        parts += [f"## {resource.name}", resource.doc, _table("Input", given, words)]
        parts += [_table("Output", _answered(resource.outputs))]
        seen |= {nested.name: nested for field in (*given, *resource.outputs) for nested in field.type.types()}
    for component in COMPONENTS.values():
        parts += [f"## {component.name}", component.doc, _table("Input", component.inputs)]
        parts += [_table("Output", _answered(component.outputs))]
    parts += ["## Functions", "Data sources: each reads the swarm and changes nothing."]
    for function in FUNCTIONS.values():
        parts += [f"### {snake(function.name)}", function.doc, _table("Argument", function.inputs)]
        parts += [_table("Result", _answered(function.outputs))]
        found = (nested for field in function.outputs for nested in field.type.types())
        seen |= {nested.name: replace(nested, fields=_answered(nested.fields)) for nested in found}
    parts += ["## Objects"]
    for nested in sorted(seen.values(), key=lambda entry: entry.name):
        given = [field for field in nested.fields if not field.computed]
        parts += [f"### {nested.name}Args", nested.doc, _table("Key", given)]
    return "\n\n".join(part.strip() for part in parts if part) + "\n"


def _answered(fields: Iterable[Field]) -> tuple[Field, ...]:
    """Return outputs without what is said of required ones: they are always there, and nobody has to give them."""
    return tuple(replace(field, required=False) for field in fields)


def _table(kind: str, fields: Iterable[Field], words: Mapping[str, str] = MappingProxyType({})) -> str:
    rows = list(_rows(fields, words))
    return "\n".join([f"| {kind} | Type | Meaning |", "|---|---|---|", *rows]) if rows else ""


def _rows(fields: Iterable[Field], words: Mapping[str, str]) -> Iterator[str]:
    for field in fields:
        name = words.get(field.name, field.name)
        notes = [note for note, wanted in (("Required.", field.required), ("Secret.", field.secret)) if wanted]
        if name != field.name:
            notes.append(f"Over the wire, and in other languages: `{field.wire}`.")
        doc = " ".join([field.doc, *notes]).replace("|", "\\|")
        yield f"| `{name}` | {_type(field.type)} | {doc} |"


def _type(of: Type) -> str:
    text = _plain(of)
    shorts = sorted({_short(name) for name in of.also} - {text})
    return f"{text}; short form: {' or '.join(shorts)}" if shorts else text


def _plain(of: Type) -> str:
    match of:
        case ObjectOf():
            return f"[{of.name}Args](#{of.name.lower()}args)"
        case ListOf():
            return f"list of {_type(of.item)}"
        case MapOf():
            return f"mapping to {_type(of.value)}"
        case Choice():
            return ", ".join(f"`{word}`" for word in of.words)
        case Measure():
            return "string with a unit, or number" if of.numbers else "string with a unit"
        case Boolean():
            return "boolean"
        case Integer():
            return "integer"
        case Number():
            return "number"
        case Text():
            return "string"
    return "any"


def _short(annotation: str) -> str:
    inner = re.fullmatch(r"Sequence\[(\w+)\]", annotation)
    if inner:
        return f"list of {_SHORT[inner[1]]}"
    return "mapping" if annotation.startswith("Mapping") else _SHORT[annotation]


if __name__ == "__main__":
    sys.stdout.write(render())
