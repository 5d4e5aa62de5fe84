"""What registries say of images."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from swarm_provider.core import Json
from swarm_provider.core.values import at
from swarm_provider.errors import DockerError
from swarm_provider.plugin.run.swarm import Swarm


@dataclass(frozen=True)
class RegistryAnswer:
    """What a registry says of an image.

    Attributes:
        digest: the image's.
        platforms: those that it runs on, as a Placement has them.
    """

    digest: str
    platforms: tuple[Json, ...]


async def ask_registry(swarm: Swarm, image: str) -> RegistryAnswer:
    """Let a manager ask the image's registry. Raises DockerError: it does not tell."""
    found = await swarm.distribution(image)
    listed = tuple(_platforms(found.get("Platforms") or ()))
    digest = at(found, "Descriptor", "digest")
    if not digest:
        raise DockerError("its registry returned no digest")
    return RegistryAnswer(str(digest), listed)


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
