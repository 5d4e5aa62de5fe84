"""A Stack of a YAML program is the one of a Python program: with the real CLI and the real language host."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.conftest import ProjectFactory
from tests.e2e.stacks import write_yaml
from tests.e2e.test_release import specs, tasks
from tests.e2e.test_rollout import interrupt, wait_until_starting
from tests.e2e.test_yaml import yaml_host
from tests.support.engine import Docker
from tests.support.pulumi import PulumiProject

pytestmark = [pytest.mark.e2e, pytest.mark.long]
__all__ = ["yaml_host"]

PROGRAM = """
import pulumi
import swarm_provider as swarm

label = swarm.NodeLabel("disk", node="*", key="{name}", value="ssd")
shop = swarm.Stack(
    "{name}",
    pulumi.ResourceOptions(depends_on=[label]),
    compose_file="shop.yml",
    env={{"LEVEL": "3"}},
    secrets={{"pass": pulumi.Config().require_secret("pass")}},
)
pulumi.export("web", shop.services["web"].name)
"""
FILE = """
    services:
      web:
        image: bb:1
        environment: {{LEVEL: "${{LEVEL}}"}}
        secrets: [pass]
        configs: [app]
        networks: [front]
        deploy:
          replicas: 1
          update_config: {{monitor: 1s}}
          placement: {{constraints: [node.labels.{label} == ssd]}}
      worker:
        image: bb:1
        networks: [front]
        depends_on: [web]
        deploy: {{replicas: 1, update_config: {{monitor: 1s}}}}
    networks:
      front: {{}}
    configs:
      app: {{content: "mode = 1"}}
    secrets:
      pass: {{external: true}}
