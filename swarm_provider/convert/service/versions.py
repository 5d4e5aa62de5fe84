"""What an older daemon drops from a service without a word, by API version."""

from __future__ import annotations

import functools
from collections.abc import Iterator, Sequence
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
    """Return the spec without what a daemon of this API version (`1.41`) drops.

    Where it drops nothing, that is the spec itself: nobody changes it.
    """
    dropped = set(_found(spec, _newer_than(api_version)))
    if not dropped:
        return spec
    result: Json = copied(spec)
    for line in dropped:
        _remove(result, SINCE[line][0].split("."))
    return result


def unknown_to(spec: Json, api_version: str) -> list[tuple[str, str]]:
    """Return what a daemon of this API version would drop: (property of the inputs, API version that keeps it)."""
    return [SINCE[line][1:] for line in sorted(set(_found(spec, _newer_than(api_version))))]


def copied(value: Any) -> Any:
    """Return a copy of JSON that shares nothing that can be changed."""
    if isinstance(value, dict):
        return {key: copied(entry) for key, entry in value.items()}
    return [copied(entry) for entry in value] if isinstance(value, list) else value


@functools.cache
def _newer_than(api_version: str) -> Json:
    """Return the paths of what a daemon of this API version drops as a tree; its leaves are places in SINCE."""
    tree: Json = {}
    present = version_number(api_version)
    for line, (path, _, since) in enumerate(SINCE):
        if version_number(since) > present:
            *above, last = path.replace("[]", "").split(".")
            functools.reduce(lambda branch, step: branch.setdefault(step, {}), above, tree)[last] = line
    return tree


def _found(value: Json, tree: Json) -> Iterator[int]:
    """Yield the places in SINCE of what the value has of a tree; each service is looked through several times."""
    for step, below in tree.items():
        if step in value:
            if isinstance(below, int):
                yield below
                continue
            inner = value[step]
            for entry in inner if isinstance(inner, list) else (inner,):
                if isinstance(entry, dict):
                    yield from _found(entry, below)


def _remove(value: Any, steps: Sequence[str]) -> None:
    """Remove what the steps lead to."""
    step, rest = steps[0].removesuffix("[]"), steps[1:]
    if not isinstance(value, dict) or step not in value:
        return
    if not rest:
        del value[step]
        return
    for entry in value[step] if isinstance(value[step], list) else [value[step]]:
        _remove(entry, rest)
