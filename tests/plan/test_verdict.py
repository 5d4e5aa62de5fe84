"""Verdicts that no recording shows: what is read from a service and its tasks, and updates that a lost node stalls."""

from __future__ import annotations

from typing import Any

import pytest

from swarm_provider.plan.causes import failing, rollback_note
from swarm_provider.plan.history import Failure
from swarm_provider.plan.tasks import Service, Task, when
from swarm_provider.plan.verdict import Desired, Done, Failed, Snapshot, Verdict, Waiting, judge, observe

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
        "ID": f"{slot}-{image}-{state}-{node}",
        "CreatedAt": f"2026-11-23T11:{minute:02}:00.5Z",
        "Slot": slot,
        "NodeID": node,
        "DesiredState": desired,
        "Status": {"State": state},
        "Spec": {"ContainerSpec": {"Image": image}},
    }


def _verdict(service: Json, tasks: list[Json], *, seconds: float) -> Verdict:
    """The verdict after a swarm has shown the same for some seconds."""
    snapshot, desired = Snapshot(service, tasks, NODES), Desired(service["Spec"], 20)
    history, now = None, 0.0
    while now <= seconds:
        history = observe(history, snapshot, desired.version_index, now)
        now += 0.5
    return judge(snapshot, desired, history, now)


def test_update_that_waits_for_a_lost_node_is_stalled() -> None:
    tasks = [
        _task(1, "web:2", "running"),
        _task(1, "web:2", "starting", node="n2", desired="shutdown"),
        _task(2, "web:1", "running"),
    ]
    early, late = _verdict(_service(), tasks, seconds=5), _verdict(_service(), tasks, seconds=15)
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
    assert verdict.causes[0].text == "todo_web.1 on node-a: stays preparing"
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
    assert texts == [f"todo_web.1 on node-a: a port is taken on the node: {taken} (2 times)"]


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
