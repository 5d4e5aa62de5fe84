"""Children that a run made and was killed before anything of them was saved, and that nothing asks for any more."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping

from swarm_provider.core import Json, labels
from swarm_provider.core.values import at, reveal
from swarm_provider.plan.families import naming
from swarm_provider.plugin.handlers.base import Handler
from swarm_provider.plugin.handlers.release.children import Child, Name, request_of
from swarm_provider.plugin.handlers.release.reading import KINDS
from swarm_provider.plugin.protocol.operations import Request
from swarm_provider.plugin.run.run import Run


async def strays(
    request: Request, run: Run, handlers: Mapping[str, Handler], news: Json, known: Collection[Name]
) -> list[Child]:
    """Return what this Release has made, by owner, URN and name, and neither its state nor its files have.

    Args:
        request: which Release.
        run: what the resources of this run share.
        handlers: by kind.
        news: the new inputs.
        known: the children that the state or the files have.
    """
    stack, used = str(news["stackName"]), {*_referred(news)}
    swarm, found = await run.session.swarm(), {}
    for kind in KINDS:
        for item in await swarm.list(kind, allow_stale=True):
            name = _name_of(request, handlers[kind], kind, stack, item)
            own = labels.base(naming.object_labels(item)), naming.object_name(item)
            if name is not None and name not in known and not used.intersection(own):
                found[name] = _child(request, run, handlers[kind], name, item)
    return list(found.values())


def _referred(news: Json) -> Iterator[str]:
    """Yield the names that services refer to: what the files call external is no stray, whoever made it."""
    for service in reveal(news["services"]).values():
        for kind, word in (("networks", "name"), ("configs", "source"), ("secrets", "source")):
            references = service.get(kind)
            for reference in references if isinstance(references, list) else ():
                yield str(at(reference, word))


def _name_of(request: Request, handler: Handler, kind: str, stack: str, item: Json) -> Name | None:
    """Return which child of the Release an object is; None where it is none, or has a name of its own."""
    own = naming.object_labels(item)
    if labels.owner(own) != request.owner.text or own.get(labels.NAMESPACE) != stack:
        return None
    base = labels.base(own) if kind in ("config", "secret") else naming.object_name(item)
    key = (base or "").removeprefix(f"{stack}_")
    name = Name(kind, key)
    # a Release `shop-x` has URNs that begin as those of `shop`, but other names
    same = base == f"{stack}_{key}" and labels.urn(own) == request_of(request, name, handler.resource).urn
    return name if same else None


def _child(request: Request, run: Run, handler: Handler, name: Name, item: Json) -> Child:
    """Return a child with what its handler needs to remove it."""
    own, live = naming.object_labels(item), naming.object_name(item)
    inputs: Json = {"name": live}
    if name.kind in ("config", "secret"):
        inputs |= {"baseName": labels.base(own), "familyId": labels.family(own)}
    asked = request_of(request, name, handler.resource)
    return Child(name, asked, run, handler, inputs, {}, {"name": live, "incarnation": labels.incarnation(own)})
