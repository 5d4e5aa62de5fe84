"""`cluster_spec` of a volume <-> ClusterVolumeSpec."""

from __future__ import annotations

from typing import Any, Final

from swarm_provider.convert.helpers import each, filled, given, ordered, through
from swarm_provider.core import Json, units

# what the engine fills in
_DEFAULTS: Final = {"Scope": "single", "Sharing": "none"}


def cluster_to_spec(spec: Json) -> Json:
    """Return the API's ClusterVolumeSpec."""
    return filled(
        Group=spec.get("group"),
        AccessMode=through(spec.get("accessMode"), _access_to_spec),
        AccessibilityRequirements=through(spec.get("accessibilityRequirements"), _places_to_spec),
        CapacityRange=through(spec.get("capacityRange"), _capacity_to_spec),
        Secrets=ordered(
            each(spec.get("secrets"), lambda entry: {"Key": entry.get("key"), "Secret": entry.get("secret")}),
            lambda entry: entry["Key"],
        ),
        Availability=spec.get("availability"),
    )


def cluster_from_spec(spec: Json) -> Json:
    """Return `clusterSpec` with every default explicit that the engine fills in."""
    return filled(
        group=spec.get("Group"),
        accessMode=through(spec.get("AccessMode") or None, _access_from_spec),
        accessibilityRequirements=through(spec.get("AccessibilityRequirements"), _places_from_spec),
        capacityRange=through(spec.get("CapacityRange"), _capacity_from_spec),
        secrets=ordered(
            each(spec.get("Secrets"), lambda entry: {"key": entry.get("Key"), "secret": entry.get("Secret")}),
            lambda entry: entry["key"],
        ),
        availability=spec.get("Availability") or "active",
    )


def _access_to_spec(access: Json) -> Json:
    return {
        **filled(Scope=access.get("scope"), Sharing=access.get("sharing")),
        **given(
            MountVolume=through(
                access.get("mountVolume"),
                lambda mount: filled(FsType=mount.get("fsType"), MountFlags=mount.get("mountFlags")),
            ),
            BlockVolume=through(access.get("blockVolume"), lambda _: {}),
        ),
    }


def _access_from_spec(access: Json) -> Json:
    known = {**_DEFAULTS, **filled(**access)}
    return {
        "scope": known["Scope"],
        "sharing": known["Sharing"],
        **given(
            mountVolume=through(
                access.get("MountVolume"),
                lambda mount: filled(fsType=mount.get("FsType"), mountFlags=mount.get("MountFlags")),
            ),
            blockVolume=through(access.get("BlockVolume"), lambda _: {}),
        ),
    }


def _places_to_spec(places: Json) -> Json:
    def segments(listed: Any) -> Any:
        return each(listed, lambda entry: {"Segments": entry.get("segments")})

    return filled(Requisite=segments(places.get("requisite")), Preferred=segments(places.get("preferred")))


def _places_from_spec(places: Json) -> Json:
    def segments(listed: Any) -> Any:
        return each(listed, lambda entry: {"segments": entry.get("Segments") or {}})

    return filled(requisite=segments(places.get("Requisite")), preferred=segments(places.get("Preferred")))


def _capacity_to_spec(capacity: Json) -> Json:
    return filled(
        RequiredBytes=through(capacity.get("requiredBytes"), units.size_bytes),
        LimitBytes=through(capacity.get("limitBytes"), units.size_bytes),
    )


def _capacity_from_spec(capacity: Json) -> Json:
    return filled(
        requiredBytes=through(capacity.get("RequiredBytes") or None, units.size_text),
        limitBytes=through(capacity.get("LimitBytes") or None, units.size_text),
    )
