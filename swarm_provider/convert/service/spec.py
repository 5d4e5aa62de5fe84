"""A service's canonical inputs <-> Docker's ServiceSpec (POST /services/create), and what Read answers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from swarm_provider.convert.helpers import drop_empty, drop_none, get_known, map_items, map_known, sort_known
from swarm_provider.convert.keep_user_form import keep_users_form
from swarm_provider.convert.remembered import remembered
from swarm_provider.convert.service.container import container_from_spec, container_to_spec, image_from_spec
from swarm_provider.convert.service.deploy import (
    chosen_platform,
    memory_from_spec,
    mode_from_spec,
    mode_to_spec,
    placement_from_spec,
    placement_to_spec,
    resources_from_spec,
    resources_to_spec,
    restart_from_spec,
    restart_to_spec,
    update_from_spec,
    update_to_spec,
)
from swarm_provider.convert.service.effective import effective, effective_of, port_order
from swarm_provider.convert.service.versions import known_to
from swarm_provider.core import Json, labels
from swarm_provider.core.values import UNKNOWN, reveal


def to_spec(inputs: Json) -> Json:
    """Return the ServiceSpec for canonical inputs: what `docker stack deploy` sends for the same service.

    Secrets are revealed; UNKNOWN stays where it stands. Ids of configs and secrets are left out, and networks stand
    by name: who talks to Docker fills them in.
    """
    inputs = reveal(inputs)
    deploy = inputs.get("deploy")
    return {
        "Name": inputs.get("name"),
        "Labels": _service_labels(inputs),
        "TaskTemplate": {
            "ContainerSpec": container_to_spec(inputs),
            "Resources": resources_to_spec(inputs),
            "Placement": placement_to_spec(inputs),
            **drop_none(
                RestartPolicy=restart_to_spec(get_known(deploy, "restartPolicy")),
                LogDriver=map_known(inputs.get("logging"), _log_driver_to_spec),
                ForceUpdate=inputs.get("forceUpdate"),
            ),
            **drop_empty(Networks=_networks_to_spec(inputs.get("networks"))),
        },
        "Mode": mode_to_spec(deploy),
        **drop_none(
            UpdateConfig=update_to_spec(get_known(deploy, "updateConfig")),
            RollbackConfig=update_to_spec(get_known(deploy, "rollbackConfig")),
        ),
        "EndpointSpec": drop_empty(
            Mode=get_known(deploy, "endpointMode"),
            Ports=sort_known(map_items(inputs.get("ports"), _port_to_spec), port_order),
        ),
    }


@remembered
def spec_of(inputs: Json) -> Json:
    """Return `to_spec`, made once: the answer is shared, so nobody changes it."""
    return to_spec(inputs)


def from_spec(spec: Json, network_names: Mapping[str, str] | None = None) -> Json:
    """Return the canonical inputs that a ServiceSpec stands for.

    Args:
        spec: as the daemon gives it, or its `effective` form: then every default is explicit in the result.
        network_names: names of networks by id.
    """
    task = spec.get("TaskTemplate") or {}
    container = task.get("ContainerSpec") or {}
    own = spec.get("Labels") or {}
    endpoint = spec.get("EndpointSpec")
    namespace = get_known(own, labels.NAMESPACE)
    networks = task.get("Networks") or spec.get("Networks")
    deploy = {
        **mode_from_spec(spec.get("Mode")),
        **drop_empty(
            endpointMode=get_known(endpoint, "Mode"),
            labels=map_known(own, labels.users),
            resources=resources_from_spec(task.get("Resources")),
            placement=placement_from_spec(task.get("Placement")),
        ),
        **drop_none(
            updateConfig=update_from_spec(spec.get("UpdateConfig")),
            rollbackConfig=update_from_spec(spec.get("RollbackConfig")),
            restartPolicy=restart_from_spec(task.get("RestartPolicy")),
        ),
    }
    return {
        "name": spec.get("Name"),
        **({} if namespace in (None, UNKNOWN) else {"namespace": namespace}),
        **image_from_spec(container, {} if own is UNKNOWN else own),
        **container_from_spec(container, namespace),
        **memory_from_spec(task.get("Resources")),
        **drop_none(platform=chosen_platform(own, task.get("Placement"))),
        **drop_none(logging=map_known(task.get("LogDriver"), _log_driver_from_spec)),
        **drop_empty(
            networks=map_items(networks, lambda entry: _network_from_spec(entry, network_names or {})),
            ports=map_items(get_known(endpoint, "Ports"), _port_from_spec),
        ),
        "deploy": deploy,
        **drop_none(forceUpdate=task.get("ForceUpdate")),
    }


def read_inputs(
    old: Json, live_spec: Json, network_names: Mapping[str, str] | None = None, *, api_version: str | None = None
) -> Json:
    """Return the inputs that describe the live service, in the user's own words wherever those still hold.

    A property that the user left out stays out as long as the service has its default; one that somebody changed on
    the cluster comes back with its live value, `deploy.replicas` and `forceUpdate` too.

    Args:
        old: inputs of the state.
        live_spec: Spec of the live service.
        network_names: names of networks by id.
        api_version: the daemon's API version: what it does not know (and dropped) is no drift.
    """
    asked = known_to(spec_of(old), api_version) if api_version else spec_of(old)
    meant, means = effective_of(asked), effective_of(live_spec, network_names)
    if meant == means:
        return dict(old)
    wanted, live = from_spec(meant), from_spec(means, network_names)
    if get_known(old, "init") is None and live.get("init") is False:
        # `docker service create` always says so; see live_form
        del live["init"]
    for kind in ("configs", "secrets"):
        sources = _sources(reveal(old).get(kind))
        for side in (wanted, live):
            if kind in side:
                side[kind] = [_as_version(entry, sources) for entry in side[kind]]
    merged: Json = keep_users_form(old, wanted, live)
    return merged


def concise(inputs: Json) -> Json:
    """Return inputs without what Docker's defaults say anyway, for an import that people read.

    `deploy.replicas` stays: left out, it would not be managed.
    """
    mode = get_known(inputs.get("deploy"), "mode") or "replicated"
    bare = {"name": "", "image": "", "deploy": {"mode": mode}}
    defaults = from_spec(effective(to_spec(bare)))
    defaults["deploy"].pop("replicas", None)
    if mode == "replicated":
        defaults["deploy"]["mode"] = mode
    else:
        del defaults["deploy"]["mode"]
    if inputs.get("init") is False:
        defaults["init"] = False
    return {key: value for key, value in _without(inputs, defaults).items() if value != {} or inputs[key] == {}}


def _without(value: Any, defaults: Any) -> Any:
    if isinstance(value, dict) and isinstance(defaults, dict):
        return {key: _without(entry, defaults.get(key)) for key, entry in value.items() if entry != defaults.get(key)}
    return value


def _sources(entries: Any) -> dict[Any, str]:
    """Return, by target, the name of a family that the user gave where Check found the version."""
    return {
        entry.get("target") or entry["source"]: entry["source"]
        for entry in entries or []
        if isinstance(entry, dict) and entry.get("name") and entry.get("source")
    }


def _as_version(entry: Json, sources: Mapping[Any, str]) -> Json:
    source = sources.get(entry.get("target"))
    return entry if source is None else {**entry, "source": source, "name": entry["source"]}


def _service_labels(inputs: Json) -> Any:
    own = get_known(inputs.get("deploy"), "labels")
    if own is UNKNOWN:
        return UNKNOWN
    result = dict(own or {})
    namespace = inputs.get("namespace")
    if namespace:
        result[labels.NAMESPACE] = namespace
    if inputs.get("image"):
        result[labels.STACK_IMAGE if namespace else labels.IMAGE] = inputs["image"]
    if inputs.get("platform"):
        result[labels.PLATFORM] = inputs["platform"]
    return result


def _log_driver_to_spec(logging: Json) -> Json:
    return drop_empty(Name=logging.get("driver"), Options=logging.get("options"))


def _log_driver_from_spec(driver: Json) -> Json:
    return drop_empty(driver=driver.get("Name"), options=driver.get("Options"))


def _networks_to_spec(networks: Any) -> Any:
    def one(entry: Json) -> Json:
        return {
            "Target": entry.get("name"),
            **drop_empty(Aliases=entry.get("aliases"), DriverOpts=entry.get("driverOpts")),
        }

    return sort_known(map_items(networks, one), lambda entry: entry["Target"])


def _network_from_spec(entry: Json, names: Mapping[str, str]) -> Json:
    target = entry.get("Target", "")
    return {
        "name": names.get(target, target) if isinstance(target, str) else target,
        **drop_empty(aliases=entry.get("Aliases"), driverOpts=entry.get("DriverOpts")),
    }


def _port_to_spec(port: Json) -> Json:
    return drop_empty(
        Name=port.get("name"),
        Protocol=port.get("protocol"),
        TargetPort=port.get("target"),
        PublishedPort=port.get("published"),
        PublishMode=port.get("mode"),
    )


def _port_from_spec(port: Json) -> Json:
    return drop_empty(
        name=port.get("Name"),
        protocol=port.get("Protocol"),
        target=port.get("TargetPort"),
        published=port.get("PublishedPort"),
        mode=port.get("PublishMode"),
    )
