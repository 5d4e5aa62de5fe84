"""What somebody may change on a service by hand: a line per input, and how it is shown."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from swarm_provider.core import Json

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
        since: first API version that keeps it; an older engine drops it, so that nothing changes.
    """

    change: Change
    path: str
    live: Any
    before: Json = field(default_factory=dict)
    since: str = ""


def container(**parts: Any) -> Callable[[Json], None]:
    return lambda spec: spec["TaskTemplate"]["ContainerSpec"].update(parts)


def port(**parts: Any) -> Callable[[Json], None]:
    return lambda spec: spec["EndpointSpec"]["Ports"][0].update(parts)


def mount(**parts: Any) -> Callable[[Json], None]:
    return lambda spec: spec["TaskTemplate"]["ContainerSpec"]["Mounts"][0].update(parts)


def file(kind: str, **parts: Any) -> Callable[[Json], None]:
    return lambda spec: spec["TaskTemplate"]["ContainerSpec"][kind][0]["File"].update(parts)


def network(**parts: Any) -> Callable[[Json], None]:
    return lambda spec: spec["TaskTemplate"]["Networks"][0].update(parts)


def privileges(**parts: Any) -> Callable[[Json], None]:
    return lambda spec: spec["TaskTemplate"]["ContainerSpec"].setdefault("Privileges", {}).update(parts)


def resources(**parts: Any) -> Callable[[Json], None]:
    return lambda spec: spec["TaskTemplate"]["Resources"].update(parts)


def deploying(**parts: Any) -> Json:
    return {"deploy": {**BASE["deploy"], **parts}}


def health(**parts: Any) -> Json:
    return {"healthcheck": {"test": ["CMD", "true"], **parts}}


