"""The calls to a swarm: list, inspect, create, update, remove per kind; tasks, logs, registries.

Plain dicts in Docker's API shape go in and come out, whatever fields they have. No decision is made here. What this
module adds to the API: names are matched exactly (the daemon also takes beginnings of names and ids), one list per
kind is shared by all callers, and another manager takes over when one is lost.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from swarm_provider.core import Items, Json, Texts
from swarm_provider.dockerapi import tasks
from swarm_provider.dockerapi.answers import Latest
from swarm_provider.dockerapi.calls import THREADS, Calls, auth_header
from swarm_provider.dockerapi.connection.connect import Peer
from swarm_provider.dockerapi.connection.failover import Link
from swarm_provider.dockerapi.connection.machine import MACHINE
from swarm_provider.dockerapi.connection.settings import ConnectionSettings
from swarm_provider.dockerapi.connection.transport import Answer, path_of
from swarm_provider.dockerapi.failures import NoLeader, Unanswered
from swarm_provider.dockerapi.kinds import Listing, exact, is_made_from, kind_of, marks
from swarm_provider.dockerapi.lists import Lists
from swarm_provider.dockerapi.questions import Questions
from swarm_provider.dockerapi.registries import Registries
from swarm_provider.errors import Conflict, NotFound

T = TypeVar("T")

CREATE_ATTEMPTS = 3
_ID = re.compile(r"[0-9a-z]{25}|[0-9a-f]{64}")


async def connect(settings: ConnectionSettings, *, manager: bool = True, cluster_id: str = "") -> Swarm:
    """Connect to the first usable manager among the hosts.

    Args:
        settings: where Docker is.
        manager: False takes any engine, for what a node itself has (volumes, containers).
        cluster_id: the swarm that it must be a manager of; "" for any.

    Raises:
        InputError: the settings cannot be used.
        ConnectionFailed: unreachable, not a manager, or too old; one line that says which and what to do.
    """
    pool = ThreadPoolExecutor(max_workers=THREADS, thread_name_prefix="docker")
    try:
        loop = asyncio.get_running_loop()
        link = await loop.run_in_executor(
            pool, lambda: Link(settings, manager=manager, cluster_id=cluster_id, machine=MACHINE)
        )
    except BaseException:
        pool.shutdown(wait=False, cancel_futures=True)
        raise
    return Swarm(Calls(link, pool))


class Swarm:
    """A swarm, through one of its managers. Made by `connect`; for use in one event loop.

    Kinds are `service`, `config`, `secret`, `network`, `volume`, `node` and `task`. Every call can raise
    ConnectionFailed (Unanswered when a write went out and its result is unknown) and DockerError.
    """

    def __init__(self, calls: Calls) -> None:
        self._calls = calls
        self._lists = Lists(self._list, lambda: calls.link.machine.monotonic())
        self._known: Latest[Listing] = Latest()
        self._known_tasks: Latest[Items] = Latest()
        self._registries = Registries(calls)
        self._questions = Questions(calls)
        self.listened: Callable[[str, Items], None] | None = None
        """Called with each list that arrives."""

    @property
    def when_slow(self) -> Callable[[str], None]:
        """Called with what a call does (`create service 'web'`) when it takes longer than two seconds."""
        return self._calls.when_slow

    @when_slow.setter
    def when_slow(self, told: Callable[[str], None]) -> None:
        self._calls.when_slow = told

    @property
    def api_version(self) -> str:
        """The version that is spoken, such as `1.41`."""
        return self._calls.link.peer.transport.version

    @property
    def peer(self) -> Peer:
        """The manager in use, and what it said of itself."""
        return self._calls.link.peer

    @property
    def addresses(self) -> tuple[str, ...]:
        """The addresses that the settings name, the one in use among them."""
        return tuple(endpoint.url for endpoint in self._calls.link.endpoints)

    @property
    def name(self) -> str:
        """The address of the manager in use, for messages."""
        return str(self._calls.link.peer.transport.endpoint)

    @property
    def origin(self) -> str:
        """Where that address comes from: `host`, `DOCKER_HOST`, `current docker context 'prod'`."""
        return self._calls.link.peer.transport.endpoint.origin

    @property
    def cluster_id(self) -> str:
        """The swarm's id, "" for an engine that is no manager."""
        return self._calls.link.peer.cluster_id

    @property
    def node_id(self) -> str:
        """The node that this connection ends on: the only one whose volumes and containers can be seen."""
        return self._calls.link.peer.node_id

    @property
    def now(self) -> int:
        """Nanoseconds since 1970, on the manager's clock."""
        return self._calls.link.machine.time_ns() + self._calls.link.peer.ahead_ns

    @property
    def engine_version(self) -> str:
        return self._calls.link.peer.engine

    async def list(self, kind: str, *, bypass_cache: bool = False, allow_stale: bool = False) -> Items:
        """Return all objects of a kind (GET /services, /configs ...), from one call that all callers share.

        The list and its objects are shared, too: do not change them. Own writes of the kind make the next call ask
        again.

        Args:
            kind: service, config, secret, network, volume, node or task.
            bypass_cache, allow_stale: ask again in any case; take the latest list, also where this process has written.
        """
        return (await self._lists.get(kind, bypass_cache=bypass_cache, allow_stale=allow_stale)).items

    async def find(self, kind: str, name: str, *, allow_stale: bool = False) -> Json | None:
        """Return the object of exactly this name or id, from the shared list.

        Args:
            kind, name, allow_stale: as for `list`; an id will do for the name.
        """
        recent = self._lists.lately(kind, name, lambda listing: [found] if (found := listing.exact(name)) else [])
        return recent[0] if recent else (await self._lists.get(kind, allow_stale=allow_stale)).exact(name)

    async def under(self, kind: str, how: Callable[[Items], Mapping[str, Items]], key: str) -> Items:
        """Return the objects that a view of the shared list has under a key; [] where it has none.

        Args:
            kind, how: as for `view`.
            key: an id, a name, or the value of a label.
        """
        return self.lately(kind, how, key) or (await self._lists.get(kind)).derive(how).get(key, [])

    def lately(self, kind: str, how: Callable[[Items], Mapping[str, Items]], key: str) -> Items:
        """Return the objects that a recent list has under a key; [] where it has none, or this process wrote to them.

        Args:
            kind, how, key: as for `under`.
        """
        return self._lists.lately(kind, key, lambda listing: listing.derive(how).get(key, []))

    async def view(self, kind: str, how: Callable[[Items], T], *, allow_stale: bool = False) -> T:
        """Return what a function makes of the shared list: called once per list, however many ask.

        Args:
            kind, allow_stale: as for `list`.
            how: a function of a module; what it returns is shared.
        """
        return (await self._lists.get(kind, allow_stale=allow_stale)).derive(how)

    async def labelled(self, kind: str, label: str, value: str) -> Items:
        """Return the objects of a kind with a label of this value, as they are now: a small answer in a large swarm.

        Args:
            kind, label, value: the kind of object, and the label's key and value.
        """
        return await self._questions.by_label(kind, label, value)

    async def inspect(self, kind: str, name_or_id: str) -> Json | None:
        """Return the object of exactly this name or id, or None when there is none.

        Raises:
            Conflict: the name is a node's, and several nodes have it.
        """
        how = kind_of(kind)
        operation = f"inspect {kind} {name_or_id!r}"
        if not name_or_id:
            return None
        if not how.filter_by_name or _ID.fullmatch(name_or_id):
            try:
                answer = await self._calls.read(path_of(f"{how.path}/{{}}", name_or_id), operation)
            except NotFound:
                if not how.filter_by_name:
                    return None
            else:
                one = exact(kind, [answer.json()], name_or_id)
                if one is not None or not how.filter_by_name:
                    return one
        return await self._questions.by_name(kind, name_or_id)

    async def get(self, kind: str, id: str) -> Json | None:
        """Return the object of exactly this whole id, as it is now; many that are asked for at once share calls."""
        return await self._questions.by_id(kind, id)

    async def create(self, kind: str, spec: Json, *, registry_auth: str | None = None) -> str:
        """Create a service, config, secret, network or volume and return its id (a volume's is its name).

        When a manager is lost in the middle, an object of that name with exactly these labels is taken for the one that
        was to be made: ours carry a random one.

        Args:
            kind: service, config, secret, network or volume.
            spec: the API's body for it (ServiceSpec, ConfigSpec ...; `Name` on top).
            registry_auth: for a service: the header that `encoded_auth(image)` gave.

        Raises:
            Conflict: the name is taken.
        """
        how = kind_of(kind)
        body = spec
        if kind == "network":
            # before API 1.44 a second local network of the same name would be made otherwise
            body = {"CheckDuplicate": True, **spec}
        operation = f"create {kind} {how.name_in_spec(spec)}".rstrip()
        lost: Exception | None = None
        for _ in range(CREATE_ATTEMPTS):
            try:
                answer = await self._write("POST", f"{how.path}/create", operation, kind, body=body, auth=registry_auth)
                answered: Json = answer.json() or {}
                return str(answered.get("ID") or answered.get("Id") or answered.get("Name") or "")
            except (Unanswered, NoLeader) as error:
                lost = error
            except Conflict:
                if lost is None:
                    raise
            # a manager was lost: it may have been made, or not; once there is another manager, it tells
            live = await self.inspect(kind, str(spec.get("Name")))
            if live is not None:
                if not is_made_from(spec, live):
                    raise lost
                return how.id_of(live)
        assert lost is not None
        raise lost

    async def update(
        self,
        kind: str,
        id: str,
        version: int,
        spec: Json,
        *,
        registry_auth: str | None = None,
        registry_auth_from: str | None = None,
        is_rollback: bool = False,
    ) -> Texts:
        """Update a service, config (labels), secret (labels) or node; return the daemon's warnings.

        Args:
            kind: service, config, secret or node.
            id, version: the whole id, and `Version.Index` of the object as it was read.
            spec: the whole new spec.
            registry_auth: header text of the login, None for none.
            registry_auth_from: `spec` or `previous-spec`: whose registry login stays without `registry_auth`.
            is_rollback: of a service: Swarm returns it to its previous spec, whatever `spec` says.

        Raises:
            OutOfSequence: the object changed since it was read.
        """
        how = kind_of(kind)
        query = {"version": str(version), **({"rollback": "previous"} if is_rollback else {})}
        if registry_auth_from is not None:
            query["registryAuthFrom"] = registry_auth_from
        path = path_of(f"{how.path}/{{}}/update", id)
        operation = f"update {kind} {how.name_in_spec(spec) or id}"
        answer = await self._write("POST", path, operation, kind, id, query=query, body=spec, auth=registry_auth)
        return [str(warning) for warning in (answer.json() or {}).get("Warnings") or []]

    async def update_cluster_volume(self, id: str, version: int, spec: Json) -> None:
        """Set the spec of a cluster volume, of which Docker changes the availability only.

        Args:
            id, version, spec: as for `update`.

        Raises:
            OutOfSequence: the volume changed since it was read.
        """
        path = path_of("/volumes/{}", id)
        await self._write(
            "PUT", path, f"update volume {id}", "volume", id, query={"version": str(version)}, body={"Spec": spec}
        )

    async def remove(self, kind: str, name_or_id: str, *, force: bool = False) -> bool:
        """Remove the object of exactly this name or id; False when it was gone already.

        Args:
            kind, name_or_id: what it is, and its name or id.
            force: of a cluster volume: at once, without its storage plugin.

        Raises:
            Conflict: it is in use.
        """
        how = kind_of(kind)
        target = name_or_id
        if how.filter_by_name and not _ID.fullmatch(name_or_id):
            # the daemon would also take this for the beginning of another object's id
            live = await self.inspect(kind, name_or_id)
            if live is None:
                return False
            target = how.id_of(live)
        try:
            # what was removed already is not found when it is asked for again
            operation = f"remove {kind} {name_or_id!r}"
            query = {"force": "true"} if force else None
            path = path_of(f"{how.path}/{{}}", target)
            await self._write("DELETE", path, operation, kind, target, query=query, again=True)
        except NotFound:
            return False
        return True

    async def tasks(self, *, service_ids: Iterable[str] | None = None) -> Items:
        """Return the tasks as they are now (GET /tasks), of these services; all when None. Do not change them."""
        return await tasks.of_services(self._calls, service_ids, self._known_tasks)

    async def task_logs(self, task_id: str, tail: int = 20) -> str:
        """Return the last lines that a task wrote, both streams, as they come within 5 seconds; "" when it is gone.

        Raises:
            DockerError: the node's logging driver keeps nothing to read, or nothing came.
        """
        return await tasks.logs(self._calls, task_id, tail)

    async def health_log(self, container_id: str) -> str | None:
        """Return what the last health check of a container printed; None unless the container is on this very node."""
        return await tasks.health_log(self._calls, container_id)

    async def distribution(self, image: str) -> Json:
        """Return what the image's registry says about it: `Descriptor` (with the digest) and `Platforms`.

        GET /distribution/IMAGE/json: the daemon asks the registry, with the login that is configured here.

        Raises:
            ImageNotFound, RegistryDenied, RegistryUnreachable, RegistryError: all of them DockerErrors.
            CredentialsFailed: there is a login, and it cannot be read.
        """
        return await self._registries.distribution(image)

    async def encoded_auth(self, image: str) -> str | None:
        """Return the login for an image's registry as header text, or None; each registry's is looked up once.

        Raises:
            CredentialsFailed: there is a login, and it cannot be read.
        """
        return await self._registries.encoded_auth(image)

    async def close(self) -> None:
        """End the connections. Calls that still wait for an answer are left to end by themselves."""
        self._lists.close()
        self._calls.close()

    async def _list(self, kind: str) -> Listing:
        how = kind_of(kind)
        answer = await self._calls.read(how.path, f"list {kind}s")

        def decoded(answer: Answer) -> Listing:
            # a service comes with its previous spec, and services of one stack are much alike
            items = how.items(answer.json(shared=True))
            if self.listened is not None:
                self.listened(kind, items)
            return Listing(kind, items)

        return self._known.value(kind, answer, decoded)

    async def _write(
        self,
        method: str,
        path: str,
        operation: str,
        kind: str,
        id: str = "",
        *,
        query: Mapping[str, str] | None = None,
        body: Json | None = None,
        auth: str | None = None,
        again: bool = False,
    ) -> Answer:
        try:
            return await self._calls.write(
                method, path, operation, query=query, body=body, headers=auth_header(auth), again=again
            )
        finally:
            # also after a failure: an unanswered call may have been done
            self._lists.forget(kind, marks(id, body))
