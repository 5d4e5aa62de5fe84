"""Files -> Project: reading, interpolating, checking, merging and converting, in docker's order."""

from __future__ import annotations

import graphlib
import itertools
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import Any

from swarm_provider.compose.common.context import Context
from swarm_provider.compose.common.dialect import Dialect
from swarm_provider.compose.common.typed_form import Declared, Dependency, Service
from swarm_provider.compose.dialect_warnings import differences, refused
from swarm_provider.compose.merged import Merged
from swarm_provider.compose.normalise import service_inputs, used_networks
from swarm_provider.compose.sections import swarm_rules
from swarm_provider.compose.sections.objects import content
from swarm_provider.compose.sections.pulumi_options import read_x_pulumi
from swarm_provider.compose.sources import ComposeFile, Sources, plain_name
from swarm_provider.compose.yaml.tree import Map, Report, SourceLocation, as_written, located, plain, prefixed, unique
from swarm_provider.core import Json
from swarm_provider.core.names import camel
from swarm_provider.errors import InputError, Problem
from swarm_provider.model.types.kinds import nearest


@dataclass(frozen=True)
class ServiceEntry:
    """One service of a project.

    Attributes:
        key: its key in the file.
        inputs: canonical inputs of `Service`; references are `Ref`, texts with opaque parts are `Template`.
        depends_on: its dependencies by service key; only services of this project that are active.
        x_pulumi: `{ignore_changes, protect, custom_timeouts, wait}`, as far as given.
        file: the file that it is in (the first that has it).
        line: its line there, counted from 1.
    """

    key: str
    inputs: Json
    depends_on: dict[str, Dependency] = field(default_factory=dict)
    x_pulumi: Json = field(default_factory=dict)
    file: str = ""
    line: int = 0


@dataclass(frozen=True)
class ObjectEntry:
    """One network, volume, config or secret of a project.

    Attributes:
        key: its key in the file.
        kind: `network`, `volume`, `config` or `secret`.
        external: whether it exists already; then `inputs` has its name only.
        name: its name in the swarm; of a config or secret the base of its versions' names.
        inputs: canonical inputs of the resource.
        file: the file that it is in, "" for a network that is used and not declared.
        line: its line there, counted from 1.
    """

    key: str
    kind: str
    external: bool
    name: str
    inputs: Json
    file: str = ""
    line: int = 0


@dataclass(frozen=True)
class Project:
    """What compose files say, ready to become resources.

    Attributes:
        name: the file's `name:`, or None.
        services: the active services by key.
        networks: those that services use, `default` included.
        volumes: those that are declared.
        configs, secrets: those that are declared; external ones only where a service uses them.
        warnings: what has no effect in Swarm, or is read in a way that may surprise.
        variables: the names of the variables that the files used, sorted.
    """

    name: str | None
    services: dict[str, ServiceEntry]
    networks: dict[str, ObjectEntry]
    volumes: dict[str, ObjectEntry]
    configs: dict[str, ObjectEntry]
    secrets: dict[str, ObjectEntry]
    warnings: tuple[Problem, ...] = ()
    variables: tuple[str, ...] = ()


def project_name(
    files: Sequence[ComposeFile],
    env: Mapping[str, object],
    dialect: Dialect = "docker",
    env_files: Sequence[str | Path] | None = None,
) -> str | None:
    """Return the `name:` of the files (the last one that gives one), or None.

    Args:
        files: the compose files, in order.
        env: the variables of the caller.
        dialect: the dialect that the files are read in.
        env_files: files with more variables.

    Raises:
        InputError: a file cannot be read or is not YAML, or the name is not a plain text.
    """
    report = Report()
    sources = Sources(tuple(files), env, dialect, None if env_files is None else tuple(env_files))
    name = sources.name(report)
    report.raise_errors()
    return name


def load(
    files: Sequence[ComposeFile],
    *,
    stack: str,
    env: Mapping[str, object],
    profiles: Sequence[str] = (),
    strict: bool = False,
    bound: Mapping[str, Collection[str]] | None = None,
    dialect: Dialect = "docker",
    env_files: Sequence[str | Path] | None = None,
) -> Project:
    """Read compose files as `docker stack deploy -c A -c B STACK` does, and convert everything before anything happens.

    Args:
        files: paths, or texts; later ones override. Relative paths inside of all files start at the first one's folder.
        stack: the prefix of all names, and the Docker stack's name.
        env: the variables for `${...}`. A value that is no text is opaque: a string that has it becomes a Template.
        profiles: the active profiles; `*` is all.
        strict: every warning is an error, but for those of what the other dialect would read in another way.
        bound: by kind (`config`, `secret`), the keys whose content the caller supplies: it is not read here.
        dialect: `compose-spec` reads the files as `docker compose` does instead.
        env_files: files of further variables, for the compose-spec's dialect; None: `.env` beside the first file.

    Raises:
        InputError: with every problem that was found, each with file, line and path.
    """
    sources = Sources(tuple(files), env, dialect, None if env_files is None else tuple(env_files))
    reading = _load(sources, stack, profiles, bound or {})
    project = reading.project
    differences = _differences(reading, sources.other(), stack, profiles, bound or {})
    if strict and project.warnings:
        # what the other dialect would do with the files is no fault of theirs
        raise InputError(*project.warnings)
    return replace(_plain(project), warnings=tuple(unique([*project.warnings, *differences])))


