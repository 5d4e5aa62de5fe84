"""Release: a whole stack as one resource, all of it or nothing."""

from __future__ import annotations

from typing import Any

import pytest

from swarm_provider.core import labels
from tests.conftest import ProjectFactory
from tests.e2e.stacks import names, write_yaml
from tests.support.engine import Docker
from tests.support.pulumi import PulumiProject

pytestmark = pytest.mark.e2e

FILE = """
    services:
      db:
        image: {image}
        command: sleep 3600
        stop_grace_period: 500ms
        secrets: [pass]
        deploy: &quick {{update_config: {{monitor: 1s}}}}
      web:
        image: {image}
        command: {web}
        stop_grace_period: 500ms
        configs: [{{source: app, target: /etc/app.txt}}]
        environment: {{LEVEL: "{level}"}}
        depends_on: [db]
        networks: [front]
        deploy: *quick
    configs:
      app: {{content: "{content}"}}
    secrets:
      pass: {{external: true}}
    networks:
      front: {{}}
"""
PROGRAM = """
    import pulumi
    import swarm_provider as swarm
    shop = swarm.Release({name!r}, compose_file="shop.yml", secrets={{"pass": pulumi.Output.secret("hunter22")}}{more})
    pulumi.export("web", shop.services["web"]["image"])
"""
IMAGE = "diamol/ch06-todo-list:latest"


def write(app: PulumiProject, *, web: str = "sleep 3600", level: str = "info", content: str = "one") -> None:
    write_yaml(app, "shop.yml", FILE.format(image=IMAGE, web=web, level=level, content=content))


def specs(docker: Docker, stack: str) -> dict[str, Any]:
    return {
        item["Spec"]["Name"]: item["Spec"]
        for item in docker.api.services(filters={"label": f"com.docker.stack.namespace={stack}"})
    }


def tasks(docker: Docker, service: str) -> set[str]:
    return {task["ID"] for task in docker.tasks(service)}


@pytest.fixture
def app(project: ProjectFactory, unique: str, todo_images: tuple[str, str]) -> PulumiProject:
    app = project(PROGRAM.format(name=unique, more=""))
    write(app)
    return app


def test_release_is_deployed_changed_and_destroyed_as_one_resource(
    app: PulumiProject, docker: Docker, unique: str
) -> None:
    first = app.up().assert_ok()
    assert first.changes == {"create": 2}, "the Pulumi stack and the release"
    assert set(specs(docker, unique)) == {f"{unique}_db", f"{unique}_web"}
    app.assert_no_changes()

    db = tasks(docker, f"{unique}_db")
    write(app, level="debug", content="two")
    preview = app.preview(diff=True).assert_ok()
    assert preview.changes == {"update": 1}
    (step,) = [step for step in preview.steps if step.op == "update"]
    assert {"services.web.environment.LEVEL", "configs.app.data"} <= step.detailed_diff.keys()
    assert "1 service changes: 1 task restarts in 1 service, no data volume touched, web is down" in preview.output
    app.write("preview.json", app.run("preview", "--json").assert_ok().stdout)
    report = app.swarm_provider("report", "preview.json").stdout
    assert "1 changed, 1 unchanged" not in report and f"`{unique}_web`" in report and "1 task restarts" in report
    assert "-one" in report and "+two" in report and "hunter22" not in report
    app.up().assert_ok()
    assert app.swarm_provider("status", unique).returncode == 0
    assert "LEVEL=debug" in specs(docker, f"{unique}")[f"{unique}_web"]["TaskTemplate"]["ContainerSpec"]["Env"]
    assert tasks(docker, f"{unique}_db") == db, "what did not change does not restart"
    app.assert_no_changes()

    app.destroy().assert_ok()
    assert specs(docker, unique) == {}
    assert names(docker, "config", unique) == names(docker, "secret", unique) == []


@pytest.mark.long
def test_first_release_that_fails_leaves_nothing(app: PulumiProject, docker: Docker, unique: str) -> None:
    write(app, web="/does/not/exist")
    app.up().assert_failed("removed again: ", max_lines=12)
    assert specs(docker, unique) == {}
    assert names(docker, "config", unique) == names(docker, "secret", unique) == []
    assert [net for net in docker.api.networks() if net["Name"].startswith(unique)] == []
    write(app)
    app.up().assert_ok()
    app.assert_no_changes()


