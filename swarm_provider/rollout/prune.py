"""Remove old versions of families, when nobody needs them any more. What may go is decided in plan/naming.py."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from swarm_provider.dockerapi import Swarm
from swarm_provider.errors import Conflict, NotFound, SwarmProviderError
from swarm_provider.plan import naming
from swarm_provider.spec import Json, labels

Warn = Callable[[str], None]
"""Takes one line about what stays."""


async def prune(swarm: Swarm, kind: str, family: str, *, reusable: bool = True, warn: Warn | None = None) -> list[str]:
    """Remove the versions of one family that may go now (`reusable` as in naming.prunable); return their names.

    A version that a service took up in the meantime is refused by the daemon, and stays. Any other failure goes to
    `warn` and stops the cleaning up: what was deployed is not worse for it, and the next `up` finds what is left.
    """
    removed: list[str] = []
    try:
        items = await swarm.list(kind, fresh=True)
        if len(naming.versions(items, family)) < 2:
            return []
        for item in await superseded(swarm, kind, family, items, fresh=True, reusable=reusable):
            try:
                await swarm.remove(kind, item["ID"])
            except (Conflict, NotFound):
                continue
            removed.append(naming.object_name(item))
    except SwarmProviderError as error:
        _tell(warn, kind, error)
    return removed


async def superseded(
    swarm: Swarm, kind: str, family: str, items: Sequence[Json], *, fresh: bool = False, reusable: bool = True
) -> list[Json]:
    """Return the versions of a family among `items` that nobody needs now.

    Args:
        fresh: look at services and tasks anew.
        reusable: as in naming.prunable.
    """
    services = await swarm.list("service", fresh=fresh)
    found = naming.prunable(kind, items, family, services, reusable=reusable)
    if not found or not naming.undecided(kind, items, family, services):
        return found
    # in this order: an update that begins in between shows in its status
    tasks = await swarm.list("task", fresh=fresh)
    services = await swarm.list("service", fresh=fresh)
    return naming.prunable(kind, items, family, services, tasks, reusable=reusable)


async def prune_families_of(swarm: Swarm, specs: Iterable[Json | None], *, warn: Warn | None = None) -> None:
    """Prune every family that one of these service specs refers to; `warn` as in prune."""
    specs = [spec for spec in specs if spec]
    for kind in ("config", "secret"):
        names = set().union(*(naming.references(spec, kind) for spec in specs)) if specs else set()
        if not names:
            continue
        try:
            items = await swarm.list(kind)
        except SwarmProviderError as error:
            _tell(warn, kind, error)
            return
        families = {
            naming.object_labels(item).get(labels.FAMILY) for item in items if naming.object_name(item) in names
        }
        for family in sorted(family for family in families if family):
            await prune(swarm, kind, family, warn=warn)


def _tell(warn: Warn | None, kind: str, error: SwarmProviderError) -> None:
    if warn is not None:
        warn(f"old versions of a {kind} stay, the next up removes them: {error}")
