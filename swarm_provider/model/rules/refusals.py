"""The one rule book: what a manager would refuse of a service, network, config or secret. Pure.

Swarm finds these when the object is created, so after other objects were made; here they are errors before anything
happens, for `Service(...)` in every language and for compose files alike: `compose` adds file and line. The rules are
swarmkit's (manager/controlapi/service.go and common.go, manager/constraint) and dockerd's. What is not known yet, or
is no plain value, breaks no rule.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any, Final

from swarm_provider.core import Json, image, labels, units
from swarm_provider.core.path import render
from swarm_provider.core.values import has_unknown, mappings, reveal
from swarm_provider.errors import Problem, SwarmProviderError
from swarm_provider.model.rules import constraints, limits, unusable
from swarm_provider.model.service import JOB_MODES

_DNS_NAME: Final = re.compile(r"[a-zA-Z0-9](?:[-_]*[A-Za-z0-9])*")
_LEAST_CPU: Final = 10**6
_LEAST_MEMORY: Final = 4 * 2**20
_LEAST_INTERVAL: Final = 10**6


def service(inputs: Json) -> list[Problem]:
    """Return what Swarm would refuse in the canonical inputs of a service; the paths are in the users' spelling."""
    inputs = reveal(inputs)
    deploy = _map(inputs.get("deploy"))
    found: list[Problem] = []
    if "name" in inputs:
        found += name("service", inputs["name"])
    found += _image(inputs.get("image"))
    found += _modes(inputs, deploy)
    found += _constraints(_map(deploy.get("placement")).get("constraints"))
    found += _resources(_map(deploy.get("resources")))
    found += _memory_and_swap(inputs, deploy)
    found += _updates(deploy)
    found += _not_negative(deploy, "restartPolicy", "restart_policy", ("delay", "window"))
    found += _health(_map(inputs.get("healthcheck")))
    found += _credential_spec(_map(inputs.get("credentialSpec")))
    found += _targets(inputs)
    found += _ports(inputs)
    return [*found, *unusable.service(inputs)]


def name(kind: str, text: Any) -> list[Problem]:
    """Return what Docker would refuse in the name of a service, network, volume, config or secret."""
    if not isinstance(text, str):
        return []
    if kind == "volume":
        # what else is right is up to the volume's driver
        right = bool(text.strip()) and "/" not in text
        return [] if right else [Problem(f"{text!r} cannot be the name of a volume", "name")]
    dns = kind in ("service", "network")
    pattern, signs = (_DNS_NAME, "'-' and '_'") if dns else (labels.NAME, "'-', '_' and '.'")
    if dns and len(text) > limits.DNS_NAME:
        return [Problem(f"{text!r} has {len(text)} characters; the maximum is {limits.DNS_NAME}", "name")]
    if pattern.fullmatch(text):
        return []
    return [
        Problem(
            f"{text!r} cannot be the name of a {kind}: use letters, digits, {signs}, and begin and end with a letter or"
            " digit",
            "name",
        )
    ]


def content(kind: str, size: int) -> list[Problem]:
    """Return what Docker would refuse in the content of a config or secret of so many bytes."""
    limit = limits.CONTENT[kind]
    if not size:
        return [Problem(f"the content is empty; Docker refuses an empty {kind}", "data")]
    if size > limit:
        return [Problem(f"the content has {size} bytes; the maximum for a {kind} is {limit}", "data")]
    return []


def _image(text: Any) -> Iterator[Problem]:
    if not isinstance(text, str):
        return
    try:
        image.parse(text)
    except SwarmProviderError as error:
        yield Problem(str(error), "image")


def _modes(inputs: Json, deploy: Json) -> Iterator[Problem]:
    mode = deploy.get("mode")
    if mode in ("global", "global-job") and deploy.get("replicas") is not None:
        yield Problem(f"a {mode} service cannot have replicas; remove one of the two", "deploy.replicas")
    if mode in JOB_MODES and deploy.get("updateConfig") is not None:
        yield Problem("a job cannot have an update_config; remove it", "deploy.update_config")
    ingress = any(port.get("mode", "ingress") == "ingress" for port in mappings(inputs.get("ports")))
    if deploy.get("endpointMode") == "dnsrr" and ingress:
        text = "ports in ingress mode need endpoint_mode vip; publish them with mode: host, or remove dnsrr"
        yield Problem(text, "ports")


def _constraints(texts: Any) -> Iterator[Problem]:
    for index, text in enumerate(texts if isinstance(texts, list) else ()):
        if not isinstance(text, str):
            continue
        constraint = constraints.parse(text)
        path = render(("deploy", "placement", "constraints", index))
        if constraint is None:
            yield Problem(f"{text!r} has no operator; write 'key == value' or 'key != value'", path)
        elif not constraint.is_valid:
            yield Problem(f"{text!r} has an invalid key or value", path)


def _resources(resources: Json) -> Iterator[Problem]:
    for part in ("limits", "reservations"):
        for kind, parse, least, words in (
            ("cpus", units.nano_cpus, _LEAST_CPU, "0.001 cpus"),
            ("memory", units.size_bytes, _LEAST_MEMORY, "4 MiB"),
        ):
            number = _number(_map(resources.get(part)).get(kind), parse)
            # 0 is no limit
            if number and number < least:
                yield Problem(f"must be at least {words}", f"deploy.resources.{part}.{kind}")


