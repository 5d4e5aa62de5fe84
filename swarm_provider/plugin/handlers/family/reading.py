"""What Config and Secret read of a family: its current version as inputs, whoever made it."""

from __future__ import annotations

from abc import abstractmethod

from swarm_provider.convert.keep_user_form import keep_users_form
from swarm_provider.convert.unmodelled import beyond
from swarm_provider.core import Json, labels
from swarm_provider.core.values import reveal, secret_places, wrapped
from swarm_provider.errors import InputError
from swarm_provider.model.content import CONTENT
from swarm_provider.plan.change.kept_settings import Outlook
from swarm_provider.plan.families import naming
from swarm_provider.plan.ownership.claims import owner_told
from swarm_provider.plugin.handlers.base import Handler
from swarm_provider.plugin.protocol.operations import Live, Request
from swarm_provider.plugin.run.swarm import Swarm
from swarm_provider.rollout.prune import superseded


class FamilyReader(Handler):
    """The half of a family's handler that changes nothing."""

    kind: str
    id_output: str

    @abstractmethod
    def to_spec(self, inputs: Json) -> Json:
        """Return Docker's body of an object with these inputs."""

    @abstractmethod
    def from_spec(self, spec: Json) -> Json:
        """Return the inputs that a live object's Spec says."""

    async def _listed(self, family: str, *, allow_stale: bool = False) -> list[Json]:
        """Return the versions of a family in the shared list, the current one first (see Swarm.list)."""
        swarm = await self.session.swarm()
        if not allow_stale:
            return await swarm.under(self.kind, naming.by_family, family)
        return (await swarm.view(self.kind, naming.by_family, allow_stale=True)).get(family, [])

    async def _newest(self, family: str, *, allow_stale: bool = False) -> Json | None:
        return next(iter(await self._listed(family, allow_stale=allow_stale)), None)

    async def read(self, request: Request, id: str, olds: Json, state: Json) -> Live | None:
        swarm = await self.session.swarm()
        live = await self._find(swarm, id, olds, state)
        if live is None:
            return None
        own = naming.object_labels(live)
        name = naming.object_name(live)
        inputs = self._live_inputs(request, olds, state, live)
        self.note_owner(request, own, state)
        rest = {key: part for key, part in live["Spec"].items() if key != "Data"}
        found = beyond(rest, self.to_spec(self.from_spec(rest)))
        self.session.tell_settings(request.urn, found, Outlook.NOT_IN_NEXT_VERSION)
        family = labels.family(own)
        if olds:
            stale = await superseded(swarm, self.kind, await self._listed(family)) if family else []
            inputs.pop("superseded", None)
            if stale:
                inputs["superseded"] = [naming.object_name(item) for item in stale]
        outputs = {"name": name, self.id_output: live["ID"], "incarnation": state.get("incarnation")}
        return Live(olds.get("baseName") or labels.base(own) or name, inputs, outputs)

    async def _find(self, swarm: Swarm, id: str, olds: Json, state: Json) -> Json | None:
        family = olds.get("familyId")
        if family is None:
            exact = await swarm.find(self.kind, id)
            if exact is not None:
                return exact
            try:
                family = naming.family_by_name((await swarm.view(self.kind, naming.by_base)).get(id, []), id, None)
            except LookupError as owners:
                text = f"the {self.kind} family {id!r} exists for several owners ({owners}); use the name of a version"
                raise InputError(text) from None
            return await self._newest(family) if family else None
        # a version that somebody removed, or that a killed run pruned, does not end the family: its key would be lost
        return await self._newest(family) or (await swarm.find(self.kind, state["name"]) if state.get("name") else None)

    def _live_inputs(self, request: Request, olds: Json, state: Json, live: Json) -> Json:
        own = naming.object_labels(live)
        name = naming.object_name(live)
        found = self.from_spec(live["Spec"])
        inputs = {key: value for key, value in olds.items() if key not in ("name", "owner", "keepPrevious")}
        moved = bool(olds) and state.get("name") != name
        if moved:
            # a run made this version and did not come to save it: what nobody can read back is not known
            inputs.pop("rotateTrigger", None)
        for key in ("labels", "namespace", "templateDriver", "driver", "driverOpts"):
            there, asked = found.get(key) or None, reveal(inputs.get(key)) or None
            if there != asked:
                inputs[key] = None if there is None else keep_users_form(inputs.get(key), asked, there)
        if not olds:
            inputs["baseName"] = labels.base(own) or name
            inputs["familyId"] = labels.family(own) or naming.family_id(
                request.owner.project, request.owner.stack, request.urn
            )
        self._live_content(inputs, found, moved=moved)
        if moved or not olds or "name" in olds:
            # else it is new, and that its name is known by now is no news to a user; Check gives it the same one
            inputs["name"] = name
        keep = labels.keep_previous(own)
        inputs["keepPrevious"] = olds.get("keepPrevious", naming.KEEP_DEFAULT) if keep is None else keep
        # an import leaves the object as it is; the first update stamps it
        inputs["owner"] = owner_told(own, request.owner, state.get("incarnation")) if olds else request.owner.text
        inputs = {key: value for key, value in inputs.items() if value is not None}
        result = self.secretly(inputs, olds, own)
        if any(place[0] in CONTENT for place in [*secret_places(olds), *labels.secrets_told(own)]):
            # text may have become bytes
            result = wrapped(result, [(key,) for key in CONTENT])
        return result

    @abstractmethod
    def _live_content(self, inputs: Json, found: Json, *, moved: bool) -> None:
        """Put the live content into the inputs; `moved`: another version than the state's is the current one."""
