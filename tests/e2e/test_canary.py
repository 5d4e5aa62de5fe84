"""A secret is inside the container and, encrypted, in the state, and nowhere else, whatever is done with it.

One story with two canaries (a text of several lines, a line of special characters) and a rotation of both: as content
of Secrets, as values of a service's environment, bound into a Stack and a Release; previews, updates, a failing update
whose tasks print them, wrong input made of them, refresh, destroy.
"""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.canary import Canary, Watch, files_with, now, password, pem
from tests.support.engine import Docker, Engine
from tests.support.pulumi import PulumiProject, Result

pytestmark = pytest.mark.e2e

HEAD = """
import pulumi
import swarm_provider as swarm
settings = pulumi.Config()
pem, password = settings.require_secret("pem"), settings.require_secret("password")
"""
PROGRAM = (
    HEAD
    + """
once = {"restart_policy": {"condition": "none"}, "update_config": {"monitor": "1s"}}
key = swarm.Secret("key", name="canary-key", data=pem)
word = swarm.Secret("word", name="canary-word", data=password)
swarm.Service(
    "web",
    image="bb:1",
    command=COMMAND,
    environment={"PASSWORD": password, "URL": pulumi.Output.concat("postgres://app:", password, "@db"), "PEM": pem},
    secrets=[{"source": key, "target": "key"}, {"source": word, "target": "word"}],
    deploy=once,
)
swarm.Stack("canary", compose_file="stack.yml", env={"DB_PASSWORD": password}, secrets={"tls": pem})
swarm.Release("coop", compose_file="release.yml", env={"DB_PASSWORD": password}, secrets={"tls": pem})
pulumi.export("url", pulumi.Output.concat("postgres://app:", password, "@db"))
"""
)
STACK = """
services:
  db:
    image: bb:1
    environment:
      POSTGRES_PASSWORD: ${DB_PASSWORD}
      URL: postgres://app:${DB_PASSWORD}@db/app
    secrets: [tls]
    deploy: {update_config: {monitor: 1s}}
secrets:
  tls: {external: true}
"""
FAILING_RELEASE = STACK.replace(
    "secrets: [tls]",
    """secrets: [tls]
    command:
      - sh
      - -c
      - 'echo "begin of release"; cat /run/secrets/tls; echo; echo "its url=$$URL"; echo "end of release"; exit 1'""",
).replace("deploy: {", "deploy: {restart_policy: {condition: none}, ")
VERBOSE = ("--logtostderr", "-v=9", "--logflow")
OF_PULUMI = ("Marshaling property for RPC[", "Unmarshaling property for RPC[")
"""Log lines in which the CLI itself prints the values that it sends and receives, secret ones too, at -v=9."""
SLEEP = ["sh", "-c", "trap exit TERM; sleep 1000000 & wait"]
PRINT = [
    *("sh", "-c"),
    'echo "begin of output"; cat /run/secrets/key; echo; cat /run/secrets/word; echo; echo "url=$URL"; '
    'base64 /run/secrets/key; echo "end of output"; exit 1',
]
WRONG = {
    "image": 'swarm.Service("wrong", image=password)',
    "name of a network": 'swarm.Network("wrong", name=pulumi.Output.concat(password, "/"))',
    "name of a config": 'swarm.Config("wrong", name=password, data="1")',
    "node": 'swarm.NodeLabel("wrong", node=password, key="a", value="b")',
    "source of a config": 'swarm.Service("wrong", image="bb:1", configs=[{"source": password}])',
    "port": 'swarm.Service("wrong", image="bb:1", ports=[password])',
    "replicas": 'swarm.Service("wrong", image="bb:1", deploy={"replicas": password})',
    "content": 'swarm.Secret("wrong", data_base64=pem)',
}
NO_PROGRAM = (
    'swarm.Service("wrong", image="bb:1", entrypoint=[password], deploy={"restart_policy": {"condition": "none"}})'
)


