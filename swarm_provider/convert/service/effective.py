"""What a service spec means: the one form in which two specs are compared.

Above what Swarm stores (`stored`) it has the defaults that Swarm applies when it runs the service, and drops what
clients and the daemon add on the way: ids, platforms, labels of ours, the order of what has no order.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from swarm_provider.convert.helpers import sort_known
from swarm_provider.convert.remembered import remembered
from swarm_provider.convert.service.container import capabilities, credential_config, default_text, image_from_spec
from swarm_provider.convert.service.daemon_form import stored
from swarm_provider.convert.service.deploy import chosen_platform, is_job_mode
from swarm_provider.core import Json, labels
from swarm_provider.core.image import familiar
from swarm_provider.core.values import UNKNOWN, at

SECOND: Final = 10**9
# swarmkit, api/defaults/service.go
UPDATE_DEFAULTS: Final[Json] = {
    "Parallelism": 1,
    "Delay": 0,
    "FailureAction": "pause",
    "Monitor": 5 * SECOND,
    "MaxFailureRatio": 0,
    "Order": "stop-first",
}
RESTART_DEFAULTS: Final[Json] = {"Condition": "any", "Delay": 5 * SECOND, "MaxAttempts": 0}
STOP_GRACE_PERIOD: Final = 10 * SECOND


def effective(spec: Json, network_names: Mapping[str, str] | None = None) -> Json:
    """Return the canonical form of a service spec: equal for two specs that mean the same.

    Args:
        spec: a ServiceSpec, made by `to_spec` or read from the daemon.
        network_names: names of networks by id. A spec that was read has ids where one that was made has names.

    The image's digest counts: a service that runs another digest runs something else.
    """
    result = stored(spec, network_names)
    result["Labels"] = _labels(result)
    task: Json = {
        key: value for key, value in result["TaskTemplate"].items() if (key, value) != ("Runtime", "container")
    }
    job = is_job_mode(result["Mode"])
    task["Resources"] = _resources(task.get("Resources"))
    task["Placement"] = _placement(task.get("Placement"), result["Labels"])
    if task.get("RestartPolicy") is not UNKNOWN:
        policy = {**({} if job else RESTART_DEFAULTS), **(task.get("RestartPolicy") or {})}
        policy = {key: value for key, value in policy.items() if key != "Window" or value}
        if policy:
            task["RestartPolicy"] = policy
    if task.get("LogDriver") == {}:
        # names no driver and no option: the node's own, as without it
        del task["LogDriver"]
    if task.get("Networks"):
        task["Networks"] = sort_known(task["Networks"], lambda entry: entry["Target"])
    if isinstance(task.get("ContainerSpec"), dict):
        task["ContainerSpec"] = _container(task["ContainerSpec"], at(spec, "Labels", labels.NAMESPACE))
    result["TaskTemplate"] = task
    for key in () if job else ("UpdateConfig", "RollbackConfig"):
        if result.get(key) is not UNKNOWN:
            result[key] = {**UPDATE_DEFAULTS, **(result.get(key) or {})}
    if result.get("EndpointSpec") is not UNKNOWN:
        result["EndpointSpec"] = _endpoint(result.get("EndpointSpec") or {})
    return result


def effective_of(spec: Json, network_names: Mapping[str, str] | None = None) -> Json:
    """Return `effective`, made once for all that means the same by ids and labels: shared, so nobody changes it."""
    names = network_names or {}
    listed = at(spec, "TaskTemplate", "Networks") or spec.get("Networks")
    targets = [at(entry, "Target") for entry in listed] if isinstance(listed, list) else []
    # a swarm has many networks, and a service few of them
    return _effective_of(_plain(spec), {target: names[target] for target in targets if target in names})


@remembered
def _effective_of(spec: Json, network_names: Json) -> Json:
    return effective(spec, network_names)


def _plain(spec: Json) -> Json:
    """Return a spec without what its `effective` form does not depend on: a service is sent with ids and labels."""
    task, own = spec.get("TaskTemplate") or {}, spec.get("Labels")
    result = {**spec, "TaskTemplate": {key: task[key] for key in task if (key, task[key]) != ("ForceUpdate", 0)}}
    if at(spec, "Mode", "Replicated") == {}:
        result["Mode"] = {"Replicated": {"Replicas": 1}}
    if isinstance(own, dict):
        told = (labels.IMAGE, labels.PLATFORM)
        result["Labels"] = {key: own[key] for key in own if key in told or not key.startswith(labels.OURS)}
        if isinstance(task.get("Placement"), dict) and labels.PLATFORM not in own:
            placed = {key: value for key, value in task["Placement"].items() if key != "Platforms"}
            result["TaskTemplate"]["Placement"] = placed
    container = task.get("ContainerSpec")
    if isinstance(container, dict):
        files = {f"{kind}s": _without_ids(container, kind) for kind in ("Secret", "Config") if f"{kind}s" in container}
        result["TaskTemplate"]["ContainerSpec"] = {**container, **files}
    return result


def _without_ids(container: Json, kind: str) -> Any:
    entries = container[f"{kind}s"]
    # the id is the one by which a credential spec names its config
    if not isinstance(entries, list) or any(at(entry, "Runtime") is not None for entry in entries):
        return entries
    return [
        {key: value for key, value in entry.items() if key != f"{kind}ID"} if isinstance(entry, dict) else entry
        for entry in entries
    ]


def update_pace(spec: Json) -> tuple[int, str]:
    """Return how many tasks an update replaces at a time (0: all), and in which order.

    Args:
        spec: a ServiceSpec; a number that is not known yet (UNKNOWN) counts as 1.
    """
    config = spec.get("UpdateConfig")
    policy = {**UPDATE_DEFAULTS, **(config if isinstance(config, dict) else {})}
    batch = policy["Parallelism"]
    return (batch if isinstance(batch, int) else 1), str(policy["Order"])


def _labels(spec: Json) -> Any:
    own = spec["Labels"]
    if own is UNKNOWN:
        return own
    container = at(spec, "TaskTemplate", "ContainerSpec") or {}
    kept = {key: value for key, value in own.items() if not key.startswith(labels.OURS) and key != labels.STACK_IMAGE}
    platform = chosen_platform(own, at(spec, "TaskTemplate", "Placement"))
    if platform is not None:
        # the platforms count, whatever text they were written as
        kept[labels.PLATFORM] = platform
    live = container.get("Image")
    if isinstance(live, str):
        # the text of the image is kept where it cannot be told from the image itself
        text = image_from_spec(container, own)["image"]
        if text != default_text(live):
            kept[labels.STACK_IMAGE if labels.NAMESPACE in own else labels.IMAGE] = text
    return kept


def _resources(resources: Any) -> Any:
    if resources is UNKNOWN:
        return resources
    return {key: value for key, value in (resources or {}).items() if value != {}}


def _placement(placement: Any, own: Any) -> Any:
    if placement is UNKNOWN:
        return placement
    chosen = own is UNKNOWN or own.get(labels.PLATFORM) is UNKNOWN or labels.platform(own) is not None
    return {key: value for key, value in (placement or {}).items() if key != "Platforms" or chosen}


def _container(container: Json, namespace: Any) -> Json:
    result = {key: value for key, value in container.items() if (key, value) != ("Isolation", "default")}
    result.setdefault("StopGracePeriod", STOP_GRACE_PERIOD)
    if isinstance(result.get("Image"), str):
        result["Image"] = familiar(result["Image"])
    _settle_labels(result, namespace)
    if isinstance(result.get("Env"), list):
        result["Env"] = _environment(result["Env"])
    for key in ("Privileges", "DNSConfig", "Healthcheck"):
        if key == "Privileges" and isinstance(result.get(key), dict):
            result[key] = _privileges(container)
        test = at(result, key, "Test") if key == "Healthcheck" else None
        if isinstance(test, list) and test[:1] == ["NONE"]:
            result[key] = {"Test": ["NONE"]}
        if result.get(key) == {}:
            del result[key]
    added, dropped = capabilities(result.pop("CapabilityAdd", None), result.pop("CapabilityDrop", None))
    for key, value in (("CapabilityAdd", added), ("CapabilityDrop", dropped)):
        if value:
            result[key] = value
    if result.get("Ulimits"):
        result["Ulimits"] = sort_known(result["Ulimits"], lambda limit: limit["Name"])
    for kind in ("Secret", "Config"):
        _settle_files(result, kind)
    if isinstance(result.get("Mounts"), list):
        result["Mounts"] = [_mount(mount) for mount in result["Mounts"]]
    return result


def _settle_labels(container: Json, namespace: Any) -> None:
    own = container.get("Labels")
    if isinstance(own, dict) and namespace and own.get(labels.NAMESPACE) == namespace:
        own = {key: value for key, value in own.items() if key != labels.NAMESPACE}
        container.pop("Labels")
        if own:
            container["Labels"] = own


def _environment(entries: list[Any]) -> list[Any]:
    if any(entry is UNKNOWN for entry in entries):
        return entries
    # docker lets the last of two values for one variable win
    return sorted({entry.partition("=")[0]: entry for entry in entries}.values())


def _privileges(container: Json) -> Json:
    privileges = {key: value for key, value in container["Privileges"].items() if value != {}}
    credential = privileges.get("CredentialSpec")
    if isinstance(credential, dict) and isinstance(credential.get("Config"), str):
        privileges["CredentialSpec"] = {**credential, "Config": credential_config(container)}
    return privileges


def _settle_files(container: Json, kind: str) -> None:
    entries = container.pop(f"{kind}s", None)
    if entries is UNKNOWN:
        container[f"{kind}s"] = entries
        return
    # an entry with `Runtime` only gives the task the config of its credential spec
    files = [
        _file(entry, f"{kind}ID") if isinstance(entry, dict) else entry
        for entry in entries or []
        if not (isinstance(entry, dict) and "Runtime" in entry)
    ]
    if files:
        container[f"{kind}s"] = sort_known(files, lambda entry: (entry[f"{kind}Name"], entry["File"]["Name"]))


def _file(entry: Json, id_key: str) -> Json:
    result = {key: value for key, value in entry.items() if key != id_key}
    if isinstance(result.get("File"), dict):
        result["File"] = {"UID": "0", "GID": "0", "Mode": 0, **result["File"]}
    return result


def _mount(mount: Any) -> Any:
    driver = at(mount, "VolumeOptions", "DriverConfig")
    if driver == {}:
        options = {key: value for key, value in mount["VolumeOptions"].items() if key != "DriverConfig"}
        return {**mount, "VolumeOptions": options}
    return mount


def _endpoint(endpoint: Json) -> Json:
    result: Json = {"Mode": "vip", **endpoint}
    if result.get("Ports"):
        result["Ports"] = sort_known(result["Ports"], port_order)
    return result


def port_order(port: Json) -> tuple[Any, ...]:
    """Return the place of a port in the list: by published port, as the docker CLI sorts them, then by all else."""
    return (
        port.get("PublishedPort") or 0,
        port.get("TargetPort") or 0,
        port.get("Protocol") or "tcp",
        port.get("PublishMode") or "ingress",
        port.get("Name") or "",
    )
