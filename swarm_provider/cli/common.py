"""What the commands share: exit codes, errors on one line, colour where it is wanted."""

from __future__ import annotations

import argparse
import os
import sys
import textwrap
from typing import TYPE_CHECKING, Any, Final, Protocol, TextIO

from swarm_provider.core.foreign import shown
from swarm_provider.errors import SwarmProviderError

if TYPE_CHECKING:
    from swarm_provider.dockerapi import ConnectionSettings

OK: Final = 0
FAILED: Final = 1
CHANGES: Final = 7
"""As `pulumi preview --expect-no-changes` exits."""

_COLOURS: Final = {"green": "32", "red": "31", "yellow": "33", "bold": "1"}


class Commands(Protocol):
    """What `ArgumentParser.add_subparsers` gives, whose own name is private."""

    def add_parser(self, *args: Any, **kwargs: Any) -> argparse.ArgumentParser:
        """Return the parser of a new command."""


class Help(argparse.RawDescriptionHelpFormatter):
    """A formatter that wraps what is one paragraph, and leaves examples as they are written.

    Relies on: a formatter lays out descriptions and epilogs by `_fill_text(text, width, indent)`, which argparse does
    not document (Python 3.11 to 3.13). Where it is gone, a paragraph is one long line.
    """

    def _fill_text(self, text: str, width: int, indent: str) -> str:
        return super()._fill_text(text, width, indent) if "\n" in text else textwrap.fill(text, width)


def add_manager(parser: argparse.ArgumentParser) -> None:
    """Declare the options that say where the swarm is."""
    parser.add_argument("--host", help="a manager, such as ssh://ops@manager-1; default: as docker finds it")
    parser.add_argument("--context", help="a docker context instead")


def add_stack(parser: argparse.ArgumentParser) -> None:
    """Declare the argument that names a stack, for `plan.rollout.stack_status.members`."""
    parser.add_argument("stack", metavar="STACK", help="name as in `docker stack ls`, or PROJECT/STACK of Pulumi")


def connection(arguments: argparse.Namespace) -> ConnectionSettings:
    """Return how to reach the swarm that the options of `add_manager` say."""
    from swarm_provider.dockerapi import ConnectionSettings

    return ConnectionSettings(host=arguments.host, context=arguments.context, environ=dict(os.environ))


def say(text: str, stream: TextIO | None = None) -> None:
    """Print a line that may quote the swarm, a file or a setting; stdout unless another stream is given."""
    print(shown(text), file=stream or sys.stdout)


def fail(error: str | SwarmProviderError) -> int:
    """Say on stderr what went wrong; return the exit code."""
    parts = (error,) if isinstance(error, str) else error.parts
    say(f"swarm-provider: {'; '.join(map(shown, parts))}", sys.stderr)
    return FAILED


def painted(text: str, colour: str, stream: TextIO | None = None) -> str:
    """Return the text in a colour where a person looks at it: on a terminal, without NO_COLOR (no-color.org).

    Args:
        text: what is painted.
        colour: name of the colour.
        stream: where the text goes: only a terminal gets colours.
    """
    out = stream or sys.stdout
    if os.environ.get("NO_COLOR") or os.environ.get("TERM") == "dumb" or not out.isatty():
        return text
    return f"\033[{_COLOURS[colour]}m{text}\033[0m"
