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
            Choice(("volume", "bind", "tmpfs", "npipe", "cluster", "image"), "MountType"),
            "Type of the mount. CS.Mounts.Type.",
            required=True,
        ),
        Field("source", Text(), "Volume name or path on the node; none: an anonymous volume."),
        Field("target", Text(), "Path in the container.", required=True),
        Field("read_only", Boolean(), "Default false."),
        Field("consistency", Text(), "Used by Docker Desktop; ignored on Linux."),
        Field(
            "bind",
            ObjectOf(
                "MountBind",
                (
                    Field(
                        "propagation",
                        Choice(short_forms.PROPAGATIONS, "MountPropagation"),
                        "Mount propagation. Default rprivate.",
                    ),
                    Field(
                        "recursive",
                        Choice(("enabled", "disabled"), "MountRecursive"),
                        (
                            "Whether submounts are included. Default enabled. (`writable` and `readonly` are not "
                            "supported for services.)"
                        ),
                    ),
                    Field("create_host_path", Boolean(), "Not supported for services; ignored."),
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
                    Field("nocopy", Boolean(), "Do not copy the image's content at the target into a new volume."),
                    Field("subpath", Text(), "Path inside the volume. API 1.45."),
                    Field("labels", LABELS, "Labels of a volume created for the task."),
                    Field("driver", Text(), "Driver of a volume created for the task."),
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
    "A mount of the tasks. CS.Mounts.",
    before=short_forms.volume,
    also=("str",),
)
