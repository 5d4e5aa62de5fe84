"""What a person wants of the swarm, and how it is written as a program."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any, Literal

from swarm_provider.core.values import Secret
from tests.simulation import bundle
from tests.simulation.bundle import is_member
from tests.simulation.engine.program import Declared, Program, Ref

Json = dict[str, Any]
HOST = "tcp://m1:2375"
HOSTS = (HOST, "tcp://m2:2375", "tcp://m3:2375")
GOOD_IMAGES = ("app:1", "app:2", "app:3", "web:1", "web:2")
BAD_IMAGES = ("crash:1", "nope:1")


@dataclass(frozen=True)
class Content:
    """A config or a secret."""

    name: str
    kind: str
    text: str
    keep: int = 1
    trigger: int = 0
    adopt: bool = False


@dataclass(frozen=True)
class Service:
    """A service.

    Attributes:
        mode: `replicated`, `global` or `job`.
        mounts: volumes that its tasks have.
        adopt: it may be there already.
        found: docker has made it, so that its mode is what it is.
    """

    name: str
    image: str = "app:1"
    replicas: int = 1
    mode: str = "replicated"
    env: int = 0
    label: int = 0
    uses: tuple[str, ...] = ()
    networks: tuple[str, ...] = ()
    constraint: str = ""
    order: str = "stop-first"
    parallelism: int = 1
    action: str = "pause"
    port: int = 0
    by_text: bool = False
    wait: bool = True
    memory: int = 0
    mounts: tuple[str, ...] = ()
    adopt: bool = False
    found: bool = False


@dataclass(frozen=True)
class NodeLabel:
    """A label of a node."""

    name: str
    node: str
    key: str
    value: str


@dataclass(frozen=True)
class Availability:
    """Whether a node takes tasks."""

    name: str
    node: str
    value: str


@dataclass(frozen=True)
class Volume:
    """A volume.

    Attributes:
        node: on which it is made right away, "" where a task mounts it.
        gone: its data may go with it.
    """

    name: str
    node: str = ""
    gone: bool = False


@dataclass(frozen=True)
class Wish:
    """All that one program asks for. What `bundle.is_member` says of belongs to one compose stack.

    Attributes:
        logical: logical names by name, where a rename has changed them.
        attachable: networks that have to be.
        adopted: networks that may be there already.
        hosts: addresses of managers.
        form: whether the compose stack is a `stack` or a `release`.
        dialect: of its file.
        on_failure: what a Release does then.
        size: nodes of the swarm.
    """

    contents: tuple[Content, ...] = ()
    networks: tuple[str, ...] = ()
    services: tuple[Service, ...] = ()
    labels: tuple[NodeLabel, ...] = ()
    volumes: tuple[Volume, ...] = ()
    nodes: tuple[Availability, ...] = ()
    logical: Json = field(default_factory=dict)
    attachable: frozenset[str] = frozenset()
    adopted: frozenset[str] = frozenset()
    hosts: tuple[str, ...] = (HOST,)
    prefix: str = ""
    form: str = ""
    dialect: Literal["docker", "compose-spec"] = "docker"
    on_failure: str = "rollback"
    size: int = 1

    def without(self, name: str) -> Wish:
        """Without one resource, and without the references to it."""
        services = tuple(
            replace(
                one,
                uses=tuple(use for use in one.uses if use != name),
                networks=tuple(net for net in one.networks if net != name),
                mounts=tuple(mount for mount in one.mounts if mount != name),
            )
            for one in self.services
            if one.name != name
        )
        return replace(
            self,
            contents=tuple(one for one in self.contents if one.name != name),
            networks=tuple(one for one in self.networks if one != name),
            labels=tuple(one for one in self.labels if one.name != name),
            volumes=tuple(one for one in self.volumes if one.name != name),
            nodes=tuple(one for one in self.nodes if one.name != name),
            services=services,
        )

    def names(self) -> list[str]:
        return [
            *(one.name for one in self.contents),
            *self.networks,
            *(one.name for one in self.labels),
            *(one.name for one in self.volumes),
            *(one.name for one in self.nodes),
            *(one.name for one in self.services),
        ]

    def healed(self) -> Wish:
        """The same with images that run, nodes that take tasks, and what is there already adopted."""
        labels = {f"node.labels.{one.key} == {one.value}" for one in self.labels}
        return replace(
            self,
            services=tuple(
                replace(
                    one,
                    constraint=one.constraint if "labels" not in one.constraint or one.constraint in labels else "",
                    image=one.image if one.image in GOOD_IMAGES else "app:2",
                    wait=True,
                    memory=0,
                    adopt=True,
                )
                for one in self.services
            ),
            contents=tuple(replace(one, adopt=True) for one in self.contents),
            adopted=frozenset(self.networks),
            nodes=tuple(replace(one, value="active") for one in self.nodes),
        )

    def secrets(self) -> set[str]:
        return {one.text for one in self.contents if one.kind == "Secret"}

    # ------------------------------------------------------------------- as a program

    def program(self) -> Program:
        declared: list[Declared] = bundle.declared(self)
        for content in self.contents:
            if is_member(content.name):
                continue
            text = content.text
            args: Json = {"data": Secret(text) if content.kind == "Secret" else text, "baseName": content.name}
            if content.adopt:
                args["adopt"] = True if content.kind == "Config" else "rotate"
            if content.keep != 1:
                args["keepPrevious"] = content.keep
            if content.trigger:
                args["rotateTrigger"] = str(content.trigger)
            declared.append(Declared(content.kind, self.resource_of(content.name), args))
        for name in self.networks:
            if not is_member(name):
                args = {"name": name, "attachable": name in self.attachable, "replace": True}
                args |= {"adopt": True} if name in self.adopted else {}
                declared.append(Declared("Network", self.resource_of(name), args))
        for label in self.labels:
            args = {"node": label.node, "key": label.key, "value": label.value}
            declared.append(Declared("NodeLabel", self.resource_of(label.name), args))
        for node in self.nodes:
            args = {"node": node.node, "availability": node.value}
            declared.append(Declared("Node", self.resource_of(node.name), args))
        for volume in self.volumes:
            args = {"name": volume.name, "deleteOnDestroy": volume.gone}
            args |= {"node": volume.node} if volume.node else {}
            declared.append(Declared("Volume", self.resource_of(volume.name), args))
        declared += [self._service(one) for one in self.services if not is_member(one.name)]
        where: Json = {"host": self.hosts[0]} if len(self.hosts) == 1 else {"hosts": list(self.hosts)}
        return Program(tuple(declared), where)

    def resource_of(self, name: str) -> str:
        """The logical name of the resource that stands for an object."""
        return bundle.logical(name, self.form) if is_member(name) else str(self.logical.get(name, name))

    def _service(self, one: Service) -> Declared:
        deploy: Json = {
            "updateConfig": {"order": one.order, "parallelism": one.parallelism, "failureAction": one.action}
        }
        args: Json = {"name": one.name, "image": one.image, "deploy": deploy}
        if one.mode == "replicated":
            deploy["replicas"] = one.replicas
        elif one.mode == "job":
            deploy |= {"mode": "replicated-job", "replicas": one.replicas, "restartPolicy": {"condition": "none"}}
            del deploy["updateConfig"]
            args["command"] = ["sh", "-c", "sleep 1"]
        else:
            deploy["mode"] = "global"
        if one.constraint:
            deploy["placement"] = {"constraints": [one.constraint]}
        if one.memory:
            deploy["resources"] = {"reservations": {"memory": f"{one.memory}G"}}
        if one.env:
            args["environment"] = {"REVISION": str(one.env)}
        if one.label:
            deploy["labels"] = {"team": str(one.label)}
        if one.port:
            args["ports"] = [{"target": 80, "published": one.port}]
        if one.networks:
            args["networks"] = [{"name": Ref(self.resource_of(net), "id")} for net in one.networks]
        for kind, key in (("Config", "configs"), ("Secret", "secrets")):
            used = [item for item in self.contents if item.kind == kind and item.name in one.uses]
            if used:
                args[key] = [
                    {
                        "source": item.name if one.by_text else Ref(self.resource_of(item.name), "name"),
                        "target": f"/{item.name}",
                    }
                    for item in used
                ]
        if one.mounts:
            args["volumes"] = [
                {"type": "volume", "source": Ref(self.resource_of(name), "name"), "target": f"/{name}"}
                for name in one.mounts
            ]
        if one.adopt:
            args["adopt"] = True
        if not one.wait:
            args["wait"] = False
        waits = tuple(
            self.resource_of(label.name) for label in self.labels if f"node.labels.{label.key} " in one.constraint + " "
        )
        if one.by_text:
            waits += tuple(self.resource_of(item.name) for item in self.contents if item.name in one.uses)
        return Declared("Service", self.resource_of(one.name), args, waits)
