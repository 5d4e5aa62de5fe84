"""Why a rollout does not get on: service, slot, node, exit code, and what Swarm says, in its own words. Pure."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from swarm_provider.core import Json
from swarm_provider.core.platform import platform_from_spec
from swarm_provider.core.units import cpus_text, size_text
from swarm_provider.core.values import at
from swarm_provider.plan.facts.constraints import constraints_of, unsatisfied
from swarm_provider.plan.facts.tasks import Service, Task, node_name
from swarm_provider.plan.rollout.history import Failure, Snapshot, TaskGroups

MAX_CAUSES: Final = 4
HOST_PORT: Final = "host-mode port"
"""The scheduler's words for a port that is taken on a node; "unsupported platform" has a port in it, too."""
# ids of endpoints and containers, which differ with each task that fails in the same way
_ID: Final = re.compile(r"\b[0-9a-z]{25,}\b")
_PORT_WORDS: Final = re.compile(r"listen \S+ \S+: bind: address already in use|bind for \S+ failed.*", re.IGNORECASE)

_TEMPLATE_WORDS: Final = re.compile(r"^.*?template: expansion:(?:\d+:)*\s*(?:executing \"expansion\" )?", re.DOTALL)

# what Swarm or the engine says -> the kind of cause, looked up in this order
_ENGINE_WORDS: Final = (
    ("unhealthy", "health"),
    # the name that swarmkit gives to each template
    ("template: expansion:", "template"),
    ("failed to expand templated", "template"),
    ("no such image", "image"),
    ("manifest unknown", "image"),
    ("manifest for", "image"),
    ("pull access denied", "image"),
    ("unauthorized", "image"),
    ("no matching manifest", "image"),
    ("repository does not exist", "image"),
    # how engines from 29 on begin with whatever a registry answered, or did not
    ("failed to resolve reference", "image"),
    ("invalid reference format", "image"),
    ("address already in use", "port"),
    ("port is already allocated", "port"),
    ("invalid mount config", "mount"),
    ("bind source path does not exist", "mount"),
    ("invalid characters for a local volume name", "mount"),
    ("executable file not found", "command"),
    ("no such file or directory: unknown", "command"),
    ("permission denied: unknown", "command"),
    ("unable to find user", "command"),
)
_LEAVES: Final = "no longer meets constraints"
"""What Swarm says of a task whose node lacks what the task needs: a label, or room for what it reserves."""
PERMANENT: Final = frozenset({"image", "port", "mount", "command", "template"})
"""Kinds of failing tasks that waiting alone does not cure."""


@dataclass(frozen=True)
class Cause:
    """One reason, with what is needed to fetch logs for it.

    Attributes:
        kind: image, no-node, crash, health, port, mount, command, template, rejected, paused, rolled-back, changed,
            removed, stuck.
        text: what is wrong, without the task's output, with the daemon's own words: whole, and as they came.
        task_id: the failing task, "" for none.
        container_id: its container, "" when it never had one.
        node_id: the node that it was on.
        image: the image that could not be pulled, "" for other kinds.
    """

    kind: str
    text: str
    task_id: str = ""
    container_id: str = ""
    node_id: str = ""
    image: str = ""

    def __str__(self) -> str:
        return self.text


def kind_of_error(error: str) -> str:
    """Return the kind of what Swarm or the engine says; "" for what it has no words for here."""
    lowered = error.lower()
    return next((kind for words, kind in _ENGINE_WORDS if words in lowered), "")


def kind_of_failure(failure: Failure) -> str:
    """Return the kind of a task's end."""
    task = failure.task
    kind = kind_of_error(task.error)
    if kind:
        return kind
    if task.state == "rejected":
        return "rejected"
    # an unhealthy container is stopped by Swarm; one that then ends with 0 leaves no other trace
    if task.state == "complete" and not failure.ran and failure.started_s >= 1.0:
        return "health"
    return "crash"


def failing(service: Service, failures: Sequence[Failure], nodes: Sequence[Json]) -> list[Cause]:
    """Return the causes of the tasks that ended, grouped by what happened, the most recent first.

    Args:
        service: the service.
        failures: tasks that ended, and what is known of their ends.
        nodes: GET /nodes.
    """
    groups: dict[tuple[str, str, int], list[Failure]] = {}
    for failure in failures:
        key = (kind_of_failure(failure), _ID.sub("", failure.task.error), failure.task.exit_code)
        groups.setdefault(key, []).append(failure)
    ordered = sorted(groups.items(), key=lambda item: -max(failure.at for failure in item[1]))
    causes = []
    for (kind, _, _), members in ordered[:MAX_CAUSES]:
        task = members[-1].task
        slots = {member.slot for member in members}
        often = f" ({len(members)} times" + (f" in {len(slots)} slots)" if len(slots) > 1 else ")")
        what = _what(kind, service, task) + _why_it_had_to_leave(task, nodes)
        text = f"{where(service, task, nodes)}: {what}{often if len(members) > 1 else ''}"
        image = str(at(task.spec, "ContainerSpec", "Image") or "") if kind == "image" else ""
        causes.append(Cause(kind, text, task.id, task.container_id, task.node_id, image))
    return causes


