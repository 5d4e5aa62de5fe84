"""Every case of the corpus is in the normal form that the model defines. (What it means is tested in parity/.)"""

from __future__ import annotations

from typing import Any

import pytest

from swarm_provider.compose import Project, load
from swarm_provider.core.values import reveal
from swarm_provider.model import RESOURCES
from tests.compose import cases


def project(name: str) -> Project:
    return load(cases.files(name), stack="shop", env=cases.ENVIRONMENT)


@pytest.mark.parametrize("name", cases.names())
def test_service_inputs_are_in_normal_form(name: str) -> None:
    read = project(name)
    for service in read.services.values():
        inputs: Any = cases.resolved(service.inputs, read)
        normal, problems = RESOURCES["swarm:index:Service"].normal(inputs)
        assert not problems
        assert normal == inputs


@pytest.mark.parametrize("name", cases.names())
def test_object_inputs_are_in_normal_form(name: str) -> None:
    read = project(name)
    for kind, entries in (
        ("Config", read.configs),
        ("Secret", read.secrets),
        ("Network", read.networks),
        ("Volume", read.volumes),
    ):
        for entry in entries.values():
            normal, problems = RESOURCES[f"swarm:index:{kind}"].normal(entry.inputs)
            assert not problems
            assert reveal(normal) == entry.inputs
