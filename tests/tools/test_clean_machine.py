"""What `make dist` makes, installed where nothing is but the Pulumi CLI and the language: the templates' programs run.

The language hosts are those that can be built from modules; a user's CLI brings newer ones.
"""

from __future__ import annotations

import hashlib
import json
import subprocess
import tarfile
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from swarm_provider.version import PLUGIN_DOWNLOAD_URL
from tests.support.clean_machine import CleanMachine
from tests.support.engine import REPO, Docker, Engine
from tests.tools.clone import Clone

pytestmark = [pytest.mark.e2e, pytest.mark.long, pytest.mark.timeout(2400)]

VERSION = "0.1.0"
PLUGIN = f"pulumi-resource-swarm-v{VERSION}-linux-amd64.tar.gz"
GO_SDK = f"pulumi-swarm-go-sdk-v{VERSION}.zip"
NAMES = {
    f"swarm_provider-{VERSION}-py3-none-any.whl",
    f"swarm_provider-{VERSION}.tar.gz",
    f"swarm-provider-{VERSION}.tgz",
    GO_SDK,
    PLUGIN,
    "pulumi-resource-swarm-linux-amd64.cdx.json",
    "schema.json",
    "SHA256SUMS",
}


@pytest.fixture(scope="module")
def dist(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What `make dist` makes in a clone with a tag."""
    clone = Clone(tmp_path_factory.mktemp("dist") / "clone")
    clone.git("tag", f"v{VERSION}")
    clone.make("dist", SOURCE_DATE_EPOCH="1700000000")
    assert clone.git("status", "--porcelain") == ""
    return clone.folder / "dist"


def test_dist_has_everything_under_the_version_of_the_tag(dist: Path) -> None:
    assert {path.name for path in dist.iterdir()} == NAMES
    subprocess.run(["sha256sum", "--check", "--quiet", "SHA256SUMS"], cwd=dist, check=True)
    with zipfile.ZipFile(dist / f"swarm_provider-{VERSION}-py3-none-any.whl") as wheel:
        data = wheel.read(f"swarm_provider-{VERSION}.dist-info/METADATA").decode()
        assert f'__version__ = "{VERSION}"' in wheel.read("swarm_provider/version.py").decode()
        assert "swarm_provider/compose/schema/LICENSE" in wheel.namelist()
    assert f"\nVersion: {VERSION}\n" in data and "\nLicense-Expression: Apache-2.0\n" in data
    assert "](docs/" not in data and f"/blob/v{VERSION}/docs/reference.md" in data
    with tarfile.open(dist / f"swarm_provider-{VERSION}.tar.gz") as source:
        top = {name.split("/")[1] for name in source.getnames() if "/" in name}
    assert top == {
        *("LICENSE", "README.md", "CHANGELOG.md", "MANIFEST.in", "PKG-INFO", "pyproject.toml", "setup.py", "setup.cfg"),
        *("swarm_provider", "swarm_provider.egg-info"),
    }
    with tarfile.open(dist / f"swarm-provider-{VERSION}.tgz") as npm:
        packed = json.load(npm.extractfile("package/package.json"))  # type: ignore[arg-type]
        assert {"package/index.js", "package/index.d.ts", "package/LICENSE"} <= set(npm.getnames())
    assert packed["version"] == VERSION and packed["pulumi"]["server"] == PLUGIN_DOWNLOAD_URL
    with zipfile.ZipFile(dist / GO_SDK) as module:
        assert {name.split("@", 1)[1].split("/")[0] for name in module.namelist()} == {f"v{VERSION}"}
    materials = json.loads((dist / "pulumi-resource-swarm-linux-amd64.cdx.json").read_text())
    parts = {part["name"].lower(): part["version"] for part in materials["components"]}
    assert {"grpcio", "docker", "pulumi", "pyyaml"} <= set(parts) and "pip" not in parts


def test_second_clone_elsewhere_makes_the_same_bytes(dist: Path, tmp_path: Path) -> None:
    clone = Clone(tmp_path / "elsewhere")
    clone.git("tag", f"v{VERSION}")
    clone.make("dist", SOURCE_DATE_EPOCH="1700000000")
    different = [
        path.name
        for path in sorted(dist.iterdir())
        if hashlib.sha256(path.read_bytes()).digest()
        != hashlib.sha256((clone.folder / "dist" / path.name).read_bytes()).digest()
    ]
    assert different == []


class Stranger:
    """Somebody on a clean machine, with the CLI and a backend, beside a swarm."""

    def __init__(self, machine: CleanMachine, engine: Engine) -> None:
        self.machine, self.engine = machine, engine
        self.socket = Path(engine.host.removeprefix("unix://")).parent
        self.run("mkdir -p /state && pulumi login --non-interactive file:///state")

    def run(self, script: str) -> str:
        return self.machine.run(
            f"cd /root/shop 2>/dev/null || cd /root\n{script}",
            self.socket,
            DOCKER_HOST=self.engine.host,
            # the host that can be built from modules takes the first Python of PATH; the plugin is found otherwise
            PATH="/root/shop/.venv/bin:/opt/pulumi:/usr/sbin:/usr/bin:/sbin:/bin",
            PULUMI_IGNORE_AMBIENT_PLUGINS="true",
            PULUMI_SKIP_UPDATE_CHECK="true",
            PULUMI_CONFIG_PASSPHRASE="x",
        )

    def new(self, language: str, *arguments: str) -> None:
        """Make a project of the template."""
        given = ["--name", "shop", "--stack", "dev", "--config", "image=bb:1", "--yes", "--non-interactive", *arguments]
        self.run(f"mkdir shop && cd shop && pulumi new /templates/swarm-{language} {' '.join(given)}")


@pytest.fixture
def stranger(
    dist: Path, engine: Engine, pulumi_cli: Path, hosts: Path, tmp_path: Path
) -> Iterator[Callable[..., Stranger]]:
    def prepare(*packages: str) -> Stranger:
        machine = CleanMachine(tmp_path / "machine", *packages)
        machine.copy(dist, "/dist")
        machine.copy(REPO / "templates", "/templates")
        for folder in (pulumi_cli, hosts):
            for program in folder.glob("pulumi*"):
                machine.copy(program, f"/opt/pulumi/{program.name}")
        return Stranger(machine, engine)

    yield prepare


@pytest.fixture(scope="module")
def hosts() -> Path:
    command = [str(REPO / "tools" / "pulumi-cli.sh"), "--languages"]
    return Path(subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True).stdout.strip())


def deploys(there: Stranger, docker: Docker) -> None:
    """The program of the template: up, an empty preview, destroy."""
    there.run("pulumi up --yes --skip-preview --non-interactive")
    assert docker.lines("service", "ls", "--format", "{{.Name}} {{.Replicas}}") == ["shop_web 2/2"]
    there.run("pulumi preview --expect-no-changes --non-interactive")
    there.run("pulumi destroy --yes --skip-preview --non-interactive")
    assert docker.lines("service", "ls", "-q") == []


def test_wheel_is_all_that_a_program_in_python_needs(stranger: Callable[..., Stranger], docker: Docker) -> None:
    there = stranger("python3", "python3-venv")
    there.run("test ! -e /usr/bin/docker && test ! -e /usr/bin/git")
    there.new("python", "--generate-only")
    there.run("python3 -m venv .venv && PIP_FIND_LINKS=/dist .venv/bin/pip install --quiet -r requirements.txt")
    there.run("pulumi stack init dev && pulumi config set image bb:1")
    deploys(there, docker)


def test_plugins_archive_needs_no_python(stranger: Callable[..., Stranger], docker: Docker) -> None:
    there = stranger()
    there.run("test ! -e /usr/bin/python3 && test ! -e /usr/bin/node")
    there.run(f"pulumi plugin install resource swarm {VERSION} --file /dist/{PLUGIN}")
    there.new("yaml")
    deploys(there, docker)


def test_npm_package_and_the_plugins_archive_are_all_that_typescript_needs(
    stranger: Callable[..., Stranger], docker: Docker
) -> None:
    # Debian's npm brings a Python along, which has nothing of ours
    there = stranger("nodejs", "npm")
    there.run(f"pulumi plugin install resource swarm {VERSION} --file /dist/{PLUGIN}")
    there.new("typescript", "--generate-only")
    there.run(f"npm install --no-audit --no-fund --loglevel=error /dist/swarm-provider-{VERSION}.tgz")
    there.run("pulumi stack init dev && pulumi config set image bb:1")
    deploys(there, docker)
