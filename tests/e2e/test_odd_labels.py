"""Objects made by hand, with labels that look like the provider's: they stop nobody, and nothing happens to them."""

from __future__ import annotations

import json

import pytest

from tests.conftest import ProjectFactory
from tests.e2e.stacks import names
from tests.support.engine import Docker

pytestmark = pytest.mark.e2e

PROGRAM = """
import swarm_provider as swarm
app = swarm.Config("app", name="NAME-app", data="CONTENT")
db = swarm.Secret("db", name="NAME-db", data="hunter2hunter2")
net = swarm.Network("net", name="NAME-net")
swarm.Service(
    "web", name="NAME-web", image="bb:1", networks=[net], configs=[{"source": app, "target": "/app"}],
    secrets=[{"source": db, "target": "db"}], deploy={"update_config": {"monitor": "1s"}},
)
"""
KINDS = ("service", "config", "secret", "network", "volume")


def test_nonsense_labels_of_others_stop_no_run_and_are_told_once(
    project: ProjectFactory, docker: Docker, unique: str
) -> None:
    app = project(PROGRAM.replace("NAME", unique).replace("CONTENT", "one"))
    app.up().assert_ok()
    family = app.resources()["app"]["inputs"]["familyId"]
    odd = {
        "owner": "proj/dev\nx",
        "urn": "::error::no urn",
        "incarnation": " " * 300,
        "base": f"{unique} app",
        "family": family,
        "sequence": "9" * 5000,
        "keep-previous": "-٣",
        "secret-places": '{"environment": ["A"]}',
    }
    given = [word for key, value in odd.items() for word in ("--label", f"swarm-provider.{key}={value}")]
    for kind in ("config", "secret"):
        docker(kind, "create", *given, f"other-{unique}", "-", stdin="x")
    docker("network", "create", "--driver", "overlay", *given, f"other-{unique}")
    docker("volume", "create", *given, f"other-{unique}")
    docker("service", "create", "--detach", "--no-resolve-image", "--name", f"other-{unique}", *given, "bb:1")
    docker.wait_running(f"other-{unique}")
    tasks = docker.task_ids(f"other-{unique}")

    preview = app.preview().assert_no_changes()
    for kind in ("config", "secret", "network", "service"):
        assert "\n".join(preview.diagnostics).count(f"{kind} 'other-{unique}'") == 1, str(preview)
    assert "which are ignored" in preview.output
    assert "9" * 100 not in preview.output
    assert "::error::" not in preview.output
    for content in ("two", "three"):
        app.program(PROGRAM.replace("NAME", unique).replace("CONTENT", content))
        app.up().assert_ok()
        assert docker.exec_in(f"{unique}-web", "cat", "/app") == content
    assert len(names(docker, "config", unique)) == 2, "the oldest version is pruned"
    status = app.swarm_provider("status", "proj/dev", "--json")
    assert status.returncode == 0, status.stderr
    assert [one["name"] for one in json.loads(status.stdout)["services"]] == [f"{unique}-web"]
    assert status.stderr.count(f"service 'other-{unique}'") == 1
    app.refresh().assert_ok()
    app.destroy().assert_ok()
    for kind in KINDS:
        assert names(docker, kind, unique) == []
        assert names(docker, kind, f"other-{unique}") == [f"other-{unique}"], kind
    assert docker.task_ids(f"other-{unique}") == tasks
