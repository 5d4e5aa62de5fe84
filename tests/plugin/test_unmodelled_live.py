"""Fields that inputs have no word for, on a real engine: shown at each preview, kept, and no reason of a restart.

The fields are those of an engine that does not exist yet: `NewerEngine` remembers them in front of the real one.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from swarm_provider.cli.__main__ import main
from swarm_provider.core import Json, labels
from tests.support.engine import Docker, Engine
from tests.support.newer import NEXT, NewerEngine
from tests.support.protocol import Plugin

pytestmark = pytest.mark.live

STACK = "later"
BASE: Json = {
    "image": "bb:1",
    "namespace": STACK,
    "resolveImage": "never",
    "wait": False,
    "command": ["sleep", "1000"],
    "healthcheck": {"test": ["CMD", "true"]},
    "logging": {"driver": "local"},
    "volumes": [{"type": "volume", "source": "a", "target": "/a"}, {"type": "tmpfs", "target": "/t"}],
    "ports": [{"target": 80, "mode": "host"}],
    "configs": [{"source": "later-1", "target": "/c"}],
    "secrets": [{"source": "later-1", "target": "s"}],
    "networks": [{"name": "later-1"}],
    "ulimits": {"nofile": {"soft": 5, "hard": 6}},
    "deploy": {
        "replicas": 0,
        "resources": {"limits": {"memory": "32M"}},
        "placement": {"preferences": [{"spread": "node.labels.z"}]},
        "updateConfig": {"parallelism": 1},
        "restartPolicy": {"condition": "any"},
    },
}
# a change of something else beside every field
CHANGE: Json = {
    "environment": {"NEW": "1"},
    "healthcheck": {"test": ["CMD", "true"], "retries": 4},
    "logging": {"driver": "local", "options": {"max-size": "1m"}},
    "volumes": [{"type": "volume", "source": "b", "target": "/b"}, *BASE["volumes"]],
    "ulimits": {"core": {"soft": 0, "hard": 0}, "nofile": {"soft": 7, "hard": 8}},
    "networks": [{"name": "later-1", "aliases": ["me"]}],
    "deploy": {
        "replicas": 0,
        "resources": {"limits": {"memory": "64M"}},
        "placement": {"preferences": [{"spread": "node.labels.z"}], "constraints": ["node.role == manager"]},
        "updateConfig": {"parallelism": 2},
        "restartPolicy": {"condition": "none"},
    },
}
RELABELLED: Json = {"deploy": {**BASE["deploy"], "labels": {"new": "1"}}}
CONTAINER = ("TaskTemplate", "ContainerSpec")
# name of the service -> where the field is, and how it is shown
_PLACES: dict[str, tuple[tuple[Any, ...], str]] = {
    "top": ((), "Next"),
    "task": (("TaskTemplate",), "TaskTemplate.Next"),
    "container": (CONTAINER, "TaskTemplate.ContainerSpec.Next"),
    "privileges": ((*CONTAINER, "Privileges"), "TaskTemplate.ContainerSpec.Privileges.Next"),
    "health": ((*CONTAINER, "Healthcheck"), "TaskTemplate.ContainerSpec.Healthcheck.Next"),
    "mount": ((*CONTAINER, "Mounts", 0), "TaskTemplate.ContainerSpec.Mounts[/a].Next"),
    "mount-options": ((*CONTAINER, "Mounts", 1, "TmpfsOptions"), "Mounts[/t].TmpfsOptions.Next"),
    "config": ((*CONTAINER, "Configs", 0), "TaskTemplate.ContainerSpec.Configs[/c].Next"),
    "secret": ((*CONTAINER, "Secrets", 0), "TaskTemplate.ContainerSpec.Secrets[s].Next"),
    "ulimit": ((*CONTAINER, "Ulimits", 0), "TaskTemplate.ContainerSpec.Ulimits[nofile].Next"),
    "network": (("TaskTemplate", "Networks", 0), "TaskTemplate.Networks[later-1].Next"),
    "log": (("TaskTemplate", "LogDriver"), "TaskTemplate.LogDriver.Next"),
    "restart": (("TaskTemplate", "RestartPolicy"), "TaskTemplate.RestartPolicy.Next"),
    "resources": (("TaskTemplate", "Resources"), "TaskTemplate.Resources.Next"),
    "limits": (("TaskTemplate", "Resources", "Limits"), "TaskTemplate.Resources.Limits.Next"),
    "placement": (("TaskTemplate", "Placement"), "TaskTemplate.Placement.Next"),
    "preference": (("TaskTemplate", "Placement", "Preferences", 0), "TaskTemplate.Placement.Preferences[0].Next"),
    "update": (("UpdateConfig",), "UpdateConfig.Next"),
    "endpoint": (("EndpointSpec",), "EndpointSpec.Next"),
    "port": (("EndpointSpec", "Ports", 0), "EndpointSpec.Ports[80].Next"),
    "mode": (("Mode", "Replicated"), "Mode.Replicated.Next"),
}
PLACES = {f"{STACK}_{name}": place for name, place in _PLACES.items()}
VALUE = 33554432


@dataclass
class Seen:
    """What a run told of one service, and which fields it had afterwards."""

    differences: list[str]
    lines: list[str]
    left: list[Any] = field(default_factory=list)


class Bench:
    """A service per place: with its field set by hand; previewed; relabelled; changed in all its neighbours."""

    def __init__(self, engine: NewerEngine, docker: Docker) -> None:
        self.engine, self.docker = engine, docker
        self.ids: dict[str, str] = {}
        self.state: dict[str, tuple[Json, Json]] = {}
        docker("config", "create", "later-1", "-", stdin="1")
        docker("secret", "create", "later-1", "-", stdin="1")
        docker("network", "create", "--driver", "overlay", "later-1")
        with Plugin(engine.host) as plugin:
            for name in PLACES:
                inputs = plugin.inputs("Service", name, BASE)
                self.state[name] = inputs, plugin.create("Service", name, inputs)[1]
                self.ids[name] = docker.service(name)["ID"]
        for name, (place, _) in PLACES.items():
            # what somebody sets by hand with a newer client
            self.engine.fields[self.ids[name]] = {(*place, NEXT): VALUE}
        with Plugin(engine.host) as plugin:
            self.unchanged = {name: self.run(plugin, name, BASE) for name in PLACES}
        with Plugin(engine.host) as plugin:
            self.relabelled = {name: self.run(plugin, name, {**BASE, **RELABELLED}) for name in PLACES}
        with Plugin(engine.host) as plugin:
            self.changed = {name: self.run(plugin, name, {**BASE, **CHANGE}) for name in PLACES}

    def run(self, plugin: Plugin, name: str, inputs: Json) -> Seen:
        """What `pulumi up` does: Read, Check, Diff, and Update where something differs."""
        old, state = self.state[name]
        _, live, state = plugin.read("Service", name, name, old, state)
        told = len(plugin.said)
        news = plugin.inputs("Service", name, inputs, live)
        found = plugin.diff("Service", name, name, live, news, state)
        seen = Seen(list(found.detailedDiff), [text for _, text in plugin.said[told:]])
        if seen.differences:
            state = plugin.update("Service", name, name, live, news, state)
        self.state[name] = news, state
        seen.left = list(self.engine.fields[self.ids[name]].values())
        return seen


@pytest.fixture(scope="module")
def bench(engine: Engine, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bench]:
    with engine.cleaned(), NewerEngine(tmp_path_factory.mktemp("newer"), engine.host) as newer:
        yield Bench(newer, engine.docker)


@pytest.mark.parametrize("name", PLACES)
def test_field_without_a_word_is_shown_kept_and_restarts_nothing(bench: Bench, name: str) -> None:
    path = PLACES[name][1]
    line = f"{path} = {VALUE}; kept"
    assert bench.unchanged[name].differences == []
    for seen in (bench.unchanged[name], bench.relabelled[name], bench.changed[name]):
        assert [text for text in seen.lines if text.endswith(line)], seen.lines
        assert seen.left == [VALUE]
    assert f"no task of {name} restarts: only deploy.labels change" in bench.relabelled[name].lines


def test_word_that_the_engine_drops_is_no_reason_of_a_restart(plugin: Plugin, docker: Docker, unique: str) -> None:
    base: Json = {"image": "bb:1", "resolveImage": "never", "wait": False, "memSwappiness": 5, "oomScoreAdj": 7}
    inputs = plugin.inputs("Service", unique, {**base, "deploy": {"replicas": 0}})
    _, state = plugin.create("Service", unique, inputs)
    with Plugin(docker.host) as later:
        _, live, state = later.read("Service", unique, unique, inputs, state)
        assert live == inputs
        news = later.inputs("Service", unique, {**base, "deploy": {"replicas": 0, "labels": {"a": "b"}}}, live)
        later.diff("Service", unique, unique, live, news, state)
        assert ("info", f"no task of {unique} restarts: only deploy.labels change") in later.said
        later.update("Service", unique, unique, live, news, state)
    assert docker.service(unique)["Spec"]["Labels"]["a"] == "b"


def test_field_goes_with_its_mount_and_the_preview_warns(bench: Bench) -> None:
    name = f"{STACK}_mount"
    with Plugin(bench.engine.host) as plugin:
        old, state = bench.state[name]
        _, live, state = plugin.read("Service", name, name, old, state)
        plugin.inputs("Service", name, {**BASE, **CHANGE, "volumes": []}, live)
        path = PLACES[name][1]
        assert ("warning", f"set on the cluster, and lost with this change: {path} = {VALUE}") in plugin.said


def test_field_without_a_word_is_told_at_an_import(bench: Bench) -> None:
    with Plugin(bench.engine.host) as plugin:
        plugin.read("Service", f"{STACK}_task", f"{STACK}_task")
        line = f"set on the cluster, not in the program: TaskTemplate.Next = {VALUE}; kept"
        assert ("info", line) in plugin.said


def test_field_without_a_word_is_told_and_kept_at_a_take_over(bench: Bench) -> None:
    docker, name = bench.docker, "made-with-docker"
    docker("service", "create", "--detach", "--no-resolve-image", "--replicas", "0", "--name", name, "bb:1")
    id = docker.service(name)["ID"]
    bench.engine.fields[id] = {("TaskTemplate", "Resources", NEXT): VALUE}
    with Plugin(bench.engine.host) as plugin:
        wish = {"image": "bb:1", "resolveImage": "never", "wait": False, "adopt": True, "deploy": {"replicas": 0}}
        inputs = plugin.inputs("Service", name, wish)
        plugin.create("Service", name, inputs, preview=True)
        line = f"set on the cluster, not in the program: TaskTemplate.Resources.Next = {VALUE}; kept"
        assert ("info", line) in plugin.said
        assert [text for _, text in plugin.said if text.endswith(f"no task of {name} restarts")]
        plugin.create("Service", name, inputs)
    assert labels.OWNER in docker.service(name)["Spec"]["Labels"]
    assert list(bench.engine.fields[id].values()) == [VALUE]


def test_field_without_a_word_is_in_status_and_adopt(
    bench: Bench, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    main(["status", STACK, "--json", "--host", bench.engine.host])
    services = {one["name"]: one for one in json.loads(capsys.readouterr().out)["services"]}
    name = f"{STACK}_task"
    assert services[name]["unmodelled"] == {"TaskTemplate.Next": str(VALUE)}
    # `adopt` is for what docker made
    for other in PLACES.keys() - {name}:
        bench.docker("service", "rm", other)
    own = [f"--label-rm={key}" for key in bench.docker.service(name)["Spec"]["Labels"] if key.startswith("swarm-")]
    bench.docker("service", "update", "--detach", "--no-resolve-image", *own, name)
    assert labels.OWNER not in bench.docker.service(name)["Spec"]["Labels"]
    assert main(["adopt", STACK, "--host", bench.engine.host, "--directory", str(tmp_path)]) == 0
    assert f"{name}: set on the cluster, not in the program: TaskTemplate.Next = {VALUE}; kept" in (
        capsys.readouterr().out
    )
