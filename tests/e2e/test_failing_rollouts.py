"""Every rollout that fails, through the CLI: exit code, cause, time to tell; and the next `up`, with what is right."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from swarm_provider.convert.service.effective import effective
from swarm_provider.convert.service.spec import concise, from_spec
from tests.rollout.scenarios import SCENARIOS, Scenario, corrected
from tests.support.engine import Docker, Engine
from tests.support.pulumi import PulumiProject, Result

# the first test waits for all of the scenarios
pytestmark = [pytest.mark.e2e, pytest.mark.long, pytest.mark.timeout(3600)]

FAILING = [scenario for scenario in SCENARIOS if scenario.ends == "failed"]
AT_ONCE = 4
# as in tests/rollout/test_live.py: the machine of the tests does more than one thing at a time
LATE_S = 15.0
LATE_AFTER_A_MINUTE_S = 60.0
PROGRAM = """
    import json
    import pathlib
    import pulumi
    inputs = json.loads(pathlib.Path("service.json").read_text())
    pulumi.CustomResource("swarm:index:Service", "it", inputs)
"""


@dataclass
class Played:
    """The last `up` of a scenario, how long it took, and the one with what is right."""

    failed: Result
    correction: Result


def inputs(spec: dict[str, Any]) -> dict[str, Any]:
    """The resource inputs of a ServiceSpec."""
    return {**concise(from_spec(effective(spec))), "name": spec["Name"], "resolveImage": "never"}


def told_after(failed: Result) -> int:
    """Seconds from the beginning of the create or update until its error, by Pulumi's own clock."""
    found = re.search(r"Service it (?:creating|updating) \((\d+)s\)[^\n]*error: ", failed.output)
    assert found, failed.output
    return int(found[1])


def give(app: PulumiProject, spec: dict[str, Any]) -> None:
    app.write("service.json", json.dumps(inputs(spec)))


def interrupted(app: PulumiProject, docker: Docker, spec: dict[str, Any], how: str) -> Result:
    """An `up` during which somebody does something to the service."""
    name, began = spec["Name"], time.monotonic()
    image = spec["TaskTemplate"]["ContainerSpec"]["Image"]
    cli = app.start("up", "--yes", "--skip-preview")
    while image not in docker(
        "service", "inspect", "-f", "{{.Spec.TaskTemplate.ContainerSpec.Image}}", name, check=False
    ):
        assert time.monotonic() < began + 60, "the update did not begin"
        time.sleep(0.2)
    time.sleep(2)
    commands = {
        "rollback": ("update", "--rollback", "--detach"),
        "remove": ("rm",),
        "change": ("update", "--detach", "--env-add", "BY=somebody"),
    }
    docker("service", *commands[how], name)
    output, _ = cli.communicate(timeout=300)
    return Result(("up",), cli.returncode, output, "", time.monotonic() - began)


def play(folder: Path, engine: Engine, cli: Path, scenario: Scenario, port: int) -> Played:
    app = PulumiProject(folder / scenario.name, PROGRAM, host=engine.host, cli=cli)
    *before, last = scenario.specs(f"cli-{scenario.name}", port)
    for spec in before:
        give(app, spec)
        app.up().assert_ok()
    give(app, last)
    failed = interrupted(app, engine.docker, last, scenario.meanwhile) if scenario.meanwhile else app.up()
    give(app, corrected(last))
    return Played(failed, app.up())


@pytest.fixture(scope="module")
def played(
    engine: Engine, pulumi_cli: Path, tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest
) -> Iterator[dict[str, Played | Exception]]:
    """All chosen scenarios, several at once, the long ones first."""
    folder = tmp_path_factory.mktemp("rollouts")
    calls = [getattr(item, "callspec", None) for item in request.session.items]
    chosen = [one for one in FAILING if any(call and call.params.get("scenario") == one for call in calls)]

    def one(scenario: Scenario) -> Played | Exception:
        try:
            return play(folder, engine, pulumi_cli, scenario, 30300 + FAILING.index(scenario))
        except Exception as error:
            return error

    ordered = sorted(chosen, key=lambda scenario: -scenario.within)
    with engine.cleaned(), ThreadPoolExecutor(AT_ONCE) as pool:
        yield dict(zip((scenario.name for scenario in ordered), pool.map(one, ordered), strict=True))


def test_table_has_the_scenarios_that_were_asked_for() -> None:
    assert len(FAILING) >= 25


@pytest.mark.parametrize("scenario", FAILING, ids=lambda scenario: scenario.name)
def test_up_that_fails_says_why_in_one_message(played: dict[str, Played | Exception], scenario: Scenario) -> None:
    result = played[scenario.name]
    assert isinstance(result, Played), result
    failed = result.failed
    assert failed.exit_code not in (0, None), failed.output
    told = [line for line in failed.diagnostics if any(words in line for words in scenario.says)]
    for words in scenario.says:
        assert words in " ".join(told), failed.output
    assert "Traceback" not in failed.output
    late = LATE_S if scenario.within < 60 else LATE_AFTER_A_MINUTE_S
    assert told_after(failed) <= scenario.within + late, failed.output


@pytest.mark.parametrize("scenario", FAILING, ids=lambda scenario: scenario.name)
def test_next_up_with_what_is_right_converges(played: dict[str, Played | Exception], scenario: Scenario) -> None:
    result = played[scenario.name]
    assert isinstance(result, Played), result
    result.correction.assert_ok()
