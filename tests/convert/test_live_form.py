"""Taking a service over, or relabelling it, sends back what was found."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, given, settings

from swarm_provider.convert.minimal_update import in_live_form
from swarm_provider.convert.objects import with_labels
from swarm_provider.convert.service.daemon_form import stored
from swarm_provider.convert.service.effective import effective
from swarm_provider.convert.service.spec import concise, from_spec, to_spec
from swarm_provider.core import Json
from swarm_provider.core.values import UNKNOWN
from swarm_provider.plan.change.restart import restart
from tests.strategies import SERVICES, meaning
from tests.support.engine import Docker, Engine

LAW = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])


@LAW
@given(SERVICES, SERVICES)
def test_live_form_means_what_was_asked_for(wanted: Json, live: Json) -> None:
    spec = to_spec(wanted)
    assert meaning(in_live_form(spec, stored(to_spec(live)))) == meaning(spec)


@pytest.mark.parametrize(
    ("asked", "live", "sent"),
    [
        ({}, {"init": False}, False),
        ({}, {"init": True}, None),
        ({"init": False}, {}, False),
        ({"init": True}, {"init": False}, True),
    ],
)
def test_init_is_what_was_asked_for_else_the_false_that_docker_service_create_says(
    asked: Json, live: Json, sent: bool | None
) -> None:
    web = {"name": "web", "image": "bb:1"}
    spec = in_live_form(to_spec({**web, **asked}), to_spec({**web, **live}))
    assert spec["TaskTemplate"]["ContainerSpec"].get("Init") is sent


@LAW
@given(SERVICES)
def test_live_form_of_an_equal_service_restarts_nothing(inputs: Json) -> None:
    live = stored(to_spec(inputs))
    spelt_out = to_spec(from_spec(effective(live)))
    assert not restart(live, in_live_form(spelt_out, live)).restarts


def test_unknown_part_is_never_taken_from_the_live_service() -> None:
    live = to_spec({"name": "web", "image": "bb:1", "user": "1"})
    spec = in_live_form(to_spec({"name": "web", "image": UNKNOWN, "user": UNKNOWN}), live)
    assert spec["TaskTemplate"]["ContainerSpec"]["Image"] is UNKNOWN
    assert spec["TaskTemplate"]["ContainerSpec"]["User"] is UNKNOWN


def test_platforms_of_another_image_are_dropped() -> None:
    live = to_spec({"name": "web", "image": "bb:1"})
    live["TaskTemplate"]["Placement"] = {"Platforms": [{"OS": "linux"}]}
    same = in_live_form(to_spec({"name": "web", "image": "bb:1"}), live)
    other = in_live_form(to_spec({"name": "web", "image": "bb:2"}), live)
    assert same["TaskTemplate"]["Placement"] == {"Platforms": [{"OS": "linux"}]}
    assert other["TaskTemplate"]["Placement"] == {}


def test_platforms_of_the_new_image_are_sent() -> None:
    live = to_spec({"name": "web", "image": "bb:1"})
    live["TaskTemplate"]["Placement"] = {"Platforms": [{"OS": "linux"}]}
    wanted = to_spec({"name": "web", "image": "bb:2"})
    wanted["TaskTemplate"]["Placement"] = {"Platforms": [{"OS": "windows"}]}
    assert in_live_form(wanted, live)["TaskTemplate"]["Placement"] == {"Platforms": [{"OS": "windows"}]}


def test_container_moves_to_the_namespace_of_its_service() -> None:
    live = to_spec({"name": "web", "image": "bb:1", "namespace": "a"})
    spec = in_live_form(to_spec({"name": "web", "image": "bb:1", "namespace": "b"}), live)
    assert spec["TaskTemplate"]["ContainerSpec"]["Labels"] == {"com.docker.stack.namespace": "b"}


MADE_WITH_DOCKER = {
    "least": (),
    "ports": ("-p", "9931:81", "-p", "9930:80"),
    "policy": ("--update-parallelism", "1", "--restart-condition", "any", "--stop-grace-period", "10s"),
    "mount": ("--mount", "type=volume,source=lfdata,target=/v", "--env", "B=1", "--env", "A=2", "--init"),
    "limits": ("--constraint", "node.role==manager", "--limit-cpu", "0.5"),
}


@pytest.fixture(scope="module")
def made(engine: Engine) -> Iterator[tuple[Docker, str]]:
    docker, prefix = engine.docker, f"lf{time.time_ns() % 10**6}"
    with engine.cleaned():
        for name, options in MADE_WITH_DOCKER.items():
            docker("service", "create", "-d", "--no-resolve-image", "--name", f"{prefix}-{name}", *options, "bb:1")
        for name in MADE_WITH_DOCKER:
            docker.wait_running(f"{prefix}-{name}")
        yield docker, prefix


@pytest.mark.live
@pytest.mark.parametrize("name", MADE_WITH_DOCKER)
def test_taking_over_what_docker_made_restarts_nothing(made: tuple[Docker, str], name: str) -> None:
    docker, prefix = made
    live = docker.service(f"{prefix}-{name}")
    before = docker.task_ids(live["ID"])
    inputs = concise(from_spec(effective(live["Spec"])))
    spec = with_labels(in_live_form(to_spec(inputs), live["Spec"]), {"swarm-provider.owner": "p/s"})
    assert not restart(live["Spec"], spec).restarts
    docker.update_service(live, spec)
    time.sleep(3)
    assert docker.service(live["ID"])["Spec"]["Labels"]["swarm-provider.owner"] == "p/s"
    assert docker.task_ids(live["ID"]) == before