def unprepared(service: Service, tasks: Sequence[Task], nodes: Sequence[Json]) -> list[Cause]:
    """Return the causes of the tasks that a node tries in vain to get ready: from Engine 29 on, images above all.

    Args:
        service: the service.
        tasks: those that do not get ready, as `GET /tasks` gives them.
        nodes: GET /nodes.
    """
    by_error: dict[str, list[Task]] = {}
    for task in tasks:
        by_error.setdefault(task.error, []).append(task)
    causes = []
    for members in list(by_error.values())[:MAX_CAUSES]:
        task = members[0]
        kind = kind_of_error(task.error) or "stuck"
        what = _what(kind, service, task) if kind != "stuck" else f"stays preparing: {task.error}"
        more = f" and {len(members) - 1} more" if len(members) > 1 else ""
        image = str(at(task.spec, "ContainerSpec", "Image") or "") if kind == "image" else ""
        text = f"{where(service, task, nodes)}{more}: {what}"
        causes.append(Cause(kind, text, task.id, task.container_id, task.node_id, image))
    return causes


def unplaced(service: Service, tasks: Sequence[Task], snapshot: Snapshot, groups: TaskGroups) -> list[Cause]:
    """Return the causes of the tasks that the scheduler cannot place, in its own words with what they mean here.

    Args:
        service: the service.
        tasks: those without a node, as `GET /tasks` gives them.
        snapshot: the newest look at the swarm.
        groups: the tasks of the snapshot, sorted.
    """
    by_error: dict[str, list[Task]] = {}
    for task in tasks:
        by_error.setdefault(task.error, []).append(task)
    causes = []
    for error, members in list(by_error.items())[:MAX_CAUSES]:
        names = where(service, members[0], snapshot.nodes)
        if len(members) > 1:
            names += f" and {len(members) - 1} more"
        reason = error if error.startswith("no suitable node") else f"no suitable node ({error})"
        detail = _placement_detail(service, error, snapshot, groups)
        causes.append(Cause("no-node", f"{names}: {reason}{f'; {detail}' if detail else ''}", members[0].id))
    return causes


def no_node_matches(service: Service, nodes: Sequence[Json]) -> Cause:
    """Return the cause of a global service that no node is meant for; those on paused nodes keep an older task."""
    missing = unsatisfied(constraints_of(service.template), nodes)
    if missing:
        why = f"no node satisfies {_quoted(missing)}"
    elif constraints_of(service.template):
        why = f"no available node satisfies {_quoted(constraints_of(service.template))}"
    else:
        why = "no node is available for new tasks"
    return Cause("no-node", f"{service.name}: no suitable node: {why}, so Swarm starts no task of the global service")


def rollback_note(service: Json) -> str:
    """Return what to say of a service whose latest change was a rollback; "" when it was none.

    Args:
        service: GET /services/ID.
    """
    read = Service(service)
    if not read.update_state.startswith("rollback"):
        return ""
    when = str(at(service, "UpdateStatus", "CompletedAt") or at(service, "UpdateStatus", "StartedAt") or "")
    who = "by hand" if read.rolled_back_by_hand else "by Swarm, as the update failed"
    return (
        f"rolled back on the cluster at {when[:19].replace('T', ' ')} UTC {who}; `up` applies the newer version again"
    )


def where(service: Service, task: Task, nodes: Sequence[Json]) -> str:
    """Return `todo_web.2 on node-b`; a task of a global service has no slot.

    Args:
        service: the service.
        task: one of its tasks.
        nodes: GET /nodes.
    """
    name = service.name if service.is_global else f"{service.name}.{task.slot}"
    return f"{name} on {node_name(nodes, task.node_id)}" if task.node_id else name


def exit_text(task: Task) -> str:
    """Return how a task's process ended."""
    code = task.exit_code
    if code == 137:
        limit = at(task.spec, "Resources", "Limits", "MemoryBytes")
        memory = f"; its memory limit is {size_text(int(limit))}" if limit else ""
        return f"was killed (exit code 137{memory})"
    return f"exited with code {code}"


