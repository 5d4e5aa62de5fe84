"""The restart forecast on several nodes, some of which are paused, drained or labelled: task ids tell what happened."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest

from swarm_provider.core import Json
from tests.plan.played import Bench, Played, foretold
from tests.plan.unfinished import Stage, anywhere, broken, given, merged, unplaceable, up
from tests.support.engine import Engine

pytestmark = [pytest.mark.live, pytest.mark.multinode]

ZONE = "node.labels.zone == b"
AT_ONCE: Json = {"deploy": {"updateConfig": {"parallelism": 0}}}
GLOBAL = merged(anywhere("global"), AT_ONCE)
BOUND = merged(GLOBAL, {"deploy": {"placement": {"constraints": [ZONE]}}})
THREE, SIX = (merged(given({"replicas": count}), AT_ONCE) for count in (3, 6))
NEW: Json = {"environment": {"A": "2"}}
JOB = anywhere("global-job", command=["sleep", "100000"])
EVERYWHERE = Stage(GLOBAL, up(running=3))


def labelled(inputs: Json) -> Json:
    return merged(inputs, {"deploy": {"labels": {"n": "m"}}})


CASES: dict[str, tuple[tuple[Stage, ...], Json]] = {
    "global-changes": ((EVERYWHERE,), merged(GLOBAL, NEW)),
    "global-is-labelled": ((EVERYWHERE,), labelled(GLOBAL)),
    "global-leaves-nodes": ((EVERYWHERE,), BOUND),
    "global-comes-to-nodes": ((Stage(BOUND, up(running=1)),), GLOBAL),
    "global-crashes": ((Stage(broken(GLOBAL), up(waits=3)),), merged(GLOBAL, NEW)),
    "global-is-stuck": ((EVERYWHERE, Stage(unplaceable(GLOBAL), up(pending=3))), labelled(GLOBAL)),
    "replicas-change": ((Stage(THREE, up(running=3)),), merged(THREE, NEW)),
    "replicas-are-fewer": ((Stage(SIX, up(running=6)),), merged(SIX, {"deploy": {"replicas": 4}})),
    "replicas-are-fewer-and-change": (
        (Stage(SIX, up(running=6)),), merged(SIX, {**NEW, "deploy": {"replicas": 2}})
    ),
    "replicas-find-less-room": (
        (Stage(merged(SIX, {"deploy": {"placement": {"maxReplicasPerNode": 1}}}), up(running=3, pending=3)),),
        merged(SIX, {"deploy": {"replicas": 2, "placement": {"maxReplicasPerNode": 1}}}),
    ),
    "replicas-move": (
        (Stage(THREE, up(running=3)),), merged(THREE, {"deploy": {"placement": {"constraints": [ZONE]}}})
    ),
    "global-job-is-labelled": ((Stage(JOB, up(running=3)),), labelled(JOB)),
}  # fmt: skip


@pytest.fixture(scope="module")
def played(three_nodes: Engine) -> Iterator[dict[str, Played]]:
    docker = three_nodes.docker
    cases = {name: Played(name, stages, sends) for name, (stages, sends) in CASES.items()}
    docker("node", "update", "--label-add", "zone=b", "node3")
    try:
        with three_nodes.cleaned():

            def pause() -> None:
                docker("node", "update", "--availability", "pause", "node2")

            bench = Bench(docker, list(cases.values()), f"no{time.time_ns() % 10**6}")
            bench.run(pause)
            yield cases
    finally:
        docker("node", "update", "--availability", "active", "node2")
        docker("node", "update", "--label-rm", "zone", "node3")


@pytest.mark.parametrize("name", CASES)
def test_forecast_on_several_nodes_is_what_task_ids_then_show(played: dict[str, Played], name: str) -> None:
    case = played[name]
    assert case.forecast is not None
    assert case.moved == foretold(case.forecast), f"{case.story}\n{case.forecast}"


def test_paused_node_keeps_what_a_global_service_has_there(played: dict[str, Played]) -> None:
    forecast = played["global-changes"].forecast
    assert forecast is not None
    assert (forecast.tasks, forecast.paused) == (2, ("node2",))
