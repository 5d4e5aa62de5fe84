"""`swarm_provider.testing`: what mocks answer is what the plugin answers on a swarm."""

from __future__ import annotations

import asyncio
import re
from typing import Any

import pulumi
import pytest
from pulumi.runtime import settings

import swarm_provider as swarm
from swarm_provider import testing
from swarm_provider.core.values import reveal
from tests.support.calls import PROJECT, STACK, urn
from tests.support.in_process import InProcess
from tests.support.memory_swarm import MemorySwarm

GIVEN: dict[str, dict[str, Any]] = {
    "Network": {"attachable": True},
    "Config": {"data": "one", "labels": ["a=b"]},
    "Secret": {"data": "canary"},
    "Volume": {"driver_opts": {"type": "nfs"}},
    "Node": {"node": "node1", "availability": "pause"},
    "NodeLabel": {"node": "node1", "key": "disk", "value": "ssd"},
    "Service": {
        "image": "bb:1", "wait": False, "ports": ["8080:80"], "deploy": {"replicas": 2}, "environment": {"N": 3},
    },
    "Release": {"compose": "services: {web: {image: 'bb:1', ports: ['80:80'], secrets: [key]}}\nsecrets: {key: {}}",
                "secrets": {"key": "canary"}, "wait": False},
}  # fmt: skip
MADE_UP = re.compile(r"(Id|Ids|incarnation|previous|mountpoint)$")


def in_words_of_python(given: dict[str, Any]) -> dict[str, Any]:
    return {"name" if key == "base_name" else key: value for key, value in given.items()}


def answered(kind: str, name: str) -> tuple[str, dict[str, Any]]:
    """Id and outputs that the mocks have given a resource."""
    monitor: Any = settings.get_monitor()
    found = monitor.resources[urn(kind, name)]
    return found.id, found.state


def comparable(outputs: Any, key: str = "") -> Any:
    """Outputs without what a swarm makes up: only that it is there, and a type."""
    if isinstance(outputs, dict):
        return {name: comparable(one, name) for name, one in outputs.items() if not name.startswith("__")}
    if isinstance(outputs, list):
        return [] if MADE_UP.search(key) or key == "virtualIps" else [comparable(one) for one in outputs]
    if MADE_UP.search(key):
        return type(outputs)
    if key == "mode" and outputs == "":
        # the swarm in memory leaves to the reader what an engine says
        return "vip"
    return re.sub(r"(@sha256:|(?<=key-))[0-9a-f]+", "", outputs) if isinstance(outputs, str) else outputs


def test_mocks_can_be_set_after_a_test_that_ran_an_event_loop_of_its_own() -> None:
    asyncio.run(asyncio.sleep(0))
    testing.set_mocks(project=PROJECT, stack=STACK)
    assert not asyncio.get_event_loop().is_closed()


@pytest.mark.parametrize("kind", GIVEN)
def test_mocks_answer_what_the_plugin_answers(kind: str) -> None:
    there = MemorySwarm()
    there.has_image("bb:1", "1")
    with InProcess(there) as run:
        made = run.make(kind, "key", **GIVEN[kind])
    mocked = testing.set_mocks(project=PROJECT, stack=STACK)
    mocked.run(lambda: getattr(swarm, kind)("key", **GIVEN[kind]) and None)
    id, outputs = answered(kind, "key")
    assert id == made.id
    assert comparable(outputs) == comparable(reveal(made.state))


def test_name_of_a_config_is_that_of_a_deployment_also_below_a_component() -> None:
    mocked = testing.set_mocks(project=PROJECT, stack=STACK)

    class Shop(pulumi.ComponentResource):
        def __init__(self) -> None:
            super().__init__("my:index:Shop", "shop")
            self.config = swarm.Config("app", data="one", opts=pulumi.ResourceOptions(parent=self))

    name = mocked.run(lambda: Shop().config.name)
    assert mocked["app"].urn == f"urn:pulumi:{STACK}::{PROJECT}::my:index:Shop$swarm:index:Config::app"
    with InProcess(MemorySwarm()) as run:
        direct = run.make("Config", "app", data="one").state["name"]
    assert re.fullmatch(r"app-[0-9a-f]{12}", name) and name != direct


def test_names_of_secrets_are_the_same_in_each_run() -> None:
    names = [testing.set_mocks().run(lambda: swarm.Secret("key", data="canary").name) for _ in "ab"]
    assert names[0] == names[1] and re.fullmatch(r"key-[0-9a-f]{12,16}", names[0])


