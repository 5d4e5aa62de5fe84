"""How a spec is sent to a service that exists: in the service's own form wherever that means the same.

Swarm restarts tasks when their spec differs to the bit, also where it means the same: ports in another order, a
default that one tool spells out and another leaves out. So an adoption, or a change of a label, sends back what it
found.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from swarm_provider.convert.service.effective import effective_of
from swarm_provider.convert.unmodelled import with_unmodelled
from swarm_provider.core import Json, labels
from swarm_provider.core.values import at, has_unknown

_TOGETHER = ("Privileges", "Configs")
"""A credential spec that is in a config is told in both."""


def in_live_form(
    spec: Json,
    live_spec: Json,
    network_names: Mapping[str, str] | None = None,
    *,
    asked: Json | None = None,
) -> Json:
    """Return `spec` with each part of its TaskTemplate and EndpointSpec as the live spec has it.

    A part that means something else stays as it is; so does everything that does not touch tasks.

    Args:
        spec: what shall be sent, made by `to_spec`.
        live_spec: Spec of the live service.
        network_names: names of networks by id.
        asked: a spec that was made of inputs, as for `unmodelled`.
    """
    return live_form(spec, live_spec, network_names, asked=asked)[0]


def live_form(
    spec: Json,
    live_spec: Json,
    network_names: Mapping[str, str] | None = None,
    *,
    asked: Json | None = None,
) -> tuple[Json, Json]:
    """Return what `in_live_form` does, and what that means: its `effective` form, which is shared.

    Args:
        spec: what the inputs ask for.
        live_spec: the Spec of the live service.
        network_names: names of networks by id.
        asked: as for `unmodelled`.
    """
    if not isinstance(at(spec, "TaskTemplate", "ContainerSpec"), dict):
        return spec, effective_of(spec, network_names)
    if isinstance(at(live_spec, "TaskTemplate", "ContainerSpec"), dict):
        spec = with_unmodelled(spec, live_spec, network_names, asked=asked)
    wanted, found = effective_of(spec), effective_of(live_spec, network_names)
    task = _parts(spec, live_spec, wanted, found, ("TaskTemplate",), skip=("ContainerSpec",))
    container = _parts(spec, live_spec, wanted, found, ("TaskTemplate", "ContainerSpec"), skip=())
    live_container = at(live_spec, "TaskTemplate", "ContainerSpec") or {}
    if "Init" not in container and live_container.get("Init") is False:
        # `docker service create` always says so; nobody asked for another init, so it is no reason to restart tasks
        container["Init"] = False
        wanted = with_parts(wanted, Init=False)
    image = live_container.get("Image")
    chosen = labels.PLATFORM in (spec.get("Labels") or {})
    if container.get("Image") != image and not chosen and isinstance(task.get("Placement"), dict):
        # the live platforms are those of the image that goes
        task["Placement"] = {key: value for key, value in task["Placement"].items() if key != "Platforms"}
        platforms = at(spec, "TaskTemplate", "Placement", "Platforms")
        if platforms:
            task["Placement"]["Platforms"] = platforms
    result = {**spec, "TaskTemplate": {**task, "ContainerSpec": container}}
    if _same(wanted.get("EndpointSpec"), found.get("EndpointSpec")):
        result.pop("EndpointSpec", None)
        if live_spec.get("EndpointSpec") is not None:
            result["EndpointSpec"] = live_spec["EndpointSpec"]
    return result, wanted


def with_parts(meaning: Json, **container: Any) -> Json:
    """Return an `effective` form with these parts of its ContainerSpec."""
    task = meaning["TaskTemplate"]
    return {**meaning, "TaskTemplate": {**task, "ContainerSpec": {**task["ContainerSpec"], **container}}}


def _parts(
    spec: Json, live_spec: Json, wanted: Json, found: Json, path: tuple[str, ...], *, skip: tuple[str, ...]
) -> Json:
    ours, theirs = at(spec, *path), at(live_spec, *path) or {}
    meant, means = at(wanted, *path), at(found, *path) or {}
    apart = {key for key in _TOGETHER if not _same(meant.get(key), means.get(key))}
    kept = {*skip, *(_TOGETHER if apart else ())}
    if at(spec, "Labels", labels.NAMESPACE) != at(live_spec, "Labels", labels.NAMESPACE):
        # containers carry the name of the stack, too
        kept.add("Labels")
    result: Json = {}
    for key in [*ours, *(key for key in theirs if key not in ours)]:
        source = theirs if key not in kept and _same(meant.get(key), means.get(key)) else ours
        if source.get(key) is not None:
            result[key] = source[key]
    return result


def _same(wanted: Any, found: Any) -> bool:
    return not has_unknown(wanted) and bool(wanted == found)
