"""A mount of a service. Sources are compose keys and, behind them, fields of the API; `CS` is ContainerSpec."""

from __future__ import annotations

from typing import Final

from swarm_provider.model.maps import LABELS, OPTIONS
from swarm_provider.model.types import short_forms
from swarm_provider.model.types.kinds import Boolean, Choice, Field, Integer, ListOf, ObjectOf, Text
from swarm_provider.model.types.measures import SIZE

MOUNT: Final = ObjectOf(
    "Mount",
    (
        Field(
            "type",
            Choice(("volume", "bind", "tmpfs", "npipe", "cluster", "image")),
            "What is mounted. CS.Mounts.Type.",
            required=True,
        ),
        Field("source", Text(), "Volume name or path on the node; none: an anonymous volume."),
        Field("target", Text(), "Path in the container.", required=True),
        Field("read_only", Boolean(), "Default false."),
        Field("consistency", Text(), "Kept for Docker Desktop; no effect on Linux."),
        Field(
            "bind",
            ObjectOf(
                "MountBind",
                (
                    Field("propagation", Text(), "Mount propagation, such as rslave."),
                    Field(
                        "recursive",
                        Choice(("enabled", "disabled")),
                        (
                            "Whether mounts below the path come along. Default enabled. (No engine keeps `writable` "
                            "and `readonly` for a service.)"
                        ),
                    ),
                    Field("create_host_path", Boolean(), "No effect: no engine keeps it for a service."),
                ),
                "Options of a bind mount.",
            ),
            "Options of a bind mount. CS.Mounts.BindOptions.",
        ),
        Field(
            "volume",
            ObjectOf(
                "MountVolume",
                (
                    Field("nocopy", Boolean(), "Do not fill a new volume with what the image has there."),
                    Field("subpath", Text(), "Path inside the volume. API 1.45."),
                    Field("labels", LABELS, "Labels of a volume that is made for the task."),
                    Field("driver", Text(), "Driver of a volume that is made for the task."),
                    Field("driver_opts", OPTIONS, "Driver options of such a volume."),
                ),
                "Options of a volume mount.",
            ),
            "Options of a volume mount. CS.Mounts.VolumeOptions.",
        ),
        Field(
            "tmpfs",
            ObjectOf(
                "MountTmpfs",
                (
                    Field("size", SIZE, "Size. Default: no limit."),
                    Field("mode", Integer(0), "File mode as a number."),
                    Field(
                        "options",
                        ListOf(Text(), before=short_forms.listed, also=("str",)),
                        "Mount options such as exec or nodev. TmpfsOptions.Options, API 1.46.",
                    ),
                ),
                "Options of a tmpfs mount.",
            ),
            "Options of a tmpfs mount. CS.Mounts.TmpfsOptions.",
        ),
        Field("cluster", ObjectOf("MountCluster", (), "Options of a cluster volume."), "API 1.42."),
    ),
    "Something mounted into the tasks. CS.Mounts.",
    before=short_forms.volume,
    also=("str",),
)
