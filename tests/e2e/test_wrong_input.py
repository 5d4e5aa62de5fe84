"""Wrong input is told in a few lines that say what, where and what to do; once corrected, it converges.

What the user wrote is wrong here: in a program, a compose file or the provider's settings. What is wrong with the
surroundings (no engine, no plugin, ...) is in test_wrong_surroundings.
"""

from __future__ import annotations

import textwrap
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.conftest import ProjectFactory
from tests.support.engine import Docker, Engine
from tests.support.pulumi import PulumiProject

pytestmark = pytest.mark.e2e

HEAD = """
import os
import pulumi
import swarm_provider as swarm
"""


@dataclass(frozen=True)
class Case:
    """One mistake.

    Attributes:
        wrong, right: a line of a program, or, with `file`, the text of a compose file.
        says: what the message has to contain: what is wrong, where, and what to do.
        file: name of the compose file; a Stack is made of it.
    """

    wrong: str
    right: str
    says: tuple[str, ...]
    file: str = ""

    def use(self, app: PulumiProject, text: str) -> str:
        """Write the compose file, if there is one, and return the program's line."""
        if not self.file:
            return text
        app.write(self.file, text)
        return f"swarm.Stack({self.file.removesuffix('.yml')!r}, compose_file={self.file!r})"


def line(wrong: str, right: str, *says: str) -> Case:
    return Case(wrong, right, says)


def compose(file: str, wrong: str, right: str, *says: str) -> Case:
    return Case(textwrap.dedent(wrong).lstrip(), textwrap.dedent(right).lstrip(), says, file)


