"""What a service's words for configs, secrets and networks stand for."""

from __future__ import annotations

from typing import Any

import pytest
from pulumi.runtime.proto import provider_pb2

from swarm_provider.core.values import UNKNOWN, Secret
from swarm_provider.plugin.protocol.values import encode
from tests.support.calls import urn
from tests.support.in_process import InProcess
from tests.support.memory_swarm import MemorySwarm

WEB: dict[str, Any] = {"image": "bb:1", "wait": False}


def configs(swarm: MemorySwarm) -> list[dict[str, Any]]:
    live = swarm.live("service", "web")
    assert live is not None
    found: list[dict[str, Any]] = live["Spec"]["TaskTemplate"]["ContainerSpec"]["Configs"]
    return found


def config(run: InProcess, name: str = "app", project: str = "proj") -> dict[str, Any]:
    inputs = run.inputs("Config", name, {"data": f"content of {name}"}, project=project)
    run.create("Config", name, inputs, project=project)
    return inputs


def test_name_of_a_family_means_its_current_version(swarm: MemorySwarm, run: InProcess) -> None:
    made = run.make("Config", "app", data="one")
    with InProcess(swarm) as later:
        second = later.change(made, data="two").made
    with InProcess(swarm) as last:
        service = last.make("Service", "web", **WEB, configs=["app"])
    assert service.inputs["configs"] == [{"source": "app", "name": second.state["name"]}]
    [entry] = configs(swarm)
    assert (entry["ConfigName"], entry["ConfigID"]) == (second.state["name"], second.state["configId"])


def test_name_of_a_version_means_that_one(swarm: MemorySwarm, run: InProcess) -> None:
    made = run.make("Config", "app", data="one")
    with InProcess(swarm) as later:
        later.change(made, data="two")
    with InProcess(swarm) as last:
        last.make("Service", "web", **WEB, configs=[made.state["name"]])
    assert configs(swarm)[0]["ConfigName"] == made.state["name"]


def test_file_keeps_the_name_of_the_family(swarm: MemorySwarm, run: InProcess) -> None:
    made = run.make("Config", "app", data="one")
    run.make("Service", "web", **WEB, configs=[made.state["name"]])
    assert configs(swarm)[0]["File"]["Name"] == "app"


def test_config_of_this_program_is_known_before_it_exists(run: InProcess) -> None:
    made = run.inputs("Config", "app", {"data": "one"})
    inputs = run.inputs("Service", "web", {**WEB, "configs": ["app"]})
    assert inputs["configs"] == [{"source": "app", "name": made["name"]}]


def test_new_secret_is_known_by_its_base_until_it_is_made(swarm: MemorySwarm, run: InProcess) -> None:
    secret = run.inputs("Secret", "word", {"data": Secret("hunter2-canary")})
    service = run.inputs("Service", "web", {**WEB, "secrets": ["word"]})
    assert service["secrets"] == [{"source": "word"}]
    state = run.create("Secret", "word", secret)[1]
    run.create("Service", "web", service)
    live = swarm.live("service", "web")
    assert live is not None
    [entry] = live["Spec"]["TaskTemplate"]["ContainerSpec"]["Secrets"]
    assert (entry["SecretName"], entry["SecretID"]) == (state["name"], state["secretId"])


def test_change_of_content_changes_the_service_that_reads_it(swarm: MemorySwarm, run: InProcess) -> None:
    made = run.make("Config", "app", data="one")
    service = run.make("Service", "web", **WEB, configs=["app"])
    with InProcess(swarm) as later:
        later.change(made, preview=True, data="two")
        assert later.change(service, preview=True, **WEB, configs=["app"]).changes == ["configs"]


@pytest.mark.parametrize("kind", ["config", "secret"])
def test_object_that_is_nowhere_is_told_at_check(run: InProcess, kind: str) -> None:
    _, failures = run.check("Service", "web", {**WEB, f"{kind}s": ["nowhere"]})
    assert failures[0].startswith(f"{kind}s[0]: {kind} 'nowhere' does not exist in the swarm")


def test_nearly_right_name_is_offered(swarm: MemorySwarm, run: InProcess) -> None:
    config(run, "settings")
    with InProcess(swarm) as later:
        _, failures = later.check("Service", "web", {**WEB, "configs": ["setings"]})
    assert "did you mean 'settings'" in failures[0]


