"""Which swarm each resource of a state lives on, and who looks after it there.

A provider serves one swarm. When its settings lead to another one, what it made on the one before is still its own to
read and to remove: for each former swarm there is a session of its own, since nothing that this run makes on the new
swarm is known there.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace

from swarm_provider.core import Json
from swarm_provider.core.values import reveal
from swarm_provider.dockerapi import Swarm
from swarm_provider.errors import ConnectionFailed, GivenUp, InputError, SwarmLost, SwarmProviderError
from swarm_provider.plan.ownership.swarm_identity import KEY, Cluster, Record, given_up, leaving, moving, record_of
from swarm_provider.plugin.handlers.base import Handler
from swarm_provider.plugin.handlers.registry import handlers
from swarm_provider.plugin.protocol.engine_log import EngineLog
from swarm_provider.plugin.run.run import Run
from swarm_provider.plugin.run.session import Session
from swarm_provider.plugin.run.settings import Settings
from swarm_provider.plugin.swarms.configuration import before_ids, identified
from swarm_provider.plugin.swarms.reach import Ways, astray, straight_to


@dataclass(frozen=True)
class Home:
    """The swarm that a resource lives on.

    Attributes:
        run: what this run knows of the resources there, and the connection to it.
        handlers: those who look after resources there, by token.
    """

    run: Run
    handlers: Mapping[str, Handler]

    @property
    def session(self) -> Session:
        """The connection to it."""
        return self.run.session

    async def ready(self) -> None:
        """Connect to the swarm.

        Raises:
            SwarmLost: there is a new one in its place.
            GivenUp: it cannot be reached, and the user gives up what is there.
            ConnectionFailed: it cannot be reached.
        """
        settings = self.session.settings
        try:
            await self.session.swarm()
            if settings.delete_unreachable:
                # offline_preview has made no error of it
                self.session.require_online()
        except ConnectionFailed as error:
            if settings.delete_unreachable:
                raise GivenUp(given_up(settings.cluster, str(error))) from None
            raise

    def tell_where(self) -> None:
        """Say on which swarm this run works, where the settings or the environment lead to another one."""
        settings = self.session.settings
        if settings.cluster is not None and not self.session.former and self.run.is_first("where"):
            away = astray(settings.connection, settings.cluster)
            if away:
                self.session.log.info("", away)


class Homes:
    """The swarms of one configured provider."""

    def __init__(self, settings: Settings, record: Record | None, log: EngineLog, connected: Swarm | None) -> None:
        if record is not None:
            settings = replace(settings, cluster=record.current)
        self._settings = settings
        self._record = record if record is not None and record.current.id else None
        self._log = log
        self._elsewhere: dict[str, Cluster] = {}
        """Swarms of other providers of this program, by id."""
        self._asked: dict[str, Cluster] = {}
        self._moving: dict[str, Json] = {}
        """Inputs of what moves here, as they are on the swarm before."""
        self.current = self._home(settings, connected)
        self._former: dict[str, Home] = {}

    def _home(self, settings: Settings, connected: Swarm | None = None, *, former: bool = False) -> Home:
        run = Run(Session(settings, self._log, Ways(settings, connected), former=former))
        return Home(run, handlers(run))

    def of(self, mark: str) -> Home:
        """Return the home of a resource whose state has this mark.

        Raises:
            SwarmProviderError: neither the settings nor the state say where that swarm is.
        """
        if self._record is None:
            # the state is from before there were records, or the swarm could not be asked
            return self.current
        id = self._record.home(mark)
        if id == self._record.current.id:
            return self.current
        cluster = self._record.find(id)
        if cluster is None:
            raise SwarmProviderError(
                f"this resource is on swarm {id}, and this provider manages {self._record.current}: run without "
                f"--run-program, so that its earlier provider reads and deletes it there"
            )
        if id not in self._former:
            connection = straight_to(self._settings.connection, cluster)
            self._former[id] = self._home(replace(self._settings, connection=connection, cluster=cluster), former=True)
        return self._former[id]

    def registered(self, urn: str, olds: Json) -> Json:
        """Note that the program has this resource; return the old inputs that its Check is to have.

        Pulumi checks a replacement as if there had been nothing before. What moves keeps its family, and the key of its
        names: they are the same on the other swarm, and the preview knows them.
        """
        self.current.run.register(urn)
        return olds or self._moving.get(urn, {})

    def is_registered(self, urn: str) -> bool:
        """Tell whether the program has this resource; before it runs, nothing is."""
        return self.current.run.is_checked(urn)

    def moves(self, urn: str, mark: str) -> bool:
        """Tell whether the program has a resource that lives on another swarm than the one that the settings lead to.

        The refresh before a run asks for differences, too: those are with what lives there.
        """
        record = self._record
        return self.is_registered(urn) and record is not None and record.home(mark) != record.current.id

    async def move(self, mark: str, urn: str, olds: Json) -> None:
        """Say that everything moves to the swarm of the settings; once, however many resources do.

        Args:
            mark: the swarm that the state names, "" for none.
            urn: the resource.
            olds: the inputs in the state.

        Raises:
            ConnectionFailed: the swarm that this one lives on cannot be reached, so that it could not be removed.
            InputError: data would be lost.
        """
        assert self._record is not None
        self._moving[urn] = olds
        id = self._record.home(mark)
        old = self._record.find(id)
        theirs = old is None or id in self._elsewhere
        if theirs and "swarm:index:Volume::" in urn and reveal(olds.get("deleteOnDestroy")):
            # the other provider cannot tell this from a volume that the program no longer has
            raise InputError(
                f"volume {olds.get('name')!r} would be removed with its data on swarm {id}, since delete_on_destroy is "
                f"set; run `pulumi up` without that first"
            )
        if old is not None:
            try:
                await self.of(mark).ready()
            except SwarmLost as error:
                self._log.warn("", str(error))
                return
            except GivenUp as error:
                self._log.warn("", str(error))
                self._log.warn("", leaving(old, self._record.current))
                return
        old = old or self._elsewhere.get(id) or Cluster(id, "an address that its own provider knows")
        self._log.warn("", moving(old, self._record.current))

    async def differ(self, other: Json) -> bool:
        """Tell whether another provider's resources, which come to this one, have to be recreated.

        Args:
            other: that provider's inputs. Where they know their swarm, its resources have marks, and Diff decides.

        Raises:
            ConnectionFailed: the inputs do not know their swarm, and it cannot be asked.
        """
        before = record_of(other)
        if before is not None and before.current.id:
            self._elsewhere[before.current.id] = before.current
            return False
        if self._record is None or KEY in other:
            return False
        key = json.dumps(reveal(other), sort_keys=True)
        if key not in self._asked:
            addresses = (await self.current.session.swarm()).addresses
            self._asked[key] = await identified(before_ids(other), self._settings, self._record.current, addresses)
        old = self._asked[key]
        if old.id == self._record.current.id:
            return False
        self._log.warn("", moving(old, self._record.current))
        return True

    def cancel(self) -> None:
        """Let nothing wait any longer."""
        for home in (self.current, *self._former.values()):
            home.session.cancelled.set()
