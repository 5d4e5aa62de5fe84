"""The report as Markdown for a comment on a pull or merge request: GitHub's and GitLab's dialect.

Whatever comes from the preview is inert: it cannot close a fence, start HTML, make a link, or call a person by name.
A comment that would be too long is folded first, then cut, and says so.
"""

from __future__ import annotations

import html
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from swarm_provider.core.english import count
from swarm_provider.report.content import Content
from swarm_provider.report.page import WORDS, ObjectRow, Page, Properties, ServiceRow
from swarm_provider.report.words import spans, visible

LIMIT: Final = 65_536
"""Characters of a comment on GitHub; GitLab takes more."""
_FOLDED_ROWS: Final = 25
"""Rows of a table above which it is folded."""
_PLAIN_CODE: Final = re.compile(r"[^\s`|\\<>&](?:[^`|\\<>&\n]*[^\s`|\\<>&])?")
_SPECIAL: Final = re.compile(r"[\\`*_\[\]<>~#!]")
_OPENING: Final = re.compile(r"^\s*(?:\d+(?=[.)])|(?=[-+=:]))")
"""What stands before a character that would begin a list, or underline a heading."""
_LINKED: Final = re.compile(
    r"""(?:
    (?:[a-z][a-z0-9+.-]{0,30}://|\bwww\.|\b(?:mailto|xmpp):)[^\s<>|`]+  # addresses
    | [\w.+/-]{0,100}@\w[\w./-]*  # people, teams, mail; a commit of a repository
    | [\w./-]{0,100}[#!&$%^~](?:\d+\b|(?<=~)\w[\w-]*|(?<=[~%])"[^"]*")  # issues, requests, snippets, labels
    | \b(?!SHA-|UTF-)(?-i:[A-Z][A-Z0-9_]*)-\d+\b  # GH-12, and what trackers of others use
    | [\w.:/-]{0,100}(?<![0-9a-z])[0-9a-f]{7,64}(?![0-9a-z])[\w.:/-]{0,100}  # commits
    | (?<![\w:]):[a-z+-][\w+-]*:(?![\w:])  # pictures
    )+""",
    re.VERBOSE | re.IGNORECASE,
)
"""What GitHub and GitLab make a link of, or a call; both leave alone what is code."""
_BULLET: Final = re.compile(r"^\s*\*\s+")
"""How Pulumi begins the reasons of a resource that is in an unhealthy state."""
_TASK: Final = "A *task* is one running copy (one container) of a service."


@dataclass(frozen=True)
class _Budget:
    """How much of each part is written.

    Attributes:
        lines: of each comparison of a config's content.
        properties: rows of each table of properties.
        sections: folded sections with details.
        rows: of the tables of services and of objects.
        said: warnings, and notes.
    """

    lines: int = 100_000
    properties: int = 100_000
    sections: int = 100_000
    rows: int = 100_000
    said: int = 100_000


_BUDGETS: Final = (
    _Budget(),
    _Budget(lines=300, properties=100),
    _Budget(lines=100, properties=30, said=100),
    _Budget(lines=40, properties=12, sections=60, said=50),
    _Budget(lines=20, properties=8, sections=15, said=30),
    _Budget(lines=10, properties=5, sections=5, said=20),
    _Budget(0, 0, 0, said=10),
    _Budget(0, 0, 0, 150, 5),
    _Budget(0, 0, 0, 40, 3),
)


def marker(page: Page) -> str:
    """Return the line by which a pipeline finds its comment again: one for each stack."""
    name = re.sub(r"[^\w./-]", "-", page.stack, flags=re.ASCII).replace("--", "-")
    return f"<!-- swarm-provider report {name} -->"


