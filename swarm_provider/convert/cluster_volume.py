"""`cluster_spec` of a volume <-> ClusterVolumeSpec."""

from __future__ import annotations

from typing import Any, Final

from swarm_provider.convert.helpers import drop_empty, drop_none, map_items, map_known, sort_known
from swarm_provider.core import Json, units

# what the engine sets by itself
_DEFAULTS: Final = {"Scope": "single", "Sharing": "none"}


def cluster_to_spec(spec: Json) -> Json:
    """Return the API's ClusterVolumeSpec."""
    return drop_empty(
        Group=spec.get("group"),
        AccessMode=map_known(spec.get("accessMode"), _access_to_spec),
        AccessibilityRequirements=map_known(spec.get("accessibilityRequirements"), _places_to_spec),
        CapacityRange=map_known(spec.get("capacityRange"), _capacity_to_spec),
        Secrets=sort_known(
            map_items(spec.get("secrets"), lambda entry: {"Key": entry.get("key"), "Secret": entry.get("secret")}),
            lambda entry: entry["Key"],
        ),
        Availability=spec.get("availability"),
    )


def cluster_from_spec(spec: Json) -> Json:
    """Return `clusterSpec` with every default explicit that the engine sets by itself."""
    return drop_empty(
        group=spec.get("Group"),
        accessMode=map_known(spec.get("AccessMode") or None, _access_from_spec),
        accessibilityRequirements=map_known(spec.get("AccessibilityRequirements"), _places_from_spec),
        capacityRange=map_known(spec.get("CapacityRange"), _capacity_from_spec),
        secrets=sort_known(
            map_items(spec.get("Secrets"), lambda entry: {"key": entry.get("Key"), "secret": entry.get("Secret")}),
            lambda entry: entry["key"],
        ),
        availability=spec.get("Availability") or "active",
    )


def _access_to_spec(access: Json) -> Json:
    return {
        **drop_empty(Scope=access.get("scope"), Sharing=access.get("sharing")),
        **drop_none(
            MountVolume=map_known(
                access.get("mountVolume"),
                lambda mount: drop_empty(FsType=mount.get("fsType"), MountFlags=mount.get("mountFlags")),
            ),
            BlockVolume=map_known(access.get("blockVolume"), lambda _: {}),
        ),
    }


def _access_from_spec(access: Json) -> Json:
    known = {**_DEFAULTS, **drop_empty(**access)}
    return {
        "scope": known["Scope"],
        "sharing": known["Sharing"],
        **drop_none(
            mountVolume=map_known(
                access.get("MountVolume"),
                lambda mount: drop_empty(fsType=mount.get("FsType"), mountFlags=mount.get("MountFlags")),
            ),
            blockVolume=map_known(access.get("BlockVolume"), lambda _: {}),
        ),
    }


def _places_to_spec(places: Json) -> Json:
    def segments(listed: Any) -> Any:
        return map_items(listed, lambda entry: {"Segments": entry.get("segments")})

    return drop_empty(Requisite=segments(places.get("requisite")), Preferred=segments(places.get("preferred")))


def _places_from_spec(places: Json) -> Json:
    def segments(listed: Any) -> Any:
        return map_items(listed, lambda entry: {"segments": entry.get("Segments") or {}})

    return drop_empty(requisite=segments(places.get("Requisite")), preferred=segments(places.get("Preferred")))


def _capacity_to_spec(capacity: Json) -> Json:
    return drop_empty(
        RequiredBytes=map_known(capacity.get("requiredBytes"), units.size_bytes),
        LimitBytes=map_known(capacity.get("limitBytes"), units.size_bytes),
    )


def _capacity_from_spec(capacity: Json) -> Json:
    return drop_empty(
        requiredBytes=map_known(capacity.get("RequiredBytes") or None, units.size_text),
        limitBytes=map_known(capacity.get("LimitBytes") or None, units.size_text),
    )
