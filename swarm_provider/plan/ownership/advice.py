"""Advice: what Swarm takes and people regret. Warnings, each of which can be switched off by its name. Pure.

What is found is a value until it is told; several services that need the same advice are told in one line.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

from swarm_provider.core import Json
from swarm_provider.core.english import agreeing, listed
from swarm_provider.core.image import parse
from swarm_provider.core.values import at, has_secret, has_unknown, reveal
from swarm_provider.errors import SwarmProviderError
from swarm_provider.model.advice import (
    CREDENTIAL,
    LATEST_IMAGE,
    NO_LIMITS,
    SHARED_LOCAL_VOLUME,
    SINGLE_MANAGER,
    UNPINNED_LOCAL_VOLUME,
)
from swarm_provider.plan.ownership.credentials import looks_like_credential

_MANY: Final = 5
"""So many services are named in one line; the others are counted."""


@dataclass(frozen=True)
class Advice:
    """One thing that is better changed.

    Attributes:
        name: one of `model.advice.ADVICE`.
        of: what it is about: `service`, `config` or `swarm`.
        subject: the name of that service or config.
        detail: what about it: its image, a variable, its volumes.
    """

    name: str
    of: str
    subject: str = ""
    detail: str = ""


def describe(found: Iterable[Advice]) -> list[str]:
    """Return a line for each kind of advice, naming all that it is about: `web and api have no ... (no-limits)`."""
    kinds: dict[tuple[str, str], list[Advice]] = {kind: [] for kind in _SENTENCES}
    for one in sorted(set(found), key=lambda one: (one.subject, one.detail)):
        kinds[one.of, one.name].append(one)
    return [f"{said(some)} ({name})" for (_, name), some in kinds.items() if some]


def said(found: Sequence[Advice]) -> str:
    """Return the sentence for advice of one kind."""
    return _SENTENCES[found[0].of, found[0].name](found)


def on_service(inputs: Json, nodes: Sequence[Json]) -> list[Advice]:
    """Return the advice on a service.

    Args:
        inputs: in normal form; what is not known yet gives none.
        nodes: GET /nodes: on a swarm of one node every volume is where its task is.
    """
    plain = reveal(inputs)
    found = [*_image(plain), *_limits(plain), *_environment(inputs)]
    found += _volumes(plain) if len(nodes) > 1 else ()
    name = plain.get("name")
    subject = name if isinstance(name, str) else "the service"
    return [Advice(kind, "service", subject, detail) for kind, detail in found]


def on_config(name: Any, text: str) -> list[Advice]:
    """Return the advice on a config's content."""
    found = looks_like_credential(text)
    return [Advice(CREDENTIAL, "config", str(name), found)] if found else []


def on_swarm(nodes: Sequence[Json]) -> list[Advice]:
    """Return the advice on the swarm itself."""
    single = sum(at(node, "Spec", "Role") == "manager" for node in nodes) == 1
    return [Advice(SINGLE_MANAGER, "swarm")] if single and len(nodes) > 1 else []


# ----------------------------------------------------------------------------------------------- what is found


def _image(plain: Json) -> Iterator[tuple[str, str]]:
    image = plain.get("image")
    if not isinstance(image, str):
        return
    try:
        reference = parse(image)
    except SwarmProviderError:
        return
    if not reference.digest and (reference.tag or "latest") == "latest":
        yield LATEST_IMAGE, repr(image)


def _limits(plain: Json) -> Iterator[tuple[str, str]]:
    resources = at(plain, "deploy", "resources")
    if not has_unknown([at(plain, "deploy"), resources]) and at(resources, "limits", "memory") is None:
        yield NO_LIMITS, ""


def _environment(inputs: Json) -> Iterator[tuple[str, str]]:
    environment = inputs.get("environment")
    for name, value in environment.items() if isinstance(environment, dict) else ():
        # one that is marked secret is there on purpose
        if isinstance(value, str) and not has_secret(value) and looks_like_credential(f"{name}={value}"):
            yield CREDENTIAL, str(name)


