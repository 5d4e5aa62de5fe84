"""When a service counts as degraded, and which constraints nobody satisfies."""

from __future__ import annotations

import time
from datetime import UTC, datetime

import pytest

from swarm_provider.core import Json
from swarm_provider.plan.rollout.health import degraded, health, left_behind, recovered
from swarm_provider.plan.rollout.stack_status import service_status

NOW = 1_790_000_000 * 10**9


def node(name: str, *, state: str = "ready", **labels: str) -> Json:
    return {
        "ID": f"id-{name}",
        "Description": {"Hostname": name},
        "Spec": {"Role": "worker", "Labels": labels, "Availability": "active"},
        "Status": {"State": state},
    }


def task(on: str, *, state: str = "running", wanted: str = "running", service: str = "s", slot: int = 0) -> Json:
    return {
        "ServiceID": service,
        "NodeID": f"id-{on}",
        "Slot": slot,
        "DesiredState": wanted,
        "Status": {"State": state},
    }


def at(number: int) -> str:
    """A time of the daemon, that many seconds before NOW."""
    return datetime.fromtimestamp(NOW / 10**9 - number, UTC).isoformat()


def given_up(live: Json, tasks: list[Json], nodes: list[Json]) -> bool:
    return health(live, tasks, nodes, NOW).given_up > 0


def tried(on: str = "a", *, state: str = "failed", ran: int = 60) -> list[Json]:
    """A task that ended, and the one after it, which has run for some seconds."""
    before = task(on, state=state, wanted="shutdown", slot=1) | {"CreatedAt": at(ran + 20)}
    after = task(on, slot=1) | {"CreatedAt": at(ran + 10), "Status": {"State": "running", "Timestamp": at(ran)}}
    return [before, after]


def service(**mode: Json) -> Json:
    return {"ID": "s", "Spec": {"Name": "web", "Mode": mode}}


REPLICATED = service(Replicated={"Replicas": 2})
GLOBAL = service(Global={})


def test_service_with_all_tasks_running_is_not_degraded() -> None:
    assert degraded(REPLICATED, [task("a", slot=1), task("b", slot=2)], [node("a"), node("b")], NOW) is None


def test_task_on_a_lost_node_does_not_count_and_the_node_is_named() -> None:
    said = degraded(REPLICATED, [task("a", slot=1), task("b", slot=2)], [node("a"), node("b", state="down")], NOW)
    assert said == "web is degraded: 1/2 tasks run; node down: b"


def test_tasks_of_other_services_and_old_tasks_do_not_count() -> None:
    tasks = [task("a", slot=1), task("a", wanted="shutdown", slot=2), task("a", service="other", slot=2)]
    assert degraded(REPLICATED, tasks, [node("a")], NOW) == "web is degraded: 1/2 tasks run"


def test_global_service_wants_as_many_as_swarm_placed() -> None:
    assert degraded(GLOBAL, [task("a"), task("b", state="starting")], [node("a"), node("b")], NOW) == (
        "web is degraded: 1/2 tasks run"
    )


def test_job_is_never_degraded() -> None:
    assert degraded(service(ReplicatedJob={"TotalCompletions": 3}), [], [], NOW) is None


def test_service_scaled_to_nothing_is_not_degraded() -> None:
    assert degraded(service(Replicated={"Replicas": 0}), [], [], NOW) is None


ONCE = service(Replicated={"Replicas": 1})
ONCE["Spec"]["TaskTemplate"] = {"RestartPolicy": {"Condition": "none"}}


def test_task_that_ended_well_and_stays_ended_is_no_lack() -> None:
    tasks = [task("a", state="complete", wanted="shutdown") | {"Slot": 1}]
    assert degraded(ONCE, tasks, [node("a")], NOW) is None
    assert not given_up(ONCE, tasks, [node("a")])


def test_task_that_failed_and_is_not_started_again_is_given_up() -> None:
    tasks = [task("a", state="failed", wanted="shutdown") | {"Slot": 1}]
    assert degraded(ONCE, tasks, [node("a")], NOW) == "web is degraded: 0/1 tasks run"
    assert given_up(ONCE, tasks, [node("a")])


def test_task_that_swarm_starts_again_is_not_given_up() -> None:
    assert not given_up(ONCE, [task("a", state="starting", slot=1)], [node("a")])


def test_global_service_between_two_tries_is_degraded() -> None:
    tasks = [task("a", state="failed", wanted="shutdown"), task("a", state="ready", wanted="ready")]
    assert degraded(GLOBAL, tasks, [node("a")], NOW) == "web is degraded: 0/1 tasks run"
    assert not given_up(GLOBAL, tasks, [node("a")])


def test_global_service_whose_task_ended_for_good_is_given_up() -> None:
    once = service(Global={})
    once["Spec"]["TaskTemplate"] = {"RestartPolicy": {"Condition": "none"}}
    tasks = [task("a", state="failed", wanted="shutdown"), task("b")]
    assert degraded(once, tasks, [node("a"), node("b")], NOW) == "web is degraded: 1/2 tasks run"
    assert given_up(once, tasks, [node("a"), node("b")])


