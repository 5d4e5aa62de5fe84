"""A swarm in memory: what it answers was recorded from real engines, with the names and specs of a test put in.

It keeps objects, refuses what Swarm refuses, and runs every task at once. `tests/plugin/test_memory_swarm.py` holds it
against the recordings, and `test_memory_swarm_live.py` against an engine.
"""

from __future__ import annotations

import asyncio
import copy
import json
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final, TypeVar

from swarm_provider.dockerapi import ImageNotFound
from swarm_provider.dockerapi.kinds import KINDS, Listing, exact, kind_of
from swarm_provider.errors import Conflict, DockerError, NotFound, OutOfSequence
from tests.support.swarm_calls import ANSWERS

Json = dict[str, Any]
Items = list[Json]
Texts = list[str]
T = TypeVar("T")

_ERRORS: Final = {kind.__name__: kind for kind in (Conflict, DockerError, NotFound, OutOfSequence)}
_ALPHABET: Final = "0123456789abcdefghijklmnopqrstuvwxyz"
NOW: Final = 1_800_000_000_000_000_000
"""What time it is there, in nanoseconds."""


@dataclass(frozen=True)
class Call:
    """A call that changes something: `create`, `update` or `remove`, of what, and what was sent."""

    method: str
    kind: str
    name: str
    body: Json | None = None


