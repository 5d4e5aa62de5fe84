"""What there is in the swarm of one kind of resource, by ids that can be imported (List)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

from swarm_provider.core import Json, labels
from swarm_provider.core.values import reveal
from swarm_provider.errors import InputError, SwarmProviderError
from swarm_provider.model.resource import Resource
from swarm_provider.model.resources import CONFIG, NETWORK, NODE, NODE_LABEL, RELEASE, RESOURCES, SECRET
from swarm_provider.model.types.kinds import ObjectOf
from swarm_provider.model.types.place import PropertyLocation
from swarm_provider.plan.families import naming
from swarm_provider.plugin.run.nodes import name_among
from swarm_provider.plugin.run.session import Session

_FOUND_IN: Final = {NODE_LABEL.name: "node", RELEASE.name: "service"}
"""Docker's objects that say what there is of a resource, where they are not called like it."""
_DOCKERS_OWN: Final = frozenset(("bridge", "host", "none", "docker_gwbridge"))
"""Networks that are on every node and belong to nobody."""


async def listed(session: Session, token: str, query: Json) -> list[str]:
    """Return the ids of all that there is of a resource, in their order.

    Args:
        session: the configured provider.
        token: which resource, such as `swarm:index:Service`.
        query: what the schema's `listInputs` has.

    Raises:
        InputError: the query asks for something else.
    """
    resource = RESOURCES.get(token)
    if resource is None:
        raise SwarmProviderError(f"this version of the provider has no resource {token!r} to list")
    at = PropertyLocation()
    wanted = reveal(ObjectOf(name=resource.name, fields=resource.listed).normal(query, at))
    if at.problems:
        raise InputError(*at.problems)
    swarm = await session.swarm()
    session.require_online()
    items = await swarm.list(_FOUND_IN.get(resource.name, resource.name.lower()))
    namespace = wanted.get("namespace")
    if namespace is not None:
        items = [item for item in items if naming.object_labels(item).get(labels.NAMESPACE) == namespace]
    return sorted(set(_ids(resource, items, wanted)))


def _ids(resource: Resource, items: list[Json], wanted: Json) -> Iterable[str]:
    if resource in (CONFIG, SECRET):
        return _families(items)
    if resource is NODE_LABEL:
        return _node_labels(items, wanted.get("key"))
    if resource is NODE:
        return [name_among(node, items) for node in items]
    if resource is RELEASE:
        return [name for item in items if (name := naming.object_labels(item).get(labels.NAMESPACE))]
    names = map(naming.object_name, items)
    return [name for name in names if resource is not NETWORK or name not in _DOCKERS_OWN]


def _families(items: list[Json]) -> Iterator[str]:
    """Yield one id for each family: its base name or, where several have it, the name of the current version."""
    families = naming.by_family(items)
    bases = [labels.base(naming.object_labels(versions[0])) for versions in families.values()]
    for versions in families.values():
        base = labels.base(naming.object_labels(versions[0]))
        yield base if base and bases.count(base) == 1 else naming.object_name(versions[0])
    for item in items:
        if not labels.family(naming.object_labels(item)):
            yield naming.object_name(item)


def _node_labels(nodes: list[Json], key: str | None) -> Iterator[str]:
    for node in nodes:
        for own in naming.object_labels(node):
            if key in (None, own):
                yield f"{own}@{name_among(node, nodes)}"
