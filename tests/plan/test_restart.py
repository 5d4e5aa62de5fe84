"""The forecast's sentences; what really restarts is proved by task ids in test_restart_live."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given

from swarm_provider.convert.service.spec import to_spec
from swarm_provider.core import Json
from swarm_provider.core.values import UNKNOWN
from swarm_provider.plan.change.restart import replaces_tasks, restart
from swarm_provider.plan.change.sentences import Forecast, describe
from swarm_provider.plan.rollout.history import Snapshot
from tests.strategies import SERVICES, unfinished


def service(image: str = "bb:1", replicas: int | None = 1, deploy: Json | None = None, **parts: Any) -> Json:
    asked = {} if replicas is None else {"replicas": replicas}
    return to_spec({"name": "web", "image": image, "deploy": {**asked, **(deploy or {})}, **parts})


def told(old: Json, new: Json, snapshot: Snapshot | None = None) -> str:
    return describe(Forecast("web", restart(old, new, snapshot=snapshot)))


def node(number: int = 1, **spec: Any) -> Json:
    shown = {"Hostname": f"node{number}"}
    return {"ID": f"n{number}", "Description": shown, "Status": {"State": "ready"}} | {
        "Spec": {"Availability": "active", **spec}
    }


def task(slot: int, made_from: Json, state: str = "running", desired: str = "running", on: int = 1) -> Json:
    return {
        "ID": f"{slot}-{state}-{desired}",
        "ServiceID": "s",
        "Slot": slot,
        "NodeID": f"n{on}" if state != "pending" else "",
        "Spec": made_from["TaskTemplate"],
        "DesiredState": desired,
        "Status": {"State": state},
        "CreatedAt": f"2026-01-01T00:00:0{slot}Z",
    }


def seen(live: Json, *tasks: Json, nodes: tuple[Json, ...] = (), **more: Any) -> Snapshot:
    return Snapshot({"ID": "s", "Spec": live, **more}, tasks, nodes or (node(),))


def test_tasks_restart_one_at_a_time_by_default() -> None:
    assert told(service(replicas=2), service("bb:2", replicas=2)) == (
        "2 tasks of web restart one at a time because image changes; capacity drops to 50% meanwhile (order stop-first)"
    )


def test_only_task_takes_the_service_down() -> None:
    assert told(service(), service(user="7")) == (
        "1 task of web restarts because user changes; the service is down meanwhile (order stop-first)"
    )


def test_start_first_keeps_the_capacity() -> None:
    policy = {"updateConfig": {"order": "start-first", "parallelism": 2}}
    assert told(service(replicas=4), service("bb:2", replicas=4, deploy=policy)) == (
        "4 tasks of web restart 2 at a time because image changes; capacity stays at 100% (order start-first)"
    )


@pytest.mark.parametrize("parallelism", [0, 3, 9])
def test_all_tasks_at_once_leave_none(parallelism: int) -> None:
    new = service("bb:2", replicas=3, deploy={"updateConfig": {"parallelism": parallelism}})
    assert told(service(replicas=3), new) == (
        "3 tasks of web restart all at once because image changes; the service is down meanwhile (order stop-first)"
    )


def test_several_reasons_are_listed() -> None:
    text = told(service(), service("bb:2", environment={"MODE": "b"}))
    assert text.startswith("1 task of web restarts because image and environment change; ")


def test_many_reasons_are_counted() -> None:
    new = service("bb:2", user="1", hostname="h", tty=True, init=True, readOnly=True, stopSignal="SIGINT")
    assert "and 2 more change; " in told(service(), new)


def test_labels_alone_restart_nothing() -> None:
    assert told(service(deploy={"labels": {"a": "1"}}), service(deploy={"labels": {"a": "2"}})) == (
        "no task of web restarts: only deploy.labels.a changes"
    )


def test_equal_specs_restart_nothing() -> None:
    assert told(service(), service()) == "no task of web restarts"


def test_scaling_up_restarts_nothing() -> None:
    assert told(service(replicas=2), service(replicas=3)) == "1 more task of web starts; none restarts"


def test_scaling_down_stops_tasks() -> None:
    assert told(service(replicas=3), service(replicas=1)) == "2 tasks of web stop; none restarts"


def test_scaling_with_a_new_image_tells_both() -> None:
    assert told(service(replicas=1), service("bb:2", replicas=3)) == (
        "1 task of web restarts because image changes; the service is down meanwhile (order stop-first); "
        "2 more tasks start"
    )


def test_service_without_tasks_has_nothing_to_restart() -> None:
    found = restart(service(replicas=0), service("bb:2", replicas=2))
    assert (found.restarts, found.starts) == (False, 2)


def test_global_service_restarts_node_by_node() -> None:
    old, new = (service(image, replicas=None, deploy={"mode": "global"}) for image in ("bb:1", "bb:2"))
    assert told(old, new) == (
        "the tasks of web restart one at a time because image changes; "
        "each node is briefly without a task (order stop-first)"
    )
    nodes = tuple(map(node, range(1, 5)))
    shown = seen(old, *(task(0, old, on=number) for number in range(1, 5)), nodes=nodes)
    assert told(old, new, shown) == (
        "4 tasks of web restart one at a time because image changes; capacity drops to 75% meanwhile (order stop-first)"
    )


@pytest.mark.parametrize(
    ("deploy", "reason"),
    [
        ({"labels": {"a": "b"}}, "deploy.labels changes"),
        ({"replicas": 3}, "deploy.replicas changes"),
        ({"placement": {"constraints": ["node.role == manager"]}}, "deploy.placement changes"),
    ],
)
def test_every_change_runs_a_job_again(deploy: Json, reason: str) -> None:
    old = service(deploy={"mode": "replicated-job"})
    text = told(old, service(deploy={"mode": "replicated-job", **deploy}))
    assert text.startswith("the job web runs again because ")
    assert text.endswith("; tasks that still run are stopped")
    assert reason.split()[0] in text


def test_unchanged_job_does_not_run_again() -> None:
    job = {"mode": "global-job"}
    live = service(replicas=None, deploy=job)
    live["Labels"]["swarm-provider.owner"] = "p/s"
    assert told(live, service(replicas=None, deploy=job)) == "no task of web restarts"


def test_placement_without_known_nodes_may_move_tasks() -> None:
    new = service(deploy={"placement": {"constraints": ["node.labels.a == b"]}})
    assert told(service(), new) == (
        "tasks of web stay where their node still matches, and restart elsewhere if not, "
        "because deploy.placement.constraints changes"
    )


@pytest.mark.parametrize(("label", "restarts"), [("b", False), ("c", True)])
def test_placement_restarts_tasks_on_nodes_that_no_longer_match(label: str, restarts: bool) -> None:
    new = service(deploy={"placement": {"constraints": ["node.labels.a == b"]}})
    shown = seen(service(), task(1, service()), nodes=(node(Labels={"a": label}),))
    assert restart(service(), new, snapshot=shown).restarts is restarts


@given(SERVICES | unfinished(), SERVICES | unfinished())
def test_whether_tasks_are_replaced_is_what_the_forecast_without_tasks_says(old: Json, new: Json) -> None:
    for before, after in ((old, new), (old, {**old, "deploy": new.get("deploy", {})}), (old, old)):
        found = restart(to_spec(before), to_spec(after))
        assert replaces_tasks(to_spec(before), to_spec(after)) == (found.restarts and not found.placement)


def test_unknown_value_restarts() -> None:
    found = restart(service(user=UNKNOWN), service(user=UNKNOWN))
    assert (found.restarts, found.reasons) == (True, ("user",))


def test_live_spec_differs_neither_in_ids_nor_in_network_names() -> None:
    inputs: Json = {"configs": [{"source": "c"}], "secrets": [{"source": "s"}], "networks": [{"name": "n"}]}
    live = service(**inputs)
    container = live["TaskTemplate"]["ContainerSpec"]
    container["Configs"][0]["ConfigID"] = container["Secrets"][0]["SecretID"] = "id"
    live["TaskTemplate"]["Networks"][0]["Target"] = "network-id"
    assert not restart(live, service(**inputs), network_names={"network-id": "n"}).restarts


def test_difference_without_a_word_of_its_own_is_named_by_its_place() -> None:
    live = service()
    live["TaskTemplate"]["ContainerSpec"]["Privileges"] = {"Next": True}
    assert restart(live, service()).reasons == ("ContainerSpec.Privileges",)


def test_changed_label_of_a_stack_restarts_its_containers() -> None:
    assert restart(service(namespace="a"), service(namespace="b")).reasons == ("namespace",)


ON_FAILURE: Json = {"restartPolicy": {"condition": "on-failure"}}
OLD, NEW = service(environment={"A": "1"}), service(environment={"A": "2"})
LABELLED = service(environment={"A": "2"}, deploy={"labels": {"n": "m"}})


def test_label_replaces_the_tasks_that_the_last_update_did_not_reach() -> None:
    live = service(environment={"A": "2"}, replicas=3)
    shown = seen(live, task(1, NEW), task(2, OLD), task(3, OLD), UpdateStatus={"State": "paused"})
    after = service(environment={"A": "2"}, replicas=3, deploy={"labels": {"n": "m"}})
    assert told(live, after, shown) == (
        "2 tasks of web restart one at a time because environment.A changes; "
        "they still run the version before the last update; capacity drops to 66% meanwhile (order stop-first)"
    )


def test_some_tasks_are_of_an_older_version() -> None:
    shown = seen(service(environment={"A": "2"}, replicas=2), task(1, NEW), task(2, OLD))
    text = told(service(environment={"A": "2"}, replicas=2), service(environment={"A": "3"}, replicas=2), shown)
    assert "because environment.A changes; 1 of them still runs the version before the last update; " in text


def test_task_with_a_successor_that_waits_stops_at_once_whatever_the_order() -> None:
    first = service(environment={"A": "2"}, deploy={"updateConfig": {"order": "start-first"}, "labels": {"n": "m"}})
    shown = seen(NEW, task(1, OLD), task(1, NEW, "pending"), UpdateStatus={"State": "updating"})
    assert told(NEW, first, shown) == (
        "1 task of web restarts because environment.A changes; it still runs the version before the last update; "
        "the service is down meanwhile (order start-first, but the new tasks exist already and do not run)"
    )


def test_task_whose_successor_runs_costs_nothing() -> None:
    shown = seen(NEW, task(1, OLD), task(1, NEW), UpdateStatus={"State": "updating"})
    assert told(NEW, LABELLED, shown) == "no task of web restarts: only deploy.labels change"


@pytest.mark.parametrize(
    ("state", "desired"),
    [("pending", "running"), ("ready", "ready"), ("starting", "running"), ("complete", "shutdown")],
)
def test_task_that_does_not_run_is_no_restart(state: str, desired: str) -> None:
    live = service(deploy=ON_FAILURE)
    text = told(live, service("bb:2", deploy=ON_FAILURE), seen(live, task(1, live, state, desired)))
    assert text == "1 task of web that is not running is recreated because image changes; none restarts"


def test_tasks_that_run_and_tasks_that_do_not_are_told_apart() -> None:
    live = service(replicas=3)
    shown = seen(live, task(1, live), task(2, live), task(3, live, "pending"))
    assert told(live, service("bb:2", replicas=3), shown) == (
        "2 tasks of web restart one at a time because image changes; 1 more that is not running is recreated; "
        "capacity drops to 50% meanwhile (order stop-first)"
    )


def test_what_does_not_run_goes_first_where_there_is_too_much() -> None:
    live = service(replicas=4)
    shown = seen(live, task(1, live, "pending"), task(2, live), task(3, live, "pending"), task(4, live))
    assert told(live, service(replicas=1), shown) == "1 task of web stops; none restarts"


def test_tasks_on_paused_nodes_stay_where_the_service_is_global() -> None:
    old, new = (service(image, replicas=None, deploy={"mode": "global"}) for image in ("bb:1", "bb:2"))
    nodes = (node(1), node(2, Availability="pause"))
    shown = seen(old, task(0, old, on=1), task(0, old, on=2), nodes=nodes)
    assert told(old, new, shown) == (
        "1 task of web restarts because image changes; the service is down meanwhile (order stop-first); "
        "1 task on node2 (paused) stays"
    )
    alone = seen(old, task(0, old, on=2), nodes=nodes[1:])
    assert told(old, new, alone) == "no task of web restarts: only image changes; 1 task on node2 (paused) stays"


def test_global_service_leaves_nodes_and_starts_on_others() -> None:
    labels: Json = {"mode": "global", "placement": {"constraints": ["node.labels.a == b"]}}
    old, new = service(replicas=None, deploy={"mode": "global"}), service(replicas=None, deploy=labels)
    nodes = (node(1), node(2, Labels={"a": "b"}))
    shown = seen(old, task(0, old, on=1), nodes=nodes)
    assert told(old, new, shown) == "1 more task of web starts; 1 task of web stops; none restarts"


def test_completed_job_runs_again() -> None:
    job, changed = (service(image, deploy={"mode": "replicated-job"}) for image in ("bb:1", "bb:2"))
    shown = seen(job, task(1, job, "complete", "complete"))
    assert told(job, changed, shown).startswith("the job web runs again because image changes")


def test_ports_of_an_update_that_goes_on_count_by_when_a_task_was_made() -> None:
    live, before = service(ports=[{"target": 80}]), service()
    status = {"State": "updating", "StartedAt": "2026-01-01T00:00:02Z"}
    shown = seen(live, task(1, live), PreviousSpec=before, UpdateStatus=status)
    after = service(ports=[{"target": 80}], deploy={"labels": {"n": "m"}})
    assert restart(live, after, snapshot=shown).reasons == ("ports",)
    newer = seen(live, task(3, live), PreviousSpec=before, UpdateStatus=status)
    assert not restart(live, after, snapshot=newer).restarts


def test_update_without_a_time_says_nothing_of_the_ports_before() -> None:
    before, now = service(ports=[{"target": 80}]), service(ports=[{"target": 81}])
    shown = seen(now, task(1, now), UpdateStatus={"State": "updating"}, PreviousSpec=before)
    assert told(now, now, shown) == "no task of web restarts"


@pytest.mark.parametrize("placement", [UNKNOWN, {"constraints": UNKNOWN}, {"constraints": [UNKNOWN]}])
def test_placement_that_is_not_known_yet_may_move_tasks(placement: Any) -> None:
    live = service()
    found = restart(live, service(deploy={"placement": placement}), snapshot=seen(live, task(1, live)))
    assert (found.moves, found.restarts) == (True, False)


def test_global_service_stays_where_it_is_while_its_placement_is_not_known() -> None:
    bound: Json = {"mode": "global", "placement": {"constraints": ["node.labels.a == b"]}}
    live = service(replicas=None, deploy=bound)
    nodes = (node(1, Labels={"a": "b"}), node(2))
    after = service(replicas=None, deploy={**bound, "placement": {"constraints": [UNKNOWN]}})
    found = restart(live, after, snapshot=seen(live, task(0, live), nodes=nodes))
    assert (found.moves, found.starts, found.stops) == (True, 0, 0)
