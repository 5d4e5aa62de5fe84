"""One example per key of compose files: what a file with the key means, beside the same file without it."""

from __future__ import annotations

import copy
import json
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import yaml

from swarm_provider.compose import Project, load
from swarm_provider.compose.common import validation
from swarm_provider.compose.yaml.reader import read as read_yaml

BASE: Final = """
services: {web: {image: "bb:1"}, db: {image: "bb:1"}}
networks: {n: {}, default: {}}
volumes: {data: {}}
configs: {c: {content: x}}
secrets: {s: {environment: SET}}
"""
# the example of a key is a service's text, or a whole file's where it begins with a section
SERVICE: Final = {
    "image": "image: other:2",
    "command": "command: run me",
    "entrypoint": "entrypoint: [run]",
    "working_dir": "working_dir: /x",
    "user": 'user: "1000"',
    "group_add": "group_add: [audio]",
    "hostname": "hostname: h",
    "environment": "environment: {A: b}",
    "env_file": "env_file: one.env",
    "configs": "configs: [c]",
    "secrets": "secrets: [s]",
    "volumes": 'volumes: ["data:/x"]',
    "networks": "networks: [n]",
    "ports": 'ports: ["80:80"]',
    "extra_hosts": 'extra_hosts: ["a:1.2.3.4"]',
    "dns": "dns: 1.2.3.4",
    "dns_search": "dns_search: [a.b]",
    "dns_opt": 'dns_opt: ["ndots:2"]',
    "extends": "extends: {service: base, file: other.yml}",
    "labels": "labels: {a: b}",
    "label_file": "label_file: one.env",
    "healthcheck": "healthcheck: {test: x}",
    "logging": "logging: {driver: none}",
    "init": "init: true",
    "stop_signal": "stop_signal: SIGINT",
    "stop_grace_period": "stop_grace_period: 5s",
    "cap_add": "cap_add: [NET_ADMIN]",
    "cap_drop": "cap_drop: [ALL]",
    "sysctls": "sysctls: {a: 1}",
    "ulimits": "ulimits: {nofile: 5}",
    "read_only": "read_only: true",
    "tty": "tty: true",
    "stdin_open": "stdin_open: true",
    "isolation": "isolation: process",
    "credential_spec": "credential_spec: {file: x}",
    "deploy": "deploy: {replicas: 2}",
    "restart": "restart: always",
    "scale": "scale: 2",
    "cpus": "cpus: 0.5",
    "mem_reservation": "mem_reservation: 10m",
    "pids_limit": "pids_limit: 5",
    "depends_on": "depends_on: [db]",
    "profiles": "profiles: [x]",
    # without effect
    "annotations": "annotations: {a: b}",
    "attach": "attach: true",
    "blkio_config": "blkio_config: {weight: 300}",
    "build": "build: .",
    "cgroup": "cgroup: host",
    "cgroup_parent": "cgroup_parent: x",
    "cgroupns_mode": "cgroupns_mode: host",
    "container_name": "container_name: x",
    "cpu_count": "cpu_count: 2",
    "cpu_percent": "cpu_percent: 50",
    "cpu_period": "cpu_period: 1ms",
    "cpu_rt_period": "cpu_rt_period: 1ms",
    "cpu_rt_runtime": "cpu_rt_runtime: 1ms",
    "develop": "develop: {watch: []}",
    "device_cgroup_rules": 'device_cgroup_rules: ["c 1:3 mr"]',
    "devices": 'devices: ["/dev/x:/dev/x"]',
    "domainname": "domainname: x",
    "expose": "expose: [80]",
    "external_links": "external_links: [a]",
    "gpus": "gpus: all",
    "ipc": "ipc: host",
    "links": "links: [db]",
    "mac_address": 'mac_address: "02:42:ac:11:65:43"',
    "mem_swappiness": "mem_swappiness: 5",
    "models": "models: [m]",
    "network_mode": "network_mode: host",
    "oom_kill_disable": "oom_kill_disable: true",
    "oom_score_adj": "oom_score_adj: 5",
    "pid": "pid: host",
    "platform": "platform: linux/amd64",
    "post_start": "post_start: [{command: x}]",
    "pre_start": "pre_start: [{command: x}]",
    "pre_stop": "pre_stop: [{command: x}]",
    "privileged": "privileged: true",
    "provider": "provider: {type: x}",
    "pull_policy": "pull_policy: always",
    "pull_refresh_after": "pull_refresh_after: 1d",
    "runtime": "runtime: x",
    "security_opt": "security_opt: ['no-new-privileges:true']",
    "shm_size": "shm_size: 64m",
    "storage_opt": "storage_opt: {size: 1G}",
    "tmpfs": "tmpfs: /x",
    "umask": 'umask: "022"',
    "use_api_socket": "use_api_socket: true",
    "userns_mode": "userns_mode: host",
    "uts": "uts: host",
    # refused
    "cpu_quota": "cpu_quota: 5",
    "cpu_shares": "cpu_shares: 5",
    "cpuset": 'cpuset: "0"',
    "mem_limit": "mem_limit: 5m",
    "memswap_limit": "memswap_limit: 5m",
    "volume_driver": "volume_driver: x",
    "volumes_from": "volumes_from: [db]",
}
_PORT: Final = "ports: [{target: 80, published: 81, %s}]"
_MOUNT: Final = "volumes: [{type: %s, source: %s, target: /x, %s}]"
_UPDATE: Final = {
    "parallelism": "5",
    "delay": "5s",
    "failure_action": "continue",
    "monitor": "5s",
    "max_failure_ratio": "0.5",
    "order": "start-first",
}
_REFERENCE: Final = {"target": "target: /x", "uid": "uid: '5'", "gid": "gid: '5'", "mode": "mode: 0400"}
INSIDE: Final = {
    **{
        f"services.*.healthcheck.{key}": f"healthcheck: {{test: x, {key}: {value}}}"
        for key, value in {
            "interval": "5s", "timeout": "5s", "retries": 5, "start_period": "5s", "start_interval": "5s",
        }.items()
    },
    "services.*.healthcheck.test": "healthcheck: {test: x}",
    "services.*.healthcheck.disable": "healthcheck: {disable: true}",
    "services.*.ports[].target": "ports: [{target: 80}]",
    "services.*.ports[].published": "ports: [{target: 80, published: 81}]",
    "services.*.ports[].protocol": _PORT % "protocol: udp",
    "services.*.ports[].mode": _PORT % "mode: host",
    "services.*.ports[].name": _PORT % "name: web",
    "services.*.ports[].host_ip": _PORT % "host_ip: 1.2.3.4",
    "services.*.ports[].app_protocol": _PORT % "app_protocol: http",
    **{
        f"services.*.{kind}s[].{key}": f"{kind}s: [{{source: {kind[0]}, {text}}}]"
        for kind in ("config", "secret")
        for key, text in {**_REFERENCE, "source": "target: y"}.items()
    },
    "services.*.credential_spec.config": "credential_spec: {config: c}",
    "services.*.credential_spec.file": "credential_spec: {file: x}",
    "services.*.credential_spec.registry": "credential_spec: {registry: x}",
    "services.*.env_file[].path": "env_file: [{path: one.env}]",
    "services.*.env_file[].format": "env_file: [{path: quoted.env, format: raw}]",
    "services.*.env_file[].required": "env_file: [{path: none.env, required: false}]",
    "services.*.logging.driver": "logging: {driver: x, options: {a: b}}",
    "services.*.logging.options": "logging: {driver: x, options: {a: b}}",
    "services.*.depends_on.*.condition": "depends_on: {db: {condition: service_healthy}}",
    "services.*.depends_on.*.required": "depends_on: {none: {condition: service_started, required: false}}",
    "services.*.depends_on.*.restart": "depends_on: {db: {condition: service_started, restart: true}}",
    "services.*.networks.*.aliases": "networks: {n: {aliases: [x]}}",
    "services.*.networks.*.driver_opts": "networks: {n: {driver_opts: {a: b}}}",
    "services.*.networks.*.gw_priority": "networks: {n: {gw_priority: 5}}",
    "services.*.networks.*.interface_name": "networks: {n: {interface_name: eth5}}",
    "services.*.networks.*.ipv4_address": "networks: {n: {ipv4_address: 10.0.0.5}}",
    "services.*.networks.*.ipv6_address": "networks: {n: {ipv6_address: '::5'}}",
    "services.*.networks.*.link_local_ips": "networks: {n: {link_local_ips: [169.254.1.1]}}",
    "services.*.networks.*.mac_address": "networks: {n: {mac_address: '02:42:ac:11:65:43'}}",
    "services.*.networks.*.priority": "networks: {n: {priority: 5}}",
    "services.*.networks.*.use_service_name_alias": "networks: {n: {use_service_name_alias: false}}",
    "services.*.ulimits.*.hard": "ulimits: {nofile: {soft: 1, hard: 2}}",
    "services.*.ulimits.*.soft": "ulimits: {nofile: {soft: 1, hard: 2}}",
    "services.*.volumes[].type": "volumes: [{type: volume, source: data, target: /x}]",
    "services.*.volumes[].source": "volumes: [{type: volume, source: data, target: /x}]",
    "services.*.volumes[].target": "volumes: [{type: volume, source: data, target: /x}]",
    "services.*.volumes[].read_only": _MOUNT % ("volume", "data", "read_only: true"),
    "services.*.volumes[].consistency": _MOUNT % ("volume", "data", "consistency: cached"),
    "services.*.volumes[].bind.propagation": _MOUNT % ("bind", "/y", "bind: {propagation: shared}"),
    "services.*.volumes[].bind.create_host_path": _MOUNT % ("bind", "/y", "bind: {create_host_path: true}"),
    "services.*.volumes[].bind.recursive": _MOUNT % ("bind", "/y", "bind: {recursive: disabled}"),
    "services.*.volumes[].bind.selinux": _MOUNT % ("bind", "/y", "bind: {selinux: z}"),
    "services.*.volumes[].volume.nocopy": _MOUNT % ("volume", "data", "volume: {nocopy: true}"),
    "services.*.volumes[].volume.subpath": _MOUNT % ("volume", "data", "volume: {subpath: y}"),
    "services.*.volumes[].volume.labels": _MOUNT % ("volume", "data", "volume: {labels: {a: b}}"),
    "services.*.volumes[].tmpfs.size": "volumes: [{type: tmpfs, target: /x, tmpfs: {size: 10m}}]",
    "services.*.volumes[].tmpfs.mode": "volumes: [{type: tmpfs, target: /x, tmpfs: {mode: 0700}}]",
    "services.*.volumes[].image.subpath": _MOUNT % ("cluster", "group:x", "image: {subpath: y}"),
    "services.*.deploy.mode": "deploy: {mode: global}",
    "services.*.deploy.replicas": "deploy: {replicas: 2}",
    "services.*.deploy.endpoint_mode": "deploy: {endpoint_mode: dnsrr}",
    "services.*.deploy.labels": "deploy: {labels: {a: b}}",
    "services.*.deploy.update_config": "deploy: {update_config: {parallelism: 2}}",
    "services.*.deploy.rollback_config": "deploy: {rollback_config: {parallelism: 2}}",
    "services.*.deploy.resources": "deploy: {resources: {limits: {memory: 10m}}}",
    "services.*.deploy.restart_policy": "deploy: {restart_policy: {condition: none}}",
    "services.*.deploy.placement": "deploy: {placement: {max_replicas_per_node: 2}}",
    **{
        f"services.*.deploy.{section}.{key}": f"deploy: {{{section}: {{{key}: {value}}}}}"
        for section in ("update_config", "rollback_config")
        for key, value in _UPDATE.items()
    },
    **{
        f"services.*.deploy.restart_policy.{key}": f"deploy: {{restart_policy: {{{key}: {value}}}}}"
        for key, value in {"condition": "none", "delay": "5s", "max_attempts": 5, "window": "5s"}.items()
    },
    "services.*.deploy.resources.limits": "deploy: {resources: {limits: {memory: 10m}}}",
    "services.*.deploy.resources.reservations": "deploy: {resources: {reservations: {memory: 10m}}}",
    **{
        f"services.*.deploy.resources.{part}.{key}": f"deploy: {{resources: {{{part}: {{{key}: {value}}}}}}}"
        for part in ("limits", "reservations")
        for key, value in {"cpus": "0.5", "memory": "10m"}.items()
    },
    "services.*.deploy.resources.limits.pids": "deploy: {resources: {limits: {pids: 5}}}",
    "services.*.deploy.resources.reservations.generic_resources": "deploy: {resources: {reservations: "
    "{generic_resources: [{discrete_resource_spec: {kind: gpu, value: 1}}]}}}",
    "services.*.deploy.resources.reservations.devices": "deploy: {resources: {reservations: "
    "{devices: [{capabilities: [gpu]}]}}}",
    "services.*.deploy.placement.constraints": "deploy: {placement: {constraints: [node.role == worker]}}",
    "services.*.deploy.placement.preferences": "deploy: {placement: {preferences: [{spread: node.labels.a}]}}",
    "services.*.deploy.placement.max_replicas_per_node": "deploy: {placement: {max_replicas_per_node: 2}}",
    **{
        f"networks.*.{key}": f"networks: {{n: {{{key}: {value}}}}}"
        for key, value in {
            "name": "x", "driver": "bridge", "driver_opts": "{a: b}", "internal": "true", "attachable": "true",
            "labels": "{a: b}", "external": "true", "enable_ipv6": "true", "enable_ipv4": "false",
            "ipam": "{driver: x}",
        }.items()
    },
    "networks.*.ipam.driver": "networks: {n: {ipam: {driver: x}}}",
    "networks.*.ipam.options": "networks: {n: {ipam: {options: {a: b}}}}",
    "networks.*.ipam.config": "networks: {n: {ipam: {config: [{subnet: 10.9.0.0/16}]}}}",
    **{
        f"networks.*.ipam.config[].{key}": f"networks: {{n: {{ipam: {{config: [{{subnet: 10.9.0.0/16, {text}}}]}}}}}}"
        for key, text in {
            "gateway": "gateway: 10.9.0.1", "ip_range": "ip_range: 10.9.1.0/24",
            "aux_addresses": "aux_addresses: {a: 10.9.0.5}",
        }.items()
    },
    "networks.*.ipam.config[].subnet": "networks: {n: {ipam: {config: [{subnet: 10.9.0.0/16}]}}}",
    **{
        f"volumes.*.{key}": f"volumes: {{data: {{{key}: {value}}}}}"
        for key, value in {
            "name": "x", "driver": "x", "driver_opts": "{a: b}", "labels": "{a: b}", "external": "true",
        }.items()
    },
    **{
        f"{kind}s.*.{key}": f"{kind}s: {{{kind[0]}: {text}}}"
        for kind in ("config", "secret")
        for key, text in {
            "name": "{name: x, environment: SET}",
            "labels": "{labels: {a: b}, environment: SET}",
            "external": "{external: true}",
            "template_driver": "{template_driver: golang, environment: SET}",
            "file": "{file: one.env}",
            "environment": "{environment: SET}",
        }.items()
    },
    **dict.fromkeys(("services.*.extends.service", "services.*.extends.file"), SERVICE["extends"]),
    "configs.*.content": "configs: {c: {content: y}}",
    "secrets.*.driver": "secrets: {s: {driver: x}}",
    "secrets.*.driver_opts": "secrets: {s: {driver: x, driver_opts: {a: b}}}",
    "name": "name: shop",
    "models": "models: {m: {model: x}}",
    "jobs": "jobs: {j: {image: bb, triggers: {manual: true}}}",
    "include": "include: [other.yml]",
}  # fmt: skip
# what these hold is shown by the keys inside
SECTIONS: Final = ("services", "networks", "volumes", "configs", "secrets", "version")


