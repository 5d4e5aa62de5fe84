"""A merged tree of the compose-spec's dialect -> the same in words that are read alike in both dialects.

What compose-go makes of a file after merging and Swarm has no word of its own for: commands split its way, durations
with days and weeks, other services that a service needs (links, shared namespaces), ranges of published ports, targets
of mounts, services of a provider.
"""

from __future__ import annotations

import contextlib
import re
from collections.abc import Callable, Iterator
from fractions import Fraction
from typing import Any, Final

from swarm_provider.compose.spec import shell_words
from swarm_provider.compose.spec.merge import DEPENDENCY
from swarm_provider.compose.yaml.tree import Items, Map, SourceLocation, as_written, part
from swarm_provider.core import units
from swarm_provider.model.rules.unusable import HEALTH_TESTS
from swarm_provider.model.types import short_forms

_DURATION: Final = re.compile(r"[+-]?(?:(?:\d+\.?\d*|\.\d+)(?:ns|us|µs|μs|ms|s|m|h|d|w))+")
_LONG_PART: Final = re.compile(r"(\d+\.?\d*|\.\d+)([dw])")
_HOURS: Final = {"d": 24, "w": 168}
_DURATIONS: Final = (
    ("stop_grace_period",),
    *(("healthcheck", key) for key in ("interval", "timeout", "start_period", "start_interval")),
    *(("deploy", part, key) for part in ("update_config", "rollback_config") for key in ("delay", "monitor")),
    *(("deploy", "restart_policy", key) for key in ("delay", "window")),
)
_SHARED: Final = ("network_mode", "ipc", "pid", "uts", "cgroup")
_RANGE: Final = re.compile(r"(\d{1,5})-(\d{1,5})")


def settled(tree: Map, at: SourceLocation) -> Map:
    """Return the tree without what the compose-spec alone says; what is wrong or surprises is in the report."""
    services = tree.get("services")
    if not isinstance(services, Map):
        return tree
    place = at.key(tree, "services")
    provided = {key for key, service in services.items() if isinstance(service, Map) and service.get("provider")}
    result = Map(services.file, services.line)
    for key, service in services.items():
        spot = place.key(services, key)
        if key in provided:
            spot.key(service, "provider").warn("providers are not supported by Swarm; the service is skipped")
            continue
        result.put(key, _service(service, provided, spot) if isinstance(service, Map) else service, services.where(key))
    return tree.changed({"services": lambda _: result})


def _service(service: Map, provided: set[str], at: SourceLocation) -> Map:
    for key in ("command", "entrypoint"):
        if isinstance(service.get(key), str):
            service = _changed_at(service, (key,), at, _split)
    for path in _DURATIONS:
        service = _changed_at(service, path, at, lambda value, place: _duration(value))
    service = _changed_at(service, ("healthcheck",), at, lambda value, place: _healthcheck(value))
    service = _changed_at(service, ("ports",), at, _ports)
    service = _changed_at(service, ("volumes",), at, lambda value, place: _mounts(value))
    return _with_needs(service, provided)


def _changed_at(
    parent: Map, path: tuple[str, ...], at: SourceLocation, change: Callable[[Any, SourceLocation], Any]
) -> Map:
    """Return a mapping with the value at a path changed: a copy, unless the value is not there or stays what it is."""
    key, rest = path[0], path[1:]
    old = parent.get(key)
    if old is None or (rest and not isinstance(old, Map)):
        return parent
    place = at.key(parent, key)
    new = _changed_at(old, rest, place, change) if rest else change(old, place)
    return parent if new is old else parent.changed({key: lambda _: new})


def _split(value: str, at: SourceLocation) -> Any:
    try:
        found, operator = shell_words.split(value)
    except ValueError as error:
        at.error(str(error))
        return value
    if operator:
        at.warn(
            f"docker compose ends the command at {part(value, operator)!r}, since no shell reads it; for a shell write"
            " ['sh', '-c', '...'], for the character itself put it in quotes"
        )
    result = Items(at.file, at.line)
    for word in found:
        result.put(part(value, word), (at.file, at.line))
    return result


