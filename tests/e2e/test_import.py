"""`pulumi import` of what docker made, then `up`: the object stays, becomes ours, and nothing more is to do."""

from __future__ import annotations

import pytest

from tests.conftest import ProjectFactory
from tests.support.engine import Docker

pytestmark = pytest.mark.e2e

PROGRAM = """
import pulumi
import swarm_provider as swarm
swarm.Config("app", name="NAME-app", data="hello")
swarm.Secret("db", name="NAME-db", data="hunter2hunter2", trust_existing=True)
swarm.Network("net", name="NAME-net", driver="overlay", attachable=True)
"""


def ids(docker: Docker, name: str) -> dict[str, str]:
    """Ids of the three objects by kind."""
    return {
        kind: docker(kind, "inspect", "--format", "{{.ID}}", f"{name}-{end}").strip()
        for kind, end in (("config", "app"), ("secret", "db"), ("network", "net"))
    }


def test_config_secret_and_network_of_docker_are_imported_and_stay(
    project: ProjectFactory, docker: Docker, unique: str
) -> None:
    docker("config", "create", f"{unique}-app", "-", stdin="hello")
    docker("secret", "create", f"{unique}-db", "-", stdin="hunter2hunter2")
    docker("network", "create", "--driver", "overlay", "--attachable", f"{unique}-net")
    before = ids(docker, unique)
    app = project(PROGRAM.replace("NAME", unique))
    # by name or by docker's id
    for kind, name, id in (
        ("Config", "app", before["config"]),
        ("Secret", "db", ""),
        ("Network", "net", before["network"]),
    ):
        app.import_(f"swarm:index:{kind}", name, id or f"{unique}-{name}", "--generate-code=false").assert_ok()
    up = app.up().assert_ok()
    assert not up.changes.keys() & {"create", "replace", "delete"}, str(up)
    assert ids(docker, unique) == before
    app.preview("--expect-no-changes").assert_no_changes()
    app.destroy().assert_ok()
    for kind in before:
        assert not [name for name in docker.lines(kind, "ls", "--format", "{{.Name}}") if name.startswith(unique)]