def test_rollback_on_the_cluster_takes_back_the_latest_deploy_and_the_preview_says_so(
    app: PulumiProject, docker: Docker, unique: str
) -> None:
    app.up().assert_ok()
    first, db = specs(docker, unique), tasks(docker, f"{unique}_db")
    runs = {name: spec["Labels"][labels.RUN] for name, spec in first.items()}
    assert len(set(runs.values())) == 1
    write(app, level="debug", content="two")
    app.up().assert_ok()
    second = specs(docker, unique)
    assert second[f"{unique}_db"] == first[f"{unique}_db"]
    assert second[f"{unique}_web"]["Labels"][labels.RUN] > runs[f"{unique}_web"]

    done = app.swarm_provider("rollback", unique)
    assert done.returncode == 0, done
    assert f"{unique}_db stays: not changed by the latest deploy" in done.stdout
    assert specs(docker, unique) == first
    assert tasks(docker, f"{unique}_db") == db
    preview = app.preview().assert_ok()
    assert preview.changes == {"update": 1}
    assert "web: " in preview.output and "rolled back on the cluster at 20" in preview.output
    assert "`up` applies the newer version again" in preview.output
    app.up().assert_ok()
    assert specs(docker, unique)[f"{unique}_web"]["TaskTemplate"] == second[f"{unique}_web"]["TaskTemplate"]
    app.assert_no_changes()


def test_stack_of_docker_is_imported_and_its_tasks_keep_running(
    project: ProjectFactory, docker: Docker, unique: str, todo_images: tuple[str, str]
) -> None:
    app = project("import pulumi")
    docker("secret", "create", f"{unique}-key", "-", stdin="hunter22")
    write(app)
    text = (app.folder / "shop.yml").read_text().replace("{external: true}", f"{{external: true, name: {unique}-key}}")
    app.write("shop.yml", text.replace('{content: "one"}', "{file: ./app.txt}"))
    app.write("app.txt", "costs $5\n")
    docker("stack", "deploy", "--detach=true", "-c", str(app.folder / "shop.yml"), unique)
    services = [f"{unique}_web", f"{unique}_db"]
    for name in services:
        docker.wait_running(name)
    before, running = specs(docker, unique), {name: tasks(docker, name) for name in services}

    app.import_("swarm:index:Release", unique, unique, "--generate-code=false").assert_ok()
    inputs = app.resources()[unique]["inputs"]
    assert "hunter22" not in str(inputs) and "costs $$5" in inputs["compose"]
    given = {key: inputs[key] for key in ("compose", "name", "configs", "networks", "secrets")}
    generated = f"import swarm_provider as swarm\nswarm.Release({unique!r}, **{given!r})\n"
    own = f"import swarm_provider as swarm\nswarm.Release({unique!r}, compose_file='shop.yml')\n"
    for program in (generated, own):
        app.program(program)
        app.up().assert_ok()
        app.assert_no_changes()
        assert {name: tasks(docker, name) for name in services} == running
        for name in services:
            assert specs(docker, unique)[name]["TaskTemplate"] == before[name]["TaskTemplate"]
    assert labels.owner(specs(docker, unique)[services[0]]["Labels"])
    app.import_("swarm:index:Release", "none", f"{unique}x", "--generate-code=false").assert_failed("does not exist")


TEXT = """
    import pulumi
    import swarm_provider as swarm
    text = pulumi.Config().get("text") or open("shop.yml").read()
    secret = swarm.Secret("pass", name="{name}-pass", data="hunter22")
    front = swarm.Network("front", name="{name}-front")
    shop = swarm.Release(
        {name!r}, compose=text, base_dir="sub", secrets={{"pass": secret}}, networks={{"front": front}},
        env={{"LEVEL": front.network_id}}, configs={{"app": front.network_id}}, env_only=True{more},
    )
"""


def test_release_takes_a_text_with_values_and_resources_of_the_program(
    app: PulumiProject, docker: Docker, unique: str
) -> None:
    write(app, level="${LEVEL}")
    app.write("sub/unused", "")
    app.program(TEXT.format(name=unique, more=""))
    app.preview().assert_ok()
    app.up().assert_ok()
    assert "hunter22" not in str(app.export_state())
    web = specs(docker, unique)[f"{unique}_web"]["TaskTemplate"]
    (network,) = docker.api.networks(names=[f"{unique}-front"])
    assert f"LEVEL={network['Id']}" in web["ContainerSpec"]["Env"]
    assert [entry["Target"] for entry in web["Networks"]] == [network["Id"]]
    assert names(docker, "secret", unique) == [
        entry["SecretName"]
        for entry in specs(docker, unique)[f"{unique}_db"]["TaskTemplate"]["ContainerSpec"]["Secrets"]
    ]
    app.assert_no_changes()
    assert str(app.folder) not in str(app.export_state()["deployment"]["resources"][-1])
    app.program(TEXT.format(name=unique, more=', renames={"old": "wbe"}'))
    app.preview().assert_failed("renames: 'old' -> 'wbe': there is no service 'wbe'; did you mean 'web'?")
    app.program(TEXT.format(name=unique, more="").replace('"sub"', '"none"'))
    app.preview().assert_failed(f"base_dir: 'none' does not exist in '{app.folder}', the folder of Pulumi.yaml")
    app.program(TEXT.format(name=unique, more="").replace('"pass": secret', '"pass": front'))
    app.preview().assert_failed("secrets.pass: must be a Secret (or a name), not the Network 'front'")


