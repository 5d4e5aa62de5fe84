"""The plan of a stack -> its child resources, in order, with their references and options."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

import pulumi

from swarm_provider.compose import ServiceEntry, Template
from swarm_provider.compose.children import VOLUME_OPTIONS, Bound, Plan, filled, has_content, not_bindable
from swarm_provider.compose.children import Child as Planned
from swarm_provider.core import Json
from swarm_provider.core.names import camel, snake
from swarm_provider.errors import InputError, Problem
from swarm_provider.resources.generated import Config, Network, Secret, Service
from swarm_provider.resources.lookups import INFO

MAKERS: Final[dict[str, Callable[..., pulumi.Resource]]] = {
    "network": Network,
    "config": Config,
    "secret": Secret,
    "service": Service,
}


def bindings(given: Mapping[str, Mapping[str, Any] | None]) -> dict[str, dict[str, Bound]]:
    """Return what a program bound to keys of the file, by kind: resources and lookups are referred to, not content.

    Raises:
        InputError: a mapping is none, or says neither a name nor content.
    """
    return {
        kind: {key: _binding(kind, key, value) for key, value in keyed(values, f"{kind}s").items()}
        for kind, values in given.items()
    }


def keyed(values: Any, name: str) -> Mapping[str, Any]:
    """Return a mapping whose keys are known; None is an empty one.

    Raises:
        InputError: it is an Output, or something else.
    """
    if isinstance(values, pulumi.Output):
        raise InputError(Problem("its keys must be known at preview; make only its values Outputs", name))
    if values is not None and not isinstance(values, Mapping):
        raise InputError(Problem(f"must be a mapping, not {type(values).__name__}", name))
    return values or {}


def _binding(kind: str, key: str, value: Any) -> Bound:
    if isinstance(value, INFO):
        return Bound(value.name)
    if not isinstance(value, Mapping):
        return Bound(value, has_content(kind) and not isinstance(value, pulumi.Resource))
    said = {camel(str(word)): entry for word, entry in value.items()}
    others = said.keys() - {"name", *(VOLUME_OPTIONS if kind == "volume" else ())}
    if "name" in said and not others:
        return Bound(said["name"])
    if has_content(kind) and said.keys() == {"dataBase64"}:
        return Bound(said["dataBase64"], is_content=True, is_base64=True)
    raise InputError(not_bindable(kind, key))


def volume_options(volumes: Mapping[str, Any] | None) -> dict[str, Json]:
    """Return by key the options of the volumes that are bound by a mapping."""
    given = {key: value for key, value in keyed(volumes, "volumes").items() if isinstance(value, Mapping)}
    return {
        key: {camel(str(word)): entry for word, entry in value.items() if word != "name"}
        for key, value in given.items()
    }


@dataclass(frozen=True)
class Child:
    """A child to be made: `MAKERS[kind](name, options, **args)`.

    Attributes:
        kind: `network`, `config`, `secret` or `service`.
        key: its key in the compose file.
        name: its logical name.
    """

    kind: str
    key: str
    name: str
    options: pulumi.ResourceOptions
    args: Json


class Children:
    """The children of one Stack.

    Attributes:
        services, networks, configs, secrets: what was made, by the key in the compose file.
    """

    def __init__(self, parent: Any, plan: Plan, depends_on: Any = None) -> None:
        self._parent = parent
        self._logical: str = parent.pulumi_resource_name
        self._plan = plan
        self._depends_on = depends_on
        self._actual: dict[tuple[str, str], Any] = dict(plan.references)
        self.services: dict[str, Service] = {}
        self.networks: dict[str, Network] = {}
        self.configs: dict[str, Config] = {}
        self.secrets: dict[str, Secret] = {}
        self._made: dict[str, dict[str, Any]] = {
            "service": self.services,
            "network": self.networks,
            "config": self.configs,
            "secret": self.secrets,
        }

    def children(self) -> Iterator[Child]:
        """Yield every child, for the caller to make and `keep` before the next.

        The caller's frame makes it, none of ours: each frame would stand in the state of each child.

        """
        for planned in self._plan.children:
            options = None if planned.entry is None else self._options(planned, planned.entry)
            common = pulumi.ResourceOptions(parent=self._parent, depends_on=self._depends_on)
            merged = pulumi.ResourceOptions.merge(common, options)
            args = {snake(name): filled(value, self._actual, _text) for name, value in planned.inputs.items()}
            yield Child(planned.kind, planned.key, f"{self._logical}-{planned.key}", merged, args)

    def keep(self, child: Child, made: pulumi.Resource) -> None:
        """Take a child that was made, for those that refer to it."""
        self._actual[child.kind, child.key] = self._made[child.kind][child.key] = made

    def _options(self, planned: Planned, entry: ServiceEntry) -> pulumi.ResourceOptions:
        """Return the resource options that the file's `x-pulumi` gives, with the order and the aliases."""
        given = entry.x_pulumi
        timeouts = given.get("custom_timeouts")
        options = pulumi.ResourceOptions(
            ignore_changes=list(planned.ignored) or None,
            protect=given.get("protect"),
            custom_timeouts=pulumi.CustomTimeouts(**timeouts) if timeouts else None,
            depends_on=[self.services[other] for other in planned.depends_on],
        )
        if planned.renamed_from is not None:
            options.aliases = [pulumi.Alias(name=f"{self._logical}-{planned.renamed_from}")]
            options.delete_before_replace = True
        return options


def _text(template: Template) -> pulumi.Output[str]:
    parts: tuple[Any, ...] = template.parts
    return pulumi.Output.concat(*parts)
