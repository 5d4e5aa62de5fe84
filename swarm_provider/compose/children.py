"""A read compose project -> the children of a stack, in order: what a Stack registers and a Release makes by itself."""

from __future__ import annotations

import graphlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final, Literal

from swarm_provider.compose.project import ObjectEntry, Project, ServiceEntry
from swarm_provider.compose.yaml.tree import Ref, Template
from swarm_provider.core import Json
from swarm_provider.errors import InputError, Problem
from swarm_provider.model.resources import SERVICE
from swarm_provider.model.types.kinds import nearest
from swarm_provider.model.types.spelling import wire_path

Kind = Literal["network", "config", "secret", "service"]
_CONTENT: Final = ("data", "dataBase64")
VOLUME_OPTIONS: Final = ("driver", "driverOpts", "labels")
"""What may be said of a bound volume beside its name: Swarm makes one where a task mounts it, out of the mount."""


@dataclass(frozen=True)
class Settings:
    """What was set on the stack for its children; None: each child's own default."""

    wait: bool | None = None
    fail_after: str | None = None
    resolve_image: str | None = None
    keep_previous: int | None = None
    adopt: bool | None = None
    adopt_secrets: str | None = None
    replace_networks: bool | None = None
    strict: bool | None = None
    advice: Sequence[str] | None = None


def has_content(kind: str) -> bool:
    """Tell whether text that is bound to a key of this kind is content; of the others it is a name."""
    return kind in ("config", "secret")


def not_bindable(kind: str, key: str) -> Problem:
    """Return what is said of a value that is bound to a key of the files and is neither content nor a name."""
    what = "must be the content as text, or {name: ...} of" if has_content(kind) else "must be the name of"
    return Problem(f"{what} a {kind} that exists", f"{kind}s[{key!r}]")


@dataclass(frozen=True)
class Bound:
    """What the user gave for a key of the file.

    Attributes:
        value: an object to refer to, or the content of a config or secret.
        is_content: which of the two.
        is_base64: the content comes as base64.
    """

    value: Any
    is_content: bool = False
    is_base64: bool = False


Bindings = Mapping[str, Mapping[str, Bound]]
"""By kind (`network`, `volume`, `config`, `secret`) and key."""


@dataclass(frozen=True)
class Child:
    """One child.

    Attributes:
        kind: which resource it is.
        key: its key in the compose file.
        inputs: its inputs under their wire names; `Ref`, `Template` and bound values are still in them.
        entry: of a service, what the file says of it: `x-pulumi`, file and line.
        depends_on: keys of the services that come before it.
        ignored: paths of inputs, in wire spelling, whose live values stay (`x-pulumi` of the file).
        renamed_from: key under which the service was known before.
    """

    kind: Kind
    key: str
    inputs: Json
    entry: ServiceEntry | None = None
    depends_on: Sequence[str] = ()
    ignored: Sequence[str] = ()
    renamed_from: str | None = None


@dataclass(frozen=True)
class Plan:
    """The children of a stack, each after those that it refers to.

    Attributes:
        references: what a `Ref` of this kind and key stands for where no child does: a name, or a bound value.
        warnings: what of the files does not go together.
    """

    children: Sequence[Child]
    references: Mapping[tuple[str, str], Any]
    warnings: Sequence[Problem] = field(default=())


def plan(
    project: Project, stack: str, settings: Settings, bound: Bindings, renames: Mapping[str, str] | None = None
) -> Plan:
    """Return the children of a stack.

    Args:
        project: what the files say.
        stack: its name in the swarm.
        settings: what the user asks of the stack.
        bound: names that are bound to other resources.
        renames: old service key -> new one.

    Raises:
        InputError: a binding, a rename or a path of `x-pulumi` does not fit the files; or a warning, with `strict`.
    """
    _check_keys(project, bound, renames or {})
    planner = _Planner(project, stack, settings, bound, {new: old for old, new in (renames or {}).items()})
    children = list(planner.children())
    if settings.strict and planner.warnings:
        raise InputError(*planner.warnings)
    return Plan(children, planner.references, planner.warnings)


def with_volume_options(plan: Plan, options: Mapping[str, Json]) -> Plan:
    """Return the plan with the options of bound volumes at each mount, from which Swarm makes a volume.

    Args:
        options: by key of the volume, `VOLUME_OPTIONS`.
    """

    def mount(entry: Json) -> Json:
        source = entry.get("source")
        own = options.get(source.key) if isinstance(source, Ref) and source.kind == "volume" else None
        return {**entry, "volume": {**own, **(entry.get("volume") or {})}} if own else entry

    def child(planned: Child) -> Child:
        mounts = planned.inputs.get("volumes")
        return replace(planned, inputs={**planned.inputs, "volumes": [*map(mount, mounts)]}) if mounts else planned

    return replace(plan, children=[*map(child, plan.children)]) if options else plan


def filled(value: Any, references: Mapping[tuple[str, str], Any], text: Callable[[Template], Any]) -> Any:
    """Return the inputs of a child with what its references stand for, and with its texts put together.

    Args:
        value: the inputs, or a part of them.
        references: by kind and key: those of the plan, and the children before it.
        text: puts a string together.
    """
    if isinstance(value, Ref):
        return references[value.kind, value.key]
    if isinstance(value, Template):
        return text(value)
    if isinstance(value, Mapping):
        return {key: filled(entry, references, text) for key, entry in value.items()}
    if isinstance(value, (list, tuple)):
        return [filled(entry, references, text) for entry in value]
    return value