@dataclass
class Story:
    """What was seen.

    Attributes:
        canary: all secret texts.
        results: what each command printed, by what was done.
        verbose: what runs with -v=9 --logtostderr logged.
        states: the plain states.
        objects: all swarm objects, without environments of services.
        inside: what containers of the first and the second version read.
        files: files that hold a form.
        watch: arguments of processes, temporary files.
    """

    canary: Canary
    watch: Watch
    results: dict[str, Result] = field(default_factory=dict)
    verbose: str = ""
    states: list[str] = field(default_factory=list)
    objects: list[str] = field(default_factory=list)
    inside: list[tuple[str, ...]] = field(default_factory=list)
    expected: list[tuple[str, ...]] = field(default_factory=list)
    files: dict[str, set[str]] = field(default_factory=dict)


@pytest.fixture(scope="module")
def story(
    tmp_path_factory: pytest.TempPathFactory, engine: Engine, pulumi_cli: Path, request: pytest.FixtureRequest
) -> Iterator[Story]:
    folder, temporary = tmp_path_factory.mktemp("canary"), tmp_path_factory.mktemp("tmp")
    pems, passwords = (pem(), pem()), (password(), password())
    canary = Canary(*pems, *passwords)
    began = now()
    with engine.cleaned(), Watch(canary, temporary) as watch:
        app = PulumiProject(folder, host=engine.host, cli=pulumi_cli, env={"TMPDIR": str(temporary)})
        app.write("stack.yml", STACK)
        app.write("release.yml", STACK)
        seen = Story(canary, watch)
        for version in range(2):
            values = (pems[version], passwords[version])
            seen.expected.append(
                (*values, values[1], f"postgres://app:{values[1]}@db", values[0], *2 * (values[1], values[0]))
            )
            tell_version(seen, app, engine.docker, version, *values)
        fail(seen, app)
        seen.objects.append(objects_of(engine.docker))
        seen.states.append(json.dumps(app.export_state()))
        seen.results["refresh"] = app.refresh()
        # what failed is of no interest any more
        app.program(HEAD)
        seen.results["up without anything"] = quiet(seen, app.up(*VERBOSE))
        for what, line in WRONG.items() if request.config.getoption("--long") else list(WRONG.items())[-2:]:
            app.program(HEAD + line)
            seen.results[f"wrong {what}"] = app.preview()
        app.program(HEAD + NO_PROGRAM)
        seen.results["program that the container has not"] = app.up()
        seen.states.append(json.dumps(app.export_state()))
        seen.results["destroy"] = quiet(seen, app.destroy(*VERBOSE))
        seen.results["outputs"] = app.run("stack", "output")
        seen.results["history"] = app.run("stack", "history")
    other = Path(tempfile.gettempdir())
    seen.files = files_with(canary, [folder, temporary], began)
    seen.files |= files_with(canary, [other], began, leave=[folder, temporary])
    yield seen


def tell_version(seen: Story, app: PulumiProject, docker: Docker, version: int, key: str, word: str) -> None:
    """Bring one version of both canaries into the swarm, and look at everything."""
    seen.results[f"settings {version}"] = app.config_set("pem", key, secret=True).assert_ok()
    seen.results[f"settings, too {version}"] = app.config_set("password", word, secret=True).assert_ok()
    app.program(PROGRAM.replace("COMMAND", str(SLEEP)))
    seen.results[f"preview {version}"] = app.preview("--json" if version else "--show-config").assert_ok()
    seen.results[f"preview --diff {version}"] = app.preview(diff=True).assert_ok()
    seen.results[f"up {version}"] = quiet(seen, app.up("--diff", *VERBOSE).assert_ok())
    seen.states.append(json.dumps(app.export_state()))
    seen.objects.append(objects_of(docker))
    read = [
        docker.exec_in("web", "cat", "/run/secrets/key"),
        docker.exec_in("web", "cat", "/run/secrets/word"),
        *(docker.exec_in("web", "sh", "-c", f'printf %s "${name}"') for name in ("PASSWORD", "URL", "PEM")),
    ]
    for service in ("canary_db", "coop_db"):
        read.append(docker.exec_in(service, "sh", "-c", 'printf %s "$POSTGRES_PASSWORD"'))
        read.append(docker.exec_in(service, "cat", "/run/secrets/tls"))
    seen.inside.append(tuple(read))


