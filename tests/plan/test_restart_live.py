"""The restart forecast against Swarm itself: task ids tell whether a task was replaced.

All services are made at once and updated at once, so that one wait serves all cases.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from swarm_provider.convert.objects import config_to_spec
from swarm_provider.convert.service.effective import effective
from swarm_provider.convert.service.spec import to_spec
from swarm_provider.core import Json
from swarm_provider.plan.change.restart import Restart, restart
from swarm_provider.plan.rollout.history import Snapshot
from tests.support.engine import Docker, Engine

pytestmark = pytest.mark.live

TIMEOUT = 240.0
SETTLE = 4.0
"""Seconds in which a task that must not restart could still do so (Swarm reacts to an update within one)."""

BASE: Json = {
    "image": "bb:1",
    "environment": {"MODE": "a"},
    "labels": {"team": "a"},
    "deploy": {"replicas": 1, "labels": {"tier": "a"}},
}


def changed(**parts: Any) -> Json:
    return {**BASE, **parts}


def deployed(**parts: Any) -> Json:
    return {**BASE, "deploy": {**BASE["deploy"], **parts}}


def hosting(port: int) -> Json:
    return changed(ports=[{"target": 80, "published": port, "mode": "host"}])


@dataclass
class Case:
    before: Json
    after: Json
    restarts: bool
    reasons: tuple[str, ...]


HERE = "node.role == manager"
ELSEWHERE = "node.role == worker"
CASES: dict[str, Case] = {
    "equal": Case(BASE, BASE, False, ()),
    "service-label": Case(BASE, deployed(labels={"tier": "b"}), False, ()),
    "container-label": Case(BASE, changed(labels={"team": "b"}), True, ("labels.team",)),
    "image": Case(BASE, changed(image="bb:2"), True, ("image",)),
    "image-text": Case(changed(image="bb:1"), changed(image="docker.io/library/bb:1"), False, ()),
    "environment": Case(BASE, changed(environment={"MODE": "b"}), True, ("environment.MODE",)),
    "environment-order": Case(
        changed(environment={"A": "1", "B": "2"}), changed(environment={"B": "2", "A": "1"}), False, ()
    ),
    "command": Case(BASE, changed(command=["sleep", "1000"]), True, ("command",)),
    "user": Case(BASE, changed(user="0:0"), True, ("user",)),
    "init": Case(BASE, changed(init=False), True, ("init",)),
    "grace": Case(BASE, changed(stopGracePeriod="9s"), True, ("stop_grace_period",)),
    "grace-default": Case(BASE, changed(stopGracePeriod="10s"), True, ("stop_grace_period",)),
    "health": Case(BASE, changed(healthcheck={"disable": True}), True, ("healthcheck.disable",)),
    "logging": Case(BASE, changed(logging={"driver": "json-file"}), True, ("logging.driver",)),
    "limits": Case(
        BASE, deployed(resources={"limits": {"memory": "64M"}}), True, ("deploy.resources.limits.memory",)
    ),
    "restart-policy": Case(
        BASE, deployed(restartPolicy={"maxAttempts": 9}), True,
        ("deploy.restart_policy.condition", "deploy.restart_policy.max_attempts"),
    ),
    "update-config": Case(BASE, deployed(updateConfig={"parallelism": 2}), False, ()),
    "rollback-config": Case(BASE, deployed(rollbackConfig={"order": "start-first"}), False, ()),
    "constraint-holds": Case(BASE, deployed(placement={"constraints": [HERE]}), False, ()),
    "constraint-breaks": Case(
        BASE, deployed(placement={"constraints": [ELSEWHERE]}), True, ("deploy.placement.constraints",)
    ),
    "preference": Case(BASE, deployed(placement={"preferences": [{"spread": "node.labels.z"}]}), False, ()),
    "max-per-node": Case(BASE, deployed(placement={"maxReplicasPerNode": 3}), False, ()),
    "constraint-and-image": Case(
        BASE, {**deployed(placement={"constraints": [HERE]}), "image": "bb:2"}, True,
        ("image", "deploy.placement.constraints"),
    ),
    "constraint-and-port": Case(
        BASE, {**hosting(9801), "deploy": {"replicas": 1, "placement": {"constraints": [HERE]}}}, False, ()
    ),
    "port-added": Case(BASE, hosting(9802), True, ("ports",)),
    "port-changed": Case(hosting(9803), hosting(9804), True, ("ports[0].published",)),
    "endpoint-mode": Case(BASE, deployed(endpointMode="dnsrr"), True, ("deploy.endpoint_mode",)),
    "force": Case(BASE, changed(forceUpdate=1), True, ("force_update",)),
    "volume": Case(
        BASE, changed(volumes=[{"type": "tmpfs", "target": "/x"}]), True, ("volumes",)
    ),
    "network": Case(BASE, changed(networks=[{"name": "NETWORK"}]), True, ("networks",)),
    "config": Case(
        changed(configs=[{"source": "CONFIG-1", "target": "/c"}]),
        changed(configs=[{"source": "CONFIG-2", "target": "/c"}]),
        True,
        ("configs[0].source",),
    ),
    "config-same": Case(
        changed(configs=[{"source": "CONFIG-1", "target": "/c"}]),
        {**deployed(labels={"n": "m"}), "configs": [{"source": "CONFIG-1", "target": "/c", "mode": 292}]},
        False,
        (),
    ),
    "scale-up": Case(BASE, deployed(replicas=2), False, ()),
    "scale-down": Case(deployed(replicas=2), BASE, False, ()),
}  # fmt: skip


def field(path: str, **parts: Any) -> Case:
    """A property of the containers: its change restarts."""
    return Case(BASE, changed(**parts), True, (path,))


def harmless(**parts: Any) -> Case:
    return Case(BASE, deployed(**parts), False, ())


def pair(restarts: bool, image: str = "bb:1", deploy: Json | None = None, **parts: Any) -> Case:
    """Two properties at once; which of them are named as reasons is tested one by one."""
    return Case(BASE, {**BASE, "image": image, "deploy": {**BASE["deploy"], **(deploy or {})}, **parts}, restarts, ())


HEALTH: Json = {"test": ["CMD", "true"], "interval": "1s"}
EVERY_FIELD: dict[str, Case] = {
    "entrypoint": field("entrypoint", entrypoint=["sleep", "1000"]),
    "hostname": field("hostname", hostname="h"),
    "group-add": field("group_add", groupAdd=["audio"]),
    "working-dir": field("working_dir", workingDir="/tmp"),
    "stop-signal": field("stop_signal", stopSignal="SIGINT"),
    "tty": field("tty", tty=True),
    "stdin-open": field("stdin_open", stdinOpen=True),
    "read-only": field("read_only", readOnly=True),
    "extra-hosts": field("extra_hosts", extraHosts=["a:10.1.2.3"]),
    "dns": field("dns", dns=["10.1.2.3"]),
    "dns-search": field("dns_search", dnsSearch=["example.org"]),
    "dns-opt": field("dns_opt", dnsOpt=["ndots:2"]),
    "cap-add": field("cap_add", capAdd=["NET_ADMIN"]),
    "cap-drop": field("cap_drop", capDrop=["MKNOD"]),
    "sysctls": field("sysctls", sysctls={"net.core.somaxconn": "99"}),
    "ulimits": field("ulimits", ulimits={"nofile": {"soft": 64, "hard": 64}}),
    "health-interval": Case(
        changed(healthcheck=HEALTH), changed(healthcheck={**HEALTH, "interval": "2s"}), True, ("healthcheck.interval",)
    ),
    "log-options": Case(
        changed(logging={"driver": "json-file", "options": {"max-size": "1m"}}),
        changed(logging={"driver": "json-file", "options": {"max-size": "2m"}}), True,
        ('logging.options["max-size"]',),
    ),
    "network-aliases": Case(
        changed(networks=[{"name": "NETWORK"}]), changed(networks=[{"name": "NETWORK", "aliases": ["x"]}]), True,
        ("networks[0].aliases",),
    ),
    "limit-cpus": Case(
        BASE, deployed(resources={"limits": {"cpus": "0.5"}}), True, ("deploy.resources.limits.cpus",)
    ),
    "limit-pids": Case(BASE, deployed(resources={"limits": {"pids": 99}}), True, ("deploy.resources.limits.pids",)),
    "reserve-cpus": Case(
        BASE, deployed(resources={"reservations": {"cpus": "0.01"}}), True, ("deploy.resources.reservations.cpus",)
    ),
    "reserve-memory": Case(
        BASE, deployed(resources={"reservations": {"memory": "8M"}}), True, ("deploy.resources.reservations.memory",)
    ),
    "update-delay": harmless(updateConfig={"delay": "3s"}),
    "update-failure-action": harmless(updateConfig={"failureAction": "continue"}),
    "update-monitor": harmless(updateConfig={"monitor": "3s"}),
    "update-max-failure-ratio": harmless(updateConfig={"maxFailureRatio": 0.5}),
    "update-order": harmless(updateConfig={"order": "start-first"}),
    "rollback-parallelism": harmless(rollbackConfig={"parallelism": 2}),
    "rollback-delay": harmless(rollbackConfig={"delay": "3s"}),
    "rollback-monitor": harmless(rollbackConfig={"monitor": "3s"}),
    "rollback-failure-action": harmless(rollbackConfig={"failureAction": "continue"}),
    "rollback-max-failure-ratio": harmless(rollbackConfig={"maxFailureRatio": 0.5}),
    "pair-image-replicas": pair(True, image="bb:2", deploy={"replicas": 2}),
    "pair-label-replicas": pair(False, deploy={"labels": {"tier": "c"}, "replicas": 2}),
    "pair-label-update-config": pair(False, deploy={"labels": {"tier": "c"}, "updateConfig": {"delay": "1s"}}),
    "pair-label-environment": pair(True, deploy={"labels": {"tier": "c"}}, environment={"MODE": "c"}),
    "pair-constraint-label": pair(False, deploy={"labels": {}, "placement": {"constraints": [HERE]}}),
    "pair-constraint-environment": pair(
        True, deploy={"placement": {"constraints": [HERE]}}, environment={"MODE": "c"}
    ),
    "pair-constraint-limit-per-node": pair(
        False, deploy={"placement": {"constraints": [HERE], "maxReplicasPerNode": 3}}
    ),
    "pair-preference-replicas": pair(
        False, deploy={"placement": {"preferences": [{"spread": "node.labels.z"}]}, "replicas": 2}
    ),
    "pair-force-label": pair(True, deploy={"labels": {"tier": "c"}}, forceUpdate=1),
    "pair-update-config-image": pair(True, image="bb:2", deploy={"updateConfig": {"order": "start-first"}}),
}  # fmt: skip
SHORT = tuple(CASES)
CASES |= EVERY_FIELD


def named(names: Iterable[str]) -> list[Any]:
    return [name if name in SHORT else pytest.param(name, marks=pytest.mark.long) for name in names]


class Bench:
    """The services of all cases, before and after their update."""

    def __init__(self, docker: Docker, prefix: str, cases: dict[str, Case]) -> None:
        self.docker = docker
        self.cases = cases
        self.prefix = prefix
        self.forecasts: dict[str, Restart] = {}
        self.before: dict[str, set[str]] = {}
        self.after: dict[str, set[str]] = {}
        self.ids: dict[str, str] = {}

    def run(self) -> None:
        api = self.docker.api
        api.create_network(f"{self.prefix}-n", driver="overlay", scope="swarm")
        for number in ("1", "2"):
            spec = config_to_spec({"name": f"{self.prefix}-{number}", "data": "x" + number})
            self.ids[spec["Name"]] = api._result(api._post_json(api._url("/configs/create"), data=spec), True)["ID"]
        for name, case in self.cases.items():
            self.docker.create_service(self._spec(name, case.before))
        for name, case in self.cases.items():
            self.docker.wait_running(self._name(name), case.before["deploy"]["replicas"], TIMEOUT)
            self.before[name] = self.docker.task_ids(self._name(name))
        nodes = api.nodes()
        names = {network["Id"]: network["Name"] for network in api.networks()}
        for name, case in self.cases.items():
            live = self.docker.service(self._name(name))
            spec = self._spec(name, case.after)
            self.forecasts[name] = restart(
                live["Spec"],
                spec,
                network_names=names,
                snapshot=Snapshot(live, self.docker.tasks(self._name(name), running=False), nodes),
            )
            if effective(spec) == effective(live["Spec"], names):
                # a user sees no difference: nothing is sent
                spec["Labels"] = {**spec["Labels"], "sent": "anyway"}
            self.docker.update_service(live, spec)
        self._wait()

    def _wait(self) -> None:
        end = time.monotonic() + TIMEOUT
        while time.monotonic() < end and any(
            self._survivors(name) for name, case in self.cases.items() if case.restarts
        ):
            time.sleep(0.5)
        time.sleep(SETTLE)
        self.after = {name: self._wanted(name) for name in self.cases}

    def _wanted(self, name: str) -> set[str]:
        tasks = self.docker.tasks(self._name(name), running=False)
        return {task["ID"] for task in tasks if task["DesiredState"] == "running"}

    def _survivors(self, name: str) -> set[str]:
        return self._wanted(name) & self.before[name]

    def _name(self, case: str) -> str:
        return f"{self.prefix}-{case}"

    def _spec(self, name: str, inputs: Json) -> Json:
        text: Json = {**inputs, "name": self._name(name)}
        for key in ("networks", "configs"):
            if key in inputs:
                text[key] = [
                    {
                        k: v.replace("NETWORK", f"{self.prefix}-n").replace("CONFIG", self.prefix)
                        if isinstance(v, str) else v
                        for k, v in entry.items()
                    }
                    for entry in inputs[key]
                ]  # fmt: skip
        spec = to_spec(text)
        for entry in spec["TaskTemplate"]["ContainerSpec"].get("Configs") or []:
            entry["ConfigID"] = self.ids[entry["ConfigName"]]
        return spec


@pytest.fixture(scope="module")
def bench(engine: Engine, request: pytest.FixtureRequest) -> Iterator[Bench]:
    chosen = {name: case for name, case in CASES.items() if name in SHORT or request.config.getoption("--long")}
    with engine.cleaned():
        made = Bench(engine.docker, f"rs{time.time_ns() % 10**6}", chosen)
        made.run()
        yield made


@pytest.mark.parametrize(
    "parts",
    [{"labels": {"a": "b"}}, {"placement": {"constraints": [HERE]}}, {"replicas": 2}],
    ids=["label", "placement", "count"],
)
def test_every_update_runs_a_job_again(bench: Bench, parts: Json, unique: str) -> None:
    job: Json = {"name": unique, "image": "bb:1", "command": ["true"], "deploy": {"mode": "replicated-job"}}
    live = bench.docker.service(bench.docker.create_service(to_spec(job)))
    new = to_spec({**job, "deploy": {**job["deploy"], **parts}})
    assert restart(live["Spec"], new).restarts
    bench.docker.update_service(live, new)
    assert bench.docker.service(live["ID"])["JobStatus"]["JobIteration"]["Index"] == 1


@pytest.mark.parametrize("name", named(CASES))
def test_forecast_agrees_with_task_ids(bench: Bench, name: str) -> None:
    survived = bool(bench.before[name] & bench.after[name])
    assert bench.forecasts[name].restarts == (not survived)
    assert bench.forecasts[name].restarts == CASES[name].restarts


@pytest.mark.parametrize("name", named(n for n, case in CASES.items() if case.reasons))
def test_forecast_names_the_properties_that_restart(bench: Bench, name: str) -> None:
    assert bench.forecasts[name].reasons == CASES[name].reasons