def _plain(project: Project) -> Project:
    """Return a project without what its values tell to messages."""
    sections: dict[str, Any] = {
        section: {str(plain(key)): _plain_entry(entry) for key, entry in entries.items()}
        for section, entries in _sections(project).items()
    }
    name = project.name if project.name is None else str(plain(project.name))
    return replace(project, name=name, **sections)


def _plain_entry(entry: Any) -> Any:
    return replace(entry, **{item.name: plain(getattr(entry, item.name)) for item in fields(entry)})


@dataclass(frozen=True)
class _Reading:
    """A project, and what was read of its files before it was converted."""

    project: Project
    merged: Merged
    trees: Sequence[Map]

    def where(self, path: Sequence[str]) -> tuple[str, int] | None:
        """Return file and line of what is deepest on this path: in the last file that has it."""
        found = [places for tree in self.trees if (places := located(tree, path))]
        return max(reversed(found), key=len)[-1] if found else None

    def entry(self, service: Service, merged: Merged) -> ServiceEntry | None:
        """Return what a service of another reading becomes, where it was read alike here, and None otherwise.

        What is converted is the typed form of the service and of what it refers to: the dialect has no say any more.
        """
        here = self.project.services.get(service.key)
        alike = here is not None and self.merged.services[service.key].values == service.values
        return here if alike and self.merged.declared == merged.declared else None


def _load(
    sources: Sources,
    stack: str,
    profiles: Sequence[str],
    bound: Mapping[str, Collection[str]],
    before: _Reading | None = None,
) -> _Reading:
    """Read and convert the files.

    Args:
        before: the reading in the other dialect, whose entries are taken where it comes to the same.
    """
    report = Report()
    environment = sources.environment(report, stack)
    report.raise_errors()
    context = Context(sources.folder, environment, sources.dialect)
    trees = sources.trees(environment, report)
    report.raise_errors()
    swarm_rules.check_port_count(trees)
    report.raise_errors()
    merged = Merged()
    for tree, at in trees:
        merged.add(tree, at, context)
    report.raise_errors()
    services = _active(merged.services, sources.profiles(profiles, environment))
    edges = _dependencies(services, merged.services)
    project = Project(
        name=next((found for tree, at in reversed(trees) if (found := plain_name(tree, at))), None),
        services={
            key: (before and before.entry(service, merged)) or _service_entry(service, merged, stack, edges[key])
            for key, service in services.items()
        },
        networks=_network_entries(services, merged, stack),
        volumes={key: _entry(declared, stack) for key, declared in merged.sections["volume"].items()},
        configs=_contents("config", services, merged, stack, context, set(bound.get("config", ()))),
        secrets=_contents("secret", services, merged, stack, context, set(bound.get("secret", ()))),
    )
    swarm_rules.check_ports((service, project.services[key].inputs) for key, service in services.items())
    report.raise_errors()
    # what env files give is no variable of the caller
    variables = tuple(sorted(name for name in environment.used if name in sources.env))
    project = replace(project, warnings=tuple(unique(report.warnings)), variables=variables)
    return _Reading(project, merged, [tree for tree, _ in trees])


def _differences(
    reading: _Reading, other: Sources, stack: str, profiles: Sequence[str], bound: Mapping[str, Collection[str]]
) -> list[Problem]:
    """Return what the other dialect would read in another way."""
    try:
        read = _load(other, stack, profiles, bound, reading)
    except InputError as error:
        return [refused(error, other.dialect)]
    project = reading.project
    return differences(_sections(project), _sections(read.project), other.dialect, reading.where, project.warnings)


def _sections(project: Project) -> dict[str, Mapping[str, ServiceEntry | ObjectEntry]]:
    return {
        "services": project.services,
        "networks": project.networks,
        "volumes": project.volumes,
        "configs": project.configs,
        "secrets": project.secrets,
    }


def _active(services: Mapping[str, Service], profiles: set[str]) -> dict[str, Service]:
    return {
        key: service
        for key, service in sorted(services.items())
        if not service.values.get("profiles") or "*" in profiles or profiles & set(service.values["profiles"])
    }


