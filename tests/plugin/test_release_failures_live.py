"""A service of a Release fails: everything returns to what ran before, or stays; and the next run is right.

The failures are those of tests/rollout/scenarios.py. Each happens to `it`, one of six services: `cache` and `db` do not
change, `api` (with its config and secret) and `worker` do, `web` waits for `it`, and `extra` is new, with a config and
a network of its own.
"""

from __future__ import annotations

import json
import re
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import pytest

from swarm_provider.compose.write import Running, write
from swarm_provider.convert.service.effective import effective
from swarm_provider.convert.service.spec import concise, from_spec
from swarm_provider.core.values import Secret
from tests.e2e.stacks import names
from tests.rollout.scenarios import SCENARIOS, SECOND, Scenario, corrected
from tests.support.engine import Docker, Engine
from tests.support.ups import Up, Ups

# the first test waits for all of the scenarios
pytestmark = [pytest.mark.live, pytest.mark.timeout(3600)]

Json = dict[str, Any]
FAILING: Final = [scenario for scenario in SCENARIOS if scenario.ends == "failed"]
QUICK: Final = {"rollback": ("image-missing-in-update", "mount-missing"), "keep": ("image-missing",)}
SAID_OF_UPDATES: Final = {"no-node-cpu-global": ("it reserves 90 cpus",)}
"""What is said in any case of a service that exists: there is no suitable node, or its node no longer meets the
constraints, whichever part of Swarm looks first."""
AT_ONCE: Final = 6
QUICKLY: Final = {"update_config": {"monitor": "500ms", "order": "start-first"}}
SLEEP: Final = ["sh", "-c", "trap exit TERM; sleep 1000000 & wait"]
RETURNED: Final = "returned to what ran before"
NAMESPACE: Final = "com.docker.stack.namespace"
HASH: Final = re.compile("-[0-9a-f]{12}$")
"""What names a version of a family."""


def stack_name(scenario: Scenario, on_failure: str) -> str:
    return f"r{on_failure[0]}-{scenario.name}"


def is_job(scenario: Scenario) -> bool:
    return scenario.name.startswith("job-")


@dataclass
class Stack:
    """What there is of a stack at one time: specs, and what its running tasks were made of, by service; versions and
    networks by name.
    """

    specs: dict[str, Json] = field(default_factory=dict)
    tasks: dict[str, dict[str, Json]] = field(default_factory=dict)
    versions: list[str] = field(default_factory=list)
    networks: list[str] = field(default_factory=list)

    @classmethod
    def of(cls, docker: Docker, stack: str) -> Stack:
        found = docker.api.services(filters={"label": f"{NAMESPACE}={stack}"})
        services = {item["Spec"]["Name"].removeprefix(f"{stack}_"): item for item in found}
        return cls(
            {key: item["Spec"] for key, item in services.items()},
            {
                key: {task["ID"]: task["Spec"]["ContainerSpec"] for task in docker.tasks(item["ID"])}
                for key, item in services.items()
            },
            sorted(names(docker, "config", f"{stack}_") + names(docker, "secret", f"{stack}_")),
            names(docker, "network", f"{stack}_"),
        )

    def runs(self, key: str) -> bool:
        """Whether as many tasks run as the service asks for, each of the spec that it has."""
        spec, tasks = self.specs[key], self.tasks[key]
        wanted = spec["Mode"].get("Replicated", {}).get("Replicas", 1)
        return len(tasks) == wanted and all(task == spec["TaskTemplate"]["ContainerSpec"] for task in tasks.values())


@dataclass
class Played:
    """The story of one failure.

    Attributes:
        before, after: the stack before the run that failed, and after it.
        failed: that run.
        again: the preview after it.
        correction: the run with what is right.
        right: the stack after that run.
        settled: the preview after it.
        left: what there is at last.
    """

    before: Stack
    failed: Up
    after: Stack
    again: Up
    correction: Up
    right: Stack
    settled: Up
    left: Stack = field(default_factory=Stack)


def service_of(spec: Json) -> Json:
    """A service of a compose file, for a ServiceSpec."""
    inputs = concise(from_spec(effective(spec)))
    found: Json = write(Running("st", [{**inputs, "name": "st_it"}])).document["services"]["it"]
    return found


