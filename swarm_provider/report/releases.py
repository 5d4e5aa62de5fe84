"""A Release in Pulumi's JSON -> its children, as if each were a resource: its report is that of a Stack."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, Final, NamedTuple

from swarm_provider.core import Json
from swarm_provider.core.path import Path, parse, render
from swarm_provider.core.values import CHILDREN, FORECAST
from swarm_provider.model.resources import CONFIG, NETWORK, RELEASE, SECRET, SERVICE

_KINDS: Final = {"networks": NETWORK, "configs": CONFIG, "secrets": SECRET, "services": SERVICE}
_PATHS: Final = ("detailedDiff", "diffs", "diffReasons")


class Entry(NamedTuple):
    """One step in Pulumi's JSON: what it says of the step, and the states before and after."""

    step: Json
    old: Json | None
    new: Json | None


def expanded(entry: Entry) -> Iterator[Entry]:
    """Yield the children of a Release in the place of its step; any other step as it is."""
    kind = entry.step.get("type") or (entry.new or entry.old or {}).get("type")
    if kind != RELEASE.token:
        yield entry
        return
    for place in _KINDS:
        keys = {key: None for state in (entry.old, entry.new) for key in _children(state, place)}
        yield from (_child(entry, place, key) for key in keys)


def _children(state: Json | None, place: str) -> Json:
    inputs = (state or {}).get("inputs")
    found = inputs.get(place) if isinstance(inputs, dict) and "stackName" in inputs else None
    return {key: value for key, value in found.items() if isinstance(value, dict)} if isinstance(found, dict) else {}


def _child(entry: Entry, place: str, key: str) -> Entry:
    old, new = _state(entry.old, place, key), _state(entry.new, place, key)
    differences = _below(entry.step, (place, key))
    step = {
        "op": _op(str(entry.step.get("op")), old, new, changed=bool(differences)),
        "urn": _KINDS[place].urn_below(str(entry.step.get("urn")), key),
        "type": _KINDS[place].token,
        "diffs": [text for text in differences if text],
    }
    return Entry(step, old, new)


def _state(state: Json | None, place: str, key: str) -> Json | None:
    inputs = _children(state, place).get(key)
    if state is None or inputs is None:
        return None
    outputs = state.get("outputs")
    outputs = outputs if isinstance(outputs, dict) else {}
    own = outputs.get(CHILDREN)
    found = (own.get(f"{place}.{key}") if isinstance(own, dict) else None) or {}
    told = [
        one for one in outputs.get(FORECAST) or () if isinstance(one, dict) and one.get("service") == inputs.get("name")
    ]
    return {
        "type": _KINDS[place].token,
        "inputs": inputs,
        "outputs": {**found, **({FORECAST: told} if told else {})},
        "dependencies": [*_needed(state, inputs)] if place == "services" else [],
    }


def _needed(state: Json, service: Json) -> Iterator[str]:
    """Yield the URNs of the configs and secrets that a service refers to."""
    for place in ("configs", "secrets"):
        sources = {str(one.get("source")) for one in service.get(place) or () if isinstance(one, dict)}
        for key, inputs in _children(state, place).items():
            if sources & {str(inputs.get("name")), str(inputs.get("baseName"))}:
                yield _KINDS[place].urn_below(str(state.get("urn")), key)


def _op(op: str, old: Json | None, new: Json | None, *, changed: bool) -> str:
    if op not in ("update", "same") or (old and new and changed):
        return op
    if op == "same" or (old and new):
        return "same"
    return "create" if new else "delete"


def _below(step: Json, place: Path) -> list[str]:
    """Return the paths of what differs of a child, from the child on; "" for the child itself."""
    paths: Iterable[Any] = next((step[key] for key in _PATHS if step.get(key)), ())
    found = [parse(str(path)) for path in paths]
    return [render(path[2:]) for path in found if path[:2] == place]


def of_children(urn: str, text: str, releases: Iterable[Entry]) -> tuple[str, str]:
    """Return whom a message of a Release is about, and what it says of it: it begins with the key of a child.

    Args:
        urn: whom it names.
        text: the message.
        releases: the Releases of the preview.
    """
    for entry in releases:
        if entry.step.get("urn") != urn:
            continue
        for place in _KINDS:
            word = "" if place == "services" else f"{place.removesuffix('s')} "
            for key in {**_children(entry.old, place), **_children(entry.new, place)}:
                if text.startswith(f"{word}{key}: "):
                    return _KINDS[place].urn_below(urn, key), text.removeprefix(f"{word}{key}: ")
    return urn, text
