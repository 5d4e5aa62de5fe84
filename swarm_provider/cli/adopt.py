"""`swarm-provider adopt STACK`: the files of a stack that runs, and whose own files are lost."""

from __future__ import annotations

import argparse
import asyncio
from pathlib import Path
from typing import Final

from swarm_provider.cli.common import OK, Commands, Help, add_manager, fail
from swarm_provider.core.foreign import shown

_EXAMPLES: Final = """\
examples:
  swarm-provider adopt todo                     writes todo.yml and configs/
  swarm-provider adopt todo --python            writes todo.py, todo.import.json and configs/
  swarm-provider adopt todo --directory stacks --host ssh://ops@manager-1

exit codes:
  0  written
  1  the swarm cannot be reached, has no such stack, or a file is in the way
  2  wrong arguments
"""


def add(commands: Commands) -> None:
    """Declare the command."""
    parser = commands.add_parser(
        "adopt",
        help="write the files of a running stack whose files are lost, for Pulumi to adopt it",
        description="Writes the compose file of a running stack, or a Python program and the file for `pulumi import`, "
        "and the contents of its configs. It reads the swarm only; nothing of the stack changes.",
        epilog=_EXAMPLES,
        formatter_class=Help,
    )
    parser.add_argument("stack", metavar="STACK", help="name of the stack, as `docker stack ls` shows it")
    parser.add_argument("--python", action="store_true", help="write a Python program instead of a compose file")
    parser.add_argument("--directory", default=".", metavar="DIR", help="where to write; default: here")
    add_manager(parser)
    parser.set_defaults(command=run)


def run(arguments: argparse.Namespace) -> int:
    """Look, write, and say what is next."""
    from swarm_provider.cli.export import stack_export
    from swarm_provider.errors import SwarmProviderError

    try:
        found = asyncio.run(stack_export.look(arguments.stack, host=arguments.host, context=arguments.context))
        lines = stack_export.save(found, Path(arguments.directory), python=arguments.python)
    except SwarmProviderError as error:
        return fail(error)
    except OSError as error:
        return fail(f"cannot write {error.filename!r}: {error.strerror}")
    for line in lines:
        print(shown(line, lines=True))
    return OK
