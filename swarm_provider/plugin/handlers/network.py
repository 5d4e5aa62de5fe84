"""Network: Docker cannot change one, so a difference is a warning unless the user asks for a replacement."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Final

from swarm_provider.convert import objects
from swarm_provider.convert.unmodelled import beyond_network
from swarm_provider.core import Json, labels
from swarm_provider.core.path import within
from swarm_provider.core.values import UNKNOWN, has_secret, has_unknown, reveal
from swarm_provider.errors import Conflict, InputError
from swarm_provider.model.resources import NETWORK
from swarm_provider.model.rules import refusals, unusable
from swarm_provider.plan.change.property_diff import Change
from swarm_provider.plan.change.sentences import Adoption, Survival, describe
from swarm_provider.plan.ownership.claims import Claim
from swarm_provider.plan.ownership.replacement import LIVES_ON
from swarm_provider.plugin.handlers.base import Handler, new_incarnation
from swarm_provider.plugin.protocol.operations import Difference, Live, Request
from swarm_provider.rollout.remove import remove_network

CONTROL: Final = ("replace", "adopt")


class NetworkHandler(Handler):
    """`swarm:index:Network`."""

    resource = NETWORK

    async def check(self, request: Request, olds: Json, news: Json) -> Json:
        inputs = self.normal(news)
        self.name_unnamed(request, inputs)
        inputs.setdefault("driver", "overlay")
        name = inputs["name"]
        if isinstance(name, str):
            problems = refusals.name("network", name)
            if problems:
                raise InputError(*problems)
            self.run.claim(request.urn, "network", name, name)
        if not await self.offline():
            problems = unusable.network(inputs, (await self.session.swarm()).api_version)
            if problems:
                raise InputError(*problems)
        return inputs

    async def diff(self, request: Request, olds: Json, news: Json, state: Json, ignored: Sequence[str]) -> Difference:
        found = self.changed(olds, news, ignored, hidden=CONTROL)
        if not found:
            return Difference(stables=("networkId", "incarnation"))
        if any(change.path == "name" for change in found) or reveal(news.get("replace")):
            tops = sorted({change.top for change in found})
            first = olds.get("name") == news.get("name")
            if first:
                await self._refuse_another_owners(request, news["name"], state)
                self.run.replace(request.urn, delete_first=True)
            return Difference(found, tops, delete_before_replace=first)
        if not self.run.is_checked(request.urn):
            # the refresh before a run, which knows nothing of the program yet
            return Difference(stables=("networkId", "incarnation"))
        certain = [change for change in found if not has_unknown(change.new)]
        text = (
            f"network {news['name']!r} {'differs' if certain else 'may differ'} from the desired configuration "
            f"({', '.join(map(_told, found))}); Docker cannot change a network, so it stays as it is. Set replace=True "
            f"(on a Stack: replace_networks=True) to recreate it, which stops its services meanwhile"
        )
        if certain:
            self.session.warn(request.urn, text)
        else:
            # never an error: the update may find that nothing differs
            self.session.log.warn(request.urn, text)
        return Difference(stables=("networkId", "incarnation"))

    async def _refuse_another_owners(self, request: Request, name: str, state: Json) -> None:
        """Refuse to recreate a network that belongs to somebody else, before its services stop for that.

        Raises:
            OwnershipError: with the owner.
        """
        live = None if await self.offline() else await (await self.session.swarm()).find("network", name)
        self.decide(request, "network", name, live, adopt=True, incarnation=state.get("incarnation"))

    async def create(self, request: Request, news: Json, *, preview: bool) -> tuple[str, Json]:
        name = news["name"]
        if name is UNKNOWN or (preview and self.run.goes_first(request.urn)):
            # what a preview would find of a network that goes first is the old one
            return "" if name is UNKNOWN else name, {"networkId": UNKNOWN, "incarnation": UNKNOWN}
        swarm = await self.session.swarm()
        live = await (swarm.find("network", name) if preview else swarm.inspect("network", name))
        decision = self.decide(request, "network", name, live, adopt=bool(reveal(news.get("adopt"))))
        if preview:
            if decision is Claim.ADOPT:
                again = self.replaced(request, news, "name") is not None
                fact = Survival(f"network {name!r}") if again else Adoption("network", name)
                self.session.log.info(request.urn, describe(fact))
            return name, {"networkId": UNKNOWN, "incarnation": UNKNOWN}
        if decision is Claim.CREATE:
            incarnation = new_incarnation()
            spec = objects.with_labels(objects.network_to_spec(reveal(news)), request.owner.labels(incarnation))
            try:
                network_id = await swarm.create("network", spec)
            except Conflict:
                live = await swarm.inspect("network", name)
                if live is None:
                    raise
                self.decide(request, "network", name, live, adopt=False)
                network_id, incarnation = live["Id"], labels.incarnation(live.get("Labels"))
        else:
            assert live is not None
            network_id, incarnation = live["Id"], labels.incarnation(live.get("Labels"))
        self.run.made(request.urn, "network", name, name, network_id)
        return name, {"networkId": network_id, "incarnation": incarnation}

    async def read(self, request: Request, id: str, olds: Json, state: Json) -> Live | None:
        live = await (await self.session.swarm()).find("network", id)
        if live is None:
            return None
        self.session.tell_settings(request.urn, beyond_network(live))
        # a network that Swarm has not allotted yet shows neither driver nor options
        described = objects.read_network(olds, live) if live.get("Driver") else dict(olds)
        inputs = described if olds else objects.network_from_spec(live)
        inputs |= {key: olds[key] for key in CONTROL if key in olds}
        outputs = {
            "networkId": live["Id"],
            "incarnation": state.get("incarnation") or self.imported_incarnation(request, live.get("Labels")),
        }
        return Live(live["Name"], inputs, outputs)

    async def update(self, request: Request, id: str, olds: Json, news: Json, state: Json, *, preview: bool) -> Json:
        # every change that reaches this far is one of our own words, such as `replace`
        return state

    async def delete(self, request: Request, id: str, olds: Json, state: Json) -> None:
        swarm = await self.session.swarm()
        live = await swarm.inspect("network", id)
        if live is None:
            return
        if not self._may_go(request, live, state) or self.run.is_in_use_by_run(request.urn, "network", id):
            again = self.run.is_adopted(request.urn, "network", id)
            why = LIVES_ON if again else "it was not created by this resource"
            self.session.log.info(request.urn, f"network {id!r} is not deleted: {why}")
            return
        if self.left_elsewhere(request, f"network {id!r}"):
            return
        users = _users(live, await swarm.list("service", bypass_cache=True))
        if self.run.all_left(request.urn, users):
            who = ", ".join(sorted(users))
            self.session.log.info(
                request.urn, f"network {id!r} is not deleted: {who}, which is not deleted either, uses it"
            )
            return
        await remove_network(
            swarm,
            live["Id"],
            name=id,
            progress=lambda text: self.session.log.status(request.urn, text),
            timeout=request.timeout or None,
            cancelled=self.session.cancelled,
        )

    def _may_go(self, request: Request, live: Json, state: Json) -> bool:
        """Tell whether it is the network that this resource made, or one in its place that the user wants recreated."""
        own = live.get("Labels")
        if labels.incarnation(own) == state.get("incarnation"):
            return True
        # docs/decisions/012: `replace` is the only way to repair what somebody made by hand under this name
        return self.run.goes_first(request.urn) and labels.owner(own) in (None, request.owner.text)


def _told(change: Change) -> str:
    """Say what changes; values of options and labels are not told, since those of a live network may be passwords."""
    if has_unknown(change.new):
        return f"{change.path}: known during the update"
    if within(change.place, "driverOpts", "labels", "ipam.options"):
        return change.path
    return f"{change.path}: {_word(change.old)} => {_word(change.new)}"


def _word(value: object) -> str:
    if has_secret(value):
        return "[secret]"
    return "not set" if value is None else json.dumps(value, ensure_ascii=False)


def _users(live: Json, services: Sequence[Json]) -> set[str]:
    """Return the names of the services that refer to the network."""
    return {
        service["Spec"]["Name"]
        for service in services
        for entry in service["Spec"]["TaskTemplate"].get("Networks") or service["Spec"].get("Networks") or []
        if entry.get("Target") in (live["Id"], live["Name"])
    }
