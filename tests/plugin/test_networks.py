"""Networks: Docker cannot change one, and services depend on it."""

from __future__ import annotations

from typing import Any

import pytest

from swarm_provider.core import labels
from swarm_provider.core.values import UNKNOWN, Secret
from tests.support.in_process import InProcess, Refused
from tests.support.memory_swarm import MemorySwarm


def by_hand(swarm: MemorySwarm, **own: str) -> dict[str, Any]:
    return swarm.put("network", {"Name": "net", "Driver": "overlay", "Labels": own})


def test_network_is_made_with_its_owner(swarm: MemorySwarm, run: InProcess) -> None:
    made = run.make("Network", "net", attachable=True)
    live = swarm.live("network", "net")
    assert live is not None
    assert (live["Id"], live["Attachable"]) == (made.state["networkId"], True)
    assert live["Labels"][labels.OWNER] == "proj/dev"


def test_no_change_is_none_after_a_refresh(swarm: MemorySwarm, run: InProcess) -> None:
    given: dict[str, Any] = {"attachable": True, "labels": {"a": "b"}}
    made = run.make("Network", "net", **given)
    with InProcess(swarm) as later:
        assert later.change(later.refresh(made), **given).changes == []


def test_difference_is_a_warning_and_no_change(swarm: MemorySwarm, run: InProcess) -> None:
    made = run.make("Network", "net")
    before = len(swarm.changes)
    with InProcess(swarm) as later:
        found = later.change(later.refresh(made), attachable=True)
        [text] = [text for text in later.texts("warning") if "'net'" in text]
    assert found.changes == []
    assert "attachable" in text and "replace=True" in text
    assert swarm.changes[before:] == []


def test_difference_is_an_error_with_strict(swarm: MemorySwarm, run: InProcess) -> None:
    made = run.make("Network", "net")
    with InProcess(swarm, {"strict": True}) as later, pytest.raises(Refused, match="because strict is set"):
        later.change(made, attachable=True)


def test_unknown_value_is_never_an_error(swarm: MemorySwarm, run: InProcess) -> None:
    made = run.make("Network", "net")
    with InProcess(swarm, {"strict": True}) as later:
        assert later.change(made, labels={"a": UNKNOWN}).changes == []
        assert any("may differ" in text for text in later.texts("warning"))


def test_replace_makes_it_anew_and_deletes_first(swarm: MemorySwarm, run: InProcess) -> None:
    made = run.make("Network", "net")
    with InProcess(swarm) as later:
        found = later.change(made, attachable=True, replace=True)
    assert (found.replaces, found.delete_first) == (["attachable"], True)
    assert [call.method for call in swarm.changes] == ["create", "remove", "create"]


def test_replace_without_a_difference_is_no_replacement(swarm: MemorySwarm, run: InProcess) -> None:
    made = run.make("Network", "net")
    with InProcess(swarm) as later:
        assert later.change(later.refresh(made), replace=True).replaces == []


def test_another_name_is_a_replacement_that_makes_first(swarm: MemorySwarm, run: InProcess) -> None:
    made = run.make("Network", "net")
    with InProcess(swarm) as later:
        found = later.change(made, name="other")
    assert (found.replaces, found.delete_first) == (["name"], False)
    assert swarm.names("network") == ["other"]


def test_network_that_docker_made_is_refused_without_adopt(swarm: MemorySwarm, run: InProcess) -> None:
    by_hand(swarm)
    with pytest.raises(Refused, match="was not created by Pulumi"):
        run.make("Network", "net")


def test_adopted_network_stays_as_it_is(swarm: MemorySwarm, run: InProcess) -> None:
    live = by_hand(swarm)
    made = run.make("Network", "net", adopt=True)
    assert (made.state["networkId"], swarm.changes) == (live["Id"], [])


def test_network_that_was_made_by_hand_instead_is_replaced_when_asked(swarm: MemorySwarm, run: InProcess) -> None:
    made = run.make("Network", "net", attachable=True)
    swarm.drop("network", "net")
    live = by_hand(swarm)
    with InProcess(swarm) as later:
        later.change(later.refresh(made), attachable=True, replace=True)
    found = swarm.live("network", "net")
    assert found is not None and found["Id"] != live["Id"]


