"""Swarm's scheduler filters: whether a node can take one more task, and the scheduler's words if not. Pure.

The rules, their order and the words are swarmkit's (manager/scheduler/filter.go and pipeline.go). A node that several
filters refuse counts for the first of them.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from swarm_provider.core import Json
from swarm_provider.core.values import at
from swarm_provider.plan.facts.constraints import constraints_of, matches

Port = tuple[str, int]
"""Protocol and published port of a port that is open on the task's node (mode: host)."""
_ARCHITECTURES: Final = {"x86_64": "amd64", "aarch64": "arm64"}


@dataclass(frozen=True)
class TaskRequirements:
    """What one task of a service asks of its node.

    Attributes:
        service: the service's name.
        cpus: reserved billionths of a cpu.
        memory: reserved bytes.
        generic: kind -> how many of a resource that nodes declare.
        ports: host ports.
        plugins: type (Volume, Network, Log) and name of the drivers that it needs.
        constraints: placement constraints, as written.
        platforms: (os, architecture) that the image exists for; none: any.
        max_per_node: most tasks of the service on one node; 0: no limit.
    """

    service: str
    cpus: int = 0
    memory: int = 0
    generic: Mapping[str, int] = field(default_factory=dict)
    ports: frozenset[Port] = frozenset()
    plugins: tuple[tuple[str, str], ...] = ()
    constraints: tuple[str, ...] = ()
    platforms: tuple[tuple[str, str], ...] = ()
    max_per_node: int = 0


@dataclass(frozen=True)
class TaskUsage:
    """What tasks of one kind take of the node that they are on, until they have ended.

    Attributes:
        node: the node's id.
        active: they are to run; what ends takes its share still, and counts for no limit per node.
        count: how many tasks.
    """

    requirements: TaskRequirements
    node: str
    active: bool = True
    count: int = 1


class NodeUsage:
    """What all tasks on one node take of it, kept as sums: the scheduler's filters ask for nothing else.

    Attributes:
        tasks: how many of them are to run.
    """

    def __init__(self) -> None:
        self.cpus = 0
        self.memory = 0
        self.generic: Counter[str] = Counter()
        self.ports: Counter[Port] = Counter()
        self.tasks = 0
        self._of_service: Counter[str] = Counter()

    def add(self, usage: TaskUsage) -> None:
        """Count tasks in."""
        self._count(usage, usage.count)

    def remove(self, usage: TaskUsage) -> None:
        """Count tasks out again."""
        self._count(usage, -usage.count)

    def of(self, service: str) -> int:
        """Return how many tasks of a service are to run here."""
        return self._of_service[service]

    def _count(self, usage: TaskUsage, times: int) -> None:
        requirements = usage.requirements
        self.cpus += times * requirements.cpus
        self.memory += times * requirements.memory
        for kind, count in requirements.generic.items():
            self.generic[kind] += times * count
        for port in requirements.ports:
            self.ports[port] += times
        if usage.active:
            self.tasks += times
            self._of_service[requirements.service] += times


def requirements_of(spec: Json, network_drivers: Mapping[str, str] | None = None) -> TaskRequirements:
    """Return what each task of a ServiceSpec asks for.

    Args:
        spec: what is not known yet (UNKNOWN) asks for nothing.
        network_drivers: driver by a network's name or id.
    """
    template = at(spec, "TaskTemplate") or {}
    reserved = at(template, "Resources", "Reservations") or {}
    placement = at(template, "Placement") or {}
    return TaskRequirements(
        service=str(spec.get("Name", "")),
        cpus=_number(at(reserved, "NanoCPUs")),
        memory=_number(at(reserved, "MemoryBytes")),
        generic=_generic(at(reserved, "GenericResources")),
        ports=frozenset(_host_ports(at(spec, "EndpointSpec", "Ports"))),
        plugins=tuple(_plugins(template, network_drivers or {})),
        constraints=tuple(constraints_of({"Placement": {"Constraints": _listed(at(placement, "Constraints"))}})),
        platforms=tuple(
            (str(at(entry, "OS") or "").lower(), _architecture(at(entry, "Architecture")))
            for entry in _listed(at(placement, "Platforms"))
        ),
        max_per_node=_number(at(placement, "MaxReplicas")),
    )


def why_not(requirements: TaskRequirements, node: Json, here: NodeUsage) -> str | None:
    """Return the explanation of the first filter that refuses the node, None where the task fits.

    Args:
        requirements: what one task asks of its node.
        node: as in GET /nodes.
        here: what the tasks on this node take.
    """
    return next((words for passes, words in _FILTERS if not passes(requirements, node, here)), None)