"""


class Yaml:
    """The same program in YAML, whose resources a test changes."""

    def __init__(self, app: PulumiProject, name: str) -> None:
        self._app = app
        self._settings = yaml.safe_load((app.folder / "Pulumi.yaml").read_text())
        label = {"type": "swarm:NodeLabel", "properties": {"node": ["*"], "key": name, "value": "ssd"}}
        self.resources: dict[str, Any] = {"disk": label}
        self.add(name)
        self.outputs = {"web": f'${{{name}.services["web"].name}}'}

    def add(self, name: str, **properties: Any) -> None:
        own = {"composeFile": "shop.yml", "env": {"LEVEL": 3}, "secrets": {"pass": "${pass}"}, **properties}
        self.resources[name] = {"type": "swarm:Stack", "properties": own, "options": {"dependsOn": ["${disk}"]}}

    def write(self) -> None:
        program = {
            **self._settings,
            "runtime": "yaml",
            "config": {"pass": {"type": "string", "secret": True}},
            "resources": self.resources,
            "outputs": self.outputs,
        }
        (self._app.folder / "Pulumi.yaml").write_text(yaml.safe_dump(program))


def urns(app: PulumiProject) -> set[str]:
    found = {entry["urn"] for entry in app.export_state()["deployment"]["resources"]}
    return {urn for urn in found if "swarm:index" in urn}


def test_stack_of_a_yaml_program_is_that_of_a_python_program(
    project: ProjectFactory, docker: Docker, unique: str, yaml_host: Path
) -> None:
    app = project(PROGRAM.format(name=unique))
    write_yaml(app, "shop.yml", FILE.format(label=unique))
    app.environment["PATH"] = f"{yaml_host.parent}{os.pathsep}{app.environment['PATH']}"
    app.config_set("pass", "hunter22", secret=True).assert_ok()
    app.up().assert_ok()
    made, before = urns(app), specs(docker, unique)
    running = {name: tasks(docker, name) for name in before}

    program = Yaml(app, unique)
    program.write()
    app.assert_no_changes()
    app.up().assert_ok()
    assert urns(app) == made
    assert specs(docker, unique) == before
    assert {name: tasks(docker, name) for name in before} == running
    assert app.outputs()["web"] == f"{unique}_web"
    providers = {entry["provider"] for entry in app.resources().values() if entry.get("provider")}
    assert len(providers) == 1, "what one process knows of the others serves all"

    # two Stacks in flight, one of them new; a value that is known only when the first one is made
    other = f"{unique}-b"
    program.add(unique, env={"LEVEL": 4})
    word = {"baseName": f"{unique}-word", "data": "${pass}"}
    program.resources["word"] = {"type": "swarm:Secret", "properties": word}
    program.add(other, env={"LEVEL": f"${{{unique}.stackName}}"}, secrets={"pass": "${word}"})
    program.write()
    first = app.preview().assert_ok()
    assert first.step(f"{unique}-web", "update").detailed_diff == {"environment.LEVEL": "update"}
    app.up().assert_ok()
    app.assert_no_changes()
    assert f"LEVEL={unique}" in specs(docker, other)[f"{other}_web"]["TaskTemplate"]["ContainerSpec"]["Env"]
    [bound] = specs(docker, other)[f"{other}_web"]["TaskTemplate"]["ContainerSpec"]["Secrets"]
    assert bound["SecretName"].startswith(f"{unique}-word-")
    assert "hunter22" not in str(app.export_state())

    write_yaml(app, "wrong.yml", FILE.format(label=unique).replace("image: bb:1", "imagee: bb:1", 1))
    program.add(other, composeFile="wrong.yml")
    program.write()
    told = app.preview().assert_failed("wrong.yml:3: services.web.imagee: unknown key 'imagee'; did you mean 'image'?")
    assert sum("error:" in line for line in told.diagnostics) == 1, told.output

    app.destroy().assert_ok()
    assert (specs(docker, unique), specs(docker, other)) == ({}, {})


def test_service_of_a_stack_that_fails_is_told_once_and_the_next_up_goes_on(
    project: ProjectFactory, docker: Docker, unique: str, yaml_host: Path
) -> None:
    app = project("")
    write_yaml(app, "shop.yml", FILE.format(label=f"{unique}-none"))
    app.environment["PATH"] = f"{yaml_host.parent}{os.pathsep}{app.environment['PATH']}"
    app.config_set("pass", "hunter22", secret=True).assert_ok()
    program = Yaml(app, unique)
    program.add(f"{unique}-b")
    program.outputs = {}
    program.write()
    failed = app.up().assert_failed("no suitable node", max_lines=16)
    errors = [line.strip() for line in failed.diagnostics if "error:" in line]
    assert sorted(errors) == ["error: 1 error occurred:"] * 2 + ["error: update failed"], failed.output

    write_yaml(app, "shop.yml", FILE.format(label=unique))
    app.up().assert_ok()
    app.assert_no_changes()
    app.destroy().assert_ok()
    assert (specs(docker, unique), specs(docker, f"{unique}-b")) == ({}, {})


def test_ctrl_c_stops_the_waiting_for_a_stack_and_the_next_up_goes_on(
    project: ProjectFactory, docker: Docker, unique: str, yaml_host: Path
) -> None:
    app = project("")
    slow = """healthcheck: {test: "exit 1", interval: 1s, start_period: 5m}"""
    write_yaml(app, "shop.yml", FILE.format(label=unique).replace("image: bb:1", f"image: bb:1\n        {slow}", 1))
    app.environment["PATH"] = f"{yaml_host.parent}{os.pathsep}{app.environment['PATH']}"
    app.config_set("pass", "hunter22", secret=True).assert_ok()
    Yaml(app, unique).write()
    _, output = interrupt(wait_until_starting(app, docker, f"{unique}_web", "bb:1"))
    assert f"stopped waiting for {unique}_web" in output
    assert "Traceback" not in output
    assert "has a problem" not in output, "the Stack itself has none"
    made = docker.service(f"{unique}_web")["ID"]

    write_yaml(app, "shop.yml", FILE.format(label=unique))
    app.up().assert_ok()
    assert docker.service(f"{unique}_web")["ID"] == made
    app.assert_no_changes()
