"""A swarm in virtual time, behind HTTP: what `MemorySwarm` keeps, with managers and agents that act."""

from __future__ import annotations

import copy
import json
import random
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, Final
from urllib.parse import parse_qs, unquote, urlsplit

from swarm_provider.dockerapi.kinds import KINDS
from swarm_provider.errors import DockerError
from tests.simulation.clock import EPOCH_NS, RealLoop, VirtualLoop
from tests.simulation.model.nodes import Node
from tests.simulation.model.orchestrator import Orchestrator
from tests.simulation.model.tasks import RANK, RUNNING, SECOND, Task
from tests.support.memory_swarm import MemorySwarm

Json = dict[str, Any]
Reply = tuple[int, str]
_BY_PATH: Final = {kind.path.strip("/"): name for name, kind in KINDS.items()}
LINGERS_S: Final = 2.0
"""How long a removed network is listed still, while the manager's own containers let go of it."""


class SimulatedSwarm(MemorySwarm):
    """All managers of one swarm: they answer alike.

    Attributes:
        orchestrator: what they do by themselves.
        removed: names of what was removed, by kind, for whoever looks at a history.
    """

    def __init__(
        self,
        loop: VirtualLoop | RealLoop,
        rng: random.Random,
        *,
        nodes: tuple[str, ...] = ("node1",),
        managers: int = 1,
        api_version: str = "1.41",
    ) -> None:
        self._loop = loop
        self._rng = rng
        self._texts: dict[str, str] = {}
        self._by_name: dict[tuple[str, str], Json] = {}
        self._stamped = (-1.0, "")
        self.nodes: dict[str, Node] = {}
        self.orchestrator = Orchestrator(self, loop, rng)
        self._lingering: dict[str, Json] = {}
        self.volumes: dict[str, dict[str, Json]] = {}
        """By node and name: each daemon has its own."""
        self.written: Callable[[str, str, Json, Json | None], None] = lambda method, kind, live, before: None
        super().__init__(api_version, nodes)
        self.managers = [*self.nodes][:managers]
        for id in self.managers:
            self.nodes[id].live["Spec"]["Role"] = "manager"
        for id in [*self.nodes][managers:]:
            self.nodes[id].live["Spec"]["Role"] = "worker"
            self.nodes[id].live.pop("ManagerStatus", None)

    # --------------------------------------------------------------- as a store

    @property
    def services(self) -> dict[str, Json]:
        return self._objects["service"]

    def new_id(self) -> str:
        return self._id()

    def _id(self) -> str:
        return "".join(self._rng.choices("0123456789abcdefghijklmnopqrstuvwxyz", k=25))

    def now_ns(self) -> int:
        return EPOCH_NS + int(self._loop.now * 1e9)

    def stamp(self) -> str:
        at, text = self._stamped
        if at != self._loop.now:
            whole, part = divmod(self.now_ns(), SECOND)
            text = f"{datetime.fromtimestamp(whole, UTC):%Y-%m-%dT%H:%M:%S}.{part:09d}Z"
            self._stamped = (self._loop.now, text)
        return text

    def touch(self, live: Json) -> None:
        self._touch(live)

    def _touch(self, live: Json) -> None:
        super()._touch(live)
        if "Version" in live:
            live["UpdatedAt"] = self.stamp()
        self._texts.pop(str(live.get("ID")), None)

    def add_node(self, name: str, labels: Any = None, **spec: Any) -> str:
        id = super().add_node(name, labels, **spec)
        self.nodes[id] = Node(self._objects["node"][id])
        return id

    def live(self, kind: str, name: str) -> Json | None:
        found = self._objects[kind].get(name) or self._by_name.get((kind, name))
        return (
            found if found is not None else super().live(kind, name) if kind in ("node", "network", "volume") else None
        )

    def _made(self, kind: str, spec: Json) -> str:
        id = super()._made(kind, spec)
        if kind == "volume":
            self.written("create", kind, self._objects[kind][id], None)
            return id
        live = self._objects[kind][id]
        live["Created" if kind == "network" else "CreatedAt"] = self.stamp()
        live.pop("JobStatus", None)
        if kind == "service" and _is_job(spec):
            live["JobStatus"] = {"JobIteration": {}, "LastExecution": self.stamp()}
        self._by_name[kind, KINDS[kind].name_of(live)] = live
        self.written("create", kind, live, None)
        return id

    def _run_tasks(self, live: Json, anew: bool) -> None:
        self.orchestrator.service_changed(live["ID"])

    def mount_volumes(self, task: Task) -> None:
        """Let a node make the volumes that a task mounts, where it does not have them."""
        own = self.volumes.setdefault(task.node, {})
        for mount in task.template["ContainerSpec"].get("Mounts") or ():
            name = mount.get("Source")
            if mount.get("Type") == "volume" and name and name not in own:
                labels = (mount.get("VolumeOptions") or {}).get("Labels")
                own[name] = self._volume({"Name": name, "Labels": labels})

    def _require_unmounted(self, node: str, name: str) -> None:
        for task in self.nodes[node].tasks.values():
            for mount in task.template["ContainerSpec"].get("Mounts") or ():
                if mount.get("Type") == "volume" and mount.get("Source") == name:
                    raise DockerError(f"remove {name}: volume is in use - [c{task.id}]", status=409)

    def _filled(self, spec: Json, id: str) -> Json:
        for port in (spec.get("EndpointSpec") or {}).get("Ports") or []:
            self._require_free(port, id)
        live = copy.deepcopy(spec)
        template = live["TaskTemplate"]
        for network in template.get("Networks") or []:
            found = self.live("network", network["Target"])
            if found is None:
                raise self._error("service network", "nowhere", network["Target"])
            network["Target"] = found["Id"]
        for kind in ("Config", "Secret"):
            for entry in template["ContainerSpec"].get(f"{kind}s") or []:
                if entry[f"{kind}ID"] not in self._objects[kind.lower()]:
                    words = f"{kind.lower()} not found: {entry[f'{kind}Name']}"
                    raise DockerError(words, status=400)
        template["ContainerSpec"].setdefault("Isolation", "default")
        template.setdefault("ForceUpdate", 0)
        template.setdefault("Runtime", "container")
        return live

    def _require_free(self, port: Json, id: str) -> None:
        if port.get("PublishedPort"):
            super()._require_free(port, id)

    def _update_service(self, live: Json, spec: Json) -> None:
        super()._update_service(live, spec)
        live.pop("UpdateStatus", None)
        if _is_job(spec):
            index = int(live["JobStatus"]["JobIteration"].get("Index", 0)) + 1
            live["JobStatus"] = {"JobIteration": {"Index": index}, "LastExecution": self.stamp()}

    def _require_unused(self, kind: str, live: Json) -> None:
        super()._require_unused(kind, live)
        if kind != "network":
            return
        for tasks in self.orchestrator.of_service.values():
            for task in tasks.values():
                uses = any(entry["Target"] == live["Id"] for entry in task.template.get("Networks") or ())
                if uses and RANK[task.desired] <= RUNNING and task.rank <= RUNNING:
                    raise DockerError(f"network {live['Id']} is in use by task {task.id}", status=400)

    def _forget(self, kind: str, id: str) -> None:
        live = self._objects[kind].pop(id)
        self._texts.pop(id, None)
        self._by_name.pop((kind, KINDS[kind].name_of(live)), None)
        if kind == "service":
            self.orchestrator.service_changed(id)
        elif kind == "network" and self._is_held_here(id):
            self._lingering[id] = live
            self.orchestrator.after(LINGERS_S * self._rng.random(), self._lingering.pop, id, None)
        self.written("remove", kind, live, None)

    def _is_held_here(self, network: str) -> bool:
        for tasks in self.orchestrator.of_service.values():
            for task in tasks.values():
                if task.holds and any(entry["Target"] == network for entry in task.template.get("Networks") or ()):
                    return True
        return False

    # ------------------------------------------------------------------ as HTTP

    def answer(self, node: str, method: str, target: str, body: bytes | None) -> Reply:
        """What the daemon of a node answers to a request."""
        parts = urlsplit(target)
        query = {key: values[-1] for key, values in parse_qs(parts.query).items()}
        path = [unquote(part) for part in parts.path.strip("/").split("/")]
        if path[0].startswith("v1."):
            path = path[1:]
        try:
            return 200, self._answered(node, method, path, query, json.loads(body) if body else {})
        except DockerError as error:
            return error.status, json.dumps({"message": error.message})

    def _answered(self, node: str, method: str, path: list[str], query: dict[str, str], body: Json) -> str:
        if path == ["version"]:
            return json.dumps({"Version": "20.10.24+dfsg1", "ApiVersion": self.api_version, "MinAPIVersion": "1.12"})
        if path == ["info"]:
            return json.dumps(self._info(node))
        if path[0] == "distribution":
            return json.dumps(self._distribution("/".join(path[1:-1])))
        if path[0] == "tasks":
            return self._tasks(path, query)
        kind = _BY_PATH.get(path[0])
        if kind is None:
            raise DockerError("page not found", status=404)
        if kind == "volume":
            self._objects[kind] = self.volumes.setdefault(node, {})
            if method == "DELETE" and path[1] in self._objects[kind]:
                self._require_unmounted(node, path[1])
        if method == "GET":
            return self._read(kind, path[1:], query)
        return self._changed(kind, method, path[1:], query, body)

    def _info(self, node: str) -> Json:
        managers = [{"NodeID": id, "Addr": f"10.0.0.{number}:2377"} for number, id in enumerate(self.managers, 1)]
        return {
            "ID": f"engine-{node}",
            "Name": self.nodes[node].hostname,
            "SystemTime": self.stamp(),
            "Swarm": {
                "NodeID": node,
                "LocalNodeState": "active",
                "ControlAvailable": node in self.managers,
                "Error": "",
                "RemoteManagers": managers,
                "Managers": len(self.managers),
                "Cluster": {"ID": self.cluster_id},
            },
        }

    def _distribution(self, image: str) -> Json:
        found = self.images.get(image)
        if isinstance(found, dict):
            return found
        raise DockerError(f"manifest unknown: {image}", status=404)

    def _tasks(self, path: list[str], query: dict[str, str]) -> str:
        if len(path) > 1:
            raise DockerError(f"task {path[1]} not found", status=404)
        wanted = _filters(query).get("service")
        of_service = self.orchestrator.of_service
        if wanted is None:
            found = [task for tasks in of_service.values() for task in tasks.values()]
        else:
            for id in wanted:
                if id not in self.services:
                    raise DockerError(f"service {id} not found", status=404)
            found = [task for id in wanted for task in of_service.get(id, {}).values()]
        return f"[{','.join(task.text() for task in found)}]"

    def _read(self, kind: str, path: list[str], query: dict[str, str]) -> str:
        if path:
            live = self.live(kind, path[0])
            if live is None:
                raise DockerError(f"{kind} {path[0]} not found", status=404)
            return self._text(kind, live)
        items = [*self._objects[kind].values()]
        if kind == "network":
            items += self._lingering.values()
        filters = _filters(query)
        if "id" in filters:
            items = [item for item in items if any(KINDS[kind].id_of(item).startswith(id) for id in filters["id"])]
        if "name" in filters:
            items = [item for item in items if any(name in KINDS[kind].name_of(item) for name in filters["name"])]
        for label in filters.get("label", ()):
            key, _, value = label.partition("=")
            items = [item for item in items if (item["Spec"].get("Labels") or {}).get(key) == value]
        text = ",".join(self._text(kind, item) for item in items)
        return f'{{"Volumes":[{text}]}}' if kind == "volume" else f"[{text}]"

    def _text(self, kind: str, live: Json) -> str:
        id = str(live.get("ID") or live.get("Id") or "")
        text = self._texts.get(id)
        if text is None:
            text = json.dumps(live)
            if id:
                self._texts[id] = text
        return text

    def _changed(self, kind: str, method: str, path: list[str], query: dict[str, str], body: Json) -> str:
        if method == "POST" and path == ["create"]:
            body.pop("CheckDuplicate", None)
            id = self._made(kind, body)
            return json.dumps({"Name": id} if kind == "volume" else {"ID": id, "Id": id})
        live = self.live(kind, path[0])
        if live is None:
            raise DockerError(f"{kind} {path[0]} not found", status=404)
        if method == "DELETE":
            self._require_unused(kind, live)
            self._forget(kind, KINDS[kind].id_of(live))
            return ""
        if int(query["version"]) != live["Version"]["Index"]:
            raise DockerError("rpc error: code = Unknown desc = update out of sequence", status=500)
        before = live["Spec"]
        self._update(kind, live, body, query)
        self.written("update", kind, live, before)
        return "{}"

    def _update(self, kind: str, live: Json, body: Json, query: dict[str, str]) -> None:
        if kind in ("config", "secret"):
            told = {key: value for key, value in body.items() if key not in ("Labels", "Data")}
            kept = {key: value for key, value in live["Spec"].items() if key not in ("Labels", "Data")}
            if told != kept or ("Data" in live["Spec"] and body.get("Data") not in (None, live["Spec"]["Data"])):
                raise self._error(f"{kind} of other content")
            live["Spec"] = {**live["Spec"], "Labels": body.get("Labels")}
        elif kind == "service" and query.get("rollback") == "previous":
            before = live.get("PreviousSpec")
            if before is None:
                raise DockerError(f"service {live['ID']} does not have a previous spec", status=400)
            live["PreviousSpec"], live["Spec"] = live["Spec"], before
            live.pop("UpdateStatus", None)
            self.orchestrator.set_status(live, "rollback_started", "manually requested rollback")
            self._settle(live)
        elif kind == "service":
            self._update_service(live, body)
        else:
            live["Spec"] = copy.deepcopy(body)
            if kind == "node":
                self._touch(live)
                self.orchestrator.node_changed(self.nodes[live["ID"]])
                return
        self._touch(live)

    # --------------------------------------------------------- what happens to nodes

    def set_node_state(self, id: str, state: str) -> None:
        """Let managers find a node `down`, or `ready` again."""
        live = self._objects["node"][id]
        live["Status"]["State"] = state
        self._touch(live)
        self.orchestrator.node_changed(self.nodes[id])


def _filters(query: dict[str, str]) -> dict[str, list[str]]:
    found = json.loads(query.get("filters") or "{}")
    return {key: [*values] for key, values in found.items()}


def _is_job(spec: Json) -> bool:
    return "ReplicatedJob" in spec["Mode"] or "GlobalJob" in spec["Mode"]
