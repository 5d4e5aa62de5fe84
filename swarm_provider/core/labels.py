"""Every label key that this package reads or writes, and how each is read. No other module spells or parses one.

Labels sit on objects (service, config, secret, network), never on containers: a container label is part of the
task template, so changing it would restart tasks.

Anybody can put any label on an object. What this provider cannot have written counts as not set; `unreadable` names it.
So every function here takes whatever is in the place of an object's labels.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final, TypeVar

from swarm_provider.core.platform import platform_to_spec

T = TypeVar("T")

# docker CLI, cli/compose/convert: what `docker stack` looks for
NAMESPACE: Final = "com.docker.stack.namespace"
STACK_IMAGE: Final = "com.docker.stack.image"

OURS: Final = "swarm-provider."
OWNER: Final = OURS + "owner"
"""`<project>/<stack>` of the Pulumi stack that owns the object."""
URN: Final = OURS + "urn"
"""URN of the resource that owns the object."""
INCARNATION: Final = OURS + "incarnation"
"""A random value stamped by each Create and adoption; Delete removes only its own incarnation."""
IMAGE: Final = OURS + "image"
"""The image as the user wrote it, on services outside a Docker stack."""
PLATFORM: Final = OURS + "platform"
"""The platform as the user wrote it: without it, a service's platforms are those of its image."""
SECRET_PLACES: Final = OURS + "secret-places"
"""Which inputs of a service are secret (JSON: lists of keys, no values), so that reading them back keeps them so."""
RUN: Final = OURS + "run"
"""Which run changed a service last: the time of it, and a random value, so that the latest is the highest."""
FAMILY: Final = OURS + "family"
"""Id of the family whose version this config or secret is."""
BASE: Final = OURS + "base"
"""The name that the user gave to the family."""
SEQUENCE: Final = OURS + "sequence"
"""Position of a version in its family; the highest is the current one."""
KEEP: Final = OURS + "keep-previous"
"""How many versions besides the current one are kept, for whoever comes last."""

NAME: Final = re.compile(r"[a-zA-Z0-9](?:[a-zA-Z0-9._-]*[a-zA-Z0-9])?")
"""What Swarm takes as the name of a config or secret, but for its length."""
LARGEST: Final = 10**18
"""Above every number that a label of ours has; Swarm's own numbers are of 64 bits."""


def owner(labels: object) -> str | None:
    """Return the Pulumi stack that owns an object with these labels, as `<project>/<stack>`."""
    return _told(labels, OWNER, _owner)


def urn(labels: object) -> str | None:
    """Return the URN of the resource that owns an object with these labels."""
    return _told(labels, URN, _urn)


def incarnation(labels: object) -> str:
    """Return the incarnation that the labels of an object tell, "" where they tell none."""
    return _told(labels, INCARNATION, _token) or ""


def run(labels: object) -> str | None:
    """Return the run that changed an object with these labels last."""
    return _told(labels, RUN, _token)


def family(labels: object) -> str | None:
    """Return the id of the family that an object with these labels is a version of; without an owner it is of none."""
    return _told(labels, FAMILY, _token) if owner(labels) else None


def base(labels: object) -> str | None:
    """Return the name that the user gave to the family."""
    return _told(labels, BASE, _base)


def sequence(labels: object) -> int | None:
    """Return the position of a version in its family."""
    return _told(labels, SEQUENCE, _number)


def keep_previous(labels: object) -> int | None:
    """Return how many versions beside the current one are to be kept."""
    return _told(labels, KEEP, _number)


def platform(labels: object) -> str | None:
    """Return the platform as the user wrote it."""
    return _told(labels, PLATFORM, _platform)


def secrets_told(labels: object) -> list[tuple[str, ...]]:
    """Return the places that `telling_secrets` put into the labels of an object."""
    return _told(labels, SECRET_PLACES, _places) or []


def telling_secrets(places: Sequence[Sequence[str]]) -> dict[str, str]:
    """Return the label that tells which inputs are secret; none where none is."""
    return {SECRET_PLACES: json.dumps(places)} if places else {}


def unreadable(labels: object) -> list[str]:
    """Return the keys of labels that look like this provider's and that it cannot have written."""
    known = all_of(labels)
    return [key for key, read in _READERS.items() if key in known and _told(known, key, read) is None]


def ours(labels: object) -> dict[str, str]:
    """Return only the labels that this provider manages for itself."""
    return {key: value for key, value in all_of(labels).items() if key.startswith(OURS)}


def users(labels: object) -> dict[str, str]:
    """Return the labels without the provider's own and without those of `docker stack`."""
    return {
        key: value
        for key, value in all_of(labels).items()
        if not key.startswith(OURS) and key not in (NAMESPACE, STACK_IMAGE)
    }


def all_of(labels: object) -> dict[str, Any]:
    """Return the labels of an object as a mapping, {} where it has none."""
    return labels if isinstance(labels, dict) else {}


def _told(labels: object, key: str, read: Callable[[str], T | None]) -> T | None:
    value = labels.get(key) if isinstance(labels, dict) else None
    return read(value) if isinstance(value, str) else None


def _word(text: str, limit: int) -> bool:
    # of all blanks only the space can be printed
    return 0 < len(text) <= limit and text.isprintable() and " " not in text


def _owner(text: str) -> str | None:
    project, slash, stack = text.partition("/")
    return text if slash and project and stack and _word(text, 512) else None


def _urn(text: str) -> str | None:
    # a logical name may have any character
    return text if text.startswith("urn:pulumi:") and len(text) <= 8192 else None


def _token(text: str) -> str | None:
    return text if _word(text, 128) else None


def _base(text: str) -> str | None:
    return text if len(text) <= 4096 and NAME.fullmatch(text) else None


def _platform(text: str) -> str | None:
    try:
        platform_to_spec(text)
    except ValueError:
        return None
    return text


def _number(text: str) -> int | None:
    # int() takes digits of every script, and refuses thousands of them
    return int(text) if text.isascii() and text.isdecimal() and len(text) < len(str(LARGEST)) else None


def _places(text: str) -> list[tuple[str, ...]] | None:
    try:
        found: Any = json.loads(text)
    except (ValueError, RecursionError):
        return None
    if not isinstance(found, list) or not all(map(_is_place, found)):
        return None
    return [tuple(place) for place in found]


def _is_place(found: Any) -> bool:
    return isinstance(found, list) and bool(found) and all(isinstance(key, str) for key in found)


_READERS: Final[Mapping[str, Callable[[str], object]]] = {
    OWNER: _owner,
    URN: _urn,
    INCARNATION: _token,
    RUN: _token,
    SECRET_PLACES: _places,
    FAMILY: _token,
    BASE: _base,
    SEQUENCE: _number,
    KEEP: _number,
    PLATFORM: _platform,
}
