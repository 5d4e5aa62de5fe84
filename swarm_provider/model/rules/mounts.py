"""What no task can mount: the docker CLI refuses it in a compose file, an engine when it makes the container."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from swarm_provider.core import Json
from swarm_provider.model.types.kinds import is_missing

# docker CLI, cli/compose/convert/volume.go: which block of options may stand in which type
_ALLOWED: Final = {
    "volume": ("volume",),
    "bind": ("bind",),
    "tmpfs": ("tmpfs",),
    "npipe": ("bind",),
    "image": ("image",),
    "cluster": ("cluster", "image"),
}
_BLOCKS: Final = ("bind", "volume", "tmpfs", "image", "cluster")
_NEED_SOURCE: Final = ("bind", "npipe", "image", "cluster")


def refused(mount: Json) -> Iterator[str]:
    """Yield why a mount, in canonical form, cannot be."""
    kind = mount.get("type")
    if kind not in _ALLOWED:
        # the type's own words are told, or it is not known yet
        return
    if kind == "image":
        yield (
            "Swarm cannot mount an image into a service (every engine refuses the type); copy its files into a"
            " volume or into the image of the service"
        )
    for block in _BLOCKS:
        if mount.get(block) is not None and block not in _ALLOWED[kind]:
            yield f"options of '{block}' are not allowed in a mount of type {kind!r}; remove them"
    if kind == "tmpfs" and mount.get("source"):
        yield "a tmpfs has no source; remove it"
    if kind in _NEED_SOURCE and not mount.get("source"):
        yield f"a mount of type {kind!r} needs a source"
    if not mount.get("target"):
        yield is_missing("target")