def file(it: Json, level: str, *, grown: bool = False) -> str:
    """The compose file with this `it`; `level` goes into the services that change."""

    def plain(level: str = "", needs: tuple[str, ...] = (), **more: Any) -> Json:
        return {
            "image": "bb:1",
            "command": SLEEP,
            "deploy": QUICKLY,
            **({"environment": {"LEVEL": level}} if level else {}),
            **({"depends_on": list(needs)} if needs else {}),
            **more,
        }

    services = {
        "db": plain(),
        "cache": plain(),
        "api": plain(level, ("db",), configs=["settings"], secrets=["word"]),
        "it": {**it, "depends_on": ["api"]},
        "web": plain(level, ("it",)),
        "worker": plain(level, ("cache",)),
        **({"extra": plain("", ("cache",), configs=["more"], networks=["side"])} if grown else {}),
    }
    return json.dumps({
        "services": services,
        "configs": {"settings": {"content": level}, **({"more": {"content": "more"}} if grown else {})},
        "secrets": {"word": {"external": True}},
        **({"networks": {"side": {}}} if grown else {}),
    })  # fmt: skip


def interfere(docker: Docker, stack: str, how: str, image: str, over: threading.Event) -> None:
    """What somebody does to `it` once its change has arrived."""
    commands = {
        "rollback": ("update", "--rollback", "--detach"),
        "remove": ("rm",),
        "change": ("update", "--detach", "--env-add", "BY=somebody"),
    }
    name = f"{stack}_it"
    while not over.wait(0.1):
        if image in docker.service(name)["Spec"]["TaskTemplate"]["ContainerSpec"]["Image"]:
            time.sleep(1)
            docker("service", *commands[how], name)
            return


def play(folder: Path, engine: Engine, scenario: Scenario, on_failure: str, port: int) -> Played:
    stack = stack_name(scenario, on_failure)
    docker, path = engine.docker, folder / f"{stack}.yml"
    *before, last = scenario.specs("it", port)
    if scenario.meanwhile:
        before = [corrected(last)]
        before[0]["TaskTemplate"]["ContainerSpec"]["Image"] = "web:1"
        # on a busy machine somebody takes a while
        last = {**last, "UpdateConfig": {**last.get("UpdateConfig", {}), "Monitor": 60 * SECOND}}
    first = service_of(before[-1] if before else corrected(last))
    runs = Ups(engine.host, "Release", stack)

    def inputs(level: str) -> Json:
        given = {"composeFile": [str(path)], "resolveImage": "never", "onFailure": on_failure}
        return {**given, "secrets": {"word": Secret(f"hunter22 {level}")}}

    path.write_text(file(first, "info"))
    runs.up(**inputs("info")).assert_ok()
    then = Stack.of(docker, stack)
    path.write_text(file(service_of(last), "debug", grown=True))
    over = threading.Event()
    image = last["TaskTemplate"]["ContainerSpec"]["Image"]
    somebody = threading.Thread(target=interfere, args=(docker, stack, scenario.meanwhile, image, over))
    if scenario.meanwhile:
        somebody.start()
    failed = runs.up(**inputs("debug"))
    over.set()
    after = Stack.of(docker, stack)
    again = runs.preview(**inputs("debug"))
    path.write_text(file(service_of(corrected(last)), "right", grown=True))
    correction = runs.up(**inputs("right"))
    right = Stack.of(docker, stack)
    settled = runs.preview(**inputs("right"))
    runs.destroy()
    return Played(then, failed, after, again, correction, right, settled, Stack.of(docker, stack))


CASES: Final = [
    pytest.param(
        one,
        on_failure,
        id=f"{on_failure}-{one.name}",
        marks=[] if one.name in quick else [pytest.mark.long],
    )
    for on_failure, quick in QUICK.items()
    for one in FAILING
]
each = pytest.mark.parametrize(("scenario", "on_failure"), CASES)
Story = Callable[[Scenario, str], Played]


@pytest.fixture(scope="module")
def story(engine: Engine, tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest) -> Iterator[Story]:
    """What became of each chosen scenario; several are played at once, the long ones first."""
    folder = tmp_path_factory.mktemp("releases")
    chosen: list[tuple[Scenario, str]] = []
    for item in request.session.items:
        values = getattr(getattr(item, "callspec", None), "params", {})
        if item.path == request.path and "scenario" in values:
            chosen.append((values["scenario"], values["on_failure"]))
    chosen = list(dict.fromkeys(chosen))
    chosen.sort(key=lambda pair: -pair[0].within)

    def one(pair: tuple[Scenario, str]) -> Played | Exception:
        try:
            return play(folder, engine, *pair, 30400 + chosen.index(pair))
        except Exception as error:
            return error

    with engine.cleaned(), ThreadPoolExecutor(AT_ONCE) as pool:
        results = dict(zip([(each.name, how) for each, how in chosen], pool.map(one, chosen), strict=True))

    def get(scenario: Scenario, on_failure: str) -> Played:
        found = results[scenario.name, on_failure]
        if isinstance(found, Exception):
            raise found
        return found

    yield get


