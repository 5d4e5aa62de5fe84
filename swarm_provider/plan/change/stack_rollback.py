"""Which services of a stack return to their previous spec, after which others, and which stay as they are. Pure.

What came with the latest deploy is told by the label RUN of the live and of the previous spec. Which service needs
which other one is nowhere in the swarm; but a deploy updates a service once those that it depends on run, so what it
did one after another is returned one after another, in the same order.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from swarm_provider.core import Json, labels
from swarm_provider.core.values import at
from swarm_provider.plan.change.request_spec import is_job
from swarm_provider.plan.facts.tasks import Service, when
from swarm_provider.plan.families.naming import object_labels, object_name

_REFERENCES: Final = (("config", "Configs", "ConfigID"), ("secret", "Secrets", "SecretID"))


@dataclass(frozen=True)
class Returned:
    """A service that returns to its previous spec.

    Attributes:
        live: GET /services/ID.
        after: ids of the services that return before it.
        missing: what its previous spec needs and is not there any more, such as `config app-1`.
    """

    live: Json
    after: tuple[str, ...]
    missing: tuple[str, ...]

    @property
    def name(self) -> str:
        return object_name(self.live)


@dataclass(frozen=True)
class StackRollback:
    """What a rollback of a stack does.

    Attributes:
        deploy: the run whose changes are taken back, "" where no service tells one: docker made the stack.
        returned: in their order.
        left: services that stay as they are, and why.
    """

    deploy: str
    returned: tuple[Returned, ...]
    left: Mapping[str, str]


def plan_rollback(services: Sequence[Json], there: Mapping[str, Collection[str]]) -> StackRollback:
    """Return what a rollback of a stack does.

    Args:
        services: those of the stack.
        there: ids of the configs, secrets and networks of the swarm, by kind.
    """
    told = (labels.run(own) for live in services for own in (object_labels(live), _previous_labels(live)))
    deploy = max(filter(None, told), default="")
    left = {object_name(live): why for live in services if (why := _why_left(live, deploy))}
    going = sorted((live for live in services if object_name(live) not in left), key=_began)
    found = []
    for index, live in enumerate(going):
        after = tuple(str(other["ID"]) for other in going[:index] if _ended(other) <= _began(live))
        found.append(Returned(live, after, tuple(_missing(live["PreviousSpec"], there))))
    return StackRollback(deploy, tuple(found), left)


def _why_left(live: Json, deploy: str) -> str:
    """Say why a service stays as it is, "" where it returns."""
    if is_job(live["Spec"]):
        return "a job that ran cannot be taken back"
    now, before = labels.run(object_labels(live)) or "", labels.run(_previous_labels(live)) or ""
    if Service(live).update_state.startswith("rollback") or before > now:
        return "it was rolled back already"
    if live.get("PreviousSpec") is None:
        if deploy and now == deploy:
            return "it is new with the latest deploy; `docker service rm` removes it"
        return "not changed by the latest deploy" if deploy else "never changed"
    if now != deploy:
        return "not changed by the latest deploy"
    if deploy and before == now:
        return "changed again after the latest deploy; `docker service rollback` takes that change back"
    return ""


def _previous_labels(live: Json) -> Json:
    return labels.all_of(at(live, "PreviousSpec", "Labels"))


def _began(live: Json) -> int:
    return Service(live).began


def _ended(live: Json) -> int:
    # what Swarm had nothing to do for, or is still at, tells no end
    return when(at(live, "UpdateStatus", "CompletedAt")) or when(live.get("UpdatedAt"))


def _missing(spec: Json, there: Mapping[str, Collection[str]]) -> Iterator[str]:
    container = at(spec, "TaskTemplate", "ContainerSpec") or {}
    for kind, place, id in _REFERENCES:
        for reference in container.get(place) or ():
            if reference.get(id) not in there[kind]:
                yield f"{kind} {reference.get(f'{kind.capitalize()}Name')}"
    for network in at(spec, "TaskTemplate", "Networks") or ():
        if network.get("Target") not in there["network"]:
            yield f"network {network.get('Target')}"
