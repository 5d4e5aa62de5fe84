"""Verdicts that no recording shows: what is read from a service and its tasks, and updates that a lost node stalls."""

from __future__ import annotations

from typing import Any

import pytest

from swarm_provider.plan.facts.tasks import Service, Task, when
from swarm_provider.plan.rollout.causes import failing, rollback_note
from swarm_provider.plan.rollout.history import Failure, Snapshot, observe
from swarm_provider.plan.rollout.state import Desired
from swarm_provider.plan.rollout.verdict import Done, Failed, Verdict, Waiting, explain, judge

Json = dict[str, Any]


def _node(id: str, name: str, state: str) -> Json:
    return {
        "ID": id,
        "Description": {"Hostname": name},
        "Status": {"State": state},
        "Spec": {"Availability": "active"},
    }


NODES = [_node("n1", "node-a", "ready"), _node("n2", "node-b", "down")]


def _service(image: str = "web:2", *, replicas: int = 2, state: str = "updating", **rest: Any) -> Json:
    return {
        "ID": "s1",
        "Version": {"Index": 20},
        "CreatedAt": "2026-11-23T10:00:00Z",
        "UpdatedAt": "2026-11-23T11:00:00Z",
        "Spec": {
            "Name": "todo_web",
            "TaskTemplate": {"ContainerSpec": {"Image": image}, "Runtime": "container"},
            "Mode": {"Replicated": {"Replicas": replicas}},
        },
        "PreviousSpec": {"Name": "todo_web"},
        "UpdateStatus": {"State": state, "StartedAt": "2026-11-23T11:00:00Z"} if state else {},
        **rest,
    }


def _task(slot: int, image: str, state: str, *, node: str = "n1", desired: str = "running", minute: int = 1) -> Json:
    return {
        "ID": f"{slot}-{image}-{state}-{node}-{minute}",
        "CreatedAt": f"2026-11-23T11:{minute:02}:00.5Z",
        "Slot": slot,
        "NodeID": node,
        "DesiredState": desired,
        "Status": {"State": state},
        "Spec": {"ContainerSpec": {"Image": image}},
    }


def _verdict(
    service: Json,
    tasks: list[Json],
    *,
    seconds: float,
    fail_after_ns: int | None = None,
    sent: Json | None = None,
    is_rollback: bool = False,
) -> Verdict:
    """The verdict after a swarm has shown the same for some seconds."""
    snapshot = Snapshot(service, tasks, NODES)
    desired = Desired(sent or service["Spec"], 20, fail_after_ns, is_rollback)
    history, now = None, 0.0
    while now <= seconds:
        history = observe(history, snapshot, desired.version_index, now)
        now += 0.5
    return judge(snapshot, desired, history, now)


UNREACHABLE = 'failed to resolve reference "docker.io/library/nope:1": dial tcp: network is unreachable'


def _preparing(slot: int, error: str = UNREACHABLE) -> Json:
    task = _task(slot, "nope:1", "preparing")
    return {**task, "Status": {"State": "preparing", "Err": error}}


def test_platform_that_no_node_has_is_told_as_such_and_not_as_a_port() -> None:
    service = _service(replicas=1, state="")
    service["Spec"]["TaskTemplate"]["Placement"] = {"Platforms": [{"OS": "linux", "Architecture": "arm64"}]}
    task = {**_task(1, "web:2", "pending", node=""), "Spec": service["Spec"]["TaskTemplate"]}
    task["Status"] = {"State": "pending", "Err": "no suitable node (unsupported platform on 1 node)"}
    verdict = _verdict(service, [task], seconds=4)
    assert isinstance(verdict, Failed)
    assert [str(cause) for cause in verdict.causes] == [
        "todo_web.1: no suitable node (unsupported platform on 1 node); it needs the platform linux/arm64"
    ]


def test_image_that_a_node_asks_for_again_and_again_is_told_as_soon_as_one_that_is_rejected() -> None:
    service = _service("nope:1", replicas=1, state="")
    early, late = (_verdict(service, [_preparing(1)], seconds=seconds) for seconds in (1, 3))
    assert isinstance(early, Waiting)
    assert isinstance(late, Failed) and late.final
    [cause] = late.causes
    assert (cause.kind, cause.image) == ("image", "nope:1")
    assert cause.text == f"todo_web.1 on node-a: image nope:1 cannot be pulled: {UNREACHABLE}"


