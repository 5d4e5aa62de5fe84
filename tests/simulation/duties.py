"""Scripts of what people and machines do to a swarm, step by step: played on real engines, and on the model.

Each script notes what may be observed: what a call was answered, and how a service is once it is at rest. Ids and what
only the pace decides are left out, so that two honest swarms note the same lines.
"""

from __future__ import annotations

import asyncio
import base64
import collections
import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, Final, Protocol

from swarm_provider.dockerapi.api import Swarm
from swarm_provider.errors import DockerError, SwarmProviderError
from swarm_provider.rollout.retry import update_with_retry
from tests.rollout.scenarios import GLOBAL, SECOND, on, replicated_job, restart, service, shell, update

Json = dict[str, Any]
LOOK_EVERY_S: Final = 0.25
STILL_S: Final = 3.5
"""How long nothing must change until a service is at rest: longer than a restart is delayed, or an update watched."""
LONGEST_S: Final = 120.0
_PASSING: Final = re.compile(
    r"\d (new|allocated|assigned|accepted|preparing|ready|starting|pending(?! \())|; (updating|rollback_started)"
)
"""What a service shows that is not at rest, however slow its machine."""
_ID: Final = re.compile(r"\b(?=[0-9a-z]*\d)[0-9a-z]{25}\b")
QUICK: Final = update(Parallelism=1, Monitor=SECOND)


class Machines(Protocol):
    """The nodes, as somebody who stands beside them has them."""

    async def stop(self, number: int) -> None:
        """Pull a node's plug; numbers begin with 1."""

    async def start(self, number: int) -> None:
        """Let it run again."""


