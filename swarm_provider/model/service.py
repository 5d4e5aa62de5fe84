"""The service: compose's keys, as far as Swarm has a word for them.

Sources are compose keys and, behind them, fields of Docker's ServiceSpec (API route POST /services/create). `CS` stands
for TaskTemplate.ContainerSpec.
"""

from __future__ import annotations

from typing import Final

from swarm_provider.core import platform
from swarm_provider.model import security
from swarm_provider.model.advice import ADVICE_INPUT
from swarm_provider.model.maps import LABELS, OPTIONS
from swarm_provider.model.mount import MOUNT
from swarm_provider.model.types import short_forms
from swarm_provider.model.types.kinds import (
    Boolean,
    Choice,
    Field,
    Integer,
    ListOf,
    MapOf,
    Number,
    ObjectOf,
    Text,
    Type,
    of_text,
)
from swarm_provider.model.types.measures import CPUS, DURATION, MEMSWAP, SIZE

JOB_MODES: Final = ("replicated-job", "global-job")
MODES: Final = ("replicated", "global", *JOB_MODES)
ENDPOINT_MODES: Final = ("vip", "dnsrr")
ACTIONS: Final = ("pause", "continue", "rollback")
CONDITIONS: Final = ("none", "on-failure", "any")
PORT_MODES: Final = ("ingress", "host")
ISOLATIONS: Final = ("default", "process", "hyperv")
_TEXTS: Final = ListOf(Text(), before=short_forms.listed, also=("str",))
_COMMAND: Final = ListOf(Text(), before=short_forms.shell_words, also=("str",))

HEALTHCHECK: Final = ObjectOf(
    "Healthcheck",
    (
        Field(
            "test",
            ListOf(Text(), before=short_forms.health_test, also=("str",)),
            "Command; a string runs in a shell. CS.Healthcheck.Test.",
        ),
        Field("interval", DURATION, "Time between two checks. Default: the image's, else 30s."),
        Field("timeout", DURATION, "Time after which a check has failed. Default: the image's, else 30s."),
        Field("retries", Integer(0), "Consecutive failures after which it is unhealthy. Default: the image's, else 3."),
        Field("start_period", DURATION, "Start period, in which failures do not count."),
        Field("start_interval", DURATION, "Time between checks in the start period. API 1.44."),
        Field("disable", Boolean(), "True: disable the image's health check."),
    ),
    "Health check.",
)
LOGGING: Final = ObjectOf(
    "Logging",
    (
        Field("driver", Text(), "Logging driver. TaskTemplate.LogDriver.Name."),
        Field("options", OPTIONS, "Driver options. TaskTemplate.LogDriver.Options."),
    ),
    "Logging driver of the tasks.",
)
ULIMIT: Final = ObjectOf(
    "Ulimit",
    (
        Field("soft", Integer(wide=True), "Soft limit.", required=True),
        Field("hard", Integer(wide=True), "Hard limit.", required=True),
    ),
    "A resource limit of the task's processes. CS.Ulimits, API 1.41.",
)


def _reference(kind: str) -> ObjectOf:
    return ObjectOf(
        f"Service{kind}",
        (
            Field("source", Text(), f"The {kind.lower()}: its name, or the name of a family.", required=True),
            Field("name", Text(), f"The actual {kind.lower()} that `source` stands for.", computed=True),
            Field("target", Text(), "File name or path in the container. CS.Configs/Secrets.File.Name."),
            Field("uid", Text(), "Owner of the file. Default '0'."),
            Field("gid", Text(), "Group of the file. Default '0'."),
            Field("mode", Integer(0), "File mode as a number; 0o444 = 292 is the default."),
        ),
        f"A {kind.lower()} that is mounted as a file.",
        before=short_forms.object_reference,
        also=("str",),
    )


