"""Invokes: getConfig, getSecret, getNetwork, getNode, getNodes. They read, and change nothing."""

from __future__ import annotations

from swarm_provider.core import Json, labels
from swarm_provider.core.values import at, reveal
from swarm_provider.errors import InputError, Problem
from swarm_provider.model import FUNCTIONS
from swarm_provider.model.content import decoded, text_of
from swarm_provider.model.types.kinds import nearest
from swarm_provider.model.types.place import PropertyLocation
from swarm_provider.plan.families import naming
from swarm_provider.plugin.run.nodes import chosen, hostname
from swarm_provider.plugin.run.session import Session


async def invoke(session: Session, token: str, arguments: Json) -> Json:
    """Run one lookup. Raises InputError when what it looks for is not there.

    Args:
        session: the configured provider.
        token: which function, such as `swarm:index:getNode`.
        arguments: the function's arguments.
    """
    function = FUNCTIONS.get(token)
    if function is None:
        raise InputError(f"the provider has no function {token!r}")
    at = PropertyLocation()
    plain = reveal(function.shape.normal(arguments, at))
    if at.problems:
        raise InputError(*at.problems)
    await session.swarm()
    session.require_online()
    if function.name in ("getConfig", "getSecret"):
        return await _object(session, function.name.removeprefix("get").lower(), plain)
    if function.name == "getNetwork":
        return await _network(session, plain["name"])
    if function.name == "getNode":
        return await _node(session, plain["node"])
    return await _nodes(session, plain)


async def _object(session: Session, kind: str, plain: Json) -> Json:
    items = await (await session.swarm()).list(kind)
    name, project = plain["name"], plain.get("project")
    exact = next((item for item in items if naming.object_name(item) == name), None)
    found = exact if exact is not None and project is None else _current(items, kind, name, project)
    own = naming.object_labels(found)
    result: Json = {"name": naming.object_name(found), "id": found["ID"], "labels": labels.users(own)}
    if kind == "config":
        encoded = found["Spec"].get("Data", "")
        result["dataBase64"] = encoded
        result["data"] = text_of(decoded(encoded) or b"") or ""
    return result


def _current(items: list[Json], kind: str, name: str, project: str | None) -> Json:
    if project is not None:
        owners = [(labels.owner(naming.object_labels(item)) or "").partition("/")[0] for item in items]
        items = [item for item, owner in zip(items, owners, strict=True) if owner == project]
    try:
        family = naming.family_by_name(items, name, None)
    except LookupError as owners:
        raise InputError(
            Problem(f"the {kind} family {name!r} exists for several owners ({owners}); set `project`")
        ) from None
    current = naming.current(items, family) if family else None
    if current is None:
        known = {*map(naming.object_name, items), *naming.by_base(items)}
        raise InputError(
            Problem(
                f"{kind} {name!r} does not exist in the swarm{nearest(name, tuple(sorted(known)))}; create it first"
            )
        )
    return current


async def _network(session: Session, name: str) -> Json:
    swarm = await session.swarm()
    found = await swarm.find("network", name)
    if found is None:
        known = tuple(sorted(item["Name"] for item in await swarm.list("network")))
        raise InputError(Problem(f"network {name!r} does not exist in the swarm{nearest(name, known)}"))
    return {
        "name": found["Name"],
        "id": found["Id"],
        "driver": found.get("Driver", ""),
        "scope": found.get("Scope", ""),
        "labels": labels.users(found.get("Labels")),
        "attachable": bool(found.get("Attachable")),
    }


async def _node(session: Session, name: str) -> Json:
    [found] = chosen(await (await session.swarm()).list("node"), [name])
    return _described(found)


async def _nodes(session: Session, plain: Json) -> Json:
    nodes = [_described(node) for node in await (await session.swarm()).list("node")]
    wanted = (plain.get("labels") or {}).items()
    found = [
        node
        for node in nodes
        if plain.get("role") in (None, node["role"]) and all(node["labels"].get(key) == value for key, value in wanted)
    ]
    return {"nodes": sorted(found, key=lambda node: (node["hostname"], node["id"]))}


def _described(node: Json) -> Json:
    # a node that has just joined has no description yet
    return {
        "id": node["ID"],
        "hostname": hostname(node),
        "role": at(node, "Spec", "Role") or "",
        "availability": at(node, "Spec", "Availability") or "",
        "state": at(node, "Status", "State") or "",
        "address": at(node, "Status", "Addr") or "",
        "labels": at(node, "Spec", "Labels") or {},
        "engineVersion": at(node, "Description", "Engine", "EngineVersion") or "",
    }
