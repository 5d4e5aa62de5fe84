"""`volumes` of a service <-> ContainerSpec.Mounts."""

from __future__ import annotations

from typing import Any

from swarm_provider.convert.helpers import drop_empty, drop_none, map_items, map_known
from swarm_provider.core import Json, units


def mount_to_spec(entry: Json) -> Json:
    """Return one Mount. An option block that is given, even an empty one, gives the API's block."""
    return drop_none(
        Type=entry.get("type"),
        Source=entry.get("source"),
        Target=entry.get("target"),
        ReadOnly=entry.get("readOnly") or None,
        Consistency=entry.get("consistency"),
        BindOptions=map_known(entry.get("bind"), _bind_to_spec),
        VolumeOptions=map_known(entry.get("volume"), _volume_to_spec),
        TmpfsOptions=map_known(entry.get("tmpfs"), _tmpfs_to_spec),
        ClusterOptions=map_known(entry.get("cluster"), lambda _: {}),
    )


def mount_from_spec(mount: Json) -> Json:
    """Return the long form of one Mount."""
    return drop_none(
        type=mount.get("Type"),
        source=mount.get("Source") or None,
        target=mount.get("Target"),
        readOnly=True if mount.get("ReadOnly") else None,
        consistency=mount.get("Consistency") or None,
        bind=map_known(mount.get("BindOptions"), _bind_from_spec),
        volume=map_known(mount.get("VolumeOptions"), _volume_from_spec),
        tmpfs=map_known(mount.get("TmpfsOptions"), _tmpfs_from_spec),
        cluster=map_known(mount.get("ClusterOptions"), lambda _: {}),
    )


def _bind_to_spec(options: Json) -> Json:
    return drop_empty(
        Propagation=options.get("propagation"),
        NonRecursive=map_known(options.get("recursive"), lambda word: word == "disabled"),
    )


def _bind_from_spec(options: Json) -> Json:
    return drop_empty(
        propagation=options.get("Propagation"),
        recursive=map_known(options.get("NonRecursive") or None, lambda _: "disabled"),
    )


def _volume_to_spec(options: Json) -> Json:
    driver: Any = None
    if options.get("driver") is not None or options.get("driverOpts") is not None:
        driver = drop_empty(Name=options.get("driver"), Options=options.get("driverOpts"))
    return {
        **drop_empty(NoCopy=options.get("nocopy"), Subpath=options.get("subpath"), Labels=options.get("labels")),
        **drop_none(DriverConfig=driver),
    }


def _volume_from_spec(options: Json) -> Json:
    driver = options.get("DriverConfig") or {}
    return drop_empty(
        nocopy=options.get("NoCopy"),
        subpath=options.get("Subpath"),
        labels=options.get("Labels"),
        driver=driver.get("Name"),
        driverOpts=driver.get("Options"),
    )


def _tmpfs_to_spec(options: Json) -> Json:
    return drop_empty(
        SizeBytes=map_known(options.get("size"), units.size_bytes),
        Mode=options.get("mode"),
        Options=map_items(options.get("options"), lambda option: option.split("=", 1)),
    )


def _tmpfs_from_spec(options: Json) -> Json:
    return drop_empty(
        size=map_known(options.get("SizeBytes") or None, units.size_text),
        mode=options.get("Mode"),
        options=map_items(options.get("Options"), "=".join),
    )