def example(path: str) -> dict[str, Any]:
    """The file with the key, on top of BASE."""
    text = INSIDE.get(path) or SERVICE[path.removeprefix("services.*.")]
    given = yaml.safe_load(text)
    if path.startswith("services."):
        given = {"services": {"web": given}}
    base: dict[str, Any] = yaml.safe_load(BASE)
    for section, entries in given.items():
        if section == "services":
            base["services"]["web"].update(entries["web"])
        elif isinstance(entries, dict) and section in base:
            base[section] = {**base[section], **entries}
        else:
            base[section] = entries
    # what the objects say shows in a service that uses them
    for section, use in (("volumes", "data:/x"), ("networks", "n"), ("configs", "c"), ("secrets", "s")):
        if path.startswith(f"{section}."):
            base["services"]["db"][section] = [use]
    return base


def without(file: dict[str, Any], path: str) -> dict[str, Any]:
    """The same file without the key."""
    copied = copy.deepcopy(file)
    steps = path.replace("[]", ".[]").split(".")
    for holder in _holders(copied, steps[:-1]):
        holder.pop(steps[-1], None)
    return copied


def _holders(node: Any, steps: list[str]) -> Iterator[dict[str, Any]]:
    if not steps:
        if isinstance(node, dict):
            yield node
        return
    inner = list(node.values()) if steps[0] == "*" and isinstance(node, dict) else []
    if steps[0] == "[]" and isinstance(node, list):
        inner = node
    elif isinstance(node, dict) and steps[0] in node:
        inner = [node[steps[0]]]
    for entry in inner:
        yield from _holders(entry, steps[1:])