def _check_keys(project: Project, bound: Bindings, renames: Mapping[str, str]) -> None:
    problems: list[Problem] = []
    for kind, given in bound.items():
        known = tuple(getattr(project, f"{kind}s"))
        problems += [
            Problem(f"the compose file declares no {kind} {key!r}{nearest(key, known)}", f"{kind}s")
            for key in given
            if key not in known
        ]
    services = tuple(project.services)
    for old, new in renames.items():
        if new not in services:
            problems.append(
                Problem(f"{old!r} -> {new!r}: there is no service {new!r}{nearest(new, services)}", "renames")
            )
        if old in services:
            problems.append(Problem(f"{old!r} -> {new!r}: the service {old!r} is still in the file", "renames"))
    if problems:
        raise InputError(*problems)


class _Planner:
    def __init__(
        self, project: Project, stack: str, settings: Settings, bound: Bindings, renamed: Mapping[str, str]
    ) -> None:
        self._project = project
        self._stack = stack
        self._settings = settings
        self._bound = bound
        self._renamed = renamed
        self._awaited = _awaited(project)
        self.references: dict[tuple[str, str], Any] = {}
        self.warnings: list[Problem] = []

    def children(self) -> Iterator[Child]:
        project = self._project
        for key, entry in project.networks.items():
            yield from self._network(key, entry)
        for key, entry in project.volumes.items():
            bound = self._of("volume", key)
            self.references["volume", key] = entry.name if bound is None else bound.value
        for key, entry in project.configs.items():
            yield from self._family("config", key, entry)
        for key, entry in project.secrets.items():
            yield from self._family("secret", key, entry)
        edges = {key: entry.depends_on for key, entry in project.services.items()}
        for key in graphlib.TopologicalSorter(edges).static_order():
            yield self._service(key)

    def _of(self, kind: str, key: str) -> Bound | None:
        return self._bound.get(kind, {}).get(key)

    def _network(self, key: str, entry: ObjectEntry) -> Iterator[Child]:
        bound = self._of("network", key)
        if bound is not None:
            self.references["network", key] = bound.value
        elif entry.external:
            self.references["network", key] = entry.name
        else:
            own = {"adopt": self._settings.adopt, "replace": self._settings.replace_networks}
            yield Child("network", key, self._inputs(own, entry.inputs))

    def _family(self, kind: Literal["config", "secret"], key: str, entry: ObjectEntry) -> Iterator[Child]:
        bound = self._of(kind, key)
        if bound is not None and not bound.is_content:
            self.references[kind, key] = bound.value
            return
        if bound is None and entry.external:
            self.references[kind, key] = entry.name
            return
        settings = self._settings
        own: Json = {"adopt": settings.adopt, "advice": settings.advice}
        if kind == "secret":
            own = {"adopt": settings.adopt_secrets}
        inputs = self._inputs({**own, "keepPrevious": settings.keep_previous}, entry.inputs)
        inputs["name"] = inputs.pop("baseName", entry.name)
        if bound is not None:
            inputs = {name: value for name, value in inputs.items() if name not in _CONTENT}
            inputs["dataBase64" if bound.is_base64 else "data"] = bound.value
            if entry.external:
                inputs |= {"name": f"{self._stack}_{key}", "namespace": self._stack}
        yield Child(kind, key, inputs)

    def _service(self, key: str) -> Child:
        entry, settings = self._project.services[key], self._settings
        own = {
            "wait": settings.wait,
            "failAfter": settings.fail_after,
            "resolveImage": settings.resolve_image,
            "adopt": settings.adopt,
            "strict": settings.strict,
            "advice": settings.advice,
        }
        inputs = self._inputs(own, entry.inputs)
        mounts = [self._mount(mount) for mount in inputs.pop("volumes", None) or ()]
        if mounts:
            inputs["volumes"] = mounts
        awaited = self._awaited.get(key)
        if awaited and inputs.get("wait") is False:
            # the condition is about what runs, so somebody has to wait until it does
            del inputs["wait"]
        if awaited and entry.x_pulumi.get("wait") is False:
            text = f"is false, so {awaited!r} does not wait for what its depends_on says; remove one of the two"
            self.warnings.append(Problem(text, f"services.{key}.x-pulumi.wait", entry.file, entry.line))
        if "wait" in entry.x_pulumi:
            inputs["wait"] = entry.x_pulumi["wait"]
        return Child("service", key, inputs, entry, tuple(entry.depends_on), _ignored(entry), self._renamed.get(key))

    def _inputs(self, own: Json, inputs: Json) -> Json:
        given = {name: value for name, value in own.items() if value is not None}
        return {"namespace": self._stack, **given, **inputs}

    def _mount(self, mount: Json) -> Json:
        """Return a mount; a bound volume brings its own driver and labels instead of those in the file."""
        source = mount.get("source")
        if isinstance(source, Ref) and self._of("volume", source.key) is not None:
            options = {key: entry for key, entry in (mount.get("volume") or {}).items() if key in ("nocopy", "subpath")}
            return {**mount, "volume": options}
        return mount


def _ignored(entry: ServiceEntry) -> list[str]:
    """Return what a service ignores. A path that no service has is not told, since variables may have made it."""
    found = []
    for number, path in enumerate(entry.x_pulumi.get("ignore_changes", ()), 1):
        try:
            found.append(wire_path(SERVICE.shape, path))
        except InputError:
            text = f"entry {number} is not a property path of a service; write one such as 'deploy.replicas'"
            place = f"services.{entry.key}.x-pulumi.ignore_changes"
            raise InputError(Problem(text, place, entry.file, entry.line)) from None
    return found


def _awaited(project: Project) -> dict[str, str]:
    """Return by service the first one whose depends_on asks for more of it than that it was started."""
    found: dict[str, str] = {}
    for other, entry in project.services.items():
        for key, dependency in entry.depends_on.items():
            if dependency.condition != "service_started":
                found.setdefault(key, other)
    return found
