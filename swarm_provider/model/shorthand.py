"""The short forms of compose: `8080:80`, `db-data:/data`, `K=V`, `sh -c "..."`.

Each function takes what a person may write and returns the normal form, or raises ValueError with the reason. They
serve `Service` as well as compose files, so there is one reading of each form: the docker CLI's.
"""

from __future__ import annotations

import re
import shlex
from typing import Any, Final

from swarm_provider.spec import Json
from swarm_provider.spec.values import UNKNOWN, Secret, has_unknown

_PROPAGATIONS: Final = ("private", "rprivate", "shared", "rshared", "slave", "rslave")
_PORT_RANGE: Final = re.compile(r"\d+(?:-\d+)?")


def shell_words(value: Any) -> Any:
    """Split a command text into words as the docker CLI does; a word that begins with `#` ends the line."""
    if not isinstance(value, str):
        return value
    try:
        return shlex.split(value, comments=True)
    except ValueError as error:
        raise ValueError(f"{value!r} is not a command line: {error}") from None


def listed(value: Any) -> Any:
    """Take one text for a list of one."""
    return [value] if isinstance(value, str) else value


def key_values(value: Any) -> Any:
    """Turn a list of `K=V` into a map; a bare `K` has no value (None). The last of duplicates wins."""
    if not isinstance(value, (list, tuple)):
        return value
    if any(entry is UNKNOWN for entry in value):
        return UNKNOWN
    result: Json = {}
    for entry in value:
        secret = isinstance(entry, Secret)
        text = entry.value if secret else entry
        if not isinstance(text, str):
            raise ValueError("every entry must be a text of the form 'KEY=value'")
        key, equals, rest = text.partition("=")
        result[key] = (Secret(rest) if secret else rest) if equals else None
    return result


def labels(value: Any) -> Any:
    """Turn a list of `K=V` into a map; a bare `K` is an empty label."""
    result = key_values(value)
    if not isinstance(result, dict):
        return result
    return {key: "" if entry is None else entry for key, entry in result.items()}


def extra_hosts(value: Any) -> Any:
    """Turn a map of host names to addresses into the sorted list of `host:ip`."""
    if not isinstance(value, dict):
        return value
    if has_unknown(value):
        return UNKNOWN
    return sorted(f"{host}:{address}" for host, address in value.items())


def ports(value: Any) -> Any:
    """Expand a list of ports: short texts, numbers and long forms, ranges included."""
    if not isinstance(value, (list, tuple)):
        return value
    result: list[Any] = []
    for entry in value:
        result.extend(port(entry) if isinstance(entry, (str, int)) else [entry])
    return result


def port(value: str | int) -> list[Json]:
    """Read `[ip:][published:]target[/protocol]`; each side may be a range `a-b`.

    Returns:
        One long form per published port, in the order of the ranges. The address is dropped, as docker does.
    """
    text, slash, protocol = str(value).partition("/")
    protocol = protocol.lower() if slash else "tcp"
    if protocol not in ("tcp", "udp", "sctp"):
        raise ValueError(f"{value!r}: the protocol must be tcp, udp or sctp")
    *before, target = text.rsplit(":", 2) if not text.startswith("[") else _bracketed(text)
    published = before[-1] if before else ""
    targets, hosts = _range(target, value), _range(published, value) if published else []
    if hosts and len(hosts) != len(targets):
        if len(targets) != 1:
            raise ValueError(f"{value!r}: the two ranges of ports have different lengths")
        targets = targets * len(hosts)
    pairs = zip(targets, hosts or [0] * len(targets), strict=True)
    entries = [{"target": inner, "published": outer, "protocol": protocol, "mode": "ingress"} for inner, outer in pairs]
    for entry in entries:
        if not entry["published"]:
            del entry["published"]
    return entries


def _bracketed(text: str) -> list[str]:
    address, _, rest = text.partition("]")
    return [address + "]", *rest.removeprefix(":").split(":")]


def _range(text: str, whole: Any) -> list[int]:
    if not _PORT_RANGE.fullmatch(text):
        raise ValueError(f"{whole!r} is not a port; write '80', '8080:80' or '8000-8001:80-81', with '/udp' if needed")
    first, _, last = text.partition("-")
    numbers = list(range(int(first), int(last or first) + 1))
    if not numbers or not 0 < numbers[0] <= numbers[-1] <= 65535:
        raise ValueError(f"{whole!r}: ports lie between 1 and 65535, and a range goes upwards")
    return numbers


def volume(value: Any) -> Any:
    """Read `[source:]target[:options]` into the long form."""
    if not isinstance(value, str):
        return value
    if not value:
        raise ValueError("a volume must not be empty; write 'name:/path' or '/host/path:/path'")
    if len(value) <= 2:
        return {"type": "volume", "target": value}
    parts = _volume_parts(value)
    if len(parts) > 3:
        raise ValueError(f"{value!r} has too many colons; write 'source:/target:options'")
    if len(parts) == 1:
        return {"type": "volume", "target": parts[0]}
    source, target = parts[0], parts[1]
    bind = source.startswith((".", "/", "~", "\\")) or bool(re.match(r"[A-Za-z]:", source))
    entry: Json = {"type": "bind" if bind else "volume", "source": source, "target": target}
    for option in parts[2].split(",") if len(parts) == 3 else []:
        _volume_option(entry, option, value)
    return entry


def _volume_parts(text: str) -> list[str]:
    # docker reads one letter before a colon as a Windows drive, also where a volume of that name was meant
    parts: list[str] = []
    current = ""
    for char in text:
        drive = char == ":" and len(current) == 1 and current.isalpha()
        if char == ":" and not drive:
            parts.append(current)
            current = ""
        else:
            current += char
    parts.append(current)
    if not all(parts):
        raise ValueError(f"{text!r} has an empty section between colons")
    return parts


def _volume_option(entry: Json, option: str, whole: str) -> None:
    if option == "ro":
        entry["readOnly"] = True
    elif option == "nocopy":
        entry.setdefault("volume", {})["nocopy"] = True
    elif option in _PROPAGATIONS:
        if entry["type"] == "volume":
            raise ValueError(f"{whole!r}: {option!r} is an option of bind mounts, and this is a volume")
        entry.setdefault("bind", {})["propagation"] = option


def object_reference(value: Any) -> Any:
    """Take the name of a config or secret for `{source: name}`."""
    return {"source": value} if isinstance(value, str) else value


def network_reference(value: Any) -> Any:
    """Take the name of a network for `{name: name}`."""
    return {"name": value} if isinstance(value, str) else value


def networks(value: Any) -> Any:
    """Turn compose's map of networks into a list of references."""
    if not isinstance(value, dict):
        return value
    return [{"name": key, **(entry or {})} for key, entry in value.items()]


def ulimits(value: Any) -> Any:
    """Take a number for equal soft and hard limits."""
    if not isinstance(value, dict):
        return value
    return {key: {"soft": entry, "hard": entry} if isinstance(entry, int) else entry for key, entry in value.items()}


def health_test(value: Any) -> Any:
    """Take a text for a shell command, as docker does."""
    return ["CMD-SHELL", value] if isinstance(value, str) else value


def texts(value: Any) -> Any:
    """Write the numbers in a map as texts; docker stores texts."""
    if not isinstance(value, dict):
        return value
    return {
        key: str(entry) if isinstance(entry, (int, float)) and not isinstance(entry, bool) else entry
        for key, entry in value.items()
    }
