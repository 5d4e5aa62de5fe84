"""Which old versions of a family may be removed. Pure.

Who refers to what is read once from the services, for all families: a run may prune hundreds.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from swarm_provider.core import Json, labels
from swarm_provider.core.values import at
from swarm_provider.plan.families.naming import keep_previous, object_labels, object_name

UNFINISHED: Final = ("updating", "paused", "rollback_started", "rollback_paused")
"""UpdateStatus.State of a service whose tasks may still need what its specs refer to."""


@dataclass(frozen=True)
class User:
    """A service, as far as versions matter.

    Attributes:
        current: names that its spec refers to.
        previous: names that its previous spec refers to.
        state: UpdateStatus.State, "" when there is none.
    """

    id: str
    current: frozenset[str]
    previous: frozenset[str]
    state: str


class Users:
    """The services that refer to objects of one kind.

    Args:
        kind: `config` or `secret`.
        services: GET /services.
    """

    def __init__(self, kind: str, services: Iterable[Json]) -> None:
        self.kind = kind
        self._by_name: dict[str, list[User]] = {}
        for service in services:
            current, previous = (frozenset(references(service.get(spec), kind)) for spec in ("Spec", "PreviousSpec"))
            state = str(at(service, "UpdateStatus", "State") or "")
            for name in current | previous:
                self._by_name.setdefault(name, []).append(User(str(service.get("ID")), current, previous, state))

    def of(self, own: Iterable[Json]) -> list[User]:
        """Return the services that refer to one of these versions."""
        return list({user.id: user for item in own for user in self._by_name.get(object_name(item), ())}.values())


def _config_users(services: Iterable[Json]) -> Users:
    return Users("config", services)


def _secret_users(services: Iterable[Json]) -> Users:
    return Users("secret", services)


USERS: Final = {"config": _config_users, "secret": _secret_users}
"""By kind, what makes Users of services: one function each, by which `Swarm.view` knows what it has made already."""


def references(spec: Json | None, kind: str) -> set[str]:
    """Return the names of the configs or secrets that a service spec refers to."""
    field = {"config": "Config", "secret": "Secret"}[kind]
    entries = at(spec, "TaskTemplate", "ContainerSpec", f"{field}s")
    names = {at(entry, f"{field}Name") for entry in (entries if isinstance(entries, list) else ())}
    return {name for name in names if isinstance(name, str)}


def prunable(
    own: Sequence[Json],
    users: Users,
    tasks: Mapping[str, Sequence[Json]] | None = None,
    *,
    reusable: bool = True,
) -> list[Json]:
    """Return the versions of a family that may be removed now.

    Never the current one, nor `keep` others (the label on the current version says how many; the newest, but first
    those that a previous spec would return to), nor what a service's spec refers to, nor, unless `keep` is 0, what a
    previous spec would return to. None at all while the update of a service that uses the family is unfinished: Swarm
    accepts a rollback into a removed config, and the service is down until the next good update.

    Args:
        own: the family's versions, the current one first.
        users: the services, and tasks that still run, by what they use.
        tasks: by service, those of the services that `undecided` names, listed before the services.
        reusable: False where no old version can become the current one again, since the key of their names is lost:
            then only those stay that a spec or a previous spec refers to.
    """
    if not own:
        return []
    keep = keep_previous(own[0])
    needed: set[str] = set()
    returned: set[str] = set()
    for user in users.of(own):
        if user.state in UNFINISHED or _not_begun(users.kind, user, tasks or {}):
            return []
        needed |= user.current
        returned |= user.previous if keep else set()
    # what a service would return to is kept before what is only newer: a version that never ran, say
    old = sorted(own[1:], key=lambda item: object_name(item) not in returned)
    return [item for item in old[keep if reusable else 0 :] if object_name(item) not in needed | returned]


def is_due(old: Sequence[Json], keep: int, *, reusable: bool = True) -> bool:
    """Tell whether `prunable` or `retired` can name any of these at all: else nobody has to look at who uses them.

    Args:
        old: the family's versions without the current one.
        keep: how many of them stay in any case.
        reusable: as for `prunable`.
    """
    return len(old) > (keep if reusable else 0) or any(labels.users(object_labels(item)) for item in old)


def retired(own: Sequence[Json], users: Users, tasks: Mapping[str, Sequence[Json]] | None = None) -> list[Json]:
    """Return the old versions that keep the users' labels although no spec and no previous spec refers to them.

    Programs that look for configs by a label have to find one version: the current one, or one that runs. Arguments as
    for `prunable`; none while the update of a service that uses the family is unfinished.

    Args:
        own: as for `prunable`.
        users: as for `prunable`.
        tasks: as for `prunable`.
    """
    kept: set[str] = set()
    for user in users.of(own):
        if user.state in UNFINISHED or _not_begun(users.kind, user, tasks or {}):
            return []
        kept |= user.current | user.previous
    return [item for item in own[1:] if object_name(item) not in kept and labels.users(object_labels(item))]


def undecided(own: Sequence[Json], users: Users) -> list[str]:
    """Return the ids of the services of which only their tasks tell whether an update to another version has begun.

    Swarm clears the status of an update when it takes the new spec, and sets it when it starts to replace tasks; where
    there is nothing to replace (no replicas) it never does.
    """
    names = {object_name(item) for item in own}
    return [user.id for user in users.of(own) if not user.state and names & (user.previous - user.current)]


def _not_begun(kind: str, user: User, tasks: Mapping[str, Sequence[Json]]) -> bool:
    """Tell whether Swarm has taken a new spec and not yet begun to replace the tasks of the one before."""
    if user.state:
        return False
    return any(
        references({"TaskTemplate": task.get("Spec")}, kind) - user.current
        for task in tasks.get(user.id, ())
        if task.get("DesiredState") == "running"
    )
