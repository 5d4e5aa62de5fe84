"""The scheduling forecast: which tasks of a service will find a node once a spec is submitted, and why not. Pure.

The scheduler is played through: what keeps running stays on its nodes, what an update replaces leaves and comes again
in its order and batches, and each task goes to the node with the fewest tasks of its service. What earlier forecasts
of the same run have placed counts as if it ran. Tasks are counted, so that a forecast costs what the nodes cost,
however many replicas there are.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final

from swarm_provider.convert.effective import update_pace
from swarm_provider.core import Json, labels
from swarm_provider.core.values import at
from swarm_provider.plan.facts.constraints import matches, unsatisfied
from swarm_provider.plan.facts.tasks import PAST_RUNNING, keeps_tasks
from swarm_provider.plan.scheduling.filters import (
    Demand,
    Load,
    Taken,
    demand_of,
    is_available,
    no_suitable_node,
    why_not,
)
from swarm_provider.plan.scheduling.spread import spread

PLAYED_BATCHES: Final = 100
"""How many batches of an update are played through one by one."""


@dataclass
class Cluster:
    """What the scheduler knows: the nodes, and what the tasks of each service take of them.

    Attributes:
        nodes: as in GET /nodes, with what this run changes of them.
        loads: by the name of the service.
        network_drivers: by name and by id.
    """

    nodes: Sequence[Json]
    loads: dict[str, list[Load]] = field(default_factory=dict)
    network_drivers: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.taken: defaultdict[str, Taken] = defaultdict(Taken)
        """By node; kept up to date by `place` and `lift`, so that a forecast costs what its own tasks cost."""
        for loads in self.loads.values():
            _take(self.taken, loads)

    def place(self, service: str, loads: list[Load]) -> None:
        """Count the tasks of a service in."""
        self.loads[service] = loads
        _take(self.taken, loads)

    def lift(self, service: str) -> list[Load]:
        """Count the tasks of a service out, and return them."""
        loads = self.loads.pop(service, [])
        _free(self.taken, loads)
        return loads


@dataclass(frozen=True)
class Outcome:
    """The forecast for one service.

    Attributes:
        wanted: how many of its tasks have to find a node.
        pending: how many of them find none.
        reason: the scheduler's words for those; "" when all find one.
    """

    wanted: int
    pending: int = 0
    reason: str = ""


def live_loads(services: Sequence[Json], tasks: Sequence[Json], drivers: Mapping[str, str]) -> dict[str, list[Load]]:
    """Return what the tasks take that have a node and have not ended, by the name of their service.

    Args:
        services: GET /services; what the tasks of a service that is gone take counts under its id, until they ended.
        tasks: GET /tasks.
        drivers: network drivers by name and id.
    """
    specs = {service["ID"]: service["Spec"] for service in services}
    found: dict[str, list[Load]] = {}
    demands: dict[tuple[Any, Any], Demand] = {}
    for task in tasks:
        if not task.get("NodeID") or at(task, "Status", "State") in PAST_RUNNING:
            continue
        # the task has the template that it was made from; those of one version of the service have the same
        made_from = (task.get("ServiceID"), at(task, "SpecVersion", "Index"))
        demand = demands.get(made_from)
        if demand is None:
            spec = specs.get(task.get("ServiceID"), {"Name": str(task.get("ServiceID"))})
            # its ports are known by the service only
            demand = demand_of({**spec, "TaskTemplate": task.get("Spec") or {}}, drivers)
            if made_from[1] is not None:
                demands[made_from] = demand
        # a service is gone a moment before its tasks are told to go with it
        active = task.get("ServiceID") in specs and task.get("DesiredState") in ("running", "ready", "complete")
        found.setdefault(demand.service, []).append(Load(demand, task["NodeID"], active))
    return found


def is_placed(spec: Json, cluster: Cluster) -> bool:
    """Say whether as many tasks of a service have a node as its live spec asks for, all of which may stay there."""
    if not {"Replicated", "ReplicatedJob"} & (spec.get("Mode") or {}).keys():
        return False
    nodes = {node["ID"]: node for node in cluster.nodes}
    active = [load for load in cluster.loads.get(str(spec.get("Name")), ()) if load.active]
    return sum(load.count for load in active) == _count(spec) and all(
        stays(load.demand, nodes.get(load.node)) for load in active
    )


def foresee(spec: Json, cluster: Cluster, *, restarts: bool) -> Outcome:
    """Play the scheduler through for one service, and leave its tasks in the cluster as they will be.

    Args:
        spec: the ServiceSpec that will be live.
        restarts: whether the tasks that run now are replaced even where their node suits still.
    """
    demand = demand_of(spec, cluster.network_drivers)
    before = cluster.lift(demand.service)
    if any(kind in (spec.get("Mode") or {}) for kind in ("Global", "GlobalJob")):
        return _foresee_global(demand, cluster)
    count = _count(spec)
    nodes = {node["ID"]: node for node in cluster.nodes}
    here = cluster.taken
    _take(here, before)
    staying: list[Load] = []
    leaving: list[Load] = []
    wanted = count
    for load in before:
        if not load.active:
            continue
        stay = min(load.count, wanted) if not restarts and stays(demand, nodes.get(load.node)) else 0
        wanted -= stay
        staying += _some(load, stay)
        leaving += _some(load, load.count - stay)
    ending = [load for load in before if not load.active]
    # what is scaled away makes room, and so does what lost its node
    leaving, gone = _first(leaving, wanted)
    _free(here, gone)
    refused: list[str] = []
    pending = 0
    coming: Counter[str] = Counter()
    for size, start_first in _batches(spec, wanted):
        leaves, leaving = _first(leaving, size)
        if not start_first:
            _free(here, leaves)
        placed = spread(demand, cluster.nodes, here, size)
        _take(here, (Load(demand, node, count=number) for node, number in placed.items()))
        coming.update(placed)
        if sum(placed.values()) < size:
            pending += size - sum(placed.values())
            refused = [words for node in cluster.nodes if (words := why_not(demand, node, here[node["ID"]]))]
        if start_first:
            _free(here, leaves)
    come = [Load(demand, node, count=number) for node, number in coming.items()]
    # what stays counts with what it will ask for
    _free(here, [*ending, *staying, *come])
    kept = [Load(demand, load.node, count=load.count) for load in staying]
    cluster.place(demand.service, [*ending, *kept, *come])
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


def _some(load: Load, count: int) -> list[Load]:
    return [replace(load, count=count)] if count > 0 else []


def _first(loads: Sequence[Load], count: int) -> tuple[list[Load], list[Load]]:
    """Return the first so many tasks, and the rest."""
    first: list[Load] = []
    rest: list[Load] = []
    for load in loads:
        taken = min(load.count, count)
        count -= taken
        first += _some(load, taken)
        rest += _some(load, load.count - taken)
    return first, rest


def _take(here: Mapping[str, Taken], loads: Iterable[Load]) -> None:
    for load in loads:
        here[load.node].add(load)


def _free(here: Mapping[str, Taken], loads: Iterable[Load]) -> None:
    for load in loads:
        here[load.node].remove(load)


def _foresee_global(demand: Demand, cluster: Cluster) -> Outcome:
    """One task on every node that takes tasks and satisfies the constraints; the other filters may refuse it there."""
    suiting = [node for node in cluster.nodes if is_available(node) and matches(demand.constraints, node)]
    if not suiting:
        return Outcome(1, 1, no_suitable_node(why_not(demand, node, Taken()) or "" for node in cluster.nodes))
    here = cluster.taken
    refusals = {node["ID"]: why_not(demand, node, here[node["ID"]]) for node in suiting}
    cluster.place(demand.service, [Load(demand, id) for id, words in refusals.items() if not words])
    refused = [words for words in refusals.values() if words]
    return Outcome(len(suiting), len(refused), no_suitable_node(refused) if refused else "")


def stays(demand: Demand, node: Json | None) -> bool:
    """Say whether a task may stay on its node."""
    return node is not None and keeps_tasks(node) and matches(demand.constraints, node)


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


def sentence(spec: Json, outcome: Outcome, nodes: Sequence[Json]) -> str | None:
    """Return the forecast in words, None when every task finds a node."""
    if not outcome.pending:
        return None
    name, demand = spec.get("Name"), demand_of(spec)
    tasks = "task" if outcome.pending == 1 else "tasks"
    who = f"the {tasks}" if outcome.pending == outcome.wanted else f"{outcome.pending} of {outcome.wanted} tasks"
    missing = unsatisfied(demand.constraints, nodes)
    detail = ""
    if missing:
        detail = f": no node satisfies {_quoted(missing)}"
    elif "constraints" in outcome.reason:
        detail = f": the constraints are {_quoted(demand.constraints)}"
    elif "host-mode port" in outcome.reason and update_pace(spec)[1] == "start-first":
        detail = ": a host port cannot be updated with order: start-first, its own old task holds it"
    return f"{who} of {name} will stay pending: {outcome.reason}{detail}"


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
