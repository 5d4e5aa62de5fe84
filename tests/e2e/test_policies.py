"""The policy pack in Pulumi's own policy runtime: a program with a service that breaks each rule, and one with none."""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Mapping
from pathlib import Path

import pytest

from swarm_provider.plan.policies.services import RULES
from swarm_provider.plan.policies.stacks import STACK_RULES
from swarm_provider.version import __version__
from tests.conftest import ProjectFactory
from tests.support.engine import REPO, Docker
from tests.support.pulumi import PulumiProject, Result

pytestmark = pytest.mark.e2e

SERVICES = """\
x-small: &small {resources: {limits: {memory: 32M}}}
x-two: &two {<<: *small, replicas: 2, update_config: {order: start-first}}
x-checked: &checked {image: "bb:1", healthcheck: {test: [CMD, "true"]}}
services:
  latest-image: {image: bb, deploy: *small}
  no-limits: {image: "bb:1"}
  credential: {image: "bb:1", deploy: *small, environment: {DB_PASSWORD: hunter22}}
  shared-local-volume: {image: "bb:1", volumes: ["data:/data"], deploy: {<<: *small, replicas: 2}}
  unpinned-local-volume: {image: "bb:1", volumes: ["data:/data"], deploy: *small}
  single-replica: {<<: *checked, ports: ["8001:80"], deploy: {<<: *two, replicas: 1}}
  no-healthcheck: {image: "bb:1", ports: ["8002:80"], deploy: *two}
  update-order: {<<: *checked, ports: ["8003:80"], deploy: {<<: *small, replicas: 2}}
  failure-ignored: {image: "bb:1", deploy: {<<: *small, update_config: {failure_action: continue}}}
  no-restart: {image: "bb:1", deploy: {<<: *small, restart_policy: {condition: none}}}
  host-port:
    <<: *checked
    ports: [{target: 80, published: 8004, mode: host}]
    deploy: {<<: *small, replicas: 2}
  host-mount: {image: "bb:1", volumes: ["/var/run/docker.sock:/var/run/docker.sock:ro"], deploy: *small}
  capability: {image: "bb:1", cap_add: [SYS_ADMIN], deploy: *small}
  unconfined: {image: "bb:1", security_opt: ["seccomp:unconfined"], deploy: *small}
  forbidden-port: {<<: *checked, ports: ["8005:5432"], deploy: *two}
  registry: {image: "other/bb:1", deploy: *small}
volumes:
  data: {}
"""
GOOD = """\
services:
  web:
    image: bb:1
    ports: ["8006:80"]
    healthcheck: {test: [CMD, "true"]}
    secrets: [password]
    deploy: {replicas: 2, update_config: {order: start-first}, resources: {limits: {memory: 32M}}}
secrets:
  password: {external: true}
"""
STACK = """
    import swarm_provider as swarm
    swarm.Secret("unused", data="x")
    settings = {"dialect": "compose-spec", "resolve_image": "never", "advice": []}
    swarm.Stack("shop", compose_file="shop.yml", **settings)
"""
GOOD_STACK = """
    import swarm_provider as swarm
    password = swarm.Secret("password", data="x")
    back = swarm.Network("back", driver_opts={"encrypted": ""})
    swarm.Stack("shop", compose_file="shop.yml", secrets={"password": password}, networks={"default": back})
"""
OPEN = """
    import swarm_provider as swarm
    back = swarm.Network("back")
    password = swarm.Secret("password", data="x")
    swarm.Service("web", image="bb:1", networks=[back], secrets=[{"source": password}])
"""
EVERYTHING: dict[str, dict[str, object]] = {
    "registry": {"allowed": ["docker.io/library"]},
    "memory-budget": {"memory": "100M"},
    "open-network": {"enforcementLevel": "advisory"},
}
SEES = """
from pulumi_policy import EnforcementLevel, PolicyPack, StackValidationPolicy


def sees(args, report):
    for one in args.resources:
        if one.resource_type == "swarm:index:Service":
            found = one.props
            names = [entry["name"] for entry in found["networks"]]
            secrets = [entry["target"] for entry in found["secrets"]]
            report(f"{found['name']}: {found['deploy']['replicas']:.0f}, {names}, {secrets}")


policy = StackValidationPolicy("sees", "Somebody else's rule.", sees)
PolicyPack("somebody", enforcement_level=EnforcementLevel.ADVISORY, policies=[policy])
"""
SEEN = """
    import swarm_provider as swarm
    password = swarm.Secret("password", data="x")
    back = swarm.Network("back")
    plain = {"networks": [back], "secrets": [{"source": password, "target": "password"}]}
    swarm.Service("web", image="bb:1", deploy={"replicas": 2}, **plain)
    swarm.Stack("shop", compose_file="shop.yml", secrets={"password": password}, networks={"default": back})
"""
_VIOLATION = re.compile(r"^ +- \[(\w+)\] +(\S+) +\(([^)]+)\)\n +\S.*\n +(\S.*)$", re.MULTILINE)