def has(file: dict[str, Any], path: str) -> bool:
    """Whether the key stands in a file."""
    steps = path.replace("[]", ".[]").split(".")
    return any(steps[-1] in holder for holder in _holders(file, steps[:-1]))


def tree(path: Path) -> dict[str, Any]:
    """A file as the loader reads its YAML."""
    return read_yaml(path.read_bytes(), str(path))


def read(file: dict[str, Any], *, strict: bool = False) -> Project:
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "one.env").write_text("A=1\n")
        Path(folder, "quoted.env").write_text("A='1'\n")
        Path(folder, "other.yml").write_text("services: {base: {image: 'bb:1', hostname: h}}")
        path = Path(folder, "f.yml")
        path.write_text(json.dumps(file))
        return load([path], stack="s", env={"SET": "value"}, strict=strict)


def meaning(project: Project) -> Any:
    """All that a file says, as far as it can be compared: services, objects, order."""
    kinds = (project.networks, project.volumes, project.configs, project.secrets)
    return (
        project.name,
        {key: (entry.inputs, entry.depends_on) for key, entry in project.services.items()},
        [{key: (entry.inputs, entry.external, entry.name) for key, entry in kind.items()} for kind in kinds],
    )


def keys_of_the_schema() -> set[str]:
    """Every key that a file may have, as a path such as `services.*.ports[].mode`."""
    schema = validation._schema()
    found: set[str] = set()

    def walk(part: Any, path: str, depth: int) -> None:
        while "$ref" in part:
            part = schema["$defs"][part["$ref"].rpartition("/")[2]]
        if depth > 8 or path.count(".") > 8:
            return
        for option in [*part.get("oneOf", []), *part.get("anyOf", [])]:
            walk(option, path, depth + 1)
        for key, value in part.get("properties", {}).items():
            whole = f"{path}.{key}".removeprefix(".")
            found.add(whole)
            walk(value, whole, depth + 1)
        named = [value for key, value in part.get("patternProperties", {}).items() if not key.startswith("^x-")]
        for value in [
            *named,
            *([part["additionalProperties"]] if isinstance(part.get("additionalProperties"), dict) else []),
        ]:
            walk(value, f"{path}.*", depth + 1)
        if isinstance(part.get("items"), dict):
            walk(part["items"], f"{path}[]", depth + 1)

    walk(schema, "", 0)
    return found
