"""What a type checker says of a user's program: words that nobody knows are errors, programs that are right are not."""

from __future__ import annotations

import subprocess
import sys
import typing
from pathlib import Path

import pytest

import swarm_provider as swarm
from swarm_provider.model.schema import choices, schema

RIGHT = """
import pulumi

import swarm_provider as swarm

later: pulumi.Output[swarm.ServiceMode] = pulumi.Output.from_input("global")
mode: swarm.ServiceMode = "global-job"
ports: list[swarm.PortArgs] = [{"target": 80, "published": 80, "mode": "host", "protocol": "udp"}]
deploy: swarm.DeployArgs = {"mode": "replicated", "update_config": {"order": "start-first"}}

swarm.Service("a", image="bb:1", deploy={"mode": "replicated", "replicas": 2, "restart_policy": {"condition": "any"}})
swarm.Service("b", image="bb:1", deploy={"mode": later}, ports=["80:80", {"target": 81, "mode": "host"}])
swarm.Service("c", image="bb:1", deploy={"mode": mode}, ports=ports, resolve_image="never", advice=["no-limits"])
swarm.Service("d", image="bb:1", deploy=deploy, volumes=["data:/data", {"type": "volume", "target": "/x"}])
swarm.Service("e", image="bb:1", environment={"N": 3, "R": 0.5, "A": "b", "GONE": None})
web = swarm.Service("f", image="bb:1")
web.deploy.apply(lambda deploy: deploy.update_config.order or deploy["update_config"]["order"])
web.ports.apply(lambda ports: ports[0].published)
pulumi.export("replicas", web.deploy.replicas)
swarm.Node("n", node="n1", availability="drain")
swarm.get_nodes(role="worker")
"""
WRONG = [
    'swarm.Service("a", image="bb:1", deploy={"mode": "replicatd"})',
    'swarm.Service("a", image="bb:1", deploy={"update_config": {"failure_action": "stop"}})',
    'swarm.Service("a", image="bb:1", ports=[{"target": 80, "mode": "hosts"}])',
    'swarm.Service("a", image="bb:1", volumes=[{"type": "bnd", "source": "/a", "target": "/x"}])',
    'swarm.Service("a", image="bb:1", resolve_image="newer")',
    'swarm.Node("n", node="n1", availability="drained")',
    'swarm.get_nodes(role="boss")',
    'mode: swarm.ServiceMode = "globl"',
]


def test_right_programs_pass_and_wrong_words_do_not(tmp_path: Path) -> None:
    lines = ["import swarm_provider as swarm", "", *WRONG]
    right, wrong = tmp_path / "right.py", tmp_path / "wrong.py"
    right.write_text(RIGHT)
    wrong.write_text("\n".join(lines) + "\n")
    command = [sys.executable, "-m", "mypy", "--strict", "--config-file=", f"--cache-dir={tmp_path / 'cache'}"]
    root = Path(swarm.__file__).parents[1]
    done = subprocess.run([*command, right, wrong], cwd=root, capture_output=True, text=True, check=False)
    errors = [line for line in done.stdout.splitlines() if ": error:" in line]
    assert [line for line in errors if "wrong.py:" not in line] == []
    for number in range(3, len(lines) + 1):
        assert any(f"wrong.py:{number}: error:" in line for line in errors), lines[number - 1]


def test_words_are_an_enum_in_the_schema() -> None:
    described = schema("1.2.3")
    assert described["types"]["swarm:index:ServiceMode"] == {
        "type": "string",
        "enum": [{"value": word} for word in ("replicated", "global", "replicated-job", "global-job")],
    }
    assert described["types"]["swarm:index:Deploy"]["properties"]["mode"]["$ref"] == "#/types/swarm:index:ServiceMode"


@pytest.mark.parametrize("choice", choices(), ids=lambda choice: choice.name)
def test_words_are_a_literal_of_that_name_in_python(choice: typing.Any) -> None:
    assert typing.get_args(getattr(swarm, choice.name)) == choice.words
