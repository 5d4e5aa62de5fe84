"""What a handler is, and what all of them do alike."""

from __future__ import annotations

import secrets
from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import ClassVar, Final

from swarm_provider.core import Json, labels
from swarm_provider.core.path import within
from swarm_provider.core.values import has_secret, secret_places, wrapped
from swarm_provider.errors import InputError, Problem
from swarm_provider.model import Resource
from swarm_provider.plan.change.property_diff import Change, changes
from swarm_provider.plan.families.naming import object_labels
from swarm_provider.plan.ownership.claims import Claim, claim, of_another, proven
from swarm_provider.plugin.protocol.autonaming import required_name
from swarm_provider.plugin.protocol.operations import Difference, Live, Request
from swarm_provider.plugin.run.run import Run

_TYPED: Final = {"baseName": "name"}
"""What people type for an input, where that is another word."""


class Handler(ABC):
    """One kind of resource: what Check, Diff, Create, Read, Update and Delete mean for it.

    Inputs are in normal form (model), with Secret and UNKNOWN in them; outputs too.
    """

    resource: ClassVar[Resource]
    names: ClassVar[tuple[str, ...]] = ("name", "baseName", "namespace")
    """Inputs that name the object: they are in Pulumi's id, so they cannot be secret."""
    compares_inputs_only: ClassVar[bool] = False
    """Whether Diff of equal inputs finds nothing and does nothing, so that it need not be asked."""

    def __init__(self, run: Run) -> None:
        self.run = run
        self.session = run.session

    @abstractmethod
    async def check(self, request: Request, olds: Json, news: Json) -> Json:
        """Return the inputs in normal form, with computed ones. Raises InputError.

        Args:
            request: which resource of which Pulumi stack.
            olds: the inputs in the state.
            news: the new inputs.
        """

    @abstractmethod
    async def diff(self, request: Request, olds: Json, news: Json, state: Json, ignored: Sequence[str]) -> Difference:
        """Compare the (refreshed) old inputs with the new ones.

        Args:
            request: which resource of which Pulumi stack.
            olds: the inputs in the state.
            news: the new inputs.
            state: the outputs in the state.
            ignored: paths of `ignore_changes`.
        """

    @abstractmethod
    async def create(self, request: Request, news: Json, *, preview: bool) -> tuple[str, Json]:
        """Make the object, or adopt it; return id and outputs.

        Args:
            request: which resource of which Pulumi stack.
            news: the new inputs.
            preview: whether nothing may be changed.
        """

    @abstractmethod
    async def read(self, request: Request, id: str, olds: Json, state: Json) -> Live | None:
        """Return the live object, or None when it does not exist. Without inputs and state: an import.

        Args:
            request: which resource of which Pulumi stack.
            id: Pulumi's id of the resource, or Docker's of the object.
            olds: the inputs in the state.
            state: the outputs in the state.
        """

    @abstractmethod
    async def update(self, request: Request, id: str, olds: Json, news: Json, state: Json, *, preview: bool) -> Json:
        """Make the live object what the new inputs say; return outputs.

        Args:
            request: which resource of which Pulumi stack.
            id: Pulumi's id of the resource, or Docker's of the object.
            olds: the inputs in the state.
            news: the new inputs.
            state: the outputs in the state.
            preview: whether nothing may be changed.
        """

    @abstractmethod
    async def delete(self, request: Request, id: str, olds: Json, state: Json) -> None:
        """Remove the object if it is still this resource's.

        Args:
            request: which resource of which Pulumi stack.
            id: Pulumi's id of the resource, or Docker's of the object.
            olds: the inputs in the state.
            state: the outputs in the state.
        """

    async def offline(self) -> bool:
        """Tell whether this run goes by the state because the swarm cannot be reached (offline_preview)."""
        return await self.session.is_offline()

    def secretly(self, inputs: Json, olds: Json, live: object) -> Json:
        """Return the inputs that Read found, with those secret that the state or the labels of the object say are.

        What names the object, or is Check's own, is never secret, whatever a label says.

        Args:
            inputs: the normal inputs.
            olds: the inputs in the state.
            live: the live object; None where there is none.
        """
        plain = self.resource.computed.union(self.names)
        told = [place for place in labels.secrets_told(live) if place[0] not in plain]
        result: Json = wrapped(inputs, [*secret_places(olds), *told])
        return result

    def normal(self, news: Json) -> Json:
        """Return the inputs in normal form. Raises InputError with every problem."""
        given = {key: value for key, value in news.items() if key not in self.resource.computed}
        inputs, problems = self.resource.normal(given)
        problems += [
            Problem("must not be secret: the swarm and the state show it; unsecret it", _TYPED.get(word, word))
            for word in self.names
            if has_secret(inputs.get(word))
        ]
        if problems:
            raise InputError(*problems)
        return inputs

    def name_unnamed(self, request: Request, inputs: Json, word: str = "name") -> None:
        """Give what the program leaves unnamed its name, in place.

        Args:
            request: a Check, which has the name.
            inputs: in normal form.
            word: the input that names the resource.

        Raises:
            InputError: the project wants each resource to be named.
        """
        if word not in inputs:
            inputs[word] = required_name(request.name)

    def note_owner(self, request: Request, live: object, state: Json) -> None:
        """Note, at Read, what the labels of an object say about this state: see Run.copy_of.

        Args:
            request: which resource of which Pulumi stack.
            live: the live object; None where there is none.
            state: the outputs in the state.
        """
        held = state.get("incarnation")
        foreign = of_another(live, request.owner, held) if held else None
        self.run.note_labels(request.urn, proven=proven(live, held), foreign=foreign)

    def decide(
        self, request: Request, kind: str, name: str, live: Json | None, *, adopt: bool, incarnation: object = ""
    ) -> Claim:
        """Decide about a live object, None where there is none; the rest as for `claim`.

        Args:
            request: which resource of which Pulumi stack.
            kind: the kind of object, as in messages.
            name: the object's name.
            live: the live object; None where there is none.
            adopt: whether an object without an owner may be adopted.
            incarnation: the one in the state.
        """
        own = None if live is None else object_labels(live)
        return claim(kind, name, own, request.owner, adopt=adopt, incarnation=incarnation)

    def check_owner(self, request: Request, kind: str, name: str, live: Json | None, olds: Json, state: Json) -> None:
        """Refuse, at Diff, to change an object of another Pulumi stack; say where its labels will follow the state.

        Args:
            request: which resource of which Pulumi stack.
            kind: the kind of object, as in messages.
            name: the object's name.
            live: the object, None where there is none.
            olds: the inputs in the state.
            state: the outputs in the state.

        Raises:
            OwnershipError: with the owner.
        """
        owner, before = request.owner, olds.get("owner")
        self.decide(request, kind, name, live, adopt=True, incarnation=state.get("incarnation"))
        if before not in (None, owner.text):
            self.session.log.info(
                "",
                f"objects of Pulumi stack {before!r} have moved to {owner.text!r}, according to the state; their owner "
                f"labels follow, which restarts no task",
            )
        elif before is None and live is not None and labels.owner(object_labels(live)) == owner.text:
            self.session.log.info(
                request.urn,
                f"{kind} {name!r} was adopted or relabelled by a run that this state does not know (an older state was "
                f"restored, or a copy of it is in use); its labels are updated, and no task restarts",
            )

    def imported_incarnation(self, request: Request, live: object) -> str:
        """Return the incarnation of an object that cannot be stamped and that no state knows yet.

        "" for one of another Pulumi stack: an import alone takes nothing from it.
        """
        return "" if of_another(live, request.owner, None) else labels.incarnation(live)

    def replaced(self, request: Request, news: Json, word: str) -> Json | None:
        """Return the outputs of the resource that a Create replaces, None where it replaces none.

        Args:
            request: which resource of which Pulumi stack.
            news: the new inputs.
            word: the input that says which object it is; with another one the two are in nobody's way.
        """
        inputs, outputs = self.run.before(request.urn)
        return outputs if inputs and inputs.get(word) == news[word] else None

    def left_elsewhere(self, request: Request, what: str) -> bool:
        """Say, at Delete, that something without a label that could follow a move is left, and tell why."""
        if not self.run.copy_of:
            return False
        text = f"{what} is not deleted: this state is a copy of Pulumi stack {self.run.copy_of!r}, which may need it"
        self.session.log.info(request.urn, text)
        return True

    def changed(self, olds: Json, news: Json, ignored: Sequence[str], *, hidden: Sequence[str] = ()) -> list[Change]:
        """Return what differs, without what the user ignores and without `hidden` properties.

        Args:
            olds: the inputs in the state.
            news: the new inputs.
            ignored: paths of `ignore_changes`.
            hidden: properties of which no change is told.
        """
        skip = (*ignored, *hidden)
        return [change for change in changes(self.resource.shape, olds, news) if not within(change.place, *skip)]


def new_incarnation() -> str:
    """Return the random value that one Create or adoption stamps."""
    return secrets.token_hex(8)
