"""A Release on a swarm in memory: what its handler makes of those of its children."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from google.protobuf import empty_pb2
from pulumi.runtime.proto import provider_pb2

from swarm_provider.core.values import UNKNOWN
from swarm_provider.errors import DockerError
from swarm_provider.plugin.protocol.values import encode
from tests.support.calls import PROJECT, STACK
from tests.support.in_process import InProcess, Made, Refused
from tests.support.memory_swarm import MemorySwarm

Json = dict[str, Any]
Write = Callable[..., Json]


@pytest.fixture
def release(tmp_path: Path) -> Write:
    """Write a compose file of these services; return the inputs of a Release of it."""

    def write(*services: str, objects: Json | None = None, inputs: Json | None = None, **each: Any) -> Json:
        path = tmp_path / "shop.yml"
        body = {key: {"image": "bb:1", **each} for key in services}
        path.write_text(json.dumps({"services": body, **(objects or {})}))
        return {"composeFile": [str(path)], "resolveImage": "never", "wait": False, **(inputs or {})}

    return write


def paths(provider: InProcess, made: Made, given: Json) -> list[str]:
    """What differs, as Pulumi shows it."""
    news = provider.inputs(made.kind, made.name, given, made.inputs)
    return sorted(provider.diff(made.kind, made.name, made.id, made.inputs, news, made.state).detailedDiff)


def test_advice_that_services_share_is_one_line(release: Write) -> None:
    with InProcess(MemorySwarm()) as provider:
        provider.make("Release", "shop", **release("a", "b", "c"))
        provider.call("Cancel", empty_pb2.Empty())
        advice = [text for text in provider.texts("warning") if text.startswith("advice: ")]
        assert len(advice) == 1 and "shop_a, shop_b and shop_c have no memory limit" in advice[0]


# ------------------------------------------------------------------------- what goes before what


def test_network_that_is_replaced_goes_after_the_services_that_use_it(release: Write) -> None:
    swarm = MemorySwarm()
    front: Json = {"front": {"driver": "overlay"}}
    with InProcess(swarm) as provider:
        made = provider.make("Release", "shop", **release("a", objects={"networks": front}, networks=["front"]))
    front["front"]["driver_opts"] = {"com.docker.network.driver.mtu": "1400"}
    given = release("a", objects={"networks": front}, inputs={"replaceNetworks": True}, networks=["front"])
    with InProcess(swarm) as provider:
        made = provider.refresh(made)
        assert "services.a.networks[0]" in paths(provider, made, given)
    with InProcess(swarm) as provider:
        provider.change(provider.refresh(made), **given)
    order = [(call.method, call.kind) for call in swarm.changes][-4:]
    assert order == [("remove", "service"), ("remove", "network"), ("create", "network"), ("create", "service")]
    network = swarm.live("network", "shop_front")
    assert network is not None and network["Options"]["com.docker.network.driver.mtu"] == "1400"


def test_config_with_another_name_is_made_before_the_old_one_goes(release: Write) -> None:
    swarm = MemorySwarm()
    first = release("a", objects={"configs": {"app": {"content": "1"}}}, configs=["app"])
    with InProcess(swarm) as provider:
        made = provider.make("Release", "shop", **first)
    second = release("a", objects={"configs": {"app": {"content": "1", "name": "other"}}}, configs=["app"])
    with InProcess(swarm) as provider:
        changed = provider.change(provider.refresh(made), **second)
    assert [name.rpartition("-")[0] for name in swarm.names("config")] == ["other"]
    with InProcess(swarm) as provider:
        assert provider.change(provider.refresh(changed.made), **second).changes == []


# ------------------------------------------------------------------------- what was left half-done


def test_child_of_a_killed_first_deployment_that_left_the_file_is_removed_by_the_next(release: Write) -> None:
    swarm = MemorySwarm()
    objects: Json = {"configs": {"app": {"content": "1"}}, "networks": {"side": {}}}
    with InProcess(swarm) as provider:
        # the engine was killed before it saved anything
        provider.make("Release", "shop", **release("a", "b", objects=objects, networks=["side"]))
    with InProcess(swarm) as provider:
        made = provider.make("Release", "shop", **release("a"))
    assert swarm.names("service") == ["shop_a"]
    assert swarm.names("config") == []
    with InProcess(swarm) as provider:
        assert provider.change(provider.refresh(made), **release("a")).changes == []


def test_child_of_a_killed_update_that_left_the_file_is_removed_by_the_next(release: Write) -> None:
    swarm = MemorySwarm()
    with InProcess(swarm) as provider:
        made = provider.make("Release", "shop", **release("a"))
    with InProcess(swarm) as provider:
        provider.change(provider.refresh(made), **release("a", "b", objects={"configs": {"app": {"content": "1"}}}))
    assert swarm.names("service") == ["shop_a", "shop_b"]
    with InProcess(swarm) as provider:
        assert paths(provider, provider.refresh(made), release("a")) == ["configs.app", "services.b"]
    with InProcess(swarm) as provider:
        provider.change(provider.refresh(made), **release("a"))
    assert swarm.names("service") == ["shop_a"]
    assert swarm.names("config") == []


def test_config_that_somebody_else_uses_stays_in_the_state_until_it_can_go(
    release: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("swarm_provider.rollout.remove.IN_USE_TIMEOUT_S", 0.1)
    swarm = MemorySwarm()
    with InProcess(swarm) as provider:
        made = provider.make("Release", "shop", **release("a", objects={"configs": {"app": {"content": "1"}}}))
        name = made.state["configs"]["app"]
        user = provider.make("Service", "user", image="bb:1", wait=False, configs=[{"source": name, "target": "/a"}])
    with InProcess(swarm) as provider, pytest.raises(Refused) as refused:
        provider.change(provider.refresh(made), **release("a"))
    assert "config app" in refused.value.reasons[0]
    assert refused.value.kept is not None
    id, inputs, state = refused.value.kept
    with InProcess(swarm) as provider:
        provider.destroy(user)
        left = provider.refresh(Made("Release", "shop", id, inputs, state))
        assert paths(provider, left, release("a")) == ["configs.app"]
        provider.change(left, **release("a"))
    assert swarm.names("config") == []


# ------------------------------------------------------------------------- who it is


def test_two_releases_of_one_stack_name_are_refused(release: Write) -> None:
    with InProcess(MemorySwarm()) as provider:
        provider.make("Release", "shop", **release("a"))
        _, failures = provider.check("Release", "other", release("a", inputs={"name": "shop"}))
        assert len(failures) == 1 and "'shop_default' is claimed by two resources" in failures[0]


def test_stack_and_release_of_one_name_are_told_once_whoever_comes_first(release: Write) -> None:
    given = release("a", "b", "c")
    with InProcess(MemorySwarm()) as provider:
        for key in "abc":
            provider.call("Check", check_of_a_child(key))
        _, failures = provider.check("Release", "shop", given)
        assert len(failures) == 1 and "a stack is one Release or one Stack: remove the other" in failures[0]
    with InProcess(MemorySwarm()) as provider:
        provider.inputs("Release", "shop", given)
        (failure,) = provider.call("Check", check_of_a_child("a")).failures
        assert "service 'shop_a' is claimed by two" in failure.reason and "or set its `name`" in failure.reason


def check_of_a_child(key: str) -> provider_pb2.CheckRequest:
    """The Check of a service that is a child of a Stack."""
    below = f"urn:pulumi:{STACK}::{PROJECT}::swarm:index:Stack$swarm:index:Service::shop-{key}"
    inputs = {"name": f"shop_{key}", "image": "bb:1", "namespace": "shop"}
    return provider_pb2.CheckRequest(urn=below, name=f"shop-{key}", type="swarm:index:Service", news=encode(inputs))


def test_release_that_is_made_anew_keeps_its_services(release: Write) -> None:
    # as `up --replace` does: create first, then the old one goes
    swarm = MemorySwarm()
    objects: Json = {"configs": {"app": {"content": "1"}}, "networks": {"side": {}}}
    given = release("a", objects=objects, configs=["app"], networks=["side"])
    with InProcess(swarm) as provider:
        old = provider.make("Release", "shop", **given)
    before = swarm.live("service", "shop_a")
    with InProcess(swarm) as provider:
        old = provider.refresh(old)
        new = provider.make("Release", "shop", **given)
        provider.destroy(old)
    after = swarm.live("service", "shop_a")
    assert before is not None and after is not None and after["ID"] == before["ID"]
    with InProcess(swarm) as provider:
        assert provider.change(provider.refresh(new), **given).changes == []


def test_release_of_another_stack_name_moves(release: Write) -> None:
    swarm = MemorySwarm()
    objects: Json = {"configs": {"app": {"content": "1"}}, "networks": {"side": {}}}
    with InProcess(swarm) as provider:
        made = provider.make("Release", "shop", **release("a", objects=objects, configs=["app"]))
    given = release("a", objects=objects, inputs={"name": "store"}, configs=["app"])
    with InProcess(swarm) as provider:
        changed = provider.change(provider.refresh(made), **given)
        assert changed.replaces == ["stackName"]
    assert swarm.names("service") == ["store_a"]
    with InProcess(swarm) as provider:
        assert provider.change(provider.refresh(changed.made), **given).changes == []


# ------------------------------------------------------------------------- what is wrong, or not known


def test_file_that_is_gone_is_named_and_removal_needs_none(release: Write, tmp_path: Path) -> None:
    swarm = MemorySwarm()
    given = release("a")
    with InProcess(swarm) as provider:
        made = provider.make("Release", "shop", **given)
    (tmp_path / "shop.yml").unlink()
    with InProcess(swarm) as provider:
        made = provider.refresh(made)
        _, failures = provider.check("Release", "shop", given, made.inputs)
        assert len(failures) == 1 and "does not exist" in failures[0]
        provider.destroy(made)
    assert swarm.names("service") == []


def test_output_that_is_not_known_yet_is_so_in_the_preview_where_it_stands(release: Write) -> None:
    swarm = MemorySwarm()
    given = release("a", inputs={"env": {"TAG": UNKNOWN}}, environment={"TAG": "x-${TAG}"})
    with InProcess(swarm) as provider:
        inputs = provider.inputs("Release", "shop", given)
        assert inputs["services"]["a"]["environment"] == {"TAG": UNKNOWN}
        provider.create("Release", "shop", inputs, preview=True)


def test_service_removed_by_hand_is_made_again(release: Write) -> None:
    swarm = MemorySwarm()
    with InProcess(swarm) as provider:
        made = provider.make("Release", "shop", **release("a", "b"))
    swarm.drop("service", "shop_b")
    with InProcess(swarm) as provider:
        assert paths(provider, provider.refresh(made), release("a", "b")) == ["services.b"]
        provider.change(provider.refresh(made), **release("a", "b"))
    assert swarm.names("service") == ["shop_a", "shop_b"]


def test_release_whose_services_are_all_gone_is_gone(release: Write) -> None:
    swarm = MemorySwarm()
    with InProcess(swarm) as provider:
        made = provider.make("Release", "shop", **release("a"))
    swarm.drop("service", "shop_a")
    for network in swarm.names("network"):
        if network.startswith("shop"):
            swarm.drop("network", network)
    with InProcess(swarm) as provider:
        assert provider.refresh(made).id == ""


def test_interrupt_leaves_what_is_deployed_and_the_state_knows_it(release: Write) -> None:
    swarm = MemorySwarm()
    given = release("a", "b", inputs={"wait": True})
    with InProcess(swarm) as provider:
        inputs = provider.inputs("Release", "shop", given)
        provider.cancel()
        with pytest.raises(Refused) as refused:
            provider.create("Release", "shop", inputs)
    assert refused.value.kept is not None
    id, inputs, state = refused.value.kept
    assert swarm.names("service") and set(state["services"]) == {
        name.removeprefix("shop_") for name in swarm.names("service")
    }
    with InProcess(swarm) as provider:
        provider.destroy(Made("Release", "shop", id, inputs, state))
    assert swarm.names("service") == []


# ------------------------------------------------------------------------- a failure, and the way back

FAULT = DockerError("the manager has a bad day", status=400)


def test_failed_update_returns_to_what_was_there_and_the_state_stays(release: Write) -> None:
    swarm = MemorySwarm()
    objects: Json = {"configs": {"app": {"content": "1"}}}
    with InProcess(swarm) as provider:
        made = provider.make("Release", "shop", **release("a", objects=objects, configs=["app"]))
    before = swarm.live("service", "shop_a"), swarm.names("config"), swarm.names("network")
    objects["configs"]["app"]["content"] = "2"
    objects["networks"] = {"side": {}}
    given = release("a", "b", objects=objects, configs=["app"], networks=["side"], environment={"A": "2"})
    swarm.faults["create", "service", "shop_b"] = FAULT
    with InProcess(swarm) as provider, pytest.raises(Refused) as refused:
        provider.change(provider.refresh(made), **given)
    assert refused.value.kept is None
    assert "b: " in refused.value.message and "returned to what ran before: a" in refused.value.message
    after = swarm.live("service", "shop_a")
    assert before[0] is not None and after is not None and after["Spec"] == before[0]["Spec"]
    assert (swarm.names("config"), swarm.names("network")) == before[1:]
    swarm.faults.clear()
    with InProcess(swarm) as provider:
        changed = provider.change(provider.refresh(made), **given)
    with InProcess(swarm) as provider:
        assert provider.change(provider.refresh(changed.made), **given).changes == []


def test_what_cannot_be_returned_is_in_the_state(release: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("swarm_provider.rollout.remove.IN_USE_TIMEOUT_S", 0.1)
    swarm = MemorySwarm()
    swarm.faults["create", "service", "shop_b"] = swarm.faults["remove", "service", "*"] = FAULT
    with InProcess(swarm) as provider, pytest.raises(Refused) as refused:
        provider.make("Release", "shop", **release("a", "b"))
    assert "could not be returned: a (" in refused.value.message
    assert refused.value.kept is not None
    id, inputs, state = refused.value.kept
    swarm.faults.clear()
    with InProcess(swarm) as provider:
        provider.destroy(Made("Release", "shop", id, inputs, state))
    assert swarm.names("service") == []


def kept_of(refused: Refused) -> tuple[Json, Json]:
    """Inputs and outputs that the state keeps after a failure."""
    assert refused.kept is not None
    return refused.kept[1:]


def test_state_of_a_failed_update_that_keeps_is_what_there_is(release: Write) -> None:
    swarm = MemorySwarm()
    objects: Json = {"configs": {"app": {"content": "1"}}}
    given = release("a", "b", "c", "d", objects=objects, inputs={"onFailure": "keep"})
    with InProcess(swarm) as provider:
        made = provider.make("Release", "shop", **given)
    objects["configs"]["app"]["content"] = "2"
    asked = release("a", "b", "c", "e", objects=objects, inputs={"onFailure": "keep"}, environment={"A": "2"})
    path = Path(asked["composeFile"][0])
    file = json.loads(path.read_text())
    file["services"]["b"]["depends_on"], file["services"]["c"]["depends_on"] = ["a"], ["b"]
    file["services"]["e"]["depends_on"] = ["b"]
    path.write_text(json.dumps(file))
    swarm.faults["update", "service", "shop_b"] = FAULT
    with InProcess(swarm) as provider, pytest.raises(Refused) as refused:
        made = provider.refresh(made)
        provider.change(made, **asked)
    inputs, state = kept_of(refused.value)
    services = inputs["services"]
    assert services.keys() == state["services"].keys() == {"a", "b", "c", "d"}, "e was not come to, d did not go"
    assert services["a"]["environment"] == {"A": "2"}
    assert {key: services[key] for key in "bcd"} == {key: made.inputs["services"][key] for key in "bcd"}
    assert inputs["configs"]["app"]["data"] == "2"


def test_state_of_a_way_back_that_did_not_get_through_is_what_there_is(
    release: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("swarm_provider.rollout.remove.IN_USE_TIMEOUT_S", 0.1)
    swarm = MemorySwarm()
    with InProcess(swarm) as provider:
        made = provider.make("Release", "shop", **release("a"))
    swarm.faults["create", "service", "shop_c"] = swarm.faults["remove", "service", "shop_b"] = FAULT
    objects: Json = {"configs": {"app": {"content": "1"}}}
    asked = release("a", "b", "c", objects=objects, environment={"A": "2"})
    with InProcess(swarm) as provider, pytest.raises(Refused) as refused:
        made = provider.refresh(made)
        provider.change(made, **asked)
    assert "could not be returned: b (" in refused.value.message
    inputs, state = kept_of(refused.value)
    assert inputs["services"].keys() == state["services"].keys() == {"a", "b"}
    assert inputs["services"]["a"] == made.inputs["services"]["a"], "it is back"
    assert inputs["services"]["b"]["environment"] == {"A": "2"}
    assert inputs["configs"] == state["configs"] == {}


def test_way_back_that_meets_a_swarm_that_is_gone_still_says_the_cause(
    release: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    swarm = MemorySwarm()
    with InProcess(swarm) as provider:
        made = provider.make("Release", "shop", **release("a", "b"))
    swarm.faults["update", "service", "shop_b"] = FAULT
    inspect = MemorySwarm.inspect

    async def lost(self: MemorySwarm, kind: str, name_or_id: str) -> Json | None:
        if self.changes and self.changes[-1].name == "shop_b":
            raise DockerError("connection reset", status=0)
        return await inspect(self, kind, name_or_id)

    monkeypatch.setattr(MemorySwarm, "inspect", lost)
    swarm.changes.clear()
    given = release("a", "b", environment={"A": "2"})
    path = Path(given["composeFile"][0])
    path.write_text(path.read_text().replace('"b": {', '"b": {"depends_on": ["a"], '))
    with InProcess(swarm) as provider, pytest.raises(Refused) as refused:
        provider.change(provider.refresh(made), **given)
    assert "b: the manager has a bad day" in refused.value.message
    assert "a (connection reset)" in refused.value.message


@pytest.mark.parametrize("kind", ["service", "network"])
def test_way_back_leaves_what_somebody_else_made_meanwhile(release: Write, kind: str) -> None:
    swarm = MemorySwarm()
    with InProcess(swarm) as provider:
        made = provider.make("Release", "shop", **release("a"))
    name = {"service": "shop_b", "network": "shop_side"}[kind]
    live = swarm.live("service", "shop_a")
    assert live is not None
    theirs = {**live["Spec"], "Labels": {}} if kind == "service" else {"Driver": "overlay", "Scope": "swarm"}

    async def create(self: MemorySwarm, *args: Any, **options: Any) -> str:
        if args[0] == kind:
            self.put(kind, {**theirs, "Name": name})
        return await MemorySwarm.create(self, *args, **options)

    swarm.create = create.__get__(swarm)  # type: ignore[method-assign]
    given = release("a", "b", objects={"networks": {"side": {}}}, networks=["side"])
    with InProcess(swarm) as provider, pytest.raises(Refused) as refused:
        provider.change(provider.refresh(made), **given)
    assert name in swarm.names(kind), refused.value.message
    assert f"{kind} {name} stays: somebody else made it meanwhile" in refused.value.message


def test_service_that_was_made_anew_for_another_mode_gets_its_old_mode_again(release: Write) -> None:
    swarm = MemorySwarm()
    with InProcess(swarm) as provider:
        made = provider.make("Release", "shop", **release("a", "b", deploy={"mode": "global"}))
    before = swarm.live("service", "shop_a")
    swarm.faults["update", "service", "shop_b"] = FAULT
    given = release("a", "b", environment={"A": "2"})
    path = Path(given["composeFile"][0])
    path.write_text(path.read_text().replace('"b": {', '"b": {"depends_on": ["a"], "deploy": {"mode": "global"}, '))
    with InProcess(swarm) as provider, pytest.raises(Refused) as refused:
        provider.change(provider.refresh(made), **given)
    after = swarm.live("service", "shop_a")
    assert before is not None and after is not None
    assert after["Spec"] == before["Spec"], refused.value.message
    assert refused.value.kept is None
    assert "returned to what ran before: a" in refused.value.message


@pytest.mark.parametrize(
    ("fails", "told"),
    [
        ("service", "a network that was replaced cannot be recreated as it was"),
        ("network", "a network that was removed to be replaced is there again, under a new id"),
    ],
)
def test_services_of_a_network_that_was_replaced_return_to_the_one_of_its_name(
    release: Write, fails: str, told: str
) -> None:
    swarm = MemorySwarm()
    front: Json = {"front": {"driver": "overlay"}}
    with InProcess(swarm) as provider:
        made = provider.make("Release", "shop", **release("a", objects={"networks": front}, networks=["front"]))
    before = swarm.live("service", "shop_a")
    front["front"]["driver_opts"] = {"com.docker.network.driver.mtu": "1400"}
    replacing = {"replaceNetworks": True}
    given = release("a", "b", objects={"networks": front}, inputs=replacing, networks=["front"], environment={"A": "2"})
    create = MemorySwarm.create
    failed: list[str] = []

    async def once(self: MemorySwarm, kind: str, *args: Any, **options: Any) -> str:
        if kind == fails and (kind == "network" or args[0]["Name"] == "shop_b") and not failed:
            failed.append(kind)
            raise FAULT
        return await create(self, kind, *args, **options)

    swarm.create = once.__get__(swarm)  # type: ignore[method-assign]
    with InProcess(swarm) as provider, pytest.raises(Refused) as refused:
        provider.change(provider.refresh(made), **given)
    message = refused.value.message
    assert "returned to what ran before: a" in message
    assert f"could not be returned: network front ({told})" in message
    after, network = swarm.live("service", "shop_a"), swarm.live("network", "shop_front")
    assert before is not None and after is not None and network is not None, message
    assert after["Spec"]["TaskTemplate"]["ContainerSpec"] == before["Spec"]["TaskTemplate"]["ContainerSpec"]
    assert [one["Target"] for one in after["Spec"]["TaskTemplate"]["Networks"]] == [network["Id"]]
    id, inputs, state = refused.value.kept or ("", {}, {})
    with InProcess(swarm) as provider:
        provider.change(provider.refresh(Made("Release", "shop", id, inputs, state)), **given)
    assert swarm.names("service") == ["shop_a", "shop_b"]


def test_what_a_change_does_to_many_services_is_one_message_of_many_lines(release: Write) -> None:
    swarm = MemorySwarm()
    with InProcess(swarm) as provider:
        made = provider.make("Release", "shop", **release("a", "b", "c"))
    with InProcess(swarm) as provider:
        made = provider.refresh(made)
        paths(provider, made, release("a", "b", "c", environment={"A": "1"}))
        (told,) = [text for text in provider.texts("info") if "restarts" in text]
        assert sorted(line.partition(": ")[0] for line in told.splitlines()) == ["a", "b", "c"]