def test_network_of_another_stack_is_not_replaced(swarm: MemorySwarm, run: InProcess) -> None:
    made = run.make("Network", "net")
    swarm.drop("network", "net")
    by_hand(swarm, **{labels.OWNER: "other/dev"})
    with InProcess(swarm) as later, pytest.raises(Refused, match="belongs to Pulumi stack 'other/dev'"):
        later.change(made, attachable=True, replace=True)
    assert swarm.names("network") == ["net"]


def test_preview_of_a_replacement_takes_the_old_one_for_no_obstacle(swarm: MemorySwarm, run: InProcess) -> None:
    made = run.make("Network", "net")
    before = len(swarm.changes)
    with InProcess(swarm) as later:
        found = later.change(made, preview=True, attachable=True, replace=True)
        assert not any("adopted" in text or "taken over" in text for text in later.texts())
    assert found.made.state["networkId"] is UNKNOWN
    assert swarm.changes[before:] == []


def test_network_that_appeared_since_the_check_is_refused(swarm: MemorySwarm, run: InProcess) -> None:
    inputs = run.inputs("Network", "net", {})
    by_hand(swarm)
    with pytest.raises(Refused, match="was not created by Pulumi"):
        run.create("Network", "net", inputs)


def test_two_resources_cannot_stand_for_one_network(run: InProcess) -> None:
    run.inputs("Network", "a", {"name": "net"})
    with pytest.raises(AssertionError, match="claimed by two resources"):
        run.inputs("Network", "b", {"name": "net"})


def test_destroy_leaves_a_network_that_somebody_made_again(swarm: MemorySwarm, run: InProcess) -> None:
    made = run.make("Network", "net")
    swarm.drop("network", "net")
    by_hand(swarm)
    with InProcess(swarm) as later:
        later.destroy(made)
        assert any("is not deleted" in text for text in later.texts("info"))
    assert swarm.names("network") == ["net"]


def test_destroy_leaves_a_network_whose_services_are_left(swarm: MemorySwarm, run: InProcess) -> None:
    network = run.make("Network", "net")
    service = run.make("Service", "web", image="bb:1", wait=False, networks=["net"])
    swarm.edit("service", "web", lambda live: live["Spec"]["Labels"].update({labels.INCARNATION: "ff"}))
    with InProcess(swarm) as later:
        later.destroy(service)
        later.destroy(network)
        assert any("network 'net' is not deleted: web" in text for text in later.texts("info"))
    assert swarm.names("network") == ["net"]


def test_old_self_of_a_replacement_leaves_the_new_network(swarm: MemorySwarm, run: InProcess) -> None:
    made = run.make("Network", "net")
    with InProcess(swarm) as later:
        later.make("Network", "net")
        later.destroy(made)
    assert swarm.names("network") == ["net"]


def test_refresh_before_the_program_tells_nothing(swarm: MemorySwarm, run: InProcess) -> None:
    made = run.make("Network", "net")
    news = run.inputs("Network", "net", {"attachable": True}, made.inputs)
    with InProcess(swarm) as refresh:
        assert not refresh.diff("Network", "net", made.id, made.inputs, news, made.state).diffs
        assert refresh.said == []


@pytest.mark.parametrize("name", ["a b", "-net", "n" * 64])
def test_name_that_swarm_refuses_is_told_at_check(run: InProcess, name: str) -> None:
    _, failures = run.check("Network", "net", {"name": name})
    assert repr(name) in failures[0]


def test_values_of_options_are_not_shown(swarm: MemorySwarm, run: InProcess) -> None:
    made = run.make("Network", "net", driverOpts={"key": "canary-1"})
    with InProcess(swarm) as later:
        later.change(made, driverOpts={"key": Secret("canary-2")})
        assert later.texts("warning") and "canary" not in str(later.said)


def test_import_reads_the_live_network(swarm: MemorySwarm, run: InProcess) -> None:
    by_hand(swarm, team="shop")
    id, inputs, state = run.read("Network", "net", "net")
    assert (id, inputs["driver"], inputs["labels"]) == ("net", "overlay", {"team": "shop"})
    assert state["networkId"]


def test_network_that_another_resource_is_about_to_stand_for_stays(swarm: MemorySwarm, run: InProcess) -> None:
    made = run.make("Network", "net")
    with InProcess(swarm) as later:
        later.inputs("Network", "renamed", {"name": "net"})
        later.destroy(made)
    assert swarm.names("network") == ["net"]
