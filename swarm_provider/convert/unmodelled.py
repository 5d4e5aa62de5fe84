"""What a live spec has and inputs cannot say: fields of engines that are newer than this package, and odd values.

An update carries it over leaf by leaf, so that it is neither lost nor the reason of a restart; a preview shows it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Final

from swarm_provider.convert.cluster_volume import cluster_from_spec, cluster_to_spec
from swarm_provider.convert.list_matching import equal_pairs, pairs
from swarm_provider.convert.remembered import remembered
from swarm_provider.convert.service.daemon_form import is_pointer
from swarm_provider.convert.service.effective import effective, effective_of
from swarm_provider.convert.service.spec import from_spec, to_spec
from swarm_provider.core import Json
from swarm_provider.core.path import below
from swarm_provider.core.values import at

_ONE_OF: Final[dict[str, Callable[[Json], Any]]] = {
    "LogDriver": lambda block: block.get("Name"),
    "DriverConfig": lambda block: block.get("Name"),
    "CredentialSpec": lambda block: [bool(block.get(key)) for key in ("Config", "File", "Registry")],
    "Mode": lambda block: [key in block for key in ("Replicated", "Global", "ReplicatedJob", "GlobalJob")],
}
"""Objects whose parts belong to one choice, and what that choice is: with another one the parts go."""


def _file_reference(kind: str) -> Callable[[Json], Json]:
    return lambda entry: {"target": at(entry, "File", "Name"), "source": entry.get(f"{kind}Name")}


_LISTS: Final[dict[str, tuple[str, Callable[[Json], Json]]]] = {
    "Mounts": ("volumes", lambda entry: {"target": entry.get("Target")}),
    "Ports": (
        "ports",
        lambda entry: {
            "target": entry.get("TargetPort"),
            "protocol": entry.get("Protocol"),
            "published": entry.get("PublishedPort"),
        },
    ),
    "Networks": ("networks", lambda entry: {"name": entry.get("Target")}),
    "Configs": ("configs", _file_reference("Config")),
    "Secrets": ("secrets", _file_reference("Secret")),
    # like networks, they are known by their name
    "Ulimits": ("networks", lambda entry: {"name": entry.get("Name")}),
}
"""Lists whose entries have an identity: the list of the inputs that has the same one, and an entry in its words."""
_OF_NETWORKS: Final = frozenset(
    ("Name", "Id", "Created", "Scope", "Driver", "EnableIPv4", "EnableIPv6", "Internal", "Attachable", "Ingress")
)
"""Flags and texts of a network that inputs can say, and what only tells what it is."""
_SHOWN_AS: Final = {"Mounts": "Target", "Ports": "TargetPort", "Networks": "Target", "Ulimits": "Name"}


def unmodelled(spec: Json, network_names: Mapping[str, str] | None = None, *, asked: Json | None = None) -> Json:
    """Return path -> value of each leaf of a live ServiceSpec that inputs cannot say.

    Args:
        spec: a ServiceSpec.
        network_names: names of networks by id.
        asked: a spec that was made of inputs, where there is one: a live one that means the same has nothing beyond.

    An empty value of a field that nobody knows is left out: newer engines write those into every service.
    """
    theirs = effective_of(spec, network_names)
    return dict(_leaves(theirs, _said(theirs, asked), "", ""))


def with_unmodelled(
    spec: Json, live_spec: Json, network_names: Mapping[str, str] | None = None, *, asked: Json | None = None
) -> Json:
    """Return `spec` with what the live spec has beyond what inputs can say, where the program still has its place.

    Args:
        spec: what the inputs ask for.
        live_spec: the Spec of the live service.
        network_names: names of networks by id.
        asked: as for `unmodelled`.
    """
    theirs = effective_of(live_spec, network_names)
    merged: Json = _merged(spec, theirs, _said(theirs, asked), "", network_names or {})
    return merged


def beyond(spec: Json, said: Json) -> Json:
    """Return path -> value of each leaf of another object's spec that is not in `said`, what inputs can say of it.

    Labels are left out: inputs can say them all, and those that they leave out are ours.
    """
    theirs, ours = ({key: part for key, part in side.items() if key != "Labels"} for side in (spec, said))
    return dict(_leaves(theirs, ours, "", ""))


def beyond_network(live: Json) -> Json:
    """Return the settings of a live network that inputs cannot say. What is no flag, number or text tells its state."""
    source = at(live, "ConfigFrom", "Network")
    found = {
        key: value
        for key, value in live.items()
        if (key == "EnableIPv4" and value is False)
        or (key not in _OF_NETWORKS and isinstance(value, (bool, int, float, str)) and value)
    }
    return {**found, **({"ConfigFrom.Network": source} if source else {})}


def beyond_volume(live: Json) -> Json:
    """Return what a live volume of the cluster has and inputs cannot say."""
    spec = at(live, "ClusterVolume", "Spec")
    if not isinstance(spec, dict):
        return {}
    return dict(_leaves(spec, cluster_to_spec(cluster_from_spec(spec)), "", "ClusterVolume.Spec"))


def _said(theirs: Json, asked: Json | None) -> Json:
    """Return what inputs can say of an effective spec: all of it, where they have said it."""
    return theirs if asked is not None and effective_of(asked) == theirs else _there_and_back(theirs)


@remembered
def _there_and_back(theirs: Json) -> Json:
    return effective(to_spec(from_spec(theirs)))


# ------------------------------------------------------------------------------------------------- showing


def _leaves(theirs: Any, ours: Any, name: str, path: str) -> Iterator[tuple[str, Any]]:
    if theirs == ours:
        return
    if isinstance(theirs, dict):
        known = ours if isinstance(ours, dict) else {}
        for key, value in theirs.items():
            yield from _leaves(value, known.get(key), key, below(path, key))
    elif isinstance(theirs, list) and any(isinstance(entry, dict) for entry in theirs):
        known_entries = ours if isinstance(ours, list) else []
        partner = dict(_paired(name, theirs, known_entries, {}))
        for position, entry in enumerate(theirs):
            there = partner.get(position)
            known_entry = None if there is None else known_entries[there]
            yield from _leaves(entry, known_entry, "", f"{path}[{_shown(name, entry, position)}]")
    elif theirs or is_pointer(name):
        yield path, theirs


def _shown(name: str, entry: Any, position: int) -> Any:
    if name in ("Configs", "Secrets"):
        return at(entry, "File", "Name") or position
    return (at(entry, _SHOWN_AS[name]) if name in _SHOWN_AS else None) or position


# ------------------------------------------------------------------------------------------------- keeping


def _merged(ours: Any, theirs: Any, base: Any, name: str, network_names: Mapping[str, str]) -> Any:
    """Return `ours` with what `theirs` has beyond `base`, which is what inputs can say of it."""
    if theirs == base:
        return ours
    if isinstance(ours, dict) and isinstance(theirs, dict):
        return _merged_objects(ours, theirs, base if isinstance(base, dict) else {}, name, network_names)
    if isinstance(ours, list) and isinstance(theirs, list):
        return _merged_lists(ours, theirs, base if isinstance(base, list) else [], name, network_names)
    return theirs if ours == base else ours


def _merged_objects(ours: Json, theirs: Json, base: Json, name: str, network_names: Mapping[str, str]) -> Json:
    if name in _ONE_OF and _ONE_OF[name](ours) != _ONE_OF[name](base):
        return ours
    result = dict(ours)
    for key, value in theirs.items():
        known = base.get(key)
        if key in ours:
            result[key] = _merged(ours[key], value, known, key, network_names)
        elif key not in base:
            result[key] = value
        elif isinstance(value, dict) and isinstance(known, dict) and value != known:
            left = _merged_objects({}, value, known, key, network_names)
            if left:
                result[key] = left
    return result


def _merged_lists(
    ours: list[Any], theirs: list[Any], base: list[Any], name: str, network_names: Mapping[str, str]
) -> list[Any]:
    if ours == base:
        return theirs
    said = dict(_paired(name, theirs, base, {}))
    result = list(ours)
    for here, there in _paired(name, ours, theirs, network_names, by=[base[i] for i in said.values()]):
        known = base[said[there]] if there in said else None
        result[here] = _merged(ours[here], theirs[there], known, "", network_names)
    if name in _LISTS:
        # any part of it cannot be expressed, so the program cannot have taken it away
        result += [entry for position, entry in enumerate(theirs) if position not in said]
    return result


def _paired(
    name: str,
    left: Sequence[Any],
    right: Sequence[Any],
    network_names: Mapping[str, str],
    *,
    by: Sequence[Any] | None = None,
) -> list[tuple[int, int]]:
    """Return the positions of entries that are the same thing.

    Args:
        by: what inputs say of the right entries, by which those without an identity of their own are told.
    """
    if name in _LISTS:
        kind, words = _LISTS[name]

        def of(entry: Any) -> Any:
            found = words(entry) if isinstance(entry, dict) else entry
            if name == "Networks" and isinstance(found, dict):
                found = {"name": network_names.get(found["name"], found["name"])}
            return found

        found = pairs(kind, [of(entry) for entry in left], [of(entry) for entry in right])
        return [(here, there) for here, there in found if at(left[here], "Type") == at(right[there], "Type")]
    if by is None:
        return [(position, position) for position in range(len(left))] if len(left) == len(right) else []
    return equal_pairs(left, by) if len(by) == len(right) else []