def test_there_are_as_many_failures_as_were_asked_for() -> None:
    assert len(FAILING) >= 25


@each
def test_failed_run_says_the_cause(story: Story, scenario: Scenario, on_failure: str) -> None:
    failed = story(scenario, on_failure).failed
    for words in SAID_OF_UPDATES.get(scenario.name, scenario.says):
        assert words in failed.failure
    assert "Traceback" not in failed.failure


@each
def test_failed_run_leaves_what_it_was_to_leave(story: Story, scenario: Scenario, on_failure: str) -> None:
    told = story(scenario, on_failure)
    before, after = told.before, told.after
    for key in ("cache", "db", "web"):
        assert after.specs[key] == before.specs[key], key
        assert after.tasks[key].keys() == before.tasks[key].keys(), key
    if on_failure == "keep":
        assert after.specs.get("it") != before.specs["it"] or scenario.meanwhile or "rolled" in told.failed.failure
        for key in ("api", "worker", "extra"):
            assert after.runs(key), key
        assert "LEVEL=debug" in after.specs["api"]["TaskTemplate"]["ContainerSpec"]["Env"]
        assert set(before.versions) < set(after.versions)
        return
    for key in before.specs:
        if not (key == "it" and is_job(scenario)):
            assert after.specs[key] == before.specs[key], key
            assert after.runs(key), key
    assert after.specs.keys() == before.specs.keys()
    assert after.versions == before.versions
    assert after.networks == before.networks


@each
def test_failed_run_says_what_became_of_everything(story: Story, scenario: Scenario, on_failure: str) -> None:
    failure = story(scenario, on_failure).failed.failure
    if on_failure == "keep":
        assert RETURNED not in failure
        return
    # with what could not be returned, the parts follow once more, line by line
    line = failure.splitlines()[0]
    told = dict(part.split(": ", 1) for part in line[line.index(RETURNED) :].split("; "))
    assert set(told[RETURNED].split(", ")) == {"api", "worker", *(() if is_job(scenario) else ("it",))}
    removed = [HASH.sub("", name) for name in told["removed again"].split(", ")]
    stack = f"{stack_name(scenario, on_failure)}_"
    made = [f"config {stack}more", f"config {stack}settings", "extra", "network side", f"secret {stack}word"]
    assert removed == made
    assert {"cache", "db", "web"} == set(told["not touched"].split(", "))
    assert told.get("could not be returned", "") == ("it (a job that ran cannot be taken back)" * is_job(scenario))


@each
def test_preview_after_a_failure_shows_the_change_again(story: Story, scenario: Scenario, on_failure: str) -> None:
    told = story(scenario, on_failure)
    again = told.again.assert_ok()
    assert "services.web.environment.LEVEL" in again.paths
    # a job that ran is what was asked for, but for its end
    is_back = on_failure == "rollback" and not is_job(scenario)
    assert any(path.startswith("services.it") for path in again.paths) or not is_back
    rest = {"services.api.environment.LEVEL", "services.worker.environment.LEVEL", "services.extra", "configs.more"}
    rest |= {"configs.settings.data", "networks.side"}
    assert rest & {*again.paths} == (rest if on_failure == "rollback" else set())


@each
def test_corrected_file_converges_and_the_next_preview_is_empty(
    story: Story, scenario: Scenario, on_failure: str
) -> None:
    told = story(scenario, on_failure)
    told.correction.assert_ok()
    assert told.settled.assert_ok().paths == []
    for key in ("api", "worker", "web", "extra", *(() if is_job(scenario) else ("it",))):
        assert told.right.runs(key), key
    for key in ("api", "worker", "web"):
        assert "LEVEL=right" in told.right.specs[key]["TaskTemplate"]["ContainerSpec"]["Env"]
    for key in ("cache", "db"):
        assert told.right.tasks[key].keys() == told.before.tasks[key].keys(), key
    assert told.left == Stack()
