"""Platforms of images and nodes: `linux/arm64` <-> the API's Platform. Pure."""

from __future__ import annotations

from typing import Final

from swarm_provider.core import Json

_SYSTEMS: Final = ("linux", "windows", "darwin", "freebsd")


def platform_to_spec(text: str) -> Json:
    """Return the Platform of `os`, `os/architecture` or `os/architecture/variant`; Swarm does not know the variant.

    Raises:
        ValueError: it is no platform.
    """
    parts = text.strip().lower().split("/")
    if not 1 <= len(parts) <= 3 or not all(parts) or any(part.split() != [part] for part in parts):
        raise ValueError(f"{text!r} is not a platform; write one such as 'linux/amd64'")
    if len(parts) == 1 and parts[0] not in _SYSTEMS:
        return {"Architecture": parts[0]}
    return {"OS": parts[0], **({"Architecture": parts[1]} if len(parts) > 1 else {})}


def platform_from_spec(platform: Json) -> str:
    """Return the text of a Platform."""
    return "/".join(filter(None, (platform.get("OS"), platform.get("Architecture"))))


def checked(text: str) -> str:
    """Return the text as it is. Raises ValueError: it is no platform."""
    platform_to_spec(text)
    return text
