"""One service of one file -> its typed form: short forms expanded, env files read, paths made absolute.

The typed form has compose's keys. What docker cannot tell from an absent key (an empty string, false, 0 where it keeps
no pointer) is absent in it, so that merging is `the later one that is there`.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable
from typing import Any, Final

from swarm_provider.compose.common import scalars
from swarm_provider.compose.common.context import Context
from swarm_provider.compose.common.scalars import boolean, duration, labels, mode, options, text, text_list, whole
from swarm_provider.compose.common.typed_form import Dependency, Service
from swarm_provider.compose.sections import deploy
from swarm_provider.compose.sections.engine_keys import read_engine_keys, tmpfs_mounts
from swarm_provider.compose.sections.environment import read_environment, read_label_files
from swarm_provider.compose.sections.mounts import read_mounts
from swarm_provider.compose.yaml.tree import Items, Map, SourceLocation, Template, as_written, part
from swarm_provider.core import Json
from swarm_provider.model.service import ISOLATIONS, PORT_MODES
from swarm_provider.model.types import short_forms
from swarm_provider.model.types.kinds import is_missing, nearest

# a drive, or server and share, and a slash after it (Go's filepath.IsAbs on Windows)
_WINDOWS_PATH: Final = re.compile(r"(?:[A-Za-z]:|[\\/]{2}[^\\/.][^\\/]*[\\/][^\\/.][^\\/]*)[\\/]")
_CONDITIONS: Final = ("service_started", "service_healthy", "service_completed_successfully")


def read_service(key: str, source: Map, at: SourceLocation, context: Context) -> Service:
    """Read one valid, interpolated service.

    Args:
        key: the key in its section.
        source: the valid, interpolated mapping.
        at: the place in the file, which collects problems.
        context: the folder, the variables and the dialect.
    """
    service = Service(key, at)
    for name, value in source.items():
        place = at.key(source, name)
        service.places[name] = place
        reader = _READERS.get(name)
        if reader is not None and value is not None:
            result = reader(value, place)
            if result is not None:
                service.values[name] = result
    environment = read_environment(source, at, context)
    if environment:
        service.values["environment"] = environment
    if source.get("label_file"):
        service.values["labels"] = {**read_label_files(source, at, context), **service.values.get("labels", {})}
    mounts = tmpfs_mounts(source, at, context)
    if source.get("volumes") is not None:
        resolve = _resolver(context, at)
        mounts = read_mounts(source["volumes"], at.key(source, "volumes"), resolve, context.dialect) + mounts
    if mounts or source.get("volumes") is not None:
        service.values["volumes"] = mounts
    service.values.update(read_engine_keys(source, at, context))
    deploy.apply_short_keys(source, service.values, at)
    return service


def _filled(value: Any, at: SourceLocation) -> Any:
    result = text(value, at)
    return None if result == "" else result


def _true(value: Any, at: SourceLocation) -> bool | None:
    return boolean(value, at) or None


def _texts(value: Any, at: SourceLocation) -> list[Any]:
    return text_list(value, at)


def _capabilities(value: Any, at: SourceLocation) -> list[Any]:
    # docker knows RESET as a word of `service update` only, and ignores it
    return [name for name in text_list(value, at) if name.strip().upper() != "RESET"]


def _command(value: Any, at: SourceLocation) -> list[Any] | None:
    if isinstance(value, str):
        try:
            return short_forms.split_words(value) or None
        except ValueError as error:
            at.error(str(error))
            return None
    return text_list(value, at) or None


def _hosts(value: Any, at: SourceLocation) -> list[Any]:
    if isinstance(value, Items):
        for index, entry in enumerate(value):
            if isinstance(entry, str) and ":" not in entry and "=" not in entry:
                at.item(value, index).warn("docker drops an entry without an address; write 'host:address'")
        return list(short_forms.extra_hosts([str(entry) for entry in value]))
    plain: Json = {}
    later: list[Template] = []
    for host, entry in value.items():
        place = at.key(value, host)
        if isinstance(entry, Template):
            later.append(Template((f"{host}:", *entry.parts)))
        elif isinstance(entry, Items):
            plain[host] = [text(item, place.item(entry, index)) for index, item in enumerate(entry)]
        else:
            plain[host] = None if entry is None else _address(entry, place)
    known = short_forms.extra_hosts(plain)
    return sorted([*known, *later], key=lambda pair: str(pair.parts[0]) if isinstance(pair, Template) else pair)


def _address(value: Any, at: SourceLocation) -> Any:
    if isinstance(value, (int, float)):
        at.error("an address must be a string; put it in quotes")
    return text(value, at)


def _ulimits(value: Map, at: SourceLocation) -> Json:
    result: Json = {}
    for name, limit in value.items():
        place = at.key(value, name)
        if isinstance(limit, Map):
            result[name] = {key: whole(limit[key], place.key(limit, key), minimum=None) for key in ("soft", "hard")}
        else:
            number = whole(limit, place, minimum=None)
            result[name] = {"soft": number, "hard": number}
    return result


def _healthcheck(value: Map, at: SourceLocation) -> Json:
    result: Json = {}
    for key in ("interval", "timeout", "start_period", "start_interval"):
        if value.get(key) is not None:
            result[key] = duration(value[key], at.key(value, key))
    if value.get("retries") is not None:
        result["retries"] = whole(value["retries"], at.key(value, "retries"))
    if value.get("disable") is not None and boolean(value["disable"], at.key(value, "disable")):
        result["disable"] = True
    test = value.get("test")
    if test is not None:
        words = test if isinstance(test, Items) else ["CMD-SHELL", test]
        result["test"] = text_list(words, at.key(value, "test"))
        if not result["test"]:
            del result["test"]
    return result


def _logging(value: Map, at: SourceLocation) -> Json:
    result: Json = {}
    if value.get("driver"):
        result["driver"] = text(value["driver"], at.key(value, "driver"))
    if value.get("options") is not None:
        result["options"] = options(value["options"], at.key(value, "options"))
    return result


def _credential_spec(value: Map, at: SourceLocation) -> Json | None:
    result = {key: text(value[key], at.key(value, key)) for key in ("config", "file", "registry") if value.get(key)}
    return result or None


def _references(value: Items, at: SourceLocation) -> list[Map]:
    result = []
    for index, entry in enumerate(value):
        place = at.item(value, index)
        reference = Map(place.file, place.line)
        if not isinstance(entry, Map):
            reference["source"] = text(entry, place)
        else:
            given = {key.lower(): (key, item) for key, item in entry.items() if item is not None}
            for key in ("source", "target", "uid", "gid"):
                if key in given and given[key][1] != "":
                    reference[key] = text(given[key][1], place.key(entry, given[key][0]))
            if "mode" in given:
                reference["mode"] = mode(given["mode"][1], place.key(entry, given["mode"][0]))
            if "source" not in reference:
                place.error(is_missing("source"))
        result.append(reference)
    return result


def _networks(value: Any, at: SourceLocation) -> Json:
    if isinstance(value, Items):
        return {str(text(entry, at.item(value, index))): None for index, entry in enumerate(value)}
    result: Json = {}
    for name, network in value.items():
        place = at.key(value, name)
        result[name] = None
        if isinstance(network, Map):
            result[name] = {}
            if network.get("aliases"):
                result[name]["aliases"] = text_list(network["aliases"], place.key(network, "aliases"))
            if network.get("driver_opts"):
                result[name]["driver_opts"] = options(network["driver_opts"], place.key(network, "driver_opts"))
    return result


def _ports(value: Items, at: SourceLocation) -> list[Map]:
    result: list[Map] = []
    for index, entry in enumerate(value):
        place = at.item(value, index)
        for port in _long_port(entry, place) if isinstance(entry, Map) else _short_port(entry, place):
            placed = Map(place.file, place.line)
            placed.update(port)
            result.append(placed)
    return result


def _short_port(value: Any, at: SourceLocation) -> list[Json]:
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    written = str(text(value, at))
    try:
        ports: list[Json] = part(written, short_forms.port(written))
    except ValueError as error:
        at.error(str(error))
        return []
    address = part(written, short_forms.port_address(written))
    if address:
        at.warn(
            f"docker drops the address {as_written(address)}: Swarm publishes on every address; "
            "the compose-spec would not"
        )
    return ports


def _long_port(value: Map, at: SourceLocation) -> list[Json]:
    port: Json = {}
    for key in ("target", "published"):
        given = value.get(key)
        if isinstance(given, str) and "-" in given:
            at.key(value, key).error("Swarm cannot choose from a range of ports; set one port, or use the short form")
        elif given is not None and given != "":
            number = whole(given, at.key(value, key), maximum=65535)
            if number or key == "target":
                port[key] = part(given, number)
    if not port.get("target"):
        at.error(is_missing("target"))
    for key in ("protocol", "mode", "name"):
        if value.get(key):
            port[key] = text(value[key], at.key(value, key))
    for key, words in (("protocol", short_forms.PROTOCOLS), ("mode", PORT_MODES)):
        if key in port:
            port[key] = _word(port[key], words, at.key(value, key))
    return [port]


def _word(value: str, words: tuple[str, ...], at: SourceLocation) -> str:
    """Return one of the words, whatever its case; dockerd takes the first for one that it does not know."""
    if value.lower() in words:
        return value.lower()
    advice = f"use one of {', '.join(words)}{nearest(value, words)}"
    at.warn(f"docker falls back to {words[0]!r}, as {value!r} is not valid; {advice}")
    return words[0]


def _isolation(value: Any, at: SourceLocation) -> str | None:
    written = _filled(value, at)
    return None if written is None else _word(written, ISOLATIONS, at)


def _depends_on(value: Any, at: SourceLocation) -> dict[str, Dependency]:
    if isinstance(value, Items):
        return {str(name): Dependency(required=False) for name in value}
    result: dict[str, Dependency] = {}
    for name, entry in value.items():
        place = at.key(value, name)
        result[name] = Dependency(
            text(entry.get("condition", _CONDITIONS[0]), place),
            boolean(entry.get("required", True), place),
        )
        if boolean(entry.get("restart", False), place):
            place.key(entry, "restart").warn("Swarm does not restart a service because another one was updated")
    return result


def _resolver(context: Context, at: SourceLocation) -> Callable[[str], str]:
    """Return what makes the source of a bind mount absolute, as docker does."""

    def resolve(path: str) -> str:
        if path.startswith("~"):
            home, there = context.environment.look_up("HOME")
            if there and isinstance(home, str):
                path = part(path, home + path[1:])
            else:
                at.warn("docker cannot expand '~', because HOME is not set; use an absolute path")
        if path.startswith("/") or _WINDOWS_PATH.match(path):
            return path
        return str(part(path, posixpath.normpath(posixpath.join(str(context.folder), path))))

    return resolve


_READERS: Final[dict[str, Callable[[Any, SourceLocation], Any]]] = {
    **dict.fromkeys(("image", "hostname", "user", "working_dir", "stop_signal", "restart"), _filled),
    "isolation": _isolation,
    **dict.fromkeys(("tty", "stdin_open", "read_only"), _true),
    **dict.fromkeys(("dns", "dns_search", "dns_opt", "group_add", "profiles"), _texts),
    **dict.fromkeys(("cap_add", "cap_drop"), _capabilities),
    **dict.fromkeys(("command", "entrypoint"), _command),
    **dict.fromkeys(("labels", "sysctls"), labels),
    **dict.fromkeys(("configs", "secrets"), _references),
    "init": boolean,
    "stop_grace_period": scalars.duration,
    "extra_hosts": _hosts,
    "ulimits": _ulimits,
    "healthcheck": _healthcheck,
    "logging": _logging,
    "credential_spec": _credential_spec,
    "networks": _networks,
    "ports": _ports,
    "depends_on": _depends_on,
    "deploy": deploy.read_deploy,
    "x-pulumi": lambda value, at: value,
}
