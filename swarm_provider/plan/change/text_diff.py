"""Texts that are the same as YAML or JSON and differ in comments, quotes or spacing: what differs, line by line. Pure.

Pulumi parses both contents of a config, finds them equal, and prints both whole, each as one line.
"""

from __future__ import annotations

import difflib
import json
import re
from collections.abc import Iterator
from typing import Any, Final

FIRST_WORDS: Final = "these lines change, but the data is the same"
_LONGEST: Final = 256 * 1024
"""Characters that are parsed; more would keep the preview waiting."""
_MOST_LINES: Final = 20_000
_MOST_SHOWN: Final = 40
_COMMENT: Final = re.compile(r"(?:^|\s)#.*$", re.MULTILINE)
_NEXT_DOCUMENT: Final = re.compile(r"\n---\s")
_WORD: Final = re.compile(r"[^\s'\"\\,:\[\]{}|>-]+")


def changed_lines(before: str, after: str) -> str | None:
    """Return the lines that differ, below words that say so; None where the texts are other data, or no data at all."""
    if before == after or max(len(before), len(after)) > _LONGEST:
        return None
    old, new = before.splitlines(), after.splitlines()
    if max(len(old), len(new)) > _MOST_LINES or not _same_data(before, after):
        return None
    shown = list(_compared(old, new))
    rest = len(shown) - _MOST_SHOWN
    if rest > 0:
        shown[_MOST_SHOWN:] = [f"... and {rest} more"]
    if not shown:
        shown = ["only the line endings differ"]
    return "\n".join((f"{FIRST_WORDS}:", *shown))


def _compared(old: list[str], new: list[str]) -> Iterator[str]:
    for kind, first, last, begin, end in difflib.SequenceMatcher(None, old, new).get_opcodes():
        if kind != "equal":
            yield from (f"- {number + 1}: {_told(old[number])}" for number in range(first, last))
            yield from (f"+ {number + 1}: {_told(new[number])}" for number in range(begin, end))


def _told(line: str) -> str:
    blanks = len(line) - len(line.rstrip())
    return f"{line.rstrip()} (and {blanks} blank{'s' if blanks > 1 else ''})" if blanks else line


def _same_data(before: str, after: str) -> bool:
    # most contents that change have other words; parsing each would keep the preview of a large rotation waiting
    if _words(before) != _words(after):
        return False
    one, other = (_fingerprint(text) for text in (before, after))
    return one is not None and one == other


def _words(text: str) -> list[str]:
    return sorted(_WORD.findall(_COMMENT.sub("", _NEXT_DOCUMENT.split(text, maxsplit=1)[0])))


def _fingerprint(text: str) -> Any:
    """Return what is equal for texts of equal data; None for what is no mapping and no list."""
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return _yaml_fingerprint(text)
    return json.dumps(value, sort_keys=True) if isinstance(value, (dict, list)) else None


def _yaml_fingerprint(text: str) -> Any:
    # few runs need it, and it takes a moment to load
    import yaml

    try:
        # the first document, as Pulumi reads it
        node = next(iter(yaml.compose_all(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))), None)
        return None if isinstance(node, yaml.ScalarNode) else _of_node(node, {})
    except (yaml.YAMLError, RecursionError, ValueError):
        return None


def _of_node(node: Any, known: dict[int, Any]) -> Any:
    """Return the hash of a node; an aliased one is looked at once, so that aliases of aliases take no time."""
    import yaml

    if node is None or id(node) in known:
        return None if node is None else known[id(node)]
    known[id(node)] = "itself"
    if isinstance(node, yaml.ScalarNode):
        found: Any = (node.tag, node.value)
    elif isinstance(node, yaml.MappingNode):
        found = frozenset((_of_node(key, known), _of_node(value, known)) for key, value in node.value)
    else:
        found = tuple(_of_node(item, known) for item in node.value)
    known[id(node)] = hash(found)
    return known[id(node)]
