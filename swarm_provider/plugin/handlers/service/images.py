"""When a registry is asked for an image's digest, as the docker CLI's --resolve-image decides it."""

from __future__ import annotations

from typing import Any

from swarm_provider.core import Json
from swarm_provider.core.image import parse, with_digest
from swarm_provider.core.values import UNKNOWN, reveal
from swarm_provider.dockerapi.failures import ImageNotFound, RegistryDenied, RegistryUnreachable
from swarm_provider.errors import DockerError, InputError, Problem, SwarmProviderError
from swarm_provider.plugin.run.images import ask_registry
from swarm_provider.plugin.run.run import Run


async def resolve_image(run: Run, urn: str, olds: Json, inputs: Json) -> Any:
    """Return the image with its digest, None where it is deployed as written, UNKNOWN where the text is.

    `changed` (the default) and `never` keep the digest that the unchanged text had; `changed` asks a registry for
    another text, `always` each time. A registry that does not tell is a warning: the image is deployed by its tag, as
    the docker CLI does.

    Args:
        run: what the resources of this run share.
        urn: the resource.
        olds: the inputs in the state.
        inputs: the normal inputs.

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
    session = run.session
    swarm = await session.swarm()
    if session.offline:
        return UNKNOWN
    try:
        return with_digest(image, (await run.images(image, lambda: ask_registry(swarm, image))).digest)
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


def platforms(run: Run, image: str) -> list[Json]:
    """Return Placement.Platforms for an image whose registry this run has asked; [] for every other.

    With them Swarm leaves out nodes of another architecture, as after `docker stack deploy`.
    """
    known = run.images.known(image)
    return list(known.platforms) if known is not None else []
