"""The spec of a cluster volume: a storage plugin (CSI) makes it, and Swarm brings it to the nodes. API 1.42."""

from __future__ import annotations

from typing import Final

from swarm_provider.model.types.kinds import Choice, Field, ListOf, MapOf, ObjectOf, Text
from swarm_provider.model.types.measures import SIZE

_TOPOLOGY: Final = ObjectOf(
    "Topology",
    (Field("segments", MapOf(Text()), "Such as {'zone': 'Z1'}.", required=True),),
    "A place that the storage plugin knows.",
)
_MOUNT: Final = ObjectOf(
    "ClusterVolumeMount",
    (
        Field("fs_type", Text(), "File system. Default: the plugin's."),
        Field("mount_flags", ListOf(Text()), "Mount flags."),
    ),
    "A volume with a file system.",
)
_ACCESS: Final = ObjectOf(
    "ClusterVolumeAccess",
    (
        Field(
            "scope",
            Choice(("single", "multi"), "ClusterVolumeScope"),
            "On one node at a time (default), or on several.",
        ),
        Field(
            "sharing",
            Choice(("none", "readonly", "onewriter", "all"), "ClusterVolumeSharing"),
            "What several tasks may do with it. Default none: one task only.",
        ),
        Field("mount_volume", _MOUNT, "It has a file system."),
        Field("block_volume", ObjectOf("ClusterVolumeBlock", (), "A block device."), "It is a block device."),
    ),
    "How tasks may use a cluster volume.",
)
CLUSTER_SPEC: Final = ObjectOf(
    "ClusterVolumeSpec",
    (
        Field("group", Text(), "Services may mount any volume of a group, as `group:NAME`."),
        Field("access_mode", _ACCESS, "How tasks may use it."),
        Field(
            "accessibility_requirements",
            ObjectOf(
                "TopologyRequirement",
                (
                    Field("requisite", ListOf(_TOPOLOGY), "It is reached from one of these."),
                    Field("preferred", ListOf(_TOPOLOGY), "It is made in one of these, in order."),
                ),
                "From where a volume is reached.",
            ),
            "From where it is reached.",
        ),
        Field(
            "capacity_range",
            ObjectOf(
                "CapacityRange",
                (
                    Field("required_bytes", SIZE, "At least."),
                    Field("limit_bytes", SIZE, "At most."),
                ),
                "How large a volume is.",
            ),
            "How large it is. Default: the plugin decides.",
        ),
        Field(
            "secrets",
            ListOf(
                ObjectOf(
                    "ClusterVolumeSecret",
                    (
                        Field("key", Text(), "Name of the secret in the plugin.", required=True),
                        Field("secret", Text(), "Name or id of the swarm's secret.", required=True),
                    ),
                    "A secret that the storage plugin is given.",
                ),
                order=False,
            ),
            "Secrets that the storage plugin is given.",
        ),
        Field(
            "availability",
            Choice(("active", "pause", "drain"), "Availability"),
            "active (default); pause: no new tasks; drain: no tasks. The only part that can be changed.",
        ),
    ),
    "What makes a volume one of the cluster. VolumeCreate.ClusterVolumeSpec.",
)
