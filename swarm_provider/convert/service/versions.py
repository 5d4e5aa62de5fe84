"""What an older daemon drops from a service without a word, by API version."""

from __future__ import annotations

from typing import Any, Final

from swarm_provider.core import Json
from swarm_provider.core.versions import version_number

SINCE: Final = (
    # (path in the ServiceSpec; [] stands for each entry, property of the inputs, first API version that keeps it)
    ("TaskTemplate.ContainerSpec.Init", "init", "1.37"),
    ("TaskTemplate.ContainerSpec.Sysctls", "sysctls", "1.40"),
    ("TaskTemplate.Placement.MaxReplicas", "deploy.placement.maxReplicasPerNode", "1.40"),
    ("TaskTemplate.ContainerSpec.CapabilityAdd", "capAdd", "1.41"),
    ("TaskTemplate.ContainerSpec.CapabilityDrop", "capDrop", "1.41"),
    ("TaskTemplate.ContainerSpec.Ulimits", "ulimits", "1.41"),
    ("TaskTemplate.Resources.Limits.Pids", "deploy.resources.limits.pids", "1.41"),
    ("TaskTemplate.ContainerSpec.Privileges.NoNewPrivileges", "securityOpt (no-new-privileges)", "1.44"),
    ("TaskTemplate.ContainerSpec.Privileges.Seccomp", "securityOpt (seccomp)", "1.44"),
    ("TaskTemplate.ContainerSpec.Privileges.AppArmor", "securityOpt (apparmor)", "1.44"),
    ("TaskTemplate.ContainerSpec.Mounts[].TmpfsOptions.Options", "volumes.tmpfs.options", "1.46"),
    ("TaskTemplate.Resources.SwapBytes", "memswapLimit", "1.52"),
    ("TaskTemplate.Resources.MemorySwappiness", "memSwappiness", "1.52"),
    ("TaskTemplate.ContainerSpec.Healthcheck.StartInterval", "healthcheck.startInterval", "1.44"),
    ("TaskTemplate.ContainerSpec.Mounts[].VolumeOptions.Subpath", "volumes.volume.subpath", "1.45"),
    ("TaskTemplate.ContainerSpec.OomScoreAdj", "oomScoreAdj", "1.46"),
)


def known_to(spec: Json, api_version: str) -> Json:
    """Return the spec without what a daemon of this API version (`1.41`) drops."""
    result: Json = _copy(spec)
    for path, *_ in _newer_than(api_version):
        _remove(result, path.split("."))
    return result


def unknown_to(spec: Json, api_version: str) -> list[tuple[str, str]]:
    """Return what a daemon of this API version would drop: (property of the inputs, API version that keeps it)."""
    rest: Json = _copy(spec)
    return [(name, since) for path, name, since in _newer_than(api_version) if _remove(rest, path.split("."))]


def _copy(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _copy(entry) for key, entry in value.items()}
    return [_copy(entry) for entry in value] if isinstance(value, list) else value


def _newer_than(api_version: str) -> list[tuple[str, str, str]]:
    return [entry for entry in SINCE if version_number(entry[2]) > version_number(api_version)]


def _remove(value: Any, steps: list[str]) -> bool:
    """Remove what the steps lead to; an option block that is empty by it goes too. Says whether anything went."""
    step, rest = steps[0].removesuffix("[]"), steps[1:]
    if not isinstance(value, dict) or step not in value:
        return False
    if not rest:
        del value[step]
        return True
    below = value[step] if isinstance(value[step], list) else [value[step]]
    removed = [_remove(entry, rest) for entry in below]
    if any(removed) and value[step] == {} and step == "BindOptions":
        del value[step]
    return any(removed)