TCP_80: Json = {"ports": [{"target": 80, "published": 8101, "mode": "host"}]}
MEMORY: Json = {"limits": {"memory": "64M"}}
BIND: Json = {"volumes": [{"type": "bind", "source": "/tmp", "target": "/b"}]}
TMPFS: Json = {"volumes": [{"type": "tmpfs", "target": "/t", "tmpfs": {}}]}
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
    "config-mode": Field(file("Configs", Mode=0o400), "configs[0].mode", 0o400, CONFIG),
    "config-owner": Field(file("Configs", UID="5"), "configs[0].uid", "5", CONFIG),
    "secret-removed": Field(("--secret-rm", "drift-1"), "secrets", "", SECRET),
    "secret-other": Field(
        ("--secret-rm", "drift-1", "--secret-add", "source=drift-2,target=s"), "secrets[0].source", "drift-2", SECRET
    ),
    "network-added": Field(("--network-add", "drift-2"), "networks[1].name", "drift-2", NETWORK),
    "network-removed": Field(("--network-rm", "drift-1"), "networks", "", NETWORK),
    "network-aliases": Field(network(Aliases=["you"]), "networks[0].aliases[0]", "you", NETWORK),
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
        mount(BindOptions={"Propagation": "rslave"}), "volumes[0].bind.propagation", "rslave", BIND
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
    "generic-kind": Field(
        lambda spec: spec["TaskTemplate"]["Resources"]["Reservations"]["GenericResources"][0][
            "DiscreteResourceSpec"
        ].update(Kind="fpga"),
        "deploy.resources.reservations.genericResources[0].discreteResourceSpec.kind", "fpga",
        deploying(
            resources={
                "reservations": {"genericResources": [{"discreteResourceSpec": {"kind": "gpu", "value": 1}}]}
            }
        ),
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
    "max-concurrent": Field(
        lambda spec: spec["Mode"]["ReplicatedJob"].update(MaxConcurrent=3), "deploy.maxConcurrent", 3,
        {"deploy": {"mode": "replicated-job", "replicas": 0, "maxConcurrent": 1}},
    ),
    "oom-score": Field(container(OomScoreAdj=7), "oomScoreAdj", 7, since="1.46"),
    "health-start-interval": Field(
        lambda spec: spec["TaskTemplate"]["ContainerSpec"]["Healthcheck"].update(StartInterval=2 * 10**9),
        "healthcheck.startInterval", "2s", health(startPeriod="9s"), "1.44",
    ),
    "no-new-privileges": Field(
        privileges(NoNewPrivileges=True), "securityOpt", ["no-new-privileges:true"], since="1.44"
    ),
    "seccomp": Field(
        privileges(Seccomp={"Mode": "unconfined"}), "securityOpt[0]", "seccomp:unconfined",
        {"securityOpt": ["seccomp:default"]}, "1.44",
    ),
    "seccomp-profile": Field(
        privileges(Seccomp={"Mode": "custom", "Profile": "eyJhIjoxfQ=="}),
        "securityOpt", ['seccomp:{"a":1}'], since="1.44",
    ),
    "apparmor": Field(
        privileges(AppArmor={"Mode": "disabled"}), "securityOpt", ["apparmor:unconfined"], since="1.44"
    ),
    "selinux": Field(privileges(SELinuxContext={"Type": "t"}), "securityOpt", ["label:type:t"]),
    "swap": Field(resources(SwapBytes=32 << 20), "memswapLimit", "96M", deploying(resources=MEMORY), "1.52"),
    "swap-none": Field(
        resources(SwapBytes=0), "memswapLimit", "64M", {"memswapLimit": "-1", **deploying(resources=MEMORY)}, "1.52"
    ),
    "swappiness": Field(resources(MemorySwappiness=0), "memSwappiness", 0, since="1.52"),
    "platform": Field(
        lambda spec: spec["TaskTemplate"]["Placement"].update(Platforms=[{"OS": "linux", "Architecture": "arm64"}]),
        "platform", "linux/arm64", {"platform": "linux/amd64"},
    ),
    "bind-recursive": Field(
        mount(BindOptions={"NonRecursive": True}), "volumes[0].bind.recursive", "disabled", BIND
    ),
    "tmpfs-mode": Field(mount(TmpfsOptions={"Mode": 0o700}), "volumes[0].tmpfs.mode", 0o700, TMPFS),
    "tmpfs-options": Field(
        mount(TmpfsOptions={"Options": [["uid", "5"]]}), "volumes[0].tmpfs.options", ["uid=5"], TMPFS, "1.46"
    ),
    "mount-subpath": Field(mount(VolumeOptions={"Subpath": "s"}), "volumes[0].volume.subpath", "s", VOLUME, "1.45"),
    "mount-labels": Field(mount(VolumeOptions={"Labels": {"a": "b"}}), "volumes[0].volume.labels", {"a": "b"}, VOLUME),
    "mount-driver": Field(
        mount(VolumeOptions={"DriverConfig": {"Name": "local"}}), "volumes[0].volume.driver", "local", VOLUME
    ),
    "mount-driver-options": Field(
        mount(VolumeOptions={"DriverConfig": {"Options": {"type": "nfs"}}}),
        "volumes[0].volume.driverOpts", {"type": "nfs"}, VOLUME,
    ),
    "port-name": Field(port(Name="p"), "ports[0].name", "p", TCP_80),
    "port-target": Field(port(TargetPort=81), "ports[0].target", 81, TCP_80),
    "config-target": Field(file("Configs", Name="/d"), "configs[0].target", "/d", CONFIG),
    "config-group": Field(file("Configs", GID="5"), "configs[0].gid", "5", CONFIG),
    "secret-target": Field(file("Secrets", Name="t"), "secrets[0].target", "t", SECRET),
    "secret-mode": Field(file("Secrets", Mode=0o400), "secrets[0].mode", 0o400, SECRET),
    "secret-owner": Field(file("Secrets", UID="5"), "secrets[0].uid", "5", SECRET),
    "secret-group": Field(file("Secrets", GID="5"), "secrets[0].gid", "5", SECRET),
    "network-options": Field(network(DriverOpts={"a": "b"}), "networks[0].driverOpts", {"a": "b"}, NETWORK),
    "credential-registry": Field(("--credential-spec", "registry://k"), "credentialSpec.registry", "k"),
    "credential-config": Field(("--credential-spec", "config://drift-1"), "credentialSpec.config", "drift-1"),
    "forced": Field(("--force",), "forceUpdate", 1, {"forceUpdate": 0}),
}  # fmt: skip
NO_DRIFT = {
    "name": "it says which service it is",
    "namespace": "it says which stack it is in; another one is another service",
    "resolvedImage": "it is the image with its digest",
    "deploy.mode": "the engine refuses another mode",
    "volumes[].consistency": "the engine never tells it",
    "volumes[].bind.createHostPath": "no engine keeps it",
    "volumes[].cluster": "it has no fields; what is mounted is the source",
    "configs[].name": "it is the version that `source` stands for",
    "secrets[].name": "it is the version that `source` stands for",
    "deploy.resources.reservations.genericResources[].namedResourceSpec.kind": "the engine refuses it in a service",
    "deploy.resources.reservations.genericResources[].namedResourceSpec.value": "the engine refuses it in a service",
}
