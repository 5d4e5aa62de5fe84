"""What can be read from a resource, in previews and in updates."""

from __future__ import annotations

import copy
from typing import Any, cast

import pulumi
import pytest

import swarm_provider as swarm
from tests.resources.program import SECRET, run


@pytest.mark.parametrize("preview", [False, True])
def test_outputs_come_from_the_plugin(preview: bool) -> None:
    def program() -> Any:
        config = swarm.Config("app", data="x")
        service = swarm.Service("web", image="bb:1")
        return [config.name, config.config_id, service.name, service.image, service.service_id]

    result = run(program, preview=preview).result
    assert result == ["app-0123abcd", "docker-id", "web", "bb:1@sha256:1", "docker-id"]


def test_output_that_the_preview_cannot_know_is_unknown() -> None:
    done = run(lambda: swarm.Config("app", data="x").name, preview=True, outputs=lambda args: {})
    assert done.result == "unknown"


@pytest.mark.parametrize("preview", [False, True])
def test_inputs_can_be_read_in_the_spelling_of_python(preview: bool) -> None:
    def program() -> Any:
        net = swarm.Network("net", driver="overlay", attachable=True)
        web = swarm.Service("web", image="bb:1", deploy={"update_config": {"order": "stop-first"}}, labels=["a=b"])
        return [net.driver, net.attachable, net.internal, web.deploy, web.labels]

    result = run(program, preview=preview).result
    assert result == ["overlay", True, None, {"update_config": {"order": "stop-first"}}, {"a": "b"}]


def test_nested_values_are_read_by_item_and_by_attribute() -> None:
    def program() -> Any:
        web = swarm.Service("web", image="bb:1", deploy={"update_config": {"order": "stop-first"}}, ports=["80:81"])
        first = web.ports.apply(lambda ports: cast(Any, ports)[0].target)
        return [web.deploy.update_config.order, web.deploy["update_config"]["order"], web.deploy.replicas, first]

    assert run(program).result == ["stop-first", "stop-first", None, 81]


def test_services_of_a_release_are_read_in_the_spelling_of_python() -> None:
    def program() -> Any:
        shop = swarm.Release("shop", compose="services: {}")
        return [shop.services["web"].service_id, shop.services["web"]["image"], shop.services["web"].endpoint]

    services = {"web": {"name": "shop_web", "serviceId": "id", "image": "bb:1"}}
    assert run(program, outputs=lambda args: {"services": services}).result == ["id", "bb:1", None]


def test_attribute_that_no_value_has_is_an_error_with_the_nearest_one() -> None:
    done = run(lambda: swarm.Service("web", image="bb:1", deploy={"replicas": 1}).deploy.apply(copy.deepcopy)).result
    assert done == {"replicas": 1}
    with pytest.raises(AttributeError, match="there is no property 'replica'; did you mean 'replicas'"):
        _ = done.replica


@pytest.mark.parametrize(("given", "name"), [({}, "net"), ({"name": "backend"}, "backend")])
def test_name_of_a_network_is_known_in_previews(given: dict[str, Any], name: str) -> None:
    assert run(lambda: swarm.Network("net", **given).name, preview=True).result == name


def test_secret_input_stays_secret_when_read() -> None:
    assert run(lambda: swarm.Secret("s", data="hunter2").data).result == (SECRET, "hunter2")


def test_reading_an_input_makes_a_dependency() -> None:
    def program() -> None:
        net = swarm.Network("net", driver="overlay")
        swarm.Config("app", data=net.driver)

    assert run(program)["app"].depends_on == {"net"}


def test_existing_resource_is_read_by_its_name() -> None:
    done = run(
        lambda: swarm.Config.get("app", "todo-config").name, outputs=lambda args: {"name": f"{args.resource_id}-77"}
    )
    assert done.result == "todo-config-77"
    assert [(request.type, request.id) for request in done.reads] == [("swarm:index:Config", "todo-config")]


def test_existing_resource_says_its_inputs_in_the_spelling_of_python() -> None:
    shown = {"deploy": {"replicas": 2, "updateConfig": {"order": "stop-first"}}, "labels": {"camelCase": "b"}}

    def program() -> Any:
        web = swarm.Service.get("old", "web")
        return [web.deploy, web.labels]

    result = run(program, outputs=lambda args: shown).result
    assert result == [{"replicas": 2, "update_config": {"order": "stop-first"}}, {"camelCase": "b"}]


def test_existing_network_can_be_given_to_a_service() -> None:
    def program() -> None:
        swarm.Service("web", image="bb:1", networks=[swarm.Network.get("net", "backend")])

    done = run(program, outputs=lambda args: {"name": args.resource_id} if args.resource_id else {})
    assert done["web"].inputs["networks"] == [{"name": "backend"}]


def test_reading_from_a_failed_provider_value_is_typed() -> None:
    provider = run(lambda: swarm.Provider("p", host="tcp://m1:2375", keep_previous=2).keep_previous)
    assert provider.result == {"config": 2, "secret": 2}


def test_export_of_a_resource_value_works() -> None:
    def program() -> Any:
        pulumi.export("image", swarm.Service("web", image="bb:1").image)
        return None

    assert run(program).names == ["web"]
