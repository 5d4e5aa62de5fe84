"""The scheduling forecast in small; tests/plan/test_placement_live.py compares it with the real scheduler."""

from __future__ import annotations

from typing import Any

from swarm_provider.convert.service.spec import to_spec
from swarm_provider.core import Json
from swarm_provider.core.values import UNKNOWN
from swarm_provider.plan.scheduling.evictions import evictions
from swarm_provider.plan.scheduling.forecast import (
    SimulatedCluster,
    describe_unplaced,
    holders,
    live_usages,
    simulate_scheduling,
    taken_ports,
)

GIB = 1 << 30


def node(name: str, *, availability: str = "active", state: str = "ready", **own: str) -> Json:
    return {
        "ID": name,
        "Spec": {"Role": "worker", "Availability": availability, "Labels": own},
        "Description": {
            "Hostname": name,
            "Resources": {"NanoCPUs": 2 * 10**9, "MemoryBytes": 4 * GIB},
            "Engine": {"Plugins": [{"Type": "Log", "Name": "json-file"}, {"Type": "Volume", "Name": "local"}]},
            "Platform": {"OS": "linux", "Architecture": "x86_64"},
        },
        "Status": {"State": state},
    }


def service(name: str = "web", replicas: int = 1, **parts: Any) -> Json:
    deploy = {"replicas": replicas, **parts.pop("deploy", {})}
    return to_spec({"name": name, "image": "bb:1", "deploy": deploy, **parts})


def reserving(memory: str, replicas: int = 1, name: str = "web", **deploy: Any) -> Json:
    return service(name, replicas, deploy={"resources": {"reservations": {"memory": memory}}, **deploy})


def test_services_planned_before_count_as_if_they_ran() -> None:
    cluster = SimulatedCluster([node("a"), node("b")])
    assert simulate_scheduling(reserving("3G", 2, "first"), cluster, restarts=False).pending == 0
    second = simulate_scheduling(reserving("3G", 1, "second"), cluster, restarts=False)
    assert (second.pending, second.reason) == (1, "no suitable node (insufficient resources on 2 nodes)")


def test_service_forecast_again_does_not_count_twice() -> None:
    cluster = SimulatedCluster([node("a")])
    for _ in range(3):
        assert simulate_scheduling(reserving("3G"), cluster, restarts=True).pending == 0


def test_label_planned_in_the_same_run_gives_no_alarm() -> None:
    pinned = service(deploy={"placement": {"constraints": ["node.labels.storage == raid"]}})
    assert simulate_scheduling(pinned, SimulatedCluster([node("a", storage="raid")]), restarts=False).pending == 0
    planned = node("a")
    planned["Spec"]["Labels"] = {"storage": UNKNOWN}
    assert simulate_scheduling(pinned, SimulatedCluster([planned]), restarts=False).pending == 0


def test_sentence_names_what_no_node_satisfies() -> None:
    pinned = service(deploy={"placement": {"constraints": ["node.labels.storage == raid"]}})
    nodes = [node("a"), node("b", storage="ssd")]
    assert describe_unplaced(pinned, simulate_scheduling(pinned, SimulatedCluster(nodes), restarts=False), nodes) == (
        "the task of web will stay pending: no suitable node (scheduling constraints not satisfied on 2 nodes): "
        "no node satisfies 'node.labels.storage == raid'"
    )


def test_sentence_counts_the_tasks_that_find_no_node() -> None:
    spec = service(replicas=5, deploy={"placement": {"maxReplicasPerNode": 2}})
    nodes = [node("a"), node("b"), node("c", availability="drain")]
    assert describe_unplaced(spec, simulate_scheduling(spec, SimulatedCluster(nodes), restarts=False), nodes) == (
        "1 of 5 tasks of web will stay pending: no suitable node (max replicas per node limit exceed; "
        "1 node not available for new tasks)"
    )
    assert (
        describe_unplaced(
            spec, simulate_scheduling(service(replicas=4), SimulatedCluster(nodes), restarts=False), nodes
        )
        is None
    )


def running(spec: Json, *nodes: str, state: str = "running") -> tuple[Json, list[Json]]:
    live = {"ID": f"id-{spec['Name']}", "Spec": spec}
    tasks = [
        {
            "ServiceID": live["ID"],
            "NodeID": add,
            "Spec": spec["TaskTemplate"],
            "DesiredState": "running",
            "Status": {"State": state},
        }
        for add in nodes
    ]
    return live, tasks


def test_host_port_updated_with_start_first_waits_for_its_own_task() -> None:
    port: dict[str, Any] = {"ports": [{"target": 80, "published": 80, "mode": "host"}]}
    live, tasks = running(service(**port), "a")
    nodes = [node("a")]
    for order, pending in (("start-first", 1), ("stop-first", 0)):
        cluster = SimulatedCluster(nodes, live_usages([live], tasks, {}))
        after = service(deploy={"updateConfig": {"order": order}}, **port)
        outcome = simulate_scheduling(after, cluster, restarts=True)
        assert outcome.pending == pending
        if pending:
            assert "a host port cannot be updated with order: start-first" in (
                describe_unplaced(after, outcome, nodes) or ""
            )


