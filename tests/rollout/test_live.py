"""Rollouts on a real engine: every scenario ends as it must, in time, and the next, corrected change converges.

The scenarios run at the same time, each with a watcher of its own (a crash loop is given more time while anything
else on the same watcher still converges), and are judged one by one.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

import pytest

from swarm_provider.dockerapi.api import connect
from swarm_provider.dockerapi.connection.settings import ConnectionSettings
from swarm_provider.errors import RolloutFailed
from swarm_provider.rollout.remove import remove_network, remove_service
from swarm_provider.rollout.watch import Watcher
from tests.rollout.live import Result, play_all
from tests.rollout.scenarios import SCENARIOS, SECOND, Scenario, service, shell, update
from tests.support.engine import Engine

pytestmark = pytest.mark.live

# the machine of the tests does more than one thing at a time; what takes a minute anyway may start its minute late
LATE_S = 15.0
LATE_AFTER_A_MINUTE_S = 60.0
# one of each kind of end; the others, of which recordings are judged in tests/plan, are played in the long form
QUICK = (
    "create-global",
    "update-start-first",
    "update-ports",
    "scale-to-none",
    "one-shot",
    "job-rerun",
    "image-missing",
    "image-missing-in-update",
    "no-node-constraint",
    "host-port-start-first",
    "mount-missing",
    "rolled-back",
    "attempts-used-up",
    "changed-by-somebody",
)


@pytest.fixture(scope="module")
def results(engine: Engine, request: pytest.FixtureRequest) -> Iterator[dict[str, Result]]:
    whole = request.config.getoption("--long")
    with engine.cleaned():
        yield asyncio.run(play_all(engine.host, [one for one in SCENARIOS if whole or one.name in QUICK]))


def _each(*scenarios: Scenario) -> pytest.MarkDecorator:
    return pytest.mark.parametrize(
        "scenario",
        [pytest.param(one, id=one.name, marks=[] if one.name in QUICK else [pytest.mark.long]) for one in scenarios],
    )


@_each(*SCENARIOS)
def test_rollout_ends_as_it_must(results: dict[str, Result], scenario: Scenario) -> None:
    result = results[scenario.name]
    text = result.done if scenario.ends == "done" else result.failure
    assert text, result
    for words in scenario.says:
        assert words in text
    late = LATE_S if scenario.within < 60 else LATE_AFTER_A_MINUTE_S
    assert scenario.at_least - 2 <= result.seconds <= scenario.within + late


@_each(*(scenario for scenario in SCENARIOS if scenario.ends == "failed" and scenario.meanwhile != "remove"))
def test_corrected_change_converges_after_a_failure(results: dict[str, Result], scenario: Scenario) -> None:
    correction = results[scenario.name].correction
    assert correction and not correction.startswith("failed"), correction


@_each(*SCENARIOS)
def test_removed_service_leaves_no_container(results: dict[str, Result], scenario: Scenario) -> None:
    assert results[scenario.name].containers_left == 0


def test_task_that_ends_is_shown_with_its_own_words(results: dict[str, Result]) -> None:
    assert results["attempts-used-up"].failure.endswith("last output:\n    bad")


def test_network_is_really_gone_after_its_services(engine: Engine, unique: str) -> None:
    """Swarm takes the network's removal at once; the next one of that name must not meet the old one."""

    async def run() -> list[str]:
        swarm = await connect(ConnectionSettings(host=engine.host))
        network = {"Name": f"{unique}_net", "Driver": "overlay"}
        try:
            for _ in range(2):
                network_id = await swarm.create("network", network)
                slow = shell("trap 'sleep 2; exit' TERM; sleep 1000000 & wait; sleep 2")
                networks = {"Networks": [{"Target": network_id}]}
                spec = service(unique, container=slow, task=networks, **update(Monitor=SECOND))
                service_id = await swarm.create("service", spec)
                await Watcher(swarm).converge(service_id, spec)
                await remove_service(swarm, service_id, name=unique)
                await remove_network(swarm, network_id, name=network["Name"])
            return [item["Name"] for item in await swarm.list("network", bypass_cache=True)]
        finally:
            await swarm.close()

    with engine.cleaned():
        assert f"{unique}_net" not in asyncio.run(run())


def test_network_of_a_running_service_is_refused_with_its_user(engine: Engine, unique: str) -> None:
    async def run() -> None:
        swarm = await connect(ConnectionSettings(host=engine.host))
        said: list[str] = []
        try:
            network_id = await swarm.create("network", {"Name": f"{unique}_net", "Driver": "overlay"})
            spec = service(unique, task={"Networks": [{"Target": network_id}]})
            service_id = await swarm.create("service", spec)
            with pytest.raises(RolloutFailed, match=f"network {unique}_net cannot be removed.*in use by service"):
                await remove_network(swarm, network_id, name=f"{unique}_net", timeout=3, progress=said.append)
            assert len(said) == 1 and "in use by service" in said[0]
            await remove_service(swarm, service_id)
            assert await remove_network(swarm, network_id)
        finally:
            await swarm.close()

    with engine.cleaned():
        asyncio.run(run())