def markdown(page: Page, *, limit: int = LIMIT) -> str:
    """Return the report; its first line is `marker(page)`.

    Args:
        limit: characters at most, as UTF-16 counts them.
    """
    for number, budget in enumerate(_BUDGETS):
        note = f"*Shortened to fit into a comment of {limit:,} characters; the HTML page has everything.*\n"
        text = "\n".join([*_blocks(page, budget), *([note] if number else [])])
        if _length(text) <= limit:
            return text
    end = f"\n\n*Cut here: a comment has {limit:,} characters at most; the HTML page has everything.*\n"
    return text[: max(0, limit // 2 - len(end))] + end


def _length(text: str) -> int:
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def _blocks(page: Page, budget: _Budget) -> Iterator[str]:
    yield marker(page)
    yield f"### {code(page.stack)}: {page.title}\n" if page.stack else f"### {page.title}\n"
    if page.total and page.changes:
        yield f"**{text(page.total)}**\n"
    if page.errors:
        yield "**Errors.** Nothing can be deployed until they are fixed.\n"
        yield from _said(page.errors, budget.said)
    if page.warnings:
        yield "**Warnings**\n"
        yield from _said(page.warnings, budget.said)
    if page.services:
        yield from _services(page, budget)
    if page.objects:
        yield from _objects(page.objects, budget)
    if page.by_hand:
        yield "**Changed by hand since the last `up`**\n"
        yield from _by_hand(page.by_hand, budget)
    yield from _sections(page, budget)


# -------------------------------------------------------------------------------------------------- tables


def _services(page: Page, budget: _Budget) -> Iterator[str]:
    rows = [_service(row) for row in page.services]
    yield from _table("services", ("service", "its tasks", "because of"), rows, budget.rows)
    if page.unchanged:
        yield f"{count(len(page.unchanged), 'service')} not touched. {_TASK}\n"
    else:
        yield f"{_TASK}\n"
    images = [(code(row.name), *map(_image, row.image)) for row in page.services if row.image]
    if images:
        yield from _table("images", ("service", "image now", "image then"), images, budget.rows)


def _service(row: ServiceRow) -> tuple[str, str, str]:
    head, _, rest = row.tasks.partition("; ")
    what, comma, pace = head.partition(", ")
    strong = f"**{text(what)}**{comma}{text(pace)}" if not what.startswith("no task") else text(head)
    reasons = [f"{code(path)} ({text(what)})" if what else code(path) for path, what in row.reasons]
    reasons += [f"{row.more} more"] if row.more else []
    because = "; ".join(part for part in (text(row.why), ", ".join(reasons)) if part)
    return f"{code(row.name)} {WORDS[row.op]}", f"{strong}{'; ' + text(rest) if rest else ''}", because


def _objects(rows: Sequence[ObjectRow], budget: _Budget) -> Iterator[str]:
    cells = [(f"{text(row.kind)} {code(row.name)}", WORDS[row.op], text(row.what)) for row in rows]
    yield from _table("other objects", ("object", "is", "what"), cells, budget.rows)


def _table(what: str, head: Sequence[str], rows: Sequence[Sequence[str]], limit: int) -> Iterator[str]:
    shown = rows[:limit]
    first, rest = (shown, []) if len(shown) <= _FOLDED_ROWS else (shown[: _FOLDED_ROWS - 5], shown[_FOLDED_ROWS - 5 :])
    yield _rows(head, first)
    if rest:
        yield f"<details><summary>{len(rest)} more {what}</summary>\n\n{_rows(head, rest)}\n</details>\n"
    if len(rows) > limit:
        yield f"… and {len(rows) - limit} more {what}, which are left out here.\n"


def _rows(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [f"| {' | '.join(head)} |", f"| {' | '.join('---' for _ in head)} |"]
    return "\n".join([*lines, *(f"| {' | '.join(row)} |" for row in rows), ""])


def _image(reference: str) -> str:
    return code(re.sub(r"(@sha256:[0-9a-f]{12})[0-9a-f]{52}", r"\1…", reference))


# ------------------------------------------------------------------------------------------- what was said


def _said(said: Sequence[tuple[str, str]], limit: int) -> Iterator[str]:
    # one line each: a line of a message could begin a list, or a heading
    messages = [
        (name, _message(" ".join(_BULLET.sub("• ", line) for line in full.splitlines()))) for name, full in said[:limit]
    ]
    lines = [f"- {code(name)}: {message}" if name else f"- {message}" for name, message in messages]
    if len(said) > limit:
        lines.append(f"- … and {len(said) - limit} more, which are left out here")
    yield "\n".join([*lines, ""])


def _message(full: str) -> str:
    return "".join(code(piece) if is_code else text(piece) for piece, is_code in spans(full))


def _by_hand(found: Sequence[Properties], budget: _Budget) -> Iterator[str]:
    lines = []
    for one in found[: budget.rows]:
        changes = [f"{code(path)} was {_value(old)}, is {_value(new)}" for path, old, new in one.rows[:20]]
        more = len(one.rows) - len(changes)
        changes += [f"{more} more"] if more > 0 else []
        lines.append(f"- {text(one.title)}{': ' if changes else ''}{'; '.join(changes)}")
    if len(found) > budget.rows:
        lines.append(f"- … and {len(found) - budget.rows} more, which are left out here")
    yield "\n".join([*lines, ""])


# ------------------------------------------------------------------------------------------------- details


def _sections(page: Page, budget: _Budget) -> Iterator[str]:
    sections = [*(_content(one, budget.lines) for one in page.contents)]
    sections += [_properties(one, budget.properties) for one in page.details]
    if page.notes:
        notes = "\n".join(_said(page.notes, budget.said))
        sections.append(_folded(f"{count(len(page.notes), 'note')} of the preview", notes))
    yield from sections[: budget.sections]
    if len(sections) > budget.sections:
        yield f"… and {count(len(sections) - budget.sections, 'section')} with details, left out here.\n"


def _content(one: Content, limit: int) -> str:
    title = f"content of config {_spelt(visible(one.name))}: {_summary(one.title)}"
    if not one.lines:
        return _folded(title, f"{text(one.note)}\n" if one.note else "It is not text.\n")
    shown = list(one.lines[:limit])
    more = len(one.lines) - len(shown)
    longest = max((len(run) for line in shown for run in re.findall(r"`+", line)), default=0)
    fence = "`" * max(3, longest + 1)
    body = "\n".join([f"{fence}diff", *shown, fence, ""])
    return _folded(title, body + (f"\n… {count(more, 'line')} more.\n" if more > 0 else ""))


def _properties(one: Properties, limit: int) -> str:
    shown = one.rows[:limit]
    if any(old for _, old, _ in one.rows):
        cells = [(code(path), _value(old), _value(new)) for path, old, new in shown]
        body = _rows(("property", "before", "after"), cells)
    else:
        body = _rows(("property", "value"), [(code(path), _value(new)) for path, _, new in shown])
    if len(one.rows) > limit:
        body += f"\n… and {count(len(one.rows) - limit, 'row')} more.\n"
    return _folded(_summary(one.title), body)


def _folded(summary: str, body: str) -> str:
    return f"<details><summary>{summary}</summary>\n\n{body}\n</details>\n"


# ------------------------------------------------------------------------------------------ inert pieces


def text(value: str) -> str:
    """Return a string that means only itself: no markup, no link, nobody called by name."""
    shown = visible(value)
    opening = _OPENING.match(shown)
    if opening is not None:
        return f"{opening.group()}\\{shown[opening.end()]}{_pieces(shown[opening.end() + 1 :], _escaped, code)}"
    return _pieces(shown, _escaped, code)


def _escaped(shown: str) -> str:
    return _SPECIAL.sub(r"\\\g<0>", shown.replace("&", "&amp;")).replace("|", "&#124;").replace("$", "&#36;")


def _pieces(shown: str, plain: Callable[[str], str], linked: Callable[[str], str]) -> str:
    """Return the text with what would become a link written by `linked`, and all else by `plain`."""
    parts = []
    done = 0
    for match in _LINKED.finditer(shown):
        parts += [plain(shown[done : match.start()]), linked(match.group())]
        done = match.end()
    return "".join([*parts, plain(shown[done:])])


def code(value: str) -> str:
    """Return a string as code: between backticks where nothing in it could end them, else spelt in entities."""
    shown = visible(value)
    if not shown:
        return '`""`'
    if _PLAIN_CODE.fullmatch(shown):
        return f"`{shown}`"
    return _spelt(shown)


def _spelt(shown: str) -> str:
    spelt = (letter if letter.isalnum() or letter in " .:/=-" else f"&#{ord(letter)};" for letter in shown)
    return f"<code>{''.join(spelt)}</code>"


def _summary(value: str) -> str:
    """Return a string as HTML, where no Markdown is read, but links are made."""
    return _pieces(visible(value), html.escape, _spelt)


def _value(value: str) -> str:
    return code(value) if value else "*nothing*"
