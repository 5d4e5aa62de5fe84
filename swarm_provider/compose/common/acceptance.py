"""Is a tree valid by a JSON schema? Yes or no, in a tenth of the time of a validator that can say why not.

A schema becomes functions, one for each of its parts when a tree first needs it. What is here are the keywords of the
compose-spec's schema; of what has another one, and of what only a validator can tell, the answer is no.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

from swarm_provider.compose.yaml.tree import Template

Check = Callable[[Any], bool]
_SAY_NOTHING: Final = frozenset({"$schema", "$id", "$defs", "title", "description", "deprecated", "default"})
_OF_OBJECTS: Final = frozenset({"properties", "patternProperties", "additionalProperties"})


class _Undecided(Exception):
    """The case that a validator has to look itself."""


class Acceptance:
    """The question whether a schema accepts a tree.

    Args:
        schema: a JSON schema of draft 2020-12 that refers to its own `$defs` alone.
    """

    def __init__(self, schema: Mapping[str, Any]) -> None:
        self._definitions = schema["$defs"]
        self._known: dict[str, Check] = {}
        self._root = self._check(schema)

    def __call__(self, tree: Any) -> bool:
        """Tell whether the schema surely accepts the tree."""
        try:
            return self._root(tree)
        except _Undecided:
            return False

    def _check(self, schema: Any) -> Check:
        checks = list(self._checks(schema)) if isinstance(schema, dict) else [_undecided]
        if len(checks) == 1:
            return checks[0]
        return lambda value: all(check(value) for check in checks)

    def _checks(self, schema: Mapping[str, Any]) -> Iterator[Check]:
        for keyword, wanted in schema.items():
            if keyword in _PLAIN:
                yield _PLAIN[keyword](wanted)
            elif keyword == "$ref":
                yield self._reference(wanted.removeprefix("#/$defs/"))
            elif keyword == "items":
                yield _each(self._check(wanted))
            elif keyword in ("oneOf", "anyOf"):
                yield _some_of([self._check(one) for one in wanted], only=keyword == "oneOf")
            elif keyword not in _SAY_NOTHING | _OF_OBJECTS:
                yield _undecided
        if _OF_OBJECTS & schema.keys():
            yield self._members(schema)

    def _reference(self, name: str) -> Check:
        def check(value: Any) -> bool:
            if name not in self._known:
                self._known[name] = self._check(self._definitions[name])
            return self._known[name](value)

        return check

    def _members(self, schema: Mapping[str, Any]) -> Check:
        properties = {key: self._check(one) for key, one in schema.get("properties", {}).items()}
        patterns = [(re.compile(text), self._check(one)) for text, one in schema.get("patternProperties", {}).items()]
        others = schema.get("additionalProperties", True)
        rest: Check = (lambda _: others) if isinstance(others, bool) else self._check(others)

        def check(value: Any) -> bool:
            if not isinstance(value, dict):
                return True
            for key, item in value.items():
                found = [one for pattern, one in patterns if pattern.search(key)]
                if key in properties:
                    found.append(properties[key])
                if not all(one(item) for one in found or (rest,)):
                    return False
            return True

        return check


def _undecided(value: Any) -> bool:
    raise _Undecided


def _each(item: Check) -> Check:
    return lambda value: not isinstance(value, list) or all(item(entry) for entry in value)


def _some_of(checks: list[Check], *, only: bool) -> Check:
    def check(value: Any) -> bool:
        fitting = sum(one(value) for one in checks)
        return fitting == 1 if only else fitting > 0

    return check


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


_KINDS: Final[Mapping[str, Check]] = {
    "string": lambda value: isinstance(value, (str, Template)),
    "object": lambda value: isinstance(value, dict),
    "array": lambda value: isinstance(value, list),
    "boolean": lambda value: isinstance(value, bool),
    "number": _is_number,
    "integer": lambda value: _is_number(value) and (isinstance(value, int) or value.is_integer()),
    "null": lambda value: value is None,
}


def _type(wanted: str | list[str]) -> Check:
    if isinstance(wanted, str):
        return _KINDS[wanted]
    kinds = [_KINDS[name] for name in wanted]
    return lambda value: any(kind(value) for kind in kinds)


def _enum(wanted: list[Any]) -> Check:
    words = frozenset(wanted) if all(isinstance(word, str) for word in wanted) else None
    return _undecided if words is None else lambda value: isinstance(value, str) and value in words


def _required(wanted: list[str]) -> Check:
    return lambda value: not isinstance(value, dict) or all(key in value for key in wanted)


def _unique(wanted: bool) -> Check:
    def check(value: Any) -> bool:
        if not wanted or not isinstance(value, list):
            return True
        if all(isinstance(entry, str) for entry in value):
            return len(set(value)) == len(value)
        # to Python 1 and True are equal, too, so that what it tells apart is no duplicate
        return not any(entry in value[:place] for place, entry in enumerate(value)) or _undecided(value)

    return check


def _pattern(wanted: str) -> Check:
    pattern = re.compile(wanted)

    def check(value: Any) -> bool:
        if isinstance(value, Template):
            raise _Undecided
        return not isinstance(value, str) or pattern.search(value) is not None

    return check


_PLAIN: Final[Mapping[str, Callable[[Any], Check]]] = {
    "type": _type,
    "enum": _enum,
    "required": _required,
    "uniqueItems": _unique,
    "pattern": _pattern,
    "minimum": lambda least: lambda value: not _is_number(value) or value >= least,
    "maximum": lambda most: lambda value: not _is_number(value) or value <= most,
}
