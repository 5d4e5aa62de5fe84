"""A read compose project -> the child resources of a Stack, in order, with their references and options."""

from __future__ import annotations

import graphlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final

import pulumi

from swarm_provider.compose import ObjectEntry, Project, Ref, ServiceEntry, Template
from swarm_provider.core import Json
from swarm_provider.core.names import snake
from swarm_provider.errors import InputError, Problem
from swarm_provider.model.resources import SERVICE
from swarm_provider.model.types.kinds import nearest
from swarm_provider.resources.arguments.wire import wire_path
from swarm_provider.resources.generated import Config, Network, Secret, Service
from swarm_provider.resources.lookups import ConfigInfo, NetworkInfo, SecretInfo
from swarm_provider.resources.program.error_reporting import said

MAKERS: Final[dict[str, Callable[..., pulumi.Resource]]] = {
    "network": Network,
    "config": Config,
    "secret": Secret,
    "service": Service,
}
_INFO = (ConfigInfo, NetworkInfo, SecretInfo)
_CONTENT = ("data", "data_base64")


@dataclass(frozen=True)
class Settings:
    """What was set on the Stack for its children; None: each child's own default."""

    wait: bool | None = None
    fail_after: str | None = None
    resolve_image: str | None = None
    keep_previous: int | None = None
    adopt: bool | None = None
    adopt_secrets: str | None = None
    replace_networks: bool | None = None
    strict: bool | None = None
    advice: Sequence[str] | None = None


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

    def __init__(
        self,
        parent: Any,
        project: Project,
        settings: Settings,
        bound: Mapping[str, dict[str, Any]],
        renames: Mapping[str, str],
        depends_on: Any = None,
    ) -> None:
        self._parent = parent
        self._logical: str = parent.pulumi_resource_name
        self._stack: str = parent.stack_name
        self._project = project
        self._settings = settings
        self._bound = bound
        self._renames = {new: old for old, new in renames.items()}
        self._depends_on = depends_on
        self._actual: dict[tuple[str, str], Any] = {}
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

    def plan(self) -> Iterator[Child]:
        """Yield every child, for the caller to make and `keep` before the next.

        The caller's frame makes it, none of ours: each frame would stand in the state of each child.

        Raises:
            InputError: a binding or a rename does not fit the file.
        """
        self._check_words()
        for key, entry in self._project.networks.items():
            yield from self._network(key, entry)
        for key, entry in self._project.volumes.items():
            self._actual["volume", key] = self._bound["volume"].get(key, entry.name)
        for key, entry in self._project.configs.items():
            yield from self._family("config", key, entry)
        for key, entry in self._project.secrets.items():
            yield from self._family("secret", key, entry)
        for key in self._in_order():
            yield self._service(key)

    def keep(self, child: Child, made: pulumi.Resource) -> None:
        """Take a child that was made, for those that refer to it."""
        self._actual[child.kind, child.key] = self._made[child.kind][child.key] = made

    # ------------------------------------------------------------ checks

    def _check_words(self) -> None:
        problems: list[Problem] = []
        for kind, given in self._bound.items():
            known = tuple(getattr(self._project, f"{kind}s"))
            problems += [
                Problem(f"the compose file declares no {kind} {key!r}{nearest(key, known)}", f"{kind}s")
                for key in given
                if key not in known
            ]
        services = tuple(self._project.services)
        for new, old in self._renames.items():
            if new not in services:
                problems.append(
                    Problem(f"{old!r} -> {new!r}: there is no service {new!r}{nearest(new, services)}", "renames")
                )
            if old in services:
                problems.append(Problem(f"{old!r} -> {new!r}: the service {old!r} is still in the file", "renames"))
        if problems:
            raise InputError(*problems)

    def _in_order(self) -> list[str]:
        """Return the services' keys, each after those that it depends on."""
        edges = {key: entry.depends_on for key, entry in self._project.services.items()}
        return list(graphlib.TopologicalSorter(edges).static_order())

    # ---------------------------------------------------------- children

    def _network(self, key: str, entry: ObjectEntry) -> Iterator[Child]:
        bound = self._bound["network"].get(key)
        if bound is not None:
            self._actual["network", key] = bound.name if isinstance(bound, _INFO) else bound
        elif entry.external:
            self._actual["network", key] = entry.name
        else:
            args = {"adopt": self._settings.adopt, "replace": self._settings.replace_networks}
            yield self._child("network", key, {**args, **self._args(entry.inputs)})

    def _family(self, kind: str, key: str, entry: ObjectEntry) -> Iterator[Child]:
        bound = self._bound[kind].get(key)
        if isinstance(bound, (pulumi.Resource, *_INFO)):
            self._actual[kind, key] = bound.name if isinstance(bound, _INFO) else bound
            return
        if bound is None and entry.external:
            self._actual[kind, key] = entry.name
            return
        args = {"keep_previous": self._settings.keep_previous, **self._args(entry.inputs)}
        args["name"] = args.pop("base_name", entry.name)
        if bound is not None:
            args = {name: value for name, value in args.items() if name not in _CONTENT} | {"data": bound}
            if entry.external:
                args |= {"name": f"{self._stack}_{key}", "namespace": self._stack}
        if kind == "config":
            yield self._child(kind, key, {"adopt": self._settings.adopt, "advice": self._settings.advice, **args})
        else:
            yield self._child(kind, key, {"adopt": self._settings.adopt_secrets, **args})

    def _service(self, key: str) -> Child:
        entry = self._project.services[key]
        settings = self._settings
        args: Json = {
            "wait": settings.wait,
            "fail_after": settings.fail_after,
            "resolve_image": settings.resolve_image,
            "adopt": settings.adopt,
            "strict": settings.strict,
            "advice": settings.advice,
            **self._args(entry.inputs),
        }
        args["volumes"] = [self._mount(mount) for mount in entry.inputs.get("volumes") or ()] or None
        awaited = self._awaited.get(key)
        if awaited:
            # the condition is about what runs, so somebody has to wait until it does
            args["wait"] = None if args["wait"] is False else args["wait"]
            if entry.x_pulumi.get("wait") is False:
                self._warn(
                    f"is false, so {awaited!r} does not wait for what its depends_on says; remove one of the two",
                    entry,
                    f"services.{key}.x-pulumi.wait",
                )
        _check_paths(entry)
        options = _options(entry.x_pulumi, args)
        options.depends_on = [self.services[other] for other in entry.depends_on]
        if key in self._renames:
            options.aliases = [pulumi.Alias(name=f"{self._logical}-{self._renames[key]}")]
            options.delete_before_replace = True
        return self._child("service", key, args, options)

    @cached_property
    def _awaited(self) -> dict[str, str]:
        """By service, the first one whose depends_on asks for more of it than that it was started."""
        found: dict[str, str] = {}
        for other, entry in self._project.services.items():
            for key, dependency in entry.depends_on.items():
                if dependency.condition != "service_started":
                    found.setdefault(key, other)
        return found

    def _warn(self, text: str, entry: Any, path: str) -> None:
        problem = Problem(text, path, entry.file, entry.line)
        if self._settings.strict:
            raise InputError(problem)
        pulumi.log.warn(said(str(problem)), self._parent)

    def _child(self, kind: str, key: str, args: Json, options: pulumi.ResourceOptions | None = None) -> Child:
        common = pulumi.ResourceOptions(parent=self._parent, depends_on=self._depends_on)
        return Child(kind, key, f"{self._logical}-{key}", pulumi.ResourceOptions.merge(common, options), args)

    # -------------------------------------------------------- references

    def _args(self, inputs: Mapping[str, Any]) -> Json:
        """Return canonical inputs as keywords, with references and texts filled in."""
        return {"namespace": self._stack, **{snake(name): self._filled(value) for name, value in inputs.items()}}

    def _filled(self, value: Any) -> Any:
        if isinstance(value, Ref):
            return self._actual[value.kind, value.key]
        if isinstance(value, Template):
            parts: tuple[Any, ...] = value.parts
            return pulumi.Output.concat(*parts)
        if isinstance(value, Mapping):
            return {key: self._filled(entry) for key, entry in value.items()}
        if isinstance(value, (list, tuple)):
            return [self._filled(entry) for entry in value]
        return value

    def _mount(self, mount: Json) -> Any:
        """Fill in a mount; a bound volume brings its own driver and labels instead of those in the file."""
        source = mount.get("source")
        if isinstance(source, Ref) and source.key in self._bound["volume"]:
            options = {key: entry for key, entry in (mount.get("volume") or {}).items() if key in ("nocopy", "subpath")}
            mount = {**mount, "volume": options}
        return self._filled(mount)


def _check_paths(entry: ServiceEntry) -> None:
    """Refuse a path of `ignore_changes` that no service has; it is not told, since variables may have made it."""
    for number, path in enumerate(entry.x_pulumi.get("ignore_changes", ()), 1):
        try:
            wire_path(SERVICE.shape, path)
        except InputError:
            text = f"entry {number} is not a property path of a service; write one such as 'deploy.replicas'"
            place = f"services.{entry.key}.x-pulumi.ignore_changes"
            raise InputError(Problem(text, place, entry.file, entry.line)) from None


def _options(given: Json, args: Json) -> pulumi.ResourceOptions:
    """Return the resource options that the file's `x-pulumi` gives; its `wait` goes into `args`."""
    if "wait" in given:
        args["wait"] = given["wait"]
    timeouts = given.get("custom_timeouts")
    return pulumi.ResourceOptions(
        ignore_changes=given.get("ignore_changes"),
        protect=given.get("protect"),
        custom_timeouts=pulumi.CustomTimeouts(**timeouts) if timeouts else None,
    )
