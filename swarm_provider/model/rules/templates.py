"""`{{...}}` in environment, hostname and mounts: Swarm fills it in, and refuses a service whose templates fail. Pure.

Swarm tries the templates with made-up values when the service is created (swarmkit, manager/controlapi/service.go and
template/). What it surely refuses is told here; of all else (conditions, loops, calls) nothing is said.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, Final

from swarm_provider.core import Json
from swarm_provider.core.path import Path, render
from swarm_provider.errors import Problem

# swarmkit, template/context.go; None: a string, {}: a mapping of the user's, which is empty when Swarm tries it
_CONTEXT: Final[dict[str, Any]] = {
    "Service": {"ID": None, "Name": None, "Labels": {}},
    "Node": {"ID": None, "Hostname": None, "Platform": {"Architecture": None, "OS": None}},
    "Task": {"ID": None, "Name": None, "Slot": None},
}
# Go, text/template; `join` is swarmkit's. Newer versions of Go have more words, which older ones refuse
_FUNCTIONS: Final = frozenset(
    (
        *("and", "call", "html", "index", "js", "join", "len", "not", "or", "print", "printf", "println", "slice"),
        *("urlquery", "eq", "ge", "gt", "le", "lt", "ne"),
    )
)
_CONTROLS: Final = frozenset(("if", "else", "end", "range", "with", "template", "define", "block", "break", "continue"))
_WORDS: Final = _FUNCTIONS | _CONTROLS | {"true", "false", "nil"}
_TOKEN: Final = re.compile(
    r"""(?P<blank>[ \t\r\n]+)|(?P<text>"(?:[^"\\\n]|\\.)*"|`[^`]*`|'(?:[^'\\\n]|\\.)+')|(?P<chain>(?:\.[^\W\d]\w*)+)"""
    r"""|(?P<variable>\$\w*)|(?P<number>[+-]?\.?\d[\w.]*)|(?P<word>[^\W\d]\w*)|(?P<dot>\.)|(?P<sign>:=|[|(),=])"""
)
_TRIM_BEFORE: Final = re.compile(r"-(?=[ \t\r\n])")
_END: Final = re.compile(r"(?:[ \t\r\n]-)?\}\}")
_COMMENT: Final = re.compile(r"(?:-[ \t\r\n])?/\*.*?\*/(?:[ \t\r\n]-)?", re.DOTALL)
_ESCAPE: Final = 'write {{"{{"}} for literal braces'


def refused(inputs: Json) -> Iterator[Problem]:
    """Yield a problem for every template in a service's inputs that Swarm surely refuses; no value is told."""
    for path, text in _templates(inputs):
        why = why_refused(text) if isinstance(text, str) and "{{" in text else ""
        if why:
            of = f" of {path[-1]!r}" if len(path) > 1 else ""
            yield Problem(
                f"Swarm expands '{{{{...}}}}'{of} as a template, and this one is invalid: {why}; {_ESCAPE}",
                render(path),
            )


def _templates(inputs: Json) -> Iterator[tuple[Path, Any]]:
    """Yield what swarmkit expands (template/expand.go), each with its path in the users' spelling."""
    yield ("hostname",), inputs.get("hostname")
    for key, value in _items(inputs.get("environment")):
        yield ("environment", key), value
    mounts = inputs.get("volumes")
    for index, mount in enumerate(mounts if isinstance(mounts, list) else ()):
        if not isinstance(mount, dict):
            continue
        for name in ("source", "target"):
            yield ("volumes", index, name), mount.get(name)
        options = mount.get("volume")
        for wire, name in (("labels", "labels"), ("driverOpts", "driver_opts")):
            for key, value in _items(options.get(wire) if isinstance(options, dict) else None):
                yield ("volumes", index, "volume", name, key), value


def _items(value: Any) -> Iterator[tuple[str, Any]]:
    if isinstance(value, dict):
        yield from value.items()


def why_refused(text: str) -> str:
    """Return why Swarm surely refuses a string as a template, "" where it takes it or nobody can tell."""
    actions, open_action = _actions(text)
    controls = {word for tokens in actions for kind, word in tokens if kind == "word"} & _CONTROLS
    declares = any(word == ":=" for tokens in actions for _, word in tokens)
    for tokens in actions:
        why = _wrong(tokens, declares=declares, always_run=not controls)
        if why:
            return why
    if open_action:
        return "the braces are not closed"
    depth = 0
    for tokens in actions:
        first = tokens[0][1] if tokens else ""
        depth += (first in ("if", "range", "with", "define", "block")) - (first == "end")
        if depth < 0:
            return "unexpected 'end'"
    return "'end' is missing" if depth else ""


def _actions(text: str) -> tuple[list[list[tuple[str, str]]], bool]:
    """Return the tokens between each pair of braces, and whether the last pair is not closed."""
    found: list[list[tuple[str, str]]] = []
    position = text.find("{{")
    while position >= 0:
        position += 2
        comment = _COMMENT.match(text, position)
        if comment is not None:
            # what stands behind a comment has to be the end
            if not text.startswith("}}", comment.end()):
                return [*found, [("bad", "/")]], False
            position = text.find("{{", comment.end() + 2)
            continue
        if _TRIM_BEFORE.match(text, position):
            position += 1
        tokens: list[tuple[str, str]] = []
        while not _END.match(text, position):
            match = _TOKEN.match(text, position)
            if match is None:
                if position >= len(text):
                    return [*found, tokens], True
                return [*found, [*tokens, ("bad", text[position])]], False
            if match.lastgroup != "blank":
                tokens.append((str(match.lastgroup), match[0]))
            position = match.end() if match.lastgroup != "blank" or not _trims(text, match.end()) else match.end() - 1
        found.append(tokens)
        position = text.find("{{", text.find("}}", position) + 2)
    return found, False


def _trims(text: str, position: int) -> bool:
    return text.startswith("-}}", position)


def _wrong(tokens: list[tuple[str, str]], *, declares: bool, always_run: bool) -> str:
    if not tokens:
        return "there is nothing between the braces"
    words = [word for kind, word in tokens if kind == "word"]
    short_cut = "and" in words or "or" in words
    for index, (kind, word) in enumerate(tokens):
        if kind == "bad":
            return "unexpected character between the braces"
        if kind == "word" and word not in _WORDS:
            return "unknown function"
        if kind == "variable" and word != "$" and not declares:
            return "it has a variable ($) that is not declared"
        # behind a parenthesis or a variable these are fields of what that is
        before = tokens[index - 1] if index else ("", "")
        of_the_context = before[1] == "$" or not (before[1] in (")", ".") or before[0] == "variable")
        if kind == "chain" and of_the_context and always_run and not short_cut and not _is_known(word):
            return (
                "unknown field: only .Service, .Node and .Task are available, each with few fields "
                '(for a label write {{index .Service.Labels "name"}})'
            )
    return ""


def _is_known(chain: str) -> bool:
    """Tell whether a chain of fields such as `.Service.Name` has a value."""
    value: Any = _CONTEXT
    for name in chain[1:].split("."):
        if not isinstance(value, dict) or name not in value:
            return False
        value = value[name]
    return True
