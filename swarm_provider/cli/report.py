"""`swarm-provider report`: a preview in, Markdown or HTML out."""

from __future__ import annotations

import argparse
import dataclasses
import json
import sys
from pathlib import Path
from typing import Final

from swarm_provider.cli.common import CHANGES, FAILED, OK, Commands, Help, fail
from swarm_provider.errors import InputError
from swarm_provider.report.html import html
from swarm_provider.report.markdown import LIMIT, markdown, marker
from swarm_provider.report.page import Page, page
from swarm_provider.report.reading import read

_SMALLEST: Final = 1_000
_EXAMPLES: Final = """\
examples:
  pulumi preview --json >preview.json; swarm-provider report preview.json >comment.md
  pulumi preview --json | swarm-provider report --html preview.html >comment.md
  swarm-provider report preview.json --json | jq '.services[] | select(.restarts)'
  swarm-provider report preview.json --expect-no-changes >drift.md

The first line of the Markdown is an HTML comment, one for each stack: a pipeline finds the comment
that it wrote before by this line, and replaces its text.

exit codes:
  0  the report is written, whatever the preview says
  1  the preview cannot be read; with --expect-no-changes also: it failed
  2  wrong arguments
  7  with --expect-no-changes: something would change
"""


def add(commands: Commands) -> None:
    """Declare the command."""
    parser = commands.add_parser(
        "report",
        help="turn what `pulumi preview --json` prints into a comment for reviewers, or a page",
        description="Turns what `pulumi preview --json` (or a stream of engine events) prints into Markdown for a "
        "comment on a pull or merge request, and into an HTML page with a picture of the stack.",
        epilog=_EXAMPLES,
        formatter_class=Help,
    )
    parser.add_argument("file", nargs="?", default="-", help="the preview's JSON; - or nothing: standard input")
    parser.add_argument("-o", "--output", metavar="FILE", default="-", help="where the Markdown goes; default: stdout")
    parser.add_argument("--html", metavar="FILE", help="write the HTML page, too")
    parser.add_argument("--json", action="store_true", help="print JSON instead of Markdown: one entry per service")
    parser.add_argument(
        "--limit",
        type=_limit,
        default=LIMIT,
        metavar="N",
        help=f"characters of the Markdown at most (default: {LIMIT})",
    )
    parser.add_argument(
        "--expect-no-changes", action="store_true", help="exit with 7 when something would change, 1 when it failed"
    )
    parser.set_defaults(command=run)


def _limit(text: str) -> int:
    number = int(text)
    if number < _SMALLEST:
        raise argparse.ArgumentTypeError(f"a report needs {_SMALLEST} characters at least")
    return number


def run(arguments: argparse.Namespace) -> int:
    """Write the report."""
    try:
        made = page(read(_text(arguments.file)))
    except InputError as error:
        return fail(error)
    except (OSError, UnicodeDecodeError) as error:
        return fail(f"cannot read {arguments.file!r}: {getattr(error, 'strerror', None) or 'it is not UTF-8'}")
    main = json.dumps(as_json(made), indent=2, ensure_ascii=False) + "\n" if arguments.json else None
    written = {arguments.output: main or markdown(made, limit=arguments.limit)}
    if arguments.html:
        written[arguments.html] = html(made)
    for place, text in written.items():
        try:
            _write(place, text)
        except OSError as error:
            return fail(f"cannot write {place!r}: {error.strerror}")
    if not arguments.expect_no_changes:
        return OK
    return FAILED if made.failed else CHANGES if made.changes else OK


def _text(file: str) -> str:
    # a byte order mark is what PowerShell's redirection puts in front
    data = sys.stdin.buffer.read() if file == "-" else Path(file).read_bytes()
    return data.decode("utf-16" if data[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig")


def _write(place: str, text: str) -> None:
    if place == "-":
        sys.stdout.write(text)
        sys.stdout.flush()
    else:
        Path(place).write_text(text, encoding="utf-8", newline="\n")


def as_json(made: Page) -> dict[str, object]:
    """Return what machines ask of a report; the keys are documented in docs/pipelines.md."""
    return {
        "stack": made.stack,
        "marker": marker(made),
        "failed": made.failed,
        "changes": made.changes,
        "title": made.title,
        "total": made.total,
        "errors": [{"resource": name, "message": text} for name, text in made.errors],
        "warnings": [{"resource": name, "message": text} for name, text in made.warnings],
        "services": [dataclasses.asdict(one) for one in made.outlooks],
        "objects": [dataclasses.asdict(one) for one in made.objects],
        "changed_by_hand": [one.title for one in made.by_hand],
    }
