"""Values that nothing can run with are refused or told at preview, and never a difference at the next one."""

from __future__ import annotations

import pytest

from swarm_provider.model.rules.unusable import ANY_SUBNET_SINCE
from tests.conftest import ProjectFactory
from tests.support.engine import Docker

pytestmark = pytest.mark.e2e

PROGRAM = """
    import swarm_provider as swarm
    swarm.Service({name!r}, image="bb:1", resolve_image="never", advice=[], {more})
"""
BAD = {
    "healthcheck={'test': ['curl', '-f', 'x']}": "'test' must begin with CMD, CMD-SHELL or NONE",
    "dns=['dns.example']": "'dns.example' is not an IP address",
    "volumes=[{'type': 'image', 'source': 'bb:1', 'target': '/x'}]": "Swarm cannot mount an image into a service",
    "volumes=['aa:/x', 'bb:/x/']": "two mounts have the target '/x/'",
}


def test_create_host_path_is_a_warning_and_no_difference(project: ProjectFactory, docker: Docker, unique: str) -> None:
    mount = "{'type': 'bind', 'source': '/tmp', 'target': '/x'%s}"
    app = project(PROGRAM.format(name=unique, more=f"volumes=[{mount % ''}]"))
    app.up().assert_ok()
    before = docker.task_ids(unique)
    path = ", 'bind': {'create_host_path': True}"
    app.program(PROGRAM.format(name=unique, more=f"volumes=[{mount % path}]"))
    result = app.preview(diff=True).assert_no_changes()
    assert "volumes[0].bind.create_host_path: it is not supported for services and is ignored" in result.output
    app.up().assert_no_changes()
    app.assert_no_changes()
    assert docker.task_ids(unique) == before


def test_values_that_nothing_can_run_with_are_refused_at_preview(project: ProjectFactory, unique: str) -> None:
    app = project()
    for number, (more, words) in enumerate(BAD.items()):
        app.program(PROGRAM.format(name=f"{unique}{number}", more=more))
        app.preview().assert_failed(words)


def test_any_subnet_is_refused_or_no_difference(project: ProjectFactory, docker: Docker, unique: str) -> None:
    program = """
        import swarm_provider as swarm
        swarm.Network({name!r}, ipam={{"config": [{{"subnet": "0.0.0.0/24"}}]}})
    """
    app = project(program.format(name=unique))
    api = tuple(int(part) for part in str(docker.api.version()["ApiVersion"]).split("."))
    if api < ANY_SUBNET_SINCE:
        app.preview().assert_failed("asks for any subnet of that size", "ipam.config[0].subnet")
        return
    app.up().assert_ok()
    assert docker.json("network", "inspect", unique)[0]["IPAM"]["Config"][0]["Subnet"] != "0.0.0.0/24"
    app.assert_no_changes()
