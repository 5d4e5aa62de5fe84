"""Which node takes a task: swarmkit's filters in their order, and its words for why none does."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, Final

from tests.simulation.model.nodes import Node
from tests.simulation.model.tasks import Task

Json = dict[str, Any]
_CONSTRAINT: Final = re.compile(r"\s*([\w.\-/]+)\s*(==|!=)\s*(.*?)\s*$")


def fits_constraints(template: Json, node: Node) -> bool:
    """Whether a node satisfies the placement constraints."""
    return all(_holds(text, node) for text in (template.get("Placement") or {}).get("Constraints") or [])


def _holds(text: str, node: Node) -> bool:
    found = _CONSTRAINT.match(text)
    if found is None:
        return True
    key, operator, wanted = found.groups()
    value = _fact(key, node)
    if value is None:
        return operator == "!="
    return (value.lower() == wanted.lower()) is (operator == "==")


def _fact(key: str, node: Node) -> str | None:
    lower = key.lower()
    if lower.startswith("node.labels."):
        return str(node.labels.get(key[len("node.labels.") :], ""))
    facts = {
        "node.id": node.id,
        "node.hostname": node.hostname,
        "node.role": node.role,
        "node.platform.os": node.os,
        "node.platform.arch": node.architecture,
    }
    return facts.get(lower)


def _is_ready(task: Task, node: Node) -> bool:
    return node.is_ready and node.availability == "active"


def _has_resources(task: Task, node: Node) -> bool:
    wanted = (task.template.get("Resources") or {}).get("Reservations")
    if not wanted:
        return True
    cpus, memory = node.free()
    return int(wanted.get("NanoCPUs") or 0) <= cpus and int(wanted.get("MemoryBytes") or 0) <= memory


def _has_platform(task: Task, node: Node) -> bool:
    wanted = (task.template.get("Placement") or {}).get("Platforms") or []
    if not wanted:
        return True
    alike = {"x86_64": "amd64", "aarch64": "arm64"}
    here = alike.get(node.architecture, node.architecture)
    return any(
        alike.get(one.get("Architecture", ""), one.get("Architecture", "")) in ("", here)
        and one.get("OS", "") in ("", node.os)
        for one in wanted
    )


def _has_ports(task: Task, node: Node) -> bool:
    wanted = host_ports(task.endpoint)
    return not wanted or not any(wanted & host_ports(other.endpoint) for other in node.tasks.values() if other.holds)


def host_ports(endpoint: Json) -> set[tuple[str, int]]:
    """The node's own ports that a task publishes."""
    return {
        (port.get("Protocol", "tcp"), int(port["PublishedPort"]))
        for port in endpoint.get("Ports") or ()
        if port.get("PublishMode") == "host" and port.get("PublishedPort")
    }


def _is_below_most(task: Task, node: Node) -> bool:
    most = int((task.template.get("Placement") or {}).get("MaxReplicas") or 0)
    return not most or node.tasks_of(task.service) < most


_FILTERS: Final[list[tuple[Callable[[Task, Node], bool], str]]] = [
    (_is_ready, "{} not available for new tasks"),
    (_has_resources, "insufficient resources on {}"),
    (lambda task, node: fits_constraints(task.template, node), "scheduling constraints not satisfied on {}"),
    (_has_platform, "unsupported platform on {}"),
    (_has_ports, "host-mode port already in use on {}"),
    (_is_below_most, "max replicas per node limit exceed"),
]
"""What a node must satisfy, and Swarm's words for those that do not."""


def place(task: Task, nodes: list[Node]) -> tuple[Node | None, str]:
    """The node for a task, or why there is none."""
    failed = [0] * len(_FILTERS)
    able = []
    for node in nodes:
        for number, (fits, _) in enumerate(_FILTERS):
            if not fits(task, node):
                failed[number] += 1
                break
        else:
            able.append(node)
    if able:
        return min(able, key=lambda node: (node.tasks_of(task.service), len(node.tasks))), ""
    return None, _explained(failed)


def _explained(failed: list[int]) -> str:
    counted = sorted((-count, number) for number, count in enumerate(failed) if count)
    words = [_FILTERS[number][1].format("1 node" if count == -1 else f"{-count} nodes") for count, number in counted]
    return f"no suitable node ({'; '.join(words)})" if words else "no suitable node"
