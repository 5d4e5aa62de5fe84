"""`deploy:` of a service -> its typed form, and compose's short keys that mean the same (`scale`, `cpus` ...)."""

from __future__ import annotations

from typing import Any, Final

from swarm_provider.compose.common.scalars import checked, duration, is_zero, labels, ratio, text, text_list, whole
from swarm_provider.compose.yaml.tree import Map, SourceLocation
from swarm_provider.core import Json, units
from swarm_provider.core.labels import NAMESPACE, STACK_IMAGE

# service keys of the compose-spec, and where Swarm has the same
_SHORT: Final = {
    "cpus": ("limits", "cpus"),
    "pids_limit": ("limits", "pids"),
    "mem_limit": ("limits", "memory"),  # docker's dialect refuses it before
    "mem_reservation": ("reservations", "memory"),
}


def read_deploy(value: Map, at: SourceLocation) -> Json:
    """Read the section; absent parts are absent, an empty section stays one."""
    result: Json = {}
    for key in ("mode", "endpoint_mode"):
        if value.get(key):
            result[key] = str(text(value[key], at.key(value, key)))
    if value.get("replicas") is not None:
        result["replicas"] = whole(value["replicas"], at.key(value, "replicas"))
    if value.get("labels") is not None:
        result["labels"] = labels(value["labels"], at.key(value, "labels"), dockers=(NAMESPACE, STACK_IMAGE))
    for key in ("update_config", "rollback_config"):
        if value.get(key) is not None:
            result[key] = _update(value[key], at.key(value, key))
    if value.get("restart_policy") is not None:
        result["restart_policy"] = _restart(value["restart_policy"], at.key(value, "restart_policy"))
    if value.get("resources") is not None:
        result["resources"] = _resources(value["resources"], at.key(value, "resources"))
    if value.get("placement") is not None:
        result["placement"] = _placement(value["placement"], at.key(value, "placement"))
    return result


def apply_short_keys(source: Map, values: Json, at: SourceLocation) -> None:
    """Put `scale`, `cpus`, `mem_limit` and the like where Swarm has them; values that differ are an error.

    Args:
        source: the valid, interpolated mapping.
        values: the typed form, which is changed.
        at: the place in the file, which collects problems.
    """
    if source.get("scale") is not None:
        place = at.key(source, "scale")
        count = whole(source["scale"], place)
        section = values.setdefault("deploy", {})
        if section.setdefault("replicas", count) != count:
            place.error("'scale' and deploy.replicas differ; set only one of them")
    for key, (part, name) in _SHORT.items():
        if source.get(key) is None:
            continue
        place = at.key(source, key)
        wanted = _measure(name, source[key], place)
        if wanted is None or (name == "pids" and wanted <= 0):
            continue
        section = values.setdefault("deploy", {}).setdefault("resources", {}).setdefault(part, {})
        if section.setdefault(name, wanted) != wanted:
            place.error(f"{key!r} and deploy.resources.{part}.{name} differ; set only one of them")


def _update(value: Map, at: SourceLocation) -> Json:
    result: Json = {}
    if value.get("parallelism") is not None:
        result["parallelism"] = whole(value["parallelism"], at.key(value, "parallelism"))
    for key in ("delay", "monitor"):
        if value.get(key) is not None:
            result[key] = duration(value[key], at.key(value, key))
            if is_zero(result[key], units.duration_ns):
                del result[key]
    for key in ("failure_action", "order"):
        if value.get(key):
            result[key] = str(text(value[key], at.key(value, key)))
    if value.get("max_failure_ratio") is not None:
        result["max_failure_ratio"] = ratio(value["max_failure_ratio"], at.key(value, "max_failure_ratio"))
        if not result["max_failure_ratio"]:
            del result["max_failure_ratio"]
    return result


def _restart(value: Map, at: SourceLocation) -> Json:
    result: Json = {}
    if value.get("condition"):
        result["condition"] = str(text(value["condition"], at.key(value, "condition")))
    for key in ("delay", "window"):
        if value.get(key) is not None:
            result[key] = duration(value[key], at.key(value, key))
    if value.get("max_attempts") is not None:
        result["max_attempts"] = whole(value["max_attempts"], at.key(value, "max_attempts"))
    return result


def _resources(value: Map, at: SourceLocation) -> Json:
    result: Json = {}
    for part in ("limits", "reservations"):
        section = value.get(part)
        if section is None:
            continue
        place = at.key(value, part)
        result[part] = {}
        for name in ("cpus", "memory", "pids"):
            if section.get(name) is not None:
                measure = _measure(name, section[name], place.key(section, name))
                if measure is not None:
                    result[part][name] = measure
        if section.get("generic_resources"):
            generic = place.key(section, "generic_resources")
            result[part]["generic_resources"] = [
                _generic(entry, generic.item(section["generic_resources"], index))
                for index, entry in enumerate(section["generic_resources"])
            ]
    return result


def _measure(name: str, value: Any, at: SourceLocation) -> Any:
    """Return the text of a measure, or None where it is nothing to docker."""
    if name == "pids":
        return whole(value, at, minimum=None) or None
    parse = units.nano_cpus if name == "cpus" else units.size_bytes
    written = checked(value, parse, at) if value != "" else ""
    return None if not written or is_zero(written, parse) else written


def _generic(value: Map, at: SourceLocation) -> Json:
    spec = value.get("discrete_resource_spec")
    if spec is None:
        at.error("the key 'discrete_resource_spec' is missing; docker supports only discrete resources")
        return {}
    place = at.key(value, "discrete_resource_spec")
    count = whole(spec.get("value", 0), place.key(spec, "value"), minimum=None)
    return {"discrete_resource_spec": {"kind": str(text(spec.get("kind", ""), place)), "value": count}}


def _placement(value: Map, at: SourceLocation) -> Json:
    result: Json = {}
    if value.get("constraints"):
        result["constraints"] = text_list(value["constraints"], at.key(value, "constraints"))
    if value.get("preferences"):
        result["preferences"] = [
            {"spread": str(text(entry.get("spread") or "", at.key(value, "preferences")))}
            for entry in value["preferences"]
        ]
    if value.get("max_replicas_per_node") is not None:
        number = whole(value["max_replicas_per_node"], at.key(value, "max_replicas_per_node"))
        if number:
            result["max_replicas_per_node"] = number
    return result
