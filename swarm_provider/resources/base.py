"""What all resource classes share: arguments into wire form, options, and what can be read from a resource."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, ClassVar, Self

import pulumi

from swarm_provider.core import Json
from swarm_provider.model import Resource
from swarm_provider.model.schema import PACKAGE
from swarm_provider.model.types.kinds import Type
from swarm_provider.resources.arguments import surprises
from swarm_provider.resources.arguments.content import read_content, with_profile
from swarm_provider.resources.arguments.options import prepared
from swarm_provider.resources.arguments.shown import shown
from swarm_provider.resources.arguments.wire import to_wire
from swarm_provider.resources.bound import with_names
from swarm_provider.resources.program import registry, sdk, shim
from swarm_provider.resources.program.error_reporting import explained


class _Readable:
    """Reading properties: outputs come from the engine, inputs are what the program gave, in Python's spelling.

    What `get` only looks at has been given nothing; there the plugin's outputs, which repeat inputs, say all.
    """

    _model: ClassVar[Resource]
    _given: Json | None
    _shown: dict[str, pulumi.Output[Any]]

    def _value(self: Any, wire: str) -> pulumi.Output[Any]:
        for entry in self._model.outputs:
            if entry.wire == wire:
                answered: pulumi.Output[Any] = self._answered(entry.type, wire)
                return answered
        if wire not in self._shown:
            self._shown[wire] = self._looked_at(wire) if self._given is None else self._input(wire)
        shown: pulumi.Output[Any] = self._shown[wire]
        return shown

    def _answered(self: Any, type_: Type, wire: str) -> pulumi.Output[Any]:
        found: pulumi.Output[Any] = pulumi.get(self, wire)
        has_objects = next(type_.types(), None) is not None
        return found.apply(lambda value: shown(type_, value)) if has_objects else found

    def _looked_at(self: Any, wire: str) -> pulumi.Output[Any]:
        type_ = self._model.shape.by_wire[wire].type
        found: pulumi.Output[Any] = pulumi.get(self, wire)
        return found.apply(lambda value: shown(type_, value))

    def _input(self: Any, wire: str) -> pulumi.Output[Any]:
        type_ = self._model.shape.by_wire[wire].type
        value = self._given.get(wire)
        if value is None and wire == "name":
            # Check has taken the logical name, or the one that `pulumi:autonaming` proposes; a test's mocks say none
            named: pulumi.Output[Any] = pulumi.get(self, wire)
            return named.apply(lambda found: found or self.pulumi_resource_name)
        # the URN is known in previews too; with it the Output depends on this resource
        both = pulumi.Output.all(self.urn, pulumi.Output.from_input(value))
        return both.apply(lambda pair: shown(type_, pair[1]))


class SwarmResource(_Readable, pulumi.CustomResource):
    """A resource that the plugin looks after."""

    _other_words: ClassVar[dict[str, str]] = {}
    """Input -> the keyword that stands for it in Python, where they differ."""

    def _register(self, resource_name: str, args: Json, opts: pulumi.ResourceOptions | None) -> None:
        """Do the work of every constructor; not called `__init__`, since the SDK counts those (see problems.py)."""
        shim.keep_shim()
        model = self._model
        args = {name: value for name, value in args.items() if value is not None}
        if model.name in ("Config", "Secret"):
            read_content(args)
        waits: list[pulumi.Resource] = []
        if model.name == "Service":
            surprises.warn(resource_name, args)
            waits = _prepare_service(args)
        elif model.name == "Release":
            here = registry.current()
            # which labels its services are constrained on is known to the plugin only
            waits = [*here.nodes, *(label for labels in here.node_labels.values() for label in labels)]
            args = with_names(args, here.by_resource)
        words = {word: name for name, word in self._other_words.items()}
        options = prepared(model, opts, words, waits)
        given = to_wire(model.shape, args)
        self._given, self._shown = given, {}
        outputs = dict.fromkeys(entry.wire for entry in model.outputs) | dict.fromkeys({"name"} & model.repeated)
        pulumi.CustomResource.__init__(self, model.token, resource_name, {**outputs, **given}, options)
        _rest_with_registration(self, ("id", *outputs, *given))
        if model.name == "NodeLabel":
            registry.current().made_node_label(self, args)
        elif model.name == "Node":
            registry.current().nodes.append(self)
        elif model.name == "Volume":
            registry.current().made_volume(self, args.get("name", resource_name), args)

    @classmethod
    @explained
    def get(cls, resource_name: str, id: pulumi.Input[str], opts: pulumi.ResourceOptions | None = None) -> Self:
        """Return a resource that exists already, read from the swarm and not managed by this program.

        Args:
            resource_name: a logical name for it.
            id: the resource's id: its name in the swarm (of a Config or Secret: the base name).
            opts: Pulumi's resource options.
        """
        shim.keep_shim()
        found = cls.__new__(cls)
        found._given, found._shown = None, {}  # noqa: SLF001 - it is one of this class
        model = cls._model
        names = dict.fromkeys(entry.wire for entry in (*model.inputs, *model.outputs))
        options = prepared(model, pulumi.ResourceOptions.merge(opts, pulumi.ResourceOptions(id=id)), {})
        pulumi.CustomResource.__init__(found, model.token, resource_name, names, options)
        return found


class ProviderBase(_Readable, pulumi.ProviderResource):
    """The explicit provider: one swarm and how to reach it."""

    _other_words: ClassVar[dict[str, str]] = {}

    def _register(self, resource_name: str, args: Json, opts: pulumi.ResourceOptions | None) -> None:
        shim.keep_shim()
        args = {name: value for name, value in args.items() if value is not None}
        given = to_wire(self._model.shape, args)
        self._given, self._shown = given, {}
        pulumi.ProviderResource.__init__(self, PACKAGE, resource_name, given, prepared(self._model, opts, {}))


def _rest_with_registration(resource: pulumi.Resource, names: Iterable[str]) -> None:
    """Let the SDK wait for a resource's registration alone, not for each of its properties too.

    It looks at everything that it waits for whenever one of them is done, so that thousands of properties, all of which
    the registration sets, take longer than the registrations. It waits for the registrations first, but only for those
    that have begun: while it waits for the newest URN, all begin.
    """
    here = registry.current()
    for name in names:
        sdk.untrack(sdk.property_of(resource, name))
    if here.newest is not None:
        sdk.untrack(here.newest)
    here.newest = resource.urn


def _prepare_service(args: Json) -> list[pulumi.Resource]:
    """Complete the mounts of this program's volumes, in place; return the NodeLabels and Nodes to wait for."""
    here = registry.current()
    if isinstance(args.get("security_opt"), (list, tuple)):
        args["security_opt"] = [with_profile(option) for option in args["security_opt"]]
    if isinstance(args.get("volumes"), (list, tuple)):
        args["volumes"] = [here.mount(entry) for entry in args["volumes"]]
    deploy = args.get("deploy")
    placement = deploy.get("placement") if isinstance(deploy, dict) else None
    constraints = placement.get("constraints") if isinstance(placement, dict) else None
    return [*here.labels_of(constraints), *here.nodes]
