"""`deploy` of a service <-> Mode, UpdateConfig, RollbackConfig, and what TaskTemplate holds besides the container."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from swarm_provider.convert.helpers import drop_empty, drop_none, get_known, map_items, map_known
from swarm_provider.core import Json, labels, units
from swarm_provider.core.platform import platform_from_spec, platform_to_spec
from swarm_provider.core.values import UNKNOWN
from swarm_provider.model.types.kinds import whole

_JOB_MODES: Final = ("ReplicatedJob", "GlobalJob")


def mode_to_spec(deploy: Any) -> Any:
    """Return Mode; a number of replicas that is left out is left to the daemon (1)."""
    mode = get_known(deploy, "mode")
    replicas = get_known(deploy, "replicas")
    if mode is UNKNOWN:
        return UNKNOWN
    if mode == "global":
        return {"Global": {}}
    if mode == "global-job":
        return {"GlobalJob": {}}
    if mode == "replicated-job":
        at_once = get_known(deploy, "maxConcurrent")
        return {
            "ReplicatedJob": drop_none(
                MaxConcurrent=replicas if at_once is None else at_once,
                TotalCompletions=replicas,
            )
        }
    return {"Replicated": drop_none(Replicas=replicas)}


def is_job_mode(mode: Any) -> bool:
    """Tell whether the Mode of a ServiceSpec is a job's; one that is not known yet is taken for none."""
    return isinstance(mode, dict) and any(word in mode for word in _JOB_MODES)


def mode_from_spec(mode: Any) -> Json:
    """Return `mode`, and the numbers that go with it."""
    if mode is UNKNOWN:
        return {"mode": UNKNOWN}
    mode = mode or {}
    if "Global" in mode:
        return {"mode": "global"}
    if "GlobalJob" in mode:
        return {"mode": "global-job"}
    if "ReplicatedJob" in mode:
        job = mode["ReplicatedJob"] or {}
        replicas, at_once = job.get("TotalCompletions"), job.get("MaxConcurrent")
        return {
            "mode": "replicated-job",
            **drop_none(replicas=replicas, maxConcurrent=None if at_once == replicas else at_once),
        }
    return {"mode": "replicated", **drop_none(replicas=(mode.get("Replicated") or {}).get("Replicas"))}


def update_to_spec(config: Any) -> Any:
    """Return UpdateConfig or RollbackConfig; tasks go one at a time unless it says otherwise."""
    return map_known(
        config,
        lambda known: {
            "Parallelism": 1 if known.get("parallelism") is None else known["parallelism"],
            **drop_none(
                Delay=map_known(known.get("delay"), units.duration_ns),
                FailureAction=known.get("failureAction"),
                Monitor=map_known(known.get("monitor"), units.duration_ns),
                MaxFailureRatio=known.get("maxFailureRatio"),
                Order=known.get("order"),
            ),
        },
    )


def update_from_spec(config: Json | None) -> Any:
    """Return `updateConfig` or `rollbackConfig`; None where the service has none."""
    return map_known(
        config,
        lambda known: {
            "parallelism": known.get("Parallelism", 0),
            **drop_none(
                delay=map_known(known.get("Delay"), units.duration_text),
                failureAction=known.get("FailureAction") or None,
                monitor=map_known(known.get("Monitor"), units.duration_text),
                maxFailureRatio=known.get("MaxFailureRatio"),
                order=known.get("Order") or None,
            ),
        },
    )


def restart_to_spec(policy: Any) -> Any:
    """Return RestartPolicy; None where nothing is asked for: the daemon then stores none either."""
    return map_known(
        policy,
        lambda known: drop_none(
            Condition=known.get("condition"),
            Delay=map_known(known.get("delay"), units.duration_ns),
            MaxAttempts=known.get("maxAttempts"),
            Window=map_known(known.get("window"), units.duration_ns),
        ),
    )


def restart_from_spec(policy: Json | None) -> Any:
    """Return `restartPolicy`."""
    return map_known(
        policy,
        lambda known: drop_none(
            condition=known.get("Condition") or None,
            delay=map_known(known.get("Delay"), units.duration_text),
            maxAttempts=known.get("MaxAttempts"),
            window=map_known(known.get("Window"), units.duration_text),
        ),
    )


def resources_to_spec(inputs: Json) -> Any:
    """Return Resources, which is always an object; so is each section that is given."""
    resources = get_known(inputs.get("deploy"), "resources")
    if resources is UNKNOWN:
        return UNKNOWN
    return drop_none(
        SwapBytes=_swap_to_spec(inputs.get("memswapLimit"), get_known(get_known(resources, "limits"), "memory")),
        MemorySwappiness=inputs.get("memSwappiness"),
        Limits=map_known(get_known(resources, "limits"), lambda known: _amounts(known, Pids=whole(known.get("pids")))),
        Reservations=map_known(
            get_known(resources, "reservations"),
            lambda known: _amounts(known, GenericResources=map_items(known.get("genericResources"), _generic_to_spec)),
        ),
    )


