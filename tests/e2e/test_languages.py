"""Programs in YAML, TypeScript and Go: those of the page, on the language hosts that can be built from modules.

The SDKs are generated from the schema, as `pulumi package add` does it.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from swarm_provider.model.examples.reading import GO_SDK
from swarm_provider.model.schema import schema
from swarm_provider.version import __version__
from tests.conftest import ProjectFactory
from tests.docs.fences import fences
from tests.support.engine import REPO, Docker
from tests.support.pulumi import PulumiProject

pytestmark = [pytest.mark.e2e, pytest.mark.long, pytest.mark.timeout(1800)]

PAGE = {fence.title: fence.text for fence in fences(REPO / "docs" / "languages.md")}
_GO_SDK = GO_SDK
_GO_PULUMI = "github.com/pulumi/pulumi/sdk/v3 v3.274.1"
_TS_CONFIG = {
    "compilerOptions": {"strict": True, "target": "es2020", "module": "commonjs", "moduleResolution": "node"},
    "files": ["index.ts"],
}


@pytest.fixture(scope="module")
def hosts() -> Path:
    """The folder of the language hosts; the first time it takes minutes."""
    command = [str(REPO / "tools" / "pulumi-cli.sh"), "--languages"]
    return Path(subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True).stdout.strip())


def sdk(hosts: Path, language: str, folder: Path) -> None:
    """Generate the SDK of a language."""
    file = folder.with_suffix(".json")
    file.write_text(json.dumps(schema(__version__)))
    _run([hosts / "pulumi-sdkgen", file, language, folder], folder.parent)


def _run(command: list[Path | str], folder: Path) -> None:
    environment = {**os.environ, "GOTOOLCHAIN": "local", "GOFLAGS": "-mod=mod"}
    done = subprocess.run(
        [str(part) for part in command], cwd=folder, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr


def yaml(app: PulumiProject, hosts: Path) -> Path:
    page = PAGE["yaml"].replace("path: .venv/bin", f"path: {Path(sys.executable).parent}")
    # the test's project has a stack already
    app.write("Pulumi.yaml", page.replace("name: shop", f"name: {app.name}", 1))
    return app.folder / "Pulumi.yaml"


def typescript(app: PulumiProject, hosts: Path) -> Path:
    """Write the program, and compile it as its author's editor does."""
    modules = app.folder / "node_modules"
    modules.mkdir()
    for found in (hosts / "node" / "node_modules").iterdir():
        (modules / found.name).symlink_to(found)
    sdk(hosts, "nodejs", app.folder / "sdk")
    (app.folder / "sdk" / "node_modules").symlink_to(modules)
    compiler = modules / "typescript" / "bin" / "tsc"
    _run(["node", compiler], app.folder / "sdk")
    (app.folder / "sdk" / "bin" / "package.json").write_text((app.folder / "sdk" / "package.json").read_text())
    (modules / "swarm-provider").symlink_to(app.folder / "sdk" / "bin")
    app.write("package.json", json.dumps({"name": "shop", "main": "index.ts"}))
    app.write("tsconfig.json", json.dumps(_TS_CONFIG))
    program = app.write("index.ts", PAGE["index.ts"])
    _run(["node", compiler, "--noEmit", "--skipLibCheck"], app.folder)
    return program


def golang(app: PulumiProject, hosts: Path) -> Path:
    """Write the program, and compile it as its author's editor does."""
    sdk(hosts, "go", app.folder / "gen")
    module = f"module {_GO_SDK}\ngo 1.25\nrequire {_GO_PULUMI}\n"
    app.write("gen/swarm/go.mod", module)
    app.write(
        "go.mod",
        f"module shop\ngo 1.25\nrequire (\n\t{_GO_PULUMI}\n\t{_GO_SDK} v0.0.0\n)\nreplace {_GO_SDK} => ./gen/swarm\n",
    )
    program = app.write("main.go", PAGE["main.go"])
    _run(["go", "mod", "tidy"], app.folder)
    _run(["go", "vet", "./..."], app.folder)
    app.environment |= {"GOTOOLCHAIN": "local", "GOFLAGS": "-mod=mod"}
    return program


@pytest.fixture(params=[("yaml", yaml), ("nodejs", typescript), ("go", golang)], ids=["yaml", "typescript", "go"])
def app(request: pytest.FixtureRequest, project: ProjectFactory, hosts: Path) -> Iterator[tuple[PulumiProject, Path]]:
    """A project in a language, and the file of its program."""
    runtime: str
    prepare: Callable[[PulumiProject, Path], Path]
    runtime, prepare = request.param
    made = project()
    made.environment["PATH"] = os.pathsep.join([str(hosts), made.environment["PATH"]])
    settings = json.loads((made.folder / "Pulumi.yaml").read_text())
    made.write("Pulumi.yaml", json.dumps({**settings, "runtime": runtime}))
    for name in ("shop.yml", "site.yml"):
        made.write(name, PAGE[name])
    yield made, prepare(made, hosts)


def test_program_of_a_newcomer_works_at_the_first_try(app: tuple[PulumiProject, Path], docker: Docker) -> None:
    made, program = app
    made.config_set("dbPassword", "correct horse", secret=True).assert_ok()
    first = made.preview().assert_ok()
    assert first.step("back").new["inputs"]["name"] == "back"
    made.up().assert_ok()
    outputs = made.outputs()
    assert {name: outputs[name] for name in ("network", "replicas", "stack", "front")} == {
        "network": "back",
        "replicas": 1,
        "stack": "shop",
        "front": "site_front",
    }
    assert "MODE=prod" in docker.service("site_front")["Spec"]["TaskTemplate"]["ContainerSpec"]["Env"]
    assert docker.exec_in("site_front", "cat", "/run/secrets/password") == "correct horse"
    spec = docker.service("web")["Spec"]["TaskTemplate"]
    assert spec["Networks"][0]["Target"] == docker.json("network", "inspect", "back")[0]["Id"]
    assert "PORT=8080" in spec["ContainerSpec"]["Env"]
    assert docker.exec_in("web", "cat", "/etc/app.conf") == "mode = 1"
    made.run("preview", "--expect-no-changes").assert_no_changes()

    program.write_text(program.read_text().replace("mode = 1", "mode = 2").replace("prod", "stage"))
    changed = made.preview().assert_ok()
    assert changed.changes == {"update": 3}
    assert sorted(changed.step("web", "update").detailed_diff) == ["configs[0].source", "environment.MODE"]
    assert list(changed.step("site-front", "update").detailed_diff) == ["environment.MODE"]
    made.up().assert_ok()
    assert "MODE=stage" in docker.service("site_front")["Spec"]["TaskTemplate"]["ContainerSpec"]["Env"]
    assert docker.exec_in("web", "cat", "/etc/app.conf") == "mode = 2"
    made.run("preview", "--expect-no-changes").assert_no_changes()

    assert "correct horse" not in json.dumps(made.export_state())
    made.destroy().assert_ok()
    assert docker.lines("service", "ls", "-q") == []


def test_package_of_the_python_sdk_is_another_one_than_ours(hosts: Path, tmp_path: Path) -> None:
    sdk(hosts, "python", tmp_path / "sdk")
    packages = [entry.name for entry in (tmp_path / "sdk").iterdir() if entry.is_dir()]
    assert packages == ["pulumi_swarm"]
    assert 'name = "pulumi_swarm"' in (tmp_path / "sdk" / "pyproject.toml").read_text()
