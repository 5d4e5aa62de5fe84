"""What this program made so far, where one resource has to know of another one by its words alone.

A service constrained on `node.labels.K` needs the NodeLabels of K first, each service the Nodes, and a mount of a
volume by name has to carry the options of the Volume resource, because Swarm makes a lazy volume where the task runs,
from what the mount says.
One registry per run: with the Automation API several programs run in one process.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final
from weakref import WeakKeyDictionary

import pulumi

from swarm_provider.core import Json
from swarm_provider.core.foreign import shown
from swarm_provider.model.rules import constraints as constraints_grammar
from swarm_provider.model.types import short_forms
from swarm_provider.resources.program import sdk

_NODE_LABEL: Final = "node.labels."
_MOUNT_OPTIONS: Final = ("driver", "driver_opts", "labels")


@dataclass
class Program:
    """The resources of one run that others refer to by words.

    Attributes:
        node_labels: label key -> the NodeLabel resources of it.
        nodes: the Node resources: what runs where depends on which nodes take tasks.
        volumes: volume name -> the Volume resource and its arguments.
        constrained: label keys that services made so far are constrained on.
        newest: the URN of the resource that was made last.
        is_remote: the program is of another language, and the plugin makes this part of it (Construct).
    """

    node_labels: dict[str, list[pulumi.Resource]] = field(default_factory=dict)
    nodes: list[pulumi.Resource] = field(default_factory=list)
    volumes: dict[str, tuple[pulumi.Resource, Json]] = field(default_factory=dict)
    by_resource: dict[pulumi.Resource, Json] = field(default_factory=dict)
    constrained: set[str] = field(default_factory=set)
    newest: pulumi.Output[str] | None = None
    is_remote: bool = False

    def made_node_label(self, resource: pulumi.Resource, args: Mapping[str, Any]) -> None:
        key = args.get("key")
        if not isinstance(key, str):
            return
        self.node_labels.setdefault(key, []).append(resource)
        if key in self.constrained:
            pulumi.log.warn(
                shown(
                    f"a service that is constrained on node.labels.{key} comes before this NodeLabel in the program, "
                    f"so it does not wait for it; create the NodeLabel first"
                ),
                resource,
            )

    def made_volume(self, resource: pulumi.Resource, name: Any, args: Mapping[str, Any]) -> None:
        options = {key: args[key] for key in _MOUNT_OPTIONS if args.get(key) is not None}
        self.by_resource[resource] = options
        if isinstance(name, str):
            self.volumes[name] = (resource, options)

    def labels_of(self, constraints: Any) -> list[pulumi.Resource]:
        """Return the NodeLabels that these placement constraints speak of."""
        found: list[pulumi.Resource] = []
        for text in constraints if isinstance(constraints, (list, tuple)) else ():
            constraint = constraints_grammar.parse(text) if isinstance(text, str) else None
            if constraint is not None and constraint.key.startswith(_NODE_LABEL):
                label = constraint.key.removeprefix(_NODE_LABEL)
                self.constrained.add(label)
                found += self.node_labels.get(label, [])
        return found

    def mount(self, entry: Any) -> Any:
        """Return a mount in its long form, one of a Volume of this program with the options that the volume has."""
        full = _long_form(entry)
        if full is None:
            return entry
        source = full.get("source")
        if full.get("type", "volume") != "volume":
            return full
        if isinstance(source, pulumi.Resource) and source in self.by_resource:
            volume, options = source, self.by_resource[source]
        elif isinstance(source, str) and source in self.volumes:
            volume, options = self.volumes[source]
        else:
            return full
        given = full.get("volume")
        if given is not None and not isinstance(given, Mapping):
            return full
        return {**full, "type": "volume", "source": volume, "volume": {**options, **(given or {})}}


def _long_form(entry: Any) -> Json | None:
    if isinstance(entry, Mapping):
        return dict(entry)
    if not isinstance(entry, str):
        return None
    try:
        long: Json = short_forms.volume(entry)
    except ValueError:
        return None
    return long


# of the process, and not handed on: Pulumi makes resources by their classes, which have no other way to the run
_programs: WeakKeyDictionary[Any, Program] = WeakKeyDictionary()


def current() -> Program:
    """Return the registry of the run that is going on."""
    return _programs.setdefault(sdk.current_run(), Program())