def test_task_that_has_ended_takes_nothing() -> None:
    live, tasks = running(reserving("4G", name="old"), "a", state="complete")
    assert live_usages([live], tasks, {}) == {}


def test_task_of_a_service_that_is_gone_takes_its_part_and_is_no_longer_evicted() -> None:
    live, tasks = running(reserving("4G", name="old"), "a")
    usages = live_usages([], tasks, {})
    assert [usage.requirements.memory for usage in usages["id-old"]] == [4 * 1024**3]
    assert not evictions(SimulatedCluster([], usages), [node("a")], [], {}).counts
    assert evictions(SimulatedCluster([], live_usages([live], tasks, {})), [node("a")], [], {}).counts == {"old": 1}


def test_missing_drivers_are_told_for_volumes_networks_and_logs() -> None:
    driver = {"type": "volume", "source": "v", "target": "/v", "volume": {"driver": "rex"}}
    for parts in ({"volumes": [driver]}, {"logging": {"driver": "x"}}, {"networks": [{"name": "n"}]}):
        cluster = SimulatedCluster([node("a")], network_drivers={"n": "weave"})
        assert (
            simulate_scheduling(service(**parts), cluster, restarts=False).reason
            == "no suitable node (missing plugin on 1 node)"
        )


def test_platforms_of_the_image_are_compared_as_go_and_as_the_kernel_write_them() -> None:
    spec = service()
    for arch, pending in (("amd64", 0), ("arm64", 1), ("", 0)):
        spec["TaskTemplate"]["Placement"]["Platforms"] = [{"OS": "linux", "Architecture": arch}]
        assert simulate_scheduling(spec, SimulatedCluster([node("a")]), restarts=False).pending == pending


def test_global_service_without_any_node_is_told() -> None:
    spec = to_spec(
        {"name": "agent", "image": "bb:1", "deploy": {"mode": "global", "placement": {"constraints": ["node.id == z"]}}}
    )
    outcome = simulate_scheduling(spec, SimulatedCluster([node("a")]), restarts=False)
    assert outcome.reason == "no suitable node (scheduling constraints not satisfied on 1 node)"
    assert describe_unplaced(spec, outcome, [node("a")]) == (
        "no task of agent will start: no suitable node (scheduling constraints not satisfied on 1 node): "
        "no node satisfies 'node.id == z'"
    )


def test_what_is_not_known_yet_asks_for_nothing() -> None:
    spec = service(deploy={"resources": {"reservations": {"memory": UNKNOWN}}}, ports=UNKNOWN, volumes=UNKNOWN)
    assert simulate_scheduling(spec, SimulatedCluster([node("a")]), restarts=False).pending == 0
    assert taken_ports(spec, holders([{"Spec": spec}])) == []


def publishing(name: str, mode: str, protocol: str = "tcp") -> Json:
    return service(name, ports=[{"target": 80, "published": 80, "mode": mode, "protocol": protocol}])


def test_published_port_of_another_service_is_told_in_swarms_words() -> None:
    others = [{"Spec": publishing("proxy", "ingress")}]
    told_of = "port '80' is already in use by service 'proxy' as an ingress port"
    assert taken_ports(publishing("web", "ingress"), holders(others)) == [told_of]
    assert taken_ports(publishing("web", "host"), holders(others)) == [told_of]
    assert taken_ports(publishing("web", "ingress", "udp"), holders(others)) == []
    assert taken_ports(publishing("web", "host"), holders([{"Spec": publishing("proxy", "host")}])) == []


def test_drained_node_evicts_and_its_local_data_stays_behind() -> None:
    data = {"volumes": [{"type": "volume", "source": "data", "target": "/d"}]}
    web, on_a = running(service("web", 2), "a", "b")
    db, also_on_a = running(service("db", 1, **data), "a")
    cluster = SimulatedCluster([], live_usages([web, db], [*on_a, *also_on_a], {}))
    before, after = [node("a"), node("b")], [node("a", availability="drain"), node("b")]
    found = evictions(cluster, before, after, {item["Spec"]["Name"]: item["Spec"] for item in (web, db)})
    assert found.counts == {"db": 1, "web": 1}
    assert found.warnings == ["db: volume 'data' is local to 'a'; the task starts elsewhere with an empty one"]


def test_evicted_task_that_fits_nowhere_else_is_told() -> None:
    big, on_a = running(reserving("3G", 2, "big"), "a", "b")
    cluster = SimulatedCluster([], live_usages([big], on_a, {}))
    before, after = [node("a"), node("b")], [node("a", availability="drain"), node("b")]
    (warning,) = evictions(cluster, before, after, {"big": big["Spec"]}).warnings
    assert warning.startswith("1 of 2 tasks of big will stay pending: no suitable node (")
    assert cluster.usages == live_usages([big], on_a, {}), "the forecast leaves the cluster as it is"


def test_label_that_goes_evicts_what_asked_for_it() -> None:
    pinned, tasks = running(service(deploy={"placement": {"constraints": ["node.labels.zone == a"]}}), "a")
    cluster = SimulatedCluster([], live_usages([pinned], tasks, {}))
    found = evictions(cluster, [node("a", zone="a")], [node("a", zone="b")], {"web": pinned["Spec"]})
    assert found.counts == {"web": 1}