def _dependencies(active: Mapping[str, Service], every: Mapping[str, Service]) -> dict[str, dict[str, Dependency]]:
    """Return the edges between active services; what cannot be an edge is told."""
    edges: dict[str, dict[str, Dependency]] = {}
    for key, service in active.items():
        edges[key] = {}
        for name, dependency in service.values.get("depends_on", {}).items():
            at = service.place("depends_on")
            if name in active:
                edges[key][name] = dependency
                _warn_of_condition(name, dependency, active[name], at)
                continue
            why = "is in no active profile" if name in every else f"does not exist{nearest(name, tuple(every))}"
            if dependency.required:
                at.error(f"the service {name!r} {why}; remove the entry, or write 'required: false'")
            else:
                at.warn(f"the service {name!r} {why}, so the entry has no effect")
    _break_cycles(active, edges)
    return edges


def _warn_of_condition(name: str, dependency: Dependency, other: Service, at: SourceLocation) -> None:
    deploy = other.values.get("deploy", {})
    once = "-job" in deploy.get("mode", "") or deploy.get("restart_policy", {}).get("condition") in (
        "none",
        "on-failure",
    )
    if dependency.condition == "service_completed_successfully" and not once:
        at.warn(
            f"the service {name!r} never completes, since Swarm restarts its tasks; "
            "set 'deploy: {mode: replicated-job}'"
        )


def _break_cycles(services: Mapping[str, Service], edges: dict[str, dict[str, Dependency]]) -> None:
    while (cycle := _cycle(edges)) is not None:
        chain = " -> ".join(as_written(name) for name in cycle)
        at = services[cycle[0]].place("depends_on")
        steps = list(itertools.pairwise(cycle))
        if any(edges[one][other].required for one, other in steps):
            at.error(f"dependency cycle: {chain}; remove one of the entries")
            return
        at.warn(f"dependency cycle: {chain}; ignored, as by docker stack deploy")
        for one, other in steps:
            edges[one].pop(other, None)


def _cycle(edges: dict[str, dict[str, Dependency]]) -> list[str] | None:
    try:
        graphlib.TopologicalSorter(edges).prepare()
    except graphlib.CycleError as error:
        return list(reversed(error.args[1]))
    return None


def _service_entry(service: Service, merged: Merged, stack: str, edges: dict[str, Dependency]) -> ServiceEntry:
    inputs = service_inputs(service, merged.sections, stack)
    x_pulumi = read_x_pulumi(service.values.get("x-pulumi"), service.place("x-pulumi"))
    return ServiceEntry(service.key, inputs, edges, x_pulumi, service.at.file, service.at.line)


def _network_entries(services: Mapping[str, Service], merged: Merged, stack: str) -> dict[str, ObjectEntry]:
    section = merged.sections["network"]
    result = {}
    for key in used_networks(services):
        if key in section:
            result[key] = _entry(section[key], stack)
        elif key == "default":
            name = prefixed(stack, "default")
            result[key] = ObjectEntry(key, "network", False, name, {"name": name, "namespace": stack})
    return result


def _contents(
    kind: str, services: Mapping[str, Service], merged: Merged, stack: str, context: Context, bound: set[str]
) -> dict[str, ObjectEntry]:
    used = {entry.get("source") for service in services.values() for entry in service.values.get(f"{kind}s", [])}
    if kind == "config":
        used |= {service.values.get("credential_spec", {}).get("config") for service in services.values()}
    result = {}
    for key, declared in merged.sections[kind].items():
        if declared.external and key not in used and key not in bound:
            continue
        entry = _entry(declared, stack)
        if not declared.external and key not in bound:
            entry.inputs.update(content(declared, context.folder, context.environment))
        result[key] = entry
    return result


def _entry(declared: Declared, stack: str) -> ObjectEntry:
    name = declared.physical(stack)
    swarm_rules.check_object(declared, name)
    named = declared.kind in ("config", "secret")
    inputs: Json = {"baseName" if named else "name": name}
    if not declared.external:
        inputs["namespace"] = stack
        skipped = ("file", "content", "environment")
        inputs.update({camel(key): _wire(value) for key, value in declared.values.items() if key not in skipped})
        if "ipam" in inputs:
            inputs["ipam"] = _ipam(declared.values["ipam"])
    else:
        inputs = {"name": name}
    return ObjectEntry(declared.key, declared.kind, declared.external, name, inputs, declared.at.file, declared.at.line)


def _ipam(value: Json) -> Json:
    result = {key: entry for key, entry in value.items() if key != "config"}
    if "config" in value:
        result["config"] = [{camel(key): item for key, item in pool.items()} for pool in value["config"]]
    return result


def _wire(value: Any) -> Any:
    return dict(value) if isinstance(value, dict) else value