def _volumes(plain: Json) -> Iterator[tuple[str, str]]:
    names = sorted(set(_local(plain.get("volumes"))))
    mode, replicas = at(plain, "deploy", "mode"), at(plain, "deploy", "replicas")
    if not names or mode not in (None, "replicated") or has_unknown(replicas):
        return
    volumes = f"volume{'s' if len(names) > 1 else ''} {', '.join(map(repr, names))}"
    if (1 if replicas is None else replicas) > 1:
        yield SHARED_LOCAL_VOLUME, f"{replicas} replicas, {volumes}"
    elif replicas != 0 and not at(plain, "deploy", "placement", "constraints"):
        yield UNPINNED_LOCAL_VOLUME, volumes


def _local(mounts: Any) -> Iterable[str]:
    for mount in mounts if isinstance(mounts, list) else ():
        options = at(mount, "volume") or {}
        if not isinstance(mount, dict) or mount.get("type") != "volume" or not isinstance(mount.get("source"), str):
            continue
        # options such as type=nfs make a local volume reach the same data from everywhere
        if not has_unknown(options) and options.get("driver") in (None, "local") and not options.get("driverOpts"):
            yield mount["source"]


# ------------------------------------------------------------------------------------------------ what is said


def _named(found: Sequence[Advice]) -> str:
    """Return `web`, `web ('nginx') and db ('redis')`, `a, b, c, d, e and 9 more`."""
    names = [f"{one.subject} ({one.detail})" if one.detail else one.subject for one in found]
    # one more name is as short as the number of names
    return listed(names, _MANY if len(names) > _MANY + 1 else 0)


def _verb(found: Sequence[Advice], one: str, several: str) -> str:
    return agreeing(len(found), one, several)


def _on_latest(found: Sequence[Advice]) -> str:
    image = _verb(found, "uses an image", "use images")
    return (
        f"{_named(found)} {image} without a version: tasks run what 'latest' was when it was deployed; use a tag or a "
        f"digest"
    )


def _on_limits(found: Sequence[Advice]) -> str:
    has = _verb(found, "has", "have")
    return (
        f"{_named(found)} {has} no memory limit: one task can use all the memory of its node; set "
        f"deploy.resources.limits.memory"
    )


def _on_environment(found: Sequence[Advice]) -> str:
    # each of them is named: nobody should have to look for a credential that has leaked
    names = listed([f"environment.{one.detail} of {one.subject}" for one in found])
    seem = _verb(found, "seems to contain a credential", "seem to contain credentials")
    return (
        f"{names} {seem}. Anyone with access to the Docker API can read environment variables; use a Secret, and "
        f"{found[0].detail}_FILE where the image supports it"
    )


def _on_config(found: Sequence[Advice]) -> str:
    names = listed([f"{one.subject!r} seems to contain a credential: {one.detail}" for one in found])
    return f"{names}. Anyone with access to the Docker API can read a config; use a Secret"


def _on_shared_volume(found: Sequence[Advice]) -> str:
    return (
        f"{_named(found)} {_verb(found, 'runs', 'run')} several replicas on a local volume: each node has its own, so "
        f"they do not share data"
    )


def _on_unpinned_volume(found: Sequence[Advice]) -> str:
    return (
        f"{_named(found)} {_verb(found, 'uses', 'use')} a local volume, which exists only on the node where it was "
        f"created: without a placement constraint the task may start elsewhere, with an empty one"
    )


def _on_single_manager(found: Sequence[Advice]) -> str:
    return (
        "the swarm has a single manager: when it is lost, nothing can be deployed, moved or repaired; three managers "
        "tolerate the loss of one"
    )


_SENTENCES: Final[dict[tuple[str, str], Callable[[Sequence[Advice]], str]]] = {
    ("service", LATEST_IMAGE): _on_latest,
    ("service", NO_LIMITS): _on_limits,
    ("service", CREDENTIAL): _on_environment,
    ("config", CREDENTIAL): _on_config,
    ("service", SHARED_LOCAL_VOLUME): _on_shared_volume,
    ("service", UNPINNED_LOCAL_VOLUME): _on_unpinned_volume,
    ("swarm", SINGLE_MANAGER): _on_single_manager,
}
