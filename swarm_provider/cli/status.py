"""`swarm-provider status STACK`: the stack as the cluster runs it now."""

from __future__ import annotations

import argparse
import asyncio
import dataclasses
import json
import sys
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from swarm_provider.cli.common import OK, Commands, Help, add_manager, add_stack, connection, fail, painted, say
from swarm_provider.convert.service.spec import from_spec
from swarm_provider.core import Json, labels
from swarm_provider.core.foreign import shown
from swarm_provider.core.masking import SecretFilter
from swarm_provider.core.values import at, secret_texts, wrapped
from swarm_provider.dockerapi import ConnectionSettings, Swarm, connect
from swarm_provider.errors import SwarmProviderError
from swarm_provider.plan.change import kept_settings
from swarm_provider.plan.ownership import odd_labels
from swarm_provider.plan.rollout.stack_status import ServiceStatus, Version, members, service_status

UNWELL: Final = 3
_EXAMPLES: Final = """\
examples:
  swarm-provider status shop                    the stack that `docker stack ls` calls shop
  swarm-provider status infra/prod              everything of the Pulumi project infra, stack prod
  swarm-provider status shop --json | jq '.services[] | select(.problems != [])'
  swarm-provider status shop --host ssh://ops@manager-1

exit codes:
  0  every service is healthy
  1  the swarm cannot be reached, or has no such stack
  2  wrong arguments
  3  a service is not healthy
"""


def add(commands: Commands) -> None:
    """Declare the command."""
    parser = commands.add_parser(
        "status",
        help="show a stack as the cluster runs it now: tasks, versions in use, what fails and why",
        description="Shows a stack as the cluster runs it now: tasks that run and that should, versions of configs and "
        "secrets in use, and what fails and why. It reads the swarm only, no Pulumi state.",
        epilog=_EXAMPLES,
        formatter_class=Help,
    )
    add_stack(parser)
    parser.add_argument("--json", action="store_true", help="print JSON")
    add_manager(parser)
    parser.set_defaults(command=run)


def run(arguments: argparse.Namespace) -> int:
    """Look, and print; the exit code says whether all is well."""
    settings = connection(arguments)
    try:
        where, found = asyncio.run(_look(settings, arguments.stack))
    except SwarmProviderError as error:
        return fail(error)
    if not found:
        return fail(f"{where} has no service of a stack {arguments.stack!r}")
    if arguments.json:
        services = [{**dataclasses.asdict(one), "well": one.well} for one in found]
        print(
            json.dumps({"stack": arguments.stack, "swarm": where, "services": services}, indent=2, ensure_ascii=False)
        )
    else:
        _print(arguments.stack, where, found)
    return OK if all(one.well for one in found) else UNWELL


async def _look(settings: ConnectionSettings, stack: str) -> tuple[str, list[ServiceStatus]]:
    swarm = await connect(settings)
    try:
        return swarm.name, await _standings(swarm, stack)
    finally:
        await swarm.close()


async def _standings(swarm: Swarm, stack: str) -> list[ServiceStatus]:
    own = members(await swarm.list("service"), stack)
    tasks = await swarm.tasks(service_ids=[live["ID"] for live in own]) if own else []
    nodes, configs, secrets = await asyncio.gather(*(swarm.list(kind) for kind in ("node", "config", "secret")))
    hidden = SecretFilter(text for live in own for text in _secrets_of(live))
    for kind in ("service", "config", "secret", "node"):
        for text in odd_labels.describe_odd_labels(kind, await swarm.list(kind), hidden).values():
            say(f"warning: {text}", sys.stderr)
    return [_readable(service_status(live, tasks, nodes, configs, secrets, swarm.now), hidden) for live in own]


def _secrets_of(live: Json) -> Iterable[str]:
    """Return the texts of a service's specs that its program declared secret: a task's error may repeat them."""
    for spec in (live["Spec"], live.get("PreviousSpec")):
        places = labels.secrets_told(at(spec, "Labels"))
        if spec and places:
            yield from secret_texts(wrapped(from_spec(spec), places))


def _readable(value: Any, secrets: SecretFilter) -> Any:
    """Return what was found, with each text in it as it may be printed."""
    if isinstance(value, str):
        return shown(value, secrets)
    if isinstance(value, tuple):
        return tuple(_readable(entry, secrets) for entry in value)
    if isinstance(value, Mapping):
        return kept_settings.shown(value, secrets)
    if not isinstance(value, (ServiceStatus, Version)):
        return value
    fields = {field.name: _readable(getattr(value, field.name), secrets) for field in dataclasses.fields(value)}
    return dataclasses.replace(value, **fields)


# ------------------------------------------------------------------------------------------------- print


def _print(stack: str, where: str, found: Sequence[ServiceStatus]) -> None:
    unwell = [one for one in found if not one.well]
    total = f"{len(found)} service{'s' if len(found) > 1 else ''}"
    verdict = painted("all healthy", "green") if not unwell else painted(f"{len(unwell)} not healthy", "red")
    print(f"{painted(shown(stack), 'bold')} at {shown(where)}: {total}, {verdict}\n")
    rows = [("SERVICE", "TASKS", "IMAGE", "NODES")]
    rows += [(one.name, _tasks(one), _image(one.image), ", ".join(one.nodes) or "-") for one in found]
    widths = [max(len(row[column]) for row in rows) for column in range(3)]
    for number, row in enumerate(rows):
        line = "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=False)) + f"  {row[3]}"
        print(line if number == 0 or found[number - 1].well else painted(line, "red"))
        for version in found[number - 1].versions if number else ():
            print(f"  {_version(version)}")
        for problem in found[number - 1].problems if number else ():
            print(painted(f"  ! {problem}", "red"))
        for note in found[number - 1].notes if number else ():
            print(f"  {note}")


def _tasks(one: ServiceStatus) -> str:
    what = {"replicated-job": " done", "global-job": " done", "global": " global"}.get(one.mode, "")
    return f"{one.running}/{one.wanted}{what}"


def _image(image: str) -> str:
    name, _, digest = image.partition("@sha256:")
    return f"{name}@sha256:{digest[:12]}" if digest else name


def _version(version: Version) -> str:
    if version.current:
        return f"{version.kind} {version.name} (the newest is {version.current}: `pulumi up` moves the service to it)"
    return f"{version.kind} {version.name}"
