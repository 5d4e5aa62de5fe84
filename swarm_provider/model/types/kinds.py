"""The kinds of values that inputs and outputs are made of.

A type knows four things about its values: the schema that Pulumi sees (`schema`), how what a person writes is
brought into the one normal form (`normal`), when two normal values mean the same (`key`), and the Python spelling
for editors (`python`). Unknown and secret values pass through every type.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Final

from swarm_provider.core import Json, units
from swarm_provider.core.names import camel, snake
from swarm_provider.core.values import UNKNOWN, Secret
from swarm_provider.model.types.place import PropertyLocation

_WHOLE: Final = re.compile(r"-?[0-9]{1,30}")
"""A number as text; int() refuses thousands of digits, and takes those of other scripts."""

EXACT_BELOW: Final = 2**53
"""Above it, a double has not every integer."""


@dataclass(frozen=True)
class Type:
    """The root of all types; itself it takes anything."""

    before: Callable[[Any], Any] | None = field(default=None, kw_only=True)
    """Turns a short form into the normal one; raises ValueError with the reason when it cannot."""
    also: tuple[str, ...] = field(default=(), kw_only=True)
    """Python spellings of the short forms that `before` takes."""

    def normal(self, value: Any, at: PropertyLocation) -> Any:
        """Return `value` in normal form; what is wrong is noted in `at.problems`."""
        if value is UNKNOWN or value is None:
            return value
        if isinstance(value, Secret):
            return Secret(self.normal(value.value, at.secretly()))
        if self.before is not None:
            try:
                value = self.before(value)
            except ValueError as error:
                at.add_problem(str(error))
                return value
            if value is UNKNOWN:
                return value
        return self._normal(value, at)

    def key(self, value: Any) -> Any:
        """Return a plain value that is equal, also in its order, for two normal values that mean the same."""
        if isinstance(value, Secret):
            return self.key(value.value)
        if value is None or value is UNKNOWN:
            return value
        return self._key(value)

    def schema(self) -> Json:
        """Return the Pulumi schema of the normal form, or of the short forms too where there are some."""
        own = self._schema()
        shorts = [_PYTHON_SCHEMA[text] for text in self.also]
        return {"oneOf": [own, *shorts]} if shorts else own

    def python(self) -> str:
        """Return the annotation of one such value in a Python program."""
        return " | ".join([self._python(), *self.also])

    def types(self) -> Iterator[ObjectOf]:
        """Yield the object types inside this one, innermost first."""
        yield from ()

    def _normal(self, value: Any, at: PropertyLocation) -> Any:
        return value

    def _key(self, value: Any) -> Any:
        return value

    def _schema(self) -> Json:
        return {"$ref": "pulumi.json#/Any"}

    def _python(self) -> str:
        return "Any"


_PYTHON_SCHEMA: dict[str, Json] = {
    "str": {"type": "string"},
    "int": {"type": "integer"},
    "float": {"type": "number"},
    "bool": {"type": "boolean"},
    "Sequence[str]": {"type": "array", "items": {"type": "string"}},
    "Mapping[str, Any]": {"type": "object", "additionalProperties": {"$ref": "pulumi.json#/Any"}},
    "Sequence[Any]": {"type": "array", "items": {"$ref": "pulumi.json#/Any"}},
    "Any": {"$ref": "pulumi.json#/Any"},
}


@dataclass(frozen=True)
class Text(Type):
    """A string. Numbers are taken as the text that YAML programs meant."""

    def _normal(self, value: Any, at: PropertyLocation) -> Any:
        if isinstance(value, bool) or not isinstance(value, (str, int, float)):
            at.add_problem(f"must be a string, not {_kind(value)}")
            return value
        return str(value)

    def _schema(self) -> Json:
        return {"type": "string"}

    def _python(self) -> str:
        return "str"


@dataclass(frozen=True)
class Boolean(Type):
    def _normal(self, value: Any, at: PropertyLocation) -> Any:
        if value in ("true", "false"):
            return value == "true"
        if not isinstance(value, bool):
            at.add_problem(f"must be a boolean, not {as_given(value)}")
        return value

    def _schema(self) -> Json:
        return {"type": "boolean"}

    def _python(self) -> str:
        return "bool"


@dataclass(frozen=True)
class Integer(Type):
    """An integer. Pulumi carries numbers as doubles, so one from 2**53 on travels as a string of digits."""

    minimum: int | None = None
    maximum: int | None = None
    wide: bool = field(default=False, kw_only=True)
    """Whether all 64 bits may be meant (a limit that is no limit); else it ends where doubles do."""

    def _normal(self, value: Any, at: PropertyLocation) -> Any:
        if isinstance(value, str) and _WHOLE.fullmatch(value.strip()):
            value = int(value)
        if isinstance(value, float) and value.is_integer() and self.wide and abs(value) >= EXACT_BELOW:
            text = "has lost precision, since Pulumi's numbers are doubles; put it in quotes"
            at.add_problem(f"{value:.0f} {text}")
        elif isinstance(value, bool) or not isinstance(value, int):
            at.add_problem(f"must be an integer, not {as_given(value)}")
        elif refusal := self.refusal(value):
            at.add_problem(refusal)
        return value

    def refusal(self, number: int, shown: str = "") -> str:
        """Return why a number is too small or too large, an empty string for one that is neither.

        Args:
            shown: how the message calls the number; empty: by its digits.
        """
        most = units.INT64_MAX if self.wide else EXACT_BELOW - 1
        least = -most - 1 if self.minimum is None else self.minimum
        most = most if self.maximum is None else self.maximum
        if number < least:
            return f"must be at least {least}, not {shown or number}"
        return f"must be at most {most}, not {shown or number}" if number > most else ""

    def _key(self, value: Any) -> Any:
        return whole(value)

    def _schema(self) -> Json:
        return {"type": "integer"}

    def _python(self) -> str:
        return "int"


@dataclass(frozen=True)
class Number(Type):
    def _normal(self, value: Any, at: PropertyLocation) -> Any:
        if isinstance(value, str):
            try:
                value = float(value)
            except ValueError:
                at.add_problem(f"must be a number, not {as_given(value)}")
                return value
        if isinstance(value, bool) or not isinstance(value, (int, float)):
            at.add_problem(f"must be a number, not {as_given(value)}")
        return value

    def _key(self, value: Any) -> Any:
        return float(value) if isinstance(value, (int, float)) else value

    def _schema(self) -> Json:
        return {"type": "number"}

    def _python(self) -> str:
        return "float"


@dataclass(frozen=True)
class Choice(Type):
    """One of a few words.

    Attributes:
        words: those it can be.
        name: of the enum in the schema, and of the Literal in Python.
    """

    words: tuple[str, ...]
    name: str

    def _normal(self, value: Any, at: PropertyLocation) -> Any:
        if refusal := self.refusal(value):
            at.add_problem(refusal)
        return value

    def refusal(self, value: Any) -> str:
        """Return why a value is none of the words, an empty string for one that is."""
        if value in self.words:
            return ""
        return f"must be one of {', '.join(self.words)}, not {as_given(value)}{nearest(value, self.words)}"

    def _schema(self) -> Json:
        return {"$ref": f"#/types/swarm:index:{self.name}"}

    def _python(self) -> str:
        return self.name


def whole(value: Any) -> Any:
    """Return a number that travelled as a string of digits; everything else as it is."""
    return int(value) if isinstance(value, str) and _WHOLE.fullmatch(value) else value


@dataclass(frozen=True)
class ListOf(Type):
    """A list; `order` says whether the positions mean something to Docker."""

    item: Type = Type()
    order: bool = True

    def _normal(self, value: Any, at: PropertyLocation) -> Any:
        if not isinstance(value, (list, tuple)):
            at.add_problem(f"must be a list, not {_kind(value)}")
            return value
        for index in (index for index, entry in enumerate(value) if entry is None):
            at.item(index).add_problem("is null; remove the entry, or set a value")
        return [self.item.normal(entry, at.item(index)) for index, entry in enumerate(value)]

    def _key(self, value: Any) -> Any:
        keys = [self.item.key(entry) for entry in value]
        return keys if self.order else sorted(keys, key=repr)

    def _schema(self) -> Json:
        return {"type": "array", "items": self.item.schema()}

    def _python(self) -> str:
        return f"Sequence[pulumi.Input[{self.item.python()}]]"

    def types(self) -> Iterator[ObjectOf]:
        yield from self.item.types()


@dataclass(frozen=True)
class MapOf(Type):
    """A mapping whose keys are the user's: they are never translated. A null value is kept where it has a meaning."""

    value: Type = Text()
    nulls: bool = False

    def _normal(self, value: Any, at: PropertyLocation) -> Any:
        if not isinstance(value, dict):
            at.add_problem(f"must be a mapping, not {_kind(value)}")
            return value
        return {
            key: self.value.normal(entry, at.entry(str(key)))
            for key, entry in value.items()
            if entry is not None or self.nulls
        }

    def _key(self, value: Any) -> Any:
        return {key: self.value.key(entry) for key, entry in sorted(value.items())}

    def _schema(self) -> Json:
        return {"type": "object", "additionalProperties": self.value.schema()}

    def _python(self) -> str:
        inner = self.value.python() + (" | None" if self.nulls else "")
        return f"Mapping[str, pulumi.Input[{inner}]]"

    def types(self) -> Iterator[ObjectOf]:
        yield from self.value.types()