def test_global_service_lacks_nothing_on_nodes_that_take_no_tasks() -> None:
    resting = node("b")
    resting["Spec"]["Availability"] = "pause"
    assert degraded(GLOBAL, [task("a")], [node("a"), resting], NOW) is None


def test_global_service_without_a_node_is_degraded() -> None:
    bound = service(Global={})
    bound["Spec"]["TaskTemplate"] = {"Placement": {"Constraints": ["node.labels.gpu == yes"]}}
    assert degraded(bound, [], [node("a")], NOW) == "web is degraded: no node accepts its tasks"
    shown = service_status(bound, [], [node("a")], [], [], NOW)
    assert not shown.well
    assert "no node satisfies `node.labels.gpu == yes`" in shown.problems[0]


@pytest.mark.parametrize("mode", [{"Global": {}}, {"Replicated": {"Replicas": 1}}], ids=["global", "replicated"])
@pytest.mark.parametrize("state", ["failed", "rejected", "complete"])
def test_try_that_has_just_begun_does_not_count(mode: Json, state: str) -> None:
    said = degraded(service(**mode), tried(state=state, ran=2), [node("a")], NOW)
    assert said == "web is degraded: 0/1 tasks run; 1 just restarted after a failure"
    assert not recovered(service(**mode), said)
    assert not service_status(service(**mode), tried(state=state, ran=2), [node("a")], [], [], NOW).well


def test_task_that_has_run_for_as_long_as_swarm_watches_counts() -> None:
    assert degraded(service(Global={}), tried(ran=6), [node("a")], NOW) is None


def test_many_tries_that_have_just_begun_are_read_in_linear_time() -> None:
    tasks = [one | {"Slot": slot} for slot in range(1, 1001) for one in tried(ran=1)]
    started = time.process_time()
    assert len(health(service(Replicated={"Replicas": 1000}), tasks, [node("a")], NOW).shaky) == 1000
    # one that looks through all tasks for each of them takes several seconds
    assert time.process_time() - started < 2


def test_first_task_of_its_slot_counts_at_once() -> None:
    assert degraded(service(Global={}), tried(ran=1)[1:], [node("a")], NOW) is None


def test_two_tasks_of_one_slot_count_once() -> None:
    assert health(REPLICATED, [task("a", slot=1), task("b", slot=1)], [node("a"), node("b")], NOW).running == 1


def test_completed_global_job_is_well_on_nodes_that_take_no_more() -> None:
    job = service(GlobalJob={})
    drained = node("a")
    drained["Spec"]["Availability"] = "drain"
    assert health(job, [task("a", state="complete", wanted="complete")], [drained], NOW).well
    assert not health(job, [], [drained], NOW).well


def test_job_is_given_up_once_nothing_of_it_is_tried_again() -> None:
    job = service(ReplicatedJob={"TotalCompletions": 2, "MaxConcurrent": 1})
    done = task("a", state="complete", wanted="complete", slot=1)
    failed = task("a", state="failed", wanted="shutdown", slot=2)
    assert given_up(job, [done, failed], [node("a")])
    assert not given_up(job, [done, failed, task("a", state="ready", wanted="ready", slot=2)], [node("a")])
    assert not given_up(job, [done], [node("a")])


def test_tasks_of_another_version_on_paused_nodes_are_left_behind() -> None:
    live = service(Global={})
    live["Spec"]["TaskTemplate"] = {"ContainerSpec": {"Image": "bb:2"}}
    resting = node("b")
    resting["Spec"]["Availability"] = "pause"
    old, new = ({"Spec": {"ContainerSpec": {"Image": image}}} for image in ("bb:1", "bb:2"))
    nodes = [node("a"), resting]
    tasks = [task("a") | new, task("b") | old]
    assert left_behind(live, tasks, nodes) == "1 task of web on b (paused) still runs the previous version"
    assert service_status(live, tasks, nodes, [], [], NOW).well
    assert left_behind(live, [task("a") | old, task("b") | new], nodes) is None


@pytest.mark.parametrize(("runs", "well"), [("new", True), ("old", False)])
def test_update_that_swarm_paused_is_a_problem_only_while_an_older_version_runs(runs: str, well: bool) -> None:
    """`up` is done then as well: a task that failed once has made Swarm pause, and its next try runs."""
    live = service(Replicated={"Replicas": 1}) | {"UpdateStatus": {"State": "paused", "Message": "update paused"}}
    live["Spec"]["TaskTemplate"] = {"ContainerSpec": {"Image": "bb:new"}}
    tasks = [task("a", slot=1) | {"Spec": {"ContainerSpec": {"Image": f"bb:{runs}"}}}]

    shown = service_status(live, tasks, [node("a")], [], [], NOW)

    assert shown.well is well
    said = shown.notes if well else shown.problems
    assert said == (
        ("web: Swarm paused the update, and all its tasks run the new version",)
        if well
        else ("its update is paused: update paused",)
    )


def test_service_that_was_just_scaled_up_is_not_given_up() -> None:
    assert not given_up(REPLICATED, [task("a", slot=1)], [node("a")])
    assert given_up(REPLICATED, [task("a", slot=1), task("a", slot=2, state="failed", wanted="shutdown")], [node("a")])