def _memory_and_swap(inputs: Json, deploy: Json) -> Iterator[Problem]:
    limit = inputs.get("memswapLimit")
    memory = _map(_map(deploy.get("resources")).get("limits")).get("memory")
    if limit is None or has_unknown([limit, memory]):
        return
    most, least = _number(limit, units.swap_bytes), _number(memory, units.size_bytes)
    if not most:
        return
    if memory is None:
        yield Problem("it counts memory and swap together, so it needs deploy.resources.limits.memory", "memswap_limit")
    elif least is not None and units.UNLIMITED < most < least:
        text = (
            f"it counts memory and swap together, so it cannot be less than deploy.resources.limits.memory ({memory})"
        )
        yield Problem(text, "memswap_limit")


def _updates(deploy: Json) -> Iterator[Problem]:
    yield from _not_negative(deploy, "updateConfig", "update_config", ("delay", "monitor"))
    yield from _not_negative(deploy, "rollbackConfig", "rollback_config", ("delay", "monitor"))
    # of a rollback's ratio nobody asks: swarmkit checks the update's alone
    ratio = _map(deploy.get("updateConfig")).get("maxFailureRatio")
    if isinstance(ratio, (int, float)) and not 0 <= ratio <= 1:
        yield Problem("must be between 0 and 1", "deploy.update_config.max_failure_ratio")


def _not_negative(deploy: Json, wire: str, key: str, fields: tuple[str, ...]) -> Iterator[Problem]:
    for field in fields:
        number = _number(_map(deploy.get(wire)).get(field), units.duration_ns)
        if number is not None and number < 0:
            yield Problem("cannot be negative", f"deploy.{key}.{field}")


def _health(check: Json) -> Iterator[Problem]:
    if check.get("disable") is True and check.get("test"):
        yield Problem("'test' and 'disable' are mutually exclusive; remove one", "healthcheck")
    for wire, key in (
        ("interval", "interval"),
        ("timeout", "timeout"),
        ("startPeriod", "start_period"),
        ("startInterval", "start_interval"),
    ):
        number = _number(check.get(wire), units.duration_ns)
        if number and number < _LEAST_INTERVAL:
            yield Problem("must be at least 1ms, or 0 for the image's", f"healthcheck.{key}")


def _credential_spec(spec: Json) -> Iterator[Problem]:
    given = [key for key in ("config", "file", "registry") if spec.get(key) is not None]
    if len(given) > 1:
        text = f"only one of config, file and registry can be set, not {' and '.join(given)}"
        yield Problem(text, "credential_spec")


def _targets(inputs: Json) -> Iterator[Problem]:
    for kind in ("configs", "secrets"):
        taken: set[str] = set()
        for index, entry in enumerate(mappings(inputs.get(kind))):
            target = entry.get("target") or entry.get("source")
            if not isinstance(target, str):
                continue
            if target in taken:
                yield Problem(f"two {kind} have the target {target!r}; change one of them", f"{kind}[{index}].target")
            taken.add(target)


def _ports(inputs: Json) -> Iterator[Problem]:
    counts = Counter(place for place, _ in published(inputs))
    twice = [place for place, count in counts.items() if count > 1]
    if twice:
        yield Problem(f"{_told(twice)} published twice; remove one", "ports")


def published(inputs: Json) -> Iterator[tuple[tuple[int, str], str]]:
    """Yield number and protocol of each port outside that is chosen already, and its mode."""
    for port in mappings(inputs.get("ports")):
        number = port.get("published")
        if isinstance(number, int) and number:
            yield (number, port.get("protocol") or "tcp"), port.get("mode") or "ingress"


class PublishedPorts:
    """Which service publishes which port, of all services of a run or of a project."""

    def __init__(self) -> None:
        self._holders: dict[tuple[int, str], dict[str, tuple[Any, set[str]]]] = {}
        self._of: dict[str, set[tuple[int, str]]] = {}

    def claim(self, key: str, name: Any, inputs: Json) -> list[Problem]:
        """Note the ports of a service, in place of those that it had; return what others publish already.

        Args:
            key: by which the service is known.
            name: how messages call it.
            inputs: the canonical inputs of the service.
        """
        for place in self._of.pop(key, ()):
            del self._holders[place][key]
        own: dict[tuple[int, str], set[str]] = {}
        for place, mode in published({"ports": reveal(inputs.get("ports"))}):
            own.setdefault(place, set()).add(mode)
        clashes: dict[Any, list[tuple[int, str]]] = {}
        for place, modes in own.items():
            holders = self._holders.setdefault(place, {})
            # on different nodes, several may have a port of mode host: then all that have it do
            other = next(iter(holders.values()), None)
            if other is not None and (modes != {"host"} or other[1] != {"host"}):
                clashes.setdefault(other[0], []).append(place)
        if not clashes:
            for place, modes in own.items():
                self._holders[place][key] = name, modes
            self._of[key] = set(own)
        return [
            Problem(f"{_told(ports)} published by service {other!r} too; change one of them", "ports")
            for other, ports in clashes.items()
        ]


def _told(ports: list[tuple[int, str]]) -> str:
    """Return `port 80/tcp is`, or the first of several with their number."""
    (number, protocol), more = min(ports), len(ports) - 1
    return f"{number!r}/{protocol} and {more} more ports are" if more else f"port {number!r}/{protocol} is"


def _map(value: Any) -> Json:
    return value if isinstance(value, dict) else {}


def _number(value: Any, parse: Callable[[Any], int]) -> int | None:
    if isinstance(value, bool) or not isinstance(value, (str, int, float)):
        return None
    try:
        return int(parse(value))
    except (ValueError, TypeError):
        return None
