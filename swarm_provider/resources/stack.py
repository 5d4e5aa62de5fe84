"""The Stack: compose files as one component, whose children are the resources that users could write themselves."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from typing import Any, Final, Literal

import pulumi

from swarm_provider.errors import InputError, Problem
from swarm_provider.model.components import STACK
from swarm_provider.resources.arguments.deciding import deciding
from swarm_provider.resources.generated import Config, Network, Secret, Service
from swarm_provider.resources.program import shim
from swarm_provider.resources.program.error_reporting import explained, said
from swarm_provider.resources.stack_children import MAKERS, Children, bindings, keyed, volume_options

TOKEN: Final = "swarm:index:Stack"

_Binding = Mapping[str, Any] | None


class Stack(pulumi.ComponentResource):
    """A Docker stack from compose files.

    What `docker stack deploy` accepts gives what `docker stack deploy` gives. Paths and errors are the program's, since
    the files are read here; the children are resources of their own, with diffs, targets and options of their own.

    Attributes:
        stack_name: name of the stack in the swarm (`com.docker.stack.namespace`), which prefixes the children's names.
        services, networks, configs, secrets: the children, by their key in the file.
    """

    stack_name: str
    services: Mapping[str, Service]
    networks: Mapping[str, Network]
    configs: Mapping[str, Config]
    secrets: Mapping[str, Secret]

    @explained
    def __init__(
        self,
        resource_name: str,
        opts: pulumi.ResourceOptions | None = None,
        *,
        compose_file: str | os.PathLike[str] | Sequence[str | os.PathLike[str]],
        name: str | None = None,
        env: Mapping[str, pulumi.Input[str] | int | float | bool] | None = None,
        env_only: bool = False,
        dialect: Literal["docker", "compose-spec"] = "docker",
        env_file: str | os.PathLike[str] | Sequence[str | os.PathLike[str]] | None = None,
        profiles: Sequence[str] = (),
        secrets: _Binding = None,
        configs: _Binding = None,
        networks: _Binding = None,
        volumes: _Binding = None,
        renames: Mapping[str, str] | None = None,
        wait: bool | None = None,
        fail_after: str | None = None,
        resolve_image: str | None = None,
        keep_previous: int | None = None,
        adopt: bool | None = None,
        adopt_secrets: str | None = None,
        replace_networks: bool | None = None,
        strict: bool = False,
        advice: Sequence[str] | None = None,
    ) -> None:
        """
        Args:
            resource_name: the logical name; those of the children begin with it.
            opts: Pulumi's resource options; `provider` and `depends_on` hold for the children too.
            compose_file: path of the compose file, or several: later ones override earlier ones. Relative paths start
                in the program's folder; paths inside the files start in the folder of the first.
            name: name in the swarm. Default: `name:` of the file, else the logical name.
            env: variables for `${...}` in the files; they win over the process environment. Outputs may be given
                where only a string changes (environment, labels, content), not where structure depends on it.
            env_only: take `env` instead of the process environment, not over it.
            dialect: whose rules the files are read by: docker (those of `docker stack deploy`, the default) or
                compose-spec (those of `docker compose`: `.env`, nested defaults, its merging, `!reset`, `!override`).
            env_file: with dialect compose-spec, files of variables in the place of `.env` beside the first file, as
                `docker compose --env-file` takes them; `env` and the process environment win over them.
            profiles: profiles whose services are included.
            secrets: compose key -> a Secret, a looked-up secret, `{"name": ...}` of one, or the content as string,
                bytes or Output; content makes a Secret of the stack, also where the file says `external: true`.
            configs: the same for configs.
            networks: compose key -> a Network, a looked-up network, or the name (string or Output) of one.
            volumes: compose key -> a Volume, the name (string or Output) of one, or a mapping that has its `name`, and
                the `driver`, `driver_opts` and `labels` with which a task makes it.
            renames: old service key -> new one: Pulumi keeps it as one resource, replaced by deletion first, instead
                of starting the new service beside the old one.
            wait: wait until the tasks run. Default true; `x-pulumi: {wait: ...}` of a service wins.
            fail_after: progress deadline: time without progress after which an update has failed. Default 5m;
                unless it is set, a job may run for as long as it needs.
            resolve_image: when to resolve digests at the registry: changed (default), always or never.
            keep_previous: old versions of each config and secret that are kept. Default 1.
            adopt: adopt services, networks and configs that docker created under these names. Default false.
            adopt_secrets: adopt secrets too: trust (the content is equal) or rotate.
            replace_networks: recreate networks that differ, which stops their services meanwhile. Default false.
            strict: treat every warning as an error. Default false.
            advice: names of the advice warnings to show (see `Service`); an empty list shows none. Default: all.

        Raises:
            RunError: a file, a binding or an option is wrong; one line per problem, with file and line.
        """
        from swarm_provider import compose
        from swarm_provider.compose import children as planning

        shim.keep_shim()
        decided = deciding(STACK, name=name, env_only=env_only, profiles=profiles, renames=renames, strict=strict)
        strict = decided["strict"] or False
        files = _files(compose_file, "compose_file")
        env_files = None if env_file is None else _files(env_file, "env_file")
        given = _texts(keyed(env, "env"))
        bound = bindings({"secret": secrets, "config": configs, "network": networks, "volume": volumes})
        environment = {**({} if decided["env_only"] else os.environ), **given}
        self.stack_name = (
            decided["name"] or compose.project_name(files, environment, dialect, env_files) or resource_name
        )
        project = compose.load(
            files,
            stack=self.stack_name,
            env=environment,
            profiles=tuple(decided["profiles"] or ()),
            strict=strict,
            bound={kind: bound[kind] for kind in ("secret", "config")},
            dialect=dialect,
            env_files=env_files,
        )
        super().__init__(TOKEN, resource_name, {}, opts)
        for warning in project.warnings:
            pulumi.log.warn(said(str(warning)), self)
        self._say_variables(project, given)
        settings = planning.Settings(
            wait=wait,
            fail_after=fail_after,
            resolve_image=resolve_image,
            keep_previous=keep_previous,
            adopt=adopt,
            adopt_secrets=adopt_secrets,
            replace_networks=replace_networks,
            strict=strict or None,
            advice=advice,
        )
        plan = planning.plan(project, self.stack_name, settings, bound, decided["renames"])
        plan = planning.with_volume_options(plan, volume_options(volumes))
        for warning in plan.warnings:
            pulumi.log.warn(said(str(warning)), self)
        children = Children(self, plan, opts.depends_on if opts is not None else None)
        for child in children.children():
            children.keep(child, MAKERS[child.kind](child.name, child.options, **child.args))
        self.services, self.networks = children.services, children.networks
        self.configs, self.secrets = children.configs, children.secrets
        self.register_outputs({"stackName": self.stack_name})

    def _say_variables(self, project: Any, given: Mapping[str, Any]) -> None:
        """Say which process variables the result depends on: names only, since values may be secret."""
        used = sorted(set(project.variables) - set(given))
        if used:
            pulumi.log.info(said(f"variables taken from the process environment: {', '.join(used)}"), self)


def _files(given: Any, name: str) -> list[str]:
    several = given if isinstance(given, (list, tuple)) else [given]
    if not several or not all(isinstance(path, (str, os.PathLike)) for path in several):
        raise InputError(Problem("must be a path or a list of paths, as a plain string", name))
    return [os.fspath(path) for path in several]


def _texts(env: Mapping[str, Any]) -> dict[str, Any]:
    """Return the variables as texts; what is no plain value (an Output) stays as it is, for compose to carry along."""
    result: dict[str, Any] = {}
    for key, value in env.items():
        if isinstance(value, bool):
            result[key] = "true" if value else "false"
        elif isinstance(value, (int, float)):
            result[key] = str(value)
        elif isinstance(value, (str, pulumi.Output)):
            result[key] = value
        elif value is not None:
            raise InputError(Problem(f"must be a string, not {type(value).__name__}", f"env[{key!r}]"))
    return result
