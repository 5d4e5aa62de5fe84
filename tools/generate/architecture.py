"""The picture of docs/architecture.md, drawn from the imports: `python -m tools.generate.architecture`.

Rows: a room stands below every room that imports it. Columns: the program, the command, the plugin. Arrows: imports,
without those that follow from others. Words: the signs (the docstring of each room's `__init__`). Nothing is placed by
hand, so the picture is what the code is; a test proves that it is current.
"""

from __future__ import annotations

import ast
import re
import textwrap
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from xml.sax.saxutils import escape

REPO: Final = Path(__file__).resolve().parents[2]
PACKAGE: Final = REPO / "swarm_provider"
PICTURE: Final = REPO / "docs" / "architecture.svg"
ENTRIES: Final = {"resources": "your program", "cli": "the command", "plugin": "the plugin"}
"""The room in which each process begins, and what the process is called; a column each."""
ABOVE: Final = "pulumi"
"""The library that leads to Pulumi's engine, which starts the program and the plugin and stands between them."""
BELOW: Final = {"docker": "A manager of the swarm, here or far away"}
"""The library that leads to Docker, and whom one meets there."""

Graph = dict[str, set[str]]

COLUMN: Final = 132
GAP: Final = 12
MARGIN: Final = 14
WIDTH: Final = 3 * COLUMN + 2 * GAP + 2 * MARGIN
LINE: Final = 15
BETWEEN: Final = 30
LETTER: Final = 6.7
"""Width of a letter of the text in a box, in the widest of the fonts that a reader may have."""


def rooms() -> dict[str, Path]:
    """Return the rooms of the package: folders with a sign, and `errors`."""
    found = {sign.parent.name: sign for sign in PACKAGE.glob("*/__init__.py")}
    return {**found, "errors": PACKAGE / "errors.py"}


def purpose(sign: Path) -> str:
    """Return what a room is for: its docstring up to the first pause."""
    text = ast.get_docstring(ast.parse(sign.read_text("utf-8"))) or ""
    return re.split(r"[.:;,](?:\s|$)", text, maxsplit=1)[0].replace("`", "").replace("->", "→").replace("<→", "↔")


def folders(sign: Path) -> list[str]:
    """Return the folders of a room."""
    return sorted(inner.parent.name for inner in sign.parent.glob("*/__init__.py")) if sign.stem == "__init__" else []


def imports(places: Mapping[str, Path]) -> Graph:
    """Return which room imports which, and which of the libraries that lead outside.

    Not which of the rooms in which a process begins: each has a column of its own.
    """
    found: Graph = {name: set() for name in places}
    for name, sign in places.items():
        files = sign.parent.rglob("*.py") if sign.stem == "__init__" else [sign]
        for module in {module for file in files for module in _modules(ast.parse(file.read_text("utf-8")))}:
            first, _, rest = module.partition(".")
            other = rest.split(".")[0] if first == PACKAGE.name else first
            if {name, other} <= ENTRIES.keys():
                continue
            if other != name and (other in places or other in (ABOVE, *BELOW)):
                found[name].add(other)
    return found


