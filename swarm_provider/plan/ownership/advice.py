"""Advice: what Swarm takes and people regret. Warnings, each of which can be switched off by its name. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from swarm_provider.core import Json
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

Advice = tuple[str, str]
"""Its name, and what it says."""


def on_service(inputs: Json, nodes: Sequence[Json]) -> list[Advice]:
    """Return the advice on a service.

    Args:
        inputs: in normal form; what is not known yet gives none.
        nodes: GET /nodes: on a swarm of one node every volume is where its task is.
    """
    plain = reveal(inputs)
    found = [*_image(plain), *_limits(plain), *_environment(inputs)]
    return [*found, *_volumes(plain)] if len(nodes) > 1 else found


def on_config(name: Any, text: str) -> list[Advice]:
    """Return the advice on a config's content."""
    found = looks_like_credential(text)
    if not found:
        return []
    told = f"{name!r} seems to contain a credential: {found}. Anyone with access to the Docker API can read a config"
    return [(CREDENTIAL, f"{told}; use a Secret")]


def on_swarm(nodes: Sequence[Json]) -> list[Advice]:
    """Return the advice on the swarm itself."""
    if sum(at(node, "Spec", "Role") == "manager" for node in nodes) != 1 or len(nodes) == 1:
        return []
    text = "the swarm has a single manager: when it is lost, nothing can be deployed, moved or repaired; three managers"
    return [(SINGLE_MANAGER, f"{text} tolerate the loss of one")]


def _image(plain: Json) -> Iterator[Advice]:
    image = plain.get("image")
    if not isinstance(image, str):
        return
    try:
        reference = parse(image)
    except SwarmProviderError:
        return
    if not reference.digest and (reference.tag or "latest") == "latest":
        text = f"image {image!r} has no version: tasks run what 'latest' was when it was deployed; use a tag"
        yield LATEST_IMAGE, f"{text} or a digest"


def _limits(plain: Json) -> Iterator[Advice]:
    resources = at(plain, "deploy", "resources")
    if has_unknown([at(plain, "deploy"), resources]) or at(resources, "limits", "memory") is not None:
        return
    yield NO_LIMITS, "deploy.resources.limits.memory is not set: one task can use all the memory of its node"


def _environment(inputs: Json) -> Iterator[Advice]:
    environment = inputs.get("environment")
    for name, value in environment.items() if isinstance(environment, dict) else ():
        # one that is marked secret is there on purpose
        if isinstance(value, str) and not has_secret(value) and looks_like_credential(f"{name}={value}"):
            text = f"environment.{name} seems to contain a credential. Anyone with access to the Docker API can read it"
            yield CREDENTIAL, f"{text}; use a Secret, and {name}_FILE where the image supports it"


def _volumes(plain: Json) -> Iterator[Advice]:
    names = sorted(set(_local(plain.get("volumes"))))
    mode, replicas = at(plain, "deploy", "mode"), at(plain, "deploy", "replicas")
    if not names or mode not in (None, "replicated") or has_unknown(replicas):
        return
    told = f"volume{'s' if len(names) > 1 else ''} {', '.join(map(repr, names))}"
    if (1 if replicas is None else replicas) > 1:
        text = f"{replicas} replicas on the local {told}: each node has its own volume, so they do not share data"
        yield SHARED_LOCAL_VOLUME, text
    elif replicas != 0 and not at(plain, "deploy", "placement", "constraints"):
        text = f"the local {told} exists only on the node where it was created: without a placement constraint the"
        yield UNPINNED_LOCAL_VOLUME, f"{text} task may start elsewhere, with an empty one"


def _local(mounts: Any) -> Iterable[str]:
    for mount in mounts if isinstance(mounts, list) else ():
        options = at(mount, "volume") or {}
        if not isinstance(mount, dict) or mount.get("type") != "volume" or not isinstance(mount.get("source"), str):
            continue
        # options such as type=nfs make a local volume reach the same data from everywhere
        if not has_unknown(options) and options.get("driver") in (None, "local") and not options.get("driverOpts"):
            yield mount["source"]
