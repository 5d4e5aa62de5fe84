"""Nodes as users name them: by host name or by id."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from swarm_provider.core import Json
from swarm_provider.errors import InputError, Problem
from swarm_provider.model.types.kinds import nearest
from swarm_provider.plugin.run.swarm import Swarm


def hostname(node: Json) -> str:
    """Return a node's host name, "" where the swarm does not know it yet."""
    return str((node.get("Description") or {}).get("Hostname") or "")


def name_among(node: Json, nodes: Sequence[Json]) -> str:
    """Return a node's host name, or its id where several share the name."""
    name = hostname(node)
    return name if sum(hostname(other) == name for other in nodes) == 1 else str(node["ID"])


def chosen(nodes: Sequence[Json], wanted: Iterable[str]) -> list[Json]:
    """Return the live nodes of these names or ids.

    Raises:
        InputError: with a problem for each that is not there, or whose name several nodes have.
    """
    problems, found = [], []
    for name in wanted:
        matching = [node for node in nodes if name in (node["ID"], hostname(node))]
        if len(matching) == 1:
            found.append(matching[0])
            continue
        known = tuple(sorted(map(hostname, nodes)))
        problems.append(
            Problem(f"node {name!r} does not exist in the swarm{nearest(name, known)}", "node")
            if not matching
            else Problem(f"{len(matching)} nodes are called {name!r}; use the id of one", "node")
        )
    if problems:
        raise InputError(*problems)
    return found


async def same_node(swarm: Swarm, one: Any, other: Any) -> bool:
    """Tell whether two words, such as a host name and an id, mean one node; False for what is no text.

    Args:
        swarm: the connection.
        one: a node's name or id.
        other: the other one.
    """
    if not isinstance(one, str) or not isinstance(other, str):
        return False
    first, second = await swarm.find("node", one), await swarm.find("node", other)
    return first is not None and second is not None and first["ID"] == second["ID"]
