"""The examples of the schema, by the compilers of their languages, and those in YAML by the real CLI.

The cheap form is tests/model/test_examples.py.
"""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from swarm_provider.model.examples.reading import GO_SDK, TITLES, programs
from tests.conftest import ProjectFactory
from tests.e2e import test_languages as languages
from tests.model.test_examples import COMPOSE
from tests.support.engine import Docker

pytestmark = [pytest.mark.e2e, pytest.mark.long, pytest.mark.timeout(1800)]

hosts = languages.hosts


def write(folder: Path, language: str, path: str) -> list[str]:
    """Write the example of every resource to `path`; returns where."""
    written = []
    for name in TITLES:
        file = folder / path.format(name=name)
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(dict(programs(name))[language])
        written.append(str(file.relative_to(folder)))
    return written


def languages_of(file: Path) -> set[str]:
    """The languages of the examples in the comments of a generated file."""
    return set(re.findall(r"```([a-z]+)$", file.read_text(), re.MULTILINE))


def test_examples_in_typescript_compile_against_the_generated_sdk(hosts: Path, tmp_path: Path) -> None:
    modules = tmp_path / "node_modules"
    modules.mkdir()
    for found in (hosts / "node" / "node_modules").iterdir():
        (modules / found.name).symlink_to(found)
    languages.sdk(hosts, "nodejs", tmp_path / "sdk")
    (modules / "swarm-provider").symlink_to(tmp_path / "sdk")
    assert languages_of(tmp_path / "sdk" / "service.ts") == {"typescript"}
    files = write(tmp_path, "typescript", "{name}.ts")
    options = {"strict": True, "target": "es2020", "module": "commonjs", "moduleResolution": "node"}
    (tmp_path / "tsconfig.json").write_text(json.dumps({"compilerOptions": options, "files": files}))
    languages._run(["node", modules / "typescript" / "bin" / "tsc", "--noEmit", "--skipLibCheck"], tmp_path)


def test_examples_in_go_compile_against_the_generated_sdk(hosts: Path, tmp_path: Path) -> None:
    languages.sdk(hosts, "go", tmp_path / "gen")
    assert languages_of(tmp_path / "gen" / "swarm" / "service.go") == {"go"}
    pulumi = languages._GO_PULUMI
    (tmp_path / "gen/swarm/go.mod").write_text(f"module {GO_SDK}\ngo 1.25\nrequire {pulumi}\n")
    needs = f"require (\n\t{pulumi}\n\t{GO_SDK} v0.0.0\n)\nreplace {GO_SDK} => ./gen/swarm\n"
    (tmp_path / "go.mod").write_text(f"module examples\ngo 1.25\n{needs}")
    write(tmp_path, "go", "{name}/main.go")
    languages._run(["go", "mod", "tidy"], tmp_path)
    languages._run(["go", "vet", "./..."], tmp_path)


@pytest.mark.parametrize("name", TITLES)
def test_example_in_yaml_is_previewed(project: ProjectFactory, docker: Docker, hosts: Path, name: str) -> None:
    app = project()
    app.environment["PATH"] = f"{hosts}:{app.environment['PATH']}"
    text = dict(programs(name))["yaml"]
    # what a test's swarm has in the place of the reader's
    text = text.replace("        - ssh://ops@manager-2\n", "").replace("ssh://ops@manager-1", docker.host)
    host = docker.json("node", "inspect", "self")[0]["Description"]["Hostname"]
    text = re.sub(r"node-[12]", host, text.replace("[node-1, node-2]", host))
    text = re.sub(r"(?<=image: )\S+", "bb:1", text)
    app.write("shop.yml", COMPOSE.replace("postgres:${TAG}", "bb:${TAG}"))
    app.write("conf.d/web.conf", "listen 80;")
    head = json.loads((app.folder / "Pulumi.yaml").read_text())
    # a line each of JSON is YAML
    lines = [f"{key}: {json.dumps(value)}" for key, value in {**head, "runtime": "yaml"}.items()]
    app.write("Pulumi.yaml", "\n".join([*lines, text]))
    app.config_set("dbPassword", "canary", secret=True).assert_ok()
    app.config_set("imageTag", "1").assert_ok()
    shown = app.preview().assert_ok()
    assert shown.changes["create"] >= 1
    assert "canary" not in shown.output