def test_error_that_reads_differently_at_each_try_is_told_as_soon() -> None:
    service, history, now = _service("nope:1", replicas=1, state=""), None, 0.0
    while now <= 3.0:
        tasks = [_preparing(1, f"failed to resolve reference: read udp 10.0.0.1:{40000 + now:.0f}: i/o timeout")]
        snapshot = Snapshot(service, tasks, NODES)
        history = observe(history, snapshot, 20, now)
        now += 1.0
    assert isinstance(judge(snapshot, Desired(service["Spec"], 20), history, now), Failed)


def test_task_that_stays_preparing_with_another_error_is_told_after_ten_seconds() -> None:
    service = _service("nope:1", replicas=1, state="")
    early, late = (_verdict(service, [_preparing(1, "no space left")], seconds=seconds) for seconds in (8, 11))
    assert isinstance(early, Waiting) and isinstance(late, Failed)


def test_room_that_a_stopped_task_has_just_left_is_given_time_to_be_filled() -> None:
    """On a busy manager the scheduler takes seconds: what waited while the room was taken does not count."""
    service = _service("bb:2", replicas=1)
    error = "no suitable node (max replicas per node limit exceed)"
    pending = {**_task(1, "bb:2", "pending", node="", minute=2), "Status": {"State": "pending", "Err": error}}
    stopping = _task(1, "bb:1", "running", desired="shutdown", minute=0)

    def judged(seconds: float) -> Verdict:
        """The verdict that long after the change, the older task having stopped after 2.5 s."""
        history, now = None, 0.0
        while True:
            older = stopping if now < 2.5 else {**stopping, "Status": {"State": "shutdown"}}
            snapshot = Snapshot(service, [older, pending], NODES)
            history = observe(history, snapshot, 20, now)
            if now >= seconds:
                return judge(snapshot, Desired(service["Spec"], 20), history, now)
            now += 0.5

    assert isinstance(judged(4.5), Waiting)
    assert isinstance(judged(5.5), Failed)


def test_task_that_is_preparing_without_an_error_is_waited_for() -> None:
    service = _service("nope:1", replicas=1, state="")
    assert isinstance(_verdict(service, [_preparing(1, "")], seconds=60), Waiting)


def test_task_that_prepares_for_long_is_worth_asking_its_registry() -> None:
    service = _service("nope:1", replicas=1, state="")
    early, late = (_verdict(service, [_preparing(1, "")], seconds=seconds) for seconds in (3, 6))
    assert isinstance(early, Waiting) and early.pulling is None
    assert isinstance(late, Waiting) and late.pulling is not None
    assert (late.pulling.text, late.pulling.image) == ("todo_web.1 on node-a: still preparing", "nope:1")


@pytest.mark.parametrize(("pulled_s", "told_s"), [(25.0, 2.0), (1.0, 9.0)])
def test_pull_that_failed_after_long_is_believed_without_another_one(pulled_s: float, told_s: float) -> None:
    service = _service("nope:1", replicas=1, state="")
    first = _preparing(1, "")
    failed = {**first, "DesiredState": "shutdown", "Status": {"State": "rejected", "Err": "No such image: nope:1"}}
    successor = {**_preparing(1, ""), "ID": "successor", "CreatedAt": "2026-11-23T11:02:00Z"}
    desired, history, now = Desired(service["Spec"], 20), None, 0.0
    while True:
        snapshot = Snapshot(service, [first] if now < pulled_s else [failed, successor], NODES)
        history = observe(history, snapshot, 20, now)
        verdict = judge(snapshot, desired, history, now)
        if isinstance(verdict, Failed):
            break
        now += 0.5
    assert now == pulled_s + told_s
    assert verdict.causes[0].text == "todo_web.1 on node-a: image nope:1 cannot be pulled: No such image: nope:1"


def test_deadline_that_comes_while_a_task_prepares_says_so_with_its_error() -> None:
    service = _service("nope:1", replicas=2, state="")
    snapshot = Snapshot(service, [_preparing(1), {**_preparing(2, ""), "ID": "other"}], NODES)
    history = observe(observe(None, snapshot, 20, 0.0), snapshot, 20, 6.0)
    assert [cause.text for cause in explain(snapshot, Desired(service["Spec"], 20), history, 6.0)] == [
        f"todo_web.1 on node-a: image nope:1 cannot be pulled: {UNREACHABLE}",
        "todo_web.2 on node-a: still preparing",
    ]


