"""Lookups: what is in the swarm, read when the program runs. They change nothing.

Each has two forms. `get_x(...)` answers at once and takes plain values; `get_x_output(...)` takes Outputs too, runs
when they are known, and returns an Output. A missing object is an error; what the same `up` makes is not there yet:
pass the resource itself instead.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any, Final, TypeVar

import pulumi

from swarm_provider.core import Json
from swarm_provider.core.names import camel, snake
from swarm_provider.errors import SwarmProviderError
from swarm_provider.model import FUNCTIONS
from swarm_provider.resources.args import NodeRole
from swarm_provider.resources.arguments.wire import to_wire
from swarm_provider.resources.program import sdk, shim
from swarm_provider.resources.program.error_reporting import explained, said
from swarm_provider.version import PLUGIN_DOWNLOAD_URL, __version__

T = TypeVar("T")
_PLUGIN: Final[Json] = {"version": __version__, "plugin_download_url": PLUGIN_DOWNLOAD_URL}
_Options = pulumi.InvokeOptions | None
_OutputOptions = pulumi.InvokeOptions | pulumi.InvokeOutputOptions | None


@dataclass(frozen=True)
class ConfigInfo:
    """A config as it is in the swarm. `data` is "" where the content is not text."""

    name: str
    id: str
    labels: Mapping[str, str]
    data: str
    data_base64: str


@dataclass(frozen=True)
class SecretInfo:
    """A secret as it is in the swarm; Docker never gives its content back."""

    name: str
    id: str
    labels: Mapping[str, str]


@dataclass(frozen=True)
class NetworkInfo:
    """A network as it is in the swarm."""

    name: str
    id: str
    driver: str
    scope: str
    labels: Mapping[str, str]
    attachable: bool


INFO: Final = (ConfigInfo, NetworkInfo, SecretInfo)
"""What may stand where a name is expected."""


@dataclass(frozen=True)
class NodeInfo:
    """A node as the swarm sees it."""

    id: str
    hostname: str
    role: str
    availability: str
    state: str
    address: str
    labels: Mapping[str, str]
    engine_version: str


@explained
def get_config(name: str, opts: _Options = None, *, project: str | None = None) -> ConfigInfo:
    """Look up a config: an exact name, or the base name of a family (its current version), also another project's.

    Args:
        name: exact name, or the name that was given to the Config.
        opts: Pulumi's invoke options, such as `provider`.
        project: Pulumi project that owns the family, where several have one of that name.
    """
    return _read(ConfigInfo, _now("getConfig", opts, name=name, project=project))


@explained
def get_config_output(
    name: pulumi.Input[str], opts: _OutputOptions = None, *, project: pulumi.Input[str] | None = None
) -> pulumi.Output[ConfigInfo]:
    """Look up as `get_config` does, for values that are Outputs.

    Args:
        name: its name in the swarm.
        opts: Pulumi's invoke options.
        project: only what this Pulumi project owns.
    """
    return _later("getConfig", opts, name=name, project=project).apply(lambda found: _read(ConfigInfo, found))


@explained
def get_secret(name: str, opts: _Options = None, *, project: str | None = None) -> SecretInfo:
    """Look up a secret: an exact name, or the base name of a family (its current version), also another project's.

    Args:
        name: exact name, or the name that was given to the Secret.
        opts: Pulumi's invoke options, such as `provider`.
        project: Pulumi project that owns the family, where several have one of that name.
    """
    return _read(SecretInfo, _now("getSecret", opts, name=name, project=project))


@explained
def get_secret_output(
    name: pulumi.Input[str], opts: _OutputOptions = None, *, project: pulumi.Input[str] | None = None
) -> pulumi.Output[SecretInfo]:
    """Look up as `get_secret` does, for values that are Outputs.

    Args:
        name: its name in the swarm.
        opts: Pulumi's invoke options.
        project: only what this Pulumi project owns.
    """
    return _later("getSecret", opts, name=name, project=project).apply(lambda found: _read(SecretInfo, found))


@explained
def get_network(name: str, opts: _Options = None) -> NetworkInfo:
    """Look up a network.

    Args:
        name: exact name or id.
        opts: Pulumi's invoke options, such as `provider`.
    """
    return _read(NetworkInfo, _now("getNetwork", opts, name=name))


@explained
def get_network_output(name: pulumi.Input[str], opts: _OutputOptions = None) -> pulumi.Output[NetworkInfo]:
    """Look up as `get_network` does, for values that are Outputs."""
    return _later("getNetwork", opts, name=name).apply(lambda found: _read(NetworkInfo, found))


@explained
def get_node(node: str, opts: _Options = None) -> NodeInfo:
    """Look up a node.

    Args:
        node: host name or id.
        opts: Pulumi's invoke options, such as `provider`.
    """
    return _read(NodeInfo, _now("getNode", opts, node=node))


@explained
def get_node_output(node: pulumi.Input[str], opts: _OutputOptions = None) -> pulumi.Output[NodeInfo]:
    """Look up as `get_node` does, for values that are Outputs."""
    return _later("getNode", opts, node=node).apply(lambda found: _read(NodeInfo, found))


@explained
def get_nodes(
    opts: _Options = None, *, role: NodeRole | None = None, labels: Mapping[str, str] | None = None
) -> Sequence[NodeInfo]:
    """List the nodes, ordered by host name.

    Args:
        opts: Pulumi's invoke options, such as `provider`.
        role: only nodes of this role: manager or worker.
        labels: only nodes that carry all of these.
    """
    return _nodes(_now("getNodes", opts, role=role, labels=labels))


@explained
def get_nodes_output(
    opts: _OutputOptions = None,
    *,
    role: pulumi.Input[NodeRole] | None = None,
    labels: pulumi.Input[Mapping[str, pulumi.Input[str]]] | None = None,
) -> pulumi.Output[Sequence[NodeInfo]]:
    """Look up as `get_nodes` does, for values that are Outputs.

    Args:
        opts: Pulumi's invoke options.
        role: only nodes of this role: manager or worker.
        labels: only nodes that carry these.
    """
    return _later("getNodes", opts, role=role, labels=labels).apply(_nodes)


def _now(function: str, opts: Any, **args: Any) -> Json:
    token, wire = _call(function, args)
    versioned = pulumi.InvokeOptions.merge(pulumi.InvokeOptions(**_PLUGIN), opts)
    try:
        found: Json = pulumi.runtime.invoke(token, wire, versioned).value
    except pulumi.RunError:
        raise
    except Exception as error:  # the SDK has no narrower one; the plugin's words are in its text
        raise SwarmProviderError(sdk.words_of_invoke(error)) from None
    return found or {}


def _later(function: str, opts: Any, **args: Any) -> pulumi.Output[Json]:
    token, wire = _call(function, args)
    versioned: Any = opts if opts is not None else pulumi.InvokeOptions()
    if versioned.version is None:
        kind = type(versioned)
        versioned = kind.merge(kind(**_PLUGIN), versioned)
    where = f"swarm.{snake(function)}_output"
    return sdk.failing_with(
        pulumi.runtime.invoke_output(token, wire, versioned),
        lambda error: pulumi.RunError(said(f"{where}: {sdk.words_of_invoke(error)}")),
    )


def _call(function: str, args: Json) -> tuple[str, Json]:
    shim.keep_shim()
    definition = FUNCTIONS[f"swarm:index:{function}"]
    return definition.token, to_wire(definition.shape, {key: value for key, value in args.items() if value is not None})


def _nodes(found: Json) -> Sequence[NodeInfo]:
    return [_read(NodeInfo, entry) for entry in found.get("nodes") or ()]


def _read(kind: type[T], found: Mapping[str, Any]) -> T:
    """Make a result of the wire form; what the swarm does not say is empty."""
    empty: dict[str, Any] = {"str": "", "bool": False, "Mapping[str, str]": {}}
    values = {entry.name: found.get(camel(entry.name)) for entry in fields(kind)}  # type: ignore[arg-type]
    types = {entry.name: str(entry.type) for entry in fields(kind)}  # type: ignore[arg-type]
    return kind(**{name: empty[types[name]] if value is None else value for name, value in values.items()})