class Playing:
    """One script under way.

    Attributes:
        lines: what was observed.
    """

    def __init__(self, name: str, swarm: Swarm, machines: Machines) -> None:
        self._prefix = f"d-{name}"
        self.swarm = swarm
        self.machines = machines
        self.lines: list[str] = []
        self._ids: dict[str, str] = {}

    def note(self, text: str) -> None:
        for id in sorted(self._ids.values(), key=len, reverse=True):
            text = text.replace(id, "<id>")
        self.lines.append(_ID.sub("<id>", text.replace(f"{self._prefix}-", "")))

    def named(self, name: str) -> str:
        return f"{self._prefix}-{name}"

    async def _tried(self, what: str, call: Awaitable[Any]) -> Any:
        try:
            found = await call
        except SwarmProviderError as error:
            status = f"{error.status} " if isinstance(error, DockerError) else ""
            self.note(f"{what}: {status}{type(error).__name__}: {_words(str(error))}")
            return None
        self.note(f"{what}: done")
        return found

    # -------------------------------------------------------------------------- what is done

    async def make(self, kind: str, name: str, spec: Json | None = None) -> None:
        body = {**(spec or {}), "Name": self.named(name)}
        if kind in ("config", "secret"):
            body["Data"] = base64.b64encode(name.encode()).decode()
        elif kind == "network":
            body.setdefault("Driver", "overlay")
        made = await self._tried(f"create {kind} {name}", self.swarm.create(kind, body))
        if made:
            self._ids[f"{kind} {name}"] = made

    async def change(self, name: str, how: Callable[[Json], Json], *, rollback: bool = False) -> None:
        """Change a service."""
        live = await self.swarm.get("service", self._ids[f"service {name}"])
        assert live is not None
        sent = self.swarm.update(
            "service", live["ID"], live["Version"]["Index"], how(live["Spec"]), is_rollback=rollback
        )
        await self._tried(f"{'roll back' if rollback else 'update'} service {name}", sent)

    async def outdated(self, name: str) -> None:
        """Change a service by a version that it has no longer."""
        live = await self.swarm.get("service", self._ids[f"service {name}"])
        assert live is not None
        await self._tried(f"update of an older {name}", self.swarm.update("service", live["ID"], 1, live["Spec"]))

    async def remove(self, kind: str, name: str) -> None:
        await self._tried(f"remove {kind} {name}", self.swarm.remove(kind, self.named(name)))

    async def node(self, number: int = 1, *, labels: Json | None = None, **spec: str) -> None:
        """Change a node."""

        def change(live: Json) -> Json:
            own = {**live["Spec"], **spec}
            return own if labels is None else {**own, "Labels": labels}

        id = (await self._nodes())[number - 1]["ID"]
        await self._tried(f"node {number} {spec or labels}", update_with_retry(self.swarm, "node", id, change))

    async def _nodes(self) -> list[Json]:
        found = await self.swarm.list("node", bypass_cache=True)
        return sorted(found, key=lambda node: str(node["Description"]["Hostname"]))

    # ------------------------------------------------------------------------ what is observed

    def spec(self, name: str, image: str = "bb:1", **rest: Any) -> Json:
        return service(self.named(name), image, **{**QUICK, **rest})

    def uses(self, kind: str, *names: str) -> Json:
        """The container's configs or secrets."""
        key = kind.capitalize()
        entries = [
            {
                f"{key}ID": self._ids[f"{kind} {name}"],
                f"{key}Name": self.named(name),
                "File": {"Name": f"/{name}", "UID": "0", "GID": "0", "Mode": 0o444},
            }
            for name in names
        ]
        return {f"{key}s": entries}

    def id(self, kind: str, name: str) -> str:
        return self._ids[f"{kind} {name}"]

    async def rest(self, *names: str) -> None:
        """Wait until services are at rest, and note how they are."""
        loop = asyncio.get_running_loop()
        end = loop.time() + LONGEST_S
        seen, since = await self._look(names), loop.time()
        while (loop.time() - since < STILL_S or any(map(_PASSING.search, seen))) and loop.time() < end:
            await asyncio.sleep(LOOK_EVERY_S)
            now = await self._look(names)
            if now != seen:
                seen, since = now, loop.time()
        for line in seen:
            self.note(line)

    async def _look(self, names: tuple[str, ...]) -> list[str]:
        nodes = {node["ID"]: node["Description"]["Hostname"] for node in await self._nodes()}
        return [await self._line(name, nodes) for name in names]

    async def _line(self, name: str, nodes: dict[str, str]) -> str:
        live = await self.swarm.get("service", self._ids[f"service {name}"])
        if live is None:
            return f"{name} is gone"
        tasks = await self.swarm.tasks(service_ids=[live["ID"]])
        wanted: collections.Counter[str] = collections.Counter()
        ended: set[str] = set()
        for task in tasks:
            state, error = task["Status"]["State"], _words(str(task["Status"].get("Err") or ""))
            text = f"{state} ({error})" if error else state
            if task["DesiredState"] in ("running", "ready", "complete") and state not in ("failed", "rejected"):
                wanted[text] += 1
            elif state in ("failed", "rejected", "complete"):
                ended.add(text)
        where = collections.Counter(task.get("NodeID", "") for task in tasks if task["Status"]["State"] == "running")
        spread = sorted(where.values(), reverse=True)
        status = (live.get("UpdateStatus") or {}).get("State", "no update")
        listed = ", ".join(f"{count} {text}" for text, count in sorted(wanted.items())) or "nothing"
        told = f"{name}: {listed}; on nodes {spread}; {status}; previous {'PreviousSpec' in live}"
        return told + (f"; ended: {', '.join(sorted(ended))}" if ended else "")


def _words(error: str) -> str:
    """An error without what containerd adds, and without what its caller was doing."""
    return " ".join(error.split())


@dataclass(frozen=True)
class Script:
    """One of them.

    Attributes:
        nodes: of the swarm that it needs.
        managers: how many of these are managers.
    """

    name: str
    play: Callable[[Playing], Awaitable[None]]
    nodes: int = 1
    managers: int = 1


def _image(image: str) -> Callable[[Json], Json]:
    return lambda spec: _container(spec, Image=image)


def _container(spec: Json, **more: Any) -> Json:
    template = spec["TaskTemplate"]
    return {**spec, "TaskTemplate": {**template, "ContainerSpec": {**template["ContainerSpec"], **more}}}


def _replicas(number: int) -> Callable[[Json], Json]:
    return lambda spec: {**spec, "Mode": {"Replicated": {"Replicas": number}}}


