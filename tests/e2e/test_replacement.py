"""A replacement of objects whose names cannot be given twice: they stay as they are, and the preview says so."""

from __future__ import annotations

import pytest

from tests.conftest import ProjectFactory
from tests.support.engine import Docker
from tests.support.pulumi import PulumiProject

pytestmark = pytest.mark.e2e

PROGRAM = """
    import pulumi, swarm_provider as swarm
    OPTS = dict({opts})
    net = swarm.Network("{n}-net", opts=pulumi.ResourceOptions(**OPTS))
    config = swarm.Config("{n}-config", data="hello", opts=pulumi.ResourceOptions(**OPTS))
    swarm.NodeLabel("label", node="node1", key="{n}", value="after", overwrite=True,
                    opts=pulumi.ResourceOptions(**OPTS))
    swarm.Service(
        "{n}-web", image="bb:{version}", command=["sleep", "1000"], stop_signal="SIGKILL", resolve_image="never",
        advice=[], networks=[net], deploy={{"update_config": {{"monitor": "0s"}}}},
        opts=pulumi.ResourceOptions(**OPTS),
    )
"""
WAYS = ("trigger", "taint", "replace")
FIRST = "delete_before_replace=True"
STAYS = "stays as it is unless delete_before_replace=True is set, which recreates it"


class Deployed:
    """The program on a swarm, and how to ask for its replacement in each way."""

    def __init__(self, project: ProjectFactory, docker: Docker, name: str, opts: str = "") -> None:
        self.docker, self.name, self.opts = docker, name, opts
        docker("node", "update", "--label-add", f"{name}=before", "node1")
        self.app: PulumiProject = project(self.program("0"))
        self.app.up().assert_ok()

    def program(self, trigger: str, version: int = 1) -> str:
        opts = f"replacement_trigger='{trigger}', {self.opts}"
        return PROGRAM.format(n=self.name, version=version, opts=opts)

    def ask(self, way: str) -> list[str]:
        """Ask for the replacement of everything; return the options that preview and up need for it."""
        urns = [one["urn"] for one in self.app.resources().values() if one["type"].startswith("swarm:index:")]
        if way == "trigger":
            self.app.program(self.program("1"))
        if way == "taint":
            self.app.run("state", "taint", *urns, "--yes").assert_ok()
        return [word for urn in urns for word in ("--replace", urn)] if way == "replace" else []

    def ids(self) -> dict[str, object]:
        api, name = self.docker.api, self.name
        return {
            "service": api.inspect_service(f"{name}-web")["ID"],
            "network": api.inspect_network(f"{name}-net")["Id"],
            "config": [config["ID"] for config in api.configs() if config["Spec"]["Name"].startswith(name)],
        }

    def label(self) -> str | None:
        [node] = self.docker.api.nodes()
        return (node["Spec"].get("Labels") or {}).get(self.name)


@pytest.mark.parametrize("way", WAYS)
def test_what_cannot_be_made_twice_stays_and_the_preview_says_so(
    project: ProjectFactory, docker: Docker, unique: str, way: str
) -> None:
    deployed = Deployed(project, docker, unique)
    before, tasks = deployed.ids(), docker.task_ids(f"{unique}-web")
    more = deployed.ask(way)

    preview = deployed.app.preview(*more).assert_ok()

    assert preview.changes == {"replace": 4}
    said = preview.output.replace("\n", " ")
    assert f"network '{unique}-net' {STAYS}" in said
    assert f"service '{unique}-web' {STAYS} (all its tasks stop, then new ones start)" in said
    assert f"no task of {unique}-web restarts" in said
    assert f"{STAYS} where no service uses it; rotate_trigger makes a new version" in said
    assert f"the label {unique} of nodes {STAYS}" in said
    assert "will be adopted" not in said
    deployed.app.up(*more).assert_ok()
    assert (deployed.ids(), docker.task_ids(f"{unique}-web")) == (before, tasks)
    deployed.app.assert_no_changes()
    # the replacement knows what was there before the first one
    deployed.app.destroy().assert_ok()
    assert deployed.label() == "before"


@pytest.mark.parametrize("way", WAYS)
def test_with_delete_before_replace_all_of_it_is_recreated(
    project: ProjectFactory, docker: Docker, unique: str, way: str
) -> None:
    deployed = Deployed(project, docker, unique, FIRST)
    before, tasks = deployed.ids(), docker.task_ids(f"{unique}-web")
    more = deployed.ask(way)

    preview = deployed.app.preview(*more).assert_ok()

    assert preview.changes == {"replace": 4}
    assert "unless delete_before_replace=True is set" in preview.output
    deployed.app.up(*more).assert_ok()
    after = deployed.ids()
    assert all(after[kind] != before[kind] for kind in before), (before, after)
    assert not docker.task_ids(f"{unique}-web") & tasks
    assert deployed.label() == "after"
    deployed.app.assert_no_changes()
    deployed.app.destroy().assert_ok()
    assert deployed.label() == "before"


@pytest.mark.parametrize(
    ("opts", "says"), [("", "adopted | no task restarts"), (FIRST, "replaced | **1 task restarts**")]
)
def test_the_report_tells_what_up_does(project: ProjectFactory, unique: str, opts: str, says: str) -> None:
    service = """
        import pulumi, swarm_provider as swarm
        opts = pulumi.ResourceOptions(replacement_trigger={!r}, {})
        swarm.Service({!r}, image="bb:1", resolve_image="never", advice=[], wait=False, opts=opts)
    """
    app = project(service.format("0", opts, unique))
    app.up().assert_ok()
    app.program(service.format("1", opts, unique))
    app.write("preview.json", app.preview("--json").assert_ok().stdout)
    assert f"| `{unique}` {says}" in app.swarm_provider("report", "preview.json").stdout


def test_a_change_beside_a_replacement_is_an_update_and_foretold(
    project: ProjectFactory, docker: Docker, unique: str
) -> None:
    deployed = Deployed(project, docker, unique)
    before = deployed.ids()
    deployed.app.program(deployed.program("1", version=2))

    said = deployed.app.preview().assert_ok().output

    assert f"service '{unique}-web' is updated, not replaced, unless delete_before_replace=True is set" in said
    assert f"1 task of {unique}-web restarts because image changes" in said
    deployed.app.up().assert_ok()
    assert deployed.ids() == before