def test_node_that_cannot_prepare_is_waited_for_while_another_one_runs_the_service() -> None:
    tasks = [_preparing(1), _task(2, "nope:1", "running")]
    assert isinstance(_verdict(_service("nope:1", state=""), tasks, seconds=60), Waiting)


def test_several_tasks_that_stay_preparing_are_one_cause() -> None:
    verdict = _verdict(_service("nope:1", state=""), [_preparing(1), _preparing(2, "no space left")], seconds=11)
    assert isinstance(verdict, Failed)
    assert [cause.text for cause in verdict.causes] == [
        f"todo_web.1 on node-a: image nope:1 cannot be pulled: {UNREACHABLE}",
        "todo_web.2 on node-a: stays preparing: no space left",
    ]


def test_global_service_whose_nodes_are_all_paused_is_not_said_to_have_no_task() -> None:
    service = _service("web:2", state="completed")
    service["Spec"]["Mode"] = {"Global": {}}
    paused = {**_node("n1", "node-a", "ready"), "Spec": {"Availability": "pause"}}
    snapshot = Snapshot(service, [{**_task(1, "web:1", "running"), "Slot": 0}], [paused])
    desired, history = Desired(service["Spec"], 20), None
    for now in (0.0, 2.0, 4.0):
        history = observe(history, snapshot, 20, now)
    verdict = judge(snapshot, desired, history, 4.0)
    assert isinstance(verdict, Failed)
    assert [cause.text for cause in verdict.causes] == [
        "todo_web: no suitable node: no node is available for new tasks, so Swarm starts no task of the global service"
    ]


def test_update_that_waits_for_a_lost_node_is_stalled() -> None:
    tasks = [
        _task(1, "web:2", "running"),
        _task(1, "web:2", "starting", node="n2", desired="shutdown"),
        _task(2, "web:1", "running"),
    ]
    early, late = _verdict(_service(), tasks, seconds=5), _verdict(_service(), tasks, seconds=17)
    assert isinstance(early, Waiting) and not early.stalled
    assert isinstance(late, Waiting) and late.stalled


def test_update_that_waits_for_a_lost_node_when_nothing_is_left_to_replace_is_stalled() -> None:
    tasks = [
        _task(1, "web:2", "running"),
        _task(2, "web:2", "starting", node="n2", desired="shutdown"),
        _task(2, "web:2", "running", minute=2),
    ]
    early, late = _verdict(_service(), tasks, seconds=5), _verdict(_service(), tasks, seconds=25)
    assert isinstance(early, Waiting) and not early.stalled
    assert isinstance(late, Waiting) and late.stalled


def test_update_begun_anew_does_not_wait_for_what_was_lost_before() -> None:
    service = _service(UpdateStatus={"State": "updating", "StartedAt": "2026-11-23T11:01:30Z"})
    tasks = [
        _task(1, "web:2", "starting", node="n2", desired="shutdown"),
        _task(1, "web:2", "running", minute=1),
        _task(2, "web:1", "running"),
    ]
    verdict = _verdict(service, tasks, seconds=60)
    assert isinstance(verdict, Waiting) and not verdict.stalled


def test_update_whose_monitor_is_long_does_not_count_as_stalled_meanwhile() -> None:
    service = _service()
    service["Spec"]["UpdateConfig"] = {"Monitor": 60 * 10**9}
    tasks = [
        _task(1, "web:2", "running"),
        _task(2, "web:2", "starting", node="n2", desired="shutdown"),
        _task(2, "web:2", "running", minute=2),
    ]
    early, late = _verdict(service, tasks, seconds=50), _verdict(service, tasks, seconds=140)
    assert isinstance(early, Waiting) and not early.stalled
    assert isinstance(late, Waiting) and late.stalled


@pytest.mark.parametrize("order", ["stop-first", "start-first"])
def test_update_that_waits_for_a_lost_node_while_its_old_task_runs_is_stalled(order: str) -> None:
    service = _service()
    service["Spec"]["UpdateConfig"] = {"Order": order}
    old = [_task(1, "web:1", "running")] if order == "start-first" else []
    tasks = [
        *old,
        _task(1, "web:2", "starting", node="n2", desired="shutdown"),
        _task(1, "web:2", "running", minute=2),
        _task(2, "web:1", "running"),
    ]
    verdict = _verdict(service, tasks, seconds=30)
    assert isinstance(verdict, Waiting) and verdict.stalled


