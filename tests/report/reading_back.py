"""Reads (service, tasks that restart, reasons) back from the report's Markdown, with a parser of CommonMark.

What a person can read, a machine must be able to read too: this looks at the rendered table only.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from markdown_it import MarkdownIt
from markdown_it.token import Token

_RESTARTS = re.compile(r"^(?:(?P<count>\d+) tasks? restarts?|(?P<all>all tasks restart))")


@dataclass(frozen=True)
class Told:
    """What the comment says of one service: tasks is None for all of them."""

    restarts: bool
    tasks: int | None
    reasons: tuple[str, ...]


def parser() -> MarkdownIt:
    """CommonMark with the tables of GitHub's and GitLab's dialect."""
    return MarkdownIt("commonmark", {"html": True}).enable("table")


def restarts(markdown: str) -> dict[str, Told]:
    """Return what the tables of services say, by the service's name."""
    found = {}
    for head, rows in tables(markdown):
        if head != ["service", "its tasks", "because of"]:
            continue
        for name, tasks, because in rows:
            match = _RESTARTS.match(plain(tasks))
            count = int(match["count"]) if match and match["count"] else None if match else 0
            found[codes(name)[0]] = Told(bool(match), count, tuple(codes(because)) if match else ())
    return found


def tables(markdown: str) -> list[tuple[list[str], list[list[Token]]]]:
    """Return each table as the texts of its head and the inline tokens of its rows."""
    found: list[tuple[list[str], list[list[Token]]]] = []
    row: list[Token] = []
    cell = ""
    for token in parser().parse(markdown):
        if token.type == "table_open":
            found.append(([], []))
        elif token.type in ("th_open", "td_open"):
            cell = token.type
        elif token.type in ("th_close", "td_close"):
            cell = ""
        elif token.type == "inline" and cell == "th_open":
            found[-1][0].append(token.content)
        elif token.type == "inline" and cell == "td_open":
            row.append(token)
        elif token.type == "tr_close" and row:
            found[-1][1].append(row)
            row = []
    return found


def plain(token: Token) -> str:
    """Return a cell's text without its markup."""
    return "".join(child.content for child in token.children or () if child.type in ("text", "code_inline"))


def codes(token: Token) -> list[str]:
    """Return what stands as code in a cell: between backticks, or in an element `code`."""
    found: list[str] = []
    inside = False
    for child in token.children or ():
        if child.type == "code_inline":
            found.append(child.content)
        elif child.type == "html_inline" and child.content in ("<code>", "</code>"):
            inside = child.content == "<code>"
            found += [""] if inside else []
        elif inside and child.type in ("text", "text_special"):
            found[-1] += child.content
    return found
