"""When a registry is asked for an image's digest, as the docker CLI's --resolve-image decides it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from swarm_provider.core import Json
from swarm_provider.core.image import parse, with_digest
from swarm_provider.core.values import UNKNOWN, at, reveal
from swarm_provider.dockerapi import ImageNotFound, RegistryDenied, RegistryUnreachable
from swarm_provider.errors import DockerError, InputError, Problem, SwarmProviderError
from swarm_provider.plugin.run.memo import Once
from swarm_provider.plugin.run.session import Session
from swarm_provider.plugin.run.swarm import Swarm


@dataclass(frozen=True)
class _Answer:
    """What a registry says of an image: its digest, and the platforms that it runs on, as a Placement has them."""

    digest: str
    platforms: tuple[Json, ...]


async def resolve_image(session: Session, urn: str, olds: Json, inputs: Json) -> Any:
    """Return the image with its digest, None where it is deployed as written, UNKNOWN where the text is.

    `changed` (the default) and `never` keep the digest that the unchanged text had; `changed` asks a registry for
    another text, `always` each time. A registry that does not tell is a warning: the image is deployed by its tag, as
    the docker CLI does.

    Raises:
        InputError: the text is not an image reference.
    """
    image = reveal(inputs["image"])
    if image is UNKNOWN:
        return UNKNOWN
    reference = parse_image(image)
    if reference.digest:
        return None
    when = reveal(inputs.get("resolveImage")) or "changed"
    if when != "always" and reveal(olds.get("image")) == image:
        return olds.get("resolvedImage")
    if when == "never":
        return None
    swarm = await session.swarm()
    if session.offline:
        return UNKNOWN
    try:
        return with_digest(image, (await _answer(swarm, image)).digest)
    except DockerError as error:
        text = f"image {image!r} is deployed by its tag, without a digest: {_why(error)}"
        session.warn(urn, text, strict=reveal(inputs.get("strict")))
        return None


def _why(error: DockerError) -> str:
    if isinstance(error, ImageNotFound):
        return "its registry does not have it"
    if isinstance(error, RegistryDenied):
        return "its registry denies access to it (see registry_auth of the Provider, or `docker login`)"
    if isinstance(error, RegistryUnreachable):
        return "the swarm's manager cannot reach its registry"
    return error.message


def parse_image(image: str) -> Any:
    """Return the parsed reference. Raises InputError that names the property."""
    try:
        return parse(image)
    except SwarmProviderError as error:
        raise InputError(Problem(str(error), "image")) from None


def platforms(swarm: Swarm, image: str) -> list[Json]:
    """Return Placement.Platforms for an image whose registry this run has asked; [] for every other.

    With them Swarm leaves out nodes of another architecture, as after `docker stack deploy`.
    """
    known = _answer.known(swarm, image)
    return list(known.platforms) if known is not None else []


async def _ask(swarm: Swarm, image: str) -> _Answer:
    found = await swarm.distribution(image)
    listed = tuple(_platforms(found.get("Platforms") or ()))
    digest = at(found, "Descriptor", "digest")
    if not digest:
        raise DockerError("its registry tells no digest")
    return _Answer(str(digest), listed)


_answer: Once[_Answer] = Once(_ask)


def _platforms(entries: Iterable[Json]) -> list[Json]:
    """Return each platform once, without `unknown/unknown`, under which attestations are listed: nothing runs there."""
    result: list[Json] = []
    for entry in entries:
        platform = _platform(entry)
        if platform not in result and "unknown" not in platform.values():
            result.append(platform)
    return result


def _platform(entry: Json) -> Json:
    architecture, system = entry.get("architecture") or "", entry.get("os") or ""
    # docker leaves `arm` out: nodes call theirs armv6l, armv7l and so on (moby/swarmkit#2294)
    architecture = "" if architecture.lower() == "arm" else architecture
    return {key: value for key, value in (("Architecture", architecture), ("OS", system)) if value}
