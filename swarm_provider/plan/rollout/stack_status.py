"""How a stack stands right now: of each service the tasks, the versions in use, and why what does not run does not."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from swarm_provider.convert.unmodelled import unmodelled
from swarm_provider.core import Json, labels
from swarm_provider.plan.facts.tasks import ENDED, SECOND, Service, Task, is_down, node_name, same_template, slot_key
from swarm_provider.plan.families.naming import current, object_labels, object_name
from swarm_provider.plan.families.pruning import references
from swarm_provider.plan.rollout.causes import failing, no_node_matches, rollback_note
from swarm_provider.plan.rollout.health import Health, health, left_behind
from swarm_provider.plan.rollout.history import Failure

_KINDS: Final = ("config", "secret")


@dataclass(frozen=True)
class Version:
    """A config or secret that a service uses.

    Attributes:
        kind: config or secret.
        name: the name that the service refers to.
        family: the name that the user gave; the same as `name` where it is no version of a family.
        current: the newest version of its family, where that is another one; "" otherwise.
    """

    kind: str
    name: str
    family: str
    current: str = ""


@dataclass(frozen=True)
class ServiceStatus:
    """One service.

    Attributes:
        mode: replicated, global, replicated-job or global-job.
        running, wanted: numbers of tasks; of a job those that completed, and shall complete.
        update: state of the latest update, "" for none.
        versions: configs and secrets in use.
        nodes: host names of the nodes on which tasks run.
        problems: why it has not converged, one line each.
        notes: what else is worth knowing: tasks of an older version on paused nodes, an update that Swarm paused at its
            end.
        unmodelled: path -> value of what it has and no input can say.
    """

    name: str
    mode: str
    image: str
    running: int
    wanted: int
    update: str
    owner: str
    versions: tuple[Version, ...] = ()
    nodes: tuple[str, ...] = ()
    problems: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    unmodelled: Mapping[str, Any] = field(default_factory=dict)

    @property
    def well(self) -> bool:
        return not self.problems


def members(services: Iterable[Json], stack: str) -> list[Json]:
    """Return the services of a stack: of Docker's (`shop`), or of Pulumi's (`project/stack`)."""

    def of(live: Json) -> str | None:
        own = object_labels(live)
        return labels.owner(own) if "/" in stack else own.get(labels.NAMESPACE)

    found = [one for one in services if of(one) == stack]
    return sorted(found, key=object_name)


def service_status(
    live: Json, tasks: Sequence[Json], nodes: Sequence[Json], configs: Sequence[Json], secrets: Sequence[Json], now: int
) -> ServiceStatus:
    """Return how a service stands.

    Args:
        live: GET /services/ID.
        tasks: GET /tasks, of any services.
        nodes, configs, secrets: GET of each kind.
        now: nanoseconds since 1970, on the swarm's clock.
    """
    service = Service(live)
    own = [Task(task) for task in tasks if task.get("ServiceID") == live["ID"]]
    found = health(live, tasks, nodes, now)
    on = {node_name(nodes, task.node_id) for task in own if task.wanted and task.state == "running"}
    return ServiceStatus(
        service.name,
        service.kind,
        str((service.template.get("ContainerSpec") or {}).get("Image") or ""),
        found.running,
        found.wanted,
        service.update_state,
        labels.owner(object_labels(live)) or "",
        tuple(_versions(live, {"config": configs, "secret": secrets})),
        tuple(sorted(on)),
        tuple(_problems(service, own, nodes, found)),
        tuple(_notes(service, own, nodes, found)),
        unmodelled(live["Spec"]),
    )


def _versions(live: Json, there: dict[str, Sequence[Json]]) -> Iterable[Version]:
    for kind in _KINDS:
        by_name = {object_name(item): item for item in there[kind]}
        for name in sorted(references(live["Spec"], kind)):
            own = object_labels(by_name.get(name, {}))
            family = labels.family(own)
            newest = current(there[kind], family) if family else None
            latest = object_name(newest) if newest is not None else name
            yield Version(kind, name, labels.base(own) or name, latest if latest != name else "")


def _notes(service: Service, own: Sequence[Task], nodes: Sequence[Json], found: Health) -> Iterable[str]:
    left = left_behind(service.json, [task.json for task in own], nodes)
    if left:
        yield left
    elif service.update_state == "paused" and _has_arrived(service, own, nodes, found):
        yield f"{service.name}: Swarm paused the update, and all its tasks run the new version"


def _has_arrived(service: Service, own: Sequence[Task], nodes: Sequence[Json], found: Health) -> bool:
    """Tell whether everything runs that the service asks for, whatever became of its update on the way."""
    return found.well and all(same_template(service, task, nodes) for task in own if task.wanted)


def _problems(service: Service, own: Sequence[Task], nodes: Sequence[Json], found: Health) -> Iterable[str]:
    update = service.update_state
    if update == "rollback_paused" or (update == "paused" and not _has_arrived(service, own, nodes, found)):
        message = str((service.json.get("UpdateStatus") or {}).get("Message") or "")
        yield f"its update is paused: {message}" if message else "its update is paused"
    note = rollback_note(service.json)
    if note:
        yield f"it was {note}"
    if found.well:
        return
    if found.nowhere:
        yield no_node_matches(service, nodes).text
        return
    told = list(_of_tasks(service, own, nodes, found.shaky))
    yield from told or [f"{found.running} of {found.wanted} tasks {'completed' if service.is_job else 'run'}"]


def _of_tasks(service: Service, own: Sequence[Task], nodes: Sequence[Json], shaky: frozenset[str]) -> Iterable[str]:
    waiting = [
        task for task in own if task.wanted and task.state != "running" and not (service.is_job and task.state in ENDED)
    ]
    broken = {slot_key(service, task) for task in waiting} | shaky
    placed = {slot_key(service, task) for task in own if task.wanted}
    ended = [
        task
        for task in sorted(own, key=lambda task: task.created)
        if task.state in ENDED and (slot_key(service, task) in broken or slot_key(service, task) not in placed)
    ]
    newest = {slot_key(service, task): task for task in ended}
    failures = [
        Failure(task, slot, task.reported / SECOND, False, 0.0)
        for slot, task in newest.items()
        if task.state != "complete"
    ]
    causes = [cause.text for cause in failing(service, failures, nodes)]
    yield from causes
    for task in waiting:
        if task.error:
            yield f"{service.name}.{task.slot}: {task.error}" if not service.is_global else task.error
        elif not causes:
            place = node_name(nodes, task.node_id)
            yield f"{service.name}.{task.slot} is {task.state}{f' on {place}' if place else ''}"
    lost = {node_name(nodes, task.node_id) for task in own if task.wanted and is_down(nodes, task.node_id)}
    if lost:
        yield f"node{'s' if len(lost) > 1 else ''} down: {', '.join(sorted(lost))}"