@pytest.fixture(scope="module")
def pack() -> Path:
    """The pack, with a virtual environment that has what it needs."""
    subprocess.run([str(REPO / "tools" / "setup.sh"), "policy"], check=True, capture_output=True)
    return REPO / "policy" / "pulumi-analyzer-swarm"


def judged(app: PulumiProject, pack: Path, configured: Mapping[str, object], command: str = "preview") -> Result:
    settings = app.write("policy.json", json.dumps(configured))
    options = ["--policy-pack", str(pack), "--policy-pack-config", str(settings)]
    return app.run(command, *(["--yes", "--skip-preview"] if command == "up" else []), *options)


def violations(run: Result) -> dict[str, list[str]]:
    """What was told, by rule."""
    found: dict[str, list[str]] = {}
    for _, rule, _, text in _VIOLATION.findall(run.output):
        found.setdefault(rule, []).append(text)
    return found


@pytest.mark.parametrize("kind", ["Stack", "Release"])
def test_each_rule_is_broken_by_its_service_and_by_no_other(project: ProjectFactory, pack: Path, kind: str) -> None:
    app = project(STACK.replace("swarm.Stack", f"swarm.{kind}"))
    app.write("shop.yml", SERVICES)
    run = judged(app, pack, EVERYTHING).assert_ok()
    told = violations(run)
    for rule in RULES:
        (text,) = told.pop(rule.name)
        assert f"shop_{rule.name} " in f"{text} ", "of each service, its own rule alone"
    assert told.pop("unused") == ["secret unused is used by no service of this program; remove it"]
    (text,) = told.pop("memory-budget")
    assert "come to" in text and "100M are allowed" in text, "it knows the limits of every service"
    assert told == {}
    assert "hunter22" not in run.output


@pytest.mark.parametrize("kind", ["Stack", "Release"])
def test_program_that_keeps_all_rules_passes_when_they_are_mandatory(
    project: ProjectFactory, pack: Path, kind: str
) -> None:
    app = project(GOOD_STACK.replace("swarm.Stack", f"swarm.{kind}"))
    app.write("shop.yml", GOOD)
    mandatory = {"enforcementLevel": "mandatory"}
    configured: dict[str, object] = {
        "registry": {**mandatory, "allowed": ["docker.io/library"]},
        "open-network": mandatory,
    }
    configured["memory-budget"] = {**mandatory, "memory": "64M"}
    run = judged(app, pack, {"all": "mandatory", **configured}).assert_ok()
    assert violations(run) == {}
    assert f"swarm@v{__version__}" in run.output, "it was asked"


def test_rule_on_a_whole_stack_sees_networks_and_secrets(project: ProjectFactory, pack: Path) -> None:
    told = violations(judged(project(OPEN), pack, EVERYTHING).assert_ok())
    (text,) = told["open-network"]
    assert text.startswith("web has secrets, and its network back is not encrypted")
    assert "unused" not in told


def test_stack_policy_of_anybody_sees_deploy_networks_and_secrets_of_every_service(
    project: ProjectFactory, pack: Path
) -> None:
    app = project(SEEN)
    app.write(
        "shop.yml",
        "services: {api: {image: 'bb:1', secrets: [password], deploy: {replicas: 3}}}\n"
        "secrets: {password: {external: true}}\n",
    )
    app.write("PulumiPolicy.yaml", "runtime: python\nname: somebody\nversion: 1.0.0\n")
    start = f"exec {pack.parent}/venv/bin/python -u {app.folder}/pack.py"
    own = app.write("pulumi-analyzer-somebody", f'#!/bin/sh\n{start} "$@"\n')
    app.write("pack.py", SEES)
    own.chmod(0o755)
    told = violations(judged(app, own, {}).assert_ok())
    assert sorted(told["sees"]) == ["shop_api: 3, ['back'], ['password']", "web: 2, ['back'], ['password']"]


def test_mandatory_rule_stops_an_up_before_the_service_is_created(
    project: ProjectFactory, pack: Path, docker: Docker, unique: str
) -> None:
    mounts = 'volumes=["/var/run/docker.sock:/run/docker.sock"]'
    app = project(f'import swarm_provider as swarm\nswarm.Service("{unique}", image="bb:1", {mounts})')
    run = judged(app, pack, {"host-mount": "mandatory"}, "up")
    assert run.exit_code != 0 and "[mandatory]  host-mount" in run.output
    assert f"{unique} mounts /var/run/docker.sock of the node" in run.output
    assert docker.lines("service", "ls", "-q") == []

    exempt = {"enforcementLevel": "mandatory", "exempt": [f"{unique[:4]}*"]}
    assert "host-mount" not in violations(judged(app, pack, {"host-mount": exempt}).assert_ok())
    disabled = judged(app, pack, {"all": "disabled"}).assert_ok()
    assert violations(disabled) == {}


def test_pack_has_the_version_of_the_package() -> None:
    assert f"\nversion: {__version__}\n" in (REPO / "policy" / "PulumiPolicy.yaml").read_text()


def test_names_of_rules_are_unique() -> None:
    names = [rule.name for rule in (*RULES, *STACK_RULES)]
    assert len(names) == len(set(names)) >= 12
