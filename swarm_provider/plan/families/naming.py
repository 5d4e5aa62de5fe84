"""Families of configs and secrets: names of versions, and which version is current.

A family is a stable logical object; each of its versions is one immutable Docker object. Versions carry the labels
FAMILY, BASE, SEQUENCE and KEEP (core/labels.py). Creation dates and name patterns never decide anything.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Iterable
from typing import Final

from swarm_provider.core import Json, labels
from swarm_provider.model.rules import limits

DIGEST_LENGTH: Final = 12
KEEP_DEFAULT: Final = 1


def family_id(project: str, stack: str, urn: str) -> str:
    """Return the id of the family that the resource `urn` stands for: 16 hex digits, the same in every run.

    Args:
        project: the Pulumi project.
        stack: the Pulumi stack.
        urn: the resource.
    """
    return hashlib.sha256(f"{project}\0{stack}\0{urn}".encode()).hexdigest()[:16]


def version_name(base: str, content: bytes, immutables: Json, family: str, key: str | None) -> str:
    """Return `<base>-<12 hex>`: the name of the version with this content.

    Args:
        base: name that the user gave; cut, with a digest of its own, where Docker's limit asks for it.
        content: the bytes.
        immutables: all else that Docker does not let one change later (template driver, rotate trigger ...).
        family: id of the family, so that equal content in two families gets two names.
        key: for secrets: without it nobody can check a guess of the content against the name.
    """
    rest = json.dumps(immutables, sort_keys=True, separators=(",", ":"))
    message = b"\0".join((family.encode(), rest.encode(), content))
    digest = (
        hmac.new(key.encode(), message, hashlib.sha256).hexdigest()
        if key is not None
        else hashlib.sha256(message).hexdigest()
    )
    return f"{_short(base, limits.OBJECT_NAME - DIGEST_LENGTH - 1)}-{digest[:DIGEST_LENGTH]}"


def _short(base: str, limit: int) -> str:
    if len(base) <= limit:
        return base
    digest = hashlib.sha256(base.encode()).hexdigest()[:8]
    return f"{base[: limit - 9]}-{digest}"


def object_labels(item: Json) -> dict[str, str]:
    """Return the labels of a live object of any kind; those of networks and volumes stand outside of a spec."""
    spec = item.get("Spec", item)
    return labels.all_of(spec.get("Labels") if isinstance(spec, dict) else None)


def object_name(item: Json) -> str:
    """Return the name of a live config, secret or service."""
    return str((item.get("Spec") or {}).get("Name") or item.get("Name") or "")


def versions(items: Iterable[Json], family: str) -> list[Json]:
    """Return the live versions of a family, the current one first."""
    own = [item for item in items if labels.family(object_labels(item)) == family]
    return sorted(own, key=sequence, reverse=True)


def by_family(items: Iterable[Json]) -> dict[str, list[Json]]:
    """Return the live versions of every family by its id, the current one first."""
    found: dict[str, list[Json]] = {}
    for item in items:
        family = labels.family(object_labels(item))
        if family:
            found.setdefault(family, []).append(item)
    for own in found.values():
        own.sort(key=sequence, reverse=True)
    return found


def by_name(items: Iterable[Json]) -> dict[str, list[Json]]:
    """Return, by the name of each version, all live versions of its family, the current one first."""
    return {object_name(item): own for own in by_family(items).values() for item in own}


def by_base(items: Iterable[Json]) -> dict[str, list[Json]]:
    """Return the live versions by the name that the user gave their family."""
    found: dict[str, list[Json]] = {}
    for item in items:
        found.setdefault(labels.base(object_labels(item)) or "", []).append(item)
    return found


def sequence(item: Json) -> int:
    """Return the position of a version in its family; 0 for what is not a version."""
    return labels.sequence(object_labels(item)) or 0


def keep_previous(item: Json) -> int:
    """Return how many versions beside the current one its label asks to keep."""
    keep = labels.keep_previous(object_labels(item))
    return KEEP_DEFAULT if keep is None else keep


def family_by_name(items: Iterable[Json], base: str, owner: str | None) -> str | None:
    """Return the id of the one family with this base name, of this owner (`project/stack`) if given.

    Args:
        items: live objects of the kind.
        base: the name that the user gave.
        owner: `project/stack`; None: of any owner.

    Raises:
        LookupError: several have it; the text names their owners.
    """
    found: dict[str, str] = {}
    for item in items:
        own = object_labels(item)
        family, theirs = labels.family(own), labels.owner(own)
        if family and labels.base(own) == base and owner in (None, theirs):
            found[family] = theirs or "nobody"
    if len(found) > 1:
        raise LookupError(", ".join(sorted(found.values())))
    return next(iter(found), None)


def current(items: Iterable[Json], family: str) -> Json | None:
    """Return the current version of a family: the one with the highest sequence."""
    return next(iter(versions(items, family)), None)


def next_sequence(items: Iterable[Json], family: str) -> int:
    """Return the sequence number that makes a version the current one."""
    return max((sequence(item) for item in versions(items, family)), default=0) + 1
