"""What the handlers of one configured provider share: the swarm, the run's claims, the watcher, the log."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from typing import Any, Protocol, cast

from swarm_provider.core import Json
from swarm_provider.core.values import FORECAST, reveal
from swarm_provider.errors import ConnectionFailed, InputError
from swarm_provider.plan.change import kept_settings
from swarm_provider.plan.change.restart import Restart
from swarm_provider.plan.change.restart_words import sentence
from swarm_provider.plan.ownership import odd_labels
from swarm_provider.plugin.protocol.engine_log import LONGEST_MESSAGE, RESOURCE, EngineLog
from swarm_provider.plugin.run.nodes import hostname
from swarm_provider.plugin.run.planned_changes import Planned
from swarm_provider.plugin.run.settings import Settings
from swarm_provider.plugin.run.swarm import Items, Offline, Swarm
from swarm_provider.rollout.prune import Pruner
from swarm_provider.rollout.watch import Watcher


@dataclass
class Claimed:
    """An object that a resource of this run stands for.

    Attributes:
        urn: the resource.
        name: its actual name; UNKNOWN where only the update will tell.
        base: name of the family, or the name again.
        ready: set once the object exists.
        id: its id then, "" before.
    """

    urn: str
    name: Any
    base: str
    ready: asyncio.Event = field(default_factory=asyncio.Event)
    id: str = ""

    def made(self, id: str) -> None:
        """Note that the object exists."""
        self.id = id
        self.ready.set()


class Reach(Protocol):
    """The ways to the daemons of one swarm."""

    async def swarm(self) -> Swarm:
        """Connect to the swarm. Raises ConnectionFailed."""
        ...

    async def node(self, host: str) -> Swarm:
        """Connect to the daemon of one node. Raises ConnectionFailed."""
        ...


class Session:
    """One configured provider in one run of the plugin process."""

    def __init__(self, settings: Settings, log: EngineLog, ways: Reach, *, former: bool = False) -> None:
        self.settings = settings
        self.former = former
        """Whether the program's settings lead to another swarm by now: what is here is only read and removed."""
        self._ways = ways
        self.log = log
        self.cancelled = asyncio.Event()
        self.offline = False
        """Whether the swarm cannot be reached and the user allows a preview all the same; known once connected."""
        self.replacing: set[str] = set()
        """URNs whose old object goes before the new one is made: at preview it is still there."""
        self._failure: ConnectionFailed | None = None
        self._topics: set[str] = set()
        self.left: set[str] = set()
        """Names of the services that Delete left in this run, since they are not this state's any more."""
        self.foreign = ""
        """A Pulumi stack that has the labels of an object of this state now."""
        self.proven = False
        """Whether the labels of another one are those of this state."""
        self._odd: set[tuple[str, str]] = set()
        """Objects with labels that were warned of, by kind and id."""
        self._claims: dict[tuple[str, str], Claimed] = {}
        self._names: dict[tuple[str, str], Claimed] = {}
        self._urns: set[str] = set()
        self._forecasts: dict[str, list[Json]] = {}
        self.planned = Planned()
        self._connecting: asyncio.Task[Swarm] | None = None
        self._daemons: dict[str, asyncio.Task[Swarm]] = {}
        self._watcher: Watcher | None = None
        self._pruner: Pruner | None = None

    async def swarm(self) -> Swarm:
        """Return the connection; the first caller makes it, a failure is everybody's."""
        if self._connecting is None:
            self._connecting = asyncio.create_task(self._connect())
        return await asyncio.shield(self._connecting)

    async def _connect(self) -> Swarm:
        try:
            with self.log.telling(RESOURCE.get(), "no answer yet: connect to Docker"):
                return self._announced(await self._ways.swarm())
        except ConnectionFailed as error:
            if not self.settings.offline_preview:
                raise
            self.offline = True
            self._failure = error
            return cast(Swarm, Offline(error))

    def _announced(self, swarm: Swarm) -> Swarm:
        swarm.when_slow = self.log.slow
        swarm.listened = self._look_at_labels
        return swarm

    @property
    def copy_of(self) -> str:
        """The Pulumi stack that has what this state stands for, where the state is a copy from before a move; else "".

        It is one where no object that Read found is this state's any more. All Reads of a run come first.
        """
        return "" if self.proven else self.foreign

    def _look_at_labels(self, kind: str, items: Items) -> None:
        """Warn, once for each object, of labels that look like this provider's and are not.

        Never an error, whatever `strict` says: anybody can put such a label on an object.
        """
        for id, text in odd_labels.told(kind, items, self.log.secrets).items():
            if (kind, id) not in self._odd:
                self._odd.add((kind, id))
                self.log.warn("", text)

    async def _connect_node(self, host: str) -> Swarm:
        with self.log.telling(RESOURCE.get(), f"no answer yet: connect to {host}"):
            return self._announced(await self._ways.node(host))

    @property
    def cluster_id(self) -> str:
        """The id of the swarm once it is connected, "" before and offline."""
        task = self._connecting
        if self.offline or task is None or not task.done() or task.cancelled() or task.exception():
            return ""
        return task.result().cluster_id

    async def daemon(self, node: Json) -> Swarm | None:
        """Return the connection to a node's own daemon: the swarm's, or one of `node_hosts`; None where there is none.

        Args:
            node: the node as the swarm shows it.

        Raises:
            InputError: `node_hosts` leads to another node.
            ConnectionFailed: the daemon does not answer.
        """
        swarm = await self.swarm()
        if node["ID"] == swarm.node_id:
            return swarm
        key = next((key for key in (node["ID"], hostname(node)) if key in self.settings.node_hosts), None)
        if key is None:
            return None
        if key not in self._daemons:
            self._daemons[key] = asyncio.create_task(self._connect_node(self.settings.node_hosts[key]))
        daemon = await asyncio.shield(self._daemons[key])
        if daemon.node_id != node["ID"]:
            raise InputError(f"node_hosts: {daemon.name} is not the daemon of node {key!r}")
        return daemon

    def require_online(self) -> None:
        """Raise the connection's failure where only the swarm can tell."""
        if self._failure is not None:
            raise self._failure

    def is_first(self, topic: str) -> bool:
        """Say whether nobody has told this in this run yet; the caller is about to, once for all resources."""
        first = topic not in self._topics
        self._topics.add(topic)
        return first

    def warn_offline(self) -> None:
        """Say that the run goes by the state.

        A run reads its resources in one plugin process and checks them in another: whoever has a state to read says it,
        and Check only for resources that are new.
        """
        text = f"the preview compares with the state only, because offline_preview is set: {self._failure}"
        self.log.warn("", text)

    async def watcher(self) -> Watcher:
        """Return the one watcher of all waiting services."""
        swarm = await self.swarm()
        if self._watcher is None:
            self._watcher = Watcher(swarm, secrets=self.log.secrets)
        return self._watcher

    async def pruner(self) -> Pruner:
        """Return the one pruner of all families."""
        swarm = await self.swarm()
        if self._pruner is None:
            self._pruner = Pruner(swarm)
        return self._pruner

    def claim(self, kind: str, base: str, name: Any, urn: str) -> Claimed:
        """Note that the resource `urn` stands for this object.

        Raises:
            InputError: another resource of this run claimed it before.
        """
        self._urns.add(urn)
        earlier = self._claims.get((kind, base))
        if earlier is not None and earlier.urn != urn:
            raise InputError(
                f"{kind} {base!r} is claimed by two resources of this program ({earlier.urn} and {urn}); "
                f"set only one of them another name"
            )
        claimed = earlier or self._claims.setdefault((kind, base), Claimed(urn, name, base))
        claimed.name = name
        if isinstance(name, str):
            self._names[(kind, name)] = claimed
        return claimed

    def is_checked(self, urn: str) -> bool:
        """Say whether the program has registered this resource in this run."""
        return urn in self._urns

    def claimed(self, kind: str, name: str) -> Claimed | None:
        """Return the claim on an object by its base name, or by its actual name."""
        exact = self._names.get((kind, name))
        return exact if exact is not None and exact.name == name else self._claims.get((kind, name))

    def claimed_by_another(self, kind: str, base: str, urn: str) -> bool:
        """Say whether a resource other than `urn` stands for the object now."""
        claim = self._claims.get((kind, base))
        return claim is not None and claim.urn != urn

    def keeps(self, kind: str, base: str, urn: str) -> bool:
        """Say whether Delete has to leave the object: this run made it or took it over, or is about to.

        Objects that cannot be relabelled need this: `up --replace` creates before it deletes, under one name.
        """
        claim = self._claims.get((kind, base))
        return claim is not None and (claim.ready.is_set() or claim.urn != urn)

    def warn(self, urn: str, text: str, *, strict: Any = None) -> None:
        """Show a warning; with `strict`, the resource's or else the provider's, it is an error instead."""
        if self.settings.strict if strict is None else strict:
            raise InputError(f"{text} (an error because strict is set)")
        self.log.warn(urn, text)

    def foretell(self, urn: str, service: str, found: Restart) -> str:
        """Keep for the preview what the run will do to a service's tasks; return it in words.

        Args:
            urn: the resource whose change does it: the service itself, or what moves its tasks.
            service: the service's name in the swarm.
        """
        text = self.log.clean(sentence(found, service), limit=LONGEST_MESSAGE)
        reasons = [self.log.clean(reason) for reason in found.reasons]
        told = {"service": service, "text": text, **asdict(found), "reasons": reasons, "harmless": list(found.harmless)}
        self._forecasts.setdefault(urn, []).append(told)
        return text

    def foretold(self, urn: str) -> Json:
        """Return the forecasts of one resource as outputs of a preview; nothing of them is kept in the state."""
        found = self._forecasts.get(urn)
        return {FORECAST: found} if found else {}

    def advise(self, urn: str, advice: Iterable[tuple[str, str]], inputs: Json) -> None:
        """Show advice in one warning: what the resource's `advice`, or else the provider's, names; without one, all."""
        chosen = reveal(inputs.get("advice"))
        shown = self.settings.advice if chosen is None else chosen
        texts = [f"{text} ({name})" for name, text in advice if shown is None or name in shown]
        if texts:
            self.warn(urn, f"advice: {'; '.join(texts)}", strict=reveal(inputs.get("strict")))

    def tell_settings(self, urn: str, found: Json, outlook: str = "kept") -> None:
        """Show what the cluster has and inputs cannot say; `outlook` is what becomes of it."""
        text = kept_settings.kept(found, self.log.secrets, outlook)
        if text:
            self.log.info(urn, text)

    async def close(self) -> None:
        """End the connection, if there is one."""
        for task in filter(None, (self._connecting, *self._daemons.values())):
            if task.done() and not task.cancelled() and task.exception() is None:
                await task.result().close()