# --------------------------------------------------------------------------------------- the scripts


async def _with_the_first_of_two(it: Playing, kind: str, **options: Any) -> None:
    """Make two versions, and the service `web`, which uses the first."""
    await it.make(kind, "one")
    await it.make(kind, "two")
    await it.make("service", "web", it.spec("web", container=it.uses(kind, "one"), **options))
    await it.rest("web")


async def _take_the_second(it: Playing, kind: str) -> None:
    await it.change("web", lambda spec: _container(spec, **it.uses(kind, "two")))
    await it.rest("web")


async def _remove_both(it: Playing, kind: str) -> None:
    await it.remove(kind, "one")
    await it.remove(kind, "two")


async def rotation(it: Playing) -> None:
    """A config gets a new version; the old one goes once nothing uses it."""
    await _with_the_first_of_two(it, "config", replicas=2)
    await it.remove("config", "one")
    await _take_the_second(it, "config")
    await _remove_both(it, "config")


async def rotation_of_secret(it: Playing) -> None:
    await _with_the_first_of_two(it, "secret", **update(Order="start-first", Monitor=SECOND))
    await _take_the_second(it, "secret")
    await _remove_both(it, "secret")


async def rollback_after_rotation(it: Playing) -> None:
    """What the previous spec uses is still there."""
    await _with_the_first_of_two(it, "config")
    await _take_the_second(it, "config")
    await it.change("web", lambda spec: spec, rollback=True)
    await it.rest("web")
    await _remove_both(it, "config")


async def removal_of_what_is_used(it: Playing) -> None:
    await it.make("network", "net")
    await it.make("secret", "pass")
    template = {"Networks": [{"Target": it.id("network", "net")}]}
    await it.make("service", "web", it.spec("web", container=it.uses("secret", "pass"), task=template))
    await it.rest("web")
    await it.remove("network", "net")
    await it.remove("secret", "pass")


async def names_that_are_taken(it: Playing) -> None:
    for kind in ("config", "secret", "network"):
        await it.make(kind, "same")
        await it.make(kind, "same")
    await it.make("service", "same", it.spec("same"))
    await it.make("service", "same", it.spec("same"))


async def update_of_an_older_version(it: Playing) -> None:
    await it.make("service", "web", it.spec("web"))
    await it.rest("web")
    await it.outdated("web")
    await it.change("web", lambda spec: {**spec, "Mode": GLOBAL})


async def drain(it: Playing) -> None:
    await it.make("service", "web", it.spec("web", replicas=2))
    await it.rest("web")
    await it.node(Availability="drain")
    await it.rest("web")
    await it.node(Availability="active")
    await it.rest("web")


async def drain_of_global(it: Playing) -> None:
    await it.make("service", "agent", it.spec("agent", mode=GLOBAL))
    await it.rest("agent")
    await it.node(Availability="drain")
    await it.rest("agent")
    await it.change("agent", _image("bb:2"))
    await it.rest("agent")
    await it.node(Availability="active")
    await it.rest("agent")


async def pause(it: Playing) -> None:
    await it.make("service", "web", it.spec("web"))
    await it.rest("web")
    await it.node(Availability="pause")
    await it.change("web", _replicas(2))
    await it.rest("web")
    await it.node(Availability="active")
    await it.rest("web")


async def label_that_goes(it: Playing) -> None:
    await it.node(labels={"disk": "ssd"})
    await it.make("service", "web", it.spec("web", replicas=2, task=on("node.labels.disk == ssd")))
    await it.rest("web")
    await it.node(labels={"disk": "hdd"})
    await it.rest("web")
    await it.node(labels={"disk": "ssd"})
    await it.rest("web")
    await it.node(labels={})


async def label_of_global(it: Playing) -> None:
    await it.make("service", "agent", it.spec("agent", mode=GLOBAL, task=on("node.labels.disk == ssd")))
    await it.rest("agent")
    await it.node(labels={"disk": "ssd"})
    await it.rest("agent")
    await it.node(labels={})
    await it.rest("agent")


