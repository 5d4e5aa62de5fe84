"""Volume: usually made by Swarm where a task mounts it; made here only on a node whose daemon the provider can reach.

A volume holds data. It is never replaced under the same name, and kept on destroy unless the user says otherwise.
"""

from __future__ import annotations

from collections.abc import Sequence

from swarm_provider.convert import objects
from swarm_provider.convert.keep_user_form import keep_users_form
from swarm_provider.convert.unmodelled import beyond_volume
from swarm_provider.core import Json, labels
from swarm_provider.core.names import snake
from swarm_provider.core.values import UNKNOWN, at, has_unknown, reveal
from swarm_provider.errors import InputError, Problem, SwarmProviderError
from swarm_provider.model.resources import VOLUME
from swarm_provider.model.rules import refusals
from swarm_provider.plan.families import naming
from swarm_provider.plan.ownership.claims import Owner, of_another
from swarm_provider.plugin.handlers import cluster_volume
from swarm_provider.plugin.handlers.base import Handler, new_incarnation
from swarm_provider.plugin.handlers.cluster_volume import is_cluster, is_fixed
from swarm_provider.plugin.protocol.operations import Difference, Live, Request
from swarm_provider.plugin.run.nodes import same_node
from swarm_provider.plugin.run.swarm import Swarm
from swarm_provider.rollout.remove import remove_object

_FIXED = ("driver", "driverOpts", "labels", "namespace")


