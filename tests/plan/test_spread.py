"""Spreading many tasks by counting gives what placing them one by one gives, and costs what the nodes cost."""

from __future__ import annotations

from collections import Counter, defaultdict

import pytest
from hypothesis import given
from hypothesis import strategies as st

from swarm_provider.core import Json
from swarm_provider.plan.scheduling import filters
from swarm_provider.plan.scheduling.evictions import evictions
from swarm_provider.plan.scheduling.filters import (
    NodeUsage,
    TaskRequirements,
    TaskUsage,
    requirements_of,
    room,
    why_not,
)
from swarm_provider.plan.scheduling.forecast import SimulatedCluster, live_usages, simulate_scheduling
from swarm_provider.plan.scheduling.spread import spread
from tests.plan.test_placement import GIB, node, reserving, running, service

DEMANDS = st.builds(
    TaskRequirements,
    service=st.just("web"),
    cpus=st.sampled_from([0, 0, 3 * 10**8]),
    memory=st.sampled_from([0, 0, GIB, 3 * GIB]),
    ports=st.sampled_from([frozenset(), frozenset(), frozenset({("tcp", 80)})]),
    max_per_node=st.sampled_from([0, 0, 2]),
)
OTHERS = st.builds(
    TaskRequirements,
    service=st.sampled_from(["web", "db"]),
    memory=st.sampled_from([0, GIB]),
    ports=st.sampled_from([frozenset(), frozenset({("tcp", 80)})]),
)


def one_by_one(
    requirements: TaskRequirements, nodes: list[Json], here: dict[str, NodeUsage], wanted: int
) -> Counter[str]:
    """What the scheduler does: each task goes to the best node there is."""
    placed: Counter[str] = Counter()
    for _ in range(wanted):
        suiting = [one["ID"] for one in nodes if why_not(requirements, one, here[one["ID"]]) is None]
        if not suiting:
            break
        best = min(suiting, key=lambda id: (here[id].of(requirements.service), here[id].tasks))
        here[best].add(TaskUsage(requirements, best))
        placed[best] += 1
    return placed


@given(DEMANDS, st.lists(st.tuples(OTHERS, st.integers(0, 3), st.booleans())), st.integers(0, 12), st.integers(1, 4))
def test_counting_places_tasks_as_one_by_one(
    requirements: TaskRequirements, there: list[tuple[TaskRequirements, int, bool]], wanted: int, count: int
) -> None:
    nodes = [node(str(number)) for number in range(count)]
    here: defaultdict[str, NodeUsage] = defaultdict(NodeUsage)
    for other, number, active in there:
        here[str(number % count)].add(TaskUsage(other, str(number % count), active))
    counted = spread(requirements, nodes, here, wanted)
    assert counted == one_by_one(requirements, nodes, here, wanted)


def test_room_is_what_the_filters_let_in() -> None:
    requirements = requirements_of(reserving("1500M"))
    assert room(requirements, node("a"), NodeUsage(), 10**30) == 2
    assert room(requirements, node("a", availability="drain"), NodeUsage(), 5) == 0
    assert room(requirements_of(service()), node("a"), NodeUsage(), 5) == 5


@pytest.mark.timeout(20)
@pytest.mark.parametrize("replicas", [100_000, 10**9, 2**62])
@pytest.mark.parametrize("order", ["stop-first", "start-first"])
def test_number_of_replicas_costs_nothing(replicas: int, order: str, monkeypatch: pytest.MonkeyPatch) -> None:
    calls: Counter[str] = Counter()
    rule = filters.why_not

    def counted(*args: object) -> object:
        calls["why_not"] += 1
        return rule(*args)  # type: ignore[arg-type]

    monkeypatch.setattr(filters, "why_not", counted)
    nodes = [node("a"), node("b"), node("c")]
    live, tasks = running(service("web", 2), "a", "b")
    cluster = SimulatedCluster(nodes, live_usages([live], tasks, {}))
    deploy = {"updateConfig": {"order": order, "parallelism": 1}}
    grown = simulate_scheduling(service("web", replicas, deploy=deploy), cluster, restarts=True)
    assert (grown.wanted, grown.pending) == (replicas, 0)
    again = simulate_scheduling(service("web", replicas, deploy=deploy), cluster, restarts=True)
    assert (again.wanted, again.pending) == (replicas, 0)
    assert sum(usage.count for usage in cluster.usages["web"]) == replicas
    assert cluster.taken["a"].tasks + cluster.taken["b"].tasks + cluster.taken["c"].tasks == replicas
    assert calls["why_not"] <= 1000


def test_replicas_beyond_the_memory_are_pending() -> None:
    nodes = [node("a"), node("b")]
    outcome = simulate_scheduling(reserving("1G", 100_000), SimulatedCluster(nodes), restarts=False)
    assert (outcome.wanted, outcome.pending) == (100_000, 100_000 - 8)
    assert outcome.reason == "no suitable node (insufficient resources on 2 nodes)"


def test_many_tasks_that_are_scaled_away_make_room() -> None:
    cluster = SimulatedCluster([node("a")])
    assert simulate_scheduling(service("web", 100_000), cluster, restarts=False).pending == 0
    assert simulate_scheduling(service("web", 3), cluster, restarts=False).pending == 0
    assert cluster.taken["a"].tasks == 3


def test_evicted_tasks_are_counted() -> None:
    cluster = SimulatedCluster([node("a"), node("b")])
    spec = service("web", 100_000)
    simulate_scheduling(spec, cluster, restarts=False)
    drained = [node("a", availability="drain"), node("b")]
    assert evictions(cluster, [node("a"), node("b")], drained, {"web": spec}).counts == {"web": 50_000}