async def label_of_nobody(it: Playing) -> None:
    """A label that no constraint names moves nothing."""
    await it.make("service", "web", it.spec("web", task=on("node.labels.disk != ssd")))
    await it.rest("web")
    await it.node(labels={"rack": "7"})
    await it.rest("web")
    await it.node(labels={})


async def job_on_a_drained_node(it: Playing) -> None:
    await it.node(Availability="drain")
    await it.make("service", "job", _job(it))
    await it.rest("job")
    await it.node(Availability="active")
    await it.rest("job")


def _job(it: Playing) -> Json:
    return service(it.named("job"), mode=replicated_job(2, 1), container=shell("sleep 1"), task=restart("none"))


async def job_that_is_changed(it: Playing) -> None:
    await it.make("config", "one")
    await it.make("service", "job", _job(it))
    await it.rest("job")
    await it.change("job", lambda spec: _container(spec, **it.uses("config", "one")))
    await it.rest("job")
    await it.remove("config", "one")


async def scaled_to_none_and_back(it: Playing) -> None:
    await it.make("service", "web", it.spec("web", replicas=2))
    await it.rest("web")
    await it.change("web", _replicas(0))
    await it.rest("web")
    await it.change("web", lambda spec: _replicas(1)(_image("bb:2")(spec)))
    await it.rest("web")


async def port_that_is_taken(it: Playing) -> None:
    port: Json = {"EndpointSpec": {"Ports": [{"Protocol": "tcp", "TargetPort": 80, "PublishedPort": 18080}]}}
    await it.make("service", "web", it.spec("web", **port))
    await it.rest("web")
    await it.make("service", "other", it.spec("other", **port))
    await it.remove("service", "web")
    await it.make("service", "other", it.spec("other", **port))
    await it.rest("other")


async def spread_and_lost_node(it: Playing) -> None:
    """Three nodes: what is on one that is lost starts on the others, and stays there."""
    await it.make("service", "web", it.spec("web", replicas=3))
    await it.make("service", "agent", it.spec("agent", mode=GLOBAL))
    await it.rest("web", "agent")
    await it.machines.stop(3)
    await asyncio.sleep(20.0)
    await it.rest("web")
    await it.machines.start(3)
    await asyncio.sleep(20.0)
    await it.rest("web", "agent")


async def drain_of_one_of_three(it: Playing) -> None:
    await it.make("service", "web", it.spec("web", replicas=3))
    await it.make("service", "agent", it.spec("agent", mode=GLOBAL))
    await it.rest("web", "agent")
    await it.node(2, Availability="drain")
    await it.rest("web", "agent")
    await it.node(2, Availability="active")
    await it.rest("web", "agent")


async def leader_that_is_lost(it: Playing) -> None:
    """The first manager, which is asked, is lost: another one takes over, and nothing that runs elsewhere restarts."""
    await it.make("service", "web", it.spec("web", replicas=2, task=on("node.hostname != node1")))
    await it.rest("web")
    await it.machines.stop(1)
    await it.change("web", _replicas(3))
    await it.rest("web")
    await it.machines.start(1)


SCRIPTS: Final = (
    Script("rotation", rotation),
    Script("rotation-of-secret", rotation_of_secret),
    Script("rollback-after-rotation", rollback_after_rotation),
    Script("removal-of-what-is-used", removal_of_what_is_used),
    Script("names-that-are-taken", names_that_are_taken),
    Script("update-of-an-older-version", update_of_an_older_version),
    Script("drain", drain),
    Script("drain-of-global", drain_of_global),
    Script("pause", pause),
    Script("label-that-goes", label_that_goes),
    Script("label-of-global", label_of_global),
    Script("label-of-nobody", label_of_nobody),
    Script("job-on-a-drained-node", job_on_a_drained_node),
    Script("job-that-is-changed", job_that_is_changed),
    Script("scaled-to-none-and-back", scaled_to_none_and_back),
    Script("port-that-is-taken", port_that_is_taken),
    Script("spread-and-lost-node", spread_and_lost_node, nodes=3),
    Script("drain-of-one-of-three", drain_of_one_of_three, nodes=3),
    Script("leader-that-is-lost", leader_that_is_lost, nodes=3, managers=3),
)