def _swap_to_spec(limit: Any, memory: Any) -> Any:
    """Return the swap alone; compose counts the memory in, and 0 is nothing to it."""
    if limit is UNKNOWN or (limit is not None and memory is UNKNOWN):
        return UNKNOWN
    both = 0 if limit is None else units.swap_bytes(limit)
    if both in (0, units.UNLIMITED):
        return both or None
    return both - (0 if memory is None else units.size_bytes(memory))


def memory_from_spec(resources: Any) -> Json:
    """Return `memswapLimit` and `memSwappiness`."""
    if not isinstance(resources, dict):
        return {}
    swap, memory = resources.get("SwapBytes"), get_known(resources.get("Limits"), "MemoryBytes")
    limit: Any = None
    if swap is UNKNOWN or (swap is not None and memory is UNKNOWN):
        limit = UNKNOWN
    elif swap == units.UNLIMITED:
        limit = str(swap)
    elif swap is not None and memory:
        limit = units.size_text(memory + swap)
    return drop_none(memswapLimit=limit, memSwappiness=resources.get("MemorySwappiness"))


def _amounts(section: Json, **more: Any) -> Json:
    return drop_empty(
        NanoCPUs=map_known(section.get("cpus"), units.nano_cpus),
        MemoryBytes=map_known(section.get("memory"), units.size_bytes),
        **more,
    )


def resources_from_spec(resources: Any) -> Any:
    """Return `resources`."""
    if resources is UNKNOWN:
        return UNKNOWN
    resources = resources or {}
    return drop_none(
        limits=map_known(
            resources.get("Limits"), lambda known: {**_amounts_from(known), **drop_empty(pids=known.get("Pids"))}
        ),
        reservations=map_known(
            resources.get("Reservations"),
            lambda known: {
                **_amounts_from(known),
                **drop_empty(genericResources=map_items(known.get("GenericResources"), _generic_from_spec)),
            },
        ),
    )


def _amounts_from(section: Json) -> Json:
    return drop_none(
        cpus=map_known(section.get("NanoCPUs") or None, units.cpus_text),
        memory=map_known(section.get("MemoryBytes") or None, units.size_text),
    )


def _generic_to_spec(entry: Json) -> Json:
    def one(known: Json, read: Callable[[Any], Any] = lambda value: value) -> Json:
        value = read(known.get("value"))
        return {"Kind": known.get("kind"), **({} if value == 0 else {"Value": value})}

    return drop_none(
        DiscreteResourceSpec=map_known(entry.get("discreteResourceSpec"), lambda known: one(known, whole)),
        NamedResourceSpec=map_known(entry.get("namedResourceSpec"), one),
    )


def _generic_from_spec(entry: Json) -> Json:
    def one(known: Json) -> Json:
        # the daemon leaves out a 0, and what is empty
        return {"kind": known.get("Kind", ""), "value": known.get("Value", 0)}

    return drop_none(
        discreteResourceSpec=map_known(entry.get("DiscreteResourceSpec"), one),
        namedResourceSpec=map_known(entry.get("NamedResourceSpec"), one),
    )


def placement_to_spec(inputs: Json) -> Any:
    """Return Placement, which is always an object."""
    placement = get_known(inputs.get("deploy"), "placement")
    if placement is UNKNOWN:
        return UNKNOWN
    platform = inputs.get("platform")
    return drop_empty(
        Platforms=None if platform is None else [map_known(platform, platform_to_spec)],
        Constraints=get_known(placement, "constraints"),
        Preferences=map_items(
            get_known(placement, "preferences"), lambda entry: {"Spread": {"SpreadDescriptor": entry.get("spread")}}
        ),
        MaxReplicas=get_known(placement, "maxReplicasPerNode"),
    )


def placement_from_spec(placement: Any) -> Any:
    """Return `placement`; the platforms that the image supports are the client's knowledge, not the user's."""
    return drop_empty(
        constraints=get_known(placement, "Constraints"),
        preferences=map_items(
            get_known(placement, "Preferences"),
            lambda entry: {"spread": (entry.get("Spread") or {}).get("SpreadDescriptor", "")},
        ),
        maxReplicasPerNode=get_known(placement, "MaxReplicas"),
    )


def chosen_platform(own: Any, placement: Any) -> Any:
    """Return the user's `platform`; without a label that tells it, platforms are what a client read from the image."""
    text = own.get(labels.PLATFORM) if isinstance(own, dict) else None
    platforms = get_known(placement, "Platforms")
    if text is UNKNOWN or (text is not None and platforms is UNKNOWN):
        return UNKNOWN
    if not isinstance(text, str) or not isinstance(platforms, list) or len(platforms) != 1:
        return None
    return map_known(platforms[0], lambda found: text if _is_platform(found, text) else platform_from_spec(found))


def _is_platform(found: Json, text: str) -> bool:
    try:
        return bool(found == platform_to_spec(text))
    except ValueError:
        # a label may say anything
        return False
