"""Whose an object in the swarm is, and what this run may do with it (labels: see core/labels.py)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Final

from swarm_provider.core import labels
from swarm_provider.errors import OwnershipError

_WAY_OUT: Final = (
    "Use stack {!r} and remove the copy, which does not touch the swarm: `pulumi stack rm --force`, or "
    "`pulumi state delete` for single resources (docs/state.md)"
)


@dataclass(frozen=True)
class Owner:
    """Who asks: a resource of a Pulumi stack."""

    project: str
    stack: str
    urn: str

    @property
    def text(self) -> str:
        """`<project>/<stack>`, as the owner label has it."""
        return f"{self.project}/{self.stack}"

    def labels(self, incarnation: str) -> dict[str, str]:
        """Return the labels that mark an object as this resource's."""
        return {labels.OWNER: self.text, labels.URN: self.urn, labels.INCARNATION: incarnation}


def owner_of_urn(urn: str) -> Owner:
    """Read project and stack from `urn:pulumi:<stack>::<project>::<types>::<name>`."""
    parts = urn.removeprefix("urn:pulumi:").split("::")
    stack, project = (parts[0], parts[1]) if len(parts) > 1 else (urn, "")
    return Owner(project, stack, urn)


class Claim(Enum):
    """What Create does about an object of that name."""

    CREATE = "create"
    ADOPT = "adopt"


def proven(live: object, incarnation: object) -> bool:
    """Tell whether the labels of a live object are those that this state has stamped, whatever owner they name.

    Args:
        incarnation: the one in the state; None or "" where it has none.
    """
    return bool(incarnation) and labels.incarnation(live) == incarnation


def of_another(live: object, owner: Owner, incarnation: object) -> str | None:
    """Return the Pulumi stack that owns a live object, None where it is `owner` or the state proves the object.

    Args:
        live: labels of the live object.
        owner: the resource that asks.
        incarnation: the one in the state; None or "" where it has none.
    """
    theirs = labels.owner(live)
    return None if theirs in (None, owner.text) or proven(live, incarnation) else theirs


def owner_told(live: object, owner: Owner, incarnation: object) -> str | None:
    """Return the owner that Read tells of a live object, so that Diff sees what its labels lack.

    None, which the next Update makes good, where the owner is the right one and the incarnation is not the state's: the
    object was adopted, or stamped again, by a run of which this state knows nothing.

    Args:
        live: labels of the live object.
        owner: the resource that asks.
        incarnation: the one in the state; None or "" where it has none.
    """
    theirs = labels.owner(live)
    return theirs if theirs != owner.text or labels.incarnation(live) == (incarnation or "") else None


def claim(
    kind: str, name: str, live: Mapping[str, str] | None, owner: Owner, *, adopt: bool, incarnation: object = ""
) -> Claim:
    """Decide about the labels of the live object (None: there is none).

    Args:
        kind: what it is, for messages.
        name: its name, for messages.
        live: labels of the live object; None: there is none.
        owner: the resource that asks.
        adopt: whether an object without an owner may be adopted.
        incarnation: the one in the state, "" where there is no state: an object that carries it is this state's, also
            when its labels name the Pulumi stack by an earlier name.

    Raises:
        OwnershipError: it belongs to another Pulumi stack, or docker created it and `adopt` is not set.
    """
    if live is None:
        return Claim.CREATE
    theirs = labels.owner(live)
    if theirs == owner.text or proven(live, incarnation) or (theirs is None and adopt):
        return Claim.ADOPT
    if theirs is None:
        raise OwnershipError(
            f"{kind} {name!r} already exists and was not created by Pulumi; set adopt=True to adopt it as it is, "
            f"or run `pulumi import swarm:index:{kind.capitalize()} <resource name> {name}`"
        )
    urn = labels.urn(live) or "no URN"
    if incarnation:
        raise OwnershipError(
            f"{kind} {name!r} belongs to Pulumi stack {theirs!r} now ({urn}): it was renamed or moved, and the state "
            f"of {owner.text!r} is an outdated copy. {_WAY_OUT.format(theirs)}"
        )
    raise OwnershipError(
        f"{kind} {name!r} already exists and belongs to Pulumi stack {theirs!r} ({urn}); choose another name, remove "
        f"it there first, or move its state here with `pulumi state move` (docs/state.md)"
    )


def require_no_copy(owner: Owner, theirs: str) -> None:
    """Refuse a change of what has no label that could name an owner, in a state that is a copy.

    Args:
        theirs: the Pulumi stack that has the other objects of the state now, "" where they are this state's.

    Raises:
        OwnershipError: with that stack.
    """
    if theirs:
        raise OwnershipError(
            f"Pulumi stack {theirs!r} has the objects of this state now: they were renamed or moved, and the state of "
            f"{owner.text!r} is an outdated copy. {_WAY_OUT.format(theirs)}"
        )
