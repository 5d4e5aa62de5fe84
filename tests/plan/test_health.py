"""When a service counts as degraded, and which constraints nobody satisfies."""

from __future__ import annotations

from swarm_provider.plan.health import degraded, given_up
from swarm_provider.spec import Json


def node(name: str, *, state: str = "ready", **labels: str) -> Json:
    return {
        "ID": f"id-{name}",
        "Description": {"Hostname": name},
        "Spec": {"Role": "worker", "Labels": labels},
        "Status": {"State": state},
    }


def task(on: str, *, state: str = "running", wanted: str = "running", service: str = "s") -> Json:
    return {"ServiceID": service, "NodeID": f"id-{on}", "DesiredState": wanted, "Status": {"State": state}}


def service(**mode: Json) -> Json:
    return {"ID": "s", "Spec": {"Name": "web", "Mode": mode}}


REPLICATED = service(Replicated={"Replicas": 2})
GLOBAL = service(Global={})


def test_service_with_all_tasks_running_is_not_degraded() -> None:
    assert degraded(REPLICATED, [task("a"), task("b")], [node("a"), node("b")]) is None


def test_task_on_a_lost_node_does_not_count_and_the_node_is_named() -> None:
    said = degraded(REPLICATED, [task("a"), task("b")], [node("a"), node("b", state="down")])
    assert said == "web is degraded: 1/2 tasks run; node down: b"


def test_tasks_of_other_services_and_old_tasks_do_not_count() -> None:
    tasks = [task("a"), task("a", wanted="shutdown"), task("a", service="other")]
    assert degraded(REPLICATED, tasks, [node("a")]) == "web is degraded: 1/2 tasks run"


def test_global_service_wants_as_many_as_swarm_placed() -> None:
    assert degraded(GLOBAL, [task("a"), task("b", state="starting")], [node("a"), node("b")]) == (
        "web is degraded: 1/2 tasks run"
    )


def test_job_is_never_degraded() -> None:
    assert degraded(service(ReplicatedJob={"TotalCompletions": 3}), [], []) is None


def test_service_scaled_to_nothing_is_not_degraded() -> None:
    assert degraded(service(Replicated={"Replicas": 0}), [], []) is None


ONCE = service(Replicated={"Replicas": 1})
ONCE["Spec"]["TaskTemplate"] = {"RestartPolicy": {"Condition": "none"}}


def test_task_that_ended_well_and_stays_ended_is_no_lack() -> None:
    tasks = [task("a", state="complete", wanted="shutdown") | {"Slot": 1}]
    assert degraded(ONCE, tasks, [node("a")]) is None
    assert not given_up(ONCE, tasks)


def test_task_that_failed_and_is_not_started_again_is_given_up() -> None:
    tasks = [task("a", state="failed", wanted="shutdown") | {"Slot": 1}]
    assert degraded(ONCE, tasks, [node("a")]) == "web is degraded: 0/1 tasks run"
    assert given_up(ONCE, tasks)


def test_task_that_swarm_starts_again_is_not_given_up() -> None:
    assert not given_up(ONCE, [task("a", state="starting") | {"Slot": 1}])
