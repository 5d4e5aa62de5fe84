"""Services: what is sent, what is left, what a preview says, without an engine."""

from __future__ import annotations

from typing import Any

import pytest

from swarm_provider.core import labels
from swarm_provider.core.values import FORECAST, UNKNOWN, Secret
from swarm_provider.errors import DockerError
from tests.support.in_process import InProcess, Made, Refused
from tests.support.memory_swarm import MemorySwarm

WEB: dict[str, Any] = {"image": "bb:1", "wait": False}


def sent(swarm: MemorySwarm, name: str = "web") -> dict[str, Any]:
    """The last spec that was sent for a service."""
    return next(call.body or {} for call in reversed(swarm.changes) if call.kind == "service" and call.body is not None)


def updates(swarm: MemorySwarm) -> int:
    return sum((call.method, call.kind) == ("update", "service") for call in swarm.changes)


def spec(name: str, **own: str) -> dict[str, Any]:
    """A service that somebody makes with docker."""
    return {
        "Name": name,
        "Labels": own,
        "Mode": {"Replicated": {"Replicas": 1}},
        "TaskTemplate": {"ContainerSpec": {"Image": "bb:1"}},
    }


# ------------------------------------------------------------------------------------------ ownership


def test_service_is_stamped_with_its_owner(swarm: MemorySwarm, run: InProcess) -> None:
    made = run.make("Service", "web", **WEB)
    own = sent(swarm)["Labels"]
    assert own[labels.OWNER] == "proj/dev"
    assert own[labels.INCARNATION] == made.state["incarnation"]


def test_service_that_docker_made_is_refused_without_adopt(swarm: MemorySwarm, run: InProcess) -> None:
    swarm.put("service", spec("web"))
    with pytest.raises(Refused, match="set adopt=True to adopt it"):
        run.make("Service", "web", **WEB)
    assert swarm.changes == []


def test_refusal_is_told_in_the_preview_already(swarm: MemorySwarm, run: InProcess) -> None:
    swarm.put("service", spec("web"))
    with pytest.raises(Refused, match="was not created by Pulumi"):
        run.create("Service", "web", run.inputs("Service", "web", WEB), preview=True)


def test_adopt_takes_a_service_over_without_making_one(swarm: MemorySwarm, run: InProcess) -> None:
    live = swarm.put("service", spec("web"))
    made = run.make("Service", "web", **WEB, adopt=True)
    assert made.state["serviceId"] == live["ID"]
    assert [call.method for call in swarm.changes if call.kind == "service"] == ["update"]
    assert sent(swarm)["Labels"][labels.OWNER] == "proj/dev"


def test_take_over_is_told_in_the_preview(swarm: MemorySwarm, run: InProcess) -> None:
    swarm.put("service", spec("web"))
    run.create("Service", "web", run.inputs("Service", "web", {**WEB, "adopt": True}), preview=True)
    assert any("service 'web' exists and will be" in text for text in run.texts("info"))


def test_service_of_another_stack_is_never_taken_over(swarm: MemorySwarm, run: InProcess) -> None:
    swarm.put("service", spec("web", **{labels.OWNER: "other/dev"}))
    with pytest.raises(Refused, match="belongs to Pulumi stack 'other/dev'"):
        run.make("Service", "web", **WEB, adopt=True)


def test_lost_state_takes_its_own_service_over(swarm: MemorySwarm, run: InProcess) -> None:
    made = run.make("Service", "web", **WEB)
    with InProcess(swarm) as later:
        again = later.make("Service", "web", **WEB)
    assert again.state["serviceId"] == made.state["serviceId"]
    assert again.state["incarnation"] != made.state["incarnation"]


def test_service_that_appeared_since_check_is_looked_at_before_it_is_touched(
    swarm: MemorySwarm, run: InProcess
) -> None:
    inputs = run.inputs("Service", "web", WEB)
    swarm.put("service", spec("web"))
    with pytest.raises(Refused, match="was not created by Pulumi"):
        run.create("Service", "web", inputs)
    assert updates(swarm) == 0


