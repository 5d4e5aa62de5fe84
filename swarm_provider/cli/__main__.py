"""`swarm-provider COMMAND`: arguments in, exit code out."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Sequence

from swarm_provider.version import __version__


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command.

    Returns:
        The exit code: 0 when it worked, 1 when not, 2 for wrong arguments.
    """
    arguments = _parser().parse_args(argv)
    command: Callable[[argparse.Namespace], int] = arguments.command
    return command(arguments)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="swarm-provider", description="Helps with the Pulumi provider for Docker Swarm."
    )
    parser.add_argument("--version", action="version", version=f"swarm-provider {__version__}")
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)
    install = commands.add_parser(
        "install-plugin",
        help="let Pulumi find the plugin of this Python, also where no program runs (destroy, refresh, import)",
    )
    install.set_defaults(command=_install_plugin)
    refresh = commands.add_parser(
        "refresh-auth",
        help="give the services of a stack the registry logins that `docker login` keeps now; no task restarts",
    )
    refresh.add_argument("stack", metavar="STACK", help="name of the stack in the swarm, as `docker stack ls` shows it")
    refresh.add_argument("--host", help="a manager, such as ssh://ops@manager-1; default: as docker finds it")
    refresh.add_argument("--context", help="a docker context instead")
    refresh.set_defaults(command=_refresh_auth)
    return parser


def _refresh_auth(arguments: argparse.Namespace) -> int:
    from swarm_provider.cli.refresh_auth import refresh_auth

    return refresh_auth(arguments)


def _install_plugin(arguments: argparse.Namespace) -> int:
    from swarm_provider.resources import discovery

    try:
        path = discovery.install()
    except OSError as error:
        place = error.filename or discovery.plugin_folder()
        print(f"swarm-provider: cannot write {str(place)!r}: {error.strerror}", file=sys.stderr)
        return 1
    print(f"{path} starts the plugin in {sys.executable}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
