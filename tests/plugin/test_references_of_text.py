"""A name as text in a service: the program's own family goes before what docker has made under that name."""

from __future__ import annotations

from typing import Any

import pytest

from swarm_provider.core.values import Secret
from tests.support.in_process import InProcess
from tests.support.memory_swarm import MemorySwarm

WEB: dict[str, Any] = {"image": "bb:1", "wait": False}


@pytest.mark.parametrize(("kind", "adopt"), [("Config", True), ("Secret", "rotate")])
def test_service_uses_the_version_of_the_program_and_not_the_object_that_docker_has_made(
    swarm: MemorySwarm, run: InProcess, kind: str, adopt: Any
) -> None:
    # found by `make simulate`: `up` succeeded, and the service had the content from before
    swarm.put(kind.lower(), {"Name": "app", "Data": "b2xk", "Labels": {}})
    given = {"baseName": "app", "data": Secret("new"), "adopt": adopt}
    content = run.make(kind, "app", **given)
    uses = {**WEB, f"{kind.lower()}s": [{"source": "app", "target": "/app"}]}
    web = run.make("Service", "web", **uses)
    with InProcess(swarm) as later:
        # nothing becomes of the family in this run
        later.inputs(kind, "app", given, content.inputs)
        later.change(web, **uses, environment={"REVISION": "2"})
    live = swarm.live("service", "web")
    assert live is not None
    [entry] = live["Spec"]["TaskTemplate"]["ContainerSpec"][f"{kind}s"]
    assert entry[f"{kind}Name"] == content.state["name"] != "app"
