"""Whose a live object is: no rename, --replace, lost state or other Pulumi stack removes or restarts what lives."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.conftest import ProjectFactory
from tests.e2e.stacks import wait_for
from tests.support.engine import Docker
from tests.support.pulumi import PulumiProject

pytestmark = pytest.mark.e2e

FOUR = """
import swarm_provider as swarm
net = swarm.Network("netLOGICAL", name="NAME-net")
app = swarm.Config("appLOGICAL", name="NAME-app", data="1")
db = swarm.Secret("dbLOGICAL", name="NAME-db", data="2")
deploy = {"update_config": {"monitor": "1s"}}
swarm.Service(
    "webLOGICAL", name="NAME-web", image="bb:1", networks=[net], configs=[{"source": app}], deploy=deploy
)
swarm.Service("jobLOGICAL", name="NAME-job", image="bb:1", secrets=[{"source": db, "target": "db"}], deploy=deploy)
"""
"""All kinds with fixed physical names: `web` uses the network and the config, `job` the secret."""

STACK = """
services:
  web:
    image: bb:1
    configs: [app]
    deploy: {update_config: {monitor: 1s}}
  job:
    image: bb:1
    secrets: [db]
    deploy: {update_config: {monitor: 1s}}
configs: {app: {file: ./app.json}}
secrets: {db: {file: ./db.key}}
"""
LOST_KEY = "restart once"
"""What a preview says of the services that use a secret whose key is lost with its old state."""


def four(name: str, logical: str = "") -> str:
    return FOUR.replace("NAME", name).replace("LOGICAL", logical)


def write_stack(app: PulumiProject) -> None:
    app.write("stack.yml", STACK)
    app.write("app.json", "{}")
    app.write("db.key", "k3y")


def stack(name: str, logical: str) -> str:
    return f'import swarm_provider as swarm\nswarm.Stack("{logical}", name="{name}", compose_file="stack.yml")\n'


def ids(docker: Docker, prefix: str) -> dict[str, str]:
    """Docker's ids of the services, configs and networks whose names begin so: an object made anew has another one.

    Secrets are left out: each new key makes a new version.
    """
    found: dict[str, str] = {}
    for kind in ("service", "config", "network"):
        lines = docker.lines(kind, "ls", "--format", "{{.Name}} {{.ID}}")
        found |= {f"{kind} {line.split()[0]}": line.split()[1] for line in lines if line.startswith(prefix)}
    return found


def lose_state(app: PulumiProject) -> None:
    """Go on with an empty backend, as after the loss of the old one; project, stack and settings stay."""
    app.environment["PULUMI_BACKEND_URL"] = f"file://{app.folder}-new-backend"
    Path(f"{app.folder}-new-backend").mkdir()
    app.run("stack", "init", app.stack).assert_ok()


def assert_restarts_once(docker: Docker, service: str, before: set[str]) -> None:
    """All tasks were replaced, each once."""
    assert not docker.task_ids(service) & before
    history = [task for task in docker.tasks(service, running=False) if task["ID"] not in before]
    assert len(history) == len(before), history


# ------------------------------------------------------------------------- a rename in code


def test_rename_in_code_takes_everything_over_and_removes_nothing(
    project: ProjectFactory, docker: Docker, unique: str
) -> None:
    app = project(four(unique))
    app.up().assert_ok()
    before, web, job = ids(docker, unique), docker.task_ids(f"{unique}-web"), docker.task_ids(f"{unique}-job")
    app.program(four(unique, "-2"))
    preview = app.preview().assert_ok()
    assert preview.output.count("exists and will be adopted") >= 4, str(preview)
    assert LOST_KEY not in preview.output, str(preview)
    app.up().assert_ok()
    assert ids(docker, unique) == before
    assert docker.task_ids(f"{unique}-web") == web
    assert docker.task_ids(f"{unique}-job") == job
    app.assert_no_changes()
    app.destroy().assert_ok()
    assert ids(docker, unique) == {}


@pytest.mark.long
def test_rename_of_a_stack_in_code_takes_everything_over(project: ProjectFactory, docker: Docker, unique: str) -> None:
    app = project(stack(unique, "one"))
    write_stack(app)
    app.up().assert_ok()
    before, web, job = ids(docker, unique), docker.task_ids(f"{unique}_web"), docker.task_ids(f"{unique}_job")
    app.program(stack(unique, "two"))
    assert LOST_KEY not in app.preview().assert_ok().output
    app.up().assert_ok()
    assert ids(docker, unique) == before
    assert docker.task_ids(f"{unique}_web") == web
    assert docker.task_ids(f"{unique}_job") == job
    app.assert_no_changes()


@pytest.mark.long
def test_rename_with_an_alias_restarts_nothing_at_all(project: ProjectFactory, docker: Docker, unique: str) -> None:
    app = project(stack(unique, "one"))
    write_stack(app)
    app.up().assert_ok()
    before, job = ids(docker, unique), docker.task_ids(f"{unique}_job")
    app.program(
        f"""
        import pulumi
        import swarm_provider as swarm
        alias = pulumi.ResourceOptions(aliases=[pulumi.Alias(name="one")])
        swarm.Stack("two", alias, name="{unique}", compose_file="stack.yml")
        """
    )
    app.assert_no_changes()
    app.up().assert_ok()
    assert ids(docker, unique) == before
    assert docker.task_ids(f"{unique}_job") == job


def test_two_resources_of_one_name_are_an_error(project: ProjectFactory, unique: str) -> None:
    app = project(
        f"""
        import swarm_provider as swarm
        swarm.Service("one", name="{unique}", image="bb:1")
        swarm.Service("two", name="{unique}", image="bb:2")
        """
    )
    app.preview().assert_failed(f"service '{unique}' is claimed by two resources of this program", "rename one of them")


# ------------------------------------------------------------------------------- --replace


def test_replace_on_demand_leaves_the_live_objects_as_they_are(
    project: ProjectFactory, docker: Docker, unique: str
) -> None:
    app = project(four(unique))
    app.up().assert_ok()
    before, web = ids(docker, unique), docker.task_ids(f"{unique}-web")
    state = app.resources()
    names = ("web", "app", "net")
    result = app.up(*(word for name in names for word in ("--target-replace", state[name]["urn"]))).assert_ok()
    for name in names:
        assert result.step(name, "create-replacement")
    assert ids(docker, unique) == before
    assert docker.task_ids(f"{unique}-web") == web
    app.assert_no_changes()


# ---------------------------------------------------------------------------- a lost state


def test_lost_state_is_taken_over_by_the_next_up(project: ProjectFactory, docker: Docker, unique: str) -> None:
    app = project(four(unique))
    app.up().assert_ok()
    before, web, job = ids(docker, unique), docker.task_ids(f"{unique}-web"), docker.task_ids(f"{unique}-job")
    lose_state(app)
    preview = app.preview().assert_ok()
    assert f"service '{unique}-web' exists and will be adopted" in preview.output
    assert LOST_KEY in preview.output, str(preview)
    app.up().assert_ok()
    assert ids(docker, unique) == before
    assert docker.task_ids(f"{unique}-web") == web
    assert_restarts_once(docker, f"{unique}-job", job)
    app.assert_no_changes()
    app.destroy().assert_ok()
    assert ids(docker, unique) == {}


@pytest.mark.long
def test_lost_state_of_a_stack_is_taken_over_and_the_old_state_can_remove_nothing(
    project: ProjectFactory, docker: Docker, unique: str
) -> None:
    app = project(stack(unique, "todo"))
    write_stack(app)
    app.up().assert_ok()
    before, web = ids(docker, unique), docker.task_ids(f"{unique}_web")
    old_backend = app.environment["PULUMI_BACKEND_URL"]
    lose_state(app)
    new_backend = app.environment["PULUMI_BACKEND_URL"]
    app.up().assert_ok()
    assert ids(docker, unique) == before
    assert docker.task_ids(f"{unique}_web") == web
    app.assert_no_changes()

    app.environment["PULUMI_BACKEND_URL"] = old_backend
    destroyed = app.destroy().assert_ok()
    assert "is left" in destroyed.output
    assert ids(docker, unique) == before
    assert docker.task_ids(f"{unique}_web") == web
    app.environment["PULUMI_BACKEND_URL"] = new_backend
    app.assert_no_changes()


# --------------------------------------------------------------------- other Pulumi stacks


@pytest.mark.long
def test_two_pulumi_stacks_on_one_swarm_never_fight(project: ProjectFactory, docker: Docker, unique: str) -> None:
    # the same base names for config and secret; networks and services have names of their own
    program = """
        import swarm_provider as swarm
        app = swarm.Config("app", name="NAME", data="OWN")
        db = swarm.Secret("db", name="NAME", data="OWN")
        swarm.Network("net", name="NAME-OWN")
        swarm.Service(
            "web", name="NAME-OWN", image="bb:1", configs=[{"source": app, "target": "/app"}], secrets=[{"source": db}]
        )
    """.replace("NAME", unique)
    one = project(program.replace("OWN", "one"), name="one")
    two = project(program.replace("OWN", "two"), name="two")
    one.up().assert_ok()
    tasks = docker.task_ids(f"{unique}-one")
    two.up().assert_ok()
    one.assert_no_changes()
    two.assert_no_changes()
    assert docker.exec_in(f"{unique}-one", "cat", "/app") == "one"
    assert docker.exec_in(f"{unique}-two", "cat", "/app") == "two"
    two.program(program.replace('data="OWN"', 'data="rotated"').replace("OWN", "two"))
    two.up().assert_ok()
    two.destroy().assert_ok()
    assert docker.task_ids(f"{unique}-one") == tasks
    one.assert_no_changes()
    assert docker.exec_in(f"{unique}-one", "cat", "/app") == "one"


@pytest.mark.long
def test_objects_of_another_pulumi_stack_are_an_error_that_names_their_owner(
    project: ProjectFactory, docker: Docker, unique: str
) -> None:
    service = f'swarm.Service("x", name="{unique}", image="bb:1")'
    network = f'swarm.Network("y", name="{unique}")'
    head = "import swarm_provider as swarm\n"
    owner = project(f"{head}{service}\n{network}", name="owner")
    owner.up().assert_ok()
    before, urns = ids(docker, unique), {name: state["urn"] for name, state in owner.resources().items()}
    # another stack of the same project is another owner, too
    other = project(head + service, name="owner", stack="staging")
    text = "already exists and belongs to Pulumi stack 'owner/dev'"
    other.preview().assert_failed(f"service '{unique}' {text} ({urns['x']})")
    other.up().assert_failed(f"service '{unique}' {text}")
    other.program(head + network)
    other.up().assert_failed(f"network '{unique}' {text} ({urns['y']})")
    other.destroy().assert_ok()
    assert ids(docker, unique) == before
    owner.assert_no_changes()


# ------------------------------------------------------------------------ made with docker


@pytest.mark.long
def test_service_made_with_docker_is_imported_without_a_restart(
    project: ProjectFactory, docker: Docker, unique: str
) -> None:
    docker("service", "create", "--detach", "--no-resolve-image", "--name", unique, "--env", "A=1", "bb:1")
    docker.wait_running(unique)
    before, tasks = ids(docker, unique), docker.task_ids(unique)
    program = 'import swarm_provider as swarm\nswarm.Service("web", name="NAME", image="bb:1", environment={"A": "1"}'
    program = program.replace("NAME", unique)
    app = project(program + ")")
    app.preview().assert_failed("was not created by Pulumi", "adopt=True", "pulumi import swarm:index:Service")
    app.import_("swarm:index:Service", "web", unique, "--generate-code=false").assert_ok()
    app.up().assert_ok()
    app.assert_no_changes()
    assert ids(docker, unique) == before
    assert docker.task_ids(unique) == tasks
    app.destroy().assert_ok()
    assert ids(docker, unique) == {}


# ----------------------------------------------------------------------- changed by hand


def make_by_hand(docker: Docker, name: str) -> None:
    docker("service", "rm", name)
    docker("service", "create", "--detach", "--no-resolve-image", "--name", name, "bb:1")
    docker.wait_running(name)


@pytest.mark.long
def test_service_made_anew_by_hand_is_drift_that_the_next_up_takes_over(
    project: ProjectFactory, docker: Docker, unique: str
) -> None:
    app = project(f'import swarm_provider as swarm\nswarm.Service("web", name="{unique}", image="bb:1")')
    app.up().assert_ok()
    make_by_hand(docker, unique)
    before, tasks = ids(docker, unique), docker.task_ids(unique)
    preview = app.preview(diff=True).assert_ok()
    assert preview.changes == {"update": 1}, str(preview)
    app.up().assert_ok()
    assert ids(docker, unique) == before
    assert docker.task_ids(unique) == tasks
    app.assert_no_changes()
    app.destroy().assert_ok()
    assert ids(docker, unique) == {}


@pytest.mark.long
def test_service_made_anew_by_hand_is_left_by_destroy_with_a_notice(
    project: ProjectFactory, docker: Docker, unique: str
) -> None:
    app = project(f'import swarm_provider as swarm\nswarm.Service("web", name="{unique}", image="bb:1")')
    app.up().assert_ok()
    make_by_hand(docker, unique)
    before, tasks = ids(docker, unique), docker.task_ids(unique)
    result = app.destroy().assert_ok()
    assert f"service '{unique}' is left" in result.output, str(result)
    assert ids(docker, unique) == before
    assert docker.task_ids(unique) == tasks
    assert app.resources() == {}


def remove_all(docker: Docker, name: str) -> None:
    """Remove with docker everything that `four` made."""
    docker("service", "rm", f"{name}-web", f"{name}-job")
    for kind in ("config", "secret"):
        docker(
            kind, "rm", *(line for line in docker.lines(kind, "ls", "--format", "{{.Name}}") if line.startswith(name))
        )
    # in use until the last task has ended
    wait_for("the network is gone", lambda: docker.run("network", "rm", f"{name}-net").returncode == 0, timeout=30)
    wait_for("all of it is gone", lambda: not ids(docker, name), timeout=30)


@pytest.mark.long
def test_objects_removed_by_hand_show_as_created_and_come_back(
    project: ProjectFactory, docker: Docker, unique: str
) -> None:
    app = project(four(unique))
    app.up().assert_ok()
    kinds = {name.split("-")[0] for name in ids(docker, unique)}
    remove_all(docker, unique)
    preview = app.preview().assert_ok()
    assert preview.changes == {"create": 5}, str(preview)
    up = app.up().assert_ok()
    assert up.changes == {"create": 5}, str(up)
    assert {name.split("-")[0] for name in ids(docker, unique)} == kinds
    assert docker.exec_in(f"{unique}-job", "cat", "/run/secrets/db") == "2"
    app.assert_no_changes()


@pytest.mark.long
def test_one_service_removed_by_hand_comes_back_alone(project: ProjectFactory, docker: Docker, unique: str) -> None:
    app = project(stack(unique, "todo"))
    write_stack(app)
    app.up().assert_ok()
    job = docker.task_ids(f"{unique}_job")
    docker("service", "rm", f"{unique}_web")
    preview = app.preview().assert_ok()
    assert preview.changes == {"create": 1}, str(preview)
    app.up().assert_ok()
    docker.wait_running(f"{unique}_web")
    assert docker.task_ids(f"{unique}_job") == job
    app.assert_no_changes()
