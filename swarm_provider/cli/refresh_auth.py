"""`swarm-provider refresh-auth STACK`: the current registry logins for running services, without a restart.

Swarm keeps with each service the login that its nodes pull the image with. A login that has expired hurts only when a
task moves to a node without the image; this command sends the new one beforehand.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
from dataclasses import replace
from typing import Final

from swarm_provider.cli.common import FAILED, OK, Commands, Help, add_manager, add_stack, connection, fail, say
from swarm_provider.core.image import registry
from swarm_provider.dockerapi import ConnectionSettings, Json, Swarm, connect
from swarm_provider.errors import SwarmProviderError
from swarm_provider.plan.change.request_spec import is_job
from swarm_provider.plan.change.restart import restart
from swarm_provider.plan.facts.tasks import by_service
from swarm_provider.plan.families.naming import object_name
from swarm_provider.plan.rollout.history import Snapshot
from swarm_provider.plan.rollout.stack_status import members
from swarm_provider.rollout.retry import update_with_retry

_STOPPED: Final = ("paused", "rollback_paused")


def add(commands: Commands) -> None:
    """Declare the command and its arguments."""
    refresh = commands.add_parser(
        "refresh-auth",
        help="give the services of a stack the current registry logins of this machine; no task restarts",
        description="Gives the services of a stack the current registry logins of this machine, for nodes that pull "
        "later. No task restarts.",
        epilog="example:\n  docker login registry.example.com && swarm-provider refresh-auth shop\n\nexit codes:\n"
        "  0  the services have it\n  1  the swarm or a service cannot be updated, or there is no login to send\n"
        "  2  wrong arguments\n",
        formatter_class=Help,
    )
    add_stack(refresh)
    add_manager(refresh)
    refresh.set_defaults(command=refresh_auth)


def refresh_auth(arguments: argparse.Namespace) -> int:
    """Send the logins, say what was done for each service; the exit code says whether all that could be were sent."""
    settings = connection(arguments)
    try:
        return asyncio.run(_refresh(settings, arguments.stack))
    except SwarmProviderError as error:
        return fail(error)


async def _refresh(settings: ConnectionSettings, stack: str) -> int:
    swarm = await connect(settings)
    try:
        services = members(await swarm.list("service"), stack)
        if not services:
            return fail(f"{swarm.name} has no service of a stack {stack!r}")
        tasks, nodes = await swarm.view("task", by_service), await swarm.list("node")
        seen = [Snapshot(live, tasks.get(live["ID"], []), nodes) for live in services]
        results = [await _renew(swarm, one) for one in seen]
    finally:
        await swarm.close()
    if not any(results):
        return fail("no login was sent")
    return FAILED if None in results else OK


async def _renew(swarm: Swarm, seen: Snapshot) -> bool | None:
    """Send one service's login; True: sent, False: there is nothing to send, None: it failed."""
    live: Json = seen.service or {}
    name, host = object_name(live), registry(_image(live))
    reason = _left_alone(seen)
    if reason:
        say(f"{name}: skipped, {reason}")
        return False
    try:
        login = await swarm.encoded_auth(_image(live))
        if login is None:
            say(f"{name}: skipped, there is no login for {host} (run `docker login`)")
            return False
        # the spec stays as it is: Swarm compares tasks without the login, so none restarts
        await update_with_retry(
            swarm,
            "service",
            live["ID"],
            lambda now: None if _left_alone(replace(seen, service=now)) or _image(now) != _image(live) else now["Spec"],
            registry_auth=login,
        )
    except SwarmProviderError as error:
        say(f"swarm-provider: {name}: {error}", sys.stderr)
        return None
    say(f"{name}: has the current login for {host}")
    return True


def _left_alone(seen: Snapshot) -> str:
    """Say why an update of this service, even an equal one, would do more than bring the login; "" if it would not."""
    live: Json = seen.service or {}
    if is_job(live["Spec"]):
        return "it is a job, and every update runs a job again; the next `pulumi up` that changes it brings the login"
    if (live.get("UpdateStatus") or {}).get("State") in _STOPPED:
        return "its update is paused, and an update would resume it; `pulumi up` does that, with the login"
    if restart(live["Spec"], live["Spec"], snapshot=seen).restarts:
        return "its last update has not reached all tasks, and any update restarts those; `pulumi up` brings the login"
    return ""


def _image(live: Json) -> str:
    return str(live["Spec"]["TaskTemplate"].get("ContainerSpec", {}).get("Image", ""))