def test_global_update_that_waits_for_a_lost_node_is_stalled() -> None:
    service = _service()
    service["Spec"]["Mode"] = {"Global": {}}
    tasks = [_task(0, "web:2", "starting", node="n2", desired="shutdown"), _task(0, "web:1", "running")]
    verdict = _verdict(service, tasks, seconds=30)
    assert isinstance(verdict, Waiting) and verdict.stalled


def test_lost_node_whose_task_ran_does_not_stall_the_update() -> None:
    tasks = [
        _task(1, "web:2", "running", node="n2", desired="shutdown"),
        _task(1, "web:2", "running", minute=2),
        _task(2, "web:2", "running", minute=2),
    ]
    assert _verdict(_service(state="completed"), tasks, seconds=30) == Done("2/2 running")


def test_task_on_a_node_that_was_removed_from_the_swarm_does_not_count() -> None:
    tasks = [_task(1, "web:2", "running"), _task(2, "web:2", "running", node="n9")]
    verdict = _verdict(_service(state="completed"), tasks, seconds=60)
    assert isinstance(verdict, Waiting)
    assert verdict.text.startswith("1/2 running")


def test_container_on_a_node_that_was_removed_is_not_waited_for() -> None:
    tasks = [_task(1, "web:2", "running", node="n9", desired="shutdown")]
    assert _verdict(_service(replicas=0, state=""), tasks, seconds=5) == Done("0/0 running")


def test_update_that_swarm_paused_is_told_with_what_still_runs() -> None:
    tasks = [_task(1, "web:2", "failed", desired="shutdown"), _task(2, "web:1", "running")]
    verdict = _verdict(_service(state="paused"), tasks, seconds=5)
    assert isinstance(verdict, Failed) and verdict.final
    assert verdict.causes[-1].text == ("todo_web: Swarm paused the update; 1 task of the previous version still runs")


def test_update_that_swarm_paused_is_told_with_its_cause_which_may_come_with_the_next_look() -> None:
    """The list of tasks was a moment older than the service: the message had no cause in it."""
    service, old = _service(state="paused"), _task(2, "web:1", "running")
    failed = _task(1, "web:2", "failed", desired="shutdown")
    at_once, later = (_verdict(service, [_task(1, "web:2", "starting"), old], seconds=s) for s in (0.5, 5))
    assert isinstance(at_once, Waiting)
    assert isinstance(later, Failed)
    assert isinstance(_verdict(service, [failed, old], seconds=0.5), Failed)


def test_paused_update_of_which_all_tasks_run_is_done() -> None:
    """A task failed once, which paused the update when nothing was left to replace, and its successor runs."""
    tasks = [
        _task(1, "web:2", "running"),
        _task(2, "web:2", "failed", desired="shutdown"),
        _task(2, "web:2", "running", minute=2),
    ]
    assert isinstance(_verdict(_service(state="paused"), tasks, seconds=3), Waiting)
    assert _verdict(_service(state="paused"), tasks, seconds=30) == Done("2/2 running")


def test_start_first_update_is_not_done_while_old_tasks_run() -> None:
    tasks = [*(_task(slot, "web:2", "running", minute=2) for slot in (1, 2)), _task(1, "web:1", "running")]
    verdict = _verdict(_service(), tasks, seconds=60)
    assert isinstance(verdict, Waiting)
    assert verdict.text == "2/2 running, 1 to be replaced"


def test_smaller_number_of_replicas_is_awaited_until_the_others_are_to_stop() -> None:
    tasks = [_task(slot, "web:2", "running", minute=0) for slot in (1, 2, 3)]
    verdict = _verdict(_service(state="", replicas=1), tasks, seconds=5)
    assert isinstance(verdict, Waiting)
    assert verdict.text == "1/1 running, 2 to be stopped"


def test_task_of_a_crash_loop_that_ran_just_then_does_not_make_a_change_of_labels_a_success() -> None:
    # found by `make simulate`: a service is adopted while its only task is in one of its short lives
    service = _service(replicas=1, state="")
    young, proven = _task(1, "web:2", "running"), _task(1, "web:2", "running")
    for task, since in ((young, "10:59:59.7"), (proven, "10:59:30")):
        task["CreatedAt"] = "2026-11-23T10:59:20Z"
        task["Status"]["Timestamp"] = f"2026-11-23T{since}Z"
    assert isinstance(_verdict(service, [young], seconds=0.5), Waiting)
    assert isinstance(_verdict(service, [young], seconds=6), Done)
    assert isinstance(_verdict(service, [proven], seconds=0.0), Done)


