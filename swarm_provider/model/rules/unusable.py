"""Values that an engine stores, or refuses late, and that nothing can run with: told before anything is made.

On canonical inputs, for a `Service` and for a service of a compose file alike. Seen on Engine 20.10, 28.5 and 29.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator
from typing import Any, Final

from swarm_provider.core import Json
from swarm_provider.core.values import Secret, reveal
from swarm_provider.core.versions import version_number
from swarm_provider.errors import Problem
from swarm_provider.model.rules import mounts, templates
from swarm_provider.model.types import short_forms

HEALTH_TESTS: Final = ("CMD", "CMD-SHELL", "NONE")
"""What the words of a health check's test begin with; Docker never runs another one."""
_HOST_GATEWAY: Final = "host-gateway"
ANY_SUBNET_SINCE: Final = (1, 52)
"""API version (Engine 29) from which a subnet of the unspecified address asks for any subnet of that size."""


def service(inputs: Json) -> list[Problem]:
    """Return what no task of a service could run with; the paths are in the users' spelling."""
    inputs = reveal(inputs)
    return [
        *_health(inputs),
        *_nameservers(inputs),
        *_hosts(inputs),
        *_mounts(inputs),
        *templates.refused(inputs),
    ]


def _health(inputs: Json) -> Iterator[Problem]:
    check = inputs.get("healthcheck")
    test = check.get("test") if isinstance(check, dict) else None
    if not (isinstance(test, list) and test and isinstance(test[0], str)):
        return
    if len(test) == 1 and test[0] in HEALTH_TESTS[:2]:
        # no engine has anything to run then, and none refuses it
        yield Problem(f"'test' has no command after {test[0]}; add one, or remove the key", "healthcheck")
    if test[0] not in HEALTH_TESTS:
        yield Problem(
            f"'test' must begin with {', '.join(HEALTH_TESTS[:2])} or {HEALTH_TESTS[2]}: with anything else "
            "Docker never checks, and the task stays in 'starting'; write ['CMD', ...], or a string for a shell",
            "healthcheck",
        )


def _nameservers(inputs: Json) -> Iterator[Problem]:
    for position, server in enumerate(_listed(inputs.get("dns"))):
        if isinstance(server, str) and not _is_address(server):
            yield Problem(f"{server!r} is not an IP address; a name server must be one", f"dns[{position}]")


def _hosts(inputs: Json) -> Iterator[Problem]:
    for position, entry in enumerate(_listed(inputs.get("extraHosts"))):
        # what of it came out of a variable is not known any more, so none of it is shown
        address = entry.partition(":")[2] if isinstance(entry, str) else _HOST_GATEWAY
        if address != _HOST_GATEWAY and not _is_address(address):
            yield Problem(f"a host needs an IP address, or {_HOST_GATEWAY}", f"extra_hosts[{position}]")


def _is_address(text: str) -> bool:
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True


def _mounts(inputs: Json) -> Iterator[Problem]:
    targets: dict[str, str] = {}
    for position, mount in enumerate(_listed(inputs.get("volumes"))):
        if not isinstance(mount, dict):
            continue
        yield from (Problem(text, f"volumes[{position}]") for text in mounts.refused(mount))
        target = mount.get("target")
        if not isinstance(target, str):
            continue
        # a container has one mount per path, whichever way it is spelt
        path = short_forms.clean_path(target)
        if path in targets:
            spelt = "" if targets[path] == target else f", which is {targets[path]!r} in another spelling"
            yield Problem(f"two mounts have the target {target!r}{spelt}; remove one", f"volumes[{position}]")
        targets[path] = target


def without_effect(inputs: Json) -> tuple[Json, list[str]]:
    """Return the inputs without what no engine stores of a service, and warnings for what should have an effect."""
    volumes = inputs.get("volumes")
    mounts = _listed(volumes.value if isinstance(volumes, Secret) else volumes)
    if all(_makes_path(reveal(mount)) is None for mount in mounts):
        return inputs, []
    kept = [_without_path(mount) for mount in mounts]
    warnings = [
        f"volumes[{position}].bind.create_host_path: it is not supported for services and is ignored: a task is"
        " rejected on a node without that path"
        for position, mount in enumerate(mounts)
        if _makes_path(reveal(mount))
    ]
    return {**inputs, "volumes": Secret(kept) if isinstance(volumes, Secret) else kept}, warnings


def _makes_path(mount: Any) -> Any:
    bind = mount.get("bind") if isinstance(mount, dict) else None
    return bind.get("createHostPath") if isinstance(bind, dict) else None


def _without_path(mount: Any) -> Any:
    if isinstance(mount, Secret):
        return Secret(_without_path(mount.value))
    if _makes_path(reveal(mount)) is None:
        return mount
    bind = {key: value for key, value in reveal(mount["bind"]).items() if key != "createHostPath"}
    rest = {key: value for key, value in mount.items() if key != "bind"}
    return {**rest, "bind": bind} if bind else rest


def network(inputs: Json, api_version: str) -> list[Problem]:
    """Return what no network could be made with on an engine of this API version."""
    inputs = reveal(inputs)
    ipam = inputs.get("ipam")
    overlay = (inputs.get("driver") or "overlay") == "overlay"
    problems = []
    for position, pool in enumerate(_listed(ipam.get("config") if isinstance(ipam, dict) else None)):
        text = pool.get("subnet") if isinstance(pool, dict) else None
        path = f"ipam.config[{position}].subnet"
        if isinstance(text, str) and _subnet(text) is None:
            problems.append(Problem(f"{text!r} is not a subnet; write one such as '10.20.0.0/24'", path))
        subnet = any_subnet(text)
        if subnet is None:
            continue
        if subnet.version == 6 and overlay:
            problems.append(Problem(f"Swarm does not allocate a subnet for {subnet}; write the subnet itself", path))
        elif version_number(api_version) < ANY_SUBNET_SINCE:
            problems.append(
                Problem(
                    f"{subnet} asks for any subnet of that size, which Engine 29 (API 1.52) understands; this engine"
                    f" (API {api_version}) uses it literally: specify the subnet",
                    path,
                )
            )
    return problems


def any_subnet(text: Any) -> ipaddress.IPv4Network | ipaddress.IPv6Network | None:
    """Return a subnet of the unspecified address (`0.0.0.0/24`), None for every other one."""
    subnet = _subnet(text) if isinstance(text, str) else None
    return subnet if subnet is not None and subnet.network_address.is_unspecified else None


def _subnet(text: str) -> ipaddress.IPv4Network | ipaddress.IPv6Network | None:
    try:
        # Docker accepts an address of the subnet, too
        return ipaddress.ip_network(text, strict=False) if "/" in text else None
    except ValueError:
        return None


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []
