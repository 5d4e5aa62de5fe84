"""Whose an object in the swarm is, and what this run may do with it (labels: see spec/labels.py)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum

from swarm_provider.errors import OwnershipError
from swarm_provider.spec import labels


@dataclass(frozen=True)
class Owner:
    """Who asks: a resource of a Pulumi stack."""

    project: str
    stack: str
    urn: str

    @property
    def text(self) -> str:
        """`<project>/<stack>`, as it stands in the owner label."""
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
    TAKE_OVER = "take over"


def claim(kind: str, name: str, live: Mapping[str, str] | None, owner: Owner, *, adopt: bool) -> Claim:
    """Decide about the labels of the live object (None: there is none).

    Raises:
        OwnershipError: it belongs to another Pulumi stack, or was made with docker and `adopt` is not set.
    """
    if live is None:
        return Claim.CREATE
    theirs = live.get(labels.OWNER)
    if theirs == owner.text or (theirs is None and adopt):
        return Claim.TAKE_OVER
    if theirs is None:
        raise OwnershipError(
            f"{kind} {name!r} exists already and was not made by Pulumi; set adopt=True to take it over as it is, "
            f"or run `pulumi import swarm:index:{kind.capitalize()} <resource name> {name}`"
        )
    raise OwnershipError(
        f"{kind} {name!r} exists already and belongs to Pulumi stack {theirs!r} ({live.get(labels.URN, 'no URN')}); "
        f"choose another name, or remove it there first"
    )