def test_task_that_is_always_restarted_is_not_given_up_when_its_successor_is_late() -> None:
    tasks = [_task(1, "web:2", "failed", desired="shutdown"), _task(2, "web:2", "running")]
    assert isinstance(_verdict(_service(), tasks, seconds=30), Waiting)


def _job() -> Json:
    service = _service(state="")
    service["Spec"]["Mode"] = {"ReplicatedJob": {"TotalCompletions": 1}}
    service["JobStatus"] = {"JobIteration": {"Index": 7}}
    return service


def test_job_may_run_for_as_long_as_it_needs() -> None:
    task = {**_task(1, "web:2", "running"), "JobIteration": {"Index": 7}}
    assert isinstance(_verdict(_job(), [task], seconds=3600), Waiting)


def test_job_that_does_not_start_is_given_up() -> None:
    task = {**_task(1, "web:2", "preparing"), "JobIteration": {"Index": 7}}
    verdict = _verdict(_job(), [task], seconds=400)
    assert isinstance(verdict, Failed)
    assert verdict.causes[0].text == "todo_web.1 on node-a: still preparing"


def test_job_is_limited_by_the_patience_that_was_asked_for() -> None:
    task = {**_task(1, "web:2", "running"), "JobIteration": {"Index": 7}}
    assert isinstance(_verdict(_job(), [task], seconds=400, fail_after_ns=60 * 10**9), Failed)


@pytest.mark.parametrize(
    ("other", "says"),
    [
        ({"TaskTemplate": {"ContainerSpec": {"Image": "web:9"}}}, "its image has changed"),
        (
            {"TaskTemplate": {"ContainerSpec": {"Image": "web:2", "Secrets": [{"SecretID": "x"}]}}},
            "its secrets have changed",
        ),
        ({"Mode": {"Replicated": {"Replicas": 5}}}, "it has 2 replicas now, not 5"),
    ],
)
def test_service_that_is_not_what_was_sent_is_not_done(other: Json, says: str) -> None:
    """Somebody was faster than the first look."""
    service = _service(state="completed")
    tasks = [_task(1, "web:2", "running"), _task(2, "web:2", "running")]
    verdict = _verdict(service, tasks, seconds=30, sent={**service["Spec"], **other})
    assert isinstance(verdict, Failed) and verdict.final
    assert verdict.causes[0].text == (f"todo_web was changed by someone else during the rollout: {says}")


def test_number_of_replicas_that_is_not_managed_may_change() -> None:
    service = _service(state="completed")
    tasks = [_task(1, "web:2", "running"), _task(2, "web:2", "running")]
    sent = {**service["Spec"], "Mode": {"Replicated": {}}}
    assert _verdict(service, tasks, seconds=30, sent=sent) == Done("2/2 running")


def test_rollback_of_swarm_to_what_is_awaited_is_waited_for_until_its_tasks_run() -> None:
    old, new = _task(1, "web:1", "running"), _task(2, "web:1", "running", minute=2)
    begun, ended = (_service("web:1", state=f"rollback_{state}") for state in ("started", "completed"))
    first = _verdict(begun, [old, _task(2, "web:2", "running")], seconds=20, is_rollback=True)
    assert isinstance(first, Waiting) and first.text.startswith("1/2 running")
    assert isinstance(_verdict(begun, [old, new], seconds=20, is_rollback=True), Waiting), "Swarm has not ended it"
    assert _verdict(ended, [old, new], seconds=20, is_rollback=True) == Done("2/2 running")
    assert isinstance(_verdict(ended, [old, new], seconds=20), Failed), "nobody awaited it"


def test_rollback_of_swarm_that_pauses_is_a_failure_also_where_it_was_awaited() -> None:
    paused = _service("web:1", state="rollback_paused")
    verdict = _verdict(paused, [_task(1, "web:1", "running")], seconds=20, is_rollback=True)
    assert isinstance(verdict, Failed) and "has not completed" in verdict.causes[-1].text


def test_update_that_rests_without_a_lost_node_is_not_stalled() -> None:
    verdict = _verdict(_service(), [_task(1, "web:2", "running"), _task(2, "web:1", "running")], seconds=60)
    assert isinstance(verdict, Waiting) and not verdict.stalled