class MemorySwarm:
    """Implements `plugin.run.swarm.Swarm`.

    Args:
        nodes: host names; the first is the manager that is spoken to.

    Attributes:
        changes: the calls that would change an engine, in their order, those that fail among them.
        asked: what was asked of registries, and of single objects.
        images: what a registry says of an image; an error is raised. It does not have others.
        faults: what a change of an object answers instead, by method, kind and name; `*` is any name.
    """

    def __init__(self, api_version: str = "1.41", nodes: tuple[str, ...] = ("node1",)) -> None:
        recorded = json.loads((ANSWERS / f"{api_version}.json").read_text())
        self._sent: Json = recorded["sent"]
        self._answers: Json = recorded["answers"]
        self.api_version = api_version
        self.addresses: tuple[str, ...] = ("memory://swarm",)
        self.name = "memory://swarm"
        self.cluster_id = "swarm-in-memory"
        self.now = NOW
        self.when_slow: Callable[[str], None] = lambda call: None
        self.listened: Callable[[str, Items], None] | None = None
        self.changes: list[Call] = []
        self.asked: list[tuple[str, str]] = []
        self.images: dict[str, Json | DockerError] = {}
        self.faults: dict[tuple[str, str, str], DockerError] = {}
        self._index = 100
        self._ids = 0
        self._objects: dict[str, dict[str, Json]] = {kind: {} for kind in KINDS}
        self._shared: dict[str, Listing] = {}
        self._latest: dict[str, Listing] = {}
        self._unlisted = {self._answers["network of the swarm"]["Id"]: self._answers["network of the swarm"]}
        for network in self._answers["networks"]:
            self._objects["network"][network["Id"]] = copy.deepcopy(network)
        for name in nodes:
            self.add_node(name)
        self.node_id = next(iter(self._objects["node"]), "")

    # ------------------------------------------------------ what a test arranges

    def add_node(self, name: str, labels: Mapping[str, str] | None = None, **spec: Any) -> str:
        """Let a node join; returns its id."""
        node = copy.deepcopy(self._answers["nodes"][0])
        id = node["ID"] = self._id()
        node["Description"]["Hostname"] = name
        node["Spec"] = {**node["Spec"], "Labels": dict(labels or {}), **spec}
        self._objects["node"][id] = node
        return id

    def has_image(self, image: str, digit: str, *platforms: tuple[str, str]) -> str:
        """Let the image's registry have it, with a digest of this digit; returns the digest."""
        digest = f"sha256:{digit * 64}"
        listed = [{"architecture": architecture, "os": system} for architecture, system in platforms]
        self.images[image] = {"Descriptor": {"digest": digest}, "Platforms": listed}
        return digest

    def install(self, kind: str, name: str) -> None:
        """Give every node a plugin; as recorded, they have none."""
        for node in self._objects["node"].values():
            node["Description"]["Engine"].setdefault("Plugins", []).append({"Type": kind, "Name": name})

    def put(self, kind: str, spec: Json) -> Json:
        """Let somebody else make an object: no call of ours, and no list knows it yet. Returns it."""
        return self._objects[kind][self._made(kind, spec)]

    def edit(self, kind: str, name: str, change: Callable[[Json], None]) -> None:
        """Let somebody else change an object in place, its version with it."""
        live = self._require(kind, name)
        change(live)
        self._touch(live)

    def drop(self, kind: str, name: str) -> None:
        """Let somebody else remove an object."""
        self._forget(kind, KINDS[kind].id_of(self._require(kind, name)))

    def live(self, kind: str, name: str) -> Json | None:
        """An object as it is, whatever lists say."""
        if kind == "network" and name in self._unlisted:
            found: Json = self._unlisted[name]
            return found
        return exact(kind, self._objects[kind].values(), name)

    def names(self, kind: str) -> list[str]:
        """Names of all objects of a kind that were made here."""
        known = [item["Name"] for item in self._answers["networks"]] if kind == "network" else []
        names = [KINDS[kind].name_of(item) for item in self._objects[kind].values()]
        return sorted(name for name in names if name not in known)

    def _require(self, kind: str, name: str) -> Json:
        live = self.live(kind, name)
        assert live is not None, f"there is no {kind} {name!r}"
        return live

    def connected(self) -> None:
        """Let a new process connect: it has no lists yet."""
        self._shared.clear()
        self._latest.clear()

    # ------------------------------------------------------------------- reading

    async def list(self, kind: str, *, bypass_cache: bool = False, allow_stale: bool = False) -> Items:
        return self._listing(kind, bypass_cache, allow_stale).items

    async def find(self, kind: str, name: str, *, allow_stale: bool = False) -> Json | None:
        return self._listing(kind, False, allow_stale).exact(name)

    async def view(self, kind: str, how: Callable[[Items], T], *, allow_stale: bool = False) -> T:
        return self._listing(kind, False, allow_stale).derive(how)

    async def under(self, kind: str, how: Callable[[Items], Mapping[str, Items]], key: str) -> Items:
        return self._listing(kind, False, False).derive(how).get(key, [])

    def lately(self, kind: str, how: Callable[[Items], Mapping[str, Items]], key: str) -> Items:
        # any write of the kind has dropped it
        return self._shared[kind].derive(how).get(key, []) if kind in self._shared else []

    def _listing(self, kind: str, bypass_cache: bool, allow_stale: bool) -> Listing:
        if allow_stale and kind in self._latest:
            return self._latest[kind]
        if bypass_cache or kind not in self._shared:
            items = copy.deepcopy([*self._objects[kind_of_known(kind)].values()])
            self._shared[kind] = self._latest[kind] = Listing(kind, items)
            if self.listened is not None:
                self.listened(kind, items)
        return self._shared[kind]

    async def labelled(self, kind: str, label: str, value: str) -> Items:
        await asyncio.sleep(0)
        found = self._objects[kind].values()
        return copy.deepcopy([item for item in found if (item["Spec"].get("Labels") or {}).get(label) == value])

    async def inspect(self, kind: str, name_or_id: str) -> Json | None:
        await asyncio.sleep(0)
        self.asked.append((kind, name_or_id))
        return copy.deepcopy(self.live(kind, name_or_id)) if name_or_id else None

    async def get(self, kind: str, id: str) -> Json | None:
        await asyncio.sleep(0)
        return copy.deepcopy(self._objects[kind].get(id))

    async def tasks(self, *, service_ids: Iterable[str] | None = None) -> Items:
        await asyncio.sleep(0)
        wanted = None if service_ids is None else set(service_ids)
        found = self._objects["task"].values()
        return copy.deepcopy([task for task in found if wanted is None or task["ServiceID"] in wanted])

    async def task_logs(self, task_id: str, tail: int = 20) -> str:
        return ""

    async def health_log(self, container_id: str) -> str | None:
        return None

    async def distribution(self, image: str) -> Json:
        await asyncio.sleep(0)
        self.asked.append(("image", image))
        answer = self.images.get(image)
        if answer is None:
            raise ImageNotFound(f"manifest unknown: {image}", status=404)
        if isinstance(answer, DockerError):
            raise answer
        return answer

    async def encoded_auth(self, image: str) -> str | None:
        return None

    async def close(self) -> None:
        """Nothing is open."""

    # ------------------------------------------------------------------- writing

    async def create(self, kind: str, spec: Json, *, registry_auth: str | None = None) -> str:
        await self._changing("create", kind, str(spec["Name"]), spec)
        return self._made(kind, spec)

    async def update(
        self,
        kind: str,
        id: str,
        version: int,
        spec: Json,
        *,
        registry_auth: str | None = None,
        registry_auth_from: str | None = None,
    ) -> Texts:
        live = self._objects[kind].get(id)
        await self._changing("update", kind, id if live is None else KINDS[kind].name_of(live), spec)
        if live is None:
            raise NotFound(f"{kind} {id} not found", status=404)
        if version != live["Version"]["Index"]:
            raise self._error(f"{kind} out of sequence")
        if kind in ("config", "secret"):
            if {**spec, "Labels": None} != {**live["Spec"], "Labels": None}:
                raise self._error(f"{kind} of other content")
            live["Spec"] = {**live["Spec"], "Labels": copy.deepcopy(spec.get("Labels"))}
        elif kind == "service":
            self._update_service(live, spec)
        else:
            live["Spec"] = copy.deepcopy(spec)
        self._touch(live)
        return []

    async def update_cluster_volume(self, id: str, version: int, spec: Json) -> None:
        await self._changing("update", "volume", id, spec)
        raise NotImplementedError("no engine has a storage plugin here")

    async def remove(self, kind: str, name_or_id: str, *, force: bool = False) -> bool:
        live = self.live(kind, name_or_id)
        await self._changing("remove", kind, name_or_id if live is None else KINDS[kind].name_of(live), None)
        if live is None:
            return False
        self._require_unused(kind, live)
        self._forget(kind, KINDS[kind].id_of(live))
        return True

    async def _changing(self, method: str, kind: str, name: str, body: Json | None) -> None:
        await asyncio.sleep(0)
        self.changes.append(Call(method, kind, name, copy.deepcopy(body)))
        self._shared.pop(kind, None)
        fault = self.faults.get((method, kind, name)) or self.faults.get((method, kind, "*"))
        if fault is not None:
            raise fault

    # ------------------------------------------------------------- what Swarm does

    def _made(self, kind: str, spec: Json) -> str:
        name = str(spec["Name"])
        if kind == "volume":
            # an engine takes the one that is there, whatever its options
            self._objects["volume"].setdefault(name, self._volume(spec))
            return name
        if self.live(kind, name) is not None:
            raise self._error(f"{kind} taken", self._sent[f"{kind} create"]["Name"], name)
        id = self._id()
        if kind == "network":
            live = copy.deepcopy(self._answers["network inspect"])
            live |= {"Id": id, "Name": name, "Driver": spec.get("Driver") or "overlay", "Scope": "swarm"}
            live |= {key: bool(spec.get(key)) for key in ("Attachable", "Internal", "EnableIPv6")}
            live |= {
                "Labels": dict(spec.get("Labels") or {}),
                "Options": {**live["Options"], **(spec.get("Options") or {})},
            }
            if (spec.get("IPAM") or {}).get("Config"):
                live["IPAM"] = {**live["IPAM"], **copy.deepcopy(spec["IPAM"])}
            self._objects[kind][id] = live
            return id
        live = copy.deepcopy(self._answers[f"{kind} inspect"])
        live |= {"ID": id, "Spec": copy.deepcopy(spec)}
        if kind == "secret":
            live["Spec"].pop("Data", None)
        elif kind == "service":
            live["Spec"] = self._filled(spec, id)
            self._settle(live)
        self._touch(live)
        self._objects[kind][id] = live
        return id

    def _volume(self, spec: Json) -> Json:
        live = copy.deepcopy(self._answers["volume inspect"])
        live |= {
            "Name": spec["Name"],
            "Driver": spec.get("Driver") or "local",
            "Options": spec.get("DriverOpts") or None,
        }
        return {**live, "Labels": dict(spec["Labels"]) if spec.get("Labels") else None}

    def _filled(self, spec: Json, id: str) -> Json:
        """A ServiceSpec as Swarm keeps it; raises what it refuses."""
        for port in (spec.get("EndpointSpec") or {}).get("Ports") or []:
            self._require_free(port, id)
        live = copy.deepcopy(spec)
        for network in live["TaskTemplate"].get("Networks") or []:
            of_the_swarm = [item for item in self._unlisted.values() if item["Name"] == network["Target"]]
            found = next(iter(of_the_swarm), None) or self.live("network", network["Target"])
            if found is None:
                raise self._error("service network", "nowhere", network["Target"])
            network["Target"] = found["Id"]
        told: Json = _filled(live, self._sent["service create"], self._answers["service inspect"]["Spec"])
        return told

    def _require_free(self, port: Json, id: str) -> None:
        for other in self._objects["service"].values():
            for taken in (other["Spec"].get("EndpointSpec") or {}).get("Ports") or []:
                same = all(port.get(key) == taken.get(key) for key in ("PublishedPort", "Protocol"))
                modes = {one.get("PublishMode") or "ingress" for one in (port, taken)}
                if other["ID"] != id and same and "ingress" in modes:
                    words = {"8099": str(port["PublishedPort"]), "'web'": repr(other["Spec"]["Name"])}
                    raise self._error("service port", **words, **{self._answers["service create"]: other["ID"]})

    def _update_service(self, live: Json, spec: Json) -> None:
        if spec["Mode"].keys() != live["Spec"]["Mode"].keys():
            raise self._error("service of other mode")
        filled, before = self._filled(spec, live["ID"]), live["Spec"]
        live |= {"Spec": filled, "PreviousSpec": before}
        self._settle(live, anew=filled["TaskTemplate"] != before["TaskTemplate"])

    def _settle(self, live: Json, *, anew: bool = True) -> None:
        """Let the tasks of a service run, and its endpoint be what its spec says."""
        self._allot(live)
        self._run_tasks(live, anew)

    def _allot(self, live: Json) -> None:
        spec = live["Spec"]
        endpoint = spec.get("EndpointSpec") or {}
        vips = [self.live("network", "ingress")] if endpoint.get("Ports") else []
        vips += [self._objects["network"].get(entry["Target"]) for entry in spec["TaskTemplate"].get("Networks") or []]
        live["Endpoint"] = {"Spec": copy.deepcopy(endpoint)}
        if endpoint.get("Ports"):
            live["Endpoint"]["Ports"] = copy.deepcopy(endpoint["Ports"])
        if vips and endpoint.get("Mode") != "dnsrr":
            addresses = [{"Addr": "10.0.0.3/24", "NetworkID": network["Id"]} for network in vips if network is not None]
            live["Endpoint"]["VirtualIPs"] = addresses

    def _run_tasks(self, live: Json, anew: bool) -> None:
        spec, id = live["Spec"], live["ID"]
        tasks = self._objects["task"]
        own = [key for key, task in tasks.items() if task["ServiceID"] == id]
        wanted = (spec["Mode"].get("Replicated") or {}).get("Replicas", 1)
        for key in own if anew else own[wanted:]:
            del tasks[key]
        for slot in range(0 if anew else min(len(own), wanted), wanted):
            task = copy.deepcopy(self._answers["service tasks"][0])
            task |= {"ID": self._id(), "ServiceID": id, "Slot": slot + 1, "NodeID": next(iter(self._objects["node"]))}
            task |= {"Spec": _without_runtime(spec["TaskTemplate"]), "Status": {"State": "running", "Timestamp": ""}}
            tasks[task["ID"]] = task

    def _require_unused(self, kind: str, live: Json) -> None:
        id = KINDS[kind].id_of(live)
        for service in self._objects["service"].values():
            template, name = service["Spec"]["TaskTemplate"], service["Spec"]["Name"]
            if kind == "network" and any(entry["Target"] == id for entry in template.get("Networks") or []):
                raise Conflict(f"network {id} is in use by service {service['ID']}", status=400)
            used = (template.get("ContainerSpec") or {}).get(f"{kind.capitalize()}s") or []
            if any(entry.get(f"{kind.capitalize()}ID") == id for entry in used):
                word = {"config": "conf", "secret": "word"}[kind]
                raise self._error(f"{kind} in use", **{f"'{word}'": repr(live["Spec"]["Name"]), "web": name})

    def _forget(self, kind: str, id: str) -> None:
        del self._objects[kind][id]
        if kind == "service":
            self._objects["task"] = {
                key: task for key, task in self._objects["task"].items() if task["ServiceID"] != id
            }

    def _touch(self, live: Json) -> None:
        self._index += 1
        if "Version" in live:
            live["Version"] = {"Index": self._index}

    def _id(self) -> str:
        self._ids += 1
        number, digits = self._ids, ""
        while number:
            number, rest = divmod(number, 36)
            digits = _ALPHABET[rest] + digits
        return "m" + digits.rjust(24, "0")

    def _error(self, what: str, *pair: str, **words: str) -> DockerError:
        """A recorded refusal, with other names in it."""
        answer = self._answers[what]
        message = answer["message"]
        for old, new in [*([pair] if pair else []), *words.items()]:
            message = re.sub(rf"(?<!\w){re.escape(old)}(?!\w)", new.replace("\\", r"\\"), message)
        return _ERRORS[answer["error"]](message, status=answer["status"])


def _without_runtime(template: Json) -> Json:
    return copy.deepcopy({key: value for key, value in template.items() if key != "Runtime"})


def kind_of_known(kind: str) -> str:
    """The kind; a word that is none is an error of the program."""
    kind_of(kind)
    return kind


def _filled(spec: Any, sent: Any, live: Any) -> Any:
    """What an engine made of `spec`, judging by what it made `live` out of `sent`: what it adds, it adds here."""
    if not isinstance(spec, dict) or not isinstance(sent, dict) or not isinstance(live, dict):
        return spec
    added = {key: copy.deepcopy(value) for key, value in live.items() if key not in sent and key not in spec}
    return {**{key: _filled(value, sent.get(key), live.get(key)) for key, value in spec.items()}, **added}