CONFIG_REFERENCE: Final = _reference("Config")
SECRET_REFERENCE: Final = _reference("Secret")
CREDENTIAL_SPEC: Final = ObjectOf(
    "CredentialSpec",
    (
        Field("config", Text(), "Name of a config that holds it. API 1.40."),
        Field("file", Text(), "File on the node."),
        Field("registry", Text(), "Key of the Windows registry."),
    ),
    "Credential spec of a Windows container. CS.Privileges.CredentialSpec.",
)
NETWORK_REFERENCE: Final = ObjectOf(
    "ServiceNetwork",
    (
        Field("name", Text(), "Name of the network. TaskTemplate.Networks.Target.", required=True),
        Field("aliases", ListOf(Text()), "More names of the service in that network, in order."),
        Field("driver_opts", OPTIONS, "Driver options of the attachment."),
    ),
    "A network that the tasks are attached to.",
    before=short_forms.network_reference,
    also=("str",),
)
PORT: Final = ObjectOf(
    "Port",
    (
        Field("target", Integer(1, 65535), "Port in the container.", required=True),
        Field("published", Integer(0, 65535), "Published port. Not set: Swarm chooses one."),
        Field("protocol", Choice(short_forms.PROTOCOLS, "PortProtocol"), "Default tcp."),
        Field("mode", Choice(PORT_MODES, "PortMode"), "ingress (default): on every node; host: where a task runs."),
        Field("name", Text(), "Name of the port. EndpointSpec.Ports.Name."),
    ),
    "A published port. EndpointSpec.Ports.",
)
_UPDATE_FIELDS: Final = (
    Field("parallelism", Integer(0), "Tasks updated at a time; 0: all at once. Default 1."),
    Field("delay", DURATION, "Delay between batches. Default 0s."),
    Field(
        "failure_action",
        Choice(ACTIONS, "FailureAction"),
        "Action on failure. Default pause.",
    ),
    Field("monitor", DURATION, "How long each new task is monitored for failure. Default 5s."),
    Field("max_failure_ratio", Number(), "Failure ratio to tolerate, 0 to 1. Default 0."),
    Field(
        "order",
        Choice(("stop-first", "start-first"), "UpdateOrder"),
        "Default stop-first: capacity drops by one batch.",
    ),
)
UPDATE_CONFIG: Final = ObjectOf("UpdateConfig", _UPDATE_FIELDS, "Rolling update settings. Spec.UpdateConfig.")
ROLLBACK_CONFIG: Final = ObjectOf("RollbackConfig", _UPDATE_FIELDS, "Rollback settings. Spec.RollbackConfig.")
RESTART_POLICY: Final = ObjectOf(
    "RestartPolicy",
    (
        Field("condition", Choice(CONDITIONS, "RestartCondition"), "Default any."),
        Field("delay", DURATION, "Delay before a restart. Default 5s."),
        Field("max_attempts", Integer(0), "Restarts in the window; 0: no limit."),
        Field("window", DURATION, "Window in which attempts are counted. Default: unlimited."),
    ),
    "Restart policy. TaskTemplate.RestartPolicy.",
)
GENERIC_RESOURCE: Final = ObjectOf(
    "GenericResource",
    (
        Field(
            "discrete_resource_spec",
            ObjectOf(
                "DiscreteResourceSpec",
                (
                    Field("kind", Text(), "Kind of resource, such as gpu.", required=True),
                    Field("value", Integer(wide=True), "How many.", required=True),
                ),
                "A discrete resource.",
            ),
            "A discrete resource.",
        ),
        Field(
            "named_resource_spec",
            ObjectOf(
                "NamedResourceSpec",
                (
                    Field("kind", Text(), "Kind of resource.", required=True),
                    Field("value", Text(), "Its name.", required=True),
                ),
                "A named resource.",
            ),
            "A named resource.",
        ),
    ),
    "A generic resource, as declared by nodes.",
)
RESOURCES: Final = ObjectOf(
    "Resources",
    (
        Field(
            "limits",
            ObjectOf(
                "ResourceLimits",
                (
                    Field("cpus", CPUS, "Number of cpus, such as '0.50'."),
                    Field("memory", SIZE, "Memory, such as 100M (binary: 104857600 bytes)."),
                    Field("pids", Integer(wide=True), "Number of processes. API 1.41."),
                ),
                "Resource limits of a task.",
            ),
            "Resource limits of a task. TaskTemplate.Resources.Limits.",
        ),
        Field(
            "reservations",
            ObjectOf(
                "ResourceReservations",
                (
                    Field("cpus", CPUS, "Number of cpus."),
                    Field("memory", SIZE, "Memory."),
                    Field("generic_resources", ListOf(GENERIC_RESOURCE), "Generic resources, as declared by nodes."),
                ),
                "Resource reservations of a task.",
            ),
            "Resource reservations of a task. TaskTemplate.Resources.Reservations.",
        ),
    ),
    "Limits and reservations of each task.",
)
PLACEMENT: Final = ObjectOf(
    "Placement",
    (
        Field("constraints", ListOf(Text()), "Conditions such as `node.labels.storage == raid`."),
        Field(
            "preferences",
            ListOf(
                ObjectOf(
                    "PlacementPreference",
                    (Field("spread", Text(), "Spread over the values of this label.", required=True),),
                    "A placement preference.",
                )
            ),
            "Placement preferences, in order.",
        ),
        Field("max_replicas_per_node", Integer(0), "Maximum of tasks on one node; 0: no limit. API 1.40."),
    ),
    "Placement constraints and preferences. TaskTemplate.Placement.",
)
DEPLOY: Final = ObjectOf(
    "Deploy",
    (
        Field(
            "mode",
            Choice(MODES, "ServiceMode"),
            "Default replicated. A change replaces the service.",
        ),
        Field("replicas", Integer(0), "Number of tasks. Not set: created with 1, afterwards not managed."),
        Field("max_concurrent", Integer(1), "replicated-job: tasks at a time. Default: replicas."),
        Field("endpoint_mode", Choice(ENDPOINT_MODES, "EndpointMode"), "Default vip."),
        Field("labels", LABELS, "Labels of the service (not of its containers)."),
        Field("resources", RESOURCES, "Limits and reservations of each task."),
        Field("update_config", UPDATE_CONFIG, "Rolling update settings."),
        Field("rollback_config", ROLLBACK_CONFIG, "Rollback settings."),
        Field("restart_policy", RESTART_POLICY, "Restart policy."),
        Field("placement", PLACEMENT, "Placement constraints and preferences."),
    ),
    "Deployment settings.",
)