UNKNOWN_KEY = [
    line(
        'swarm.Service("uk1", image="bb:1", deploy={"replica": 1})',
        'swarm.Service("uk1", image="bb:1", deploy={"replicas": 1})',
        "uk1",
        "deploy: unknown key 'replica'; did you mean 'replicas'?",
    ),
    line(
        'swarm.Service("uk2", image="bb:1", enviroment={"A": "1"})',
        'swarm.Service("uk2", image="bb:1", environment={"A": "1"})',
        "swarm.Service 'uk2': unknown argument 'enviroment'; did you mean 'environment'?",
    ),
    line(
        'swarm.Config("uk3", dta="1")',
        'swarm.Config("uk3", data="1")',
        "swarm.Config 'uk3': unknown argument 'dta'; did you mean 'data'?",
    ),
    line(
        'swarm.Secret("uk4", data="1", lables={"a": "b"})',
        'swarm.Secret("uk4", data="1", labels={"a": "b"})',
        "swarm.Secret 'uk4': unknown argument 'lables'; did you mean 'labels'?",
    ),
    line(
        'swarm.Network("uk5", ipam={"config": [{"subnett": "10.77.1.0/24"}]})',
        'swarm.Network("uk5", ipam={"config": [{"subnet": "10.77.1.0/24"}]})',
        "uk5",
        "ipam.config[0]: unknown key 'subnett'; did you mean 'subnet'?",
    ),
    line(
        'swarm.Volume("uk6", driver_options={})',
        'swarm.Volume("uk6", driver_opts={})',
        "swarm.Volume 'uk6': unknown argument 'driver_options'; did you mean 'driver_opts'?",
    ),
    line(
        'swarm.NodeLabel("uk7", node="*", key="uk7", vlaue="1")',
        'swarm.NodeLabel("uk7", node="*", key="uk7", value="1")',
        "swarm.NodeLabel 'uk7': unknown argument 'vlaue'; did you mean 'value'?",
    ),
    compose(
        "uk8.yml",
        """
        services:
          web:
            image: bb:1
            enviroment: {A: "1"}
        """,
        """
        services:
          web:
            image: bb:1
            environment: {A: "1"}
        """,
        "uk8.yml:4: services.web.enviroment: unknown key 'enviroment'; did you mean 'environment'?",
    ),
    line(
        'swarm.Provider("uk9", hots=os.environ["DOCKER_HOST"])',
        'swarm.Provider("uk9", host=os.environ["DOCKER_HOST"])',
        "swarm.Provider 'uk9': unknown argument 'hots'; did you mean 'host",
    ),
]
BAD_TYPE = [
    line(
        'swarm.Service("bt1", image="bb:1", deploy={"replicas": "many"})',
        'swarm.Service("bt1", image="bb:1", deploy={"replicas": 1})',
        "bt1",
        "deploy.replicas: must be an integer, not 'many'",
    ),
    line(
        'swarm.Service("bt2", image=["bb:1"])',
        'swarm.Service("bt2", image="bb:1")',
        "bt2",
        "image: must be a string, not a list",
    ),
    line(
        'swarm.Config("bt3", data={"level": "debug"})',
        """swarm.Config("bt3", data='{"level": "debug"}')""",
        "bt3",
        "data: must be a string, not a mapping",
    ),
    line(
        'swarm.Secret("bt4", data="1", keep_previous="two")',
        'swarm.Secret("bt4", data="1", keep_previous=2)',
        "bt4",
        "keep_previous: must be an integer, not 'two'",
    ),
    line(
        'swarm.Network("bt5", attachable="sometimes")',
        'swarm.Network("bt5", attachable=True)',
        "bt5",
        "attachable: must be a boolean, not 'sometimes'",
    ),
    line(
        'swarm.Volume("bt6", driver_opts="type=tmpfs")',
        'swarm.Volume("bt6", driver_opts={"type": "tmpfs"})',
        "bt6",
        "driver_opts: must be a mapping, not a string",
    ),
    line(
        'swarm.NodeLabel("bt7", node={"name": "node1"}, key="bt7")',
        'swarm.NodeLabel("bt7", node="node1", key="bt7")',
        "bt7",
        "node: must be a list, not a mapping",
    ),
    compose(
        "bt8.yml",
        """
        services:
          web:
            image: bb:1
            deploy:
              replicas: many
        """,
        """
        services:
          web:
            image: bb:1
            deploy:
              replicas: 1
        """,
        "bt8.yml:5: services.web.deploy.replicas",
        "many",
        "integer",
    ),
    line(
        'swarm.Provider("bt9", host=os.environ["DOCKER_HOST"], strict="maybe")',
        'swarm.Provider("bt9", host=os.environ["DOCKER_HOST"], strict=True)',
        "bt9",
        "strict: must be a boolean, not 'maybe'",
    ),
]
BAD_VALUE = [
    line(
        'swarm.Service("bv1", image="bb:1", ports=["80:99999"])',
        'swarm.Service("bv1", image="bb:1", ports=["18081:99"])',
        "bv1",
        "ports",
        "'80:99999'",
        "ports must be at most 65535",
    ),
    line(
        'swarm.Service("bv2", image="bb:1", deploy={"mode": "replicate"})',
        'swarm.Service("bv2", image="bb:1", deploy={"mode": "replicated"})',
        "bv2",
        "deploy.mode: must be one of",
        "did you mean 'replicated'?",
    ),
    line(
        'swarm.Service("bv3", image="bb:1", deploy={"resources": {"limits": {"memory": "100Q"}}})',
        'swarm.Service("bv3", image="bb:1", deploy={"resources": {"limits": {"memory": "100M"}}})',
        "bv3",
        "deploy.resources.limits.memory",
        "100Q",
    ),
    line(
        'swarm.Config("bv4", name="my app", data="1")',
        'swarm.Config("bv4", name="my-app", data="1")',
        "bv4",
        "name: 'my app' cannot be the name of a config: use letters, digits",
    ),
    line(
        'swarm.Secret("bv5", data="x" * 512_000)',
        'swarm.Secret("bv5", data="x" * 511_999)',
        "bv5",
        "data: the content has 512000 bytes; the maximum for a secret is 511999",
    ),
    line(
        'swarm.Network("bv6", name="front/back")',
        'swarm.Network("bv6", name="front-back")',
        "bv6",
        "name: 'front/back' cannot be the name of a network",
    ),
    line(
        'swarm.Volume("bv7", name="data/db")',
        'swarm.Volume("bv7", name="data-db")',
        "bv7",
        "name: 'data/db' cannot be the name of a volume",
    ),
    line(
        'swarm.NodeLabel("bv8", node="nod1", key="bv8")',
        'swarm.NodeLabel("bv8", node="node1", key="bv8")',
        "bv8",
        "node: node 'nod1' does not exist in the swarm; did you mean 'node1'?",
    ),
    compose(
        "bv9.yml",
        """
        services:
          web:
            image: bb:1
            healthcheck: {test: "true", interval: 10 parsecs}
        """,
        """
        services:
          web:
            image: bb:1
            healthcheck: {test: "true", interval: 10s}
        """,
        "bv9.yml:4: services.web.healthcheck.interval",
        "10 parsecs",
    ),
    line(
        'swarm.Config("bv10", data="1", opts=pulumi.ResourceOptions(provider=swarm.Provider("p", host="htp://m1")))',
        'swarm.Config("bv10", data="1")',
        "'htp://m1'",
        "unix://",
        "ssh://",
    ),
]
MISSING_FILE = [
    line(
        'swarm.Config("mf1", file="nope.json")',
        'swarm.Config("mf1", file="files/app.json")',
        "swarm.Config 'mf1': file: 'nope.json' does not exist; a relative path starts in the folder of the Pulumi",
    ),
    line(
        'swarm.Secret("mf2", file="/nope/db.key")',
        'swarm.Secret("mf2", file="files/db.key")',
        "swarm.Secret 'mf2': file: '/nope/db.key' does not exist",
    ),
    line(
        'swarm.Stack("mf3", compose_file="nope.yml")',
        'swarm.Stack("mf3", compose_file="files/mf3.yml")',
        "nope.yml: the compose file does not exist",
    ),
    compose(
        "mf4.yml",
        """
        services:
          web: {image: "bb:1", configs: [app]}
        configs:
          app:
            file: ./nope.json
        """,
        """
        services:
          web: {image: "bb:1", configs: [app]}
        configs:
          app:
            file: ./files/app.json
        """,
        "mf4.yml:4: configs.app: the file",
        "nope.json does not exist",
    ),
    compose(
        "mf5.yml",
        """
        services:
          web:
            image: bb:1
            env_file: nope.env
        """,
        """
        services:
          web:
            image: bb:1
            env_file: files/app.env
        """,
        "mf5.yml:4: services.web.env_file",
        "nope.env",
        "does not exist",
    ),
    line(
        'swarm.Config("mf6", data="1", opts=pulumi.ResourceOptions(provider=swarm.Provider("p", '
        'host="tcp://127.0.0.1:2376", tls={"ca_file": "nope.pem"})))',
        'swarm.Config("mf6", data="1")',
        "nope.pem",
        "does not exist",
    ),
]
CLASSES = {"unknown key": UNKNOWN_KEY, "bad type": BAD_TYPE, "bad value": BAD_VALUE, "missing file": MISSING_FILE}
FILES = {
    "files/app.json": "{}",
    "files/db.key": "k3y",
    "files/app.env": "A=1\n",
    "files/mf3.yml": 'services: {web: {image: "bb:1"}}\n',
}


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory, engine: Engine, pulumi_cli: Path) -> Iterator[PulumiProject]:
    """One project for all cases: what fails in the preview leaves nothing behind."""
    with engine.cleaned():
        project = PulumiProject(tmp_path_factory.mktemp("wrong"), host=engine.host, cli=pulumi_cli)
        for path, content in FILES.items():
            project.write(path, content)
        yield project
        project.destroy().assert_ok()


