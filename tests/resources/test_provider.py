"""The explicit provider, and resources that use it."""

from __future__ import annotations

import pulumi
import pytest

import swarm_provider as swarm
from tests.resources.program import SECRET, run


def test_configuration_goes_over_the_wire_in_camel_case() -> None:
    inputs = run(
        lambda: swarm.Provider(
            "prod",
            hosts=["ssh://m1", "ssh://m2"],
            tls={"ca_file": "ca.pem"},
            keep_previous=3,
        )
    )["prod"].inputs
    assert inputs == {
        "hosts": ["ssh://m1", "ssh://m2"],
        "tls": {"caFile": "ca.pem"},
        "keepPrevious": {"config": 3, "secret": 3},
    }


def test_registry_password_is_always_secret() -> None:
    login = swarm.RegistryAuthArgs(address="r.example", username="u", password="p")
    inputs = run(lambda: swarm.Provider("p", registry_auth=[login]))["p"].inputs
    assert inputs["registryAuth"] == (SECRET, [{"address": "r.example", "username": "u", "password": "p"}])


def test_resource_is_made_through_the_provider_it_is_given() -> None:
    def program() -> None:
        prod = swarm.Provider("prod", host="tcp://m1:2376")
        swarm.Config("app", pulumi.ResourceOptions(provider=prod), data="x")

    assert run(program)["app"].request.provider.endswith("::prod-id")


def test_unknown_setting_is_an_error_with_a_hint() -> None:
    with pytest.raises(pulumi.RunError, match="'hots'; did you mean 'hosts'"):
        run(lambda: swarm.Provider("prod", hots=["x"]))  # type: ignore[call-arg]
