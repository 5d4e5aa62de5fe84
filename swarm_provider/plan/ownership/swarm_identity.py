"""Which swarm a state lives on, and what it means when the settings lead to another one.

The provider's state knows the swarm that it serves and those that it served before; the outputs of each resource know
the swarm that it lives on (its id, under `KEY`). See docs/decisions/014.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final

from swarm_provider.core import Json

KEY: Final = "__cluster"
"""Where a state keeps it, in the provider's inputs and in the outputs of resources; Pulumi shows no name with `__`."""

NOWHERE: Final = "null"
"""What the provider's inputs say when no swarm could be reached yet, so that nothing was made."""


@dataclass(frozen=True)
class Cluster:
    """A swarm, and the manager through which it was last reached.

    Attributes:
        id: Swarm's id of it; "" where nobody could be asked.
        address: of the manager.
        host: what the manager's machine is told by, its name and its engine's id; "" where it is not known.
        managers: how many it had; 0 where that is not known.
        tls: the files that the address needs (wire names), or None.
    """

    id: str
    address: str
    host: str = ""
    managers: int = 0
    tls: Mapping[str, Any] | None = field(default=None, hash=False)

    def __str__(self) -> str:
        return f"{self.id or 'an unknown one'} at {self.address}"

    def is_lost_to(self, found: Cluster) -> bool:
        """Tell whether `found` is what the same machine made after this swarm, which ended with its only manager."""
        same = self.address == found.address and bool(self.host) and self.host == found.host
        return same and self.managers == 1 and bool(self.id) and self.id != found.id


@dataclass(frozen=True)
class Record:
    """What the provider's state says.

    Attributes:
        current: the swarm that it serves.
        former: those that it served before, the oldest first: what is left there is reached through this.
    """

    current: Cluster
    former: tuple[Cluster, ...] = ()

    @property
    def text(self) -> str:
        """The record as a state keeps it."""
        return json.dumps({**_plain(self.current), "former": [_plain(one) for one in self.former]})

    def home(self, mark: str) -> str:
        """Return the id of the swarm that a resource with this mark lives on.

        A resource without one was made before there were any: it lives on the first swarm that this provider knew.
        """
        return mark or (self.former[0] if self.former else self.current).id

    def find(self, id: str) -> Cluster | None:
        """Return the swarm of this id."""
        return next((one for one in (self.current, *self.former) if one.id == id), None)


def record_of(inputs: Mapping[str, Any]) -> Record | None:
    """Return what the provider's inputs say about its swarm, None when they say nothing that can be read."""
    try:
        data = json.loads(inputs[KEY])
        return Record(_cluster(data), tuple(_cluster(one) for one in data.get("former") or ()))
    except (KeyError, TypeError, ValueError, AttributeError, OverflowError, RecursionError):
        return None


def succession(old: Record | None, found: Cluster, reachable: Sequence[str]) -> Record:
    """Return the record of a provider that finds itself on `found`.

    Args:
        old: what the state says, None without a state.
        found: the swarm that the settings lead to now.
        reachable: the addresses that the settings name. While the state's is one of them, it stays.
    """
    if old is None:
        return Record(found)
    if old.current.id == found.id:
        if old.current.address not in reachable:
            return Record(found, old.former)
        # whether a swarm can be lost with its only manager is decided by how many it has had of late
        host = found.host if found.address == old.current.address else old.current.host
        return replace(old, current=replace(old.current, host=host, managers=found.managers))
    former = tuple(one for one in (*old.former, old.current) if one.id != found.id)
    return Record(found, former)


def moving(old: Cluster, new: Cluster) -> str:
    """Say what happens to everything that lives on the old swarm."""
    return (
        f"the configuration points to another swarm: what is on {old} is created on {new} first and then deleted from "
        f"the old one; volumes stay there with their data"
    )


def leaving(old: Cluster, new: Cluster) -> str:
    """Say the same where the old swarm is given up."""
    return (
        f"the configuration points to another swarm: everything is created on {new}, and nothing is deleted from {old}"
    )


def lost(old: Cluster, new: Cluster) -> str:
    """Say that a swarm was recreated."""
    return (
        f"the swarm at {new.address} was re-initialized: its id was {old.id} and is {new.id}. What the old one "
        f"held is lost, and everything is created on the new one"
    )


def given_up(old: Cluster | None, reason: str) -> str:
    """Say that nobody looks any more after what is on a swarm."""
    which = "" if old is None else f" on swarm {old}"
    return f"what this stack has{which} is given up, because delete_unreachable is set: {reason}"


def _plain(one: Cluster) -> Json:
    said: Json = {"id": one.id, "address": one.address, "host": one.host, "managers": one.managers}
    return {**said, "tls": dict(one.tls)} if one.tls is not None else said


def _cluster(data: Any) -> Cluster:
    tls = data.get("tls")
    return Cluster(
        str(data["id"]),
        str(data["address"]),
        str(data.get("host") or ""),
        int(data.get("managers") or 0),
        {str(key): value for key, value in tls.items()} if isinstance(tls, dict) else None,
    )