def _modules(tree: ast.Module) -> Iterable[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module:
            yield from (f"{node.module}.{name.name}" for name in node.names)
        elif isinstance(node, ast.Import):
            yield from (name.name for name in node.names)


def reached(graph: Graph, start: str) -> set[str]:
    """Return what `start` imports, directly or by way of others, and itself."""
    found, todo = {start}, [start]
    while todo:
        new = graph.get(todo.pop(), set()) - found
        found |= new
        todo += new
    return found


def reduced(graph: Graph) -> Graph:
    """Return the graph without imports that follow from others: what a room reaches, it reaches still."""
    return {
        room: {to for to in direct if not any(to in reached(graph, other) for other in direct - {to})}
        for room, direct in graph.items()
    }


def rows(graph: Graph) -> list[list[str]]:
    """Return the rooms row by row, each below all that import it."""
    depth: dict[str, int] = {}

    def place(room: str) -> int:
        if room not in depth:
            depth[room] = max((place(above) + 1 for above in graph if room in graph[above]), default=0)
        return depth[room]

    found: defaultdict[int, list[str]] = defaultdict(list)
    for room in sorted(graph):
        found[place(room)].append(room)
    return [found[row] for row in sorted(found)]


@dataclass(frozen=True)
class Box:
    """A room in the picture; what serves all processes is as wide as the picture."""

    name: str
    lines: tuple[str, ...]
    inner: tuple[str, ...]
    processes: tuple[str, ...]
    left: int
    top: int
    width: int

    @property
    def height(self) -> int:
        return 26 + LINE * (len(self.lines) + len(self.inner)) + (6 if self.inner else 2)

    @property
    def middle(self) -> int:
        return self.left + self.width // 2

    @property
    def bottom(self) -> int:
        return self.top + self.height


def arrange(places: Mapping[str, Path], graph: Graph, top: int) -> dict[str, Box]:
    """Return a box for each room: the row by what imports it, the column by the processes that do."""
    column = {entry: at for at, entry in enumerate(ENTRIES)}
    users = {room: tuple(entry for entry in ENTRIES if room in reached(graph, entry)) for room in graph}
    boxes: dict[str, Box] = {}
    for row in rows(graph):
        free = [column[entry] for entry in ENTRIES]
        wish = {room: _wish(room, graph, column) for room in row}
        for room in sorted(row, key=lambda room: (wish[room], room)):
            wide = users[room] == tuple(ENTRIES)
            column[room] = 1 if wide else next((at for at in free if at >= int(wish[room])), free[-1])
            if not wide:
                free.remove(column[room])
            width = WIDTH - 2 * MARGIN if wide else COLUMN
            letters = int((width - 20) / LETTER)
            boxes[room] = Box(
                name=room,
                lines=tuple(textwrap.wrap(BELOW.get(room) or purpose(places[room]), letters)),
                inner=tuple(_chips(folders(places[room]), letters) if room in places else ()),
                processes=users[room],
                left=MARGIN if wide else MARGIN + column[room] * (COLUMN + GAP),
                top=top,
                width=width,
            )
        top = max(boxes[room].bottom for room in row) + BETWEEN
    return boxes


def _wish(room: str, graph: Graph, column: Mapping[str, int]) -> float:
    """Return the column in which a room would like to stand: in the middle of those that import it."""
    if room in ENTRIES:
        return column[room]
    above = [column[other] for other in graph if room in graph[other]]
    return sum(above) / len(above)


def _chips(names: Iterable[str], letters: int) -> list[str]:
    return textwrap.wrap(" ".join(f"{name}/" for name in names), letters, break_long_words=False)


def _arrows(boxes: Mapping[str, Box], graph: Graph) -> list[str]:
    """Draw the imports that do not follow from others; one that would run through a box is left out."""
    free = {room: {name for name in graph[room] if _is_free(boxes, room, name)} for room in boxes}
    drawn = []
    for room, source in boxes.items():
        for name in free[room]:
            target = boxes[name]
            start = _end(boxes, room, free[room], name)
            end = _end(boxes, name, {other for other in free if name in free[other]}, room)
            if target.width > source.width:
                end = start
            turn = target.top - BETWEEN
            curve = f"C{start} {turn + 16} {end} {target.top - 22} {end} {target.top - 5}"
            drawn.append(f'<path class="arrow" d="M{start} {source.bottom}V{turn}{curve}"/>')
    return sorted(drawn)


def _is_free(boxes: Mapping[str, Box], room: str, name: str) -> bool:
    """Say whether nothing stands between a room and the row of another one below it."""
    source, target = boxes[room], boxes[name]
    between = (box for box in boxes.values() if source.bottom < box.top and box.bottom < target.top)
    return not any(box.left < source.middle < box.left + box.width for box in between)


def _end(boxes: Mapping[str, Box], room: str, others: Iterable[str], other: str) -> int:
    """Return where at a box the arrow from or to another one ends: side by side, in the order of those others."""
    order = sorted(others, key=lambda name: (boxes[name].middle, name))
    return boxes[room].middle + 14 * (2 * order.index(other) - len(order) + 1)


def _box(box: Box) -> list[str]:
    outside = box.name in BELOW
    drawn = [
        f'<rect class="{"outside" if outside else "room"}" x="{box.left}" y="{box.top}" width="{box.width}" '
        f'height="{box.height}" rx="6"/>',
        _text("name", box.left + 10, box.top + 19, box.name.title() if outside else box.name),
    ]
    if not outside:
        right = box.left + box.width - 13
        drawn += [_dot(name, right - 13 * place, box.top + 14) for place, name in enumerate(reversed(box.processes))]
    low = box.top + 19
    for line in box.lines:
        low += LINE
        drawn.append(_text("purpose", box.left + 10, low, line))
    low += 4
    for line in box.inner:
        low += LINE
        drawn.append(_text("inner", box.left + 10, low, line))
    return drawn


def _dot(process: str, left: int, top: int) -> str:
    return f'<circle class="{process}" cx="{left}" cy="{top}" r="4.5"/>'


def _text(kind: str, left: int, low: int, text: str) -> str:
    return f'<text class="{kind}" x="{left}" y="{low}">{escape(text)}</text>'


_STYLE: Final = """
text { font: 12px system-ui, -apple-system, "Segoe UI", "DejaVu Sans", sans-serif; fill: #1f2328 }
.name { font-weight: 600; font-size: 13.5px }
.inner, .note { fill: #57606a }
.paper { fill: #ffffff; stroke: #d0d7de }
.room { fill: #f3f5f8; stroke: #8c959f }
.outside { fill: none; stroke: #8c959f; stroke-dasharray: 4 3 }
.arrow { fill: none; stroke: #57606a; stroke-width: 1.4; marker-end: url(#head) }
.both { marker-start: url(#head) }
#head path { fill: #57606a }
.resources { fill: #0969da } .cli { fill: #bc4c00 } .plugin { fill: #1a7f37 }
@media (prefers-color-scheme: dark) {
  text { fill: #e6edf3 }
  .inner, .note { fill: #a3adb8 }
  .paper { fill: #0d1117; stroke: #30363d }
  .room { fill: #1b222b; stroke: #6e7681 }
  .outside { stroke: #6e7681 }
  .arrow { stroke: #a3adb8 }
  #head path { fill: #a3adb8 }
  .resources { fill: #58a6ff } .cli { fill: #f0883e } .plugin { fill: #3fb950 }
}
"""


_NOTE: Final = (
    "A dot: a process that uses the room. An arrow: imports.",
    "What is as wide as the picture serves everything above it.",
)


def render() -> str:
    """Return the picture as SVG."""
    places = rooms()
    everything = {**imports(places), **{name: set[str]() for name in BELOW}}
    graph = {room: targets - {ABOVE} for room, targets in everything.items()}
    top = MARGIN + 58
    boxes = arrange(places, graph, top + 22)
    parts = [*_engine([boxes[room] for room in ENTRIES if ABOVE in everything[room]], MARGIN)]
    for entry, title in ENTRIES.items():
        parts += [_dot(entry, boxes[entry].left + 7, top + 12), _text("note", boxes[entry].left + 17, top + 16, title)]
    parts += _arrows(boxes, reduced(graph))
    parts += [line for box in boxes.values() for line in _box(box)]
    low = max(box.bottom for box in boxes.values())
    for line in _NOTE:
        low += LINE + 3
        parts.append(_text("note", MARGIN + 2, low + 4, line))
    height = low + LINE + 3
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" width="{WIDTH * 3 // 2}" '
            'role="img" aria-labelledby="title">',
            '<title id="title">The rooms of swarm_provider: what imports what, and which process uses it</title>',
            f"<style>{_STYLE}</style>",
            '<defs><marker id="head" viewBox="0 0 8 8" refX="4" refY="4" markerWidth="6" markerHeight="6" '
            'orient="auto-start-reverse"><path d="M0 0L8 4L0 8z"/></marker></defs>',
            f'<rect class="paper" x="0.5" y="0.5" width="{WIDTH - 1}" height="{height - 1}" rx="8"/>',
            *parts,
            "</svg>",
            "",
        ]
    )


def _engine(boxes: Iterable[Box], top: int) -> list[str]:
    """Draw Pulumi above those that speak to it."""
    drawn = [
        f'<rect class="outside" x="{MARGIN}" y="{top}" width="{WIDTH - 2 * MARGIN}" height="30" rx="6"/>',
        _text("name", MARGIN + 10, top + 20, "Pulumi"),
        _text("purpose", MARGIN + 68, top + 20, "its engine and the state, by gRPC"),
    ]
    for box in boxes:
        at = box.left + box.width - 22
        drawn.append(f'<path class="arrow both" d="M{at} {top + 36}V{box.top - 5}"/>')
    return drawn


if __name__ == "__main__":
    PICTURE.write_text(render(), encoding="utf-8")
