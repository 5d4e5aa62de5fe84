"""Remove old versions of families, when nobody needs them any more. What may go is decided in plan/naming.py."""

from __future__ import annotations

from collections.abc import Iterable

from swarm_provider.dockerapi import Swarm
from swarm_provider.errors import Conflict
from swarm_provider.plan import naming
from swarm_provider.spec import Json, labels


async def prune(swarm: Swarm, kind: str, family: str) -> list[str]:
    """Remove the versions of one family that may go now; return their names.

    A version that a service took up in the meantime is refused by the daemon, and stays.
    """
    items = await swarm.list(kind, fresh=True)
    if len(naming.versions(items, family)) < 2:
        return []
    removed: list[str] = []
    for item in naming.prunable(kind, items, family, await swarm.list("service", fresh=True)):
        try:
            await swarm.remove(kind, item["ID"])
        except Conflict:
            continue
        removed.append(naming.object_name(item))
    return removed


async def prune_families_of(swarm: Swarm, specs: Iterable[Json | None]) -> None:
    """Prune every family that one of these service specs refers to."""
    specs = [spec for spec in specs if spec]
    for kind in ("config", "secret"):
        names = set().union(*(naming.references(spec, kind) for spec in specs)) if specs else set()
        if not names:
            continue
        families = {
            naming.object_labels(item).get(labels.FAMILY)
            for item in await swarm.list(kind)
            if naming.object_name(item) in names
        }
        for family in sorted(family for family in families if family):
            await prune(swarm, kind, family)
