"""`volumes` of a service <-> ContainerSpec.Mounts."""

from __future__ import annotations

from typing import Any

from swarm_provider.convert.helpers import each, filled, given, through
from swarm_provider.core import Json, units


def mount_to_spec(entry: Json) -> Json:
    """Return one Mount. An option block that is given, even an empty one, gives the API's block."""
    return given(
        Type=entry.get("type"),
        Source=entry.get("source"),
        Target=entry.get("target"),
        ReadOnly=entry.get("readOnly") or None,
        Consistency=entry.get("consistency"),
        BindOptions=through(entry.get("bind"), _bind_to_spec),
        VolumeOptions=through(entry.get("volume"), _volume_to_spec),
        TmpfsOptions=through(entry.get("tmpfs"), _tmpfs_to_spec),
        ClusterOptions=through(entry.get("cluster"), lambda _: {}),
    )


def mount_from_spec(mount: Json) -> Json:
    """Return the long form of one Mount."""
    return given(
        type=mount.get("Type"),
        source=mount.get("Source") or None,
        target=mount.get("Target"),
        readOnly=True if mount.get("ReadOnly") else None,
        consistency=mount.get("Consistency") or None,
        bind=through(mount.get("BindOptions"), _bind_from_spec),
        volume=through(mount.get("VolumeOptions"), _volume_from_spec),
        tmpfs=through(mount.get("TmpfsOptions"), _tmpfs_from_spec),
        cluster=through(mount.get("ClusterOptions"), lambda _: {}),
    )


def _bind_to_spec(options: Json) -> Json:
    return filled(
        Propagation=options.get("propagation"),
        NonRecursive=through(options.get("recursive"), lambda word: word == "disabled"),
    )


def _bind_from_spec(options: Json) -> Json:
    return filled(
        propagation=options.get("Propagation"),
        recursive=through(options.get("NonRecursive") or None, lambda _: "disabled"),
    )


def _volume_to_spec(options: Json) -> Json:
    driver: Any = None
    if options.get("driver") is not None or options.get("driverOpts") is not None:
        driver = filled(Name=options.get("driver"), Options=options.get("driverOpts"))
    return {
        **filled(NoCopy=options.get("nocopy"), Subpath=options.get("subpath"), Labels=options.get("labels")),
        **given(DriverConfig=driver),
    }


def _volume_from_spec(options: Json) -> Json:
    driver = options.get("DriverConfig") or {}
    return filled(
        nocopy=options.get("NoCopy"),
        subpath=options.get("Subpath"),
        labels=options.get("Labels"),
        driver=driver.get("Name"),
        driverOpts=driver.get("Options"),
    )


def _tmpfs_to_spec(options: Json) -> Json:
    return filled(
        SizeBytes=through(options.get("size"), units.size_bytes),
        Mode=options.get("mode"),
        Options=each(options.get("options"), lambda option: option.split("=", 1)),
    )


def _tmpfs_from_spec(options: Json) -> Json:
    return filled(
        size=through(options.get("SizeBytes") or None, units.size_text),
        mode=options.get("Mode"),
        options=each(options.get("Options"), "=".join),
    )
