"""A service goes: at Delete, and where the live one has another mode than the program asks for.

Docker cannot change the mode of a service. One in the state is replaced, as Diff says; of one that is not (a run was
killed before its end was saved, or the resource has another logical name now), Create makes way for itself.
"""

from __future__ import annotations

from swarm_provider.convert.service.spec import spec_of
from swarm_provider.core import Json, labels
from swarm_provider.core.values import has_unknown
from swarm_provider.errors import InputError, Problem
from swarm_provider.plugin.protocol.operations import Request
from swarm_provider.plugin.run.run import Run
from swarm_provider.rollout.remove import remove_service


async def remove(run: Run, request: Request, live: Json) -> None:
    """Remove a live service, and wait until its tasks are gone.

    Args:
        run: what its swarm is reached by.
        request: for whom.
        live: the service (GET /services/ID).
    """
    name = live["Spec"]["Name"]
    await remove_service(
        await run.session.swarm(),
        live["ID"],
        watcher=await run.session.watcher(),
        name=name,
        progress=lambda text: run.session.log.status(request.urn, text),
        timeout=request.timeout or None,
        cancelled=run.session.cancelled,
    )


def has_other_mode(live: Json, news: Json) -> bool:
    """Say whether a live service would have to change its mode to be adopted.

    Args:
        live: the service (GET /services/ID).
        news: the inputs.

    Raises:
        InputError: it would, and it was not created by Pulumi: nobody has asked to have it removed.
    """
    if has_unknown(news.get("deploy")):
        return False
    now, asked = live["Spec"]["Mode"].keys(), spec_of(news)["Mode"].keys()
    if now == asked:
        return False
    if labels.owner(live["Spec"].get("Labels")) is None:
        text = (
            f"service {news['name']!r} exists with another mode, and Docker cannot change the mode of a service; to "
            f"adopt it, set the mode that it has now, or else remove it with `docker service rm {news['name']}`"
        )
        raise InputError(Problem(text, "deploy.mode"))
    return True
