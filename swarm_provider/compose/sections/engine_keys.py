"""Keys of the compose-spec that Swarm has a word for and docker's CLI none: who says them, and where, gets them.

What `docker stack deploy` refuses works in either dialect; what it takes and drops works in the compose-spec's only, so
that no stack changes by moving here (docs/decisions/015).
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from swarm_provider.compose.common.context import Context, file_bytes
from swarm_provider.compose.common.scalars import checked, text, text_list, whole
from swarm_provider.compose.yaml.tree import Items, Map, SourceLocation, part
from swarm_provider.core import Json, units
from swarm_provider.core.platform import platform_to_spec
from swarm_provider.model import security


def read_engine_keys(source: Map, at: SourceLocation, context: Context) -> Json:
    """Return what one service says by these keys; `tmpfs` is among the mounts (`tmpfs_mounts`).

    Args:
        source: the valid, interpolated mapping.
        at: the place in the file, which collects problems.
        context: the folder, the variables and the dialect.
    """
    result: Json = {}
    if source.get("platform"):
        result["platform"] = _of_words(source["platform"], platform_to_spec, at.key(source, "platform"))
    if source.get("mem_swappiness") is not None:
        result["mem_swappiness"] = whole(source["mem_swappiness"], at.key(source, "mem_swappiness"))
    if context.dialect == "docker":
        return result
    if source.get("oom_score_adj") is not None:
        result["oom_score_adj"] = whole(source["oom_score_adj"], at.key(source, "oom_score_adj"), minimum=None)
    if source.get("memswap_limit") is not None:
        result["memswap_limit"] = checked(source["memswap_limit"], units.swap_bytes, at.key(source, "memswap_limit"))
    if source.get("security_opt"):
        place = at.key(source, "security_opt")
        options = text_list(source["security_opt"], place)
        found = [_option(option, place.item(source["security_opt"], n), context) for n, option in enumerate(options)]
        result["security_opt"] = [option for option in found if option is not None]
    return result


def tmpfs_mounts(source: Map, at: SourceLocation, context: Context) -> list[Map]:
    """Return the mounts that `tmpfs` stands for, `/path` or `/path:size=64m,mode=1777,noexec`.

    Args:
        source: the valid, interpolated mapping.
        at: the place in the file, which collects problems.
        context: the folder, the variables and the dialect.
    """
    if context.dialect == "docker" or not source.get("tmpfs"):
        return []
    place = at.key(source, "tmpfs")
    value = source["tmpfs"]
    return [_tmpfs(entry, place) for entry in (text_list(value, place) if isinstance(value, Items) else [value])]


def _tmpfs(entry: Any, at: SourceLocation) -> Map:
    mount = Map(at.file, at.line)
    target, _, words = str(text(entry, at)).partition(":")
    options: Json = {}
    rest: list[str] = []
    for word in filter(None, words.split(",")):
        name, _, value = word.partition("=")
        if name == "size":
            options["size"] = checked(part(entry, value), units.size_bytes, at)
        elif name == "mode" and value.isdecimal() and value.isascii() and not set(value) & set("89"):
            options["mode"] = int(value, 8)
        elif name == "mode":
            at.error("the mode must be octal, such as 1777")
        elif name != "rw":
            rest.append(word)
    mount.update({"type": "tmpfs", "target": target})
    if options or rest:
        mount["tmpfs"] = {**options, **({"options": rest} if rest else {})}
    return mount


def _option(option: Any, at: SourceLocation, context: Context) -> str | None:
    if not isinstance(option, str):
        at.error("must be a plain string, not an Output")
        return None
    path = security.profile_path(option)
    try:
        if path is None:
            return security.canonical(option)
    except ValueError as error:
        at.warn(f"{error}; the option is ignored")
        return None
    content = file_bytes(Path(context.folder, path), at, option)
    try:
        return None if content is None else security.seccomp(content.decode(errors="replace"))
    except ValueError as error:
        at.error(str(error))
        return None


def _of_words(value: Any, parse: Any, at: SourceLocation) -> str:
    written: str = text(value, at)
    try:
        parse(written)
    except ValueError as error:
        at.error(str(error))
    return written
