"""One story of calls to a swarm, and what a swarm answered: the same for an engine and for what stands in for it.

    python -m tests.support.swarm_calls [--engine NAME]

plays the story on an engine of its own and writes tests/data/answers/<api>.json: MemorySwarm answers out of it.
"""

from __future__ import annotations

import argparse
import asyncio
import base64
import json
import re
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

from swarm_provider.dockerapi import ConnectionSettings, connect
from swarm_provider.errors import DockerError
from swarm_provider.plugin.run.swarm import Swarm

Json = dict[str, Any]
ANSWERS = Path(__file__).parents[1] / "data" / "answers"
LABELS = {"team": "shop"}
_TASK = ("ID", "Version", "CreatedAt", "UpdatedAt", "Labels", "Spec", "ServiceID", "Slot", "NodeID", "DesiredState")
PREDEFINED = ("bridge", "docker_gwbridge", "host", "ingress", "none")


class Story:
    """Plays the calls, and keeps what was answered.

    Attributes:
        answers: what each call answered, by what the call is for.
        sent: what was sent, by the same words.
    """

    def __init__(self, swarm: Swarm) -> None:
        self.swarm = swarm
        self.answers: dict[str, Any] = {}
        self.sent: dict[str, Json] = {}

    async def _note(self, what: str, call: Awaitable[Any]) -> Any:
        try:
            answer = await call
        except DockerError as error:
            answer = {"error": type(error).__name__, "status": error.status, "message": error.message}
        self.answers[what] = answer
        return answer

    async def _create(self, what: str, kind: str, spec: Json) -> str:
        self.sent[what] = spec
        return str(await self._note(what, self.swarm.create(kind, spec)))

    async def play(self) -> None:
        """Play all of it. The swarm must be empty, and is again afterwards."""
        await self._note("nodes", self.swarm.list("node", bypass_cache=True))
        await self._versions("config")
        await self._versions("secret")
        await self._networks()
        await self._volumes()
        await self._services()
        await self._node()

    async def _versions(self, kind: str) -> None:
        swarm, name = self.swarm, f"{kind}-1"
        spec = {"Name": name, "Labels": LABELS, "Data": base64.b64encode(b"text").decode()}
        id = await self._create(f"{kind} create", kind, spec)
        live = await self._note(f"{kind} inspect", swarm.inspect(kind, name))
        await self._note(f"{kind} taken", swarm.create(kind, spec))
        await self._note(f"{kind} labelled", swarm.labelled(kind, "team", "shop"))
        await self._note(f"{kind} of other labels", swarm.labelled(kind, "team", "else"))
        await self._note(f"{kind} of a prefix", swarm.find(kind, name[:-1]))
        version = live["Version"]["Index"]
        changed = {**live["Spec"], "Labels": {"team": "till"}}
        await self._note(f"{kind} update", swarm.update(kind, id, version, changed))
        await self._note(f"{kind} updated", swarm.find(kind, name))
        await self._note(f"{kind} out of sequence", swarm.update(kind, id, version, changed))
        now = await swarm.inspect(kind, id)
        assert now is not None
        other = {**now["Spec"], "Data": base64.b64encode(b"other").decode()}
        await self._note(f"{kind} of other content", swarm.update(kind, id, now["Version"]["Index"], other))
        await self._note(f"{kind} get", swarm.get(kind, id))
        await self._note(f"{kind} remove", swarm.remove(kind, name))
        await self._note(f"{kind} remove again", swarm.remove(kind, name))
        await self._note(f"{kind} gone", swarm.inspect(kind, name))

    async def _networks(self) -> None:
        swarm = self.swarm
        listed = await swarm.list("network", bypass_cache=True)
        self.answers["networks"] = sorted(
            [item for item in listed if item["Name"] in PREDEFINED], key=lambda item: str(item["Name"])
        )
        spec = {"Name": "net", "Driver": "overlay", "Attachable": True, "Labels": LABELS}
        await self._create("network create", "network", spec)
        await until(lambda: self._is_allotted("net"))
        await self._note("network inspect", swarm.inspect("network", "net"))
        await self._note("network taken", swarm.create("network", spec))
        await self._note("network remove", swarm.remove("network", "net"))
        await self._note("network remove again", swarm.remove("network", "net"))

    async def _volumes(self) -> None:
        swarm = self.swarm
        spec = {"Name": "vol", "Driver": "local", "Labels": LABELS, "DriverOpts": {"type": "tmpfs", "device": "tmpfs"}}
        await self._create("volume create", "volume", spec)
        await self._note("volume inspect", swarm.inspect("volume", "vol"))
        await self._note("volume remove", swarm.remove("volume", "vol"))
        await self._note("volume remove again", swarm.remove("volume", "vol"))
        await self._note("volume gone", swarm.inspect("volume", "vol"))

    async def _services(self) -> None:
        swarm = self.swarm
        config = await swarm.create("config", {"Name": "conf", "Data": "eA=="})
        secret = await swarm.create("secret", {"Name": "word", "Data": "eA=="})
        net = await swarm.create("network", {"Name": "net", "Driver": "overlay"})
        await until(lambda: self._is_allotted(net))
        spec = service_spec("web")
        container = spec["TaskTemplate"]["ContainerSpec"]
        file = {"Name": "/x", "UID": "0", "GID": "0", "Mode": 292}
        container["Configs"] = [{"File": file, "ConfigID": config, "ConfigName": "conf"}]
        container["Secrets"] = [{"File": {**file, "Name": "word"}, "SecretID": secret, "SecretName": "word"}]
        spec["TaskTemplate"]["Networks"] = [{"Target": "net", "Aliases": ["web"]}]
        spec["EndpointSpec"] = {
            "Mode": "vip",
            "Ports": [{"Protocol": "tcp", "TargetPort": 80, "PublishedPort": 8099, "PublishMode": "ingress"}],
        }
        id = await self._create("service create", "service", spec)
        await self._until_running(id)
        live = await self._note("service inspect", swarm.inspect("service", "web"))
        tasks = await swarm.tasks(service_ids=[id])
        self.answers["service tasks"] = [{key: task[key] for key in _TASK} for task in tasks]
        await self._note("service taken", swarm.create("service", service_spec("web")))
        clash = {**service_spec("second"), "EndpointSpec": spec["EndpointSpec"]}
        await self._note("service port", swarm.create("service", clash))
        lost = service_spec("third")
        lost["TaskTemplate"]["Networks"] = [{"Target": "nowhere"}]
        await self._note("service network", swarm.create("service", lost))
        await self._note("config in use", swarm.remove("config", "conf"))
        await self._note("secret in use", swarm.remove("secret", "word"))
        await self._note("network in use", swarm.remove("network", "net"))
        version = live["Version"]["Index"]
        changed = {**live["Spec"], "Labels": {"team": "till"}}
        await self._note("service update", swarm.update("service", id, version, changed, registry_auth_from="spec"))
        await self._note("service updated", swarm.get("service", id))
        await self._note("service out of sequence", swarm.update("service", id, version, changed))
        now = await swarm.inspect("service", id)
        assert now is not None
        job = {**now["Spec"], "Mode": {"Global": {}}}
        await self._note("service of other mode", swarm.update("service", id, now["Version"]["Index"], job))
        on_host = service_spec("fourth")
        on_host["TaskTemplate"]["Networks"] = [{"Target": "host"}]
        await swarm.create("service", on_host)
        hosted = await swarm.inspect("service", "fourth")
        assert hosted is not None
        [network] = hosted["Spec"]["TaskTemplate"]["Networks"]
        await self._note("network of the swarm", swarm.inspect("network", network["Target"]))
        listed = await swarm.list("network", bypass_cache=True)
        self.answers["networks of the swarm that are listed"] = [
            item["Name"] for item in listed if item["Id"] == network["Target"]
        ]
        await swarm.remove("service", "fourth")
        await self._note("service remove", swarm.remove("service", "web"))
        await self._note("service gone", swarm.get("service", id))
        await until(lambda: self._has_no_tasks(id))
        for kind, name in (("config", "conf"), ("secret", "word"), ("network", "net")):
            await until(lambda kind=kind, name=name: removed(swarm, kind, name))  # type: ignore[misc]

    async def _is_allotted(self, network: str) -> bool:
        live = await self.swarm.inspect("network", network)
        return bool(live and live["Driver"])

    async def _has_no_tasks(self, id: str) -> bool:
        return not await self.swarm.tasks(service_ids=[id])

    async def _until_running(self, id: str) -> None:
        async def runs() -> bool:
            return any(task["Status"]["State"] == "running" for task in await self.swarm.tasks(service_ids=[id]))

        await until(runs)

    async def _node(self) -> None:
        swarm = self.swarm
        node = (await swarm.list("node", bypass_cache=True))[0]
        spec, version = node["Spec"], node["Version"]["Index"]
        changed = {**spec, "Labels": {"disk": "ssd"}}
        await self._note("node update", swarm.update("node", node["ID"], version, changed))
        await self._note("node updated", swarm.inspect("node", node["ID"]))
        await self._note("node out of sequence", swarm.update("node", node["ID"], version, changed))
        now = await swarm.inspect("node", node["ID"])
        assert now is not None
        await swarm.update("node", node["ID"], now["Version"]["Index"], spec)
        await self._note("node nobody has", swarm.inspect("node", "nobody"))