def test_labels_follow_a_stack_that_was_renamed(swarm: MemorySwarm, run: InProcess) -> None:
    made = run.make("Service", "web", **WEB)
    with InProcess(swarm) as later:
        _, olds, state = later.read("Service", "web", made.id, made.inputs, made.state, stack="prod")
        news = later.inputs("Service", "web", WEB, olds, stack="prod")
        assert list(later.diff("Service", "web", made.id, olds, news, state, stack="prod").diffs) == ["owner"]
        state = later.update("Service", "web", made.id, olds, news, state, stack="prod")
    assert sent(swarm)["Labels"][labels.OWNER] == "proj/prod"
    assert state["incarnation"] != made.state["incarnation"]


def test_state_that_is_a_copy_changes_nothing(swarm: MemorySwarm, run: InProcess) -> None:
    made = run.make("Service", "web", **WEB)
    theirs = {labels.OWNER: "proj/prod", labels.INCARNATION: "ff"}
    swarm.edit("service", "web", lambda live: live["Spec"]["Labels"].update(theirs))
    before = len(swarm.changes)
    with InProcess(swarm) as later, pytest.raises(Refused, match="is an outdated copy"):
        later.change(later.refresh(made), image="bb:2", wait=False)
    assert swarm.changes[before:] == []


# ------------------------------------------------------------------------------------- what an update does


def test_no_change_sends_nothing(swarm: MemorySwarm, run: InProcess) -> None:
    given: dict[str, Any] = {**WEB, "environment": {"A": "1"}, "ports": ["8080:80"], "deploy": {"replicas": 2}}
    made = run.make("Service", "web", **given)
    with InProcess(swarm) as later:
        found = later.change(later.refresh(made), **given)
    assert (found.changes, found.replaces, updates(swarm)) == ([], [], 0)


def test_another_image_is_an_update(swarm: MemorySwarm, run: InProcess) -> None:
    made = run.make("Service", "web", **WEB)
    with InProcess(swarm) as later:
        found = later.change(made, image="bb:2", wait=False)
    assert {"image"} <= set(found.changes)
    assert not found.replaces
    assert sent(swarm)["TaskTemplate"]["ContainerSpec"]["Image"].startswith("bb:2@sha256:")


def test_another_name_is_a_replacement_that_makes_first(swarm: MemorySwarm, run: InProcess) -> None:
    made = run.make("Service", "web", **WEB)
    with InProcess(swarm) as later:
        found = later.change(made, **WEB, name="shop")
    assert (found.replaces, found.delete_first) == (["name"], False)
    assert [(call.method, call.name) for call in swarm.changes[-2:]] == [("create", "shop"), ("remove", "web")]


def test_another_mode_is_a_replacement_that_deletes_first(swarm: MemorySwarm, run: InProcess) -> None:
    made = run.make("Service", "web", **WEB)
    with InProcess(swarm) as later:
        found = later.change(made, **WEB, deploy={"mode": "global"})
    assert (found.replaces, found.delete_first) == (["deploy.mode"], True)
    assert [(call.method, call.name) for call in swarm.changes[-2:]] == [("remove", "web"), ("create", "web")]


def test_replacement_that_publishes_the_same_port_deletes_first(swarm: MemorySwarm, run: InProcess) -> None:
    made = run.make("Service", "web", **WEB, ports=["8080:80"])
    with InProcess(swarm) as later:
        assert later.change(made, **WEB, name="shop", ports=["8080:80"]).delete_first
    assert swarm.names("service") == ["shop"]


def test_default_mode_written_down_is_no_change(swarm: MemorySwarm, run: InProcess) -> None:
    made = run.make("Service", "web", **WEB)
    with InProcess(swarm) as later:
        found = later.change(later.refresh(made), **WEB, deploy={"mode": "replicated"})
    assert (found.replaces, updates(swarm)) == ([], 0)


def test_service_that_is_gone_cannot_be_updated(swarm: MemorySwarm, run: InProcess) -> None:
    made = run.make("Service", "web", **WEB)
    swarm.drop("service", "web")
    with InProcess(swarm) as later, pytest.raises(Refused, match="was removed on the cluster"):
        news = later.inputs("Service", "web", WEB, made.inputs)
        later.update("Service", "web", made.id, made.inputs, news, made.state)


def test_service_that_is_gone_is_so_at_read(swarm: MemorySwarm, run: InProcess) -> None:
    made = run.make("Service", "web", **WEB)
    swarm.drop("service", "web")
    with InProcess(swarm) as later:
        assert later.refresh(made).id == ""


