"""A Pulumi stack that gets another name or place: its objects follow it, nothing restarts, and a copy is refused."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.conftest import ProjectFactory
from tests.e2e.stacks import names
from tests.support.engine import Docker
from tests.support.pulumi import PulumiProject, Result

pytestmark = pytest.mark.e2e

PROGRAM = """
import pulumi
import swarm_provider as swarm
net = swarm.Network("net", name="NAME-net", attachable=True)
app = swarm.Config("app", name="NAME-app", data="CONTENT")
db = swarm.Secret("db", name="NAME-db", data="hunter2hunter2")
vol = swarm.Volume("vol", name="NAME-vol", node="NODE", delete_on_destroy=True)
swarm.NodeLabel("place", node="NODE", key="NAME", value="yes")
swarm.Service(
    "web", OPTIONS, name="NAME-web", image="bb:1", networks=[net], configs=[{"source": app, "target": "/app"}],
    secrets=[{"source": db, "target": "db"}], volumes=["NAME-vol:/data"], deploy={"update_config": {"monitor": "1s"}},
)
swarm.Service("job", name="NAME-job", image="bb:1", command=["true"], deploy={"mode": "replicated-job"})
"""


class Moved:
    """What lives on the swarm, and what it has to be after each move."""

    def __init__(self, docker: Docker, unique: str) -> None:
        self.docker = docker
        self.unique = unique
        self.node = docker("node", "inspect", "self", "--format", "{{.ID}}").strip()
        self.tasks = docker.task_ids(f"{unique}-web")
        self.iteration = self._iteration()
        self.ids = self._ids()

    def _iteration(self) -> int:
        found = self.docker.api.inspect_service(f"{self.unique}-job").get("JobStatus", {})
        return int((found.get("JobIteration") or {}).get("Index", 0))

    def _ids(self) -> dict[str, list[str]]:
        kinds = ("service", "config", "secret", "network")
        return {kind: sorted(self.docker.lines(kind, "ls", "-q", "--filter", f"name={self.unique}")) for kind in kinds}

    def owners(self) -> set[str]:
        """The owners that the labels of services, configs and secrets name; a job is left as it is."""
        found = set()
        for kind, own in (("service", [f"{self.unique}-web"]), ("config", []), ("secret", [])):
            for name in own or names(self.docker, kind, self.unique):
                found.add(json.loads(self.docker(kind, "inspect", name))[0]["Spec"]["Labels"]["swarm-provider.owner"])
        return found

    def assert_same(self) -> None:
        assert self.docker.task_ids(f"{self.unique}-web") == self.tasks
        assert self._iteration() == self.iteration
        assert self._ids() == self.ids

    def assert_followed(self, owner: str) -> None:
        self.assert_same()
        assert self.owners() == {owner}


def program(name: str, node: str, content: str = "one", options: str = "None") -> str:
    text = PROGRAM.replace("NAME", name).replace("NODE", node).replace("CONTENT", content)
    return text.replace("OPTIONS", options)


def assert_told(result: Result, there: Moved, before: str, after: str) -> None:
    """One line says what has moved, and two that nothing restarts."""
    said = "\n".join(result.assert_ok().diagnostics) if result.command[0] == "up" else result.output
    assert said.count(f"objects of Pulumi stack '{before}' have moved to '{after}'") == 1, str(result)
    assert said.count("have moved to") == 1, str(result)
    for name in ("web", "job"):
        assert f"no task of {there.unique}-{name} restarts" in said, str(result)
    assert result.changes.keys() == {"update"}, str(result)


def assert_follows(app: PulumiProject, there: Moved, before: str, after: str) -> None:
    """`up` takes the labels along without a restart, and says so."""
    assert_told(app.up(), there, before, after)
    there.assert_followed(after)


def go_to_project(app: PulumiProject, name: str) -> None:
    file = app.folder / "Pulumi.yaml"
    file.write_text(json.dumps({**json.loads(file.read_text()), "name": name}))
    app.name = name


def go_to_stack(app: PulumiProject, backend: str, name: str) -> None:
    app.environment["PULUMI_BACKEND_URL"] = backend
    run(app, "stack", "select", name)
    app.stack = name


def assert_refused(copy: PulumiProject, there: Moved, owner: str) -> None:
    """A copy of the state from before a move can neither change nor remove anything."""
    text = f"belongs to Pulumi stack '{owner}' now"
    for result in (copy.preview(), copy.up()):
        # the program may be interrupted in the middle of itself, and say so with a traceback
        assert result.exit_code != 0, str(result)
        assert text in result.output and "pulumi stack rm --force" in result.output, str(result)
    there.assert_followed(owner)
    destroyed = copy.destroy().assert_ok()
    assert f"is not deleted: it belongs to Pulumi stack '{owner}'" in destroyed.output, str(destroyed)
    assert f"is not deleted: this state is a copy of Pulumi stack '{owner}'" in destroyed.output, str(destroyed)
    there.assert_followed(owner)
    assert names(there.docker, "volume", there.unique) == [f"{there.unique}-vol"]
    assert there.unique in there.docker("node", "inspect", "self", "--format", "{{json .Spec.Labels}}")


def urns(app: PulumiProject) -> list[str]:
    state = app.export_state()["deployment"]["resources"]
    return [one["urn"] for one in state if one["type"].startswith("swarm:")]


def run(app: PulumiProject, *words: str) -> Result:
    return app.run(*words).assert_ok()


def test_objects_follow_every_move_and_nothing_is_lost_or_left(
    project: ProjectFactory, docker: Docker, unique: str, tmp_path: Path
) -> None:
    node = docker("node", "inspect", "self", "--format", "{{.ID}}").strip()
    text = program(unique, node)
    app = project(text, name="one")
    app.up().assert_ok()
    there = Moved(docker, unique)

    run(app, "stack", "rename", "prod")
    app.stack = "prod"
    assert_told(app.preview(diff=True), there, "one/dev", "one/prod")
    assert_follows(app, there, "one/dev", "one/prod")

    run(app, "stack", "rename", "organization/two/prod")
    go_to_project(app, "two")
    run(app, "stack", "select", "prod")
    assert_follows(app, there, "one/prod", "two/prod")

    other = project(text, name="three", backend=app.backend)
    run(
        other, "state", "move", "--yes", "--source", "organization/two/prod", "--dest", "organization/three/dev",
        *urns(app),
    )  # fmt: skip
    assert_follows(other, there, "two/prod", "three/dev")
    assert urns(app) == []
    app = other

    old, new = app.environment["PULUMI_BACKEND_URL"], f"file://{tmp_path}/elsewhere"
    (tmp_path / "elsewhere").mkdir()
    app.environment["PULUMI_BACKEND_URL"] = new
    run(app, "stack", "migrate", old, "dev", "--target", "live", "--yes")
    go_to_stack(app, new, "live")
    assert_follows(app, there, "three/dev", "three/live")

    go_to_stack(app, old, "dev")
    assert_refused(app, there, "three/live")
    run(app, "stack", "rm", "--force", "--yes", "dev")
    there.assert_followed("three/live")
    go_to_stack(app, new, "live")

    exported = run(app, "stack", "export").stdout
    (tmp_path / "third").mkdir()
    app.environment["PULUMI_BACKEND_URL"] = f"file://{tmp_path}/third"
    run(app, "stack", "init", "live")
    app.run("stack", "import", stdin=exported).assert_ok()
    app.assert_no_changes()
    there.assert_followed("three/live")

    alias = 'pulumi.ResourceOptions(aliases=[pulumi.Alias(name="web")])'
    app.program(program(unique, node, options=alias).replace('"web", pul', '"site", pul'))
    app.assert_no_changes()
    app.up().assert_ok()
    there.assert_followed("three/live")

    app.program(program(unique, node, "two", options=alias).replace('"web", pul', '"site", pul'))
    app.up().assert_ok()
    assert docker.exec_in(f"{unique}-web", "cat", "/app") == "two"
    assert len(names(docker, "config", unique)) == 2
    app.program(program(unique, node, "three", options=alias).replace('"web", pul', '"site", pul'))
    app.up().assert_ok()
    assert len(names(docker, "config", unique)) == 2, "the version before last is pruned"
    assert there.owners() == {"three/live"}
    app.assert_no_changes()
    app.destroy().assert_ok()
    for kind in ("service", "config", "secret", "network", "volume"):
        assert names(docker, kind, unique) == []
    assert unique not in docker("node", "inspect", "self", "--format", "{{json .Spec.Labels}}")
