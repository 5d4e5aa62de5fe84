"""The report as one HTML page: nothing is loaded, nothing runs; light and dark; made to be printed too."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from importlib import resources
from typing import Final

from swarm_provider.core.english import count
from swarm_provider.report.content import Content
from swarm_provider.report.elements import Markup, element, joined
from swarm_provider.report.page import WORDS, Page, Properties, ServiceRow
from swarm_provider.report.picture import MARKS, legend, picture
from swarm_provider.report.words import spans

_POLICY: Final = "default-src 'none'; style-src 'unsafe-inline'"
_TASK: Final = "A task is one running copy (one container) of a service."


def _style() -> str:
    """Return how the page looks. Colours have names by what they say; each has a mark or a word beside it."""
    return (resources.files("swarm_provider.report") / "style.css").read_text("utf-8")


def html(page: Page) -> str:
    """Return the page."""
    title = f"{page.stack}: {page.title}" if page.stack else page.title
    head = joined(
        Markup('<meta charset="utf-8">'),
        Markup('<meta name="viewport" content="width=device-width, initial-scale=1">'),
        Markup(f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">'),
        Markup('<meta name="color-scheme" content="light dark">'),
        element("title", title),
        element("style", Markup(_style())),
    )
    body = element("body", element("main", *_sections(page)))
    return f"<!doctype html>\n{element('html', element('head', head), body, lang='en')}\n"


def _sections(page: Page) -> Iterator[Markup]:
    stack = element("span", page.stack, class_="stack")
    yield element("h1", stack, f" {page.title}", class_="failed" if page.failed else "")
    if page.total and page.changes:
        yield element("p", page.total, class_="total")
    if page.errors:
        yield _section(
            "Errors", element("p", "Nothing can be deployed until they are fixed."), _said(page.errors), "bad"
        )
    if page.warnings:
        yield _section("Warnings", Markup(""), _said(page.warnings), "warn")
    if page.services:
        yield _section("Services", element("p", _TASK), _services(page.services))
    if page.unchanged and not page.failed:
        names = element("p", ", ".join(page.unchanged), class_="names")
        summary = f"{count(len(page.unchanged), 'service')} not touched"
        yield element("details", element("summary", summary), names)
    # what a failed preview has not come to would be drawn as if it stayed
    if not page.failed and any(one.ours for one in page.resources):
        drawing = element("figure", element("div", picture(page), class_="drawing", tabindex=0), legend(page))
        yield _section("The stack", Markup(""), drawing)
    if page.objects:
        rows = [
            (joined(_mark(row.op), f" {row.kind} ", _name(row.name)), WORDS[row.op], row.what) for row in page.objects
        ]
        yield _section("Configs, secrets and the rest", Markup(""), _table(("object", "is", "what"), rows))
    if page.by_hand:
        intro = element(
            "p", "Changes since the last ", element("code", "up"), ". The run reverts what the program manages."
        )
        yield _section("Changed by hand", intro, joined(*(_differences(one, "was", "is") for one in page.by_hand)))
    if page.contents:
        yield _section("Contents", Markup(""), joined(*map(_content, page.contents)))
    if page.details:
        yield _section("Details", Markup(""), joined(*map(_properties, page.details)))
    if page.notes:
        yield _section("Notes", Markup(""), _said(page.notes))


def _section(title: str, intro: Markup, body: Markup, kind: str = "") -> Markup:
    return element("section", element("h2", title), intro, body, class_=kind)


def _services(rows: Sequence[ServiceRow]) -> Markup:
    cells = []
    for row in rows:
        parts = [joined(element("code", path), f" ({what})" if what else "") for path, what in row.reasons]
        parts += [joined(f"{row.more} more")] if row.more else []
        reasons = joined(*_separated(parts))
        why = joined(row.why, "; " if row.why and row.reasons else "", reasons)
        if row.image:
            before, after = row.image
            moved = joined(element("code", before), " → ", element("code", after))
            why = joined(why, element("div", moved, class_="image"))
        head, _, rest = row.tasks.partition("; ")
        strong = head if head.startswith("no task") else element("strong", head)
        tasks = joined(strong, f"; {rest}" if rest else "")
        cells.append((joined(_mark(row.op), " ", _name(row.name), f" {WORDS[row.op]}"), tasks, why))
    return _table(("service", "its tasks", "because of"), cells)


def _separated(parts: Sequence[Markup]) -> Iterator[str]:
    for number, part in enumerate(parts):
        if number:
            yield ", "
        yield part


def _mark(op: str) -> Markup:
    return element("span", MARKS[op], class_=f"swatch {op}", aria_hidden="true")


def _name(name: str) -> Markup:
    return element("code", name)


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> Markup:
    # the roles are those of the elements: on narrow screens cells stand below each other, which would take them away
    top = element("tr", *(element("th", name, scope="col", role="columnheader") for name in head), role="row")
    body = (
        element(
            "tr",
            element("th", first, scope="row", role="rowheader"),
            *(element("td", cell, role="cell", data_head=name) for name, cell in zip(head[1:], rest, strict=True)),
            role="row",
        )
        for first, *rest in rows
    )
    parts = element("thead", top, role="rowgroup"), element("tbody", *body, role="rowgroup")
    return element("div", element("table", *parts, role="table"), class_="wide")


def _said(said: Iterable[tuple[str, str]]) -> Markup:
    return element("ul", *(element("li", *_saying(name, text)) for name, text in said))


def _saying(name: str, text: str) -> Iterator[Markup]:
    if name:
        yield joined(_name(name), ": ")
    lines = text.splitlines() or [""]
    for number, line in enumerate(lines):
        pieces = (element("code", piece) if is_code else piece for piece, is_code in spans(line))
        yield joined(Markup("<br>") if number else "", *pieces)


def _content(one: Content) -> Markup:
    heading = element("h3", "config ", _name(one.name), element("span", f" {one.title}", class_="quiet"))
    if not one.lines:
        return joined(heading, element("p", one.note or "It is not text."))
    return joined(heading, element("pre", *(_line(line) for line in one.lines)))


def _line(line: str) -> Markup:
    tag = {"+": "ins", "-": "del"}.get(line[:1], "span")
    return element(tag, Markup(_kept(line) + "\n"), class_="quiet" if line[:1] in "@\\" else "line")


def _kept(line: str) -> str:
    # tabs stay: content() has made everything else visible
    return str(element("x", line.replace("\t", "\ue000")))[3:-4].replace("\\ue000", "\t")


def _properties(one: Properties) -> Markup:
    if any(old for _, old, _ in one.rows):
        return _differences(one, "before", "after")
    rows = [(_name(path), _value(new)) for path, _, new in one.rows]
    return joined(element("h3", one.title), _table(("property", "value"), rows) if rows else "")


def _differences(one: Properties, before: str, after: str) -> Markup:
    rows = [(_name(path), _value(old), _value(new)) for path, old, new in one.rows]
    return joined(element("h3", one.title), _table(("property", before, after), rows) if rows else "")


def _value(value: str) -> Markup:
    return element("code", value) if value else element("em", "nothing")