def room(requirements: TaskRequirements, node: Json, here: NodeUsage, most: int) -> int:
    """Return how many more of such tasks the node takes, at most `most`: what `why_not` says, for many at a time.

    Args:
        requirements: what one task asks of its node.
        node: as in GET /nodes.
        here: what the tasks on the node use.
        most: how many to look for.
    """
    if why_not(requirements, node, here) is not None:
        return 0
    limits = [most]
    owned = at(node, "Description", "Resources") or {}
    if requirements.cpus:
        limits.append((_number(owned.get("NanoCPUs")) - here.cpus) // requirements.cpus)
    if requirements.memory:
        limits.append((_number(owned.get("MemoryBytes")) - here.memory) // requirements.memory)
    generic = _generic(owned.get("GenericResources"))
    limits += [
        (generic.get(kind, 0) - here.generic[kind]) // count for kind, count in requirements.generic.items() if count
    ]
    if requirements.ports:
        limits.append(1)
    if requirements.max_per_node:
        limits.append(requirements.max_per_node - here.of(requirements.service))
    return max(0, min(limits))


def no_suitable_node(refusals: Iterable[str]) -> str:
    """Return the scheduler's sentence for nodes that were refused: `no suitable node (... on 2 nodes; ...)`."""
    counted = Counter(refusals).most_common()
    if not counted:
        return "no suitable node"
    told = [words.replace("#", "1 node" if count == 1 else f"{count} nodes") for words, count in counted]
    return f"no suitable node ({'; '.join(told)})"


# ---------------------------------------------------------------- the filters


def is_available(node: Json) -> bool:
    """Tell whether a node takes new tasks."""
    return at(node, "Status", "State") == "ready" and at(node, "Spec", "Availability") in (None, "active")


def _available(requirements: TaskRequirements, node: Json, here: NodeUsage) -> bool:
    return is_available(node)


def _resources(requirements: TaskRequirements, node: Json, here: NodeUsage) -> bool:
    owned = at(node, "Description", "Resources") or {}
    cpus = _number(owned.get("NanoCPUs")) - here.cpus
    memory = _number(owned.get("MemoryBytes")) - here.memory
    generic = _generic(owned.get("GenericResources"))
    enough = all(generic.get(kind, 0) - here.generic[kind] >= count for kind, count in requirements.generic.items())
    return (
        (not requirements.cpus or cpus >= requirements.cpus)
        and (not requirements.memory or memory >= requirements.memory)
        and enough
    )


def _installed(requirements: TaskRequirements, node: Json, here: NodeUsage) -> bool:
    plugins = _listed(at(node, "Description", "Engine", "Plugins"))
    if at(node, "Description", "Engine") is None:
        return True
    return all(_has(plugins, kind, name) for kind, name in requirements.plugins)


def _has(plugins: Sequence[Any], kind: str, name: str) -> bool:
    names = {at(plugin, "Name") for plugin in plugins if at(plugin, "Type") == kind}
    # an old engine does not tell which log drivers it has
    return bool({name, f"{name}:latest"} & names) or (kind == "Log" and not names)


def _constrained(requirements: TaskRequirements, node: Json, here: NodeUsage) -> bool:
    return matches(requirements.constraints, node)


def _platform(requirements: TaskRequirements, node: Json, here: NodeUsage) -> bool:
    platform = at(node, "Description", "Platform")
    if not requirements.platforms or platform is None:
        return not requirements.platforms
    system, machine = str(at(platform, "OS") or "").lower(), _architecture(at(platform, "Architecture"))
    return any(os in ("", system) and arch in ("", machine) for os, arch in requirements.platforms)


def _ports_free(requirements: TaskRequirements, node: Json, here: NodeUsage) -> bool:
    return not any(here.ports[port] for port in requirements.ports)


def _below_limit(requirements: TaskRequirements, node: Json, here: NodeUsage) -> bool:
    return not requirements.max_per_node or here.of(requirements.service) < requirements.max_per_node


_FILTERS: Final[tuple[tuple[Callable[[TaskRequirements, Json, NodeUsage], bool], str], ...]] = (
    (_available, "# not available for new tasks"),
    (_resources, "insufficient resources on #"),
    (_installed, "missing plugin on #"),
    (_constrained, "scheduling constraints not satisfied on #"),
    (_platform, "unsupported platform on #"),
    (_ports_free, "host-mode port already in use on #"),
    (_below_limit, "max replicas per node limit exceed"),
)


# ------------------------------------------------------------ reading a spec


def _plugins(template: Json, network_drivers: Mapping[str, str]) -> Iterable[tuple[str, str]]:
    for mount in _listed(at(template, "ContainerSpec", "Mounts")):
        driver = at(mount, "VolumeOptions", "DriverConfig", "Name")
        if at(mount, "Type") == "volume" and isinstance(driver, str) and driver not in ("", "local"):
            yield "Volume", driver
    for entry in _listed(at(template, "Networks")):
        target = at(entry, "Target")
        if isinstance(target, str) and network_drivers.get(target):
            yield "Network", network_drivers[target]
    log = at(template, "LogDriver", "Name")
    if isinstance(log, str) and log not in ("", "none"):
        yield "Log", log


def _host_ports(ports: Any) -> Iterable[Port]:
    for port in _listed(ports):
        published = _number(at(port, "PublishedPort"))
        if at(port, "PublishMode") == "host" and published:
            yield str(at(port, "Protocol") or "tcp"), published


def _generic(entries: Any) -> dict[str, int]:
    """Count a list of generic resources by kind: a countable one by its value, a named one as one."""
    found: Counter[str] = Counter()
    for entry in _listed(entries):
        discrete, named = at(entry, "DiscreteResourceSpec"), at(entry, "NamedResourceSpec")
        if isinstance(discrete, dict):
            found[str(discrete.get("Kind"))] += _number(discrete.get("Value"))
        elif isinstance(named, dict):
            found[str(named.get("Kind"))] += 1
    return dict(found)


def _architecture(name: Any) -> str:
    text = str(name or "").lower()
    return _ARCHITECTURES.get(text, text)


def _number(value: Any) -> int:
    return value if isinstance(value, int) and not isinstance(value, bool) else 0


def _listed(value: Any) -> list[Any]:
    return [entry for entry in value if isinstance(entry, (dict, str))] if isinstance(value, list) else []
