"""What Swarm gives back of what `to_spec` sends, feature by feature, on a real engine.

Services are made with no replicas: nothing runs, the specs are all that counts.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from swarm_provider.convert.objects import (
    config_from_spec,
    config_to_spec,
    network_from_spec,
    network_to_spec,
    read_network,
    secret_from_spec,
    secret_to_spec,
    volume_from_spec,
    volume_to_spec,
    with_labels,
)
from swarm_provider.convert.service.daemon_form import stored
from swarm_provider.convert.service.effective import effective
from swarm_provider.convert.service.spec import read_inputs, to_spec
from swarm_provider.convert.service.versions import known_to
from swarm_provider.convert.unmodelled import unmodelled
from swarm_provider.core import Json
from tests.support.engine import Docker, Engine

pytestmark = pytest.mark.live

DEPLOYS: dict[str, Json] = {
    "replicas": {"replicas": 0},
    "global": {"mode": "global"},
    "replicated-job": {"mode": "replicated-job", "replicas": 0},
    "replicated-job-at-once": {"mode": "replicated-job", "replicas": 0, "maxConcurrent": 2},
    "global-job": {"mode": "global-job"},
    "dnsrr": {"endpointMode": "dnsrr"},
    "service-labels": {"labels": {"a.b": "", "c": "d"}},
    "limits": {"resources": {"limits": {"cpus": "0.50", "memory": "100M", "pids": 9}}},
    "limits-empty": {"resources": {"limits": {}, "reservations": {}}},
    "reservations": {
        "resources": {
            "reservations": {
                "cpus": "0.001",
                "genericResources": [{"discreteResourceSpec": {"kind": "gpu", "value": 2}}],
            }
        }
    },
    "update": {"updateConfig": {"delay": "10s", "order": "start-first", "maxFailureRatio": 0.25}},
    "update-empty": {"updateConfig": {}, "rollbackConfig": {}},
    "update-all-at-once": {"updateConfig": {"parallelism": 0, "delay": "0s", "monitor": "1m"}},
    "rollback": {"rollbackConfig": {"parallelism": 2, "failureAction": "continue"}},
    "restart-none": {"restartPolicy": {"condition": "none"}},
    "restart-all": {"restartPolicy": {"condition": "on-failure", "delay": "0s", "maxAttempts": 3, "window": "2m"}},
    "restart-empty": {"restartPolicy": {}},
    "placement": {
        "placement": {
            "constraints": ["node.role == manager", "node.labels.a!=b"],
            "preferences": [{"spread": "node.labels.z"}],
            "maxReplicasPerNode": 2,
        }
    },
}
PARTS: dict[str, Json] = {
    "least": {},
    "namespace": {"namespace": "shop", "labels": {"a": "b"}},
    "image-short": {"image": "bb"},
    "image-long": {"image": "docker.io/library/bb:1"},
    "command": {"command": ["sh", "-c", "echo 'a b'"], "entrypoint": ["/bin/sh"]},
    "environment": {"environment": {"B": "1", "A": None, "C": "", "D": "x=y", "é": "ü"}},
    "labels": {"labels": {"a": "", "b": "c"}},
    "user": {"user": "1:2", "groupAdd": ["7", "adm"], "workingDir": "/tmp", "hostname": "{{.Node.Hostname}}"},
    "stop": {"stopSignal": "SIGINT", "stopGracePeriod": "1m30s"},
    "stop-at-once": {"stopGracePeriod": "0s"},
    "flags": {"tty": True, "stdinOpen": True, "readOnly": True, "init": True},
    "flags-off": {"tty": False, "stdinOpen": False, "readOnly": False, "init": False, "isolation": "default"},
    "hosts": {"extraHosts": ["b:1.2.3.4", "a:::1", "c=[fe80::1]"]},
    "dns": {"dns": ["8.8.8.8"], "dnsSearch": ["x.y"], "dnsOpt": ["ndots:2"]},
    "dns-empty": {"dns": []},
    "capabilities": {"capAdd": ["sys_time", "CAP_NET_ADMIN"], "capDrop": ["all", "sys_time"]},
    "sysctls": {"sysctls": {"net.core.somaxconn": "1024"}},
    "ulimits": {"ulimits": {"nofile": {"soft": 1, "hard": 2}, "core": {"soft": 0, "hard": 0}}},
    "oom": {"oomScoreAdj": -100},
    "health": {"healthcheck": {"test": ["CMD-SHELL", "true"], "interval": "90s", "timeout": "2s", "retries": 2}},
    "health-start": {"healthcheck": {"startPeriod": "5s", "startInterval": "1s"}},
    "health-off": {"healthcheck": {"disable": True, "interval": "9s"}},
    "health-none": {"healthcheck": {"test": ["NONE"], "interval": "9s"}},
    "health-empty": {"healthcheck": {}},
    "logging": {"logging": {"driver": "json-file", "options": {"max-size": "1m", "x": ""}}},
    "logging-options": {"logging": {"options": {"max-size": "1m"}}},
    "logging-empty": {"logging": {}},
    "credential-file": {"credentialSpec": {"file": "x.json"}},
    "ports": {
        "ports": [
            {"target": 81},
            {"target": 80, "published": 9880, "protocol": "udp", "mode": "host", "name": "p"},
            {"target": 80, "published": 9801},
        ]
    },
    "mount-volume": {"volumes": [{"type": "volume", "source": "v", "target": "/v", "readOnly": True, "volume": {}}]},
    "mount-anonymous": {"volumes": [{"type": "volume", "target": "/v"}]},
    "mount-driver": {
        "volumes": [
            {
                "type": "volume",
                "source": "v",
                "target": "/v",
                "volume": {
                    "nocopy": True,
                    "labels": {"a": ""},
                    "driver": "local",
                    "driverOpts": {"type": "nfs", "o": ""},
                },
            }
        ]
    },
    "mount-options-only": {
        "volumes": [{"type": "volume", "source": "v", "target": "/v", "volume": {"driverOpts": {"type": "nfs"}}}]
    },
    "mount-subpath": {"volumes": [{"type": "volume", "source": "v", "target": "/v", "volume": {"subpath": "s"}}]},
    "mount-bind": {
        "volumes": [
            {"type": "bind", "source": "/tmp", "target": "/a", "consistency": "cached"},
            {"type": "bind", "source": "/tmp", "target": "/b", "bind": {}},
            {"type": "bind", "source": "/tmp", "target": "/c", "bind": {"propagation": "rslave"}},
        ]
    },
    "mount-tmpfs": {
        "volumes": [
            {"type": "tmpfs", "target": "/a"},
            {"type": "tmpfs", "target": "/b", "tmpfs": {}},
            {"type": "tmpfs", "target": "/c", "tmpfs": {"size": "10M", "mode": 511}},
        ]
    },
    "mount-recursive": {
        "volumes": [
            {"type": "bind", "source": "/tmp", "target": f"/{word}", "readOnly": True, "bind": {"recursive": word}}
            for word in ("enabled", "disabled")
        ]
    },
    "mount-tmpfs-options": {
        "volumes": [{"type": "tmpfs", "target": "/a", "tmpfs": {"options": ["noexec", "uid=5"], "size": "1M"}}]
    },
    "security": {"securityOpt": ["no-new-privileges:true", "seccomp:unconfined", "apparmor:unconfined"]},
    "security-default": {"securityOpt": ["seccomp:default", "apparmor:default", "no-new-privileges:false"]},
    "security-profile": {"securityOpt": ['seccomp:{"defaultAction":"SCMP_ACT_ALLOW"}']},
    "security-label": {"securityOpt": ["label:user:u", "label:role:r", "label:type:t", "label:level:s0:c1"]},
    "security-label-off": {"securityOpt": ["label:disable"]},
    "swap": {"memswapLimit": "96M", "memSwappiness": 0, "deploy": {"resources": {"limits": {"memory": "64M"}}}},
    "swap-none": {"memswapLimit": "64M", "deploy": {"resources": {"limits": {"memory": "64M"}}}},
    "swap-unlimited": {"memswapLimit": "-1", "deploy": {"resources": {"limits": {"memory": "64M"}}}},
    "platform": {"platform": "linux/arm/v7"},
    "force": {"forceUpdate": 3},
    "references": {
        "configs": [
            {"source": "family", "name": "CONFIG", "target": "/a", "uid": "1", "gid": "2", "mode": 256},
            {"source": "CONFIG", "target": "/b"},
        ],
        "secrets": [{"source": "SECRET"}],
        "networks": [{"name": "NETWORK", "aliases": ["b", "a"]}],
    },
    "credential-config": {"credentialSpec": {"config": "CONFIG"}, "configs": [{"source": "CONFIG"}]},
    **{f"deploy-{name}": {"deploy": deploy} for name, deploy in DEPLOYS.items()},
}


class Bench:
    """A swarm with a config, a secret and a network to refer to."""

    def __init__(self, docker: Docker) -> None:
        self.docker = docker
        self.api = docker.api
        self.version = str(self.api.version()["ApiVersion"])
        self.prefix = f"sl{time.time_ns() % 10**6}"
        self.names = {"CONFIG": f"{self.prefix}-c", "SECRET": f"{self.prefix}-s", "NETWORK": f"{self.prefix}-n"}
        self.ids = {
            self.names["CONFIG"]: self.post(
                "/configs/create", config_to_spec({"name": f"{self.prefix}-c", "data": "x"})
            ),
            self.names["SECRET"]: self.post(
                "/secrets/create", secret_to_spec({"name": f"{self.prefix}-s", "data": "x"})
            ),
        }
        self.network_id = self.post("/networks/create", network_to_spec({"name": f"{self.prefix}-n"}))
        self.networks = {self.network_id: self.names["NETWORK"]}

    def post(self, path: str, body: Json) -> str:
        made = self.api._result(self.api._post_json(self.api._url(path), data=body), True)
        return str(made.get("ID") or made.get("Id") or made.get("Name"))

    def inputs(self, name: str) -> Json:
        def named(value: object) -> object:
            if isinstance(value, dict):
                return {key: named(entry) for key, entry in value.items()}
            if isinstance(value, list):
                return [named(entry) for entry in value]
            return self.names.get(value, value) if isinstance(value, str) else value

        inputs: Json = {"name": f"{self.prefix}-{name}", "image": "bb:1", **PARTS[name]}
        mode = inputs.get("deploy", {}).get("mode", "replicated")
        if mode == "replicated":
            inputs["deploy"] = {"replicas": 0, **inputs.get("deploy", {})}
        elif mode.startswith("global"):
            placement = {"constraints": ["node.hostname == nowhere"]}
            inputs["deploy"] = {**inputs["deploy"], "placement": placement}
        named_inputs = named(inputs)
        assert isinstance(named_inputs, dict)
        return named_inputs

    def create(self, inputs: Json) -> Json:
        spec = to_spec(inputs)
        container = spec["TaskTemplate"]["ContainerSpec"]
        for kind in ("Config", "Secret"):
            for entry in container.get(f"{kind}s") or []:
                entry[f"{kind}ID"] = self.ids[entry[f"{kind}Name"]]
        credential = container["Privileges"].get("CredentialSpec", {})
        if credential.get("Config"):
            credential["Config"] = self.ids[credential["Config"]]
        live: Json = self.docker.service(self.post("/services/create", spec))["Spec"]
        return live


@pytest.fixture(scope="module")
def bench(engine: Engine) -> Iterator[Bench]:
    with engine.cleaned():
        yield Bench(engine.docker)


@pytest.mark.parametrize("name", PARTS)
def test_live_service_means_what_was_sent(bench: Bench, name: str) -> None:
    inputs = bench.inputs(name)
    live = bench.create(inputs)
    sent = known_to(to_spec(inputs), bench.version)
    assert effective(live, bench.networks) == effective(sent)
    assert _without_ids(stored(live, bench.networks)) == _without_ids(stored(sent))
    assert read_inputs(inputs, live, bench.networks, api_version=bench.version) == inputs
    assert unmodelled(live, bench.networks) == {}


def _without_ids(spec: Json) -> Json:
    """A spec before ids are filled in names objects only; what stands for "nothing" in Privileges is noise."""
    container = spec["TaskTemplate"]["ContainerSpec"]
    for kind in ("Config", "Secret"):
        for entry in container.get(f"{kind}s") or []:
            entry.pop(f"{kind}ID", None)
    credential = container.get("Privileges", {}).get("CredentialSpec", {})
    if credential.get("Config"):
        credential["Config"] = "some config"
    return spec


def test_change_by_hand_is_read_as_one_change(bench: Bench) -> None:
    inputs = {
        "name": f"{bench.prefix}-drift",
        "image": "bb:1",
        "environment": {"MODE": "a"},
        "deploy": {"replicas": 0, "resources": {"limits": {"memory": "104857600"}}},
    }
    bench.create(inputs)
    bench.docker("service", "update", "-d", "--env-add", "MODE=b", "--limit-cpu", "0.5", str(inputs["name"]))
    found = read_inputs(inputs, bench.docker.service(str(inputs["name"]))["Spec"], bench.networks)
    assert found == {
        **inputs,
        "environment": {"MODE": "b"},
        "deploy": {"replicas": 0, "resources": {"limits": {"memory": "104857600", "cpus": "0.5"}}},
    }


COMPOSE = """
version: "3.8"
services:
  web:
    image: bb
    command: sleep 1000
    environment: {B: "1", A: "2"}
    labels: {team: a}
    ports: ["9811:81", {target: 80, published: 9810, mode: host}]
    networks: [default, other]
    volumes: ["data:/data", {type: tmpfs, target: /t, tmpfs: {size: 1000000}}]
    configs: [{source: app, target: /app}]
    cap_drop: [all]
    ulimits: {nofile: 100}
    extra_hosts: {h: 1.2.3.4}
    stop_grace_period: 20s
    healthcheck: {test: "true", interval: 5s}
    logging: {driver: json-file, options: {max-size: 1m}}
    deploy:
      replicas: 0
      labels: {tier: b}
      resources: {limits: {cpus: "0.50", memory: 100M}}
      update_config: {delay: 1s}
      restart_policy: {condition: on-failure}
      placement: {constraints: [node.role == manager]}
