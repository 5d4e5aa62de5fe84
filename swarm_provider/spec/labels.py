"""Every label key that this package reads or writes. No other module spells one.

Labels sit on objects (service, config, secret, network), never on containers: a container label is part of the
task template, so changing it would restart tasks.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Final

# docker CLI, cli/compose/convert: what `docker stack` looks for
NAMESPACE: Final = "com.docker.stack.namespace"
STACK_IMAGE: Final = "com.docker.stack.image"

OURS: Final = "swarm-provider."
OWNER: Final = OURS + "owner"
"""`<project>/<stack>` of the Pulumi stack that owns the object."""
URN: Final = OURS + "urn"
"""URN of the resource that owns the object."""
INCARNATION: Final = OURS + "incarnation"
"""A random value stamped by each Create and take-over; Delete removes only its own incarnation."""
IMAGE: Final = OURS + "image"
"""The image as the user wrote it, on services outside a Docker stack."""
SECRET_PLACES: Final = OURS + "secret-places"
"""Which inputs of a service are secret (JSON: lists of keys, no values), so that reading them back keeps them so."""
FAMILY: Final = OURS + "family"
"""Id of the family whose version this config or secret is."""
BASE: Final = OURS + "base"
"""The name that the user gave to the family."""
SEQUENCE: Final = OURS + "sequence"
"""Position of a version in its family; the highest is the current one."""
KEEP: Final = OURS + "keep-previous"
"""How many versions besides the current one are kept, for whoever comes last."""


def incarnation(labels: Mapping[str, str] | None) -> str:
    """Return the incarnation that the labels of an object tell, "" where they tell none."""
    return (labels or {}).get(INCARNATION, "")


def telling_secrets(places: Sequence[Sequence[str]]) -> dict[str, str]:
    """Return the label that tells which inputs are secret; none where none is."""
    return {SECRET_PLACES: json.dumps(places)} if places else {}


def secrets_told(labels: Mapping[str, str] | None) -> list[tuple[str, ...]]:
    """Return the places that `telling_secrets` put into the labels of an object."""
    return [tuple(place) for place in json.loads((labels or {}).get(SECRET_PLACES, "[]"))]


def ours(labels: Mapping[str, str] | None) -> dict[str, str]:
    """Return only the labels that this provider manages for itself."""
    return {key: value for key, value in (labels or {}).items() if key.startswith(OURS)}


def users(labels: Mapping[str, str] | None) -> dict[str, str]:
    """Return the labels without the provider's own and without those of `docker stack`."""
    return {
        key: value
        for key, value in (labels or {}).items()
        if not key.startswith(OURS) and key not in (NAMESPACE, STACK_IMAGE)
    }
