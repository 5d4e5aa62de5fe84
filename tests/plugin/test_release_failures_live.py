"""A service of a Release fails: everything returns to what ran before, or stays; and the next run is right.

The failures are those of tests/rollout/scenarios.py. Each happens to `it`, one of six services: `cache` and `db` do not
change, `api` (with its config) and `worker` do, `web` waits for `it`, and `extra` is new.
"""

from __future__ import annotations

import json
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
from tests.e2e.stacks import names
from tests.rollout.scenarios import SCENARIOS, Scenario, corrected
from tests.support.engine import Docker, Engine
from tests.support.ups import Up, Ups

# the first test waits for all of the scenarios
pytestmark = [pytest.mark.live, pytest.mark.timeout(3600)]

Json = dict[str, Any]
FAILING: Final = [scenario for scenario in SCENARIOS if scenario.ends == "failed"]
QUICK: Final = {"rollback": ("image-missing-in-update", "mount-missing"), "keep": ("image-missing",)}
AT_ONCE: Final = 6
QUICKLY: Final = {"update_config": {"monitor": "500ms", "order": "start-first"}}
SLEEP: Final = ["sh", "-c", "trap exit TERM; sleep 1000000 & wait"]
RETURNED: Final = "returned to what ran before"
NAMESPACE: Final = "com.docker.stack.namespace"


def is_job(scenario: Scenario) -> bool:
    return scenario.name.startswith("job-")


@dataclass
class Stack:
    """What there is of a stack at one time: specs, running tasks by service, versions."""

    specs: dict[str, Json]
    tasks: dict[str, set[str]]
    versions: list[str]

    @classmethod
    def of(cls, docker: Docker, stack: str) -> Stack:
        services = docker.api.services(filters={"label": f"{NAMESPACE}={stack}"})
        return cls(
            {item["Spec"]["Name"].removeprefix(f"{stack}_"): item["Spec"] for item in services},
            {item["Spec"]["Name"].removeprefix(f"{stack}_"): docker.task_ids(item["ID"]) for item in services},
            sorted(names(docker, "config", f"{stack}_") + names(docker, "secret", f"{stack}_")),
        )


@dataclass
class Played:
    """The story of one failure.

    Attributes:
        before, after: the stack before the run that failed, and after it.
        failed: that run.
        again: the preview after it.
        correction: the run with what is right, and the preview after that one.
        end: what there is at last.
    """

    before: Stack
    failed: Up
    after: Stack
    again: Up
    correction: Up
    settled: Up
    left: Stack = field(default_factory=lambda: Stack({}, {}, []))


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
        **({"extra": plain("", ("cache",), configs=["more"])} if grown else {}),
    }
    return json.dumps({
        "services": services,
        "configs": {"settings": {"content": level}, **({"more": {"content": "more"}} if grown else {})},
        "secrets": {"word": {"external": True}},
    })  # fmt: skip


def interfere(docker: Docker, stack: str, how: str, image: str, over: threading.Event) -> None:
    """What somebody does to `it` once its change has arrived."""
    commands = {
        "rollback": ("update", "--rollback", "--detach"),
        "remove": ("rm",),
        "change": ("update", "--detach", "--env-add", "BY=somebody"),
    }
    name, end = f"{stack}_it", time.monotonic() + 60
    while not over.wait(0.1) and time.monotonic() < end:
        if image in docker("service", "inspect", "-f", "{{.Spec.TaskTemplate.ContainerSpec.Image}}", name, check=False):
            time.sleep(1)
            docker("service", *commands[how], name)
            return


def play(folder: Path, engine: Engine, scenario: Scenario, on_failure: str, port: int) -> Played:
    stack = f"r{on_failure[0]}-{scenario.name}"
    docker, path = engine.docker, folder / f"{stack}.yml"
    *before, last = scenario.specs("it", port)
    if scenario.meanwhile:
        before = [corrected(last)]
        before[0]["TaskTemplate"]["ContainerSpec"]["Image"] = "web:1"
    first = service_of(before[-1] if before else corrected(last))
    runs = Ups(engine.host, "Release", stack)
    inputs = {
        "composeFile": [str(path)],
        "resolveImage": "never",
        "onFailure": on_failure,
        "secrets": {"word": "hunter22"},
    }
    path.write_text(file(first, "info"))
    runs.up(**inputs).assert_ok()
    then = Stack.of(docker, stack)
    path.write_text(file(service_of(last), "debug", grown=True))
    over = threading.Event()
    image = last["TaskTemplate"]["ContainerSpec"]["Image"]
    somebody = threading.Thread(target=interfere, args=(docker, stack, scenario.meanwhile, image, over))
    if scenario.meanwhile:
        somebody.start()
    failed = runs.up(**inputs)
    over.set()
    after = Stack.of(docker, stack)
    again = runs.preview(**inputs)
    path.write_text(file(service_of(corrected(last)), "right", grown=True))
    correction = runs.up(**inputs)
    settled = runs.preview(**inputs)
    runs.destroy()
    return Played(then, failed, after, again, correction, settled, Stack.of(docker, stack))


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
    for words in scenario.says:
        assert words in failed.failure
    assert "Traceback" not in failed.failure


@each
def test_failed_run_leaves_what_it_was_to_leave(story: Story, scenario: Scenario, on_failure: str) -> None:
    told = story(scenario, on_failure)
    before, after = told.before, told.after
    assert {key: after.tasks[key] for key in ("db", "cache")} == {key: before.tasks[key] for key in ("db", "cache")}
    assert after.specs["web"] == before.specs["web"], "it waited for `it`"
    assert after.tasks["web"] == before.tasks["web"]
    if on_failure == "keep":
        assert after.specs["it"] != before.specs["it"] or scenario.meanwhile or "rolled" in told.failed.failure
        return
    of_jobs = ("it",) if is_job(scenario) else ()
    for key in before.specs:
        if key not in of_jobs:
            assert after.specs[key] == before.specs[key], key
    assert after.specs.keys() == before.specs.keys()
    assert after.versions == before.versions


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
    assert {"cache", "db", "web"} == set(told["not touched"].split(", "))
    assert told.get("could not be returned", "") == ("it (a job that ran cannot be taken back)" * is_job(scenario))


@each
def test_preview_after_a_failure_shows_the_change_again(story: Story, scenario: Scenario, on_failure: str) -> None:
    again = story(scenario, on_failure).again.assert_ok()
    assert "services.web.environment.LEVEL" in again.paths
    # a job that ran is what was asked for, but for its end
    is_back = on_failure == "rollback" and not is_job(scenario)
    assert any(path.startswith("services.it") for path in again.paths) or not is_back


@each
def test_corrected_file_converges_and_the_next_preview_is_empty(
    story: Story, scenario: Scenario, on_failure: str
) -> None:
    told = story(scenario, on_failure)
    told.correction.assert_ok()
    assert told.settled.assert_ok().paths == []
    assert told.left == Stack({}, {}, [])