def quiet(seen: Story, result: Result) -> Result:
    """Keep the log of a verbose run apart from what a person sees."""
    seen.verbose += result.stderr
    return replace(result, stderr="")


def fail(seen: Story, app: PulumiProject) -> None:
    """An update whose tasks print all they know and end."""
    app.program(PROGRAM.replace("COMMAND", repr(PRINT)))
    app.write("release.yml", FAILING_RELEASE)
    seen.results["failing up"] = app.up("--diff")


def objects_of(docker: Docker) -> str:
    """Everything that docker shows, without the environments of services, which are what containers get."""
    api = docker.api
    services: list[Any] = api.services()
    for service in services:
        for spec in ("Spec", "PreviousSpec"):
            service.get(spec, {}).get("TaskTemplate", {}).get("ContainerSpec", {}).pop("Env", None)
    others = [api.configs(), api.secrets(), api.networks(), api.nodes(), api.volumes()]
    return json.dumps([services, *others], ensure_ascii=False)


def test_canary_is_inside_the_containers_exactly(story: Story) -> None:
    assert story.inside == story.expected


def test_canary_is_in_no_output(story: Story) -> None:
    leaks = {what: found for what, result in story.results.items() if (found := story.canary.found_in(result.output))}
    assert leaks == {}
    assert all(not story.canary.found_in(json.dumps([s.old, s.new])) for r in story.results.values() for s in r.steps)


def test_canary_is_masked_where_a_failing_task_prints_it(story: Story) -> None:
    result = story.results["failing up"]
    assert result.exit_code != 0
    for text in ("begin of output", "[secret]", "url=[secret]", "end of output"):
        assert text in result.output, str(result)
    for text in ("begin of release", "its url=[secret]", "end of release", "returned to what ran before: db"):
        assert text in result.output, str(result)


def test_canary_is_masked_where_docker_quotes_it(story: Story) -> None:
    result = story.results["program that the container has not"]
    assert result.exit_code != 0
    assert 'exec: "[secret]"' in result.output, str(result)


def test_wrong_input_made_of_the_canary_is_told_without_it(story: Story) -> None:
    wrong = {what: result for what, result in story.results.items() if what.startswith("wrong ")}
    assert len(wrong) >= 2
    for result in wrong.values():
        result.assert_failed("wrong")


def test_canary_is_in_no_log_of_ours(story: Story) -> None:
    lines = [line for line in story.verbose.splitlines() if not any(f'"msg":"{words}' in line for words in OF_PULUMI)]
    assert sum("swarm:index:Secret" in line for line in lines) > 10
    assert [line for line in lines if story.canary.found_in(line)] == []


def test_canary_is_encrypted_in_the_state(story: Story) -> None:
    assert all('"ciphertext"' in state for state in story.states)
    assert [story.canary.found_in(state) for state in story.states] == [set()] * len(story.states)


def test_canary_is_in_no_name_and_no_label(story: Story) -> None:
    assert all("canary-key-" in objects for objects in story.objects)
    assert [story.canary.found_in(objects) for objects in story.objects] == [set()] * len(story.objects)


def test_canary_is_in_no_file(story: Story) -> None:
    assert story.files == {}


def test_canary_is_in_no_process_argument_and_no_temporary_file(story: Story) -> None:
    assert any("pulumi-resource-swarm" in arguments for arguments in story.watch.arguments)
    assert story.watch.leaks == []
