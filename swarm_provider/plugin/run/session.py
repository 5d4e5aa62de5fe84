"""The connections of one configured provider, its settings, and how it speaks to the person."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, Protocol, cast

from swarm_provider.core import Items, Json
from swarm_provider.errors import ConnectionFailed, InputError
from swarm_provider.plan.change.kept_settings import Outlook, describe
from swarm_provider.plugin.protocol.engine_log import RESOURCE, EngineLog
from swarm_provider.plugin.run.nodes import hostname
from swarm_provider.plugin.run.settings import Settings
from swarm_provider.plugin.run.swarm import Offline, Swarm
from swarm_provider.rollout.prune import Pruner
from swarm_provider.rollout.watch import Watcher


class Reach(Protocol):
    """The ways to the daemons of one swarm."""

    async def swarm(self) -> Swarm:
        """Connect to the swarm. Raises ConnectionFailed."""
        ...

    async def node(self, host: str) -> Swarm:
        """Connect to the daemon of one node. Raises ConnectionFailed."""
        ...


class Session:
    """One configured provider on one swarm. What its run knows of resources is in `Run`."""

    def __init__(self, settings: Settings, log: EngineLog, ways: Reach, *, former: bool = False) -> None:
        self.settings = settings
        self.former = former
        """Whether the program's settings lead to another swarm by now: what is here is only read and removed."""
        self._ways = ways
        self.log = log
        self.cancelled = asyncio.Event()
        self.run_id = f"{datetime.now(UTC):%Y%m%dT%H%M%SZ}-{secrets.token_hex(4)}"
        """By which services tell which run changed them last; a later run has a higher one."""
        self.offline = False
        """Whether the swarm cannot be reached and the user allows a preview all the same; known once connected."""
        self._failure: ConnectionFailed | None = None
        self._connecting: asyncio.Task[Swarm] | None = None
        self.listened: Callable[[str, Items], None] | None = None
        """Takes each list that arrives."""
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
            with self.log.telling(RESOURCE.get(), "no response yet: connect to Docker"):
                return self._announced(await self._ways.swarm())
        except ConnectionFailed as error:
            if not self.settings.offline_preview:
                raise
            self.offline = True
            self._failure = error
            return cast(Swarm, Offline(error))

    def _announced(self, swarm: Swarm) -> Swarm:
        swarm.when_slow = self.log.slow
        swarm.listened = self.listened
        return swarm

    async def _connect_node(self, host: str) -> Swarm:
        with self.log.telling(RESOURCE.get(), f"no response yet: connect to {host}"):
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

    async def is_offline(self) -> bool:
        """Tell whether this run goes by the state because the swarm cannot be reached (offline_preview)."""
        await self.swarm()
        return self.offline

    def require_online(self) -> None:
        """Raise the connection's failure where only the swarm can tell."""
        if self._failure is not None:
            raise self._failure

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

    def is_strict(self, strict: Any) -> bool:
        """Tell whether warnings are errors, by the resource's `strict` or else the provider's."""
        return bool(self.settings.strict if strict is None else strict)

    def warn(self, urn: str, text: str, *, strict: Any = None) -> None:
        """Show a warning; with `strict`, the resource's or else the provider's, it is an error instead.

        Args:
            urn: the resource.
            text: the message.
            strict: the resource's setting; None: the provider's.
        """
        if self.is_strict(strict):
            raise InputError(f"{text} (an error because strict is set)")
        self.log.warn(urn, text)

    def tell_settings(self, urn: str, found: Json, outlook: Outlook = Outlook.KEPT) -> None:
        """Show what the cluster has and inputs cannot say; `outlook` is what becomes of it.

        Args:
            urn: the resource.
            found: path -> value, as `unmodelled` returns.
            outlook: what becomes of it.
        """
        text = describe(found, self.log.secrets, outlook)
        if text:
            self.log.info(urn, text)
