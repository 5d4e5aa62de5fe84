"""Advice that several services share is told in one line: when the program has registered them.

The plugin sees one service at a time and never hears that there are no more. So it gathers the advice on services that
ask for it, and the program calls a function of the plugin when all that it made so far are registered.
"""

from __future__ import annotations

import asyncio
import contextlib

import pulumi

from swarm_provider.core import Json
from swarm_provider.model.advice import GATHER_ADVICE, TELL_ADVICE
from swarm_provider.resources.program import sdk
from swarm_provider.resources.program.registry import Program, current
from swarm_provider.version import __version__


def asking() -> Json:
    """Return what a service's inputs have in addition, so that its advice is gathered."""
    return {GATHER_ADVICE: True} if sdk.is_run_by_pulumi() else {}


def registering(service: pulumi.Resource) -> None:
    """Let the advice be told when this service, and those that the program makes meanwhile, are registered."""
    program = current()
    if not sdk.is_run_by_pulumi():
        return
    program.untold.append(service)
    if program.telling is None:
        # the SDK waits for it as for every Output
        program.telling = pulumi.Output.from_input(_tell(program))


async def _tell(program: Program) -> bool:
    by_provider: dict[pulumi.Resource | None, pulumi.Resource] = {}
    while program.untold:
        services = [*program.untold]
        program.untold.clear()
        # what could not be registered ends the program in its own way
        await asyncio.gather(*(service.urn.future() for service in services), return_exceptions=True)
        for service in services:
            by_provider.setdefault(service.get_provider(TELL_ADVICE), service)
    program.telling = None
    for service in by_provider.values():
        # advice is no reason to fail
        with contextlib.suppress(Exception):
            await pulumi.runtime.invoke_async(
                TELL_ADVICE, {}, pulumi.InvokeOptions(parent=service, version=__version__)
            )
    return True