def service_spec(name: str) -> Json:
    """A service that says no more than it must."""
    return {
        "Name": name,
        "Labels": LABELS,
        "Mode": {"Replicated": {"Replicas": 1}},
        "TaskTemplate": {"ContainerSpec": {"Image": "bb:1"}},
    }


async def until(done: Callable[[], Awaitable[bool]]) -> None:
    """Wait for something that an engine does by itself."""
    for _ in range(300):
        if await done():
            return
        await asyncio.sleep(0.1)
    raise AssertionError("it did not come about in 30 s")


async def removed(swarm: Swarm, kind: str, name: str) -> bool:
    """Remove an object; False while something uses it still."""
    try:
        return await swarm.remove(kind, name) or True
    except DockerError:
        return False


_TIME = re.compile(r"\d{4}-\d\d-\d\dT[0-9:.]+Z|\d{4}-\d\d-\d\dT[0-9:.]+[+-]\d\d:\d\d")
_ID = re.compile(r"\b[0-9a-z]{25}\b|\b[0-9a-f]{64}\b")
_ADDRESS = re.compile(r"\b\d+\.\d+\.\d+\.\d+(/\d+)?\b")
_VXLAN = "com.docker.network.driver.overlay.vxlanid_list"
# what depends on the machine that the engine runs on, and on what ran there before
_OF_THE_MACHINE = frozenset({"Description", "ManagerStatus", "CreatedAt", "Mountpoint", "Addr", "Index", _VXLAN})


