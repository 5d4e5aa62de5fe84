"""The stack as a picture: what refers to what, and what of it is new, changes or goes. An SVG inside the page."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from swarm_provider.core import Json
from swarm_provider.core.english import count
from swarm_provider.core.values import UNKNOWN, at, mappings
from swarm_provider.plan.change.summary import Outlook
from swarm_provider.report.changed import Changed
from swarm_provider.report.elements import Markup, element
from swarm_provider.report.page import WORDS, Page
from swarm_provider.report.words import value_text

MOST: Final = 40
"""Boxes in a column; what is left out is counted."""
MARKS: Final = {"create": "+", "adopt": "↳", "update": "~", "replace": "±", "delete": "−", "same": "", "outside": ""}
_WIDTH: Final = 250
_GAP: Final = 110
_LINE: Final = 18
_LETTERS: Final = 27
_HEADS: Final = {"Config": "configs", "Secret": "secrets", "Service": "services", "Network": "networks",
                 "Volume": "volumes", "NodeLabel": "node labels", "Node": "nodes"}  # fmt: skip
_COLUMNS: Final = (("Config", "Secret"), ("Service",), ("Network", "Volume", "NodeLabel", "Node"))


@dataclass(frozen=True)
class _Box:
    """One thing: where it stands, and what is written in it."""

    kind: str
    name: str
    op: str
    lines: tuple[str, ...]
    x: int
    y: int

    @property
    def height(self) -> int:
        return 14 + _LINE * len(self.lines)

    @property
    def middle(self) -> float:
        return self.y + self.height / 2


@dataclass(frozen=True)
class _Edge:
    """A service refers to something; the reference is there before, after, or both."""

    service: str
    kind: str
    name: str
    before: bool
    after: bool


def picture(page: Page) -> Markup:
    """Return the picture; nothing where the program has nothing of ours."""
    ours = [one for one in page.resources if one.ours]
    if not ours:
        return Markup("")
    edges = list(_edges(ours))
    boxes, heads, bottom = _placed(ours, edges, {one.service: one for one in page.outlooks})
    places = {(box.kind, box.name): box for box in boxes}
    width = max(box.x for box in boxes) + _WIDTH + 10
    drawn = [
        _line(places["Service", edge.service], places[edge.kind, edge.name], edge)
        for edge in edges
        if ("Service", edge.service) in places and (edge.kind, edge.name) in places
    ]
    described = ". ".join(f"{_HEADS[box.kind][:-1]} {box.name}: {_state(box.op)}" for box in boxes[:MOST])
    return element(
        "svg",
        element("title", f"The stack {page.stack} and what changes in it", id="picture-title"),
        element("desc", described, id="picture-desc"),
        *drawn,
        *heads,
        *(_drawn(box) for box in boxes),
        viewBox=f"0 0 {width} {bottom}",
        width=width,
        role="img",
        aria_labelledby="picture-title picture-desc",
        xmlns="http://www.w3.org/2000/svg",
    )


def _state(op: str) -> str:
    return "not managed by this program" if op == "outside" else WORDS[op]


# ------------------------------------------------------------------------------------------------ layout


def _placed(
    ours: Sequence[Changed], edges: Sequence[_Edge], futures: dict[str, Outlook]
) -> tuple[list[_Box], list[Markup], int]:
    known = {(one.kind, one.shown) for one in ours}
    outside = sorted({(edge.kind, edge.name) for edge in edges} - known)
    boxes: list[_Box] = []
    heads: list[Markup] = []
    bottom = 0
    kinds_there = known | set(outside)
    columns = [kinds for kinds in _COLUMNS if any(kind in kinds for kind, _ in kinds_there)]
    for number, kinds in enumerate(columns):
        x, y = 10 + number * (_WIDTH + _GAP), 10
        for kind in kinds:
            entries: list[tuple[str, str, tuple[str, ...]]]
            entries = [(one.shown, one.op, _lines(one, futures)) for one in ours if one.kind == kind]
            entries += [(name, "outside", (_cut(name),)) for of, name in outside if of == kind]
            if not entries:
                continue
            heads.append(element("text", _HEADS[kind], x=x, y=y + 14, class_="head"))
            y += 24
            shown = _most_telling(entries, futures)
            for name, op, lines in shown:
                box = _Box(kind, name, op, lines, x, y)
                boxes.append(box)
                y += box.height + 8
            if len(shown) < len(entries):
                more = f"and {count(len(entries) - len(shown), 'other')}"
                heads.append(element("text", more, x=x, y=y + 12, class_="note"))
                y += 22
            y += 12
        bottom = max(bottom, y)
    return boxes, heads, bottom


def _most_telling(
    entries: list[tuple[str, str, tuple[str, ...]]], futures: dict[str, Outlook]
) -> list[tuple[str, str, tuple[str, ...]]]:
    """Return what is drawn of a column that is too long: what changes, and of that what restarts first."""
    if len(entries) <= MOST:
        return entries

    def rank(entry: tuple[str, str, tuple[str, ...]]) -> tuple[bool, int]:
        return entry[1] == "same", futures[entry[0]].rank if entry[0] in futures else 0

    return sorted(entries, key=rank)[:MOST]


def _lines(one: Changed, futures: dict[str, Outlook]) -> tuple[str, ...]:
    lines = [_cut(one.shown)]
    if one.kind == "Service":
        future = futures.get(one.shown)
        lines += [_cut(_short(future), 34)] if future is not None else []
    if one.kind == "NodeLabel":
        nodes = one.inputs.get("nodes")
        lines += [_cut(f"on {', '.join(nodes)}", 34)] if isinstance(nodes, list) else []
    return tuple(lines)


def _short(future: Outlook) -> str:
    if future.job:
        return "the job runs" if future.restarts or future.op == "create" else "a job"
    if future.op == "delete":
        return "stops"
    if future.restarts:
        return "all tasks restart" if future.tasks is None else count(future.tasks, "task", "restart")
    parts = [count(future.starts, "task", "start")] if future.starts else []
    parts += [count(future.stops, "task", "stop")] if future.stops else []
    return ", ".join(parts) or ("one task on each node" if future.starts is None else "no task restarts")


def _cut(text: str, letters: int = _LETTERS) -> str:
    shown = value_text(text)
    return shown if len(shown) <= letters else f"{shown[: letters - 1]}…"


# ----------------------------------------------------------------------------------------------- drawing


def _drawn(box: _Box) -> Markup:
    texts = [
        element("text", line, x=box.x + 30, y=box.y + 21 + number * _LINE, class_="sub" if number else "name")
        for number, line in enumerate(box.lines)
    ]
    return element(
        "g",
        element("title", f"{box.name}: {_state(box.op)}"),
        element("rect", x=box.x, y=box.y, width=_WIDTH, height=box.height, rx=6),
        element("text", MARKS[box.op], x=box.x + 15, y=box.y + 22, class_="mark"),
        *texts,
        class_=f"box {box.op}",
    )


def _line(service: _Box, other: _Box, edge: _Edge) -> Markup:
    left, right = (other, service) if other.x < service.x else (service, other)
    start, end = left.x + _WIDTH, right.x
    bend = _GAP / 2
    from_, to = f"{left.middle:g}", f"{right.middle:g}"
    path = f"M{start} {from_}C{start + bend:g} {from_} {end - bend:g} {to} {end} {to}"
    kind = "same" if edge.before and edge.after else "create" if edge.after else "delete"
    if kind == "same" and "same" not in (service.op, other.op) and other.kind in ("Config", "Secret"):
        # the new version reaches the service this way
        kind = "update"
    return element("path", d=path, class_=f"edge {kind}")


# ------------------------------------------------------------------------------------------------- edges


def _edges(ours: Sequence[Changed]) -> Iterable[_Edge]:
    names = _families(ours)
    urns = {one.urn: (one.kind, one.shown) for one in ours}
    labels = {one.inputs.get("key"): one.shown for one in ours if one.kind == "NodeLabel"}
    for one in ours:
        if one.kind != "Service":
            continue
        before, after = (dict.fromkeys(_references(side, names, labels)) for side in (one.old, one.new))
        if _unknown(one.new):
            after |= dict.fromkeys(
                urns[urn] for urn in one.needs if urn in urns and urns[urn][0] in ("Config", "Secret")
            )
        for kind, name in dict.fromkeys([*before, *after]):
            yield _Edge(one.shown, kind, name, (kind, name) in before, (kind, name) in after)


def _families(ours: Iterable[Changed]) -> dict[tuple[str, str], str]:
    """Return the shown name of each config and secret by the name of any of its versions."""
    found = {}
    for one in ours:
        if one.kind in ("Config", "Secret"):
            for name in (one.old.get("name"), one.new.get("name"), one.running.get("name"), one.shown):
                if isinstance(name, str):
                    found[one.kind, name] = one.shown
    return found


def _references(inputs: Json, names: dict[tuple[str, str], str], labels: dict[Any, str]) -> Iterable[tuple[str, str]]:
    for key, kind in (("configs", "Config"), ("secrets", "Secret")):
        for entry in mappings(inputs.get(key)):
            name = entry.get("name") or entry.get("source")
            if isinstance(name, str):
                yield kind, names.get((kind, name), str(entry.get("source") or name))
    for entry in mappings(inputs.get("networks")):
        if isinstance(entry.get("name"), str):
            yield "Network", entry["name"]
    for entry in mappings(inputs.get("volumes")):
        if entry.get("type") == "volume" and isinstance(entry.get("source"), str):
            yield "Volume", entry["source"]
    for constraint in at(inputs, "deploy", "placement", "constraints") or ():
        for key, shown in labels.items():
            if isinstance(constraint, str) and constraint.startswith(f"node.labels.{key}"):
                yield "NodeLabel", shown


def _unknown(inputs: Json) -> bool:
    return any(entry.get("source") is UNKNOWN for key in ("configs", "secrets") for entry in mappings(inputs.get(key)))


def legend(page: Page) -> Markup:
    """Return what the marks and colours mean, for those that occur."""
    ours = [one for one in page.resources if one.ours]
    known = {(one.kind, one.shown) for one in ours}
    drawn: set[str] = {one.op for one in ours}
    if any((edge.kind, edge.name) not in known for edge in _edges(ours)):
        drawn.add("outside")
    items = [
        element("li", element("span", mark, class_=f"swatch {op}"), f" {_state(op)}")
        for op, mark in MARKS.items()
        if op in drawn
    ]
    return element("ul", *items, class_="legend")