def _duration(value: Any) -> Any:
    """Write days and weeks as hours; what is no duration stays, to be told where it is read."""
    if not isinstance(value, str) or not _DURATION.fullmatch(value) or not _LONG_PART.search(value):
        return value
    if len(value) > units.LONGEST_TEXT:
        return value
    sign, bare = ("-", value[1:]) if value[0] == "-" else ("", value.removeprefix("+"))
    hours = sum((Fraction(number) * _HOURS[unit] for number, unit in _LONG_PART.findall(bare)), Fraction(0))
    rest = _LONG_PART.sub("", bare)
    nanoseconds = int(hours * units.duration_ns("1h")) + (units.duration_ns(rest) if rest else 0)
    return value if nanoseconds > units.INT64_MAX else part(value, sign + units.duration_text(nanoseconds))


def _healthcheck(value: Any) -> Any:
    """Let `disable` win over a test, which docker's dialect refuses beside it."""
    if not isinstance(value, Map) or value.get("disable") is not True:
        return value
    test = value.get("test")
    # a test that is none to anybody stays, to be told where it is read
    wrong = isinstance(test, Items) and test and test[0] not in HEALTH_TESTS
    return value.copied(without=("disable" if wrong else "test",))


def _ports(value: Any, at: SourceLocation) -> Any:
    if not isinstance(value, Items):
        return value
    result = Items(value.file, value.line)
    for index, port in enumerate(value):
        ports = list(_published(port, at.item(value, index))) if isinstance(port, Map) else [port]
        for entry in ports:
            result.put(entry, value.where(index))
    return result


def _published(port: Map, at: SourceLocation) -> Iterator[Map]:
    """Publish a port on all ports of a range: docker compose takes one that is free, and Swarm cannot choose."""
    given = _RANGE.fullmatch(str(port.get("published")))
    first, last = (int(given[1]), int(given[2])) if given else (0, 0)
    if given is None or last < first:
        yield port
        return
    if last > first:
        at.key(port, "published").warn(
            f"docker compose publishes one port of the range {as_written(port['published'])};"
            " Swarm cannot choose, so all of them are published"
        )
    for number in range(first, last + 1):
        single = port.copied()
        single["published"] = part(port["published"], number)
        yield single


def _mounts(value: Any) -> Any:
    if not isinstance(value, Items):
        return value
    result = Items(value.file, value.line)
    for index, mount in enumerate(value):
        if isinstance(mount, Map) and isinstance(mount.get("target"), str):
            mount = mount.changed({"target": lambda target: part(target, short_forms.clean_path(target))})
        elif isinstance(mount, str):
            # one that cannot be read is told where it is
            with contextlib.suppress(ValueError):
                mount = part(mount, short_forms.clean_target(mount))
        result.put(mount, value.where(index))
    return result


def _with_needs(service: Map, provided: set[str]) -> Map:
    """Put the services that this one needs under depends_on, without those that are left out."""
    given = service.get("depends_on")
    needs = [need for need in _needs(service) if need[0] not in provided]
    if not isinstance(given, Map):
        if given is not None or not needs:
            return service
        given = Map(*needs[0][1])
    result = given.copied(without=provided)
    for name, where in needs:
        if name not in result:
            dependency = Map(*where)
            for key, entry in DEPENDENCY.items():
                dependency.put(key, entry, where)
            result.put(name, dependency, where)
    copy = service.copied()
    copy.put("depends_on", result, (given.file, given.line))
    return copy


def _needs(service: Map) -> Iterator[tuple[str, tuple[str, int]]]:
    """Yield the other services that this one names, with the place of each."""
    for link, where in _listed(service.get("links")):
        # one colon gives an alias; with more, compose-go looks for a service of that whole name
        name, _, alias = link.partition(":")
        yield link if ":" in alias else part(link, name), where
    for key in _SHARED:
        if str(service.get(key)).startswith("service:"):
            yield part(service[key], str(service[key]).removeprefix("service:")), service.where(key)
    for other, where in _listed(service.get("volumes_from")):
        if not other.startswith("container:"):
            yield part(other, other.partition(":")[0]), where


def _listed(value: Any) -> Iterator[tuple[str, tuple[str, int]]]:
    if isinstance(value, Items):
        for index, entry in enumerate(value):
            yield str(entry), value.where(index)