def test_replicas_that_the_program_does_not_name_are_left(swarm: MemorySwarm, run: InProcess) -> None:
    made = run.make("Service", "web", **WEB)
    swarm.edit("service", "web", lambda live: live["Spec"].update(Mode={"Replicated": {"Replicas": 5}}))
    with InProcess(swarm) as later:
        later.change(later.refresh(made), image="bb:2", wait=False)
    assert sent(swarm)["Mode"] == {"Replicated": {"Replicas": 5}}


def test_replicas_that_the_program_names_come_back(swarm: MemorySwarm, run: InProcess) -> None:
    given: dict[str, Any] = {**WEB, "deploy": {"replicas": 2}}
    made = run.make("Service", "web", **given)
    swarm.edit("service", "web", lambda live: live["Spec"].update(Mode={"Replicated": {"Replicas": 5}}))
    with InProcess(swarm) as later:
        found = later.change(later.refresh(made), **given)
    assert found.changes == ["deploy"]
    assert sent(swarm)["Mode"] == {"Replicated": {"Replicas": 2}}


def test_change_by_hand_is_a_difference(swarm: MemorySwarm, run: InProcess) -> None:
    given: dict[str, Any] = {**WEB, "deploy": {"labels": {"a": "1"}}}
    made = run.make("Service", "web", **given)
    swarm.edit("service", "web", lambda live: live["Spec"]["Labels"].update(a="2"))
    with InProcess(swarm) as later:
        live = later.refresh(made)
        assert live.inputs["deploy"]["labels"] == {"a": "2"}
        assert later.change(live, **given).changes == ["deploy"]


def test_ignored_change_is_none(swarm: MemorySwarm, run: InProcess) -> None:
    made = run.make("Service", "web", **WEB, labels={"a": "1"})
    with InProcess(swarm) as later:
        assert later.change(made, **WEB, labels={"a": "2"}, ignore=("labels",)).changes == []


def test_ignored_position_of_a_list_that_moved_is_told(swarm: MemorySwarm, run: InProcess) -> None:
    ports = [{"target": 80, "published": 8080}, {"target": 81, "published": 8081}]
    made = run.make("Service", "web", **WEB, ports=ports)
    kept = [{"target": 81, "published": 8080}]
    with InProcess(swarm) as later:
        later.change(made, preview=True, **WEB, ports=kept, ignore=("ports[0].published",))
        assert any("ignore_changes" in text for text in later.texts("warning"))


# --------------------------------------------------------------------------------------------- preview


@pytest.mark.parametrize("more", [{"image": "bb:2"}, {"deploy": {"mode": "global"}}, {"name": "x"}])
def test_preview_of_a_change_changes_nothing(swarm: MemorySwarm, run: InProcess, more: dict[str, Any]) -> None:
    made = run.make("Service", "web", **WEB)
    before = len(swarm.changes)
    with InProcess(swarm) as later:
        later.change(later.refresh(made), preview=True, **{**WEB, **more})
    assert swarm.changes[before:] == []


def test_restart_is_foretold_where_the_image_changes(swarm: MemorySwarm, run: InProcess) -> None:
    made = run.make("Service", "web", **WEB, deploy={"replicas": 2})
    with InProcess(swarm) as later:
        found = later.change(made, preview=True, image="bb:2", wait=False, deploy={"replicas": 2})
        assert any("2 tasks of web restart" in text for text in later.texts("info"))
    assert found.made.state[FORECAST]


def test_nothing_of_the_forecast_reaches_the_state(swarm: MemorySwarm, run: InProcess) -> None:
    made = run.make("Service", "web", **WEB)
    with InProcess(swarm) as later:
        assert FORECAST not in later.change(made, image="bb:2", wait=False).made.state


def test_label_of_the_service_restarts_nothing(swarm: MemorySwarm, run: InProcess) -> None:
    made = run.make("Service", "web", **WEB)
    with InProcess(swarm) as later:
        later.change(made, preview=True, **WEB, deploy={"labels": {"a": "1"}})
        assert any("no task of web restarts" in text for text in later.texts("info"))