class VolumeHandler(Handler):
    """`swarm:index:Volume`."""

    resource = VOLUME

    async def check(self, request: Request, olds: Json, news: Json) -> Json:
        inputs = self.normal(news)
        self.name_unnamed(request, inputs)
        inputs.setdefault("driver", "local")
        name = inputs["name"]
        if isinstance(name, str):
            if problems := refusals.name("volume", name):
                raise InputError(*problems)
            self.run.claim(request.urn, "volume", name, name)
        node = reveal(inputs.get("node"))
        if isinstance(node, str) and not await self.offline():
            await self._daemon(node)
        if is_cluster(inputs):
            known = "" if await self.offline() else (await self.session.swarm()).api_version
            problems = cluster_volume.problems(inputs, known)
            if problems:
                raise InputError(*problems)
        return inputs

    async def _daemon(self, node: str) -> Swarm:
        """Return the connection to a node's own daemon; volumes are a daemon's, not the swarm's.

        Raises:
            InputError: there is no such node, or nothing says where its daemon is.
        """
        swarm = await self.session.swarm()
        live = await swarm.inspect("node", node)
        if live is None:
            raise InputError(Problem(f"node {node!r} does not exist in the swarm", "node"))
        daemon = await self.session.daemon(live)
        if daemon is None:
            raise InputError(
                Problem(
                    f"the provider talks to another node's daemon ({swarm.name}), and a local volume can only be "
                    f"created by the daemon of its own node; remove `node` (Swarm then creates the volume where a task "
                    f"mounts it), or set node_hosts={{{node!r}: 'ssh://...'}} on the provider",
                    "node",
                )
            )
        return daemon

    async def _where(self, inputs: Json) -> Swarm:
        """Return the daemon that a volume with these inputs is looked for at: its node's, else the provider's own."""
        node = reveal(inputs.get("node"))
        if not isinstance(node, str) or await self.offline():
            return await self.session.swarm()
        return await self._daemon(node)

    async def diff(self, request: Request, olds: Json, news: Json, state: Json, ignored: Sequence[str]) -> Difference:
        found = self.changed(olds, news, ignored)
        if any(change.path == "name" for change in found):
            # a replacement that another one brings about deletes the old volume before the new one is checked
            self.run.replace(request.urn, delete_first=False)
            new = "a volume of another name" if has_unknown(news["name"]) else f"volume {news['name']!r}"
            text = f"{new} starts empty; volume {olds.get('name')!r} stays with its data, which is not copied"
            self.session.log.warn(request.urn, text)
            return Difference(found, ["name"])
        if any(change.path == "node" for change in found):
            if await same_node(await self.session.swarm(), reveal(olds.get("node")), reveal(news.get("node"))):
                found = [change for change in found if change.path != "node"]
            elif "node" in olds and "node" in news:
                text = (
                    f"volume {news['name']!r} stays with its data on node {reveal(olds['node'])!r}; no data is copied"
                )
                self.session.log.warn(request.urn, text)
        fixed = [
            change.path
            for change in found
            if (change.top in _FIXED or is_fixed(change.place)) and not has_unknown(change.new)
        ]
        if fixed:
            await self._refuse_if_made(request, news, state, fixed)
        return Difference(found)

    async def _refuse_if_made(self, request: Request, news: Json, state: Json, fixed: Sequence[str]) -> None:
        """Refuse what would go on with the volume as it is, without a word: an error where it is known to exist."""
        name = news["name"]
        live = await (await self._where(news)).find("volume", name)
        options = any(path.startswith(("driver", "clusterSpec")) for path in fixed)
        if state.get("mountpoint") or (live is not None and options):
            raise InputError(
                Problem(
                    f"volume {name!r} exists, and Docker cannot change {', '.join(fixed)} of a volume without "
                    f"losing its data; undo the change, or give the volume another name and copy the data",
                    fixed[0],
                )
            )
        text = f"volume {name!r} keeps its {', '.join(fixed)} on nodes where it exists already"
        self.session.warn(request.urn, text)

    async def create(self, request: Request, news: Json, *, preview: bool) -> tuple[str, Json]:
        name = news["name"]
        known = name if isinstance(name, str) else ""
        if _is_lazy(news):
            if known and not preview:
                self.run.made(request.urn, "volume", known, known)
            return known, {"mountpoint": "", "incarnation": new_incarnation() if not preview else UNKNOWN}
        return known, await self._ensure(request, news, {}, preview=preview)

    async def _ensure(self, request: Request, news: Json, state: Json, *, preview: bool) -> Json:
        """Make the volume on its node, or use the one that is there; return outputs."""
        name, planned = news["name"], {"mountpoint": UNKNOWN, "incarnation": UNKNOWN}
        if not isinstance(name, str):
            return planned
        swarm = await self._where(news)
        live = await (swarm.find("volume", name) if preview else swarm.inspect("volume", name))
        incarnation = new_incarnation()
        if live is not None:
            self._use(request, name, live, news, state)
            incarnation = labels.incarnation(live.get("Labels"))
        if preview:
            return planned
        if live is None:
            spec = objects.with_labels(objects.volume_to_spec(reveal(news)), request.owner.labels(incarnation))
            await swarm.create("volume", spec)
            live = await swarm.inspect("volume", name) or {}
        self.run.made(request.urn, "volume", name, name)
        return {"mountpoint": live.get("Mountpoint", ""), "incarnation": incarnation}

    def _use(self, request: Request, name: str, live: Json, news: Json, state: Json) -> None:
        """Say that a volume is used as it is; refuse one of another owner, or with other options than asked for."""
        self.decide(request, "volume", name, live, adopt=True, incarnation=state.get("incarnation"))
        differing = _differing(live, news)
        if differing:
            raise SwarmProviderError(
                f"volume {name!r} exists with different values of {', '.join(differing)}; Docker cannot "
                f"change that: use the same options, or another name"
            )
        text = f"volume {name!r} exists with its data, and is used as it is"
        if labels.owner(live.get("Labels")) is None and reveal(news.get("deleteOnDestroy")):
            text += "; it was not created by Pulumi, so destroy keeps it"
        self.session.log.info(request.urn, text)

    async def read(self, request: Request, id: str, olds: Json, state: Json) -> Live | None:
        if olds and (_is_lazy(olds) or self.session.former):
            await self.session.swarm()
            return Live(id, olds, state)
        if await self._node_left(olds):
            return None
        live = await (await self._where(olds)).find("volume", id)
        if live is None:
            return None
        self.session.tell_settings(request.urn, beyond_volume(live))
        found = objects.volume_from_spec(live)
        inputs: Json = found
        if olds:
            wanted = objects.volume_from_spec(objects.volume_to_spec(reveal(olds)))
            inputs = keep_users_form(olds, wanted, found)
            inputs |= {key: olds[key] for key in ("node", "deleteOnDestroy") if key in olds}
        outputs = {
            "mountpoint": live.get("Mountpoint", ""),
            "incarnation": state.get("incarnation") or self.imported_incarnation(request, live.get("Labels")),
        }
        return Live(live["Name"], inputs, outputs)

    async def update(self, request: Request, id: str, olds: Json, news: Json, state: Json, *, preview: bool) -> Json:
        if is_cluster(news) and is_cluster(olds):
            if not preview:
                await cluster_volume.set_availability(await self.session.swarm(), news["name"], news)
            return state
        if not is_cluster(news) and ("node" not in news or reveal(olds.get("node")) == reveal(news["node"])):
            return state
        return await self._ensure(request, news, state, preview=preview)

    async def delete(self, request: Request, id: str, olds: Json, state: Json) -> None:
        if self.session.former:
            where = (await self.session.swarm()).name
            text = f"volume {id!r} stays with its data on the swarm at {where}, which the stack has left"
            self.session.log.info(request.urn, text)
            return
        if await self._node_left(olds):
            text = f"node {reveal(olds['node'])!r} has left the swarm; its copy of volume {id!r} stays there"
            self.session.log.info(request.urn, text)
            return
        swarm = await self._where(olds)
        live = await swarm.inspect("volume", id)
        kept = self._kept(request, id, olds, live, state)
        if not kept and self.left_elsewhere(request, f"volume {id!r} with its data"):
            return
        if not kept:
            kept = _mounted(id, await (await self.session.swarm()).list("service", bypass_cache=True), request.owner)
        if kept:
            self.session.log.info(request.urn, f"volume {id!r} is kept with its data ({kept})")
            return
        if _is_lazy(olds):
            what = f"volume {id!r} is removed on" if live is not None else f"there is no volume {id!r} on"
            text = f"{what} {swarm.name}; volumes that tasks created on other nodes stay there"
            self.session.log.info(request.urn, text)
        if live is None:
            return
        if is_cluster(olds) and cluster_volume.was_never_made(live):
            await swarm.remove("volume", id, force=True)
            return
        # the containers that had it mounted have ended, and Swarm removes them a moment later
        await remove_object(
            swarm,
            "volume",
            id,
            progress=lambda text: self.session.log.status(request.urn, text),
            timeout=request.timeout or None,
            cancelled=self.session.cancelled,
        )

    async def _node_left(self, inputs: Json) -> bool:
        """Tell whether the volume's node is in the swarm no more."""
        node = reveal(inputs.get("node"))
        return isinstance(node, str) and await (await self.session.swarm()).inspect("node", node) is None

    def _kept(self, request: Request, id: str, olds: Json, live: Json | None, state: Json) -> str:
        """Say why Delete has to leave the volume, "" where the user gave its data up."""
        if not reveal(olds.get("deleteOnDestroy")):
            return "delete_on_destroy is not set"
        if self.run.is_replaced(request.urn) or self.run.is_in_use_by_run(request.urn, "volume", id):
            return f"it was replaced, not destroyed; `docker volume rm {id}` removes it where nobody needs it"
        own = live.get("Labels") if live is not None else None
        if labels.owner(own) is None and live is not None and not _is_lazy(olds):
            return "it was not created by Pulumi"
        # where a task made it, there is no label of ours on it
        other = of_another(own, request.owner, state.get("incarnation"))
        return f"it belongs to {other!r}" if other else ""


