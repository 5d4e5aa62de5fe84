"""What Pulumi asks about a resource, and what a handler answers: the values that pass between it and the server."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from swarm_provider.core import Json
from swarm_provider.errors import SwarmProviderError
from swarm_provider.plan.change.property_diff import Change
from swarm_provider.plan.ownership.claims import Owner, owner_of_urn


@dataclass(frozen=True)
class Request:
    """Whom an operation is about.

    Attributes:
        urn: the resource's URN.
        name: its logical name; at Check the name of what the program leaves unnamed, "" where it has to name it.
        timeout: seconds that the user allows (custom_timeouts); 0: no limit of theirs.
    """

    urn: str
    name: str
    timeout: float = 0.0

    @property
    def owner(self) -> Owner:
        return owner_of_urn(self.urn)


@dataclass(frozen=True)
class Difference:
    """What Diff answers.

    Attributes:
        changes: each property that differs.
        replaces: wire names of properties whose change asks for a replacement.
        delete_before_replace: the old object has to go first.
        stables: outputs that stay as they are on an update.
        of_outputs: properties whose old value is in the outputs; those of all others stand in the old inputs.
    """

    changes: Sequence[Change] = ()
    replaces: Sequence[str] = ()
    delete_before_replace: bool = False
    stables: Sequence[str] = ()
    of_outputs: Sequence[str] = ()


@dataclass(frozen=True)
class Live:
    """What Read found.

    Attributes:
        id: the resource's id.
        inputs: the inputs that describe the live object, in the user's form where that means the same.
        outputs: what only Docker knows.
        reasons: why it does not run although it was submitted; empty when all is well.
    """

    id: str
    inputs: Json
    outputs: Json
    reasons: Sequence[str] = field(default=())


class PartialFailure(SwarmProviderError):
    """The object exists, and is not what was asked for: the state keeps its id and outputs."""

    def __init__(self, id: str, outputs: Json, reasons: Sequence[str], inputs: Json | None = None) -> None:
        """
        Args:
            id, outputs: what the state keeps.
            reasons: why it is not what was asked for.
            inputs: what there is, where that is more than what was asked for.
        """
        super().__init__("; ".join(reasons))
        self.id = id
        self.outputs = outputs
        self.reasons = tuple(reasons)
        self.inputs = inputs

    @property
    def parts(self) -> tuple[str, ...]:
        return self.reasons
