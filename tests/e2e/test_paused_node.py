"""A global service on a paused node: Swarm updates the others, and everything that looks says what it left."""

from __future__ import annotations

import pytest

from swarm_provider.cli.__main__ import main
from tests.conftest import ProjectFactory
from tests.e2e.stacks import stack, wait_for, write_yaml
from tests.support.engine import Engine
from tests.support.protocol import Plugin

pytestmark = [pytest.mark.e2e, pytest.mark.multinode]

AGENT = """
    services:
      agent:
        image: bb:1
        command: [sleep, '100000']
        stop_signal: SIGKILL
        deploy: {mode: global, update_config: {monitor: 1s, parallelism: 0}}
"""


def test_task_of_the_version_before_on_a_paused_node_is_told_everywhere(
    project_on_three: ProjectFactory, three_nodes: Engine, unique: str, capsys: pytest.CaptureFixture[str]
) -> None:
    docker, agent = three_nodes.docker, f"{unique}_agent"
    app = project_on_three(stack(unique, "compose.yml", more="resolve_image='never', advice=[]"))
    write_yaml(app, "compose.yml", AGENT)
    app.up().assert_ok()
    before = docker.task_ids(agent)
    docker("node", "update", "--availability", "pause", "node2")
    try:
        write_yaml(app, "compose.yml", AGENT.replace("bb:1", "bb:2"))
        preview = app.preview(diff=True).assert_ok()
        assert f"2 tasks of {agent} restart all at once because image changes" in preview.output
        assert "1 task on node2 (paused) stays" in preview.output
        told = f"1 task of {agent} on node2 (paused) still runs the previous version"
        assert told in app.up().assert_ok().output
        assert len(docker.task_ids(agent) & before) == 1
        assert told in app.assert_no_changes().output
        assert main(["status", unique, "--host", docker.host]) == 0
        assert told in capsys.readouterr().out
        with Plugin(docker.host) as plugin:
            olds = {"node": "node2", "availability": "pause"}
            plugin.diff("Node", "n2", "node2", olds, plugin.inputs("Node", "n2", {"node": "node2"}, olds), {})
            assert f"1 task restarts there to update: {agent}" in plugin.said[-1][1]
    finally:
        docker("node", "update", "--availability", "active", "node2")
    wait_for("Swarm has caught up", lambda: not docker.task_ids(agent) & before and len(docker.task_ids(agent)) == 3)
    assert "(paused)" not in app.assert_no_changes().output
