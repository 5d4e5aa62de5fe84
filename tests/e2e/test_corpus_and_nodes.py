"""Every stack of the corpus is up; a node is drained, goes down, is removed: no preview shows a change.

No node takes tasks: most images of the corpus exist nowhere, and hundreds of tasks that are rejected and tried again
would keep a small machine busy. What happens to tasks that run is in the story of S3.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from tests.compose import cases
from tests.compose.parity.test_parity import make_externals
from tests.conftest import project_factory
from tests.e2e.stacks import wait_for
from tests.support.engine import Engine, start_engine

pytestmark = [pytest.mark.e2e, pytest.mark.multinode, pytest.mark.long, pytest.mark.timeout(1800)]


@pytest.fixture(scope="module")
def nodes(engine_dir: str) -> Iterator[Engine]:
    """Three nodes of our own, since one is removed again and again, and the external objects that cases name."""
    started = start_engine(nodes=3, engine=engine_dir, heartbeat="1s")
    try:
        make_externals(started.docker)
        for number in (1, 2, 3):
            started.docker("node", "update", "--availability", "pause", f"node{number}")
        yield started
    finally:
        started.down()


def stack_of(case: str) -> str:
    return f"n-{case.replace('_', '-')}"


def program(names: Sequence[str], wait: str) -> str:
    """The stacks, and what knows of nodes beside them."""
    lines = ["import swarm_provider as swarm", f"ENV = {cases.ENVIRONMENT!r}"]
    for name in names:
        files = [str(path) for path in cases.files(name)]
        options = f"env=ENV, env_only=True, wait={wait}, resolve_image='never', advice=[]"
        lines.append(f"swarm.Stack({stack_of(name)!r}, compose_file={files!r}, {options})")
    lines += ["swarm.NodeLabel('all', node='*', key='corpus')", "swarm.NodeLabel('one', node='node1', key='one')"]
    return "\n".join([*lines, "swarm.Node('stays', node='node1', availability='pause')", "swarm.Volume('lazy')"])


@pytest.mark.parametrize("names", cases.batches(cases.names()), ids=lambda names: f"{names[0]}+{len(names) - 1}")
def test_no_preview_shows_a_change_when_a_node_is_drained_down_or_removed(
    tmp_path: Path, nodes: Engine, pulumi_cli: Path, names: Sequence[str]
) -> None:
    docker = nodes.docker

    def listed(name: str) -> str:
        shown = docker.lines("node", "ls", "--format", "{{.Hostname}} {{.Status}} {{.Availability}}")
        return next((line.removeprefix(f"{name} ") for line in shown if line.startswith(f"{name} ")), "gone")

    app = project_factory(tmp_path, nodes, pulumi_cli)(program(names, "False"))
    app.up(timeout=600).assert_ok()
    # from here on the state has services that are waited for: such a one may have something to wait for, and say it
    app.program(program(names, "None"))
    app.up(timeout=600).assert_no_changes()
    try:
        docker("node", "update", "--availability", "drain", "node2")
        app.assert_no_changes()

        docker("node", "update", "--availability", "pause", "node2")
        nodes.stop_node(3)
        wait_for("node3 is down", lambda: listed("node3").startswith("Down"))
        app.assert_no_changes()

        docker("node", "rm", "--force", "node3")
        assert listed("node3") == "gone"
        app.assert_no_changes()
        app.preview("--expect-no-changes", "--refresh").assert_no_changes()
    finally:
        nodes.rejoin_node(3)
        docker("node", "update", "--availability", "pause", "node3")
    app.destroy(timeout=600).assert_ok()
