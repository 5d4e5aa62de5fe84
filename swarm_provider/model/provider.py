"""The provider's own configuration: where Docker is, and the defaults for all resources.

Values come from an explicit `Provider` resource, from the stack configuration (`swarm:host` ...; Pulumi hands lists and
objects over as JSON text), or from the environment.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Final

from swarm_provider.core import Json
from swarm_provider.core.values import Secret
from swarm_provider.errors import Problem
from swarm_provider.model.advice import ADVICE
from swarm_provider.model.resource import Resource
from swarm_provider.model.types.kinds import Boolean, Choice, Field, Integer, ListOf, MapOf, ObjectOf, Text


def _from_json(value: Any) -> Any:
    """Read a list or an object that came as JSON text."""
    if not isinstance(value, str) or not value.lstrip().startswith(("[", "{")):
        return value
    try:
        return json.loads(value)
    except ValueError as error:
        raise ValueError(f"this is not JSON: {error}") from None


def _hosts(value: Any) -> Any:
    value = _from_json(value)
    return [value] if isinstance(value, str) else value


def _keep(value: Any) -> Any:
    """Take one number for every kind."""
    value = _from_json(value)
    if isinstance(value, str) and value.strip().lstrip("-").isdigit():
        value = int(value)
    if isinstance(value, int) and not isinstance(value, bool):
        return {"config": value, "secret": value}
    return value


TLS: Final = ObjectOf(
    "Tls",
    (
        Field("ca_file", Text(), "Path of the trusted CA certificates (PEM). Default: the system's."),
        Field("cert_file", Text(), "Path of the client certificate (PEM)."),
        Field("key_file", Text(), "Path of the client key (PEM)."),
        Field("verify", Boolean(), "Verify the server's certificate. Default true."),
    ),
    "TLS for a tcp:// host.",
    before=_from_json,
)
REGISTRY_AUTH: Final = ObjectOf(
    "RegistryAuth",
    (
        Field("address", Text(), "Host of the registry, with its port if any; docker.io is Docker Hub.", required=True),
        Field("username", Text(), "User name. Not set: `password` is an identity token."),
        Field("password", Text(), "Password or token.", secret=True),
    ),
    "Credentials for one registry.",
)
KEEP_PREVIOUS: Final = ObjectOf(
    "KeepPrevious",
    (
        Field("config", Integer(0), "Old versions of each config. Default 1."),
        Field("secret", Integer(0), "Old versions of each secret. Default 1."),
    ),
    "Old versions kept beside the current one, per kind.",
    before=_keep,
    also=("int",),
)

PROVIDER: Final = Resource(
    "Provider",
    "Where Docker is, and defaults for all resources. Without `hosts`, `host` and `context`: DOCKER_HOST, "
    "DOCKER_CONTEXT, docker's current context, the default socket.",
    (
        Field("host", Text(), "A manager: unix:///path, tcp://host:port or ssh://user@host. Environment: DOCKER_HOST."),
        Field(
            "hosts",
            ListOf(Text(), before=_hosts),
            "Several managers of one swarm, in the order in which they are tried; the first usable one is used.",
        ),
        Field("context", Text(), "Name of a docker context. Environment: DOCKER_CONTEXT."),
        Field(
            "tls",
            TLS,
            "TLS for tcp:// hosts; contexts bring their own. Environment: DOCKER_TLS_VERIFY, DOCKER_CERT_PATH.",
        ),
        Field(
            "api_version",
            Text(),
            "Docker API version, such as 1.43. Default: the highest that both sides speak. "
            "Environment: DOCKER_API_VERSION.",
        ),
        Field(
            "registry_auth",
            ListOf(REGISTRY_AUTH, before=_from_json),
            "Logins that take precedence over those of the docker configuration.",
        ),
        Field(
            "node_hosts",
            MapOf(Text(), before=_from_json),
            "Where the daemons of other nodes are, by the node's host name or id: "
            "{'node-2': 'ssh://ops@node-2'}. For volumes with `node`.",
        ),
        Field("keep_previous", KEEP_PREVIOUS, "Old versions of each config and secret that are kept. Default 1."),
        Field("strict", Boolean(), "Treat every warning of the provider as an error. Default false."),
        Field(
            "advice",
            ListOf(Choice(ADVICE, "AdviceName"), order=False, before=_from_json),
            f"Advice to show: {', '.join(ADVICE)}; an empty list shows none. Default: all of it.",
        ),
        Field(
            "offline_preview",
            Boolean(),
            "If the swarm is unreachable, compare with the state and warn. Default false. "
            "Environment: SWARM_OFFLINE_PREVIEW.",
        ),
        Field(
            "delete_unreachable",
            Boolean(),
            "Remove what this stack has on an unreachable swarm from the state only. Default false. "
            "Environment: SWARM_DELETE_UNREACHABLE, for one run only.",
        ),
    ),
    (),
)

ENVIRONMENT: Final[Mapping[str, str]] = {"offlinePreview": "SWARM_OFFLINE_PREVIEW"}
"""Wire name of an input -> the variable that replaces it. Docker's own variables are read where Docker is
connected to, because they are a fallback for `hosts`, `host` and `context` together."""

DELETE_UNREACHABLE: Final = "SWARM_DELETE_UNREACHABLE"
"""In place of `delete_unreachable`, and is never in a state: a later run must not give up anything because of it."""

TRUE: Final = ("1", "true", "yes", "on")
"""What a variable says, in whatever case, to turn something on."""


def configuration(args: Json, environ: Mapping[str, str]) -> tuple[Json, list[Problem]]:
    """Return the configuration in normal form (wire names), with its fallbacks, and what is wrong with it.

    Args:
        args: what CheckConfig or Configure got; `version` and other words of Pulumi's own are left out.
        environ: the environment to take fallbacks from.
    """
    given = {key: value for key, value in args.items() if key not in ("version", "pluginDownloadURL") and value != ""}
    for wire, variable in ENVIRONMENT.items():
        if wire not in given and environ.get(variable):
            given[wire] = environ[variable].lower() in TRUE
    normal, problems = PROVIDER.normal({key: _opened(value) for key, value in given.items()})
    ways = [key for key in ("hosts", "host", "context") if normal.get(key)]
    if len(ways) > 1:
        problems.append(Problem(f"set only one of {' and '.join(ways)}", ways[0]))
    return normal, problems


def _opened(value: Any) -> Any:
    """Open a JSON text that is secret as a whole, so that only the secrets inside it stay secret."""
    if isinstance(value, Secret) and isinstance(value.value, str) and value.value.lstrip().startswith(("[", "{")):
        try:
            return Secret(json.loads(value.value))
        except ValueError:
            return value
    return value
