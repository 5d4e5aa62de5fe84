"""Advice that several services share is one line of a run, in the preview as in `up`, and in the report."""

from __future__ import annotations

from pathlib import Path

import pytest

from swarm_provider.cli.__main__ import main
from tests.conftest import ProjectFactory
from tests.e2e.stacks import stack
from tests.support.pulumi import Result

pytestmark = pytest.mark.e2e

FIVE = """\
services:
  a: {image: "bb:1"}
  b: {image: "bb:1", depends_on: [a]}
  c: {image: "bb:1", configs: [{source: app, target: /app}]}
  d: {image: "bb:1"}
  e: {image: "bb:1"}
  limited: {image: "bb:1", deploy: {resources: {limits: {memory: 32M}}}}
configs:
  app: {content: hello}
"""
SINGLE = """
    import swarm_provider as swarm
    prod = swarm.Provider("prod")
    for name in ("x", "y"):
        swarm.Service(f"{unique}-{name}", image="bb:1", command=["sleep", "600"], wait=False)
    swarm.Service("{unique}-z", image="bb:1", wait=False, opts=__import__("pulumi").ResourceOptions(provider=prod))
"""


BY_SCHEMA = """
    import pulumi
    for name in ("x", "y"):
        given = {{"image": "bb:1", "wait": False, "deploy": {{"replicas": 0}}}}
        made = pulumi.CustomResource("swarm:index:Service", f"{name}-{{name}}", given)
    last = pulumi.ResourceOptions(depends_on=[made])
    pulumi.CustomResource("swarm:index:Service", "{name}-z", given, last)
"""
RELEASE = """
    import swarm_provider as swarm
    swarm.Release("{name}", compose_file="five.yml")
"""


def advice(run: Result) -> list[str]:
    return [line.strip().removeprefix("warning: ") for line in run.assert_ok().diagnostics if "advice: " in line]


def shared(*names: str) -> str:
    return (
        f"advice: {', '.join(names[:-1])} and {names[-1]} have no memory limit: one task can use all the memory of its "
        f"node; set deploy.resources.limits.memory (no-limits)"
    )


def test_advice_on_five_services_is_one_line_of_preview_up_and_report(
    project: ProjectFactory, unique: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    app = project(stack(unique, "five.yml"))
    app.write("five.yml", FIVE)
    line = shared(*(f"{unique}_{key}" for key in "abcde"))
    assert advice(app.preview()) == [line]

    digest = tmp_path / "preview.json"
    digest.write_text(app.preview("--json").assert_ok().stdout)
    page = tmp_path / "page.html"
    assert main(["report", str(digest), "--html", str(page)]) == 0
    report = capsys.readouterr().out
    assert report.count("no memory limit") == page.read_text().count("no memory limit") == 1

    assert advice(app.up()) == [line]
    service = app.resources()[f"{unique}-a"]
    assert {*service["propertyDependencies"]} <= {*service["inputs"]}, "nothing but its inputs"
    assert "advice: " not in app.preview().assert_no_changes().output, "who left it so has read it"
    app.write("five.yml", FIVE.replace("d: {", "d: {hostname: h, "))
    assert advice(app.preview()) == [
        f"advice: {unique}_d has no memory limit: one task can use all the memory of its node; "
        f"set deploy.resources.limits.memory (no-limits)"
    ]
    app.destroy().assert_ok()


def test_services_outside_a_stack_share_the_line_of_their_provider(project: ProjectFactory, unique: str) -> None:
    app = project(SINGLE.replace("{unique}", unique))
    assert sorted(advice(app.preview())) == sorted(
        [
            shared(f"{unique}-x", f"{unique}-y"),
            f"advice: {unique}-z has no memory limit: one task can use all the memory of its node; "
            f"set deploy.resources.limits.memory (no-limits)",
        ]
    )


def test_program_without_our_classes_is_told_in_one_line(project: ProjectFactory, unique: str) -> None:
    app = project(BY_SCHEMA.format(name=unique))
    line = shared(*(f"{unique}-{key}" for key in "xyz"))
    assert advice(app.preview()) == [line]
    assert advice(app.up()) == [line]
    app.destroy().assert_ok()


def test_release_is_told_in_one_line(project: ProjectFactory, unique: str) -> None:
    app = project(RELEASE.format(name=unique))
    app.write("five.yml", FIVE)
    assert advice(app.preview()) == [shared(*(f"{unique}_{key}" for key in "abcde"))]


def test_strict_makes_advice_an_error_of_the_service(project: ProjectFactory, unique: str) -> None:
    app = project(stack(unique, "one.yml", more='strict=True, resolve_image="never"'))
    app.write("one.yml", 'services:\n  a: {image: "bb:1"}\n')
    app.preview().assert_failed(f"advice: {unique}_a has no memory limit", "(an error because strict is set)")