def comparable(value: Any, names: dict[str, str] | None = None) -> Any:
    """An answer without what no two engines have alike: times, addresses, counters; ids are numbered as they come."""
    names = {} if names is None else names
    if isinstance(value, dict):
        return {
            key: "..." if key in _OF_THE_MACHINE else comparable(item, names) for key, item in sorted(value.items())
        }
    if isinstance(value, list):
        return [comparable(item, names) for item in value]
    if isinstance(value, str):
        value = _ADDRESS.sub("<address>", _TIME.sub("<time>", value))
        return _ID.sub(lambda found: names.setdefault(found[0], f"<id {len(names)}>"), value)
    return value


async def recorded(host: str) -> tuple[str, Json]:
    """The API version of an engine, and what it says to the story."""
    swarm = await connect(ConnectionSettings(host=host))
    try:
        story = Story(swarm)
        await story.play()
        for node in [*story.answers["nodes"], story.answers["node updated"]]:
            # certificates and long lists of plugins
            node["Description"].pop("TLSInfo", None)
            node["Description"]["Engine"].pop("Plugins", None)
        return swarm.api_version, {"sent": story.sent, "answers": story.answers}
    finally:
        await swarm.close()


def main() -> None:
    """Record one engine."""
    from tests.support.engine import named_engine, start_engine

    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("--engine", default="", help="as for pytest")
    engine = start_engine(engine=named_engine(parser.parse_args().engine))
    try:
        engine.images("bb")
        api, story = asyncio.run(recorded(engine.host))
    finally:
        engine.down()
    ANSWERS.mkdir(parents=True, exist_ok=True)
    (ANSWERS / f"{api}.json").write_text(json.dumps(story, indent=1, sort_keys=True) + "\n")
    print(f"{ANSWERS / api}.json")


if __name__ == "__main__":
    main()