def _mounted(name: str, services: Sequence[Json], owner: Owner) -> str:
    """Say which service of another Pulumi stack mounts the volume, "" where none does."""
    for service in services:
        theirs = labels.owner(at(service, "Spec", "Labels"))
        mounts = at(service, "Spec", "TaskTemplate", "ContainerSpec", "Mounts")
        if theirs not in (None, owner.text) and any(
            at(mount, "Type") in ("volume", "cluster") and at(mount, "Source") == name for mount in mounts or ()
        ):
            return f"service {naming.object_name(service)!r} of Pulumi stack {theirs!r} mounts it"
    return ""


def _differing(live: Json, news: Json) -> list[str]:
    """Return the names of what differs. Not the values: those of a live volume may be passwords that nobody masks."""
    found, wanted = objects.volume_from_spec(live), reveal(news)
    result = [] if has_unknown(wanted["driver"]) or found.get("driver") == wanted["driver"] else ["driver"]
    now, asked = found.get("driverOpts") or {}, wanted.get("driverOpts") or {}
    if not isinstance(asked, dict):
        return result
    keys = [key for key in sorted({*now, *asked}) if not has_unknown(asked.get(key)) and now.get(key) != asked.get(key)]
    result += [f"driver_opts.{key}" for key in keys]
    cluster = objects.volume_from_spec(objects.volume_to_spec(wanted)).get("clusterSpec") or {}
    there = found.get("clusterSpec") or {}
    return result + [
        f"cluster_spec.{snake(key)}"
        for key in sorted({*cluster, *there} - {"availability"})
        if not has_unknown(cluster.get(key)) and cluster.get(key) != there.get(key)
    ]


def _is_lazy(inputs: Json) -> bool:
    """Tell whether Swarm makes the volume where a task mounts it."""
    return "node" not in inputs and not is_cluster(inputs)
