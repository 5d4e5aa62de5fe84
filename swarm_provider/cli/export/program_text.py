"""A running stack as a Python program, and the list with which `pulumi import` adopts it."""

from __future__ import annotations

import keyword
import re
from collections.abc import Mapping
from typing import Any, Final

from swarm_provider.compose.write import Running
from swarm_provider.core import Json
from swarm_provider.model.content import CONTENT
from swarm_provider.model.resources import CONFIG, NETWORK, SERVICE
from swarm_provider.model.types.spelling import snake_keys

_WIDTH: Final = 100
_MODULE: Final = "swarm"
_NOT_TYPED: Final = ("name", "baseName", "owner", "resolvedImage", *CONTENT)


def program(stack: Running, files: Mapping[str, str]) -> tuple[str, list[Json]]:
    """Return the program, and the entries of the import file.

    Args:
        stack: what runs.
        files: path of its content by the name of each config.
    """
    lines = [f"import swarm_provider as {_MODULE}", ""]
    imports: list[Json] = []
    variables: dict[tuple[str, str], str] = {}

    def add(kind: str, name: str, args: Json) -> None:
        key = name.removeprefix(f"{stack.name}_")
        logical = f"{stack.name}-{key}" if kind == "Service" else f"{stack.name}-{kind.lower()}-{key}"
        if any(entry["name"] == logical for entry in imports):
            # one name with the stack's prefix, and the same one without
            logical = f"{logical}-{len(imports)}"
        wanted = variable = _variable(f"{kind.lower()}_{key}" if kind != "Service" else key)
        number = 1
        while variable in (_MODULE, *variables.values()):
            number += 1
            variable = f"{wanted}_{number}"
        variables[kind, name] = variable
        arguments = [repr(logical), *(f"{word}={_literal(value, 1)}" for word, value in {"name": name, **args}.items())]
        body = ", ".join(arguments)
        if len(body) > _WIDTH or "\n" in body:
            body = "\n    " + ",\n    ".join(arguments) + ",\n"
        lines.append(f"{variable} = {_MODULE}.{kind}({body})")
        imports.append({"type": f"swarm:index:{kind}", "name": logical, "id": name})

    for network in stack.networks:
        add("Network", network["name"], _args(NETWORK.shape, network))
    for config in stack.configs:
        add("Config", config["baseName"], {**_args(CONFIG.shape, config), "file": files[config["baseName"]]})
    for service in stack.services:
        args = _args(SERVICE.shape, service)
        for kind, word in (("Network", "networks"), ("Config", "configs")):
            for entry in args.get(word) or ():
                place = "name" if kind == "Network" else "source"
                made = variables.get((kind, entry[place]))
                if made:
                    entry[place] = _Code(made)
        credential = args.get("credential_spec") or {}
        if ("Config", credential.get("config")) in variables:
            credential["config"] = _Code(variables["Config", credential["config"]])
        add("Service", service["name"], args)
    return "\n".join(lines) + "\n", imports


class _Code(str):
    """A string that is written as it is: the name of a variable."""


def _args(shape: Any, inputs: Json) -> Json:
    typed: Json = snake_keys(shape, {key: value for key, value in inputs.items() if key not in _NOT_TYPED})
    return typed


def _variable(text: str) -> str:
    name = re.sub(r"\W", "_", text, flags=re.ASCII).lower()
    if not name or name[0].isdigit():
        return f"_{name}"
    return f"{name}_" if keyword.iskeyword(name) else name


def _literal(value: Any, depth: int) -> str:
    """Return a value as Python writes it, over several lines where it is long."""
    if isinstance(value, _Code):
        return str(value)
    if isinstance(value, dict):
        entries = [f"{key!r}: {_literal(entry, depth + 1)}" for key, entry in value.items()]
        ends = "{}"
    elif isinstance(value, list):
        entries, ends = [_literal(entry, depth + 1) for entry in value], "[]"
    else:
        return repr(value)
    short = ends[0] + ", ".join(entries) + ends[1]
    if len(short) <= _WIDTH - 4 * depth and "\n" not in short:
        return short
    inside = ",\n".join("    " * (depth + 1) + entry for entry in entries)
    return f"{ends[0]}\n{inside},\n{'    ' * depth}{ends[1]}"
