"""Which family a Config or Secret stands for: its state's, one that is there already, or a new one."""

from __future__ import annotations

import itertools
from typing import Any

from swarm_provider.core import Json, labels
from swarm_provider.core.values import UNKNOWN
from swarm_provider.plan.families import naming
from swarm_provider.plugin.protocol.operations import Request
from swarm_provider.plugin.run.run import Run


async def claimed_family(run: Run, kind: str, request: Request, olds: Json, base: Any) -> str:
    """Return the id of the resource's family, and claim it for this run.

    Args:
        run: what the resources of this run share.
        kind: `config` or `secret`.
        request: which resource of which Pulumi stack.
        olds: the inputs of the state; {} for a new resource, and when the engine checks a replacement.
        base: name that the user gave, or UNKNOWN.

    Raises:
        InputError: another resource of this run stands for the family.
    """
    # a kind of its own among the claims: one resource per family
    claims = f"{kind} family"
    found = str(olds.get("familyId") or await _found(run, kind, claims, request, base))
    run.claim(request.urn, claims, found, found)
    return found


async def _found(run: Run, kind: str, claims: str, request: Request, base: Any) -> str:
    """Return the family that is there for this resource (a rename in code, a lost state), else a new one."""
    owner = request.owner
    made = naming.family_id(owner.project, owner.stack, request.urn)
    if base is UNKNOWN:
        return made
    swarm = await run.session.swarm()
    live = await swarm.view(kind, naming.by_family, allow_stale=True)
    for number in itertools.count():
        # the family of this id may have gone with the resource that was called so once: an alias gave that one another
        # logical name, or it has moved to another Pulumi stack
        salt = ["", f" {base}"][number] if number < 2 else f" {base} {number}"
        id = naming.family_id(owner.project, owner.stack, request.urn + salt)
        claimed, there = run.claimed(claims, id), next(iter(live.get(id, [])), None)
        if claimed is not None and claimed.urn == request.urn:
            return id
        if claimed is None and there is not None and _serves(naming.object_labels(there), base, owner.text):
            return id
        if claimed is None and there is None:
            break
    if number:
        return id
    try:
        named = (await swarm.view(kind, naming.by_base, allow_stale=True)).get(base, [])
        return naming.family_by_name(named, base, owner.text) or id
    except LookupError:
        return id


def _serves(newest: object, base: str, owner: str) -> bool:
    return labels.base(newest) == base and labels.owner(newest) in (None, owner)
