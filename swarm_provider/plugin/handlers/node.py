"""Node: whether a node takes tasks, as code. What was there before is kept in the state and comes back on destroy."""

from __future__ import annotations

from collections.abc import Sequence

from swarm_provider.core import Json
from swarm_provider.core.values import UNKNOWN, at, has_unknown, reveal
from swarm_provider.errors import NotFound
from swarm_provider.model.resources import NODE
from swarm_provider.plan.change.sentences import Survival, describe
from swarm_provider.plan.facts.tasks import by_service
from swarm_provider.plan.rollout.health import left_behind
from swarm_provider.plugin.handlers import evictions
from swarm_provider.plugin.handlers.base import Handler, new_incarnation
from swarm_provider.plugin.protocol.operations import Difference, Live, Request
from swarm_provider.plugin.run.nodes import chosen, hostname, same_node
from swarm_provider.rollout.retry import update_with_retry


class NodeHandler(Handler):
    """`swarm:index:Node`. Its id is the node as the user wrote it."""

    resource = NODE
    names = ("node",)

    async def check(self, request: Request, olds: Json, news: Json) -> Json:
        inputs = self.normal(news)
        inputs.setdefault("availability", "active")
        if has_unknown([inputs["node"], inputs["availability"]]) or await self.offline():
            return inputs
        node = await self._node(reveal(inputs["node"]))
        self.run.claim(request.urn, "node", node["ID"], node["ID"])
        self.run.plan_availability(request.urn, node["ID"], reveal(inputs["availability"]))
        return inputs

    async def _node(self, wanted: str) -> Json:
        """Return the live node. Raises InputError for one that is not there, or whose name several have."""
        [node] = chosen(await (await self.session.swarm()).list("node"), [wanted])
        return node

    async def diff(self, request: Request, olds: Json, news: Json, state: Json, ignored: Sequence[str]) -> Difference:
        found = self.changed(olds, news, ignored, hidden=("strict",))
        if any(change.path == "node" for change in found) and not has_unknown(news["node"]):
            same = await same_node(await self.session.swarm(), reveal(olds.get("node")), reveal(news["node"]))
            found = [change for change in found if change.path != "node" or not same]
        if any(change.path == "availability" for change in found) and self.run.is_checked(request.urn):
            await self._forecast(request, news)
        return Difference(found, ["node"] if any(change.path == "node" for change in found) else [])

    async def _forecast(self, request: Request, news: Json) -> None:
        """Say what the change does to the tasks on the node."""
        if has_unknown([news["node"], news["availability"]]) or self.session.offline:
            return
        node, wanted = await self._node(reveal(news["node"])), reveal(news["availability"])
        if at(node, "Spec", "Availability") == wanted:
            return
        name = hostname(node)
        if wanted == "drain":

            def back(now: Json, then: Json) -> Json:
                return {**then, "Availability": now.get("Availability")}

            strict = reveal(news.get("strict"))
            await evictions.tell(self.run, request.urn, f"draining {name}", {node["ID"]}, back, strict=strict)
            return
        text = f"{name} accepts no new tasks; running ones continue"
        if wanted == "active":
            text = f"{name} accepts tasks again; those elsewhere do not move back by themselves, global services start"
            text += await self._catching_up(node)
        self.session.log.info(request.urn, text)

    async def _catching_up(self, node: Json) -> str:
        """Say which global services are updated on a node that was paused, as soon as it is active."""
        swarm = await self.session.swarm()
        tasks = await swarm.view("task", by_service, allow_stale=True)
        services = await swarm.list("service", allow_stale=True)
        names = sorted(
            live["Spec"]["Name"] for live in services if left_behind(live, tasks.get(live["ID"], []), [node])
        )
        if not names:
            return ""
        what = "1 task restarts" if len(names) == 1 else f"{len(names)} tasks restart"
        return f"; {what} there to update: {', '.join(names)}"

    async def create(self, request: Request, news: Json, *, preview: bool) -> tuple[str, Json]:
        replaced = self.replaced(request, news, "node")
        if preview:
            if replaced is not None:
                self.session.log.info(
                    request.urn, describe(Survival(f"the availability of node {reveal(news['node'])!r}"))
                )
            await self._forecast(request, news)
            known = "" if has_unknown(news["node"]) else reveal(news["node"])
            return known, dict.fromkeys(("nodeId", "previous", "incarnation"), UNKNOWN)
        node = await self._node(reveal(news["node"]))
        # Pulumi gives a replacement nothing of the old resource's state
        before = str((replaced or {}).get("previous") or at(node, "Spec", "Availability") or "active")
        await self._set(node["ID"], reveal(news["availability"]))
        self.run.made(request.urn, "node", node["ID"], node["ID"])
        return reveal(news["node"]), {"nodeId": node["ID"], "previous": before, "incarnation": new_incarnation()}

    async def _set(self, node_id: str, availability: str) -> None:
        def change(node: Json) -> Json | None:
            spec: Json = node["Spec"]
            return None if spec.get("Availability") == availability else {**spec, "Availability": availability}

        await update_with_retry(await self.session.swarm(), "node", node_id, change)

    async def read(self, request: Request, id: str, olds: Json, state: Json) -> Live | None:
        live = await (await self.session.swarm()).find("node", state.get("nodeId") or id)
        if live is None:
            return None
        availability = str(at(live, "Spec", "Availability") or "active")
        inputs = {"node": id, **olds, "availability": availability}
        # an import leaves the node as it found it
        return Live(id, inputs, {"previous": availability, **state, "nodeId": live["ID"]})

    async def update(self, request: Request, id: str, olds: Json, news: Json, state: Json, *, preview: bool) -> Json:
        outputs = {**state, "incarnation": state.get("incarnation") or new_incarnation()}
        if preview:
            return outputs
        node_id = state.get("nodeId") or id
        if await (await self.session.swarm()).inspect("node", node_id) is None:
            raise NotFound(f"node {id!r} has left the swarm")
        await self._set(node_id, reveal(news["availability"]))
        return outputs

    async def delete(self, request: Request, id: str, olds: Json, state: Json) -> None:
        node = await (await self.session.swarm()).inspect("node", state.get("nodeId") or id)
        if node is None or self.run.is_in_use_by_run(request.urn, "node", node["ID"]):
            return
        if self.left_elsewhere(request, f"the availability of node {hostname(node)!r}"):
            return
        current = at(node, "Spec", "Availability")
        if current != reveal(olds.get("availability")):
            text = f"node {hostname(node)!r} stays {current}: it was changed meanwhile"
            self.session.log.info(request.urn, text)
            return
        await self._set(node["ID"], state.get("previous") or "active")
