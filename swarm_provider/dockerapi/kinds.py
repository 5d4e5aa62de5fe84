"""The kinds of objects: their routes, and where each keeps its name and id. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, TypeVar

from swarm_provider.core import Json
from swarm_provider.errors import Conflict

T = TypeVar("T")


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

    def index(self, items: list[Json]) -> tuple[dict[str, Json], dict[str, list[Json]]]:
        """Return the items by id, and by name."""
        ids: dict[str, Json] = {}
        names: dict[str, list[Json]] = {}
        for item in items:
            ids.setdefault(self.id_of(item), item)
            names.setdefault(self.name_of(item), []).append(item)
        return ids, names

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
    """Return the kind of this name; a ValueError for a word that is none (an error of the program, not of a user)."""
    if kind not in KINDS:
        raise ValueError(f"no kind of Docker object: {kind!r}")
    return KINDS[kind]


def marks(id: str, body: Json | None) -> set[str]:
    """Return what an object is found by: its id, its name, the values of its labels.

    Args:
        id: its id, "" where it is not known.
        body: what is sent for it, None for nothing.
    """
    spec = body or {}
    return {id, str(spec.get("Name") or ""), *map(str, (spec.get("Labels") or {}).values())}


def is_made_from(spec: Json, live: Json) -> bool:
    """Tell by their labels, which have a random one of ours, whether a live object is the one that was to be made."""
    own = spec.get("Labels") or {}
    return bool(own) and own == ((live.get("Spec") or live).get("Labels") or {})


class Listing:
    """All objects of a kind, as one call gave them, with what is derived from them once and for all callers."""

    def __init__(self, kind: str, items: list[Json]) -> None:
        self.items = items
        self._kind = kind
        self._derived: dict[Any, Any] = {}

    def derive(self, how: Callable[[list[Json]], T]) -> T:
        """Return what a function makes of the items; asked again, the same result. `how` is a function of a module."""
        if how not in self._derived:
            self._derived[how] = how(self.items)
        result: T = self._derived[how]
        return result

    def exact(self, name_or_id: str) -> Json | None:
        """Return the item whose id or name is exactly this; the id wins.

        Of networks with one name the swarm's wins over a node's own.

        Raises:
            Conflict: several nodes have this hostname.
        """
        how = kind_of(self._kind)
        ids, names = self.derive(how.index)
        if name_or_id in ids:
            return ids[name_or_id]
        named = names.get(name_or_id, [])
        if self._kind == "node" and len(named) > 1:
            found = ", ".join(how.id_of(item) for item in named)
            raise Conflict(f"{len(named)} nodes have the hostname {name_or_id!r}; use one of their ids: {found}")
        return min(named, key=lambda item: item.get("Scope") != "swarm", default=None)


def exact(kind: str, items: Iterable[Json], name_or_id: str) -> Json | None:
    """Return the item whose id or name is exactly this, as `Listing.exact`.

    Args:
        kind: what it is: service, config, secret, network, volume, node or task.
        items: the objects of the kind.
        name_or_id: its name or id.
    """
    return Listing(kind, list(items)).exact(name_or_id)