def test_service_sees_the_versions_that_it_uses() -> None:
    def program() -> Any:
        config, secret = swarm.Config("app", data="one"), swarm.Secret("key", data="canary")
        swarm.Service("web", image="bb:1", configs=[config], secrets=[secret], networks=[swarm.Network("back")])
        return [config.name, secret.name]

    mocked = testing.set_mocks()
    names = mocked.run(program)
    inputs = mocked["web"].inputs
    assert [inputs.configs[0].source, inputs.secrets[0].source, inputs.networks[0].name] == [*names, "back"]


def test_preview_knows_what_a_preview_knows() -> None:
    mocked = testing.set_mocks(preview=True)
    assert mocked.run(lambda: swarm.Network("back").name) == "back"
    assert mocked.run(lambda: swarm.Network("other").network_id) is None
    assert mocked.run(lambda: swarm.Secret("key", data="canary").name) is None


def test_what_the_provider_refuses_is_an_error_of_the_program() -> None:
    mocked = testing.set_mocks()
    with pytest.raises(pulumi.RunError, match=r"resource 'web' has a problem: .*must be one of replicated"):
        mocked.run(lambda: swarm.Service("web", image="bb:1", deploy={"mode": "globl"}) and None)  # type: ignore[arg-type]


def test_warnings_are_those_of_the_provider_and_errors_when_strict() -> None:
    mocked = testing.set_mocks()
    mocked.run(lambda: swarm.Service("web", image="bb") and None)
    assert len(mocked.warnings) == 2 and all(text.startswith("advice: ") for text in mocked.warnings)
    assert testing.set_mocks().warnings == []
    quiet = testing.set_mocks(settings={"advice": []})
    quiet.run(lambda: swarm.Service("web", image="bb") and None)
    assert quiet.warnings == []
    strict = testing.set_mocks(settings={"strict": True})
    with pytest.raises(pulumi.RunError, match="strict"):
        strict.run(lambda: swarm.Service("web", image="bb") and None)


def test_two_providers_are_two_swarms() -> None:
    def program() -> None:
        for name in ("a", "b"):
            provider = swarm.Provider(name, host=f"tcp://{name}:2375", advice=[])
            swarm.Service(f"web-{name}", name="web", image="bb", opts=pulumi.ResourceOptions(provider=provider))

    mocked = testing.set_mocks()
    mocked.run(program)
    assert [one.inputs.name for one in mocked.resources] == ["web", "web"]
    assert mocked.warnings == []


def test_what_a_test_does_not_say_of_the_swarm_is_an_error_that_says_how() -> None:
    mocked = testing.set_mocks()
    with pytest.raises(pulumi.RunError, match=r"get_nodes: .*set_mocks\(lookups="):
        mocked.run(lambda: swarm.get_nodes() and None)


def test_lookup_is_answered_by_a_function_of_its_arguments() -> None:
    def get_network(name: str) -> swarm.NetworkInfo:
        return swarm.NetworkInfo(name, "id", "overlay", "swarm", {}, attachable=True)

    mocked = testing.set_mocks(lookups={"get_network": get_network})
    assert mocked.run(lambda: swarm.get_network("shared").name) == "shared"
    assert mocked.run(lambda: swarm.get_network_output("later").apply(lambda found: found.name)) == "later"


def test_existing_resource_has_the_outputs_that_are_always_there() -> None:
    mocked = testing.set_mocks(
        existing={"Service": {"web": {"image": "bb:1", "deploy": {"update_config": {"order": "x"}}}}}
    )

    def program() -> Any:
        web = swarm.Service.get("found", "web")
        return [web.name, web.image, web.deploy.update_config.order, web.service_id]

    name, image, order, id = mocked.run(program)
    assert (name, image, order) == ("web", "bb:1", "x") and len(id) == 25
    assert mocked.resources == []


def test_other_packages_are_answered_by_their_own_mocks() -> None:
    class Dns(pulumi.runtime.Mocks):
        def new_resource(self, args: pulumi.runtime.MockResourceArgs) -> tuple[str | None, dict[Any, Any]]:
            return "id-of-dns", {**args.inputs, "zone": "example.com"}

        def call(self, args: pulumi.runtime.MockCallArgs) -> Any:
            return {}

    class Record(pulumi.CustomResource):
        zone: pulumi.Output[str]

        def __init__(self) -> None:
            super().__init__("dns:index:Record", "www", {"zone": None})

    assert testing.set_mocks(others=Dns()).run(lambda: Record().zone) == "example.com"
    assert testing.set_mocks().run(lambda: Record().id) == "www-id"
