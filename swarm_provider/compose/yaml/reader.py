"""YAML text -> tree, read as go-yaml v3 does (the library of the docker CLI).

What differs from PyYAML's own loaders: `22:22`, `on` and `yes` are texts; `0755` and `0o755` are octal; a duplicate key
is an error; unknown tags are ignored; only the first document is read; dates are points in time;
every key keeps its line. Files that blow up in memory (aliases of aliases, very deep nesting) are refused.
"""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, Final

import yaml
from yaml import events

from swarm_provider.compose.yaml.scalars import STANDARD, Fault, scalar
from swarm_provider.compose.yaml.tabs import with_blanks
from swarm_provider.compose.yaml.tree import Items, Map, Marked, Timestamp
from swarm_provider.errors import InputError, Problem

LIBYAML: Final[Any] = getattr(yaml, "CLoader", yaml.Loader)
"""PyYAML without libyaml reads the same, only slower. Of a loader, `yaml.parse` uses what gives events alone."""

MAX_BYTES: Final = 16 * 2**20
MAX_NODES: Final = 300_000
MAX_DEPTH: Final = 100
# go-yaml v3, decode.go: the share of nodes that may come from aliases shrinks with the size of the document
_ALIAS_LOW: Final = 400_000
_ALIAS_HIGH: Final = 4_000_000

MARKS: Final = ("!reset", "!override")
# where none of these is, there is one document, and no tag in it; NUL tells of UTF-16
_SIGNS: Final = (b"!", b"---", b"...", b"\0")
# yaml 4.0.0, which compose-go reads with, takes it for a float; yaml 3, docker's, for an integer
_MINUS_ZERO: Final = re.compile(rb"[\s\[{,]-0[\s\]},]|[\s\[{,]-0$")


def read(data: bytes, file: str) -> Map:
    """Read the first document of a YAML file.

    Raises:
        InputError: it is not YAML, or its top is not a mapping; the Problem has file and line.
    """
    if not any(sign in data for sign in _SIGNS) and not _MINUS_ZERO.search(data):
        # one document without marks: the other dialect's reading is the same, and nearly always asked for, too
        with contextlib.suppress(InputError):
            return _trees(data, file, True)[0]
    return _trees(data, file, False)[0]


def read_documents(data: bytes, file: str) -> list[Map]:
    """Read all documents of a YAML file; values with a tag of `MARKS` are `Marked`.

    Raises:
        InputError: as `read`.
    """
    return list(_trees(with_blanks(data), file, True))


@lru_cache(maxsize=8)
def _trees(data: bytes, file: str, every: bool) -> tuple[Map, ...]:
    """Return the documents; they are shared, and what is made of them (interpolation, splitting) are copies."""
    try:
        if len(data) > MAX_BYTES:
            raise Fault(f"the file is larger than {MAX_BYTES // 2**20} MiB", 0)
        trees = tuple(_Builder(file, every=every).build(data))
        if not all(isinstance(tree, Map) for tree in trees):
            raise Fault("the top level of a compose file must be a mapping such as 'services: ...'", 1)
    except Fault as fault:
        raise InputError(Problem(fault.message, "", file, fault.line)) from None
    except yaml.reader.ReaderError as error:
        raise InputError(Problem(f"not YAML: {error.reason} (position {error.position})", "", file)) from None
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        what = ", ".join(part for part in (error.context, error.problem) if part)
        raise InputError(Problem(f"not YAML: {what}", "", file, mark.line + 1 if mark else 0)) from None
    except (UnicodeError, ValueError) as error:
        raise InputError(Problem(f"not YAML: {error}", "", file)) from None
    return trees


@dataclass(slots=True)
class _Frame:
    """A mapping or sequence that is being read."""

    node: Map | Items
    anchor: str | None
    tag: str | None = None
    key: str | None = None
    key_line: int = 0
    merging: bool = False
    merges: list[tuple[Any, bool, int]] = field(default_factory=list)
    own: set[str] = field(default_factory=set)
    size: int = 1
    aliased: int = 0


