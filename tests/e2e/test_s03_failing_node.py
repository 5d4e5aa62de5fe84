"""S3: a node fails, is removed, another is drained; replicas are made again elsewhere, and Pulumi stays calm."""

from __future__ import annotations

import pytest

from tests.conftest import ProjectFactory
from tests.e2e.stacks import copy_todo, replicas, stack, todo, wait_for, write_yaml
from tests.support.engine import Engine

pytestmark = [pytest.mark.e2e, pytest.mark.multinode]

EVERYWHERE = """
    version: "3.7"
    services:
      everywhere:
        image: bb:1
        deploy:
          replicas: 3
          restart_policy: {delay: 0s}
          update_config: {monitor: 1s}
          placement: {max_replicas_per_node: 1}
"""


def test_s3_preview_after_a_node_failure_is_clean_and_says_what_is_degraded(
    project_on_three: ProjectFactory, three_nodes: Engine, unique: str
) -> None:
    three_nodes.images("todo")
    docker = three_nodes.docker
    app = project_on_three(stack(unique, *todo("v2.yml"), "everywhere.yml"))
    copy_todo(app)
    write_yaml(app, "everywhere.yml", EVERYWHERE.replace('"3.7"', '"3.8"'))
    app.up().assert_ok()
    web, everywhere = f"{unique}_todo-web", f"{unique}_everywhere"
    assert (replicas(docker, web), replicas(docker, everywhere)) == ("2/2", "3/3")
    assert "degraded" not in app.assert_no_changes().output
    hosts = {node["ID"]: node["Description"]["Hostname"] for node in docker.api.nodes()}
    used = {hosts[task["NodeID"]] for task in docker.tasks(web)}
    lost = max(used)
    number = int(lost.removeprefix("node"))
    assert number > 1, f"two tasks on the manager alone: {used}"

    three_nodes.kill_node(number)
    try:
        wait_for(
            "the node is down", lambda: f"{lost} Down" in docker("node", "ls", "--format", "{{.Hostname}} {{.Status}}")
        )
        wait_for("its task runs elsewhere", lambda: lost not in {hosts[t["NodeID"]] for t in docker.tasks(web)})
        docker.wait_running(web, 2)
        docker.wait_running(everywhere, 2)

        after = app.assert_no_changes()

        said = [line for line in after.output.splitlines() if "degraded" in line]
        assert any(everywhere in line and "2/3" in line and lost in line for line in said), after
        assert not any(web in line for line in said), "its replicas run again"
        refreshed = app.refresh().assert_ok()
        assert refreshed.changes == {}
        assert everywhere in "".join(line for line in refreshed.output.splitlines() if "degraded" in line)
        docker("node", "rm", "--force", lost)
        app.assert_no_changes()
    finally:
        three_nodes.rejoin_node(number)
    docker.wait_running(everywhere, 3)
    docker("node", "update", "--availability", "drain", lost)
    wait_for("its task has left", lambda: len(docker.tasks(everywhere)) == 2)
    drained = app.assert_no_changes()
    assert any(everywhere in line and "2/3" in line for line in drained.output.splitlines() if "degraded" in line)
    docker("node", "update", "--availability", "active", lost)
    docker.wait_running(everywhere, 3)
    assert "degraded" not in app.assert_no_changes().output
    app.destroy().assert_ok()
