"""From which spec a task was made, and what that lacks of another one: the rule by which Swarm replaces it. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from swarm_provider.convert.service.container import credential_config
from swarm_provider.convert.service.daemon_form import stored
from swarm_provider.convert.service.spec import from_spec
from swarm_provider.core import Json
from swarm_provider.core.path import render, within
from swarm_provider.core.values import UNKNOWN, at, has_unknown
from swarm_provider.model.resources import SERVICE
from swarm_provider.plan.change.property_diff import changes, users_path
from swarm_provider.plan.facts.constraints import constraints_of, matches
from swarm_provider.plan.facts.tasks import Service, Task, as_told, when
from swarm_provider.plan.rollout.history import SLACK_NS, Snapshot

HARMLESS: Final = (
    "name",
    "resolved_image",
    "deploy.labels",
    "deploy.mode",
    "deploy.replicas",
    "deploy.max_concurrent",
    "deploy.update_config",
    "deploy.rollback_config",
)
"""Properties that are no part of TaskTemplate and EndpointSpec; the digest of the image is looked at by itself."""


@dataclass(frozen=True)
class Change:
    """What differs between a spec that a task is made from and the one that will be sent.

    Attributes:
        differs: the TaskTemplate or the EndpointSpec does.
        placement: of the TaskTemplate the placement alone does; swarmkit then no longer looks at the endpoint.
    """

    differs: bool
    placement: bool

    @classmethod
    def of(cls, old: Json, new: Json) -> Change:
        template = _differ(old["TaskTemplate"], new["TaskTemplate"])
        placement = template and not _differ(_unplaced(old), _unplaced(new))
        return cls(template or _differ(old.get("EndpointSpec"), new.get("EndpointSpec")), placement)


@dataclass(frozen=True)
class _Form:
    """From what tasks were made, and what that lacks of the spec that will be sent and of the live one."""

    template: Json
    endpoint: Json | None
    spec: Json
    to_new: Change
    to_live: Change
    reasons: tuple[str, ...] | None = None


class Made:
    """From which specs the tasks were made, each compared once with the one that will be sent.

    Args:
        live, new: in a comparable form.
        change: what differs between these two.
        reasons: the properties that do, as far as tasks are made from them.
    """

    def __init__(
        self,
        snapshot: Snapshot,
        live: Json,
        new: Json,
        network_names: Mapping[str, str] | None,
        change: Change,
        reasons: tuple[str, ...],
    ) -> None:
        assert snapshot.service is not None
        self._service = Service(snapshot.service)
        self._nodes = {node.get("ID"): node for node in snapshot.nodes}
        self._live, self._new, self._names = live, new, network_names
        self._constraints = known_constraints(new)
        # nearly all tasks are of the live spec, which has been compared already
        present = _Form(as_told(self._service.template), None, live, change, Change(False, False), reasons or None)
        self._forms = [present]
        self._older_ports = self._endpoint_before()

    def _endpoint_before(self) -> Json | None:
        """Return the endpoint of tasks from before an update that goes on or was paused, if it is another one.

        Tasks do not show it.
        """
        before = self._service.json.get("PreviousSpec") or {}
        if self._service.update_state not in ("updating", "paused") or not self._service.endpoint_changed:
            return None
        return dict(before.get("EndpointSpec") or {})

    def _form(self, task: Task) -> _Form:
        endpoint = self._older_ports
        began = when(at(self._service.json, "UpdateStatus", "StartedAt"))
        if endpoint is not None and task.created >= began - SLACK_NS:
            endpoint = None
        template = as_told(task.spec)
        for form in self._forms:
            if form.template == template and form.endpoint == endpoint:
                return form
        spec = {**self._service.json["Spec"], "TaskTemplate": template}
        if endpoint is not None:
            spec["EndpointSpec"] = endpoint
        spec = comparable(spec, self._names)
        made = _Form(template, endpoint, spec, Change.of(spec, self._new), Change.of(spec, self._live))
        self._forms.append(made)
        return made

    def is_dirty(self, task: Task) -> bool:
        """Tell whether Swarm replaces a task once the new spec is there."""
        change = self._form(task).to_new
        return change.differs and not (change.placement and self._stays(task, self._constraints))

    def is_older(self, task: Task) -> bool:
        """Tell whether a task is of another spec than the live one."""
        change = self._form(task).to_live
        return change.differs and not (
            change.placement and self._stays(task, constraints_of(self._live["TaskTemplate"]))
        )

    def _stays(self, task: Task, constraints: Sequence[str] | None) -> bool:
        node = self._nodes.get(task.node_id)
        return node is not None and (constraints is None or matches(constraints, node))

    def reasons(self, tasks: Iterable[Task]) -> tuple[str, ...]:
        """Return the properties for which these tasks are replaced, those of the change itself first."""
        dirty: list[_Form] = []
        for task in tasks:
            form = self._form(task)
            if not any(form is other for other in dirty):
                dirty.append(form)
        found: dict[str, None] = {}
        for form in sorted(dirty, key=self._forms.index):
            reasons = form.reasons or changed(form.spec, self._new)[0] or places(form.spec, self._new)
            found |= dict.fromkeys(reasons)
        return tuple(found)


def known_constraints(spec: Json) -> list[str] | None:
    """Return the placement constraints of a spec, None where they are not known yet."""
    placement = spec["TaskTemplate"].get("Placement")
    if placement is UNKNOWN or has_unknown(at(placement, "Constraints")):
        return None
    return constraints_of(spec["TaskTemplate"])


def comparable(spec: Json, network_names: Mapping[str, str] | None) -> Json:
    """Return what Swarm stores, with names instead of ids: who makes a spec here does not know the ids."""
    result = stored(spec, network_names)
    container = at(result, "TaskTemplate", "ContainerSpec")
    if isinstance(container, dict):
        container = dict(container)
        if isinstance(at(container, "Privileges", "CredentialSpec"), dict):
            credential = {**container["Privileges"]["CredentialSpec"], "Config": credential_config(container)}
            container["Privileges"] = {**container["Privileges"], "CredentialSpec": credential}
        for kind in ("Secret", "Config"):
            if isinstance(container.get(f"{kind}s"), list):
                container[f"{kind}s"] = [_without_id(entry, kind) for entry in container[f"{kind}s"]]
        result["TaskTemplate"] = {**result["TaskTemplate"], "ContainerSpec": container}
    return result


def _without_id(entry: Any, kind: str) -> Any:
    return {key: value for key, value in entry.items() if key != f"{kind}ID"} if isinstance(entry, dict) else entry


def changed(old: Json, new: Json) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the properties that differ: those that tasks are made from, and those that they are not."""
    restarting: dict[str, None] = {}
    harmless: dict[str, None] = {}
    images = [at(side, "TaskTemplate", "ContainerSpec", "Image") for side in (old, new)]
    if _differ(*images):
        restarting["image"] = None
    for change in changes(SERVICE.shape, from_spec(old), from_spec(new)):
        place = users_path(SERVICE.shape, change.place)
        # another text may mean the same image
        if not within(place, *HARMLESS, "image"):
            restarting[render(place)] = None
        elif not within(place, "resolved_image", "image") or "image" not in restarting:
            harmless["image" if within(place, "resolved_image") else render(place)] = None
    return tuple(restarting), tuple(harmless)


def places(old: Json, new: Json) -> Iterable[str]:
    """Name what differs where the inputs cannot express it: another tool made the service."""
    for key in ("TaskTemplate", "EndpointSpec"):
        before, after = old.get(key) or {}, new.get(key) or {}
        for name in sorted({*before, *after}):
            left, right = before.get(name), after.get(name)
            if not _differ(left, right):
                continue
            if name == "ContainerSpec" and isinstance(left, dict) and isinstance(right, dict):
                keys = sorted({*left, *right})
                yield from (render((name, key)) for key in keys if _differ(left.get(key), right.get(key)))
            else:
                yield name
    if (old.get("EndpointSpec") is None) != (new.get("EndpointSpec") is None):
        yield "EndpointSpec"


def _differ(old: Any, new: Any) -> bool:
    return bool(old != new) or has_unknown(new)


def _unplaced(spec: Json) -> Json:
    return {key: value for key, value in spec["TaskTemplate"].items() if key != "Placement"}
