"""Every resource and lookup of the package."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from swarm_provider.model import service
from swarm_provider.model.advice import ADVICE_INPUT
from swarm_provider.model.cluster_volume import CLUSTER_SPEC
from swarm_provider.model.maps import LABELS, OPTIONS
from swarm_provider.model.resource import Function, Resource
from swarm_provider.model.types import short_forms
from swarm_provider.model.types.kinds import (
    Boolean,
    Choice,
    Field,
    Integer,
    ListOf,
    MapOf,
    ObjectOf,
    Text,
    Type,
)
from swarm_provider.model.types.measures import DURATION

_NAME: Final = Field("name", Text(), "Name in the swarm. Default: the logical name.")
_NAMESPACE: Final = Field("namespace", Text(), "The Docker stack that it belongs to, as in `docker stack ls`.")
_OWNER: Final = Field("owner", Text(), "Pulumi project and stack that own the object.", computed=True)
_INCARNATION: Final = Field("incarnation", Text(), "Random value that ties this state to the live object.")
_ADOPT: Final = Field("adopt", Boolean(), "Adopt the object of this name that docker created. Default false.")


def _family(kind: str, limit: str) -> tuple[Field, ...]:
    return (
        Field("base_name", Text(), "Base of the versions' names. Default: the logical name."),
        _NAMESPACE,
        Field("name", Text(), "Name of the current version.", computed=True),
        Field("family_id", Text(), "Id of the family.", computed=True),
        Field("superseded", ListOf(Text()), "Old versions that the next update removes.", computed=True),
        _OWNER,
        Field("data", Text(), f"Content as text (UTF-8), {limit}.", secret=kind == "secret"),
        Field("data_base64", Text(), "Content as base64, for bytes.", secret=kind == "secret"),
        Field("file", Text(), "Path of a file with the content, from the program's working directory."),
        Field("labels", LABELS, f"Labels of the {kind}; they change without a new version."),
        Field("template_driver", Text(), "Template driver, such as golang. Spec.Templating, API 1.37."),
        Field("keep_previous", Integer(0), "Old versions kept beside the current one. Default 1."),
        Field("rotate_trigger", Type(), "Any value; a change creates a new version with the same content."),
    )


CONFIG: Final = Resource(
    "Config",
    "A family of Docker configs: changing its content creates a new version and updates the services that use it.",
    (*_family("config", "less than 1000 KiB"), _ADOPT, ADVICE_INPUT),
    (
        Field("name", Text(), "Name of the current version.", required=True),
        Field("config_id", Text(), "Docker's id of the current version.", required=True),
        _INCARNATION,
    ),
    ("base_name", "keep_previous"),
)
SECRET: Final = Resource(
    "Secret",
    "A family of Docker secrets: changing its content creates a new version and updates the services that use it.",
    (
        *_family("secret", "less than 500 KiB"),
        Field("key", Text(), "Key of the digests in the names of the versions.", secret=True, computed=True),
        Field("driver", Text(), "Secret driver plugin that provides the content. Spec.Driver.Name."),
        Field("driver_opts", OPTIONS, "Options of the secret driver."),
        Field(
            "adopt",
            Choice(("trust", "rotate"), "SecretAdoption"),
            "Adopt a secret that docker created: trust that the content is equal, or create a new version.",
        ),
        Field("trust_existing", Boolean(), "At import: `data` is what the cluster holds. Default false."),
    ),
    (
        Field("name", Text(), "Name of the current version.", required=True),
        Field("secret_id", Text(), "Docker's id of the current version.", required=True),
        _INCARNATION,
    ),
    ("base_name", "keep_previous"),
)
IPAM: Final = ObjectOf(
    "Ipam",
    (
        Field("driver", Text(), "IPAM driver. Default: default."),
        Field("options", OPTIONS, "Driver options."),
        Field(
            "config",
            ListOf(
                ObjectOf(
                    "IpamConfig",
                    (
                        Field("subnet", Text(), "Subnet such as 10.20.0.0/24."),
                        Field("ip_range", Text(), "Range to allocate addresses from."),
                        Field("gateway", Text(), "Gateway address."),
                        Field("aux_addresses", OPTIONS, "Auxiliary addresses, by name."),
                    ),
                    "One subnet.",
                )
            ),
            "Subnets.",
        ),
    ),
    "IP address management.",
)
NETWORK: Final = Resource(
    "Network",
    "A network. Docker cannot change one: a difference is a warning, unless `replace` is set.",
    (
        _NAME,
        _NAMESPACE,
        Field("driver", Text(), "Driver. Default overlay."),
        Field("driver_opts", OPTIONS, "Driver options."),
        Field("internal", Boolean(), "No external access. Default false."),
        Field("attachable", Boolean(), "Standalone containers may attach. Default false."),
        Field("ingress", Boolean(), "Ingress network of the routing mesh. Default false."),
        Field("enable_ipv6", Boolean(), "Enable IPv6. Default false."),
        Field("ipam", IPAM, "IP address management."),
        Field(
            "scope",
            Choice(("swarm", "local", "global"), "NetworkScope"),
            "swarm makes a network of another driver, such as macvlan, available in the swarm. Default: the driver's.",
        ),
        Field("labels", LABELS, "Labels of the network."),
        Field("replace", Boolean(), "Recreate the network when it differs, which stops its services meanwhile."),
        _ADOPT,
    ),
    (
        Field("network_id", Text(), "Docker's id.", required=True),
        _INCARNATION,
    ),
    ("name", "driver"),
)
VOLUME: Final = Resource(
    "Volume",
    "A named volume. A local one is created on the node where a task mounts it, unless `node` is set.",
    (
        _NAME,
        _NAMESPACE,
        Field("driver", Text(), "Driver. Default local."),
        Field("driver_opts", OPTIONS, "Driver options. They cannot be changed later."),
        Field("labels", LABELS, "Labels of the volume."),
        Field("cluster_spec", CLUSTER_SPEC, "A cluster volume, created by the storage plugin `driver`. API 1.42."),
        Field(
            "node",
            Text(),
            "Node on which it is created right away, by host name or id: the one that the provider talks to, or one of "
            "its `node_hosts`. Default: created where a task mounts it.",
        ),
        Field("delete_on_destroy", Boolean(), "Remove it, with its data, on destroy. Default false."),
    ),
    (
        Field("mountpoint", Text(), "Path on the node, where it is known.", required=True),
        _INCARNATION,
    ),
    ("name", "driver"),
)
NODE_LABEL: Final = Resource(
    "NodeLabel",
    "One label key on one node, on several, or on all.",
    (
        Field(
            "node",
            ListOf(Text(), order=False, before=short_forms.listed, also=("str",)),
            "Name or id of a node, a list of them, or '*' for all.",
            required=True,
        ),
        Field("nodes", ListOf(Text(), order=False), "Names of the nodes with the label.", computed=True),
        Field("key", Text(), "Label key. Node.Spec.Labels.", required=True),
        Field("value", Text(), "Label value. Default ''."),
        Field("overwrite", Boolean(), "Overwrite a value that someone else set. Default false."),
    ),
    (
        Field("previous", MapOf(Text()), "Previous values, by node id; restored on destroy.", required=True),
        Field("node_ids", ListOf(Text()), "Ids of the nodes that this resource has labelled.", required=True),
        _INCARNATION,
    ),
    ("value",),
)
NODE: Final = Resource(
    "Node",
    "Availability of a node. Destroy restores the previous one.",
    (
        Field("node", Text(), "Name or id of the node.", required=True),
        Field(
            "availability",
            Choice(("active", "pause", "drain"), "Availability"),
            "active: accepts tasks; pause: no new tasks, keeps running ones; drain: no tasks, running ones are moved. "
            "Default active.",
        ),
        Field("strict", Boolean(), "Treat every warning as an error. Default: the provider's."),
    ),
    (
        Field("node_id", Text(), "Docker's id.", required=True),
        Field("previous", Text(), "Previous availability; restored on destroy.", required=True),
        _INCARNATION,
    ),
    ("availability",),
)
SERVICE: Final = Resource(
    "Service",
    "A service: tasks of one image that Swarm keeps running.",
    (*service.SPEC_INPUTS, *service.CONTROL_INPUTS),
    service.OUTPUTS,
)
DEPLOYED_SERVICE: Final = ObjectOf(
    "DeployedService",
    tuple(replace(entry, required=False) for entry in service.OUTPUTS if entry.name != "incarnation"),
    "A service of a Stack or Release.",
)
RELEASE: Final = Resource(
    "Release",
    "A whole stack from compose files as one resource: all of it is deployed, or the stack returns to what it was.",
    (
        Field(
            "compose_file",
            ListOf(Text(), before=short_forms.listed, also=("str",)),
            "Compose file, or several: later ones override earlier ones. Relative paths start in the folder of "
            "Pulumi.yaml.",
        ),
        Field("compose", Text(), "The text of a compose file, in the place of `compose_file`."),
        Field(
            "base_dir",
            Text(),
            "With `compose`, the folder in which relative paths of the text start. Default: that of Pulumi.yaml.",
        ),
        Field("name", Text(), "Name in the swarm. Default: `name:` of the files, else the logical name."),
        Field("stack_name", Text(), "Name in the swarm.", computed=True),
        Field(
            "env",
            MapOf(Text(before=short_forms.plain_text, also=("bool", "float", "int"))),
            "Values for `${VAR}` in the files, over the process environment.",
        ),
        Field("env_only", Boolean(), "Take `env` instead of the process environment, not over it. Default false."),
        Field(
            "dialect",
            Choice(("docker", "compose-spec"), "ComposeDialect"),
            "Whose rules the files are read by: those of `docker stack deploy` (default) or of `docker compose`.",
        ),
        Field(
            "env_file",
            ListOf(Text(), before=short_forms.listed, also=("str",)),
            "With dialect compose-spec, files of variables in the place of `.env` beside the first file.",
        ),
        Field("profiles", ListOf(Text()), "Profiles whose services are taken too."),
        Field(
            "secrets",
            MapOf(Type()),
            "Compose key -> the content as text, or `{name: ...}` of a secret that exists.",
            secret=True,
        ),
        Field("configs", MapOf(Type()), "Compose key -> the content as text, or `{name: ...}` of one that exists."),
        Field("networks", MapOf(Type()), "Compose key -> the name of a network that exists, or `{name: ...}`."),
        Field(
            "volumes",
            MapOf(Type()),
            "Compose key -> the name of a volume, or `{name: ..., driver: ..., driverOpts: ..., labels: ...}`.",
        ),
        Field(
            "renames",
            MapOf(Text()),
            "Old service key -> new one: the old service is removed first, and the new one takes its place.",
        ),
        Field("services", MapOf(Type()), "What the files say of each service.", computed=True),
        Field("dependencies", MapOf(ListOf(Text())), "Which services come before a service.", computed=True),
        Field("wait", Boolean(), "Wait until the tasks run. Default true; `x-pulumi` of a service wins."),
        Field("fail_after", DURATION, "Time without progress after which a service counts as failed. Default 5m."),
        Field(
            "on_failure",
            Choice(("rollback", "keep"), "OnFailure"),
            "When a service fails: rollback (default) returns the whole stack to what it was; keep leaves it.",
        ),
        Field(
            "resolve_image",
            Choice(("changed", "always", "never"), "ResolveImage"),
            "When a registry is asked for digests. Default changed.",
        ),
        Field("keep_previous", Integer(0), "Old versions of each config and secret that are kept. Default 1."),
        Field(
            "adopt",
            Boolean(),
            "Adopt services, networks and configs that exist outside of this program. Default false.",
        ),
        Field(
            "adopt_secrets",
            Choice(("trust", "rotate"), "SecretAdoption"),
            "Adopt secrets, too: trust that the content is equal, or make a new version.",
        ),
        Field(
            "replace_networks", Boolean(), "Replace networks that differ; their services stop meanwhile. Default false."
        ),
        Field("strict", Boolean(), "Every warning is an error. Default: the provider's."),
        ADVICE_INPUT,
    ),
    (
        Field("stack_name", Text(), "Name in the swarm.", required=True),
        Field(
            "services",
            MapOf(DEPLOYED_SERVICE),
            "By compose key: its name, Docker's id, the image with its digest, the endpoint.",
            required=True,
        ),
        Field("networks", MapOf(Text()), "By compose key: the actual name.", required=True),
        Field("configs", MapOf(Text()), "By compose key: the name of the current version.", required=True),
        Field("secrets", MapOf(Text()), "By compose key: the name of the current version.", required=True),
    ),
)

RESOURCES: Final = {
    resource.token: resource for resource in (CONFIG, SECRET, NETWORK, VOLUME, NODE, NODE_LABEL, SERVICE, RELEASE)
}

_OBJECT_ARGS: Final = (
    Field(
        "name",
        Text(),
        "Exact name, or the base name of a family (its current version is returned).",
        required=True,
    ),
    Field("project", Text(), "Pulumi project that owns the family, where several have one of that name."),
)


def _object_outputs(kind: str) -> tuple[Field, ...]:
    return (
        Field("name", Text(), "Actual name.", required=True),
        Field("id", Text(), "Docker's id.", required=True),
        Field("labels", MapOf(Text()), "Its labels.", required=True),
        *(
            (
                Field("data", Text(), "Content, if it is UTF-8 text.", required=True),
                Field("data_base64", Text(), "Content as base64.", required=True),
            )
            if kind == "config"
            else ()
        ),
    )


NODE_OUTPUTS: Final = (
    Field("id", Text(), "Docker's id.", required=True),
    Field("hostname", Text(), "Host name.", required=True),
    Field("role", Text(), "manager or worker.", required=True),
    Field("availability", Text(), "active, pause or drain.", required=True),
    Field("state", Text(), "ready, down, disconnected or unknown.", required=True),
    Field("address", Text(), "Address as seen by the swarm.", required=True),
    Field("labels", MapOf(Text()), "Its labels.", required=True),
    Field("engine_version", Text(), "Version of its engine.", required=True),
)
NODE_INFO: Final = ObjectOf("NodeInfo", NODE_OUTPUTS, "A node as the swarm sees it.")

FUNCTIONS: Final = {
    function.token: function
    for function in (
        Function(
            "getConfig",
            "Look up a config, or the current version of a family of configs.",
            _OBJECT_ARGS,
            _object_outputs("config"),
        ),
        Function(
            "getSecret",
            "Look up a secret, or the current version of a family of secrets.",
            _OBJECT_ARGS,
            _object_outputs("secret"),
        ),
        Function(
            "getNetwork",
            "Look up a network by its exact name or id.",
            (Field("name", Text(), "Exact name or id.", required=True),),
            (
                Field("name", Text(), "Name.", required=True),
                Field("id", Text(), "Docker's id.", required=True),
                Field("driver", Text(), "Driver.", required=True),
                Field("scope", Text(), "swarm or local.", required=True),
                Field("labels", MapOf(Text()), "Its labels.", required=True),
                Field("attachable", Boolean(), "Standalone containers may attach.", required=True),
            ),
        ),
        Function(
            "getNode",
            "Look up a node by its host name or id.",
            (Field("node", Text(), "Host name or id.", required=True),),
            NODE_OUTPUTS,
        ),
        Function(
            "getNodes",
            "List the nodes, all, or those with given labels or a role.",
            (
                Field("role", Choice(("manager", "worker"), "NodeRole"), "Only nodes of this role."),
                Field("labels", LABELS, "Only nodes with all of these labels."),
            ),
            (Field("nodes", ListOf(NODE_INFO), "The nodes, ordered by host name.", required=True),),
        ),
    )
}
