"""`swarm-provider doctor`: what is wrong with this setup, each with its fix. It changes nothing."""

from __future__ import annotations

import argparse
import dataclasses
import json
import os
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Final

from swarm_provider.cli import checks
from swarm_provider.cli.checks import Finding
from swarm_provider.cli.common import FAILED, OK, Commands, Help, add_manager, painted
from swarm_provider.core.english import count
from swarm_provider.core.foreign import shown

_EXAMPLES: Final = """\
examples:
  swarm-provider doctor                              in the folder of the Pulumi program
  swarm-provider doctor --stack prod                 with the swarm:host of Pulumi.prod.yaml
  swarm-provider doctor --host ssh://ops@manager-1
  swarm-provider doctor --json | jq '.findings[] | select(.level != "ok")'

exit codes:
  0  no errors (there may be warnings)
  1  there are errors
  2  wrong arguments
"""
_COLOURS: Final = {"ok": "green", "warning": "yellow", "error": "red"}


def add(commands: Commands) -> None:
    """Declare the command."""
    parser = commands.add_parser(
        "doctor",
        help="check this setup, and say how to fix what is wrong",
        description="Checks the Pulumi CLI, the project, its backend and states, the plugin, the engine, the swarm "
        "and the registry logins, and says how to fix what is wrong. It changes nothing.",
        epilog=_EXAMPLES,
        formatter_class=Help,
    )
    parser.add_argument("--json", action="store_true", help="print JSON")
    add_manager(parser)
    parser.add_argument("--stack", metavar="NAME", help="use the swarm: configuration in Pulumi.NAME.yaml")
    parser.add_argument(
        "-C", "--cwd", metavar="DIR", default=".", help="folder of the Pulumi program; default: this one"
    )
    parser.set_defaults(command=run)


def run(arguments: argparse.Namespace) -> int:
    """Look at everything, and print; the exit code says whether something is wrong."""
    folder = Path(arguments.cwd)
    where = {key: value for key, value in (("host", arguments.host), ("context", arguments.context)) if value}
    if arguments.stack and not where:
        where = checks.settings_of(folder, arguments.stack)
    found = [_readable(one) for one in _findings(folder, where)]
    wrong = [one for one in found if one.level == "error"]
    if arguments.json:
        findings = [dataclasses.asdict(one) for one in found]
        print(json.dumps({"well": not wrong, "findings": findings}, indent=2, ensure_ascii=False))
    else:
        _print(found)
    return FAILED if wrong else OK


def _findings(folder: Path, where: dict[str, str | list[str]]) -> Iterable[Finding]:
    environ = dict(os.environ)
    yield from checks.python()
    yield from checks.pulumi_cli(environ)
    yield from checks.project(folder, environ)
    yield from checks.backend(folder, environ)
    yield from checks.states(folder, environ)
    yield from checks.plugin(folder, environ)
    yield from checks.swarm(where, environ)


def _readable(found: Finding) -> Finding:
    """Return the finding as it may be printed: it quotes files, settings, and the swarm."""
    return dataclasses.replace(found, says=shown(found.says), fix=shown(found.fix))


def _print(found: Sequence[Finding]) -> None:
    width = max(len(one.what) for one in found)
    for one in found:
        print(f"{painted(one.level.ljust(7), _COLOURS[one.level])}  {one.what.ljust(width)}  {one.says}")
        if one.fix:
            print(f"{'':9}{'':{width}}  -> {one.fix}")
    counts = [count(sum(one.level == level for one in found), level) for level in ("error", "warning")]
    print(f"\n{', '.join(counts)}", file=sys.stdout)
