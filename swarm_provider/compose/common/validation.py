"""Is a file valid, and does Swarm have a word for all of it? -> Problems with file and line.

JSON schema (the compose-spec's, with the edits of the docker CLI), keys that docker forbids by name, dialects that
are not read here. What is valid and has no meaning in Swarm is in `unhonoured.py`; what no schema can say is told
where it is read.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any, Final

from swarm_provider.compose.common.acceptance import Acceptance
from swarm_provider.compose.common.dialect import Dialect
from swarm_provider.compose.yaml.tree import Items, Map, SourceLocation, Template, as_written
from swarm_provider.model.types.kinds import nearest

_RESOURCES_ADVICE: Final = "set limits under deploy.resources"
# docker CLI, cli/compose/types: ForbiddenProperties
FORBIDDEN: Final = {
    "volume_driver": "declare the volume in the top-level 'volumes' and set its driver there",
    "volumes_from": "declare a volume in the top-level 'volumes' and mount it in each service that shares it",
    "cpu_quota": "set deploy.resources.limits.cpus",
    "cpu_shares": "set deploy.resources.limits.cpus or deploy.resources.reservations.cpus",
    "cpuset": _RESOURCES_ADVICE + "; Swarm cannot pin cpus",
    "mem_limit": "set deploy.resources.limits.memory",
    "memswap_limit": "set deploy.resources.limits.memory; dialect='compose-spec' supports it",
}
# with the meaning of a key under deploy.resources, once docker lets it pass
_HONOURED: Final = ("mem_limit", "memswap_limit")
_MOST_ERRORS: Final = 50
_SCHEMAS: Final = Path(__file__).parents[1] / "schema"


def check_forbidden(tree: Map, at: SourceLocation) -> None:
    """Note the keys that docker refuses by name, before anything is interpolated."""
    for key, place in _forbidden(tree, at):
        place.error(f"docker stack deploy does not support {key!r}; {FORBIDDEN[key]}")


def warn_forbidden(tree: Map, at: SourceLocation) -> None:
    """Note the same keys as the compose-spec's dialect takes them: they are valid, and most have no effect."""
    for key, place in _forbidden(tree, at):
        if key not in _HONOURED:
            place.warn(f"not supported by Swarm, ignored; {FORBIDDEN[key]}")


def _forbidden(tree: Map, at: SourceLocation) -> Iterator[tuple[str, SourceLocation]]:
    services = tree.get("services")
    for name, service in services.items() if isinstance(services, Map) else ():
        place = at.key(tree, "services").key(services, name)
        for key in FORBIDDEN:
            if isinstance(service, Map) and key in service:
                yield key, place.key(service, key)


def check_schema(
    tree: Map,
    at: SourceLocation,
    dialect: Dialect = "docker",
    accepted: list[Map] | None = None,
    written: Map | None = None,
) -> None:
    """Note everything that the schema refuses in one interpolated file.

    Args:
        tree: the tree of one file.
        at: the place in the file, which collects problems.
        dialect: the dialect that the files are read in.
        accepted: trees that the compose-spec's schema is known to accept, for who checks by both dialects; one that is
            found is added. Every edit of docker-cli.json makes a rule looser, so neither dialect checks it again.
        written: the tree before its short forms were made long, which makes nothing invalid: both dialects have it,
            where there is one document. None: `tree` itself.
    """
    if accepted is not None:
        written = tree if written is None else written
        if any(_same(written, one) for one in accepted):
            return
        if _accepts()(written):
            accepted.append(written)
            return
    for count, error in enumerate(_validator(dialect).iter_errors(tree)):
        if count >= _MOST_ERRORS:
            at.error("there are more errors of this kind")
            return
        _note(error, tree, at)


def _same(one: Any, other: Any) -> bool:
    """Tell whether two trees are equal in their types, too: to Python, 1 and True are equal."""
    if type(one) is not type(other):
        return False
    if isinstance(one, Map):
        return one.keys() == other.keys() and all(_same(value, other[key]) for key, value in one.items())
    if isinstance(one, Items):
        return len(one) == len(other) and all(map(_same, one, other))
    return bool(one == other)


def _note(error: Any, tree: Map, at: SourceLocation) -> None:
    error = _most_specific(error)
    place, node = at, tree
    for step in error.absolute_path:
        if isinstance(node, Map) and isinstance(step, str):
            place, node = place.key(node, step), node.get(step, node)
        elif isinstance(node, Items) and isinstance(step, int):
            place, node = place.item(node, step), node[step]
    if error.validator == "additionalProperties" and isinstance(node, Map):
        for key in _unknown_keys(error, node):
            place.key(node, key).error(f"unknown key {key!r}{nearest(key, tuple(_known(error.schema)))}")
    else:
        place.error(_message(error))


def _most_specific(error: Any) -> Any:
    """Go down into the alternative of a oneOf that was meant: the one whose type fits the value."""
    while error.context:
        alternatives: dict[Any, list[Any]] = {}
        for inner in error.context:
            alternatives.setdefault(inner.schema_path[0], []).append(inner)
        meant = [
            errors
            for errors in alternatives.values()
            if not any(inner.validator == "type" and inner.absolute_path == error.absolute_path for inner in errors)
        ]
        if len(meant) != 1:
            return error
        error = max(meant[0], key=lambda inner: len(inner.absolute_path))
    return error


