"""`pulumi new` with the templates of this repository: what it makes is a program that previews.

Those in Python, YAML and TypeScript are deployed on clean machines, too (tests/tools/test_clean_machine.py).
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from tests.conftest import ProjectFactory
from tests.e2e.test_languages import hosts as hosts
from tests.e2e.test_languages import sdk
from tests.support.engine import REPO
from tests.support.pulumi import PulumiProject

pytestmark = pytest.mark.e2e

TEMPLATES = REPO / "templates"
_GO_SDK = "github.com/swarm-provider/pulumi-swarm/sdk/go/swarm"


def new(app: PulumiProject, language: str) -> Path:
    """Make a project of a template beside the test's own; returns its folder."""
    folder = app.folder / "shop"
    named = ("--name", "shop", "--description", "A shop", "--yes", "--generate-only", "--dir", str(folder))
    app.run("new", str(TEMPLATES / f"swarm-{language}"), *named).assert_ok()
    assert not [file for file in folder.rglob("*") if file.is_file() and "${PROJECT}" in file.read_text()]
    app.run("-C", str(folder), "stack", "init", "dev").assert_ok()
    app.run("-C", str(folder), "config", "set", "image", "bb:1").assert_ok()
    return folder


@pytest.mark.parametrize("template", sorted(path.name for path in TEMPLATES.iterdir()))
def test_template_says_what_it_is_and_asks_for_the_image(template: str) -> None:
    settings = yaml.safe_load((TEMPLATES / template / "Pulumi.yaml").read_text("utf-8"))
    assert (settings["name"], settings["description"]) == ("${PROJECT}", "${DESCRIPTION}")
    assert settings["template"]["description"] and settings["template"]["config"]["image"]["default"]


def test_project_of_the_python_template_previews(project: ProjectFactory) -> None:
    app = project()
    folder = new(app, "python")
    (folder / ".venv").symlink_to(sys.prefix)
    preview = app.preview("-C", str(folder)).assert_ok()
    assert preview.changes == {"create": 4}
    assert preview.step("shop-web", "create").new["inputs"]["image"] == "bb:1"


@pytest.mark.long
def test_project_of_the_go_template_compiles_and_previews(project: ProjectFactory, hosts: Path) -> None:
    app = project()
    app.environment["PATH"] = os.pathsep.join([str(hosts), app.environment["PATH"]])
    folder = new(app, "go")
    sdk(hosts, "go", app.folder / "gen")
    (app.folder / "gen" / "swarm" / "go.mod").write_text(f"module {_GO_SDK}\ngo 1.25\n")
    with (folder / "go.mod").open("a") as file:
        file.write(f"replace {_GO_SDK} => ../gen/swarm\n")
    app.environment |= {"GOTOOLCHAIN": "local", "GOFLAGS": "-mod=mod"}
    for arguments in (("mod", "tidy"), ("vet", "./...")):
        subprocess.run(["go", *arguments], cwd=folder, env=app.environment, check=True)
    preview = app.preview("-C", str(folder)).assert_ok()
    assert preview.changes == {"create": 4}