def test_failed_release_returns_to_what_ran_before(app: PulumiProject, docker: Docker, unique: str) -> None:
    app.up().assert_ok()
    before, db = specs(docker, unique), tasks(docker, f"{unique}_db")
    configs = names(docker, "config", unique)
    write(app, web="/does/not/exist", content="two")
    app.up().assert_failed("web", "returned to what ran before: web", max_lines=12)
    assert specs(docker, unique) == before
    assert names(docker, "config", unique) == configs
    assert tasks(docker, f"{unique}_db") == db
    assert app.preview().assert_ok().changes == {"update": 1}
    write(app, content="three")
    app.up().assert_ok()
    app.assert_no_changes()


def test_stack_becomes_a_release_and_a_stack_again_while_tasks_run(
    app: PulumiProject, docker: Docker, unique: str
) -> None:
    release = PROGRAM.format(name=unique, more="")
    as_stack = release.replace("swarm.Release(", "swarm.Stack(").replace('["image"]', ".image")
    app.program(as_stack)
    app.up().assert_ok()
    services = [f"{unique}_web", f"{unique}_db"]
    before, running = specs(docker, unique), {name: tasks(docker, name) for name in services}
    secrets = names(docker, "secret", unique)
    for program in (release, as_stack):
        app.program(program)
        assert "exists and will be adopted" in app.preview().assert_ok().output
        app.up().assert_ok()
        app.assert_no_changes()
        for name in services:
            assert tasks(docker, name) == running[name]
            assert specs(docker, unique)[name]["TaskTemplate"] == before[name]["TaskTemplate"]
        assert names(docker, "secret", unique) == secrets


@pytest.mark.long
def test_release_that_keeps_what_failed_goes_on_with_the_next_up(
    app: PulumiProject, docker: Docker, unique: str
) -> None:
    app.program(PROGRAM.format(name=unique, more=', on_failure="keep"'))
    app.up().assert_ok()
    write(app, web="/does/not/exist", content="two")
    app.up().assert_failed("web", max_lines=12)
    assert specs(docker, unique)[f"{unique}_web"]["TaskTemplate"]["ContainerSpec"]["Args"] == ["/does/not/exist"]
    assert app.preview().assert_ok().changes == {"update": 1}
    write(app, content="two")
    app.up().assert_ok()
    app.assert_no_changes()


def test_service_scaled_by_hand_stays_so_where_the_program_ignores_it(
    app: PulumiProject, docker: Docker, unique: str
) -> None:
    ignoring = ', opts=pulumi.ResourceOptions(ignore_changes=["services.db.deploy.replicas"])'
    app.program(PROGRAM.format(name=unique, more=ignoring))
    write_yaml(
        app,
        "shop.yml",
        FILE.replace("deploy: &quick {{", "deploy: &quick {{replicas: 1, ").format(
            image=IMAGE, web="sleep 3600", level="info", content="one"
        ),
    )
    app.up().assert_ok()
    docker("service", "scale", "--detach", f"{unique}_db=2")
    app.assert_no_changes()
    write_yaml(
        app,
        "shop.yml",
        FILE.replace("deploy: &quick {{", "deploy: &quick {{replicas: 1, ").format(
            image=IMAGE, web="sleep 3600", level="debug", content="one"
        ),
    )
    app.up().assert_ok()
    assert specs(docker, unique)[f"{unique}_db"]["Mode"]["Replicated"]["Replicas"] == 2


def test_renamed_service_of_a_release_takes_the_place_of_the_old_one_also_as_the_only_target(
    app: PulumiProject, docker: Docker, unique: str
) -> None:
    app.up().assert_ok()
    db = tasks(docker, f"{unique}_db")
    text = (app.folder / "shop.yml").read_text()
    (app.folder / "shop.yml").write_text(text.replace("web:", "front:"))
    beside = "\n    swarm.Config('beside', data='x')\n"
    app.program(PROGRAM.format(name=unique, more=', renames={"web": "front"}').replace('["web"]', '["front"]') + beside)
    shown = app.preview(diff=True).assert_ok()
    assert shown.changes == {"update": 1, "create": 1}
    done = app.up("--target", f"**swarm:index:Release::{unique}").assert_ok()
    assert done.changes == {"update": 1}, "what is no target stays as it is"
    assert set(specs(docker, unique)) == {f"{unique}_db", f"{unique}_front"}
    assert tasks(docker, f"{unique}_db") == db
    app.up().assert_ok()
    app.assert_no_changes()


def test_stack_and_release_of_one_name_are_one_error_at_preview(app: PulumiProject, unique: str) -> None:
    release = PROGRAM.format(name=unique, more="")
    stack = f"""
    swarm.Stack("other", name={unique!r}, compose_file="shop.yml", secrets={{"pass": pulumi.Output.secret("x")}})
"""
    for program in (release + stack, release.replace("    shop = ", stack.lstrip("\n") + "    shop = ")):
        app.program(program)
        told = app.preview().assert_failed("is claimed by two resources", "a stack is one Release or one Stack")
        assert sum("claimed by two resources" in line for line in told.diagnostics) == 1
