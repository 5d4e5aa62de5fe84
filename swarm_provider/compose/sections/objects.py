"""Top-level networks, volumes, configs and secrets of one file -> typed form, with the content of their files."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

from swarm_provider.compose.common.context import file_bytes, located
from swarm_provider.compose.common.scalars import boolean, labels, options, text
from swarm_provider.compose.common.substitution import Environment
from swarm_provider.compose.common.typed_form import Declared
from swarm_provider.compose.yaml.tree import Map, SourceLocation, Template, as_written
from swarm_provider.core import Json
from swarm_provider.errors import Problem
from swarm_provider.model.cluster_volume import CLUSTER_SPEC
from swarm_provider.model.content import content_inputs
from swarm_provider.model.rules import refusals
from swarm_provider.model.types import place

KINDS: Final = {"network": "networks", "volume": "volumes", "config": "configs", "secret": "secrets"}


def read_declared(kind: str, key: str, source: Map | None, at: SourceLocation) -> Declared:
    """Read one valid, interpolated entry.

    Args:
        kind: network, volume, config or secret.
        key: the key in its section.
        source: the valid, interpolated mapping.
        at: the place in the file, which collects problems.
    """
    entry = Declared(kind, key, at)
    if source is None:
        return entry
    _external(entry, source)
    if source.get("name"):
        if entry.name:
            at.error("external.name and name conflict; set 'name' only")
        entry.name = str(text(source["name"], at.key(source, "name")))
    for name in ("driver", "template_driver", "file", "environment"):
        if source.get(name) and not (kind == "config" and name == "driver"):
            entry.values[name] = str(text(source[name], at.key(source, name)))
    if source.get("content") is not None:
        entry.values["content"] = text(source["content"], at.key(source, "content"))
    if source.get("driver_opts") is not None:
        entry.values["driver_opts"] = options(source["driver_opts"], at.key(source, "driver_opts"))
    if source.get("labels") is not None:
        entry.values["labels"] = labels(source["labels"], at.key(source, "labels"))
    for name in ("internal", "attachable", "enable_ipv6"):
        if source.get(name) is not None and boolean(source[name], at.key(source, name)):
            entry.values[name] = True
    if isinstance(source.get("ipam"), Map):
        entry.values["ipam"] = _ipam(source["ipam"], at.key(source, "ipam"))
    if kind == "volume" and source.get("x-cluster-spec") is not None:
        entry.values["cluster_spec"] = _cluster_spec(source["x-cluster-spec"], at.key(source, "x-cluster-spec"))
    if entry.external and kind == "volume":
        for name in ("driver", "driver_opts", "labels"):
            if entry.values.get(name):
                at.key(source, name).error(f"{name!r} is not allowed for an external volume, which exists already")
    return entry


def _cluster_spec(value: Any, at: SourceLocation) -> Json:
    """Read docker's own key for a volume of the cluster, which `docker stack deploy` reads and makes nothing of."""
    problems: list[Problem] = []
    spec = CLUSTER_SPEC.normal(value, place.PropertyLocation(problems=problems))
    for problem in problems:
        at.error(f"{problem.path}: {problem.message}" if problem.path else problem.message)
    return spec if isinstance(spec, dict) else {}


def _external(entry: Declared, source: Map) -> None:
    external = source.get("external")
    if isinstance(external, Map):
        place = entry.at.key(source, "external")
        entry.external = True
        if external.get("name"):
            entry.name = str(text(external["name"], place))
            place.warn("external.name is obsolete; write 'external: true' and 'name'")
    elif external is not None:
        entry.external = boolean(external, entry.at.key(source, "external"))


def _ipam(value: Map, at: SourceLocation) -> Json:
    result: Json = {}
    if value.get("driver"):
        result["driver"] = str(text(value["driver"], at.key(value, "driver")))
    if value.get("options"):
        result["options"] = options(value["options"], at.key(value, "options"))
    pools = []
    for entry in value.get("config") or []:
        pool: Json = {name: str(entry[name]) for name in ("subnet", "ip_range", "gateway") if entry.get(name)}
        if entry.get("aux_addresses"):
            pool["aux_addresses"] = {key: str(item) for key, item in entry["aux_addresses"].items()}
        pools.append(pool)
    if pools:
        result["config"] = pools
    return result


def content(entry: Declared, folder: Path, environment: Environment) -> Json:
    """Return `{data: text}` or `{dataBase64: ...}` of a config or secret, {} where a driver has it.

    What is wrong (no content, two of them, a file that is missing, too large or empty) is noted at its place.

    Args:
        entry: the declaration.
        folder: where relative paths start.
        environment: the variables.
    """
    kind, at, values = entry.kind, entry.at, entry.values
    given = [name for name in ("file", "content", "environment") if name in values]
    if kind == "secret" and values.get("driver"):
        if given:
            at.error(f"'driver' and {given[0]!r} conflict: the driver provides the content; set only one of them")
        return {}
    if len(given) != 1:
        many = f"only one of {', '.join(given)} can be set" if given else "the content is missing"
        ways = (
            "'file', 'environment' or 'external: true'"
            if kind == "secret"
            else "'file', 'content', 'environment' or 'external: true'"
        )
        at.error(f"{many}; set one of {ways}")
        return {}
    if given == ["content"]:
        return _data(values["content"], entry)
    if given == ["environment"]:
        value, found = environment.look_up(values["environment"])
        if not found:
            at.error(f"the variable {as_written(values['environment'])}, which holds the content, is not set")
            return {}
        return _data(value if isinstance(value, (str, Template)) else Template((value,)), entry)
    return _data(file_bytes(located(folder, values["file"]), at, values["file"]), entry)


def _data(value: Any, entry: Declared) -> Json:
    if isinstance(value, Template):
        return {"data": value}
    if value is None:
        return {}
    raw = value.encode("utf-8", "surrogateescape") if isinstance(value, str) else value
    for problem in refusals.content(entry.kind, len(raw)):
        entry.at.error(problem.message)
    return {**content_inputs(raw)}
