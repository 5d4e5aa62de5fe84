"""NodeLabel: one label key on one node, several, or all.

Nodes have no owner label of ours: whose a label is, is told by its value. What was there before is kept in the state
and comes back on destroy.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from swarm_provider.core import Json
from swarm_provider.core.path import within
from swarm_provider.core.values import UNKNOWN, has_unknown, reveal
from swarm_provider.errors import InputError, OwnershipError, Problem, SwarmProviderError
from swarm_provider.model.resources import NODE_LABEL
from swarm_provider.plan.change.sentences import Survival, describe
from swarm_provider.plugin.handlers import evictions
from swarm_provider.plugin.handlers.base import Handler, new_incarnation
from swarm_provider.plugin.protocol.operations import Difference, Live, PartialFailure, Request
from swarm_provider.plugin.run.nodes import chosen, hostname, name_among
from swarm_provider.plugin.run.swarm import Swarm
from swarm_provider.rollout.retry import update_with_retry

ALL = "*"


class NodeLabelHandler(Handler):
    """`swarm:index:NodeLabel`. Its id is `<key>@<nodes as the user wrote them>`."""

    resource = NODE_LABEL
    names = ("node", "key")

    async def check(self, request: Request, olds: Json, news: Json) -> Json:
        inputs = self.normal(news)
        inputs.setdefault("value", "")
        key = inputs["key"]
        if isinstance(key, str) and (not key.strip() or "=" in key):
            raise InputError(Problem(f"{key!r} cannot be the key of a label", "key"))
        if has_unknown(inputs["node"]) or await self.offline():
            inputs["nodes"] = olds.get("nodes", UNKNOWN)
            return inputs
        found = await self._nodes(reveal(inputs["node"]))
        everyone = await (await self.session.swarm()).list("node")
        inputs["nodes"] = sorted(name_among(node, everyone) for node in found)
        for node in found if isinstance(key, str) else ():
            self.run.claim(request.urn, "node label", _claimed(key, name_among(node, everyone)), key)
            self.run.plan_label(request.urn, node["ID"], key, reveal(inputs["value"]))
        return inputs

    async def _nodes(self, wanted: Sequence[str]) -> list[Json]:
        """Return the live nodes that the user means. Raises InputError for one that is not there."""
        nodes = await (await self.session.swarm()).list("node")
        return nodes if ALL in wanted else chosen(nodes, wanted)

    async def diff(self, request: Request, olds: Json, news: Json, state: Json, ignored: Sequence[str]) -> Difference:
        found = self.changed(olds, news, ignored, hidden=("overwrite",))
        replaces = [change.path for change in found if change.path == "key"]
        if not replaces and self.run.is_checked(request.urn) and not has_unknown([news["key"], news["nodes"]]):
            # an older self that a killed run has left in the state goes without the label
            for name in news["nodes"]:
                self.run.claim(request.urn, "node label", _claimed(news["key"], name), news["key"])
                self.run.keep(request.urn, "node label", _claimed(news["key"], name))
        moves = any(within(change.place, "value", "nodes", "node") for change in found)
        if moves and self.run.is_checked(request.urn):
            # an old key goes at the end of the run, when the services have changed
            await self._evicted(request, news, reveal(olds.get("value")), {} if replaces else state)
        return Difference(found, replaces)

    async def _evicted(self, request: Request, news: Json, before: Any, state: Json) -> None:
        """Say which tasks leave because a constraint asks for another value.

        Args:
            before: the value until now.
            state: the outputs until now; nodes of theirs that the label leaves get back what they had.
        """
        if has_unknown([news["node"], news["key"], news["value"]]) or self.session.offline:
            return
        plain = reveal(news)
        key = plain["key"]

        def back(now: Json, then: Json) -> Json:
            own = {word: value for word, value in (then.get("Labels") or {}).items() if word != key}
            before = now.get("Labels") or {}
            return {**then, "Labels": own | ({key: before[key]} if key in before else {})}

        ids = {node["ID"] for node in await self._nodes(plain["node"])}
        everyone = await (await self.session.swarm()).list("node")
        left = [
            node
            for node in everyone
            if node["ID"] in (state.get("nodeIds") or ()) and node["ID"] not in ids and _labels(node).get(key) == before
        ]
        for node in left:
            self.run.plan_label(request.urn, node["ID"], key, (state.get("previous") or {}).get(node["ID"]))
        what = f"the label {key}={plain['value']}"
        if left:
            names = ", ".join(sorted(name_among(node, everyone) for node in left))
            what += f", which leaves {names},"
        ids |= {node["ID"] for node in left}
        await evictions.tell(self.run, request.urn, what, ids, back, strict=None)

    async def create(self, request: Request, news: Json, *, preview: bool) -> tuple[str, Json]:
        known = "" if has_unknown([news["node"], news["key"]]) else _id(reveal(news))
        before = self.replaced(request, news, "key")
        if preview:
            if known and not await self.offline():
                if before is not None:
                    self.session.log.info(request.urn, describe(Survival(f"the label {reveal(news['key'])} of nodes")))
                self._look(request, reveal(news), await self._nodes(reveal(news["node"])), _held(before or {}))
                await self._evicted(request, news, None, {})
            return known, dict.fromkeys(("previous", "nodeIds", "incarnation"), UNKNOWN)
        return known, await self._apply(request, known, news, _held(before or {}), new_incarnation())

    async def _apply(
        self, request: Request, id: str, news: Json, held: Mapping[str, str | None], incarnation: str
    ) -> Json:
        """Set the label on every node; return the outputs: which nodes, and the values that were there before.

        Args:
            held: nodes that carry the label through this resource, and what was there before it.

        Raises:
            PartialFailure: a node failed; what was there before stays known, on that node too.
        """
        plain = reveal(news)
        key, value = plain["key"], plain["value"]
        swarm = await self.session.swarm()
        everyone = await swarm.list("node", bypass_cache=True)
        nodes = await self._nodes(plain["node"])
        self._look(request, plain, nodes, held)
        names = [name_among(node, everyone) for node in nodes]
        for name in names:
            self.run.claim(request.urn, "node label", _claimed(key, name), key)
        done: dict[str, str | None] = {}
        for node in nodes:
            done[node["ID"]] = held[node["ID"]] if node["ID"] in held else _labels(node).get(key)
            try:
                await _set(swarm, node["ID"], key, value)
            except SwarmProviderError as error:
                text = f"node {hostname(node)!r}: {error}"
                raise PartialFailure(id, _outputs({**held, **done}, incarnation), [text]) from error
        for name in names:
            self.run.made(request.urn, "node label", _claimed(key, name), key)
        return _outputs(done, incarnation)

    def _look(self, request: Request, plain: Json, nodes: Sequence[Json], held: Mapping[str, str | None]) -> None:
        """Refuse values of somebody else; say which labels are there already, so that destroy leaves them."""
        self._refuse_other_values(plain, nodes, tuple(held))
        equal = [
            repr(hostname(node))
            for node in nodes
            if node["ID"] not in held and _labels(node).get(plain["key"]) == plain["value"]
        ]
        if equal:
            text = f"{', '.join(equal)} has the label {plain['key']}={plain['value']} already; destroy leaves it there"
            self.session.log.info(request.urn, text)

    def _refuse_other_values(self, plain: Json, nodes: Sequence[Json], ours: Sequence[str]) -> None:
        if plain.get("overwrite"):
            return
        for node in nodes:
            current = _labels(node).get(plain["key"])
            if current is not None and current != plain["value"] and node["ID"] not in ours:
                raise OwnershipError(
                    f"node {hostname(node)!r} has the label {plain['key']}={current} already, set by someone else; "
                    f"set overwrite=True to change it to {plain['value']!r} (destroy restores the previous value)"
                )

    async def read(self, request: Request, id: str, olds: Json, state: Json) -> Live | None:
        nodes = await (await self.session.swarm()).list("node")
        inputs = dict(olds) if olds else _imported(id, nodes)
        key, value, wanted = reveal(inputs["key"]), reveal(inputs.get("value", "")), reveal(inputs["node"])
        carrying = [
            node
            for node in nodes
            if key in _labels(node)
            # a node that an interrupted update could not restore is a difference still
            and (ALL in wanted or node["ID"] in (*wanted, *(state.get("nodeIds") or ())) or hostname(node) in wanted)
        ]
        if not carrying:
            return None
        right = [node for node in carrying if _labels(node)[key] == value]
        inputs["nodes"] = sorted(name_among(node, nodes) for node in right or carrying)
        if not right:
            inputs["value"] = _labels(carrying[0])[key]
        imported = {"previous": {}, "nodeIds": sorted(node["ID"] for node in carrying)}
        return Live(_id(reveal(inputs)), inputs, {**imported, **state})

    async def update(self, request: Request, id: str, olds: Json, news: Json, state: Json, *, preview: bool) -> Json:
        if preview:
            return state
        held = _held(state)
        outputs = await self._apply(request, id, news, held, state.get("incarnation") or new_incarnation())
        key, swarm = reveal(news["key"]), await self.session.swarm()
        for left in sorted(held.keys() - set(outputs["nodeIds"])):
            try:
                await self._restore(request, swarm, left, key, reveal(olds.get("value")), state)
            except SwarmProviderError as error:
                done = {node_id: outputs["previous"].get(node_id) for node_id in outputs["nodeIds"]}
                reason = self.session.log.clean(str(error))
                raise PartialFailure(id, _outputs({**held, **done}, outputs["incarnation"]), [reason]) from error
        return outputs

    async def delete(self, request: Request, id: str, olds: Json, state: Json) -> None:
        swarm = await self.session.swarm()
        key = reveal(olds["key"])
        if self.left_elsewhere(request, f"the label {key} of nodes"):
            return
        nodes = await swarm.list("node", bypass_cache=True)
        for node in nodes:
            name, before = name_among(node, nodes), (state.get("previous") or {}).get(node["ID"])
            if node["ID"] not in (state.get("nodeIds") or ()):
                continue
            if not self.run.is_in_use_by_run(request.urn, "node label", _claimed(key, name)):
                await self._restore(request, swarm, node["ID"], key, reveal(olds.get("value")), state)
            elif before not in (None, reveal(olds.get("value"))) and not self.run.before(request.urn)[0]:
                # another resource of the program has the label by now, and knows nothing of this one's state
                text = f"the label {key} of node {name!r} stays; {before!r}, the previous value, is not kept"
                self.session.log.info(request.urn, text)

    async def _restore(
        self, request: Request, swarm: Swarm, node_id: str, key: str, value: str | None, state: Json
    ) -> None:
        """Give a node back the value that it had before us; a value that somebody changed meanwhile stays."""
        node = await swarm.inspect("node", node_id)
        current = None if node is None else _labels(node).get(key)
        if node is None or current is None:
            return
        if current != value:
            text = f"the label {key}={current} of node {hostname(node)!r} is not removed: it was changed meanwhile"
            self.session.log.info(request.urn, text)
            return
        await _set(swarm, node_id, key, (state.get("previous") or {}).get(node_id))


async def _set(swarm: Swarm, node_id: str, key: str, value: str | None) -> None:
    """Set (or, with None, remove) one label; all other labels stay, whoever changes them at the same time."""

    def change(node: Json) -> Json | None:
        spec: Json = node["Spec"]
        own = dict(spec.get("Labels") or {})
        if own.get(key) == value:
            return None
        if value is None:
            own.pop(key, None)
        else:
            own[key] = value
        return {**spec, "Labels": own}

    await update_with_retry(swarm, "node", node_id, change)


def _held(state: Json) -> dict[str, str | None]:
    """Return the nodes that carry the label through the resource of this state, and what was there before it."""
    earlier = state.get("previous") or {}
    return {node_id: earlier.get(node_id) for node_id in state.get("nodeIds") or ()}


def _outputs(held: Mapping[str, str | None], incarnation: str) -> Json:
    """Return the outputs for these nodes, with the value that was there before on each (None: none)."""
    previous = {node_id: value for node_id, value in held.items() if value is not None}
    return {"previous": previous, "nodeIds": sorted(held), "incarnation": incarnation}


def _claimed(key: str, name: str) -> str:
    """Return what a run claims: one key of one node."""
    return f"{key} of node {name}"


def _labels(node: Json) -> dict[str, str]:
    return (node.get("Spec") or {}).get("Labels") or {}


def _id(plain: Json) -> str:
    return f"{plain['key']}@{','.join(plain['node'])}"


def _imported(id: str, nodes: Sequence[Json]) -> dict[str, Any]:
    """Read `<key>@<node>[,<node>]` or `<key>@*`; the value is what the nodes carry."""
    key, _, names = id.partition("@")
    wanted = names.split(",") if names else [ALL]
    values = {
        _labels(node)[key]
        for node in nodes
        if key in _labels(node) and (ALL in wanted or node["ID"] in wanted or hostname(node) in wanted)
    }
    return {"node": wanted, "key": key, "value": sorted(values)[0] if values else ""}
