"""The kinds of objects: their routes, and where each keeps its name and id. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from swarm_provider.errors import Conflict

Json = dict[str, Any]


@dataclass(frozen=True)
class Kind:
    """How the API handles one kind.

    Attributes:
        path: its route.
        name_at: the keys that lead to the name of an object.
        id_key: the key of its id.
        filter_by_name: whether its list can be narrowed by name. The daemon gives more than the exact name then,
            but never less; without it the route below takes exact names or ids only.
        list_key: the key under which the list stands, "" when the answer itself is the list.
    """

    path: str
    name_at: tuple[str, ...]
    id_key: str = "ID"
    filter_by_name: bool = True
    list_key: str = ""

    def items(self, answer: Any) -> list[Json]:
        found = answer.get(self.list_key) if self.list_key and isinstance(answer, dict) else answer
        return list(found or [])

    def id_of(self, item: Json) -> str:
        return str(item.get(self.id_key) or "")

    def name_of(self, item: Json) -> str:
        inner: Any = item
        for key in self.name_at:
            inner = inner.get(key) if isinstance(inner, dict) else None
        return str(inner or "")

    def name_in_spec(self, spec: Json) -> str:
        name = spec.get("Name")
        return repr(name) if name else ""


KINDS = {
    "service": Kind("/services", ("Spec", "Name")),
    "config": Kind("/configs", ("Spec", "Name")),
    "secret": Kind("/secrets", ("Spec", "Name")),
    "network": Kind("/networks", ("Name",), id_key="Id"),
    "volume": Kind("/volumes", ("Name",), id_key="Name", filter_by_name=False, list_key="Volumes"),
    "node": Kind("/nodes", ("Description", "Hostname")),
    "task": Kind("/tasks", ("ID",), filter_by_name=False),
}


def kind_of(kind: str) -> Kind:
    """The kind of this name; a ValueError for a word that is none (an error of the program, not of a user)."""
    if kind not in KINDS:
        raise ValueError(f"no kind of Docker object: {kind!r}")
    return KINDS[kind]


def exact(kind: str, items: Iterable[Json], name_or_id: str) -> Json | None:
    """The item whose id or name is exactly this; the id wins.

    Of networks with one name the swarm's wins over a node's own.

    Raises:
        Conflict: several nodes have this hostname.
    """
    how = kind_of(kind)
    items = list(items)
    for item in items:
        if how.id_of(item) == name_or_id:
            return item
    named = [item for item in items if how.name_of(item) == name_or_id]
    if kind == "node" and len(named) > 1:
        ids = ", ".join(how.id_of(item) for item in named)
        raise Conflict(f"{len(named)} nodes have the hostname {name_or_id!r}; use one of their ids: {ids}")
    if kind == "network":
        named.sort(key=lambda item: item.get("Scope") != "swarm")
    return named[0] if named else None
