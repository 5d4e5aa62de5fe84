"""What Swarm stores of a service spec: the form in which `GET /services` gives it back.

Two specs whose stored forms are equal are the same to Swarm, to the last bit: no task restarts between them. Measured
by creating services on Engine 20.10 and 26.1 and reading them back.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from swarm_provider.core import Json
from swarm_provider.core.values import UNKNOWN, at

_MAPS: Final = frozenset({"Labels", "Sysctls", "DriverOpts"})
"""The user's own maps: nothing in them is noise."""
_PRESENT: Final = frozenset(
    {
        "ContainerSpec", "Resources", "Limits", "Reservations", "RestartPolicy", "Placement", "LogDriver",
        "Privileges", "Healthcheck", "DNSConfig", "VolumeOptions", "TmpfsOptions", "ClusterOptions", "DriverConfig",
        "UpdateConfig", "RollbackConfig", "EndpointSpec", "Replicated", "Global", "ReplicatedJob", "GlobalJob",
        "Runtime", "File",
    }
)  # fmt: skip
"""Objects of which Swarm remembers that they are there, also when they are empty."""
_POINTERS: Final = frozenset(
    {
        "Init", "StopGracePeriod", "Replicas", "MaxConcurrent", "TotalCompletions", "MaxAttempts", "Parallelism",
        "MaxFailureRatio", "Soft", "Hard", "ForceUpdate", "Value", "SwapBytes", "MemorySwappiness",
    }
)  # fmt: skip
"""Numbers and flags that Swarm remembers also when they are 0 or false."""
_RESTART_POINTERS: Final = frozenset({"Delay", "Window"})
"""The same within RestartPolicy only: in an UpdateConfig a delay of 0 is none."""
_NAMES: Final = """
Aliases AppArmor Architecture Args BindOptions CapabilityAdd CapabilityDrop ClusterOptions Command Condition Config
ConfigID ConfigName Configs Consistency Constraints ContainerID ContainerSpec CreateMountpoint CredentialSpec
DNSConfig Delay Dir Disable DiscreteResourceSpec DriverConfig DriverOpts EndpointSpec Env FailureAction File
ForceUpdate GID GenericResources Global GlobalJob Groups Hard Healthcheck Hostname Hosts Image ImageOptions Init
Interval Isolation Kind Labels Level Limits LogDriver MaxAttempts MaxConcurrent MaxFailureRatio MaxReplicas
MemoryBytes MemorySwappiness Mode Monitor Mounts Name NamedResourceSpec Nameservers NanoCPUs NetworkAttachmentSpec
Networks NoCopy NoNewPrivileges NonRecursive OS OomScoreAdj OpenStdin Options Order Parallelism Pids Placement
Platforms PluginSpec Ports Preferences Privileges Profile Propagation Protocol PublishMode PublishedPort ReadOnly
ReadOnlyForceRecursive ReadOnlyNonRecursive Registry Replicas Replicated ReplicatedJob Reservations Resources
RestartPolicy Retries Role RollbackConfig Runtime SELinuxContext Search Seccomp SecretID SecretName Secrets
SizeBytes Soft Source Spread SpreadDescriptor StartInterval StartPeriod StopGracePeriod StopSignal Subpath SwapBytes
Sysctls TTY Target TargetPort TaskTemplate Test Timeout TmpfsOptions TotalCompletions Type UID Ulimits UpdateConfig
User Value VolumeOptions Window
"""
NAMES: Final = frozenset(_NAMES.split())
"""Every name in a ServiceSpec of API 1.56 (a test compares). What has another name belongs to an engine that is newer
than this package: nobody knows whether its 0 is none, so it stays as it is."""


