"""Every component: what a program of any language asks for as one resource, and what makes several of it.

Python programs have the classes `Stack` and `ConfigDirectory`; in other languages the plugin runs those classes for the
program (Construct). A component has no Check, so what is said of its inputs here is held against them by Construct.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from swarm_provider.model.maps import LABELS
from swarm_provider.model.resource import Definition
from swarm_provider.model.resources import CONFIG, RELEASE, SERVICE
from swarm_provider.model.types.kinds import Boolean, Field, Integer, MapOf, Text, Type


@dataclass(frozen=True)
class Component(Definition):
    """One kind of component; its outputs are what programs in other languages read of it.

    Attributes:
        eventual: inputs whose values may be Outputs; all others decide which resources there are.
    """

    eventual: frozenset[str] = frozenset()


def _same(of: tuple[Field, ...], *names: str) -> tuple[Field, ...]:
    """Return fields of another definition, which mean the same here."""
    by_name = {entry.name: entry for entry in of if not entry.computed}
    return tuple(by_name[name] for name in names)


STACK: Final = Component(
    "Stack",
    "The services, networks, configs, secrets and volumes of compose files, each a resource of its own.",
    (
        Field(
            "compose_file",
            RELEASE.shape.by_wire["composeFile"].type,
            "Compose file, or several: later ones override earlier ones. Relative paths start in the folder of "
            "Pulumi.yaml.",
            required=True,
        ),
        *_same(RELEASE.inputs, "name", "env", "env_only", "dialect", "env_file", "profiles"),
        Field(
            "secrets",
            MapOf(Type()),
            "Compose key -> the content as text, or `{name: ...}` of a secret that exists; content makes a Secret.",
            secret=True,
        ),
        Field(
            "configs",
            MapOf(Type()),
            "Compose key -> the content as text, or `{name: ...}` of a config that exists; content makes a Config.",
        ),
        *_same(RELEASE.inputs, "networks", "volumes"),
        Field(
            "renames",
            MapOf(Text()),
            "Old service key -> new one: one resource, whose old service is removed before the new one starts.",
        ),
        *_same(
            RELEASE.inputs,
            "wait",
            "fail_after",
            "resolve_image",
            "keep_previous",
            "adopt",
            "adopt_secrets",
            "replace_networks",
            "strict",
            "advice",
        ),
    ),
    RELEASE.outputs,
    frozenset(("env", "secrets", "configs", "networks", "volumes")),
)
CONFIG_DIRECTORY: Final = Component(
    "ConfigDirectory",
    "The files of a folder as configs, one per file: a changed file makes a new version of that config alone.",
    (
        Field(
            "directory",
            Text(),
            "Path of the folder; a relative one starts in the folder of Pulumi.yaml.",
            required=True,
        ),
        Field("pattern", Text(), "Which files, such as `*.conf`. Default: all, but for names that begin with a dot."),
        Field("name", Text(), "Beginning of the configs' names in the swarm. Default: the logical name."),
        Field("target", Text(), "Folder in the containers, for the output `mounts`. Default: /."),
        Field("labels", LABELS, "Labels of the configs; they change without a new version."),
        *_same(CONFIG.inputs, "namespace", "template_driver"),
        Field("keep_previous", Integer(0), "Old versions of each config that are kept. Default 1."),
        Field("adopt", Boolean(), "Adopt configs of these names that docker created. Default false."),
    ),
    (
        Field(
            "configs",
            MapOf(Text()),
            "By path below the folder: the name of the config's current version.",
            required=True,
        ),
        Field(
            "mounts",
            SERVICE.shape.by_wire["configs"].type,
            "Entries for `configs` of a service that put each file below `target`.",
            required=True,
        ),
    ),
    frozenset(("labels",)),
)

COMPONENTS: Final = {component.token: component for component in (STACK, CONFIG_DIRECTORY)}