def test_task_of_another_template_never_counts_as_done() -> None:
    tasks = [_task(1, "web:2", "running"), _task(2, "web:1", "running")]
    assert isinstance(_verdict(_service(state=""), tasks, seconds=120), Waiting)


def test_task_on_a_lost_node_does_not_count_as_running() -> None:
    tasks = [_task(1, "web:2", "running"), _task(2, "web:2", "running", node="n2")]
    verdict = _verdict(_service(state="completed"), tasks, seconds=60)
    assert isinstance(verdict, Waiting)
    assert verdict.text.startswith("1/2 running")


def test_replicas_that_are_left_out_count_as_one() -> None:
    service = _service(state="completed")
    service["Spec"]["Mode"] = {"Replicated": {}}
    assert _verdict(service, [_task(1, "web:2", "running")], seconds=10) == Done("1/1 running")


def test_update_that_does_not_move_fails_with_what_it_waits_for() -> None:
    verdict = _verdict(_service(), [_task(1, "web:2", "preparing"), _task(2, "web:1", "running")], seconds=400)
    assert isinstance(verdict, Failed) and not verdict.final
    assert verdict.causes[0].text == "todo_web.1 on node-a: still preparing"
    assert verdict.causes[1].text.startswith("todo_web: no progress for 6m40s")


def test_failure_that_differs_only_in_ids_is_told_once() -> None:
    words = "driver failed on endpoint {}: Error starting userland proxy: {}"
    taken = "listen tcp4 0.0.0.0:80: bind: address already in use"
    failures = []
    for number, id in enumerate(("stlcucsjz1zjsk36v7qx0ncsw", "otwwmtgoeeahp6xok7s9s5tsa")):
        task = _task(1, "web:2", "failed")
        task["Status"] |= {"Err": f"starting container failed: {words.format(id, taken)}"}
        failures.append(Failure(Task(task), "1", float(number), False, 0.0))
    texts = [cause.text for cause in failing(Service(_service()), failures, NODES)]
    assert texts == [f"todo_web.1 on node-a: a port is already in use on the node: {taken} (2 times)"]


@pytest.mark.parametrize(
    ("part", "why"),
    [
        ({"Resources": {"Reservations": {"NanoCPUs": 90 * 10**9}}}, "it reserves 90 cpus (the largest node has 2)"),
        ({"Placement": {"Constraints": ["node.labels.disk == ssd"]}}, "it does not satisfy `node.labels.disk == ssd`"),
    ],
)
def test_task_that_had_to_leave_its_node_tells_what_the_node_lacks(part: Json, why: str) -> None:
    task = _task(1, "web:2", "rejected")
    task["Status"] |= {"Err": "assigned node no longer meets constraints"}
    task["Spec"] |= part
    nodes = [{**NODES[0], "Description": {**NODES[0]["Description"], "Resources": {"NanoCPUs": 2 * 10**9}}}]
    (cause,) = failing(Service(_service()), [Failure(Task(task), "1", 1.0, False, 0.0)], nodes)
    told = f"rejected by the node: assigned node no longer meets constraints, {why}"
    assert cause.text == f"todo_web.1 on node-a: {told}"


@pytest.mark.parametrize(
    ("text", "nanoseconds"),
    [
        ("1970-01-01T00:00:01Z", 10**9),
        ("1970-01-01T00:00:00.5Z", 5 * 10**8),
        ("1970-01-01T00:00:00.000000001Z", 1),
        ("", 0),
        (None, 0),
    ],
)
def test_time_of_the_daemon_is_read_to_the_nanosecond(text: str | None, nanoseconds: int) -> None:
    assert when(text) == nanoseconds


def test_rollback_by_hand_is_noted_with_its_time() -> None:
    status = {"State": "rollback_completed", "CompletedAt": "2026-11-23T12:34:56.789Z"}
    assert rollback_note(_service(UpdateStatus=status)) == (
        "rolled back on the cluster at 2026-11-23 12:34:56 UTC by hand; `up` applies the newer version again"
    )


def test_rollback_by_swarm_is_noted_as_such() -> None:
    service = _service(UpdateStatus={"State": "rollback_completed", "CompletedAt": "2026-11-23T12:34:56Z"})
    del service["PreviousSpec"]
    assert "by Swarm, as the update failed" in rollback_note(service)


def test_service_that_was_not_rolled_back_has_no_note() -> None:
    assert rollback_note(_service()) == ""