def test_replacement_is_told_with_what_asks_for_it(swarm: MemorySwarm, run: InProcess) -> None:
    made = run.make("Service", "web", **WEB)
    with InProcess(swarm) as later:
        later.change(made, preview=True, **WEB, deploy={"mode": "global"})
        assert any("deploy.mode" in text and "replaced" in text for text in later.texts("warning"))


def test_refresh_without_a_program_foretells_nothing(swarm: MemorySwarm, run: InProcess) -> None:
    made = run.make("Service", "web", **WEB)
    news = run.inputs("Service", "web", {"image": "bb:2", "wait": False}, made.inputs)
    with InProcess(swarm) as refresh:
        live = refresh.refresh(made)
        assert refresh.diff("Service", "web", made.id, live.inputs, news, live.state).diffs
        assert refresh.texts("info") == []


def test_service_that_another_replacement_takes_along_is_told_in_its_create(swarm: MemorySwarm, run: InProcess) -> None:
    run.make("Network", "net")
    given: dict[str, Any] = {**WEB, "networks": ["net"]}
    made = run.make("Service", "web", **given)
    changed = {**made.inputs, "networks": [{"name": UNKNOWN}]}
    with InProcess(swarm) as later:
        assert later.diff("Service", "web", made.id, made.inputs, changed, made.state).replaces
        later.create("Service", "web", later.inputs("Service", "web", given), preview=True)
        assert any("is replaced" in text for text in later.texts("warning"))


def test_unknown_values_keep_the_preview_going(run: InProcess) -> None:
    given: dict[str, Any] = {**WEB, "environment": {"A": UNKNOWN}, "deploy": {"replicas": UNKNOWN}}
    id, state = run.create("Service", "web", run.inputs("Service", "web", given), preview=True)
    assert (id, state["serviceId"]) == ("web", UNKNOWN)


def test_unknown_name_has_no_id_yet(run: InProcess) -> None:
    assert run.create("Service", "web", run.inputs("Service", "web", {**WEB, "name": UNKNOWN}), preview=True)[0] == ""


def test_memory_that_no_node_has_is_a_warning(run: InProcess) -> None:
    reserved = {"resources": {"reservations": {"memory": "900G"}}}
    run.inputs("Service", "web", {**WEB, "deploy": reserved})
    assert any("web" in text and "insufficient resources" in text for text in run.texts("warning"))


def test_constraint_that_no_node_meets_is_a_warning(run: InProcess) -> None:
    run.inputs("Service", "web", {**WEB, "deploy": {"placement": {"constraints": ["node.labels.disk == ssd"]}}})
    assert any("node.labels.disk" in text for text in run.texts("warning"))


def test_constraint_on_a_label_of_the_same_program_is_met(run: InProcess) -> None:
    run.inputs("NodeLabel", "disk", {"node": "node1", "key": "disk", "value": "ssd"})
    run.inputs("Service", "web", {**WEB, "deploy": {"placement": {"constraints": ["node.labels.disk == ssd"]}}})
    assert not any("node.labels.disk" in text for text in run.texts("warning"))


def test_strict_makes_an_error_of_a_warning(swarm: MemorySwarm) -> None:
    with InProcess(swarm, {"strict": True}) as run, pytest.raises(AssertionError, match="because strict is set"):
        run.inputs("Service", "web", {**WEB, "deploy": {"placement": {"constraints": ["node.labels.disk == ssd"]}}})


def test_strict_of_one_service_wins(swarm: MemorySwarm) -> None:
    with InProcess(swarm, {"strict": True}) as run:
        run.inputs("Service", "web", {**WEB, "strict": False})


# ----------------------------------------------------------------------------------------- read, import


def test_import_reads_the_live_service(swarm: MemorySwarm, run: InProcess) -> None:
    swarm.put("service", spec("web"))
    id, inputs, state = run.read("Service", "web", "web")
    assert (id, inputs["image"], inputs["owner"]) == ("web", "bb:1", "proj/dev")
    assert "incarnation" not in state


def test_import_by_the_beginning_of_a_name_finds_nothing(swarm: MemorySwarm, run: InProcess) -> None:
    swarm.put("service", spec("web-shop"))
    assert run.read("Service", "web", "web")[0] == ""