@pytest.mark.parametrize(
    "case",
    [
        pytest.param(case, id=f"{kind} {number}", marks=[pytest.mark.long] if number else [])
        for kind, cases in CLASSES.items()
        for number, case in enumerate(cases)
    ],
)
def test_mistake_is_told_in_few_lines(app: PulumiProject, case: Case) -> None:
    app.program(HEAD + case.use(app, case.wrong))
    result = app.preview().assert_failed(*case.says)
    assert result.diagnostics, f"nothing under Diagnostics\n{result}"


@pytest.mark.long
def test_corrected_input_converges(app: PulumiProject) -> None:
    cases = [case for cases in CLASSES.values() for case in cases]
    app.program(HEAD + "\n".join(case.use(app, case.right) for case in cases))
    app.up().assert_ok()
    app.assert_no_changes()


# ------------------------------------------------------------------- the provider's settings


@pytest.mark.parametrize(
    ("key", "wrong", "says"),
    [
        ("hots", "unix:///run/docker.sock", ("unknown key 'hots'; did you mean 'host",)),
        pytest.param("strict", "maybe", ("strict: must be a boolean, not 'maybe'",), marks=pytest.mark.long),
        pytest.param("keepPrevious", "-1", ("keep_previous", "-1"), marks=pytest.mark.long),
        pytest.param("apiVersion", "latest", ("api_version", "'latest'", "1.43"), marks=pytest.mark.long),
    ],
)
def test_wrong_setting_of_the_provider_is_told_by_its_name(
    app: PulumiProject, key: str, wrong: str, says: tuple[str, ...]
) -> None:
    app.program(HEAD + 'swarm.Config("app", data="1")')
    app.config_set(f"swarm:{key}", wrong).assert_ok()
    try:
        app.preview().assert_failed(*says)
    finally:
        app.run("config", "rm", f"swarm:{key}").assert_ok()
    app.preview().assert_ok()


