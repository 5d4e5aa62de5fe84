"""What a manager would refuse when the service is created, so after other objects of the stack were made.

Docker finds these late and leaves the rest behind; here they are errors before anything happens. The rules are
swarmkit's (manager/controlapi/service.go, manager/constraint) and dockerd's.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any, Final

from swarm_provider.compose.objects import Declared
from swarm_provider.compose.service import Service
from swarm_provider.compose.tree import Template, as_written
from swarm_provider.model import unusable
from swarm_provider.spec import Json, units

_NAME: Final = re.compile(r"[a-zA-Z0-9](?:[-_]*[A-Za-z0-9])*")
_OBJECT_NAME: Final = re.compile(r"[a-zA-Z0-9](?:[a-zA-Z0-9\-_.]*[a-zA-Z0-9])?")
_LONGEST_NAME: Final = 63
_KEY: Final = re.compile(r"[a-z_][a-z0-9\-_.]+", re.IGNORECASE)
_VALUE: Final = re.compile(r"[a-z0-9:\-_\s\.\*\(\)\?\+\[\]\\\^\$\|\/]+", re.IGNORECASE)
_STEP: Final = re.compile(r"[.\[]")
_LEAST_CPU: Final = 10**6
_LEAST_MEMORY: Final = 4 * 2**20
_LEAST_INTERVAL: Final = 10**6


def check(service: Service, inputs: Json) -> None:
    """Note what swarmkit would refuse in the inputs of one service."""
    _name(service, inputs["name"])
    deploy = inputs.get("deploy", {})
    _constraints(service, deploy.get("placement", {}).get("constraints", []))
    _resources(service, deploy.get("resources", {}))
    for key, wire in (("update_config", "updateConfig"), ("rollback_config", "rollbackConfig")):
        _update(service, key, deploy.get(wire, {}))
    _not_negative(service, "restart_policy", deploy.get("restartPolicy", {}), ("delay", "window"))
    _health(service, inputs.get("healthcheck", {}))
    _duplicates(service, inputs)
    for problem in unusable.service(inputs):
        service.place(_STEP.split(problem.path)[0]).error(problem.message)


def check_ports(services: Iterable[tuple[Service, Json]]) -> None:
    """Note a port that two services publish; on different nodes, several may have one of mode host."""
    taken: dict[tuple[int, str], list[tuple[str, str]]] = {}
    for service, inputs in services:
        for port in inputs.get("ports", []):
            if not port.get("published"):
                continue
            key, mode = (port["published"], port.get("protocol", "tcp")), port.get("mode", "ingress")
            for other, held in taken.setdefault(key, []):
                if other != service.key and "ingress" in (mode, held):
                    name = f"{key[0]!r}/{as_written(key[1])}"
                    service.place("ports").error(
                        f"the port {name} is published by service {other!r} too; change one of them"
                    )
            taken[key].append((service.key, mode))


def check_object(declared: Declared, name: str) -> None:
    """Note a name that swarmkit would refuse for a network, config or secret."""
    if declared.external or declared.kind == "volume":
        return
    pattern, words = (_NAME, "'-' and '_'") if declared.kind == "network" else (_OBJECT_NAME, "'-', '_' and '.'")
    if not pattern.fullmatch(name):
        declared.at.error(
            f"Swarm refuses the name {name!r}: letters, digits, {words} only, and a letter or digit at both ends"
        )


def _name(service: Service, name: str) -> None:
    if len(name) > _LONGEST_NAME:
        service.at.error(f"the service's name {name!r} has {len(name)} characters, and Swarm allows {_LONGEST_NAME}")
    elif not _NAME.fullmatch(name):
        service.at.error(
            f"Swarm refuses the service's name {name!r}: letters, digits, '-' and '_' only, and a letter or digit at "
            "both ends"
        )


def _constraints(service: Service, constraints: list[Any]) -> None:
    for constraint in constraints:
        if isinstance(constraint, Template):
            continue
        operator = "==" if "==" in constraint else "!="
        key, found, value = constraint.partition(operator)
        if not found:
            service.place("deploy").error(
                f"the constraint {constraint!r} has no operator; write 'key == value' or '!='"
            )
        elif not _KEY.fullmatch(key.strip()) or not _VALUE.fullmatch(value.strip()):
            service.place("deploy").error(f"the constraint {constraint!r} has an invalid key or value")


def _resources(service: Service, resources: Json) -> None:
    for part, section in resources.items():
        for name, parse, least, words in (
            ("cpus", units.nano_cpus, _LEAST_CPU, "0.001 cpus"),
            ("memory", units.size_bytes, _LEAST_MEMORY, "4 MiB"),
        ):
            number = _number(section.get(name), parse)
            if number is not None and number < least:
                service.place("deploy").error(f"resources.{part}.{name} must be at least {words}")


def _not_negative(service: Service, key: str, section: Json, names: tuple[str, ...]) -> None:
    for name in names:
        number = _number(section.get(name), units.duration_ns)
        if number is not None and number < 0:
            service.place("deploy").error(f"{key}.{name} cannot be negative")


def _update(service: Service, key: str, config: Json) -> None:
    _not_negative(service, key, config, ("delay", "monitor"))
    # of a rollback's ratio nobody asks: swarmkit checks the update's alone
    if key == "update_config" and not 0 <= config.get("maxFailureRatio", 0) <= 1:
        service.place("deploy").error(f"{key}.max_failure_ratio lies between 0 and 1")


def _health(service: Service, health: Json) -> None:
    for name in ("interval", "timeout", "startPeriod", "startInterval"):
        number = _number(health.get(name), units.duration_ns)
        if number is not None and number != 0 and number < _LEAST_INTERVAL:
            service.place("healthcheck").error(f"{name} must be at least 1ms, or 0 for the image's")


def _duplicates(service: Service, inputs: Json) -> None:
    published: set[tuple[int, str]] = set()
    for port in inputs.get("ports", []):
        if not port.get("published"):
            continue
        key = (port["published"], port.get("protocol", "tcp"))
        if key in published:
            service.place("ports").error(f"the port {key[0]!r}/{as_written(key[1])} is published twice; remove one")
        published.add(key)


def _number(value: Any, parse: Any) -> int | None:
    if value is None:
        return None
    try:
        return int(parse(value))
    except ValueError:
        return None