@dataclass(frozen=True)
class Field:
    """One property of an object or a resource.

    Attributes:
        name: its Python name; the wire name is the camelCase of it.
        type: what its values are.
        doc: what it is, with unit, default and where it goes in Docker, for editors and the reference.
        required: whether it has to be given.
        secret: whether its value is always a secret.
        computed: whether Check fills it in; the user cannot set it.
    """

    name: str
    type: Type
    doc: str = ""
    required: bool = False
    secret: bool = False
    computed: bool = False

    @property
    def wire(self) -> str:
        return camel(self.name)


@dataclass(frozen=True)
class ObjectOf(Type):
    """An object with known fields; `name` is its type's name in the schema and, with `Args`, in Python."""

    name: str = ""
    fields: tuple[Field, ...] = ()
    doc: str = ""

    @cached_property
    def by_wire(self) -> dict[str, Field]:
        return {entry.wire: entry for entry in self.fields}

    def _normal(self, value: Any, at: PropertyLocation) -> Any:
        if not isinstance(value, dict):
            at.add_problem(f"must be a mapping, not {_kind(value)}")
            return value
        known = self.by_wire
        result: Json = {}
        for key, entry in value.items():
            wire = camel(key)
            if key.startswith("__"):
                continue
            if wire not in known:
                names = tuple(field_.name for field_ in self.fields if not field_.computed)
                at.add_problem(f"unknown key {key!r}{nearest(snake(key), names)}", without_value=f"unknown key {key!r}")
            elif entry is not None:
                normal = known[wire].type.normal(entry, at.child(wire))
                secret = known[wire].secret and not isinstance(normal, Secret) and normal is not UNKNOWN
                result[wire] = Secret(normal) if secret else normal
        for missing in self.fields:
            if missing.required and result.get(missing.wire) is None:
                at.add_problem(is_missing(missing.name), without_value=is_missing(missing.name))
        return result

    def _key(self, value: Any) -> Any:
        given = ((self.by_wire[key], value[key]) for key in sorted(value) if key in self.by_wire)
        return {field.wire: field.type.key(entry) for field, entry in given if entry is not None}

    def _schema(self) -> Json:
        return {"$ref": f"#/types/swarm:index:{self.name}"}

    def _python(self) -> str:
        return f"{self.name}Args"

    def types(self) -> Iterator[ObjectOf]:
        for entry in self.fields:
            yield from entry.type.types()
        yield self


def of_text(change: Callable[[str], Any]) -> Callable[[Any], Any]:
    """Return `change` for a type's `before`: what is no text passes, and is told by the type itself."""
    return lambda value: change(value) if isinstance(value, str) else value


def is_missing(name: str) -> str:
    """Return what is said of a property that has to be given."""
    return f"{name!r} is missing"


def nearest(word: Any, words: tuple[str, ...]) -> str:
    """Return `; did you mean 'x'?` for the known word that `word` resembles most, or an empty string."""
    close = difflib.get_close_matches(str(word), words, n=1)
    return f"; did you mean {close[0]!r}?" if close else ""


def _kind(value: Any) -> str:
    names: tuple[tuple[type | tuple[type, ...], str], ...] = (
        (bool, "a boolean"),
        (str, "a string"),
        ((int, float), "a number"),
        ((list, tuple), "a list"),
        (dict, "a mapping"),
    )
    return next((name for kind, name in names if isinstance(value, kind)), type(value).__name__)


def as_given(value: Any) -> str:
    """Return a value as a message shows it: a string or a number itself, else what it is."""
    return repr(value) if isinstance(value, (str, int, float, bool)) else _kind(value)
