"""S10: `docker node update --label-add storage=raid`, and a constraint that pins the database to such a node."""

from __future__ import annotations

import pytest

from tests.conftest import ProjectFactory
from tests.e2e.stacks import copy_todo, stack, todo
from tests.e2e.test_s09_volume import sql
from tests.support.engine import Docker, Engine

pytestmark = [pytest.mark.e2e, pytest.mark.multinode]

LABELS = """
    import swarm_provider as swarm
    swarm.NodeLabel("one", node="node2", key="{k}-one", value="1")
    swarm.NodeLabel("list", node=["node1", "node3"], key="{k}-list", value="{value}")
    swarm.NodeLabel("all", node="*", key="{k}-all")
"""
DATABASE = """
secrets = {"todo-list-secret": "s", "todo-db-password": "p"}
swarm.NodeLabel("raid", node="node2", key="storage", value="raid")
"""


def labels(docker: Docker, prefix: str = "") -> dict[str, dict[str, str]]:
    """Labels by host name, those that begin with `prefix`."""
    return {
        node["Description"]["Hostname"]: {
            key: value for key, value in (node["Spec"].get("Labels") or {}).items() if key.startswith(prefix)
        }
        for node in docker.api.nodes()
    }


@pytest.mark.long
def test_s10_labels_of_one_node_a_list_and_all_nodes_come_change_and_go(
    project_on_three: ProjectFactory, three_nodes: Engine, unique: str
) -> None:
    docker = three_nodes.docker
    docker("node", "update", "--label-add", f"{unique}-by-hand=x", "node2")
    app = project_on_three(LABELS.format(k=unique, value="a"))

    app.up().assert_ok()

    app.assert_no_changes()
    assert labels(docker, unique) == {
        "node1": {f"{unique}-list": "a", f"{unique}-all": ""},
        "node2": {f"{unique}-one": "1", f"{unique}-all": "", f"{unique}-by-hand": "x"},
        "node3": {f"{unique}-list": "a", f"{unique}-all": ""},
    }
    app.program(LABELS.format(k=unique, value="b"))
    changed = app.up("--diff").assert_ok()
    assert changed.changes == {"update": 1}
    assert '"a" => "b"' in changed.stdout
    assert labels(docker, f"{unique}-list")["node3"] == {f"{unique}-list": "b"}
    docker("node", "update", "--label-rm", f"{unique}-all", "node3")
    assert app.preview(diff=True).assert_ok().changes == {"update": 1}, "a label that somebody removed is drift"
    app.up().assert_ok()
    assert f"{unique}-all" in labels(docker)["node3"]
    app.destroy().assert_ok()
    assert labels(docker, unique) == {"node1": {}, "node2": {f"{unique}-by-hand": "x"}, "node3": {}}
    docker("node", "update", "--label-rm", f"{unique}-by-hand", "node2")


def test_s10_constraint_pins_the_database_to_its_node_and_its_data(
    project_on_three: ProjectFactory, three_nodes: Engine, unique: str
) -> None:
    three_nodes.images("todo", "db")
    docker = three_nodes.docker
    text = stack(unique, *todo("v5-db.yml"), more="secrets=secrets, env={'REPLICAS': '1'}")
    app = project_on_three(text.replace("todo = ", DATABASE + "todo = "))
    copy_todo(app)

    first = app.up().assert_ok()

    assert "storage" not in "".join(first.diagnostics), "the label comes with the same program"
    app.assert_no_changes()
    service = f"{unique}_todo-db"
    hosts = {node["ID"]: node["Description"]["Hostname"] for node in docker.api.nodes()}
    assert [hosts[task["NodeID"]] for task in docker.tasks(service)] == ["node2"]
    sql(three_nodes.node(2), service, "create table todo as select 'buy milk' as item")
    path = app.folder / "stacks/todo/v5-db.yml"
    path.write_text(path.read_text().replace("memory: 500M", "memory: 400M"))
    app.up().assert_ok()
    assert [hosts[task["NodeID"]] for task in docker.tasks(service)] == ["node2"]
    assert sql(three_nodes.node(2), service, "select item from todo") == "buy milk"
    app.assert_no_changes()
    app.destroy().assert_ok()
    assert "storage" not in labels(docker)["node2"]
    assert f"{unique}_todo-db-data" in three_nodes.node(2)("volume", "ls", "-q")


def test_s10_constraint_that_no_node_satisfies_is_said_at_preview(
    project_on_three: ProjectFactory, three_nodes: Engine, unique: str
) -> None:
    app = project_on_three(
        f"""
        import swarm_provider as swarm
        swarm.Service(
            "{unique}", image="bb:1", wait=False,
            deploy={{"placement": {{"constraints": ["node.labels.storage == {unique}", "node.role == worker"]}}}},
        )
        """
    )

    preview = app.preview().assert_ok()

    said = [line for line in preview.diagnostics if f"node.labels.storage == {unique}" in line]
    assert len(said) == 1 and "warning" in said[0], preview
    assert "node.role == worker" not in said[0], "two nodes satisfy that one"
    three_nodes.docker("node", "update", "--label-add", f"storage={unique}", "node3")
    assert f"storage == {unique}" not in "".join(app.preview().assert_ok().diagnostics)
    three_nodes.docker("node", "update", "--label-rm", "storage", "node3")
