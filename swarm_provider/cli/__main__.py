"""`swarm-provider COMMAND`: arguments in, exit code out."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable, Sequence
from typing import Final

from swarm_provider.cli import adopt, doctor, refresh_auth, report, rollback, status
from swarm_provider.cli.common import Help, fail, say
from swarm_provider.version import __version__

_EXIT_CODES: Final = """\
`swarm-provider COMMAND --help` has examples and the exit codes of a command.
Colour is used on terminals only, and never where NO_COLOR is set.

exit codes: 0 success, 1 failure, 2 wrong arguments; others are in the help of each command
"""


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command.

    Returns:
        The exit code: 0 when it worked, 1 when not, 2 for wrong arguments.
    """
    arguments = parser().parse_args(argv)
    command: Callable[[argparse.Namespace], int] = arguments.command
    try:
        return command(arguments)
    except BrokenPipeError:
        # whoever read the output has had enough, such as `head`
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except KeyboardInterrupt:
        return 130


def parser() -> argparse.ArgumentParser:
    """Return the parser of the whole command line."""
    whole = argparse.ArgumentParser(
        prog="swarm-provider",
        description="Helps with the Pulumi provider for Docker Swarm.",
        epilog=_EXIT_CODES,
        formatter_class=Help,
    )
    whole.add_argument("--version", action="version", version=f"swarm-provider {__version__}")
    commands = whole.add_subparsers(title="commands", metavar="COMMAND", required=True)
    install = commands.add_parser(
        "install-plugin",
        help="make the plugin known to Pulumi, for commands that run no program (destroy, refresh, import)",
        description="Makes the plugin of this Python known to Pulumi, for commands that run no program first: destroy, "
        "refresh or import on a new machine. It writes to $PULUMI_HOME/plugins.",
        epilog="example:\n  swarm-provider install-plugin && pulumi destroy\n\nexit codes:\n  0  installed\n"
        "  1  the folder cannot be written\n  2  wrong arguments\n",
        formatter_class=Help,
    )
    install.set_defaults(command=_install_plugin)
    refresh_auth.add(commands)
    report.add(commands)
    status.add(commands)
    rollback.add(commands)
    doctor.add(commands)
    adopt.add(commands)
    return whole


def _install_plugin(arguments: argparse.Namespace) -> int:
    from swarm_provider import plugin_shim

    try:
        path = plugin_shim.install()
    except OSError as error:
        place = error.filename or plugin_shim.plugin_folder()
        return fail(f"cannot write {str(place)!r}: {error.strerror}")
    starts = (
        "is the plugin of this version already"
        if plugin_shim.is_program(path)
        else f"starts the plugin in {sys.executable}"
    )
    say(f"{path} {starts}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
