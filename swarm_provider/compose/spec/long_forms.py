"""One form for what can be written in several, so that trees can be merged; one entry per key in lists that need it.

The compose-spec appends lists and then keeps, of the entries that mean the same (a mount of one target, a port that is
published at one address), the last one at the place of the first.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping
from typing import Any, Final

from swarm_provider.compose.spec.merge import DEPENDENCY, as_mapping
from swarm_provider.compose.yaml.tree import Items, Map, Template, go_text, part
from swarm_provider.model.types import short_forms

_ANY_ADDRESS: Final = "0.0.0.0"
# of one service; ranges beyond stay as they are written, since comparing their ports one by one would take minutes
_MOST_PORTS: Final = 500


def canonical(tree: Map, *, ranges: bool = False) -> Map:
    """Return a tree with the services' short forms made long where merging needs it, without what is said twice.

    What is not valid stays as it is, to be told by the schema or the reader.

    Args:
        ranges: one port that is published on a range stays one entry, as in the compose-spec.
    """
    services = tree.get("services")
    if not isinstance(services, Map):
        return tree
    forms = {**_FORMS, "ports": lambda value: _ports(value, ranges)}
    return tree.changed({"services": lambda services: services.each(lambda service: _service(service, forms))})


def _service(service: Map, forms: Mapping[str, Callable[[Any], Any]]) -> Map:
    result = Map(service.file, service.line)
    for key, value in service.items():
        form, index = forms.get(key), _INDEXES.get(key)
        value = form(value) if form is not None else value
        result.put(key, _unique(value, index) if index and isinstance(value, Items) else value, service.where(key))
    return result


def _unique(items: Items, index: Callable[[Any], Hashable]) -> Items:
    entries: dict[Hashable, tuple[Any, tuple[str, int]]] = {}
    for position, entry in enumerate(items):
        try:
            key = index(entry)
            entries[key] = (entry, items.where(position))
        except (TypeError, ValueError):
            entries[object()] = (entry, items.where(position))
    result = Items(items.file, items.line)
    for entry, where in entries.values():
        result.put(entry, where)
    return result


def _listed(value: Any) -> Any:
    if not isinstance(value, (str, Template)):
        return value
    items = Items()
    items.append(value)
    return items


def _ports(value: Any, ranges: bool) -> Any:
    if not isinstance(value, Items):
        return value
    result = Items(value.file, value.line)
    # what is written alike is one entry before ranges are, so that ranges cannot pile up
    value = _unique(value, _port_key)
    for index, entry in enumerate(value):
        where = value.where(index)
        for port in [entry] if len(result) + _count(entry, ranges) > _MOST_PORTS else _long_ports(entry, where, ranges):
            result.put(port, where)
    return result


def _count(entry: Any, ranges: bool) -> int:
    """Return how many entries a port becomes: a range outside of one port stays one with `ranges`."""
    if not isinstance(entry, (str, int, float)):
        return 1
    written = str(go_text(entry))
    return 1 if ranges and "-" not in written.rpartition(":")[2] else short_forms.port_count(written)


def _long_ports(entry: Any, where: tuple[str, int], ranges: bool) -> list[Any]:
    written = str(go_text(entry))
    if isinstance(entry, (Map, Items, Template)) or entry is None:
        return [entry]
    try:
        ports = short_forms.port(written)
    except ValueError:
        return [entry]
    if ranges and len(ports) > 1 and ports[0]["target"] == ports[-1]["target"]:
        ports = [{**ports[0], "published": f"{ports[0]['published']}-{ports[-1]['published']}"}]
    address = short_forms.port_address(written)
    result: list[Any] = []
    for port in ports:
        long = Map(*where)
        if address:
            long.put("host_ip", part(written, address), where)
        for key, value in port.items():
            long.put(key, part(written, value), where)
        result.append(long)
    return result


def _port_key(port: Any) -> Hashable:
    if not isinstance(port, Map):
        return ("text", go_text(port))
    published = port.get("published")
    return (
        port.get("host_ip", _ANY_ADDRESS),
        None if published is None else str(go_text(published)),
        str(go_text(port.get("target"))),
        port.get("protocol", "tcp"),
    )


def _mount_key(mount: Any) -> Hashable:
    if isinstance(mount, Map):
        return str(mount["target"]) if "target" in mount else ("none", id(mount))
    # a short form is made long before entries are compared, with its target in the shortest spelling
    return short_forms.clean_path(str(short_forms.volume(mount)["target"]))


def _file_key(folder: str) -> Callable[[Any], Hashable]:
    def key(entry: Any) -> Hashable:
        if isinstance(entry, Map):
            return str(entry["target"]) if entry.get("target") else f"{folder}/{entry.get('source')}"
        return f"{folder}/{entry}"

    return key


def _word(entry: Any) -> Hashable:
    if isinstance(entry, Template):
        return entry
    return str(go_text(entry)).partition("=")[0]


def _path(entry: Any) -> Hashable:
    return str(entry.get("path")) if isinstance(entry, Map) else str(entry)


_FORMS: Final[dict[str, Callable[[Any], Any]]] = {
    "depends_on": lambda value: as_mapping(value, DEPENDENCY),
    "networks": as_mapping,
    **dict.fromkeys(("dns", "env_file", "label_file"), _listed),
}
_INDEXES: Final[dict[str, Callable[[Any], Hashable]]] = {
    **dict.fromkeys(("cap_add", "cap_drop", "dns", "dns_opt", "dns_search", "profiles", "tmpfs"), _word),
    "configs": _file_key(""),
    "secrets": _file_key("/run/secrets"),
    "env_file": _path,
    "ports": _port_key,
    "volumes": _mount_key,
}