class _Builder:
    """A builder of the tree from libyaml's events, without recursion."""

    def __init__(self, file: str, *, every: bool = False) -> None:
        self.file = file
        self.every = every
        self.stack: list[_Frame] = []
        self.anchors: dict[str, tuple[Any, int]] = {}
        self.open: set[str] = set()
        self.result: Any = None
        self.top: tuple[int, int] = (0, 0)

    def build(self, data: bytes) -> list[Any]:
        """Return the documents: all of them, with their marks, or only the first."""
        results = []
        found: Iterator[Any] = yaml.parse(data, Loader=LIBYAML)
        for count, event in enumerate(found):
            if isinstance(event, events.DocumentEndEvent):
                results.append(self.result)
                self.anchors.clear()
                if not self.every:
                    break
            line = event.start_mark.line + 1
            if count > MAX_NODES:
                raise Fault(f"the file has more than {MAX_NODES} values", line)
            if isinstance(event, events.ScalarEvent):
                self._scalar(event, line)
            elif isinstance(event, events.AliasEvent):
                self._alias(event, line)
            elif isinstance(event, events.MappingStartEvent):
                self._start(Map(self.file, line), event, line)
            elif isinstance(event, events.SequenceStartEvent):
                self._start(Items(self.file, line), event, line)
            elif isinstance(event, (events.MappingEndEvent, events.SequenceEndEvent)):
                self._end()
        return results or [None]

    def _scalar(self, event: events.ScalarEvent, line: int) -> None:
        plain = not event.style
        tag = event.tag if event.tag not in (None, "!") else None
        frame = self.stack[-1] if self.stack else None
        if frame is not None and isinstance(frame.node, Map) and frame.key is None:
            self._key(frame, event.value, tag, plain, line)
            if event.anchor:
                self.anchors[event.anchor] = (event.value, 1)
            return
        value = scalar(event.value, tag, plain, line)
        if self.every and plain and tag is None and event.value == "-0":
            value = -0.0
        if self.every and tag in MARKS:
            value = Marked(str(tag), value)
        if event.anchor:
            self.anchors[event.anchor] = (value, 1)
        self._add(value, line, 1, 0)

    def _key(self, frame: _Frame, text: str, tag: str | None, plain: bool, line: int) -> None:
        merging = text == "<<" and (tag == STANDARD + "merge" or (tag is None and plain))
        if not merging and not isinstance(scalar(text, tag, plain, line), str):
            raise Fault(f"non-string key {text!r}; put it in quotes", line)
        if text in frame.own:
            first = frame.node.lines.get(text, 0) if isinstance(frame.node, Map) else 0
            before = f" on line {first}" if first else ""
            raise Fault(f"duplicate key {text!r}; it is defined{before} already", line)
        if not merging and isinstance(scalar(text, tag, plain, line), Timestamp):
            raise Fault(f"the key {text!r} is read as a date; put it in quotes", line)
        frame.own.add(text)
        frame.key, frame.key_line, frame.merging = text, line, merging
        frame.size += 1

    def _alias(self, event: events.AliasEvent, line: int) -> None:
        name = event.anchor
        if name in self.open:
            raise Fault(f"the value of anchor {name!r} contains itself", line)
        if name not in self.anchors:
            raise Fault(f"the anchor {name!r} is not defined above", line)
        value, size = self.anchors[name]
        frame = self.stack[-1] if self.stack else None
        if frame is not None and isinstance(frame.node, Map) and frame.key is None:
            if not isinstance(value, str):
                raise Fault(f"non-string key *{name}", line)
            self._key(frame, value, STANDARD + "str", False, line)
            return
        self._add(value, line, size, size, alias=True)

    def _start(self, node: Map | Items, event: Any, line: int) -> None:
        anchor = event.anchor
        frame = self.stack[-1] if self.stack else None
        if frame is not None and isinstance(frame.node, Map) and frame.key is None:
            raise Fault("a mapping or a list cannot be a key", line)
        if len(self.stack) >= MAX_DEPTH:
            raise Fault(f"nested more than {MAX_DEPTH} levels deep", line)
        if anchor:
            self.open.add(anchor)
        self.stack.append(_Frame(node, anchor, event.tag if self.every and event.tag in MARKS else None))

    def _end(self) -> None:
        frame = self.stack.pop()
        if isinstance(frame.node, Map) and frame.merges:
            _merge(frame.node, frame.merges)
        value = Marked(frame.tag, frame.node) if frame.tag else frame.node
        if frame.anchor:
            self.open.discard(frame.anchor)
            self.anchors[frame.anchor] = (value, frame.size)
        self._add(value, frame.node.line, frame.size, frame.aliased)

    def _add(self, value: Any, line: int, size: int, aliased: int, *, alias: bool = False) -> None:
        if not self.stack:
            self.result = value
            return
        frame = self.stack[-1]
        frame.size += size
        frame.aliased += aliased
        _check_aliases(frame.size, frame.aliased, line)
        if isinstance(frame.node, Items):
            frame.node.append(value)
            frame.node.lines.append(line)
        elif frame.merging:
            frame.merges.append((value, alias, line))
            frame.key, frame.merging = None, False
        elif frame.key is not None:
            frame.node[frame.key] = value
            frame.node.lines[frame.key] = frame.key_line
            frame.key = None


def _check_aliases(size: int, aliased: int, line: int) -> None:
    if aliased <= 100 or size <= 1000:
        return
    over = min(max(size - _ALIAS_LOW, 0) / (_ALIAS_HIGH - _ALIAS_LOW), 1.0)
    if aliased / size > 0.99 - 0.89 * over:
        raise Fault("the document contains excessive aliasing", line)


def _merge(node: Map, merges: list[tuple[Any, bool, int]]) -> None:
    for value, alias, line in merges:
        sources = [value] if isinstance(value, Map) else value
        if not isinstance(sources, list) or (alias and not isinstance(value, Map)):
            raise Fault("'<<' must have a mapping, or a list of mappings", line)
        for source in sources:
            if not isinstance(source, Map):
                raise Fault("'<<' must have a mapping, or a list of mappings", line)
            for key, entry in source.items():
                own = node.get(key)
                if key not in node:
                    node[key] = entry
                    node.lines[key] = source.lines.get(key, source.line)
                elif isinstance(own, Marked) and own.tag == MARKS[0] and not isinstance(entry, Marked):
                    # what `!reset` takes out of the mapping, a merge key gives; earlier files' value is gone still
                    node[key] = Marked(MARKS[1], entry)
