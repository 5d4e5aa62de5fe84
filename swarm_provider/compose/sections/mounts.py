"""`volumes:` of a service -> mounts in typed form. Which volume a name stands for is decided in `normalise.py`."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Final

from swarm_provider.compose.common.dialect import Dialect
from swarm_provider.compose.common.scalars import boolean, checked, is_zero, mode, text
from swarm_provider.compose.yaml.tree import Items, Map, SourceLocation, part
from swarm_provider.core import Json, units
from swarm_provider.model.types import short_forms

_BLOCKS: Final = ("bind", "volume", "tmpfs", "image", "cluster")


def read_mounts(
    value: Items, at: SourceLocation, resolve: Callable[[str], str], dialect: Dialect = "docker"
) -> list[Map]:
    """Read all mounts of one service; `resolve` makes the source of a bind mount absolute.

    Args:
        value: the value as the file has it.
        at: the place in the file, which collects problems.
        resolve: makes the source of a bind mount absolute.
        dialect: the dialect that the files are read in.
    """
    result = []
    for index, entry in enumerate(value):
        place = at.item(value, index)
        mount = Map(place.file, place.line)
        mount.update(_long(entry, place, dialect) if isinstance(entry, Map) else _short(str(text(entry, place)), place))
        if mount.get("type") == "bind" and mount.get("source"):
            mount["source"] = resolve(mount["source"])
        result.append(mount)
    return result


def _short(value: str, at: SourceLocation) -> Json:
    try:
        mount: Json = part(value, short_forms.volume(value))
    except ValueError as error:
        at.error(str(error))
        return {}
    _warn_options(value, short_forms.mount_options_without_effect(value), at)
    target = mount["target"]
    if "source" not in mount and target[1:2] == ":" and target[0].isalpha():
        at.warn(
            f"docker reads {value!r} as an anonymous volume at the Windows path {target!r}, because the name before "
            "the colon is one letter; the compose-spec would mount the volume: give it a longer name"
        )
    elif "source" not in mount and not target.startswith("/"):
        at.warn(f"docker reads {value!r} as an anonymous volume at the path {target!r}; write 'name:/path'")
    return {_SNAKE.get(key, key): entry for key, entry in mount.items()}


def _warn_options(value: str, options: Iterable[tuple[str, str]], at: SourceLocation) -> None:
    for option, why in options:
        at.warn(f"the mount option {part(value, option)!r} has no effect: {why}")


_SNAKE: Final = {"readOnly": "read_only"}


def _long(value: Map, at: SourceLocation, dialect: Dialect) -> Json:
    mount: Json = {}
    for key in ("type", "source", "target", "consistency"):
        if value.get(key):
            mount[key] = str(text(value[key], at.key(value, key)))
    target = mount.get("target", "")
    _warn_options(target, short_forms.misplaced_options(target), at.key(value, "target"))
    if value.get("read_only") is not None and boolean(value["read_only"], at.key(value, "read_only")):
        mount["read_only"] = True
    for block in _BLOCKS:
        if isinstance(value.get(block), Map):
            mount[block] = _options(block, value[block], at.key(value, block), dialect)
    return mount


def _options(block: str, value: Map, at: SourceLocation, dialect: Dialect) -> Json:
    # docker finds these keys whatever their case, and drops all others
    given = {key.lower(): entry for key, entry in value.items() if entry is not None}
    result: Json = {}
    if block == "bind" and given.get("propagation"):
        word = given["propagation"]
        result["propagation"] = part(word, str(text(word, at)).lower())
    if block == "bind" and dialect == "compose-spec" and given.get("recursive"):
        word = given["recursive"]
        if word in ("writable", "readonly"):
            at.key(value, "recursive").warn(f"{word!r} is not supported for services; ignored")
        else:
            result["recursive"] = text(word, at.key(value, "recursive"))
    if block == "tmpfs" and dialect == "compose-spec" and given.get("mode") is not None:
        result["mode"] = mode(given["mode"], at.key(value, "mode"))
    if block == "volume":
        if "nocopy" in given and boolean(given["nocopy"], at.key(value, "nocopy")):
            result["nocopy"] = True
        if given.get("subpath"):
            result["subpath"] = str(text(given["subpath"], at))
    if block == "tmpfs" and "size" in given:
        size = checked(given["size"], units.size_bytes, at.key(value, "size"))
        if not is_zero(size, units.size_bytes):
            result["size"] = str(int(size)) if size.isdecimal() else size
    return result