networks: {other: {}}
volumes: {data: {labels: {keep: "yes"}}}
configs: {app: {file: app.txt}}
"""


def test_spec_is_what_docker_stack_deploy_sends(bench: Bench, tmp_path: Path) -> None:
    stack = f"{bench.prefix}x"
    (tmp_path / "app.txt").write_text("x")
    (tmp_path / "stack.yml").write_text(COMPOSE)
    command = ("stack", "deploy", "--resolve-image", "never", "-c", str(tmp_path / "stack.yml"), stack)
    bench.docker(*command)
    live = bench.docker.service(f"{stack}_web")["Spec"]
    inputs = {
        "name": f"{stack}_web",
        "namespace": stack,
        "image": "bb",
        "command": ["sleep", "1000"],
        "environment": {"B": "1", "A": "2"},
        "labels": {"team": "a"},
        "ports": [
            {"target": 81, "published": 9811, "protocol": "tcp", "mode": "ingress"},
            {"target": 80, "published": 9810, "mode": "host"},
        ],
        "networks": [
            {"name": f"{stack}_other", "aliases": ["web"]},
            {"name": f"{stack}_default", "aliases": ["web"]},
        ],
        "volumes": [
            {
                "type": "volume",
                "source": f"{stack}_data",
                "target": "/data",
                "volume": {"labels": {"keep": "yes", "com.docker.stack.namespace": stack}},
            },
            {"type": "tmpfs", "target": "/t", "tmpfs": {"size": "1000000"}},
        ],
        "configs": [{"source": f"{stack}_app", "target": "/app"}],
        "capDrop": ["all"],
        "ulimits": {"nofile": {"soft": 100, "hard": 100}},
        "extraHosts": ["h:1.2.3.4"],
        "stopGracePeriod": "20s",
        "healthcheck": {"test": ["CMD-SHELL", "true"], "interval": "5s"},
        "logging": {"driver": "json-file", "options": {"max-size": "1m"}},
        "deploy": {
            "replicas": 0,
            "labels": {"tier": "b"},
            "resources": {"limits": {"cpus": "0.50", "memory": "100M"}},
            "updateConfig": {"delay": "1s"},
            "restartPolicy": {"condition": "on-failure"},
            "placement": {"constraints": ["node.role == manager"]},
        },
    }
    names = {network["Id"]: network["Name"] for network in bench.api.networks()}
    assert _without_ids(stored(live, names)) == _without_ids(stored(to_spec(inputs)))


CONFIGS: dict[str, Json] = {
    "text": {"data": "grüße\n"},
    "bytes": {"dataBase64": "/wA="},
    "template": {"data": "{{.Node.ID}}", "templateDriver": "golang"},
    "labels": {"data": "x", "labels": {"a": "", "b": "c"}, "namespace": "shop"},
}


@pytest.mark.parametrize("name", CONFIGS)
def test_live_config_is_read_as_it_was_made(bench: Bench, name: str) -> None:
    inputs = {"name": f"{bench.prefix}-c-{name}", **CONFIGS[name]}
    spec = with_labels(config_to_spec(inputs), {"swarm-provider.owner": "p/s"})
    live = bench.api.inspect_config(bench.post("/configs/create", spec))
    assert config_from_spec(live["Spec"]) == inputs


def test_live_secret_is_read_without_its_content(bench: Bench) -> None:
    inputs = {"name": f"{bench.prefix}-s-l", "data": "x", "labels": {"a": "b"}, "templateDriver": "golang"}
    live = bench.api.inspect_secret(bench.post("/secrets/create", secret_to_spec(inputs)))
    assert secret_from_spec(live["Spec"]) == {key: value for key, value in inputs.items() if key != "data"}


NETWORKS: dict[str, Json] = {
    "least": {},
    "flags": {"internal": True, "attachable": True, "labels": {"a": "b"}, "namespace": "shop"},
    "options": {"driver": "overlay", "driverOpts": {"encrypted": "", "com.docker.network.driver.mtu": "1400"}},
    "subnet": {"ipam": {"config": [{"subnet": "10.233.7.0/24"}]}},
    "ipam": {
        "ipam": {
            "driver": "default",
            "config": [{"subnet": "198.18.0.0/16", "gateway": "198.18.0.9", "ipRange": "198.18.1.0/24"}],
        }
    },
}


@pytest.mark.parametrize("name", NETWORKS)
def test_live_network_is_read_as_it_was_asked_for(bench: Bench, name: str) -> None:
    inputs = {"name": f"{bench.prefix}-n-{name}", **NETWORKS[name]}
    made = bench.post("/networks/create", network_to_spec(inputs))
    deadline = time.monotonic() + 10
    # Swarm takes a network at once and gives it its driver and addresses a moment later
    while not bench.api.inspect_network(made).get("Driver") and time.monotonic() < deadline:
        time.sleep(0.05)
    assert read_network(inputs, bench.api.inspect_network(made)) == inputs
    listed = next(network for network in bench.api.networks() if network["Id"] == made)
    assert read_network(inputs, listed) == inputs


def test_subnet_that_swarm_allots_is_not_an_input(bench: Bench) -> None:
    assert network_from_spec(bench.api.inspect_network(bench.network_id)) == {
        "name": bench.names["NETWORK"],
        "driver": "overlay",
    }


def test_live_volume_is_read_as_it_was_made(bench: Bench) -> None:
    inputs = {
        "name": f"{bench.prefix}-v",
        "driver": "local",
        "driverOpts": {"type": "tmpfs", "device": "tmpfs"},
        "labels": {"a": "b"},
        "namespace": "shop",
    }
    bench.post("/volumes/create", volume_to_spec(inputs))
    try:
        assert volume_from_spec(bench.api.inspect_volume(inputs["name"])) == inputs
    finally:
        bench.api.remove_volume(inputs["name"])
