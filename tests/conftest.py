"""What every test can ask for: engines, docker, Pulumi projects, names of its own.

Tests that ask for an engine get one that the session started itself; the machine's own Docker is never used.
What cannot be started fails, it is not skipped: `pytest -m "not live and not e2e and not multinode"` leaves
those out.
"""

from __future__ import annotations

import os
import secrets
import shutil
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import settings

from tests.support.budget import NEEDS_AN_ENGINE, Budget
from tests.support.engine import ENGINES, Docker, Engine, named_engine, start_engine
from tests.support.pulumi import PulumiProject, find_cli

ProjectFactory = Callable[..., PulumiProject]
# how long one example takes says how busy the machine is, not whether the code is right
settings.register_profile("suite", deadline=None)
settings.load_profile("suite")
_TAG = "{{.Repository}}:{{.Tag}}"


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--engine",
        metavar="DIR",
        default=os.environ.get("SWARM_ENGINE", ""),
        help=f"{', '.join(ENGINES)}, which are fetched or built into the cache, or a folder with a Docker engine; "
        "default: the one on PATH",
    )

    parser.addoption(
        "--cli", type=int, choices=(28, 29), default=28, help="version of the docker CLI that parity is compared with"
    )
    parser.addoption("--long", action="store_true", help="run the tests marked `long` too, as `make accept` does")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave the long forms out unless they are asked for; each has a short form that runs always.

    What takes minutes begins first, so that no process is left with it at the end while the others have nothing to do.
    """
    if not config.getoption("--long"):
        config.hook.pytest_deselected(items=[item for item in items if item.get_closest_marker("long")])
        items[:] = [item for item in items if not item.get_closest_marker("long")]
    slow_files = {item.path for item in items if any(item.get_closest_marker(name) for name in NEEDS_AN_ENGINE)}
    items.sort(key=lambda item: item.path not in slow_files)


def pytest_configure(config: pytest.Config) -> None:
    """Forget the machine's Docker: hosts, contexts and credentials of the user are not for tests."""
    for name in [name for name in os.environ if name.startswith(("DOCKER_", "PULUMI_", "SWARM_"))]:
        del os.environ[name]
    # with it every plugin and every program would compile our modules anew
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    empty = tempfile.mkdtemp(prefix="spdocker")
    os.environ["DOCKER_CONFIG"] = empty
    config.add_cleanup(lambda: shutil.rmtree(empty, ignore_errors=True))
    config.pluginmanager.register(Budget())


@pytest.fixture(scope="session")
def engine_dir(request: pytest.FixtureRequest) -> str:
    """Folder of the engine under test; "" is the one on PATH."""
    return named_engine(str(request.config.getoption("--engine")))


@pytest.fixture(scope="session")
def engine(engine_dir: str) -> Iterator[Engine]:
    """The session's swarm of one node, with the images bb:1 bb:2 web:1 web:2."""
    started = start_engine(engine=engine_dir)
    try:
        started.images("bb", "web")
        yield started
    finally:
        started.down()


@pytest.fixture(scope="session")
def three_nodes(engine_dir: str) -> Iterator[Engine]:
    """The session's swarm of one manager and two workers; a lost node is noticed within about 3 s."""
    started = start_engine(nodes=3, engine=engine_dir, heartbeat="1s")
    try:
        started.images("bb", "web")
        yield started
    finally:
        started.down()


@pytest.fixture(scope="session")
def pg_image(engine: Engine) -> str:
    """A real PostgreSQL on the session's engine."""
    engine.images("pg")
    return next(tag for tag in engine.docker.lines("image", "ls", "--format", _TAG) if tag.startswith("pg:"))


@pytest.fixture(scope="session")
def todo_images(engine: Engine) -> tuple[str, str]:
    """Stand-ins, under their own names, of the images that stacks/todo uses, on the session's engine."""
    engine.images("todo", "db")
    return "diamol/ch06-todo-list:latest", "diamol/postgres:11.5"


@pytest.fixture
def docker(engine: Engine) -> Iterator[Docker]:
    """The docker CLI and API of the session's engine; swarm objects that the test makes go with it."""
    with engine.cleaned():
        yield engine.docker


@pytest.fixture
def unique() -> str:
    """A name that no other test has: 9 characters that fit in every Swarm name and DNS label."""
    return "t" + secrets.token_hex(4)


@pytest.fixture(scope="session")
def pulumi_cli() -> Path:
    """The folder with the pulumi CLI."""
    return find_cli()


@pytest.fixture
def project(tmp_path: Path, engine: Engine, pulumi_cli: Path) -> Iterator[ProjectFactory]:
    """Makes Pulumi projects on the session's engine: `project("import swarm_provider as swarm ...")`.

    Keywords as in PulumiProject; `on=` names another engine. Swarm objects that are left go with the test.
    """
    with engine.cleaned():
        yield project_factory(tmp_path, engine, pulumi_cli)


@pytest.fixture
def project_on_three(tmp_path: Path, three_nodes: Engine, pulumi_cli: Path) -> Iterator[ProjectFactory]:
    """As `project`, on the swarm of three nodes."""
    with three_nodes.cleaned():
        yield project_factory(tmp_path, three_nodes, pulumi_cli)


def project_factory(folder: Path, engine: Engine, cli: Path) -> ProjectFactory:
    """What makes Pulumi projects on an engine, for tests that start one of their own."""

    def make(program: str = "", **options: object) -> PulumiProject:
        options.setdefault("host", engine.host)
        return PulumiProject(folder, program, cli=cli, **options)  # type: ignore[arg-type]

    return make