def _what(kind: str, service: Service, task: Task) -> str:
    error = task.error
    image = at(task.spec, "ContainerSpec", "Image")
    if kind == "image":
        return f"image {image} cannot be pulled: {error}"
    if kind == "health":
        return f"its health check failed, so Swarm stopped it ({exit_text(task)})"
    if kind == "port":
        words = _PORT_WORDS.search(error)
        return f"a port is already in use on the node: {words.group() if words else error}"
    if kind == "mount":
        return f"a mount failed: {error}"
    if kind == "template":
        return f"{_template_of(task)} cannot be expanded on the node: {_TEMPLATE_WORDS.sub('', error)}"
    if kind == "command":
        return f"its command failed to start (exit code {task.exit_code}): {error}"
    if kind == "rejected":
        return f"rejected by the node: {error}"
    if error.startswith("starting container failed"):
        return f"it failed to start: {error.removeprefix('starting container failed: ')}"
    if error and not error.startswith("task: non-zero exit"):
        return f"{exit_text(task)}: {error}"
    if task.state == "complete":
        return "completed (exit code 0), but a service's tasks must keep running; use a job mode for one-off tasks"
    return exit_text(task)


def _why_it_had_to_leave(task: Task, nodes: Sequence[Json]) -> str:
    """Return what the node of a task lacks that Swarm takes from a node; "" where that is not why it ended."""
    if _LEAVES not in task.error:
        return ""
    own = [node for node in nodes if node.get("ID") == task.node_id]
    missing = unsatisfied(constraints_of(task.spec), own)
    detail = f"it does not satisfy {_quoted(missing)}" if missing else _reservation_detail(task.spec, own)
    return f", {detail}" if detail else ""


def _template_of(task: Task) -> str:
    """Name the config or secret whose template failed: the daemon tells its id only."""
    container = at(task.spec, "ContainerSpec") or {}
    for kind in ("Config", "Secret"):
        for entry in container.get(f"{kind}s") or []:
            if isinstance(entry, dict) and entry.get(f"{kind}ID") and entry[f"{kind}ID"] in task.error:
                return f"the template of {kind.lower()} {entry.get(f'{kind}Name')}"
    return "a template"


def _placement_detail(service: Service, error: str, snapshot: Snapshot, groups: TaskGroups) -> str:
    template = service.template
    details = []
    if "constraints" in error:
        constraints = constraints_of(template)
        missing = unsatisfied(constraints, snapshot.nodes)
        if missing:
            details.append(f"no node satisfies {_quoted(missing)}")
        elif constraints:
            details.append(f"the constraints are {_quoted(constraints)}")
    if "resources" in error:
        details.append(_reservation_detail(template, snapshot.nodes))
    if "platform" in error:
        asked = dict.fromkeys(map(platform_from_spec, at(template, "Placement", "Platforms") or []))
        details.append(f"it needs the platform {' or '.join(filter(None, asked))}")
    if HOST_PORT in error:
        ports = [
            f"{port.get('PublishedPort')}/{port.get('Protocol') or 'tcp'}"
            for port in at(service.json, "Spec", "EndpointSpec", "Ports") or []
            if port.get("PublishMode") == "host" and port.get("PublishedPort")
        ]
        detail = f"it needs {', '.join(ports)} on the node (mode: host)"
        if groups.old and at(service.json, "Spec", "UpdateConfig", "Order") == "start-first":
            detail += ", which its own old task holds: a host port cannot be updated with order: start-first"
        details.append(detail)
    if "max replicas" in error:
        details.append(f"max_replicas_per_node is {at(template, 'Placement', 'MaxReplicas')}")
    if "plugin" in error:
        details.append("a volume, network or log driver that it uses is not installed there")
    return ", ".join(detail for detail in details if detail)


def _reservation_detail(template: Json, nodes: Sequence[Json]) -> str:
    reserved = at(template, "Resources", "Reservations") or {}
    parts = []
    if reserved.get("NanoCPUs"):
        most = max((int(at(node, "Description", "Resources", "NanoCPUs") or 0) for node in nodes), default=0)
        parts.append(f"{cpus_text(int(reserved['NanoCPUs']))} cpus (the largest node has {cpus_text(most)})")
    if reserved.get("MemoryBytes"):
        most = max((int(at(node, "Description", "Resources", "MemoryBytes") or 0) for node in nodes), default=0)
        parts.append(f"{size_text(int(reserved['MemoryBytes']))} of memory (the largest node has {most / 2**30:.1f}G)")
    if reserved.get("GenericResources"):
        parts.append("generic resources")
    return f"it reserves {' and '.join(parts)}" if parts else ""


def _quoted(texts: Sequence[str]) -> str:
    return " and ".join(f"`{text}`" for text in texts)
