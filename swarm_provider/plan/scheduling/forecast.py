"""The scheduling forecast: which tasks of a service will find a node once a spec is submitted, and why not. Pure.

The scheduler is simulated: what keeps running stays on its nodes, what an update replaces leaves and comes again
in its order and batches, and each task goes to the node with the fewest tasks of its service. What earlier forecasts
of the same run have placed counts as if it ran. Tasks are counted, so that a forecast costs what the nodes cost,
however many replicas there are.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final

from swarm_provider.convert.service.effective import update_pace
from swarm_provider.core import Json, labels
from swarm_provider.core.values import at
from swarm_provider.plan.facts.constraints import matches, unsatisfied
from swarm_provider.plan.facts.tasks import PAST_RUNNING, keeps_tasks
from swarm_provider.plan.scheduling.filters import (
    NodeUsage,
    Port,
    TaskRequirements,
    TaskUsage,
    is_available,
    no_suitable_node,
    requirements_of,
    why_not,
)
from swarm_provider.plan.scheduling.spread import spread

PLAYED_BATCHES: Final = 100
"""How many batches of an update are simulated one by one."""


@dataclass
class SimulatedCluster:
    """What the scheduler knows: the nodes, and what the tasks of each service take of them.

    Attributes:
        nodes: as in GET /nodes, with what this run changes of them.
        loads: by the name of the service.
        network_drivers: by name and by id.
    """

    nodes: Sequence[Json]
    usages: dict[str, list[TaskUsage]] = field(default_factory=dict)
    network_drivers: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.taken: defaultdict[str, NodeUsage] = defaultdict(NodeUsage)
        """By node; kept up to date by `add` and `remove`, so that a forecast costs what its own tasks cost."""
        for usages in self.usages.values():
            _add(self.taken, usages)

    def add(self, service: str, usages: list[TaskUsage]) -> None:
        """Count the tasks of a service in."""
        self.usages[service] = usages
        _add(self.taken, usages)

    def remove(self, service: str) -> list[TaskUsage]:
        """Count the tasks of a service out, and return them."""
        usages = self.usages.pop(service, [])
        _remove(self.taken, usages)
        return usages

    def free(self, service: str, ports: Collection[Port]) -> None:
        """Count ports out that a service gives up before another one takes them."""
        usages = self.remove(service)
        less = [replace(one.requirements, ports=one.requirements.ports - frozenset(ports)) for one in usages]
        self.add(service, [replace(one, requirements=needs) for one, needs in zip(usages, less, strict=True)])


@dataclass(frozen=True)
class Outcome:
    """The forecast for one service.

    Attributes:
        wanted: how many of its tasks have to find a node; 0 for a global service that no node is meant for.
        pending: how many of them find none.
        reason: the scheduler's words for those; "" when all find one.
    """

    wanted: int
    pending: int = 0
    reason: str = ""


def live_usages(
    services: Sequence[Json], tasks: Sequence[Json], drivers: Mapping[str, str]
) -> dict[str, list[TaskUsage]]:
    """Return what the tasks take that have a node and have not ended, by the name of their service.

    Args:
        services: GET /services; what the tasks of a service that is gone take counts under its id, until they ended.
        tasks: GET /tasks.
        drivers: network drivers by name and id.
    """
    specs = {service["ID"]: service["Spec"] for service in services}
    found: dict[str, list[TaskUsage]] = {}
    requirements_by_version: dict[tuple[Any, Any], TaskRequirements] = {}
    for task in tasks:
        if not task.get("NodeID") or at(task, "Status", "State") in PAST_RUNNING:
            continue
        # the task has the template that it was made from; those of one version of the service have the same
        made_from = (task.get("ServiceID"), at(task, "SpecVersion", "Index"))
        requirements = requirements_by_version.get(made_from)
        if requirements is None:
            spec = specs.get(task.get("ServiceID"), {"Name": str(task.get("ServiceID"))})
            # its ports are known by the service only
            requirements = requirements_of({**spec, "TaskTemplate": task.get("Spec") or {}}, drivers)
            if made_from[1] is not None:
                requirements_by_version[made_from] = requirements
        # a service is gone a moment before its tasks are told to go with it
        active = task.get("ServiceID") in specs and task.get("DesiredState") in ("running", "ready", "complete")
        found.setdefault(requirements.service, []).append(TaskUsage(requirements, task["NodeID"], active))
    return found


def is_placed(spec: Json, cluster: SimulatedCluster) -> bool:
    """Tell whether as many tasks of a service have a node as its live spec asks for, all of which may stay there."""
    if not {"Replicated", "ReplicatedJob"} & (spec.get("Mode") or {}).keys():
        return False
    nodes = {node["ID"]: node for node in cluster.nodes}
    active = [usage for usage in cluster.usages.get(str(spec.get("Name")), ()) if usage.active]
    return sum(usage.count for usage in active) == _count(spec) and all(
        stays(usage.requirements, nodes.get(usage.node)) for usage in active
    )


def simulate_scheduling(spec: Json, cluster: SimulatedCluster, *, restarts: bool) -> Outcome:
    """Play the scheduler through for one service, and leave its tasks in the cluster as they will be.

    Args:
        spec: the ServiceSpec that will be live.
        cluster: nodes and tasks; it is changed.
        restarts: whether the tasks that run now are replaced even where their node suits still.
    """
    requirements = requirements_of(spec, cluster.network_drivers)
    before = cluster.remove(requirements.service)
    if any(kind in (spec.get("Mode") or {}) for kind in ("Global", "GlobalJob")):
        return _simulate_global(requirements, cluster)
    count = _count(spec)
    nodes = {node["ID"]: node for node in cluster.nodes}
    here = cluster.taken
    _add(here, before)
    staying: list[TaskUsage] = []
    leaving: list[TaskUsage] = []
    wanted = count
    for usage in before:
        if not usage.active:
            continue
        stay = min(usage.count, wanted) if not restarts and stays(requirements, nodes.get(usage.node)) else 0
        wanted -= stay
        staying += _some(usage, stay)
        leaving += _some(usage, usage.count - stay)
    ending = [usage for usage in before if not usage.active]
    # what is scaled away makes room, and so does what lost its node
    leaving, gone = _first(leaving, wanted)
    _remove(here, gone)
    refused: list[str] = []
    pending = 0
    coming: Counter[str] = Counter()
    for size, start_first in _batches(spec, wanted):
        leaves, leaving = _first(leaving, size)
        if not start_first:
            _remove(here, leaves)
        placed = spread(requirements, cluster.nodes, here, size)
        _add(here, (TaskUsage(requirements, node, count=number) for node, number in placed.items()))
        coming.update(placed)
        if sum(placed.values()) < size:
            pending += size - sum(placed.values())
            refused = [words for node in cluster.nodes if (words := why_not(requirements, node, here[node["ID"]]))]
        if start_first:
            _remove(here, leaves)
    come = [TaskUsage(requirements, node, count=number) for node, number in coming.items()]
    # what stays counts with what it will ask for
    _remove(here, [*ending, *staying, *come])
    kept = [TaskUsage(requirements, usage.node, count=usage.count) for usage in staying]
    cluster.add(requirements.service, [*ending, *kept, *come])
    return Outcome(count, pending, no_suitable_node(refused) if pending else "")


def _batches(spec: Json, wanted: int) -> Iterable[tuple[int, bool]]:
    """Yield the size of each batch of an update, and whether its new tasks start before the old ones end.

    What comes after so many batches is one: by then the old tasks have made the room that they will make.
    """
    batch, order = update_pace(spec)
    size = batch or wanted
    for _ in range(PLAYED_BATCHES):
        if wanted <= 0:
            return
        yield min(size, wanted), order == "start-first"
        wanted -= size
    if wanted > 0:
        yield wanted, False


def _some(usage: TaskUsage, count: int) -> list[TaskUsage]:
    return [replace(usage, count=count)] if count > 0 else []


def _first(usages: Sequence[TaskUsage], count: int) -> tuple[list[TaskUsage], list[TaskUsage]]:
    """Return the first so many tasks, and the rest."""
    first: list[TaskUsage] = []
    rest: list[TaskUsage] = []
    for usage in usages:
        taken = min(usage.count, count)
        count -= taken
        first += _some(usage, taken)
        rest += _some(usage, usage.count - taken)
    return first, rest


def _add(here: Mapping[str, NodeUsage], usages: Iterable[TaskUsage]) -> None:
    for usage in usages:
        here[usage.node].add(usage)


def _remove(here: Mapping[str, NodeUsage], usages: Iterable[TaskUsage]) -> None:
    for usage in usages:
        here[usage.node].remove(usage)


def _simulate_global(requirements: TaskRequirements, cluster: SimulatedCluster) -> Outcome:
    """Place one task on every node that takes tasks and satisfies the constraints; other filters may refuse it."""
    suiting = [node for node in cluster.nodes if is_available(node) and matches(requirements.constraints, node)]
    if not suiting:
        # Swarm makes no task then, and leaves those on paused nodes as they are
        return Outcome(0, 1, no_suitable_node(why_not(requirements, node, NodeUsage()) or "" for node in cluster.nodes))
    here = cluster.taken
    refusals = {node["ID"]: why_not(requirements, node, here[node["ID"]]) for node in suiting}
    cluster.add(requirements.service, [TaskUsage(requirements, id) for id, words in refusals.items() if not words])
    refused = [words for words in refusals.values() if words]
    return Outcome(len(suiting), len(refused), no_suitable_node(refused) if refused else "")


def stays(requirements: TaskRequirements, node: Json | None) -> bool:
    """Tell whether a task may stay on its node."""
    return node is not None and keeps_tasks(node) and matches(requirements.constraints, node)


def _count(spec: Json) -> int:
    mode = spec.get("Mode") or {}
    job = at(mode, "ReplicatedJob")
    if job is not None:
        total = at(job, "TotalCompletions")
        at_once = at(job, "MaxConcurrent")
        known = [number for number in (total, at_once) if isinstance(number, int)]
        return min(known) if known else 1
    replicas = at(mode, "Replicated", "Replicas")
    return replicas if isinstance(replicas, int) else 1 if replicas is None else 0


# ------------------------------------------------------------------- words


def describe_unplaced(spec: Json, outcome: Outcome, nodes: Sequence[Json]) -> str | None:
    """Return the forecast in words, None when every task finds a node.

    Args:
        spec: the ServiceSpec that will be sent.
        outcome: what `simulate_scheduling` returned.
        nodes: GET /nodes.
    """
    if not outcome.pending:
        return None
    name, requirements = spec.get("Name"), requirements_of(spec)
    tasks = "task" if outcome.pending == 1 else "tasks"
    who = f"the {tasks}" if outcome.pending == outcome.wanted else f"{outcome.pending} of {outcome.wanted} tasks"
    missing = unsatisfied(requirements.constraints, nodes)
    detail = ""
    if missing:
        detail = f": no node satisfies {_quoted(missing)}"
    elif "constraints" in outcome.reason:
        detail = f": the constraints are {_quoted(requirements.constraints)}"
    elif "host-mode port" in outcome.reason and update_pace(spec)[1] == "start-first":
        detail = ": a host port cannot be updated with order: start-first, its own old task holds it"
    what = f"{who} of {name} will stay pending" if outcome.wanted else f"no task of {name} will start"
    return f"{what}: {outcome.reason}{detail}"


def _quoted(texts: Iterable[str]) -> str:
    return " and ".join(f"'{text}'" for text in texts)


# --------------------------------------------------------------------- ports


@dataclass(frozen=True)
class Holder:
    """A service that publishes a port.

    Attributes:
        owner: Pulumi project and stack that own it, "" for none.
        mode: ingress or host.
    """

    service: str
    owner: str
    mode: str


def holders(services: Iterable[Json]) -> dict[tuple[str, int], list[Holder]]:
    """Return who publishes each port, by protocol and number.

    Args:
        services: GET /services, or `{"Spec": spec}` of planned ones.
    """
    found: dict[tuple[str, int], list[Holder]] = {}
    for service in services:
        theirs: dict[tuple[str, int], str] = {}
        for ports in (at(service, "Spec", "EndpointSpec", "Ports"), at(service, "Endpoint", "Ports")):
            theirs |= _published(ports)
        owner = labels.owner(at(service, "Spec", "Labels")) or ""
        for key, mode in theirs.items():
            found.setdefault(key, []).append(Holder(str(at(service, "Spec", "Name")), owner, mode))
    return found


def taken_ports(
    spec: Json, held: Mapping[tuple[str, int], Sequence[Holder]], stays: Callable[[Holder], bool] = lambda holder: True
) -> list[str]:
    """Return a sentence, in Swarm's words, for each service that has a port of the spec: Swarm refuses that.

    Args:
        spec: the ServiceSpec that will be sent.
        held: what `holders` returned.
        stays: whether a holder keeps its ports; of the others nothing is told.

    A port in ingress mode is taken on every node; two services may share one in host mode, on different nodes.
    """
    clashes: dict[Holder, list[int]] = {}
    for key, mode in _published(at(spec, "EndpointSpec", "Ports")).items():
        for holder in held.get(key, ()):
            if holder.service != spec.get("Name") and "ingress" in (mode, holder.mode) and stays(holder):
                clashes.setdefault(holder, []).append(key[1])
    found = []
    for holder, numbers in clashes.items():
        how = "an ingress port" if holder.mode == "ingress" else "a host-published port"
        more = f" ({len(numbers) - 1} more of its ports are, too)" if len(numbers) > 1 else ""
        found.append(f"port '{numbers[0]}' is already in use by service '{holder.service}' as {how}{more}")
    return found


def _published(ports: Any) -> dict[tuple[str, int], str]:
    return {
        (str(at(port, "Protocol") or "tcp"), port["PublishedPort"]): str(at(port, "PublishMode") or "ingress")
        for port in (ports if isinstance(ports, list) else ())
        if isinstance(port, dict) and isinstance(port.get("PublishedPort"), int) and port["PublishedPort"]
    }