def test_secret_values_stay_secret_when_they_are_read_back(swarm: MemorySwarm, run: InProcess) -> None:
    made = run.make("Service", "web", **WEB, environment={"PASSWORD": Secret("hunter2")})
    with InProcess(swarm) as later:
        assert later.refresh(made).inputs["environment"]["PASSWORD"] == Secret("hunter2")


def test_state_that_did_not_converge_stays_so_until_it_runs(swarm: MemorySwarm, run: InProcess) -> None:
    made = run.make("Service", "web", **WEB, deploy={"replicas": 2})
    swarm.edit("service", "web", lambda live: live["Spec"].update(Mode={"Replicated": {"Replicas": 9}}))
    broken = Made("Service", "web", made.id, made.inputs, {**made.state, "converged": False})
    with InProcess(swarm) as later, pytest.raises(Refused) as caught:
        later.refresh(broken)
    assert caught.value.kept is not None
    assert any("did not converge" in reason for reason in caught.value.reasons)


# --------------------------------------------------------------------------------------------- delete


def test_destroy_removes_the_service(swarm: MemorySwarm, run: InProcess) -> None:
    made = run.make("Service", "web", **WEB)
    with InProcess(swarm) as later:
        later.destroy(made)
    assert swarm.names("service") == []


def test_destroy_leaves_a_service_of_another_incarnation(swarm: MemorySwarm, run: InProcess) -> None:
    made = run.make("Service", "web", **WEB)
    swarm.drop("service", "web")
    swarm.put("service", spec("web"))
    with InProcess(swarm) as later:
        later.destroy(made)
        assert any("is not deleted: it was not created by this resource" in text for text in later.texts("info"))
    assert swarm.names("service") == ["web"]


def test_destroy_leaves_a_service_that_moved_to_another_stack(swarm: MemorySwarm, run: InProcess) -> None:
    made = run.make("Service", "web", **WEB)
    theirs = {labels.OWNER: "proj/prod", labels.INCARNATION: "ff"}
    swarm.edit("service", "web", lambda live: live["Spec"]["Labels"].update(theirs))
    with InProcess(swarm) as later:
        later.destroy(made)
        assert any("belongs to Pulumi stack 'proj/prod'" in text for text in later.texts("info"))


def test_delete_leaves_what_another_urn_claims_now(swarm: MemorySwarm, run: InProcess) -> None:
    made = run.make("Service", "web", **WEB)
    with InProcess(swarm) as later:
        later.make("Service", "renamed", **WEB, name="web")
        later.destroy(made)
    assert swarm.names("service") == ["web"]


def test_old_self_of_a_replacement_leaves_the_new_one(swarm: MemorySwarm, run: InProcess) -> None:
    made = run.make("Service", "web", **WEB)
    with InProcess(swarm) as later:
        # as `up --replace` does: Create first, and at the end Delete of the old one
        later.make("Service", "web", **WEB)
        later.destroy(made)
    assert swarm.names("service") == ["web"]


# --------------------------------------------------------------------------------------- errors, secrets


def test_refusal_of_the_engine_is_one_line(swarm: MemorySwarm, run: InProcess) -> None:
    swarm.faults["create", "service", "web"] = DockerError("it is\nnot\tso", status=400)
    with pytest.raises(Refused) as caught:
        run.make("Service", "web", **WEB)
    assert "it is not so" in caught.value.message
    assert "\n" not in caught.value.message


def test_fault_of_the_provider_is_one_line_too(swarm: MemorySwarm, run: InProcess) -> None:
    swarm.faults["create", "service", "web"] = KeyError("x")  # type: ignore[assignment]
    with pytest.raises(Refused, match="internal error in the swarm provider") as caught:
        run.make("Service", "web", **WEB)
    assert "\n" not in caught.value.message


def test_secret_in_a_refusal_is_masked(swarm: MemorySwarm, run: InProcess) -> None:
    swarm.faults["create", "service", "web"] = DockerError("invalid value hunter2-canary", status=400)
    with pytest.raises(Refused) as caught:
        run.make("Service", "web", **WEB, environment={"PASSWORD": Secret("hunter2-canary")})
    assert "hunter2" not in caught.value.message
    assert "invalid value" in caught.value.message