# ------------------------------------------------------------------------- missing externals

EXTERNAL = """
services:
  web:
    image: bb:1
    configs: [app]
    secrets: [db]
    networks: [front]
configs: {app: {external: true, name: NAME-app}}
secrets: {db: {external: true, name: NAME-db}}
networks: {front: {external: true, name: NAME-front}}
"""


@pytest.mark.parametrize(
    ("argument", "says"),
    [
        ('configs=[{"source": "NAME-app"}]', "configs[0]: config 'NAME-app' does not exist in the swarm"),
        pytest.param(
            'secrets=[{"source": "NAME-db"}]',
            "secrets[0]: secret 'NAME-db' does not exist in the swarm",
            marks=pytest.mark.long,
        ),
        pytest.param(
            'networks=["NAME-front"]',
            "networks[0]: network 'NAME-front' does not exist in the swarm",
            marks=pytest.mark.long,
        ),
    ],
)
def test_missing_external_of_a_service_is_told_by_its_name(
    app: PulumiProject, unique: str, argument: str, says: str
) -> None:
    app.program(HEAD + f'swarm.Service("{unique}", image="bb:1", {argument.replace("NAME", unique)})')
    app.preview().assert_failed(unique, says.replace("NAME", unique), "create it first")


def test_missing_external_of_a_lookup_is_told_by_its_name(app: PulumiProject, unique: str) -> None:
    app.program(HEAD + f'pulumi.export("id", swarm.get_config("{unique}").id)')
    app.preview().assert_failed(f"config '{unique}' does not exist in the swarm", "create it first")


@pytest.mark.long
def test_missing_externals_of_a_stack_are_told_at_once_and_converge_when_made(
    app: PulumiProject, docker: Docker, unique: str
) -> None:
    app.write("external.yml", EXTERNAL.replace("NAME", unique))
    app.program(HEAD + f'swarm.Stack("{unique}", compose_file="external.yml")')
    missing = [f"config '{unique}-app'", f"secret '{unique}-db'", f"network '{unique}-front'"]
    app.preview().assert_failed(*(f"{name} does not exist in the swarm" for name in missing))
    docker("config", "create", f"{unique}-app", "-", stdin="1")
    docker("secret", "create", f"{unique}-db", "-", stdin="2")
    docker("network", "create", "--driver", "overlay", f"{unique}-front")
    app.up().assert_ok()
    app.assert_no_changes()
    assert docker.exec_in(f"{unique}_web", "cat", "/run/secrets/db") == "2"
    app.destroy().assert_ok()
    docker("network", "inspect", f"{unique}-front")


