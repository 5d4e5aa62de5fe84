"""Rollouts on a real swarm of three nodes, one of which is lost in the middle."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from typing import Any

import pytest

from swarm_provider.dockerapi.api import connect
from swarm_provider.dockerapi.connection.settings import ConnectionSettings
from swarm_provider.rollout.remove import remove_service
from swarm_provider.rollout.retry import update_with_retry
from swarm_provider.rollout.waiter import Outcome
from swarm_provider.rollout.watch import Watcher
from tests.rollout.scenarios import GLOBAL, SECOND, service
from tests.support.engine import Engine

pytestmark = [pytest.mark.live, pytest.mark.multinode]

Json = dict[str, Any]


@pytest.fixture
def killed(three_nodes: Engine) -> Iterator[list[int]]:
    """Numbers of the nodes that the test kills; they are started again."""
    numbers: list[int] = []
    yield numbers
    for number in numbers:
        three_nodes.start_node(number)


async def _rolling_update(
    nodes: Engine, name: str, mode: Json | None, killed: list[int], *, while_it_starts: bool
) -> tuple[str, set[str]]:
    """Update six tasks (or one per node), kill a worker in the middle; the outcome, and the images that run."""

    def spec(image: str) -> Json:
        settings = {"UpdateConfig": {"Parallelism": 1, "Monitor": 2 * SECOND}}
        slow = {"Env": [f"START_DELAY={6 if while_it_starts else 0}"]}
        check = {"Test": ["CMD", "/app/health"], "Interval": SECOND, "StartPeriod": 60 * SECOND, "Retries": 2}
        container = {**(slow if image == "web:2" else {}), "Healthcheck": check}
        workers = {"Placement": {"Constraints": ["node.role == worker"]}}
        return service(name, image, replicas=3, mode=mode, container=container, task=workers, **settings)

    swarm = await connect(ConnectionSettings(host=nodes.host))
    watcher = Watcher(swarm)
    try:
        service_id = await swarm.create("service", spec("web:1"))
        await watcher.converge(service_id, spec("web:1"))
        updated = await update_with_retry(swarm, "service", service_id, lambda live: spec("web:2"))
        assert updated is not None
        updating = asyncio.create_task(watcher.converge(service_id, spec("web:2"), updated.version_index))
        wanted = "starting" if while_it_starts else "running"
        while not (new := _new_tasks(await swarm.tasks(service_ids=[service_id]), wanted)):
            await asyncio.sleep(0.2)
        node = await swarm.inspect("node", new[0]["NodeID"])
        assert node is not None
        killed.append(int(node["Description"]["Hostname"].removeprefix("node")))
        await asyncio.to_thread(nodes.kill_node, killed[0])
        outcome = await updating
        tasks = [task for task in await swarm.tasks(service_ids=[service_id]) if task["DesiredState"] == "running"]
        # containers on the lost node are not waited for
        await remove_service(swarm, service_id, watcher=watcher, name=name)
        return outcome.text, {task["Spec"]["ContainerSpec"]["Image"] for task in tasks}
    finally:
        await swarm.close()


def _new_tasks(tasks: list[Json], state: str) -> list[Json]:
    return [
        task for task in tasks if task["Spec"]["ContainerSpec"]["Image"] == "web:2" and task["Status"]["State"] == state
    ]


@pytest.mark.parametrize(
    ("mode", "text"),
    [
        pytest.param(None, "3/3 running", id="replicated", marks=pytest.mark.long),
        pytest.param(GLOBAL, "1/1 running", id="global"),
    ],
)
def test_worker_lost_between_two_steps_does_not_spoil_the_update(
    three_nodes: Engine, unique: str, killed: list[int], mode: Json | None, text: str
) -> None:
    ended = asyncio.run(_rolling_update(three_nodes, unique, mode, killed, while_it_starts=False))
    assert ended == (text, {"web:2"})


def test_worker_lost_while_its_new_task_starts_does_not_stall_the_update(
    three_nodes: Engine, unique: str, killed: list[int]
) -> None:
    """Swarm itself would wait for that task for ever."""
    ended = asyncio.run(_rolling_update(three_nodes, unique, None, killed, while_it_starts=True))
    assert ended == ("3/3 running", {"web:2"})


def test_service_that_fits_one_node_only_finds_it(three_nodes: Engine, unique: str) -> None:
    """An image that one node has and no registry: the others reject the task until Swarm tries that node."""
    node = three_nodes.node(2)
    node("tag", "bb:1", f"{unique}:only")

    async def run() -> Outcome:
        swarm = await connect(ConnectionSettings(host=three_nodes.host))
        try:
            spec = service(unique, f"{unique}:only", task={"Placement": {"Constraints": ["node.hostname == node2"]}})
            service_id = await swarm.create("service", spec)
            return await Watcher(swarm).converge(service_id, spec)
        finally:
            await swarm.close()

    with three_nodes.cleaned():
        assert asyncio.run(run()).text == "1/1 running"