def _message(error: Any) -> str:
    value, rule = error.validator_value, error.validator
    if rule == "type":
        return f"must be {_types(value)}, not {_kind(error.instance)}{_quote_advice(value, error.instance)}"
    if rule in ("oneOf", "anyOf"):
        allowed = [kind for option in value for kind in _option_types(option)]
        return f"must be {_types(list(dict.fromkeys(allowed)))}, not {_kind(error.instance)}"
    if rule == "enum":
        words = tuple(str(word) for word in value)
        return f"must be one of {', '.join(words)}{nearest(error.instance, words)}"
    if rule == "required":
        missing = [key for key in value if key not in error.instance]
        return f"the key {missing[0]!r} is missing"
    if rule == "uniqueItems":
        return "duplicate entry; remove one"
    if rule in ("minimum", "maximum"):
        return f"must be at {'least' if rule == 'minimum' else 'most'} {value}"
    if rule == "pattern":
        return f"must have the form {value}"
    return str(error.message).split("\n", 1)[0][:200]


def _quote_advice(wanted: Any, value: Any) -> str:
    wanted = [wanted] if isinstance(wanted, str) else wanted
    number = isinstance(value, (bool, int, float))
    return "; put it in quotes" if "string" in wanted and number else ""


def _option_types(option: Any) -> list[str]:
    reference = option.get("$ref", "").rpartition("/")[2]
    if reference:
        option = _schema()["$defs"][reference]
    if "oneOf" in option:
        return [kind for inner in option["oneOf"] for kind in _option_types(inner)]
    kinds = option.get("type", [])
    return [kinds] if isinstance(kinds, str) else list(kinds)


_WORDS: Final = {
    "object": "a mapping",
    "array": "a list",
    "string": "a string",
    "integer": "an integer",
    "number": "a number",
    "boolean": "a boolean",
    "null": "null",
}


def _types(names: str | list[str]) -> str:
    words = [_WORDS.get(name, name) for name in ([names] if isinstance(names, str) else names)]
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} or {words[-1]}" if words else "something else"


def _kind(value: Any) -> str:
    if value is None:
        return "empty"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (int, float)):
        return f"the number {as_written(value)}"
    kinds: tuple[tuple[Any, str], ...] = (
        (dict, "a mapping"),
        (list, "a list"),
        (str, "a string"),
        (Template, "a string"),
    )
    return next((word for kind, word in kinds if isinstance(value, kind)), type(value).__name__)


def _unknown_keys(error: Any, node: Map) -> list[str]:
    patterns = [re.compile(pattern) for pattern in error.schema.get("patternProperties", {})]
    known = error.schema.get("properties", {})
    return [key for key in node if key not in known and not any(pattern.search(key) for pattern in patterns)]


def _known(schema: Any) -> list[str]:
    return list(schema.get("properties", {}))


@cache
def _accepts() -> Acceptance:
    return Acceptance(_schema("compose-spec"))


@cache
def _validator(dialect: Dialect) -> Any:
    """Return the validator of a dialect, for a tree that is not known to be valid: it alone can say what is wrong.

    Relies on: `jsonschema.validators.extend` takes a function for the keyword `$ref`, and a validator has
    `descend(instance, schema)`, which its documentation does not name (jsonschema 4.23 to 4.26).
    """
    # its import takes as long as reading dozens of services
    from jsonschema import Draft202012Validator
    from jsonschema.validators import extend

    schema = _schema(dialect)
    checker = Draft202012Validator.TYPE_CHECKER.redefine("string", lambda _, value: isinstance(value, (str, Template)))
    definitions = {f"#/$defs/{name}": definition for name, definition in schema["$defs"].items()}

    def reference(validator: Any, name: str, instance: Any, _: Any) -> Iterator[Any]:
        # all of them are in the schema itself; the library would look each one up in a registry, each time
        yield from validator.descend(instance, definitions[name])

    return extend(Draft202012Validator, {"$ref": reference}, type_checker=checker)(schema)  # type: ignore[no-untyped-call]


@cache
def _schema(dialect: Dialect = "docker") -> Any:
    """Return the compose-spec's schema, for docker with the edits of docker-cli.json, its compositions made flat."""
    schema = json.loads((_SCHEMAS / "compose-spec.json").read_text("utf-8"))
    for edit in json.loads((_SCHEMAS / "docker-cli.json").read_text("utf-8")) if dialect == "docker" else ():
        *parents, last = edit["at"]
        target = schema
        for step in parents:
            target = target[step]
        target[last] = edit["set"]
    for definition in schema["$defs"].values():
        _flatten(definition, schema["$defs"])
    return schema


def _flatten(definition: Any, definitions: Any) -> None:
    # `allOf` with unevaluatedProperties is slow, and names no unknown key
    parts = definition.pop("allOf", None)
    if parts is None or definition.pop("unevaluatedProperties", None) is not False:
        return
    for part in parts:
        base = definitions[part["$ref"].rpartition("/")[2]]
        definition["properties"] = {**base["properties"], **definition.get("properties", {})}
        definition.setdefault("patternProperties", {}).update(base.get("patternProperties", {}))
    definition["type"] = "object"
    definition["additionalProperties"] = False