def stored(spec: Json, network_names: Mapping[str, str] | None = None) -> Json:
    """Return the spec as the daemon gives it back.

    Args:
        spec: a ServiceSpec as it is sent, or as it was read.
        network_names: names of networks by id: networks stand in the result by name.
    """
    result: Json = _clean(spec)
    result["Labels"] = result.get("Labels") or {}
    result["Mode"] = _mode(result.get("Mode"))
    task = dict(result.get("TaskTemplate") or {})
    task.setdefault("ForceUpdate", 0)
    task.setdefault("Runtime", "container")
    if isinstance(task.get("RestartPolicy"), dict):
        task["RestartPolicy"] = {"Condition": "any", "MaxAttempts": 0, **task["RestartPolicy"]}
    # before API 1.29 networks stood one level higher
    networks = task.get("Networks") or result.pop("Networks", None)
    if networks and networks is not UNKNOWN:
        names = network_names or {}
        task["Networks"] = [
            {**entry, "Target": names.get(entry.get("Target", ""), entry.get("Target"))}
            if isinstance(entry, dict) and isinstance(entry.get("Target"), str)
            else entry
            for entry in networks
        ]
    if isinstance(task.get("ContainerSpec"), dict):
        task["ContainerSpec"] = _container(task["ContainerSpec"])
    result["TaskTemplate"] = task
    for key in ("UpdateConfig", "RollbackConfig"):
        if isinstance(result.get(key), dict):
            defaults = {"Parallelism": 0, "FailureAction": "pause", "MaxFailureRatio": 0, "Order": "stop-first"}
            result[key] = {**defaults, **result[key]}
    if isinstance(result.get("EndpointSpec"), dict):
        result["EndpointSpec"] = _endpoint(result["EndpointSpec"])
    return result


def _mode(mode: Any) -> Any:
    if mode is UNKNOWN:
        return mode
    mode = mode or {"Replicated": {}}
    if "Replicated" in mode:
        return {"Replicated": {"Replicas": 1, **(mode["Replicated"] or {})}}
    if "ReplicatedJob" in mode:
        job = mode["ReplicatedJob"] or {}
        at_once = job.get("MaxConcurrent", 1)
        return {"ReplicatedJob": {"MaxConcurrent": at_once, "TotalCompletions": job.get("TotalCompletions", at_once)}}
    return mode


def _container(container: Json) -> Json:
    result: Json = {"Isolation": "default", **container}
    credential = at(result, "Privileges", "CredentialSpec")
    if credential is not None:
        result["Privileges"] = {**result["Privileges"], "CredentialSpec": credential}
    if isinstance(result.get("Mounts"), list):
        result["Mounts"] = [_mount(mount) if isinstance(mount, dict) else mount for mount in result["Mounts"]]
    return result


def _mount(mount: Json) -> Json:
    # how a mount is kept consistent is stored, but never told
    result = {key: value for key, value in mount.items() if key != "Consistency"}
    if at(result, "BindOptions", "NonRecursive"):
        result["BindOptions"] = {"Propagation": "rprivate", **result["BindOptions"]}
    return result


def _endpoint(endpoint: Json) -> Json:
    result: Json = {"Mode": "vip", **endpoint}
    if isinstance(result.get("Ports"), list):
        result["Ports"] = [
            {"Protocol": "tcp", "PublishMode": "ingress", **port} if isinstance(port, dict) else port
            for port in result["Ports"]
        ]
    return result


def is_pointer(name: str) -> bool:
    """Tell whether a number or flag of this name means something also when it is 0 or false."""
    return name in _POINTERS


def _clean(value: Any, within: str = "") -> Any:
    if isinstance(value, (list, tuple)):
        return [_clean(entry, within) for entry in value]
    if not isinstance(value, dict):
        return value
    result: Json = {}
    for key, entry in value.items():
        if entry is None:
            continue
        if key not in NAMES or (entry and isinstance(entry, (str, int))):
            result[key] = entry
            continue
        if key in _MAPS or (key == "Options" and isinstance(entry, dict)):
            if entry:
                result[key] = entry
            continue
        cleaned = _clean(entry, key)
        pointer = key in _POINTERS or (within == "RestartPolicy" and key in _RESTART_POINTERS)
        if cleaned or (key in _PRESENT and isinstance(entry, dict)) or pointer or (within == "File" and key == "Mode"):
            result[key] = cleaned
    return result
