"""Keys that are valid and that Swarm, or the docker CLI, does not support: a warning each, never silence."""

from __future__ import annotations

from typing import Any, Final

from swarm_provider.compose.common.dialect import SPEC_ONLY, Dialect
from swarm_provider.compose.yaml.tree import Items, Map, SourceLocation

_NO_WORD: Final = "not supported by Swarm; ignored"
_DROPPED: Final = "ignored by docker stack deploy; supported in the dialect compose-spec"
_OVERLAY: Final = "services reach each other by name in the networks that they share"

SERVICE: Final = {
    "annotations": _NO_WORD,
    "attach": "used by 'docker compose up' only; ignored",
    "blkio_config": _NO_WORD,
    "build": "Swarm does not build images; build and push the image, and set 'image'",
    "cgroup": _NO_WORD,
    "cgroup_parent": _NO_WORD,
    "cgroupns_mode": _NO_WORD,
    "container_name": "Swarm names the containers of a service itself",
    "cpu_count": _NO_WORD,
    "cpu_percent": _NO_WORD,
    "cpu_period": "set deploy.resources.limits.cpus instead",
    "cpu_rt_period": _NO_WORD,
    "cpu_rt_runtime": _NO_WORD,
    "develop": "used by 'docker compose watch' only; ignored",
    "device_cgroup_rules": _NO_WORD,
    "devices": "Swarm does not support devices",
    "domainname": "not supported by Swarm; set the full name as 'hostname'",
    "expose": f"ignored: {_OVERLAY}, on every port",
    "external_links": f"links are not supported by Swarm: {_OVERLAY}",
    "gpus": "use deploy.resources.reservations.generic_resources instead",
    "ipc": _NO_WORD,
    "links": f"links are not supported by Swarm: {_OVERLAY}; for another name set an alias under 'networks'",
    "mac_address": _NO_WORD,
    "models": _NO_WORD,
    "network_mode": "not supported by Swarm; for the host's network declare an external network named 'host'",
    "oom_kill_disable": _NO_WORD,
    "oom_score_adj": _DROPPED,
    "pid": _NO_WORD,
    "post_start": _NO_WORD,
    "pre_start": _NO_WORD,
    "pre_stop": _NO_WORD,
    "privileged": "Swarm cannot run privileged services",
    "provider": _NO_WORD,
    "pull_policy": "Swarm pulls an image when a task starts; see resolve_image",
    "pull_refresh_after": _NO_WORD,
    "runtime": _NO_WORD,
    "security_opt": _DROPPED,
    "shm_size": "not supported by Swarm; mount a tmpfs of that size at /dev/shm",
    "storage_opt": _NO_WORD,
    "tmpfs": "ignored by docker stack deploy; use a long form entry of type tmpfs under 'volumes'",
    "umask": _NO_WORD,
    "use_api_socket": _NO_WORD,
    "userns_mode": _NO_WORD,
    "uts": _NO_WORD,
}
_NETWORK: Final = {
    "gw_priority": _NO_WORD,
    "interface_name": _NO_WORD,
    "ipv4_address": "ignored by docker stack deploy; Swarm assigns addresses itself",
    "ipv6_address": "ignored by docker stack deploy; Swarm assigns addresses itself",
    "link_local_ips": _NO_WORD,
    "mac_address": _NO_WORD,
    "priority": _NO_WORD,
    "use_service_name_alias": _NO_WORD,
}
_PORT: Final = {
    "app_protocol": _NO_WORD,
    "host_ip": "Swarm publishes on all addresses of a node",
}
_MOUNT: Final[dict[str, tuple[str, tuple[str, ...]]]] = {
    "bind": (
        "ignored by docker stack deploy",
        ("propagation",),
    ),
    "volume": ("ignored by docker stack deploy", ("nocopy", "subpath")),
    "tmpfs": ("ignored by docker stack deploy", ("size",)),
    "image": (_NO_WORD, ()),
}
_SPEC_ONLY: Final = (("bind", "recursive"), ("tmpfs", "mode"))
_TOP: Final = {
    "models": _NO_WORD,
    "jobs": "not supported by Swarm; use a service with deploy.mode: replicated-job",
}


def warn(tree: Map, at: SourceLocation, dialect: Dialect = "docker") -> None:
    """Note every key of one valid, interpolated file that has no effect.

    Args:
        tree: the tree of one file.
        at: the place in the file, which collects problems.
        dialect: the dialect that the files are read in.
    """
    honoured = SPEC_ONLY if dialect == "compose-spec" else ()
    for key, why in _TOP.items():
        if key in tree:
            at.key(tree, key).warn(why)
    for _, service, place in entries(tree, "services", at):
        if not isinstance(service, Map):
            continue
        for key in service:
            if key in SERVICE and key not in honoured and not _is_default(key, service[key]):
                place.key(service, key).warn(SERVICE[key])
        _warn_inner(service, place, dialect)
    for _, network, place in entries(tree, "networks", at):
        if isinstance(network, Map) and "enable_ipv4" in network:
            place.key(network, "enable_ipv4").warn(_NO_WORD)


def entries(tree: Map, section: str, at: SourceLocation) -> list[tuple[str, Any, SourceLocation]]:
    """Return key, value and place of each entry of a top-level section.

    Args:
        tree: the tree of one file.
        section: the top-level key.
        at: the place in the file, which collects problems.
    """
    values = tree.get(section)
    if not isinstance(values, Map):
        return []
    place = at.key(tree, section)
    return [(key, value, place.key(values, key)) for key, value in values.items()]


def _is_default(key: str, value: Any) -> bool:
    return value is None or (key in ("privileged", "oom_kill_disable", "attach") and value is False)


def _warn_inner(service: Map, place: SourceLocation, dialect: Dialect) -> None:
    networks = service.get("networks")
    if isinstance(networks, Map):
        for name, network in networks.items():
            _warn_keys(network, _NETWORK, place.key(service, "networks").key(networks, name))
    for section, keys in (("ports", _PORT), ("volumes", {})):
        values = service.get(section)
        if not isinstance(values, Items):
            continue
        for index, value in enumerate(values):
            spot = place.key(service, section).item(values, index)
            _warn_keys(value, keys, spot)
            if section == "volumes" and isinstance(value, Map):
                _warn_mount(value, spot, dialect)
    deploy = service.get("deploy")
    resources = deploy.get("resources") if isinstance(deploy, Map) else None
    reservations = resources.get("reservations") if isinstance(resources, Map) else None
    if isinstance(reservations, Map) and "devices" in reservations:
        spot = place.key(service, "deploy").key(deploy, "resources").key(resources, "reservations")
        spot.key(reservations, "devices").warn("not supported by Swarm; use generic_resources")


def _warn_keys(value: Any, keys: dict[str, str], place: SourceLocation) -> None:
    if isinstance(value, Map):
        for key in value:
            if key in keys:
                place.key(value, key).warn(keys[key])


def _warn_mount(mount: Map, place: SourceLocation, dialect: Dialect) -> None:
    for block, (why, honoured) in _MOUNT.items():
        options = mount.get(block)
        if not isinstance(options, Map):
            continue
        for key in options:
            spec_only = dialect == "compose-spec" and (block, key) in _SPEC_ONLY
            if key.lower() not in honoured and not spec_only and not key.startswith("x-"):
                place.key(mount, block).key(options, key).warn(why)
