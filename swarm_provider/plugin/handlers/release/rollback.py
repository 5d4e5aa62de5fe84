"""Back to what was there before the run: services by their specs, then what was made beside them."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Final

from swarm_provider.core import Json, labels
from swarm_provider.core.values import reveal
from swarm_provider.errors import SwarmProviderError
from swarm_provider.plan.change.request_spec import is_job
from swarm_provider.plan.families import naming
from swarm_provider.plugin.handlers.release.children import Child, Name
from swarm_provider.plugin.handlers.service.outputs import patience_ns
from swarm_provider.plugin.run.phases import Phase
from swarm_provider.plugin.run.session import Session
from swarm_provider.plugin.run.swarm import Swarm
from swarm_provider.rollout.remove import remove_network, remove_object, remove_service
from swarm_provider.rollout.retry import update_with_retry

_OF_SOMEBODY: Final = "{} {} stays: somebody else made it meanwhile"


@dataclass(frozen=True)
class Before:
    """What was there when the run began.

    Attributes:
        services: by name.
        networks: their names by id.
        versions: configs and secrets of the swarm, by kind and id.
        children: those of the Release.
    """

    services: Mapping[str, Json]
    networks: Mapping[str, str]
    versions: Mapping[str, Mapping[str, Json]]
    children: Sequence[Child]


async def snapshot(swarm: Swarm, children: Sequence[Child]) -> Before:
    """Look at what is there, with one question for each kind."""
    services, networks, configs, secrets = await asyncio.gather(
        *(swarm.list(kind, bypass_cache=True) for kind in ("service", "network", "config", "secret"))
    )
    versions = {"config": configs, "secret": secrets}
    return Before(
        {item["Spec"]["Name"]: item for item in services},
        {item["Id"]: item["Name"] for item in networks},
        {kind: {item["ID"]: item for item in items} for kind, items in versions.items()},
        children,
    )


async def way_back(session: Session, before: Before, begun: Collection[Name]) -> tuple[list[str], Collection[Name]]:
    """Return to what was there; return, line by line, what became of everything, and what could not be returned.

    Args:
        session: the way to the swarm.
        before: what was there, as `snapshot` gave it.
        begun: children that this run has touched.
    """
    return await _Way(session, await session.swarm(), before).go(begun)


class _Way:
    def __init__(self, session: Session, swarm: Swarm, before: Before) -> None:
        self._session = session
        self._swarm = swarm
        self._before = before
        self._returned: list[str] = []
        self._removed: list[str] = []
        self._left: list[tuple[Name, str]] = []
        self._networks: dict[str, str] = {}
        self._made_again: set[Name] = set()

    async def go(self, begun: Collection[Name]) -> tuple[list[str], Collection[Name]]:
        replaced = [child for child in self._before.children if child.name in begun and child.name.kind == "network"]
        await asyncio.gather(*(self._tried(child, self._name_taken(child)) for child in replaced if child.olds))
        services = [child for child in self._before.children if child.name in begun and child.name.kind == "service"]
        await asyncio.gather(*map(self._service, services))
        others = [child for child in self._before.children if child.name in begun and child.name.kind != "service"]
        families = [child for child in others if child.name.kind != "network"]
        await asyncio.gather(*(self._tried(child, self._family(child)) for child in families))
        networks = [child for child in others if child.name.kind == "network"]
        await asyncio.gather(*(self._tried(child, self._network(child)) for child in networks))
        untouched = [
            child.name.key
            for child in self._before.children
            if child.name.kind == "service" and child.name not in begun and child.olds
        ]
        told = {
            "returned to what ran before": self._returned,
            "removed again": self._removed,
            "not touched": untouched,
            "could not be returned": [f"{name} ({why})" for name, why in self._left],
        }
        lines = [f"{what}: {', '.join(sorted(which))}" for what, which in told.items() if which]
        return lines, {name for name, _ in self._left}

    async def _tried(self, child: Child, work: Awaitable[None]) -> None:
        # one that cannot be returned neither keeps the others from it nor hides the cause of all this
        try:
            await work
        except SwarmProviderError as error:
            self._left.append((child.name, str(error)))

    async def _name_taken(self, child: Child) -> None:
        """Note which network has the name of one that went; where none has, make it: services return to it."""
        name = str(reveal(child.olds["name"]))
        live = await self._swarm.inspect("network", name)
        if live is None:
            with child.during(Phase.APPLY):
                await child.handler.create(child.request, child.olds, preview=False)
            self._made_again.add(child.name)
            live = await self._swarm.inspect("network", name)
        if live is not None:
            self._networks |= {id: live["Id"] for id, was in self._before.networks.items() if was == name}

    async def _service(self, child: Child) -> None:
        # a service that was renamed has two
        for name in dict.fromkeys(str(reveal(inputs["name"])) for inputs in (child.news, child.olds) if inputs):
            await self._tried(child, self._object(child, name))

    async def _object(self, child: Child, name: str) -> None:
        old, live = self._before.services.get(name), await self._swarm.inspect("service", name)
        if old == live or (old is not None and live is not None and live["Version"] == old["Version"]):
            return
        if old is not None and is_job(old["Spec"]):
            self._left.append((child.name, "a job that ran cannot be taken back"))
        elif old is not None and live is not None and live["ID"] == old["ID"]:
            await self._return(child, old["Spec"], live)
        elif live is not None and labels.run(naming.object_labels(live)) != self._session.run_id:
            self._left.append((child.name, _OF_SOMEBODY.format("service", name)))
        else:
            await self._recreate(child, old, live)

    async def _recreate(self, child: Child, old: Json | None, live: Json | None) -> None:
        """Remove a service that this run has made, perhaps in the place of one that Docker could not change into it."""
        if live is not None:
            await remove_service(
                self._swarm, live["ID"], watcher=await self._session.watcher(), name=live["Spec"]["Name"],
                cancelled=self._session.cancelled,
            )  # fmt: skip
        if old is None:
            self._removed.append(child.name.key)
            return
        spec = self._on_networks(old["Spec"])
        id = await self._swarm.create("service", spec, registry_auth=await self._login(spec))
        await self._wait(child, id, spec)

    def _on_networks(self, spec: Json) -> Json:
        """Return a spec with the networks that took the place of those that it names."""
        template = spec["TaskTemplate"]
        there = [
            {**one, "Target": self._networks.get(one["Target"], one["Target"])}
            for one in template.get("Networks") or ()
        ]
        return {**spec, "TaskTemplate": {**template, "Networks": there}} if there else spec

    async def _return(self, child: Child, old: Json, live: Json) -> None:
        spec = self._on_networks(old)
        sent = await update_with_retry(
            self._swarm,
            "service",
            live["ID"],
            lambda now: None if now["Spec"] == spec else spec,
            known=live,
            registry_auth=await self._login(spec),
            registry_auth_from="previous-spec",
        )
        # where no update had to be sent, Swarm is on the way back by itself, or has been
        await self._wait(child, live["ID"], spec, 0 if sent is None else sent.version_index, is_rollback=sent is None)

    async def _wait(
        self, child: Child, id: str, spec: Json, version_index: int = 0, *, is_rollback: bool = False
    ) -> None:
        watcher = await self._session.watcher()
        await watcher.converge(
            id,
            spec,
            version_index,
            fail_after_ns=patience_ns(child.olds or child.news),
            progress=lambda text: self._session.log.status(child.request.urn, f"returning: {text}"),
            cancelled=self._session.cancelled,
            is_rollback=is_rollback,
        )
        self._returned.append(child.name.key)

    async def _login(self, spec: Json) -> Any:
        return await self._swarm.encoded_auth(spec["TaskTemplate"]["ContainerSpec"]["Image"])

    async def _family(self, child: Child) -> None:
        """Remove the versions that this run has made, and give the others the labels that they had."""
        kind, family = child.name.kind, child.news.get("familyId", "")
        known = self._before.versions[kind]
        for item in naming.versions(await self._swarm.labelled(kind, labels.FAMILY, family), family):
            old = known.get(item["ID"])
            if old is None:
                await remove_object(
                    self._swarm, kind, item["ID"], name=naming.object_name(item), cancelled=self._session.cancelled
                )
                self._removed.append(f"{kind} {naming.object_name(item)}")
            elif item["Spec"].get("Labels") != old["Spec"].get("Labels"):
                relabelled = partial(_with_labels, old["Spec"].get("Labels"))
                await update_with_retry(self._swarm, kind, item["ID"], relabelled)

    async def _network(self, child: Child) -> None:
        name = str(reveal((child.news or child.olds)["name"]))
        live = await self._swarm.inspect("network", name)
        if live is None or live["Id"] in self._before.networks:
            return
        if labels.urn(naming.object_labels(live)) != child.request.urn:
            self._left.append((child.name, _OF_SOMEBODY.format("network", name)))
            return
        if child.olds:
            # as it was but for its id, which the state has to learn
            again = "a network that was removed to be replaced is there again, under a new id"
            never = "a network that was replaced cannot be recreated as it was"
            self._left.append((child.name, again if child.name in self._made_again else never))
            return
        await remove_network(self._swarm, live["Id"], name=name, cancelled=self._session.cancelled)
        self._removed.append(str(child.name))


def _with_labels(own: Json | None, live: Json) -> Json:
    """Return the spec of a live object with these labels instead of its own."""
    return {**live["Spec"], "Labels": own}
