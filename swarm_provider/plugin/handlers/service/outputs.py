"""The outputs of a service, and what its inputs say about them before it is there."""

from __future__ import annotations

from typing import Any

from swarm_provider.core import Json, units
from swarm_provider.core.image import familiar
from swarm_provider.core.values import UNKNOWN, reveal


def patience_ns(news: Json) -> int | None:
    """Return how long Swarm may take to converge, in nanoseconds; None: the rollout decides."""
    fail_after = reveal(news.get("failAfter"))
    return units.duration_ns(fail_after) if fail_after else None


def outputs_of(live: Json, incarnation: str | None) -> Json:
    """Return the outputs that describe a live service."""
    endpoint = live.get("Endpoint") or {}
    found = {
        "name": live["Spec"]["Name"],
        "serviceId": live["ID"],
        "image": live["Spec"]["TaskTemplate"].get("ContainerSpec", {}).get("Image", ""),
        "endpoint": {
            "mode": (endpoint.get("Spec") or {}).get("Mode", ""),
            "ports": [
                {
                    "target": port.get("TargetPort", 0),
                    "published": port.get("PublishedPort", 0),
                    "protocol": port.get("Protocol", "tcp"),
                    "mode": port.get("PublishMode", "ingress"),
                }
                for port in endpoint.get("Ports") or []
            ],
            "virtualIps": [entry.get("Addr", "") for entry in endpoint.get("VirtualIPs") or []],
        },
    }
    return {**found, "incarnation": incarnation} if incarnation else found


def planned_image(news: Json) -> Any:
    """Return the image that these inputs deploy; UNKNOWN where the text is."""
    image = reveal(news["image"])
    return UNKNOWN if image is UNKNOWN else news.get("resolvedImage") or familiar(image)