def test_secret_of_one_resource_is_masked_in_the_messages_of_all(swarm: MemorySwarm, run: InProcess) -> None:
    run.inputs("Service", "web", {**WEB, "environment": {"PASSWORD": Secret("hunter2-canary")}})
    swarm.faults["create", "network", "net"] = DockerError("no hunter2-canary here", status=400)
    with pytest.raises(Refused) as caught:
        run.make("Network", "net")
    assert "hunter2" not in caught.value.message


def test_service_that_was_made_and_then_failed_stays_in_the_state(swarm: MemorySwarm, run: InProcess) -> None:
    inputs = run.inputs("Service", "web", {"image": "bb:1"})
    swarm.faults["update", "config", "*"] = DockerError("no", status=500)

    async def gone(kind: str, id: str) -> None:
        return None

    swarm.get = gone  # type: ignore[method-assign]
    with pytest.raises(Refused) as caught:
        run.known.session.cancelled.set()
        run.create("Service", "web", inputs)
    assert caught.value.kept is not None
    id, _, state = caught.value.kept
    assert (id, state["converged"]) == ("web", False)


def test_several_problems_are_told_together(run: InProcess) -> None:
    _, failures = run.check("Service", "web", {**WEB, "deploy": {"replicas": "many"}, "replicas": 3})
    assert len(failures) == 2


def test_property_that_is_none_is_told_with_what_is_meant(run: InProcess) -> None:
    _, failures = run.check("Service", "web", {**WEB, "replicas": 3})
    assert "replicas" in failures[0]


# ------------------------------------------------------------------------------- which run changed it last


def run_of(swarm: MemorySwarm, name: str) -> str:
    live = swarm.live("service", name)
    assert live is not None
    return str(live["Spec"]["Labels"][labels.RUN])


def test_service_tells_which_run_changed_it_last(swarm: MemorySwarm, run: InProcess) -> None:
    web, db = run.make("Service", "web", image="bb:1"), run.make("Service", "db", image="bb:1")
    first = run.known.session.run_id
    assert run_of(swarm, "web") == run_of(swarm, "db") == first
    with InProcess(swarm) as later:
        web = later.change(later.refresh(web), image="bb:1", environment={"A": "1"}).made
        assert later.change(later.refresh(db), image="bb:1").changes == []
        assert run_of(swarm, "web") == later.known.session.run_id != first
        assert run_of(swarm, "db") == first
    with InProcess(swarm) as again:
        assert again.change(again.refresh(web), image="bb:1", environment={"A": "1"}).changes == []


def test_label_of_another_owner_alone_is_no_change_of_a_run(swarm: MemorySwarm, run: InProcess) -> None:
    web = run.make("Service", "one", name="web", image="bb:1")
    with InProcess(swarm) as later:
        later.refresh(web)
        later.make("Service", "two", name="web", image="bb:1")
    live = swarm.live("service", "web")
    assert live is not None and live["Spec"]["Labels"][labels.URN].endswith("::two")
    assert run_of(swarm, "web") == run.known.session.run_id


GLOBAL: dict[str, Any] = {"image": "bb:1", "deploy": {"mode": "global"}}


def test_service_of_ours_with_another_mode_is_made_anew(swarm: MemorySwarm, run: InProcess) -> None:
    run.make("Service", "web", image="bb:1")
    before = swarm.live("service", "web")
    assert before is not None
    with InProcess(swarm) as later:
        # as after a run whose end was not saved (seed 176 of the simulation), or with another logical name (seed 147)
        inputs = later.inputs("Service", "web", GLOBAL)
        _, planned = later.create("Service", "web", inputs, preview=True)
        later.create("Service", "web", inputs)
    (told,) = planned[FORECAST]
    assert told["replaced"] and told["reasons"] == ["deploy.mode"]
    after = swarm.live("service", "web")
    assert after is not None
    assert after["ID"] != before["ID"]
    assert "Global" in after["Spec"]["Mode"]


def test_service_of_docker_with_another_mode_is_not_adopted(swarm: MemorySwarm, run: InProcess) -> None:
    swarm.put("service", spec("web"))
    inputs = run.inputs("Service", "web", {**GLOBAL, "adopt": True})
    for preview in (True, False):
        with pytest.raises(Refused, match="exists with another mode, and Docker cannot change the mode"):
            run.create("Service", "web", inputs, preview=preview)
    live = swarm.live("service", "web")
    assert live is not None and "Replicated" in live["Spec"]["Mode"]
