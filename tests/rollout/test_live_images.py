"""Images that cannot be pulled, from real registries: told soon, with the image and, where the engine tells it, why.

And one whose registry takes its time, which is no failure.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest

from swarm_provider.plan.rollout.verdict import PULLING_S
from tests.rollout.live import PULL_S, SILENT, Result, play_all, pulls, unpullable
from tests.rollout.scenarios import Scenario, service
from tests.support.engine import Engine
from tests.support.registry import run_registry, slow_registry

pytestmark = pytest.mark.live

# engines before 29 keep the registry's answer to themselves: "No such image"
WHY_SINCE = (1, 52)
WHY = {
    "not-in-its-registry": "not found",
    "denied": "no basic auth credentials",
    "registry-is-dead": "connection refused",
    "no-such-host": "lookup registry.invalid",
    SILENT: "timeout awaiting response headers",
}
SLOW_S = 2.5
"""An engine connects several times for one pull, which together takes longer than it may before anybody asks."""


@pytest.fixture(scope="module")
def told(engine: Engine, tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Result]]:
    with unpullable(engine, tmp_path_factory.mktemp("registries")) as images, engine.cleaned():
        yield asyncio.run(play_all(engine.host, pulls(images)))


@pytest.mark.parametrize("name", WHY)
def test_image_that_cannot_be_pulled_is_told_within_20_seconds(
    told: dict[str, Result], engine: Engine, name: str
) -> None:
    result = told[name]
    assert "image" in result.failure, result
    assert result.told <= PULL_S, result
    api = tuple(int(part) for part in str(engine.docker.api.version()["ApiVersion"]).split("."))
    if api >= WHY_SINCE:
        assert WHY[name] in result.failure, result.failure
    assert result.correction and not result.correction.startswith("failed"), result.correction


def test_registry_that_does_not_answer_is_a_warning_until_the_engine_gives_up(told: dict[str, Result]) -> None:
    result = told[SILENT]
    [text] = result.warned
    assert text.startswith(f"live-{SILENT}.1 on node1: still preparing; look up image '")
    assert text.endswith("failed: its registry timed out after 12 s")
    assert all(result.warned == [] for name, result in told.items() if name != SILENT)
    # the engine's last word is not waited upon: no second try, no second question to the registry
    assert result.seconds <= result.told + 30, result


def test_slow_pull_from_a_registry_that_answers_is_no_failure(engine: Engine, tmp_path: Path) -> None:
    with (
        run_registry(engine, tmp_path / "bed") as registry,
        slow_registry(engine, registry, SLOW_S) as slow,
        engine.cleaned(),
    ):
        image = registry.image.replace(registry.address, slow)
        scenario = Scenario("slow-pull", lambda n, p: [service(n, image)], "done", ("1/1 running",))
        result = asyncio.run(play_all(engine.host, [scenario]))["slow-pull"]
    assert (result.done, result.warned) == ("1/1 running", []), result
    assert result.seconds > PULLING_S + 1, result
