"""What a manager would refuse when the service is created, so after other objects of the stack were made.

Docker finds these late and leaves the rest behind; here they are errors before anything happens. The rules are
swarmkit's (manager/controlapi/service.go, manager/constraint) and dockerd's.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any, Final

from swarm_provider.compose import unhonoured
from swarm_provider.compose.objects import Declared
from swarm_provider.compose.service import Service
from swarm_provider.compose.tree import At, Items, Map, Template, as_written, go_text
from swarm_provider.model import shorthand, unusable
from swarm_provider.spec import Json, units

_NAME: Final = re.compile(r"[a-zA-Z0-9](?:[-_]*[A-Za-z0-9])*")
_OBJECT_NAME: Final = re.compile(r"[a-zA-Z0-9](?:[a-zA-Z0-9\-_.]*[a-zA-Z0-9])?")
_LONGEST_NAME: Final = 63
_KEY: Final = re.compile(r"[a-z_][a-z0-9\-_.]+", re.IGNORECASE)
_VALUE: Final = re.compile(r"[a-z0-9:\-_\s\.\*\(\)\?\+\[\]\\\^\$\|\/]+", re.IGNORECASE)
_STEP: Final = re.compile(r"[.\[]")
_MOST_PORTS: Final = 2 * shorthand.MOST_PORTS
"""Of all services: one port may be published by several of them in mode host."""
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


def check_port_count(trees: Iterable[tuple[Map, At]]) -> None:
    """Note that files publish more ports than a swarm has, before each is made an entry of its own."""
    count = 0
    for tree, at in trees:
        for key, service, place in unhonoured.entries(tree, "services", at):
            ports = service.get("ports") if isinstance(service, Map) else None
            for entry in ports if isinstance(ports, Items) else ():
                count += shorthand.port_count(str(go_text(entry))) if isinstance(entry, (str, int, float)) else 1
            if count > _MOST_PORTS:
                text = f"with {key!r}, the services publish {count} ports, and no more than {_MOST_PORTS} can be read"
                place.error(f"{text}: Swarm has 65535 of each protocol")
                return


def check_ports(services: Iterable[tuple[Service, Json]]) -> None:
    """Note ports that two services publish; on different nodes, several may have one of mode host."""
    holders: dict[tuple[int, str], tuple[str, str]] = {}
    for service, inputs in services:
        clashes: dict[str, list[tuple[int, str]]] = {}
        own: dict[tuple[int, str], str] = {}
        for port in inputs.get("ports", []):
            if not port.get("published"):
                continue
            key, mode = (port["published"], port.get("protocol", "tcp")), port.get("mode", "ingress")
            holder = holders.get(key)
            # several in mode host are one holder: whoever wants the port as ingress port meets the first
            if holder is not None and "ingress" in (mode, holder[1]):
                clashes.setdefault(holder[0], []).append(key)
            elif holder is None:
                own[key] = "ingress" if "ingress" in (mode, own.get(key)) else mode
        holders |= {key: (service.key, mode) for key, mode in own.items()}
        for other, ports in clashes.items():
            first, more = f"{ports[0][0]!r}/{as_written(ports[0][1])}", len(ports) - 1
            which = f"the port {first} is" if not more else f"{first} and {more} more ports are"
            service.place("ports").error(f"{which} published by service {other!r} too; change one of them")


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
