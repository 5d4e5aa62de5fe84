"""What `pulumi preview --diff` prints of a resource, as data: a test can build the new inputs from the old and this."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

_LINE = re.compile(r"""^ *(?:(?P<op>[-+~]) +)?(?:(?P<index>\[\d+\])|(?P<name>"[^"]*"|[\w.-]+)) *: (?P<rest>.*)$""")
_END = re.compile(r"\S| *--outputs:--| *[-+~]? *[\w:-]+: \(")
_DECODER = json.JSONDecoder()


@dataclass(frozen=True)
class Shown:
    """One printed property or entry.

    Attributes:
        op: `+`, `-`, `~`, or a space for what stays.
        key: a name, or a position.
        text: a value on one line; "" where there are entries below.
        inner: what is printed below it.
        many: what is below it are entries of a list.
    """

    op: str
    key: str | int
    text: str
    inner: tuple[Shown, ...]
    many: bool


def shown(output: str, urn: str) -> tuple[Shown, ...]:
    """Return what the output prints of one resource, in the last place where it stands: a refresh comes before."""
    lines = output.splitlines()
    start = max(place for place, line in enumerate(lines) if line.strip() == f"[urn={urn}]")
    rest = lines[start + 1 :]
    end = next((place for place, line in enumerate(rest) if _END.match(line)), len(rest))
    return tuple(_entries(iter(rest[:end])))


def _entries(lines: Iterator[str]) -> Iterator[Shown]:
    for line in lines:
        if line.strip() in ("}", "]"):
            return
        found = _LINE.match(line)
        if found is None:
            # the head of a resource has lines such as [provider=…]
            assert line.strip().startswith("["), f"not understood: {line!r}"
            continue
        key = int(found["index"][1:-1]) if found["index"] else found["name"].strip('"')
        opens = found["rest"] in ("{", "[")
        inner = tuple(_entries(lines)) if opens else ()
        yield Shown(found["op"] or " ", key, "" if opens else found["rest"], inner, found["rest"] == "[")


def rebuilt(old: Any, entries: tuple[Shown, ...]) -> Any:
    """Return the new value of an object or a list out of the old one and of what is printed about it."""
    if isinstance(old, list):
        return _list(old, entries)
    result = dict(old)
    for one in entries:
        assert isinstance(one.key, str)
        value = _value(one, old.get(one.key))
        if one.op == "-":
            result.pop(one.key)
        else:
            result[one.key] = value
    return result


def _list(old: list[Any], entries: tuple[Shown, ...]) -> list[Any]:
    """Take out what goes, put what comes where it is printed, and let the others follow each other as they did."""
    placed: dict[int, Any] = {}
    taken = set()
    for one in entries:
        assert isinstance(one.key, int)
        value = _value(one, old[one.key] if one.key < len(old) else None)
        if one.op != "+":
            taken.add(one.key)
        if one.op != "-":
            placed[one.key] = value
    others = [entry for place, entry in enumerate(old) if place not in taken]
    result: list[Any] = []
    while placed or others:
        place = len(result)
        assert place in placed or others, f"nothing stands at [{place}]"
        result.append(placed.pop(place) if place in placed else others.pop(0))
    return result


def _value(one: Shown, old: Any) -> Any:
    """Return what an entry says about the new value (of what goes, about the old one); what is old has to be true."""
    if one.op == "~" and (one.inner or one.many or not one.text):
        return rebuilt(old, one.inner)
    if one.inner or not one.text:
        value: Any = (
            [_value(entry, None) for entry in one.inner]
            if one.many
            else {str(entry.key): _value(entry, None) for entry in one.inner}
        )
    elif one.op == "~":
        before, end = _DECODER.raw_decode(one.text)
        assert before == old, f"{one.key}: {before!r} is printed for the old value {old!r}"
        assert one.text[end : end + 4] == " => ", one.text
        return json.loads(one.text[end + 4 :])
    else:
        value = json.loads(one.text)
    if one.op == "-" and old is not None:
        assert value == old, f"{one.key}: {value!r} is printed for the old value {old!r}"
    return value