def test_every_missing_object_is_told_at_once(run: InProcess) -> None:
    _, failures = run.check("Service", "web", {**WEB, "configs": ["a"], "secrets": ["b"], "networks": ["c"]})
    assert [failure.partition(":")[0] for failure in failures] == ["configs[0]", "secrets[0]", "networks[0]"]


def test_name_of_families_of_two_stacks_means_the_own_one(swarm: MemorySwarm, run: InProcess) -> None:
    config(run, project="other")
    with InProcess(swarm) as mine:
        ours = config(mine)
    with InProcess(swarm) as later:
        assert later.inputs("Service", "web", {**WEB, "configs": ["app"]})["configs"][0]["name"] == ours["name"]


def test_name_of_families_of_two_other_stacks_is_not_clear(swarm: MemorySwarm) -> None:
    for project in ("one", "two"):
        with InProcess(swarm) as theirs:
            config(theirs, project=project)
    with InProcess(swarm) as run:
        _, failures = run.check("Service", "web", {**WEB, "configs": ["app"]})
    assert "several owners have such a family (one/dev, two/dev)" in failures[0]


def test_config_that_appeared_since_the_list_is_found(swarm: MemorySwarm, run: InProcess) -> None:
    run.inputs("Service", "other", WEB)
    swarm.put("config", {"Name": "late", "Data": "eA=="})
    run.inputs("Service", "web", {**WEB, "configs": ["late"]})


def test_unknown_name_is_left_open(run: InProcess) -> None:
    assert run.inputs("Service", "web", {**WEB, "configs": [UNKNOWN]})["configs"]


def test_credential_spec_names_a_config_of_the_program(run: InProcess) -> None:
    made = run.inputs("Config", "app", {"data": "one"})
    inputs = run.inputs("Service", "web", {**WEB, "credentialSpec": {"config": "app"}})
    assert inputs["credentialSpec"] == {"config": made["name"]}


def test_update_waits_for_what_another_resource_makes(swarm: MemorySwarm, run: InProcess) -> None:
    secret = run.inputs("Secret", "word", {"data": Secret("hunter2-canary")})
    service = run.inputs("Service", "web", {**WEB, "secrets": ["word"]})

    def create(kind: str, name: str, inputs: dict[str, Any]) -> tuple[str, Any]:
        where: dict[str, Any] = {"urn": urn(kind, name), "name": name, "type": f"swarm:index:{kind}"}
        return "Create", provider_pb2.CreateRequest(**where, properties=encode(inputs))

    first, second = run.together(create("Service", "web", service), create("Secret", "word", secret))
    assert [first.id, second.id] == ["web", "word"]
    assert [call.kind for call in swarm.changes] == ["secret", "service"]


# ------------------------------------------------------------------------------------------- networks


@pytest.mark.parametrize("name", ["host", "bridge", "none"])
def test_predefined_network_needs_no_look(run: InProcess, name: str) -> None:
    run.inputs("Service", "web", {**WEB, "networks": [name]})


def test_network_of_this_program_is_known_before_it_exists(run: InProcess) -> None:
    run.inputs("Network", "net", {})
    run.inputs("Service", "web", {**WEB, "networks": ["net"]})


def test_network_of_one_node_is_refused(swarm: MemorySwarm, run: InProcess) -> None:
    swarm.put("network", {"Name": "mine", "Driver": "bridge"})
    swarm.edit("network", "mine", lambda live: live.update(Scope="local"))
    _, failures = run.check("Service", "web", {**WEB, "networks": ["mine"]})
    assert "has scope 'local'" in failures[0]


def test_networks_of_a_live_service_are_read_by_name(swarm: MemorySwarm, run: InProcess) -> None:
    run.make("Network", "net")
    made = run.make("Service", "web", **WEB, networks=["net"])
    with InProcess(swarm) as later:
        assert later.refresh(made).inputs["networks"] == [{"name": "net"}]


def test_network_that_no_list_has_is_asked_for_once(swarm: MemorySwarm, run: InProcess) -> None:
    made = [run.make("Service", name, **WEB, networks=["host"]) for name in ("a", "b")]
    with InProcess(swarm) as later:
        swarm.asked.clear()
        assert [later.refresh(one).inputs["networks"] for one in made] == [[{"name": "host"}]] * 2
    assert len(swarm.asked) == 1
