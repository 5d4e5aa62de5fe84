"""Volume: usually made by Swarm where a task mounts it; made here only on the node that the provider talks to.

A volume holds data. It is never replaced under the same name, and kept on destroy unless the user says otherwise.
"""

from __future__ import annotations

from collections.abc import Sequence

from swarm_provider.convert import objects
from swarm_provider.convert.merge import keep_users_form
from swarm_provider.dockerapi import Swarm
from swarm_provider.errors import InputError, Problem, SwarmProviderError
from swarm_provider.model.resources import VOLUME
from swarm_provider.plan.ownership import owner_of_urn
from swarm_provider.plugin.handlers.base import Difference, Handler, Live, Request, new_incarnation
from swarm_provider.rollout.remove import remove_object
from swarm_provider.spec import Json, labels
from swarm_provider.spec.values import UNKNOWN, reveal

_FIXED = ("driver", "driverOpts", "labels", "namespace")


class VolumeHandler(Handler):
    """`swarm:index:Volume`."""

    resource = VOLUME

    async def check(self, request: Request, olds: Json, news: Json) -> Json:
        inputs = self.normal(news)
        inputs.setdefault("name", request.name)
        inputs.setdefault("driver", "local")
        name = inputs["name"]
        if isinstance(name, str):
            if not name.strip() or "/" in name:
                raise InputError(Problem(f"{name!r} cannot be the name of a volume", "name"))
            self.session.claim("volume", name, name, request.urn)
        node = reveal(inputs.get("node"))
        if isinstance(node, str):
            await self._reachable(await self.session.swarm(), node)
        return inputs

    async def _reachable(self, swarm: Swarm, node: str) -> None:
        """Refuse a node whose own daemon the provider does not talk to; volumes are a daemon's, not the swarm's."""
        live = await swarm.inspect("node", node)
        if live is None:
            raise InputError(Problem(f"node {node!r} does not exist in the swarm", "node"))
        if live["ID"] != swarm.node_id:
            raise InputError(
                Problem(
                    f"the provider talks to another node's daemon ({swarm.name}), and a local volume can only be made "
                    f"by the daemon of its own node; leave `node` out (Swarm makes the volume where a task mounts it), "
                    f"or use a Provider whose host is {node!r}",
                    "node",
                )
            )

    async def diff(self, request: Request, olds: Json, news: Json, state: Json, ignored: Sequence[str]) -> Difference:
        found = self.changed(olds, news, ignored)
        moved = [change for change in found if change.path in ("name", "node")]
        if moved:
            text = f"volume {news['name']!r} starts empty; the data of {olds.get('name')!r} is not copied"
            self.session.log.warn(request.urn, text)
            return Difference(found, [change.path for change in moved])
        fixed = [change.path for change in found if change.path.split(".")[0].split("[")[0] in _FIXED]
        if fixed:
            await self._refuse_if_made(request, news, state, fixed)
        return Difference(found)

    async def _refuse_if_made(self, request: Request, news: Json, state: Json, fixed: Sequence[str]) -> None:
        """Docker would go on with the volume as it is, without a word: an error where it is known to exist."""
        name = news["name"]
        live = await (await self.session.swarm()).find("volume", name)
        options = any(path.startswith("driver") for path in fixed)
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
        if "node" not in news:
            if known:
                self.session.claim("volume", known, known, request.urn).ready.set()
            return known, {"mountpoint": "", "incarnation": new_incarnation() if not preview else UNKNOWN}
        if preview:
            return known, {"mountpoint": UNKNOWN, "incarnation": UNKNOWN}
        swarm = await self.session.swarm()
        live = await swarm.inspect("volume", name)
        incarnation = new_incarnation()
        if live is None:
            spec = objects.with_labels(objects.volume_to_spec(reveal(news)), request.owner.labels(incarnation))
            await swarm.create("volume", spec)
            live = await swarm.inspect("volume", name) or {}
        else:
            self._same(name, live, news)
            incarnation = _incarnation(live)
            self.session.log.info(request.urn, f"volume {name!r} exists with its data, and is used as it is")
        self.session.claim("volume", name, name, request.urn).ready.set()
        return name, {"mountpoint": live.get("Mountpoint", ""), "incarnation": incarnation}

    def _same(self, name: str, live: Json, news: Json) -> None:
        """Refuse to call a volume ours that has another driver or other options than asked for."""
        found, wanted = objects.volume_from_spec(live), reveal(news)
        for key in ("driver", "driverOpts"):
            if (found.get(key) or None) != (wanted.get(key) or None):
                raise SwarmProviderError(
                    f"volume {name!r} exists with {key} {found.get(key)!r}, not {wanted.get(key)!r}; Docker cannot "
                    f"change that: use the same options, or another name"
                )

    async def read(self, request: Request, id: str, olds: Json, state: Json) -> Live | None:
        swarm = await self.session.swarm()
        if olds and "node" not in olds:
            return Live(id, olds, state)
        live = await swarm.find("volume", id)
        if live is None:
            return None
        found = objects.volume_from_spec(live)
        inputs: Json = found
        if olds:
            wanted = objects.volume_from_spec(objects.volume_to_spec(reveal(olds)))
            inputs = keep_users_form(olds, wanted, found)
            inputs |= {key: olds[key] for key in ("node", "deleteOnDestroy") if key in olds}
        outputs = {
            "mountpoint": live.get("Mountpoint", ""),
            "incarnation": state.get("incarnation", _incarnation(live)),
        }
        return Live(live["Name"], inputs, outputs)

    async def update(self, request: Request, id: str, olds: Json, news: Json, state: Json, *, preview: bool) -> Json:
        return state

    async def delete(self, request: Request, id: str, olds: Json, state: Json) -> None:
        if not reveal(olds.get("deleteOnDestroy")):
            self.session.log.info(request.urn, f"volume {id!r} is kept with its data (delete_on_destroy is not set)")
            return
        swarm = await self.session.swarm()
        live = await swarm.inspect("volume", id)
        if live is None or self.session.keeps("volume", id, request.urn):
            return
        theirs = (live.get("Labels") or {}).get(labels.OWNER)
        if "node" in olds and theirs not in (None, owner_of_urn(request.urn).text):
            self.session.log.info(request.urn, f"volume {id!r} is left: it belongs to {theirs!r}")
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


def _incarnation(live: Json) -> str:
    return str((live.get("Labels") or {}).get(labels.INCARNATION, ""))
