"""The rules on one service or config, and what they say."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import Any, Final

from swarm_provider.core import Json
from swarm_provider.core.english import count, listed
from swarm_provider.core.image import parse
from swarm_provider.core.values import UNKNOWN, at, has_unknown, mappings
from swarm_provider.errors import SwarmProviderError
from swarm_provider.model import advice
from swarm_provider.plan.ownership.advice import Advice, on_config, on_service, said
from swarm_provider.plan.policies.parameters import Parameters, is_exempt, texts, with_defaults

Find = Callable[[Json, Json], Iterable[str]]
"""Inputs in normal form, and the settings of the rule -> what is wrong, as sentences."""

_SEVERAL: Final[tuple[Json, ...]] = ({}, {})
"""A swarm of several nodes, which a policy supposes."""
_NODE_PATHS: Final = (
    *("/var/run/docker.sock", "/run/docker.sock", "/run/containerd", "/var/lib/docker", r"\\.\pipe\docker_engine"),
    *("/etc", "/root", "/boot", "/proc", "/sys", "/dev"),
)
_CAPABILITIES: Final = (
    "ALL",
    "SYS_ADMIN",
    "SYS_MODULE",
    "SYS_PTRACE",
    "SYS_RAWIO",
    "NET_ADMIN",
    "DAC_READ_SEARCH",
    "BPF",
)
_OPEN: Final = ("seccomp:unconfined", "apparmor:unconfined", "label:disable")
_DATABASES: Final = (22, 2375, 2376, 3306, 5432, 6379, 9200, 11211, 27017)


@dataclass(frozen=True)
class Rule:
    """A rule on one service or config.

    Attributes:
        name: by which it is configured.
        description: what it asks for.
        finds: by what it is about, `service` or `config`: what is wrong there.
        parameters: what it can be told.
    """

    name: str
    description: str
    finds: Mapping[str, Find]
    parameters: Parameters = field(default_factory=dict)

    def broken_by(self, of: str, inputs: Json, given: Mapping[str, Any]) -> list[str]:
        """Return what is wrong with a service or config.

        Args:
            of: `service` or `config`.
            inputs: in normal form; what is not known yet breaks no rule.
            given: the settings that the user gives.
        """
        settings = with_defaults(self.parameters, given)
        found = self.finds.get(of)
        if found is None or is_exempt(inputs.get("name"), settings) or is_exempt(inputs.get("baseName"), settings):
            return []
        return [*found(inputs, settings)]


def _advised(name: str) -> Find:
    def find(service: Json, _: Json) -> Iterator[str]:
        yield from (said([one]) for one in on_service(service, _SEVERAL) if one.name == name)

    return find


def _credential_in_config(config: Json, _: Json) -> Iterator[str]:
    content = config.get("data")
    found: list[Advice] = on_config(config.get("baseName"), content) if isinstance(content, str) else []
    yield from (said([one]) for one in found)


def _name(service: Json) -> str:
    name = service.get("name")
    return name if isinstance(name, str) else "the service"


def _strings(service: Json, key: str) -> list[str]:
    found = service.get(key)
    return [one for one in found if isinstance(one, str)] if isinstance(found, list) else []


def replicas(service: Json) -> int | None:
    """Return how many tasks are asked for; None where it is not known, or no replicated service."""
    deploy = service.get("deploy")
    mode, number = at(deploy, "mode"), at(deploy, "replicas")
    if has_unknown([mode, number]) or deploy is UNKNOWN or mode not in (None, "replicated"):
        return None
    return 1 if number is None else int(number)


# ------------------------------------------------------------------------------------------------ availability


def _single_replica(service: Json, settings: Json) -> Iterator[str]:
    number = replicas(service)
    if mappings(service.get("ports")) and number is not None and 0 < number < settings["minimum"]:
        has = count(number, "replica")
        yield f"{_name(service)} publishes ports and has {has}; set deploy.replicas to {settings['minimum']} or more"


def _no_healthcheck(service: Json, settings: Json) -> Iterator[str]:
    check = service.get("healthcheck")
    if check is UNKNOWN or (settings["published"] and not mappings(service.get("ports"))):
        return
    if at(check, "disable") is True:
        yield f"{_name(service)} disables the health check of its image: tasks get requests before they can answer"
    elif not at(check, "test") and not has_unknown(check):
        yield f"{_name(service)} has no health check: tasks get requests before they can answer; set healthcheck.test"


def _update_order(service: Json, _: Json) -> Iterator[str]:
    ports, order = mappings(service.get("ports")), at(service, "deploy", "updateConfig", "order")
    # two tasks at a time cannot share a port of a node or the data of a volume
    alone = any(port.get("mode") == "host" for port in ports) or mappings(service.get("volumes"))
    if ports and not alone and replicas(service) and order in (None, "stop-first"):
        yield (
            f"{_name(service)} publishes ports and stops old tasks before new ones run: capacity drops with each "
            f"update; set deploy.update_config.order to start-first"
        )


def _failure_ignored(service: Json, _: Json) -> Iterator[str]:
    if at(service, "deploy", "updateConfig", "failureAction") == "continue":
        yield (
            f"{_name(service)} continues an update whose new tasks fail, until none of the old ones is left; set "
            f"deploy.update_config.failure_action to pause or rollback"
        )


def _no_restart(service: Json, _: Json) -> Iterator[str]:
    runs = at(service, "deploy", "mode") in (None, "replicated", "global")
    if runs and at(service, "deploy", "restartPolicy", "condition") == "none":
        yield f"{_name(service)} does not restart tasks that end; remove deploy.restart_policy.condition"


def _host_port(service: Json, _: Json) -> Iterator[str]:
    number, most = replicas(service), at(service, "deploy", "placement", "maxReplicasPerNode")
    # without `replicas` somebody scales it by hand
    scaled = at(service, "deploy", "replicas") is None or (number or 0) > 1
    if number is None or not scaled or most == 1 or has_unknown(most):
        return
    for port in mappings(service.get("ports")):
        if port.get("mode") == "host" and port.get("published"):
            yield (
                f"{_name(service)} publishes port {port['published']} in host mode, and a node has it once; set "
                f"deploy.placement.max_replicas_per_node to 1, or deploy.mode to global"
            )


# ---------------------------------------------------------------------------------------------------- security


def _holds(source: str, path: str) -> bool:
    return source == path or PurePosixPath(source) in PurePosixPath(path).parents


def _host_mount(service: Json, settings: Json) -> Iterator[str]:
    for mount in mappings(service.get("volumes")):
        source = mount.get("source")
        if mount.get("type") not in ("bind", "npipe") or not isinstance(source, str):
            continue
        held = [path for path in settings["paths"] if _holds(source, path)]
        if held:
            what = "" if held == [source] else f", with {listed(held, 3)} in it"
            yield f"{_name(service)} mounts {source} of the node{what}: a task can control the node through it"


def _capability(service: Json, settings: Json) -> Iterator[str]:
    added = service.get("capAdd")
    named = (
        [one.upper().removeprefix("CAP_") for one in added if isinstance(one, str)] if isinstance(added, list) else ()
    )
    found = [one for one in named if one in settings["forbidden"]]
    if found:
        yield f"{_name(service)} adds {listed(found)} to the capabilities of its containers; remove it from cap_add"


def _unconfined(service: Json, _: Json) -> Iterator[str]:
    for option in _strings(service, "securityOpt"):
        if option in _OPEN:
            yield f"{_name(service)} sets security_opt {option}, which takes a protection of the node away"


def _forbidden_port(service: Json, settings: Json) -> Iterator[str]:
    for port in mappings(service.get("ports")):
        if port.get("target") in settings["ports"]:
            yield (
                f"{_name(service)} publishes port {port['target']}: who reaches a node reaches it; use a "
                f"network that its clients are in"
            )


def _registry(service: Json, settings: Json) -> Iterator[str]:
    image = service.get("image")
    if not settings["allowed"] or not isinstance(image, str):
        return
    try:
        found = parse(image)
    except SwarmProviderError:
        return
    name = f"{found.domain}/{found.path}"
    if not any(name == allowed or name.startswith(f"{allowed.rstrip('/')}/") for allowed in settings["allowed"]):
        yield f"{_name(service)} uses {image!r}, which is not from {listed(settings['allowed'], 3)}"


def _on_service(name: str, description: str, find: Find, **parameters: Json) -> Rule:
    return Rule(name, description, {"service": find}, parameters)


def _number(description: str, default: int) -> Json:
    return {"type": "integer", "minimum": 1, "default": default, "description": description}


RULES: Final = (
    _on_service(advice.LATEST_IMAGE, "Images have a version.", _advised(advice.LATEST_IMAGE)),
    _on_service(advice.NO_LIMITS, "Services have a memory limit.", _advised(advice.NO_LIMITS)),
    Rule(
        advice.CREDENTIAL,
        "Credentials are in secrets, not in the environment or in configs.",
        {"service": _advised(advice.CREDENTIAL), "config": _credential_in_config},
    ),
    _on_service(
        advice.SHARED_LOCAL_VOLUME,
        "Several replicas share no local volume, which is another one on each node.",
        _advised(advice.SHARED_LOCAL_VOLUME),
    ),
    _on_service(
        advice.UNPINNED_LOCAL_VOLUME,
        "A service with a local volume has a placement constraint that keeps it with its data.",
        _advised(advice.UNPINNED_LOCAL_VOLUME),
    ),
    _on_service(
        "single-replica",
        "What is published has two replicas or more.",
        _single_replica,
        minimum=_number("Replicas that are enough.", 2),
    ),
    _on_service(
        "no-healthcheck",
        "What is published has a health check in its service.",
        _no_healthcheck,
        published={
            "type": "boolean",
            "default": True,
            "description": "Only services that publish ports; false: all services.",
        },
    ),
    _on_service("update-order", "What is published starts new tasks before old ones stop.", _update_order),
    _on_service("failure-ignored", "An update stops where its tasks fail.", _failure_ignored),
    _on_service("no-restart", "Tasks that end are restarted.", _no_restart),
    _on_service("host-port", "A service with a port in host mode has one task on a node.", _host_port),
    _on_service(
        "host-mount",
        "No task mounts the Docker socket or directories of the node's system.",
        _host_mount,
        paths=texts("Paths of a node; a mount that has one of them in it is told, too.", _NODE_PATHS),
    ),
    _on_service(
        "capability",
        "No container has capabilities that lead out of it.",
        _capability,
        forbidden=texts("Capabilities, without CAP_.", _CAPABILITIES),
    ),
    _on_service("unconfined", "seccomp, AppArmor and SELinux stay on.", _unconfined),
    _on_service(
        "forbidden-port",
        "Databases and ssh are not published.",
        _forbidden_port,
        ports={
            "type": "array",
            "items": {"type": "integer"},
            "default": [*_DATABASES],
            "description": "Ports in the container.",
        },
    ),
    _on_service(
        "registry",
        "Images are from registries that are allowed.",
        _registry,
        allowed=texts("Registries, or paths in them, such as registry.example.com/team. Empty: all."),
    ),
)