SPEC_INPUTS: Final = (
    Field("name", Text(), "Name in the swarm. Default: the logical name."),
    Field("namespace", Text(), "The Docker stack that it belongs to, as in `docker stack ls`."),
    Field("image", Text(), "Image reference. CS.Image.", required=True),
    Field("resolved_image", Text(), "The image with the digest that a registry gave for it.", computed=True),
    Field("command", _COMMAND, "Arguments of the entrypoint; a string is split as by a shell. CS.Args."),
    Field("entrypoint", _COMMAND, "Replaces the image's entrypoint. CS.Command."),
    Field(
        "environment",
        MapOf(Text(), nulls=True, before=short_forms.key_values, also=("Sequence[str]",)),
        "Environment; null removes a variable of the image. CS.Env.",
    ),
    Field("labels", LABELS, "Labels of the containers: a change restarts tasks. CS.Labels."),
    Field("hostname", Text(), "Host name in the container; Swarm's templates work. CS.Hostname."),
    Field("user", Text(), "User, or user:group. CS.User."),
    Field("group_add", ListOf(Text()), "Additional groups of the user. CS.Groups."),
    Field("working_dir", Text(), "Working directory. CS.Dir."),
    Field("stop_signal", Text(), "Signal to stop the container. Default SIGTERM. CS.StopSignal."),
    Field("stop_grace_period", DURATION, "Time to wait before it is killed. Default 10s. CS.StopGracePeriod."),
    Field("tty", Boolean(), "Allocate a TTY. CS.TTY."),
    Field("stdin_open", Boolean(), "Keep stdin open. CS.OpenStdin."),
    Field("read_only", Boolean(), "Mount the root file system as read-only. CS.ReadOnly."),
    Field("init", Boolean(), "Run an init as PID 1. Default: the daemon's. CS.Init."),
    Field("isolation", Choice(ISOLATIONS, "Isolation"), "Windows isolation. CS.Isolation."),
    Field(
        "extra_hosts",
        ListOf(Text(), before=short_forms.extra_hosts),
        "Entries `host:ip` of /etc/hosts. CS.Hosts.",
    ),
    Field("dns", _TEXTS, "Name servers. CS.DNSConfig.Nameservers."),
    Field("dns_search", _TEXTS, "Search domains. CS.DNSConfig.Search."),
    Field("dns_opt", _TEXTS, "Resolver options. CS.DNSConfig.Options."),
    Field("cap_add", ListOf(Text(), order=False), "Capabilities added. CS.CapabilityAdd, API 1.41."),
    Field("cap_drop", ListOf(Text(), order=False), "Capabilities dropped. CS.CapabilityDrop, API 1.41."),
    Field("sysctls", LABELS, "Kernel settings of the container. CS.Sysctls."),
    Field("ulimits", MapOf(ULIMIT, before=short_forms.ulimits), "Limits by name. CS.Ulimits, API 1.41."),
    Field("oom_score_adj", Integer(-1000, 1000), "OOM killer score adjustment. API 1.46."),
    Field(
        "security_opt",
        ListOf(Text(before=of_text(security.canonical)), order=False),
        (
            "Options no-new-privileges:true, seccomp:default, seccomp:unconfined, seccomp:FILE (a profile, read by the "
            "program), apparmor:default, apparmor:unconfined, label:disable and label:user|role|type|level:NAME. "
            "CS.Privileges, API 1.44."
        ),
    ),
    Field(
        "mem_swappiness",
        Integer(-1, 100),
        "Swappiness, 0 to 100; -1: the node's. Resources.MemorySwappiness, API 1.52.",
    ),
    Field(
        "memswap_limit",
        MEMSWAP,
        (
            "Memory and swap together; -1: unlimited swap, 0: not set. Needs deploy.resources.limits.memory. "
            "Resources.SwapBytes, API 1.52."
        ),
    ),
    Field(
        "platform",
        Text(before=of_text(platform.checked)),
        "Only nodes of this platform, such as linux/arm64. Default: those of the image. Placement.Platforms.",
    ),
    Field("healthcheck", HEALTHCHECK, "Health check. CS.Healthcheck."),
    Field("logging", LOGGING, "Logging driver. TaskTemplate.LogDriver."),
    Field("credential_spec", CREDENTIAL_SPEC, "Credential spec of a Windows container."),
    Field("configs", ListOf(CONFIG_REFERENCE, order=False), "Configs mounted as files. CS.Configs."),
    Field("secrets", ListOf(SECRET_REFERENCE, order=False), "Secrets mounted as files. CS.Secrets."),
    Field(
        "networks",
        ListOf(NETWORK_REFERENCE, order=False, before=short_forms.networks),
        "Networks of the tasks.",
    ),
    Field(
        "ports",
        ListOf(PORT, order=False, before=short_forms.ports, also=("Sequence[Any]",)),
        "Published ports.",
    ),
    Field("volumes", ListOf(MOUNT), "Mounts, in order. CS.Mounts."),
    Field("deploy", DEPLOY, "Deployment settings."),
    Field(
        "force_update",
        Integer(0),
        "A change restarts the tasks. Not set: not managed. TaskTemplate.ForceUpdate.",
    ),
)

CONTROL_INPUTS: Final = (
    Field("owner", Text(), "Pulumi project and stack that own the service.", computed=True),
    Field("wait", Boolean(), "Wait until the tasks run. Default true."),
    Field(
        "fail_after",
        DURATION,
        (
            "Progress deadline: time without progress after which the update has failed. Default 5m; unless it is set, "
            "a job may run for as long as it needs."
        ),
    ),
    Field(
        "resolve_image",
        Choice(("changed", "always", "never"), "ResolveImage"),
        "When to resolve the image's digest at the registry.",
    ),
    Field("adopt", Boolean(), "Adopt a service that docker created. Default false."),
    Field("strict", Boolean(), "Treat every warning as an error. Default: the provider's."),
    ADVICE_INPUT,
)

OUTPUTS: Final = (
    Field("name", Text(), "Name in the swarm.", required=True),
    Field("service_id", Text(), "Docker's id.", required=True),
    Field("image", Text(), "Image with the digest that runs, where one is known.", required=True),
    Field(
        "endpoint", MapOf(Type()), "Mode, published ports and virtual addresses, as Docker reports them.", required=True
    ),
    Field("incarnation", Text(), "Random value that ties this state to the live object."),
)
