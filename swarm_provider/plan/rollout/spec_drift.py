"""Whether a service still is what was sent. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from swarm_provider.core import Json
from swarm_provider.core.values import at
from swarm_provider.plan.facts.tasks import Service

# what decides which program runs, as it is written in the ServiceSpec; the daemon keeps these as they were sent
_CONTAINER: Final = {
    "Image": "its image",
    "Command": "its entrypoint",
    "Args": "its command",
    "Env": "its environment",
    "Dir": "its working directory",
    "User": "its user",
}
_FILES: Final = {"Configs": ("ConfigID", "its configs"), "Secrets": ("SecretID", "its secrets")}


def altered(sent: Json, service: Service) -> str:
    """Return what differs between the spec that was sent and the live one, "" for nothing.

    A change after the first look is seen in the template as a whole; this is about one between the sending and that
    look, and about the number of replicas, which somebody may have changed during the rollout.

    Args:
        sent: the ServiceSpec; without a number of replicas where any number is right.
    """
    return " and ".join(_altered(sent, service))


def _altered(sent: Json, service: Service) -> Iterator[str]:
    before, after = at(sent, "TaskTemplate", "ContainerSpec"), at(service.template, "ContainerSpec")
    if isinstance(before, dict) and isinstance(after, dict):
        for key, what in _CONTAINER.items():
            if (before.get(key) or None) != (after.get(key) or None):
                yield f"{what} has changed"
        for key, (id_key, what) in _FILES.items():
            if _ids(before.get(key), id_key) != _ids(after.get(key), id_key):
                yield f"{what} have changed"
    replicas = at(sent, "Mode", "Replicated", "Replicas")
    if replicas is not None and not service.is_job and not service.is_global and replicas != service.replicas:
        yield f"it has {service.replicas} replicas now, not {replicas}"


def _ids(references: Any, key: str) -> set[str]:
    return {str(reference.get(key)) for reference in references or []}
