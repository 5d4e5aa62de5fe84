"""Which services of a stack return to their previous spec, in which order, and which stay."""

from __future__ import annotations

from typing import Any

from swarm_provider.core import labels
from swarm_provider.plan.change.stack_rollback import StackRollback, plan_rollback

Json = dict[str, Any]
FIRST, SECOND = "20260101T000000Z-aa", "20260102T000000Z-bb"
THERE = {"config": {"c1"}, "secret": {"s1"}, "network": {"n1"}}


def spec(name: str, run: str | None, **container: Any) -> Json:
    own = {labels.RUN: run} if run else {}
    return {"Name": name, "Labels": own, "TaskTemplate": {"ContainerSpec": container}, "Mode": {"Replicated": {}}}


def service(
    name: str, run: str | None, before: str | None, *, began: int = 0, ended: int = 0, old: Json | None = None
) -> Json:
    status = {"StartedAt": f"2026-01-02T00:00:{began:02}Z", "CompletedAt": f"2026-01-02T00:00:{ended:02}Z"}
    return {
        "ID": f"id-{name}",
        "Spec": spec(name, run),
        "PreviousSpec": old or spec(name, before),
        "UpdateStatus": {"State": "completed", **status},
    }


def names(found: StackRollback) -> list[str]:
    return [one.name for one in found.returned]


def test_services_of_the_latest_deploy_return() -> None:
    found = plan_rollback([service("web", SECOND, FIRST), service("db", FIRST, None)], THERE)
    assert names(found) == ["web"] and found.deploy == SECOND
    assert found.left == {"db": "not changed by the latest deploy"}


def test_service_that_was_updated_once_another_one_ran_returns_after_it() -> None:
    db = service("db", SECOND, FIRST, began=1, ended=5)
    cache = service("cache", SECOND, FIRST, began=2, ended=9)
    web = service("web", SECOND, FIRST, began=6, ended=9)
    after = {one.name: one.after for one in plan_rollback([web, cache, db], THERE).returned}
    assert after == {"db": (), "cache": (), "web": ("id-db",)}


def test_services_that_were_updated_at_the_same_moment_do_not_wait_for_each_other() -> None:
    found = plan_rollback([service("a", SECOND, FIRST, began=1, ended=1), service("b", SECOND, FIRST, began=1)], THERE)
    assert [len(one.after) for one in found.returned] in ([0, 0], [0, 1])


def test_service_that_is_new_stays() -> None:
    new = {**service("new", SECOND, None), "PreviousSpec": None}
    found = plan_rollback([service("web", SECOND, FIRST), new], THERE)
    assert found.left["new"].startswith("it is new with the latest deploy")


def test_service_that_was_changed_again_by_hand_stays() -> None:
    found = plan_rollback([service("web", SECOND, SECOND), service("db", SECOND, FIRST)], THERE)
    assert names(found) == ["db"] and found.left["web"].startswith("changed again after the latest deploy")


def test_what_was_rolled_back_does_not_return_to_the_newer_version() -> None:
    found = plan_rollback([service("web", FIRST, SECOND), service("db", FIRST, None)], THERE)
    assert names(found) == [] and found.deploy == SECOND
    assert found.left["web"] == "it was rolled back already"


def test_job_stays() -> None:
    job = service("job", SECOND, FIRST)
    job["Spec"]["Mode"] = {"ReplicatedJob": {}}
    assert plan_rollback([job], THERE).left == {"job": "a job that ran cannot be taken back"}


def test_every_service_of_docker_with_a_previous_spec_returns() -> None:
    found = plan_rollback([service("web", None, None), {**service("db", None, None), "PreviousSpec": None}], THERE)
    assert names(found) == ["web"] and found.deploy == "" and found.left == {"db": "never changed"}


def test_what_the_previous_spec_needs_and_is_gone_is_told() -> None:
    old = spec(
        "web",
        FIRST,
        Configs=[{"ConfigID": "c1", "ConfigName": "app-1"}, {"ConfigID": "c0", "ConfigName": "app-0"}],
        Secrets=[{"SecretID": "s0", "SecretName": "key-0"}],
    )
    old["TaskTemplate"]["Networks"] = [{"Target": "n1"}, {"Target": "n0"}]
    (web,) = plan_rollback([service("web", SECOND, FIRST, old=old)], THERE).returned
    assert web.missing == ("config app-0", "secret key-0", "network n0")


def test_labels_that_are_none_are_no_deploy() -> None:
    live = {**service("web", None, None), "PreviousSpec": {**spec("web", None), "Labels": None}}
    assert names(plan_rollback([live], THERE)) == ["web"]