# --------------------------------------------------------------- a foreign object of that name


@pytest.mark.parametrize("kind", ["service", pytest.param("network", marks=pytest.mark.long)])
def test_object_made_with_docker_is_refused_until_it_is_adopted(
    app: PulumiProject, docker: Docker, unique: str, kind: str
) -> None:
    if kind == "service":
        docker("service", "create", "--detach", "--name", unique, "bb:1")
        make = f'swarm.Service("x", name="{unique}", image="bb:1"'
    else:
        docker("network", "create", "--driver", "overlay", unique)
        make = f'swarm.Network("x", name="{unique}"'
    app.program(HEAD + make + ")")
    app.preview().assert_failed(
        f"{kind} '{unique}' already exists and was not created by Pulumi",
        "set adopt=True to adopt it",
        f"pulumi import swarm:index:{kind.capitalize()}",
    )
    app.program(HEAD + make + ", adopt=True)")
    app.up().assert_ok()
    app.assert_no_changes()


def test_service_of_docker_stack_deploy_is_refused_until_the_stack_adopts_it(
    app: PulumiProject, docker: Docker, unique: str
) -> None:
    file = app.write("foreign.yml", 'version: "3.7"\nservices: {web: {image: "bb:1"}}\n')
    docker("stack", "deploy", "--resolve-image", "never", "--compose-file", str(file), unique)
    docker.wait_running(f"{unique}_web")
    tasks = docker.task_ids(f"{unique}_web")
    app.program(HEAD + f'swarm.Stack("{unique}", compose_file="foreign.yml")')
    app.preview().assert_failed(f"'{unique}_", "already exists and was not created by Pulumi", "adopt=True")
    app.program(HEAD + f'swarm.Stack("{unique}", compose_file="foreign.yml", adopt=True)')
    app.up().assert_ok()
    app.assert_no_changes()
    assert docker.task_ids(f"{unique}_web") == tasks


@pytest.mark.long
def test_node_label_of_somebody_else_is_refused_until_it_is_overwritten(
    app: PulumiProject, docker: Docker, unique: str
) -> None:
    docker("node", "update", "--label-add", f"{unique}=ssd", "node1")
    label = f'swarm.NodeLabel("x", node="*", key="{unique}", value="raid"'
    app.program(HEAD + label + ")")
    app.preview().assert_failed("node 'node1'", f"{unique}=ssd", "set by someone else", "set overwrite=True")
    app.program(HEAD + label + ", overwrite=True)")
    app.up().assert_ok()
    app.assert_no_changes()
    app.destroy().assert_ok()
    assert docker("node", "inspect", "-f", f'{{{{index .Spec.Labels "{unique}"}}}}', "node1") == "ssd"


def test_object_of_another_pulumi_stack_is_refused_with_the_name_of_its_owner(
    app: PulumiProject, project: ProjectFactory, docker: Docker, unique: str
) -> None:
    theirs = project(HEAD + f'swarm.Service("theirs", name="{unique}", image="bb:1")', name="other")
    theirs.up().assert_ok()
    app.program(HEAD + f'swarm.Service("mine", name="{unique}", image="bb:2", adopt=True)')
    app.preview().assert_failed(
        f"service '{unique}' already exists and belongs to Pulumi stack 'other/dev'", "choose another name"
    )
    app.program(HEAD + f'swarm.Service("mine", name="{unique}-mine", image="bb:2")')
    app.up().assert_ok()
    theirs.assert_no_changes()
