"""`swarm-provider rollback STACK`: the services that the latest deploy changed return to what ran before it.

For the person on call, when no pipeline is at hand. Swarm keeps the previous spec of each service and returns to it by
itself when it is asked; this asks for those that belong together, in order, and waits.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
from typing import Final

from swarm_provider.cli.common import FAILED, OK, Commands, Help, add_manager, add_stack, connection, fail, say
from swarm_provider.core import Json
from swarm_provider.core.english import listed
from swarm_provider.dockerapi import ConnectionSettings, Swarm, connect
from swarm_provider.dockerapi.kinds import kind_of
from swarm_provider.errors import InputError, RolloutFailed, SwarmProviderError
from swarm_provider.plan.change.restart import restart
from swarm_provider.plan.change.sentences import Forecast, describe
from swarm_provider.plan.change.stack_rollback import Returned, StackRollback, plan_rollback
from swarm_provider.plan.facts.tasks import by_service
from swarm_provider.plan.rollout.history import Snapshot
from swarm_provider.plan.rollout.stack_status import members
from swarm_provider.rollout.retry import until_taken
from swarm_provider.rollout.watch import Watcher

_KINDS: Final = ("config", "secret", "network")
_EXAMPLES: Final = """\
examples:
  swarm-provider rollback shop --dry-run
  swarm-provider rollback shop

exit codes:
  0  every service that the latest deploy changed runs what ran before it
  1  nothing was done, since something that the previous version needs is gone or there is nothing to take back;
     or a service does not run
  2  wrong arguments
"""


def add(commands: Commands) -> None:
    """Declare the command."""
    parser = commands.add_parser(
        "rollback",
        help="return the services that the latest deploy of a stack changed to what ran before it",
        description="Returns the services of a stack that the latest deploy changed to the spec before it, in the "
        "order of that deploy, and waits until they run. Services that it made stay, and so do volumes. The next "
        "`pulumi preview` says that they were rolled back; `up` applies the newer version again.",
        epilog=_EXAMPLES,
        formatter_class=Help,
    )
    add_stack(parser)
    parser.add_argument("--dry-run", action="store_true", help="say what would be done, and do nothing")
    parser.add_argument("--yes", action="store_true", help="do not ask, where nothing tells what the latest deploy was")
    add_manager(parser)
    parser.set_defaults(command=run)


def run(arguments: argparse.Namespace) -> int:
    """Look, say what will be done, do it and wait."""
    settings = connection(arguments)
    try:
        return asyncio.run(_rollback(settings, arguments))
    except SwarmProviderError as error:
        return fail(error)


async def _rollback(settings: ConnectionSettings, arguments: argparse.Namespace) -> int:
    swarm = await connect(settings)
    try:
        services = members(await swarm.list("service"), arguments.stack)
        if not services:
            return fail(f"{swarm.name} has no service of a stack {arguments.stack!r}")
        lists = await asyncio.gather(*(swarm.list(kind) for kind in _KINDS))
        there = {kind: {kind_of(kind).id_of(item) for item in items} for kind, items in zip(_KINDS, lists, strict=True)}
        found = plan_rollback(services, there)
        await _announce(swarm, found)
        _require_possible(arguments.stack, found)
        if arguments.dry_run:
            return OK
        if not found.deploy and not arguments.yes:
            _require_consent(found)
        return await _go(swarm, found)
    finally:
        await swarm.close()


async def _announce(swarm: Swarm, found: StackRollback) -> None:
    """Say what becomes of each service."""
    if found.deploy:
        say(f"the latest deploy is {found.deploy}")
    tasks, nodes = await swarm.view("task", by_service), await swarm.list("node")
    for one in found.returned:
        now, then = _rolled(one.live["Spec"], one.live), _rolled(one.live["PreviousSpec"], one.live)
        forecast = restart(now, then, snapshot=Snapshot(one.live, tasks.get(one.live["ID"], []), nodes))
        say(f"{one.name} returns: {describe(Forecast(one.name, forecast))}")
    for name, why in found.left.items():
        say(f"{name} stays: {why}")


def _rolled(spec: Json, live: Json) -> Json:
    """Return a spec whose tasks are replaced in the way of a rollback: Swarm goes by another setting then."""
    return {**spec, "UpdateConfig": live["PreviousSpec"].get("RollbackConfig")}


def _require_possible(stack: str, found: StackRollback) -> None:
    missing = [f"{one.name} needs {listed(one.missing)}" for one in found.returned if one.missing]
    if missing:
        raise InputError(
            f"nothing was done: what ran before cannot run again, since {listed(missing)} (removed from the swarm); "
            f"deploy the older version with `pulumi up` instead"
        )
    if not found.returned:
        raise InputError(f"nothing to roll back: no service of stack {stack!r} has a change of the latest deploy")


def _require_consent(found: StackRollback) -> None:
    """Ask where the services do not tell which changes came together."""
    services = listed([one.name for one in found.returned])
    doubt = "nothing tells whether the same deploy changed"
    if not sys.stdin.isatty():
        raise InputError(f"nothing was done: {doubt} {services}; pass --yes to return what is listed")
    try:
        answer = input(f"Return {services}, although {doubt} them? [y/N] ")
    except EOFError:
        answer = ""
    if answer.strip().lower() not in ("y", "yes"):
        raise InputError("nothing was done")


async def _go(swarm: Swarm, found: StackRollback) -> int:
    watcher = Watcher(swarm)
    done = {str(one.live["ID"]): asyncio.Event() for one in found.returned}
    failed: list[str] = []

    async def one(service: Returned) -> None:
        try:
            for id in service.after:
                await done[id].wait()
            if failed:
                say(f"{service.name} stays as it is, since {failed[0]} does not run", sys.stderr)
                return
            await _return(swarm, watcher, service)
            say(f"{service.name} runs what ran before")
        except SwarmProviderError as error:
            failed.append(service.name)
            reasons = error.reasons if isinstance(error, RolloutFailed) else error.parts
            say(f"swarm-provider: {service.name}: {'; '.join(reasons)}", sys.stderr)
        finally:
            done[str(service.live["ID"])].set()

    await asyncio.gather(*map(one, found.returned))
    return FAILED if failed else OK


async def _return(swarm: Swarm, watcher: Watcher, service: Returned) -> None:
    id, previous = str(service.live["ID"]), service.live["PreviousSpec"]

    async def ask() -> int:
        live = await swarm.inspect("service", id)
        if live is None or live.get("PreviousSpec") != previous:
            raise InputError("it was changed or removed meanwhile, and stays as it is")
        version = int(live["Version"]["Index"])
        await swarm.update("service", id, version, live["Spec"], registry_auth_from="previous-spec", is_rollback=True)
        return version + 1

    index = await until_taken(ask)
    await watcher.converge(
        id, previous, index, progress=lambda text: say(f"  {service.name}: {text}"), is_rollback=True
    )
