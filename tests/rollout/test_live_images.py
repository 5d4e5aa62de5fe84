"""Images that cannot be pulled, from real registries: told soon, with the image and, where the engine tells it, why."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

import pytest

from tests.rollout.live import PULL_S, Result, play_all, pulls, unpullable
from tests.support.engine import Engine

pytestmark = pytest.mark.live

# engines before 29 keep the registry's answer to themselves: "No such image"
WHY_SINCE = (1, 52)
WHY = {
    "not-in-its-registry": "not found",
    "denied": "no basic auth credentials",
    "registry-is-dead": "connection refused",
    "no-such-host": "lookup registry.invalid",
}


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
    assert result.seconds <= PULL_S, result
    api = tuple(int(part) for part in str(engine.docker.api.version()["ApiVersion"]).split("."))
    if api >= WHY_SINCE:
        assert WHY[name] in result.failure, result.failure
    assert result.correction and not result.correction.startswith("failed"), result.correction
