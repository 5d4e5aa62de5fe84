"""The forecast's sentences; what really restarts is proved by task ids in test_restart_live."""

from __future__ import annotations

from typing import Any

import pytest

from swarm_provider.convert.service import to_spec
from swarm_provider.plan.restart import describe, restart
from swarm_provider.spec import Json
from swarm_provider.spec.values import UNKNOWN


def service(image: str = "bb:1", replicas: int | None = 1, deploy: Json | None = None, **parts: Any) -> Json:
    asked = {} if replicas is None else {"replicas": replicas}
    return to_spec({"name": "web", "image": image, "deploy": {**asked, **(deploy or {})}, **parts})


def test_tasks_restart_one_at_a_time_by_default() -> None:
    assert describe(service(replicas=2), service("bb:2", replicas=2)) == (
        "2 tasks of web restart one at a time because image changes; "
        "capacity drops to 50 % meanwhile (order stop-first)"
    )


def test_only_task_takes_the_service_down() -> None:
    assert describe(service(), service(user="7")) == (
        "1 task of web restarts because user changes; the service is down meanwhile (order stop-first)"
    )


def test_start_first_keeps_the_capacity() -> None:
    policy = {"updateConfig": {"order": "start-first", "parallelism": 2}}
    assert describe(service(replicas=4), service("bb:2", replicas=4, deploy=policy)) == (
        "4 tasks of web restart 2 at a time because image changes; capacity stays at 100 % (order start-first)"
    )


@pytest.mark.parametrize("parallelism", [0, 3, 9])
def test_all_tasks_at_once_leave_none(parallelism: int) -> None:
    new = service("bb:2", replicas=3, deploy={"updateConfig": {"parallelism": parallelism}})
    assert describe(service(replicas=3), new) == (
        "3 tasks of web restart all at once because image changes; the service is down meanwhile (order stop-first)"
    )


def test_several_reasons_are_listed() -> None:
    text = describe(service(), service("bb:2", environment={"MODE": "b"}))
    assert text.startswith("1 task of web restarts because image and environment change; ")


def test_many_reasons_are_counted() -> None:
    new = service("bb:2", user="1", hostname="h", tty=True, init=True, readOnly=True, stopSignal="SIGINT")
    assert "and 2 more change; " in describe(service(), new)


def test_labels_alone_restart_nothing() -> None:
    assert describe(service(deploy={"labels": {"a": "1"}}), service(deploy={"labels": {"a": "2"}})) == (
        "nothing of web restarts: only deploy.labels.a changes"
    )


def test_equal_specs_restart_nothing() -> None:
    assert describe(service(), service()) == "nothing of web restarts"


def test_scaling_up_restarts_nothing() -> None:
    assert describe(service(replicas=2), service(replicas=3)) == "1 more task of web starts; none restarts"


def test_scaling_down_stops_tasks() -> None:
    assert describe(service(replicas=3), service(replicas=1)) == "2 tasks of web stop; none restarts"


def test_scaling_with_a_new_image_tells_both() -> None:
    assert describe(service(replicas=1), service("bb:2", replicas=3)) == (
        "1 task of web restarts because image changes; the service is down meanwhile (order stop-first); "
        "2 more tasks start"
    )


def test_service_without_tasks_has_nothing_to_restart() -> None:
    found = restart(service(replicas=0), service("bb:2", replicas=2))
    assert (found.restarts, found.starts) == (False, 2)


def test_global_service_restarts_node_by_node() -> None:
    old, new = (service(image, replicas=None, deploy={"mode": "global"}) for image in ("bb:1", "bb:2"))
    assert describe(old, new) == (
        "the tasks of web restart one at a time because image changes; "
        "each node is without it for a moment (order stop-first)"
    )
    assert describe(old, new, tasks=4).startswith("4 tasks of web restart one at a time because image changes; ")


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
    text = describe(old, service(deploy={"mode": "replicated-job", **deploy}))
    assert text.startswith("the job web runs again because ")
    assert text.endswith("; what still runs of it is stopped")
    assert reason.split()[0] in text


def test_unchanged_job_does_not_run_again() -> None:
    job = {"mode": "global-job"}
    live = service(replicas=None, deploy=job)
    live["Labels"]["swarm-provider.owner"] = "p/s"
    assert describe(live, service(replicas=None, deploy=job)) == "nothing of web restarts"


def test_placement_without_known_nodes_may_move_tasks() -> None:
    new = service(deploy={"placement": {"constraints": ["node.labels.a == b"]}})
    assert describe(service(), new) == (
        "tasks of web stay where their node still matches, and restart elsewhere if not, "
        "because deploy.placement.constraints changes"
    )


@pytest.mark.parametrize(("label", "restarts"), [("b", False), ("c", True)])
def test_placement_restarts_tasks_on_nodes_that_no_longer_match(label: str, restarts: bool) -> None:
    new = service(deploy={"placement": {"constraints": ["node.labels.a == b"]}})
    assert restart(service(), new, nodes=[{"Spec": {"Labels": {"a": label}}}]).restarts is restarts


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
    live["TaskTemplate"]["ContainerSpec"]["Privileges"] = {"NoNewPrivileges": True}
    assert restart(live, service()).reasons == ("ContainerSpec.Privileges",)


def test_changed_label_of_a_stack_restarts_its_containers() -> None:
    assert restart(service(namespace="a"), service(namespace="b")).reasons == ("namespace",)
