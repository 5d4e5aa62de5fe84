"""Drift: whatever somebody changes on a service by hand is read back with its live value, and put right by an update.

One service per field, of no running task, so that the whole table costs three rounds: all are made, all are changed
with the docker CLI (or, where that has no word, the API), all are read, compared, repaired and read again. Each round
is a plugin process of its own, as each run of Pulumi is.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

import pytest

from swarm_provider.spec import Json
from tests.support.engine import Docker, Engine
from tests.support.protocol import Plugin

pytestmark = pytest.mark.live

BASE: Json = {
    "image": "bb:1",
    "resolveImage": "never",
    "wait": False,
    "command": ["sleep", "1000"],
    "environment": {"MODE": "a", "GONE": "1"},
    "labels": {"team": "a"},
    "deploy": {"replicas": 0, "labels": {"tier": "a"}},
}
Change = Sequence[str] | Callable[[Json], None]


@dataclass(frozen=True)
class Field:
    """One property that is changed by hand.

    Attributes:
        change: arguments of `docker service update`, or a function that changes the Spec in place.
        path: the path under which the diff shows it.
        live: its live value there; "" stands for a value that is gone.
        before: what the service has beyond BASE.
    """

    change: Change
    path: str
    live: Any
    before: Json = field(default_factory=dict)


def container(**parts: Any) -> Callable[[Json], None]:
    return lambda spec: spec["TaskTemplate"]["ContainerSpec"].update(parts)


def port(**parts: Any) -> Callable[[Json], None]:
    return lambda spec: spec["EndpointSpec"]["Ports"][0].update(parts)


def mount(**parts: Any) -> Callable[[Json], None]:
    return lambda spec: spec["TaskTemplate"]["ContainerSpec"]["Mounts"][0].update(parts)


def deploying(**parts: Any) -> Json:
    return {"deploy": {**BASE["deploy"], **parts}}


def health(**parts: Any) -> Json:
    return {"healthcheck": {"test": ["CMD", "true"], **parts}}


TCP_80: Json = {"ports": [{"target": 80, "published": 8101, "mode": "host"}]}
VOLUME: Json = {"volumes": [{"type": "volume", "source": "a", "target": "/a"}]}
CONFIG: Json = {"configs": [{"source": "drift-1", "target": "/c"}]}
SECRET: Json = {"secrets": [{"source": "drift-1", "target": "s"}]}
NETWORK: Json = {"networks": [{"name": "drift-1", "aliases": ["me"]}]}
FIELDS: dict[str, Field] = {
    "image": Field(("--image", "bb:2"), "image", "bb:2"),
    "command": Field(("--args", "sleep 99"), "command[1]", "99"),
    "entrypoint": Field(("--entrypoint", "/bin/env"), "entrypoint", ["/bin/env"]),
    "environment-changed": Field(("--env-add", "MODE=b"), "environment.MODE", "b"),
    "environment-added": Field(("--env-add", "NEW=1"), "environment.NEW", "1"),
    "environment-removed": Field(("--env-rm", "GONE"), "environment.GONE", ""),
    "container-label": Field(("--container-label-add", "team=b"), "labels.team", "b"),
    "hostname": Field(("--hostname", "h"), "hostname", "h"),
    "user": Field(("--user", "1000"), "user", "1000"),
    "group": Field(("--group-add", "audio"), "groupAdd", ["audio"]),
    "working-dir": Field(("--workdir", "/tmp"), "workingDir", "/tmp"),
    "stop-signal": Field(("--stop-signal", "SIGINT"), "stopSignal", "SIGINT"),
    "stop-grace-period": Field(("--stop-grace-period", "7s"), "stopGracePeriod", "7s"),
    "tty": Field(("--tty",), "tty", True),
    "stdin-open": Field(container(OpenStdin=True), "stdinOpen", True),
    "read-only": Field(("--read-only",), "readOnly", True),
    "init": Field(("--init",), "init", True),
    "isolation": Field(("--isolation", "process"), "isolation", "process"),
    "extra-hosts": Field(("--host-add", "db:10.1.2.3"), "extraHosts", ["db:10.1.2.3"]),
    "dns": Field(("--dns-add", "10.1.2.3"), "dns", ["10.1.2.3"]),
    "dns-search": Field(("--dns-search-add", "example.org"), "dnsSearch", ["example.org"]),
    "dns-opt": Field(("--dns-option-add", "ndots:2"), "dnsOpt", ["ndots:2"]),
    "cap-add": Field(("--cap-add", "NET_ADMIN"), "capAdd", ["CAP_NET_ADMIN"]),
    "cap-drop": Field(("--cap-drop", "CHOWN"), "capDrop", ["CAP_CHOWN"]),
    "sysctls": Field(("--sysctl-add", "net.core.somaxconn=99"), "sysctls", {"net.core.somaxconn": "99"}),
    "ulimits": Field(("--ulimit-add", "nofile=5:6"), "ulimits", {"nofile": {"soft": 5, "hard": 6}}),
    "health-test": Field(("--health-cmd", "false"), "healthcheck.test[0]", "CMD-SHELL", health()),
    "health-interval": Field(("--health-interval", "9s"), "healthcheck.interval", "9s", health()),
    "health-timeout": Field(("--health-timeout", "9s"), "healthcheck.timeout", "9s", health(timeout="3s")),
    "health-retries": Field(("--health-retries", "9"), "healthcheck.retries", 9, health(retries=2)),
    "health-start-period": Field(("--health-start-period", "9s"), "healthcheck.startPeriod", "9s", health()),
    "health-disabled": Field(("--no-healthcheck",), "healthcheck.disable", True, health()),
    "log-driver": Field(("--log-driver", "none"), "logging.driver", "none", {"logging": {"driver": "local"}}),
    "log-options": Field(
        ("--log-driver", "local", "--log-opt", "max-size=2m"), 'logging.options["max-size"]', "2m",
        {"logging": {"driver": "local", "options": {"max-size": "1m"}}},
    ),
    "credential-spec": Field(("--credential-spec", "file://a.json"), "credentialSpec.file", "a.json"),
    "config-removed": Field(("--config-rm", "drift-1"), "configs", "", CONFIG),
    "config-other": Field(
        ("--config-rm", "drift-1", "--config-add", "source=drift-2,target=/c"), "configs[0].source", "drift-2", CONFIG
    ),
    "config-mode": Field(
        lambda spec: spec["TaskTemplate"]["ContainerSpec"]["Configs"][0]["File"].update(Mode=0o400),
        "configs[0].mode", 0o400, CONFIG,
    ),
    "config-owner": Field(
        lambda spec: spec["TaskTemplate"]["ContainerSpec"]["Configs"][0]["File"].update(UID="5"),
        "configs[0].uid", "5", CONFIG,
    ),
    "secret-removed": Field(("--secret-rm", "drift-1"), "secrets", "", SECRET),
    "secret-other": Field(
        ("--secret-rm", "drift-1", "--secret-add", "source=drift-2,target=s"), "secrets[0].source", "drift-2", SECRET
    ),
    "network-added": Field(("--network-add", "drift-2"), "networks[1].name", "drift-2", NETWORK),
    "network-removed": Field(("--network-rm", "drift-1"), "networks", "", NETWORK),
    "network-aliases": Field(
        lambda spec: spec["TaskTemplate"]["Networks"][0].update(Aliases=["you"]),
        "networks[0].aliases[0]", "you", NETWORK,
    ),
    "port-added": Field(
        ("--publish-add", "mode=host,target=81,published=8102"), "ports[1].published", 8102, TCP_80
    ),
    "port-removed": Field(lambda spec: spec["EndpointSpec"].pop("Ports"), "ports", "", TCP_80),
    "port-published": Field(port(PublishedPort=8103), "ports[0].published", 8103, TCP_80),
    "port-mode": Field(
        port(PublishMode="ingress"), "ports[0].mode", "ingress",
        {"ports": [{"target": 80, "published": 8104, "mode": "host"}]},
    ),
    "port-protocol": Field(port(Protocol="udp"), "ports[0].protocol", "udp", TCP_80),
    "mount-added": Field(
        ("--mount-add", "type=volume,source=b,target=/b"), "volumes[1].source", "b", VOLUME
    ),
    "mount-removed": Field(("--mount-rm", "/a"), "volumes", "", VOLUME),
    "mount-source": Field(mount(Source="b"), "volumes[0].source", "b", VOLUME),
    "mount-target": Field(mount(Target="/b"), "volumes[0].target", "/b", VOLUME),
    "mount-read-only": Field(mount(ReadOnly=True), "volumes[0].readOnly", True, VOLUME),
    "mount-type": Field(mount(Type="bind", Source="/tmp"), "volumes[0].type", "bind", VOLUME),
    "mount-nocopy": Field(mount(VolumeOptions={"NoCopy": True}), "volumes[0].volume.nocopy", True, VOLUME),
    "tmpfs-size": Field(
        mount(TmpfsOptions={"SizeBytes": 2 << 20}), "volumes[0].tmpfs.size", "2M",
        {"volumes": [{"type": "tmpfs", "target": "/t", "tmpfs": {"size": "1m"}}]},
    ),
    "bind-propagation": Field(
        mount(BindOptions={"Propagation": "rslave"}), "volumes[0].bind.propagation", "rslave",
        {"volumes": [{"type": "bind", "source": "/tmp", "target": "/b"}]},
    ),
    "replicas": Field(lambda spec: spec["Mode"]["Replicated"].update(Replicas=1), "deploy.replicas", 1),
    "service-label": Field(("--label-add", "tier=b"), "deploy.labels.tier", "b"),
    "service-label-added": Field(("--label-add", "more=b"), "deploy.labels.more", "b"),
    "endpoint-mode": Field(("--endpoint-mode", "dnsrr"), "deploy.endpointMode", "dnsrr"),
    "limit-cpus": Field(("--limit-cpu", "0.25"), "deploy.resources.limits.cpus", "0.25"),
    "limit-memory": Field(
        ("--limit-memory", "64m"), "deploy.resources.limits.memory", "64M",
        deploying(resources={"limits": {"memory": "32M"}}),
    ),
    "limit-pids": Field(("--limit-pids", "99"), "deploy.resources.limits.pids", 99),
    "reserve-cpus": Field(("--reserve-cpu", "0.25"), "deploy.resources.reservations.cpus", "0.25"),
    "reserve-memory": Field(("--reserve-memory", "64m"), "deploy.resources.reservations.memory", "64M"),
    "generic-resource": Field(
        ("--generic-resource-add", "gpu=1"),
        "deploy.resources.reservations.genericResources[0].discreteResourceSpec.value", 1,
    ),
    "update-parallelism": Field(("--update-parallelism", "3"), "deploy.updateConfig.parallelism", 3),
    "update-delay": Field(("--update-delay", "3s"), "deploy.updateConfig.delay", "3s"),
    "update-failure-action": Field(
        ("--update-failure-action", "rollback"), "deploy.updateConfig.failureAction", "rollback"
    ),
    "update-monitor": Field(("--update-monitor", "3s"), "deploy.updateConfig.monitor", "3s"),
    "update-max-failure-ratio": Field(
        ("--update-max-failure-ratio", "0.5"), "deploy.updateConfig.maxFailureRatio", 0.5
    ),
    "update-order": Field(("--update-order", "start-first"), "deploy.updateConfig.order", "start-first"),
    "rollback-parallelism": Field(("--rollback-parallelism", "3"), "deploy.rollbackConfig.parallelism", 3),
    "rollback-delay": Field(("--rollback-delay", "3s"), "deploy.rollbackConfig.delay", "3s"),
    "rollback-failure-action": Field(
        ("--rollback-failure-action", "continue"), "deploy.rollbackConfig.failureAction", "continue"
    ),
    "rollback-monitor": Field(("--rollback-monitor", "3s"), "deploy.rollbackConfig.monitor", "3s"),
    "rollback-max-failure-ratio": Field(
        ("--rollback-max-failure-ratio", "0.5"), "deploy.rollbackConfig.maxFailureRatio", 0.5
    ),
    "rollback-order": Field(("--rollback-order", "start-first"), "deploy.rollbackConfig.order", "start-first"),
    "restart-condition": Field(("--restart-condition", "none"), "deploy.restartPolicy.condition", "none"),
    "restart-delay": Field(("--restart-delay", "3s"), "deploy.restartPolicy.delay", "3s"),
    "restart-max-attempts": Field(("--restart-max-attempts", "3"), "deploy.restartPolicy.maxAttempts", 3),
    "restart-window": Field(("--restart-window", "3s"), "deploy.restartPolicy.window", "3s"),
    "constraint": Field(
        ("--constraint-add", "node.role==worker"), "deploy.placement.constraints", ["node.role==worker"]
    ),
    "preference": Field(
        ("--placement-pref-add", "spread=node.labels.z"), "deploy.placement.preferences[0].spread", "node.labels.z"
    ),
    "max-replicas-per-node": Field(
        ("--replicas-max-per-node", "3"), "deploy.placement.maxReplicasPerNode", 3
    ),
    "forced": Field(("--force",), "forceUpdate", 1, {"forceUpdate": 0}),
}  # fmt: skip
QUICK = (
    "image",
    "environment-removed",
    "port-published",
    "mount-source",
    "config-other",
    "limit-memory",
    "update-order",
)
NAMES = [name if name in QUICK else pytest.param(name, marks=pytest.mark.long) for name in FIELDS]


@dataclass
class Seen:
    """What a run saw of one service: the live inputs, and path -> kind of each difference."""

    inputs: Json
    differences: dict[str, int]


class Bench:
    """The services of the fields, before, after the change by hand, and after the repair."""

    def __init__(self, docker: Docker, names: Sequence[str]) -> None:
        self.docker = docker
        self.news: dict[str, Json] = {}
        self.state: dict[str, tuple[Json, Json]] = {}
        for number in ("1", "2"):
            for kind in ("config", "secret"):
                docker(kind, "create", f"drift-{number}", "-", stdin=number)
            docker("network", "create", "--driver", "overlay", f"drift-{number}")
        with Plugin(docker.host) as plugin:
            for name in names:
                inputs = plugin.inputs("Service", name, {**BASE, **FIELDS[name].before})
                self.state[name] = inputs, plugin.create("Service", name, inputs)[1]
        with Plugin(docker.host) as plugin:
            self.clean = {name: self.look(plugin, name) for name in names}
        with ThreadPoolExecutor(4) as pool:
            list(pool.map(self.change, names))
        with Plugin(docker.host) as plugin:
            self.drift = {name: self.look(plugin, name) for name in names}
            for name in names:
                self.repair(plugin, name)
        with Plugin(docker.host) as plugin:
            self.repaired = {name: self.look(plugin, name) for name in names}

    def change(self, name: str) -> None:
        how = FIELDS[name].change
        if not callable(how):
            self.docker("service", "update", "--detach", "--no-resolve-image", *how, name)
            return
        api, live = self.docker.api, self.docker.service(name)
        how(live["Spec"])
        url = api._url("/services/{0}/update", live["ID"])
        api._result(api._post_json(url, data=live["Spec"], params={"version": live["Version"]["Index"]}), True)

    def look(self, plugin: Plugin, name: str) -> Seen:
        """What a plain `pulumi preview` does: Read, Check, Diff."""
        inputs, state = self.state[name]
        _, live, state = plugin.read("Service", name, name, inputs, state)
        self.state[name] = live, state
        self.news[name] = plugin.inputs("Service", name, {**BASE, **FIELDS[name].before}, live)
        found = plugin.diff("Service", name, name, live, self.news[name], state)
        return Seen(live, {path: detail.kind for path, detail in found.detailedDiff.items()})

    def repair(self, plugin: Plugin, name: str) -> None:
        (live, state), news = self.state[name], self.news[name]
        self.state[name] = news, plugin.update("Service", name, name, live, news, state)


@pytest.fixture(scope="module")
def bench(engine: Engine, request: pytest.FixtureRequest) -> Iterator[Bench]:
    names = [name for name in FIELDS if name in QUICK or request.config.getoption("--long")]
    with engine.cleaned():
        yield Bench(engine.docker, names)


def at(value: Any, path: str) -> Any:
    """The value at a property path, "" where there is none."""
    for word, quoted, index in re.findall(r'\.?([^.\[\]"]+)|\["([^"]+)"\]|\[(\d+)\]', path):
        if isinstance(value, dict):
            value = value.get(word or quoted, "")
        elif isinstance(value, list) and index and int(index) < len(value):
            value = value[int(index)]
        else:
            return ""
    return value


@pytest.mark.parametrize("name", NAMES)
def test_field_changed_by_hand_is_shown_with_its_live_value_and_repaired(bench: Bench, name: str) -> None:
    field, drift = FIELDS[name], bench.drift[name]
    assert bench.clean[name].differences == {}
    shown = [path for path in drift.differences if path == field.path or is_below(path, field.path)]
    above = [path for path in drift.differences if is_below(field.path, path)]
    assert shown or above, drift.differences
    assert at(drift.inputs, field.path) == field.live
    assert bench.repaired[name].differences == {}


def is_below(path: str, prefix: str) -> bool:
    return path.startswith((f"{prefix}.", f"{prefix}["))


def test_the_table_has_every_flag_of_docker_service_update(docker: Docker) -> None:
    """A flag that a newer docker brings needs its line above, or a reason below why it changes no field."""
    flags = set(re.findall(r"--[a-z-]+", docker("service", "update", "--help")))
    used = {word for field in FIELDS.values() if not callable(field.change) for word in field.change}
    others = {"--detach", "--no-resolve-image", "--quiet", "--rollback", "--with-registry-auth", "--replicas"}
    removals = {flag for flag in flags if flag.endswith("-rm") and f"{flag[:-2]}add" in used}
    jobs = {"--max-concurrent"}
    assert flags - used - others - removals - jobs == set()
