"""The short forms of compose: `8080:80`, `db-data:/data`, `K=V`, `sh -c "..."`.

Each function takes what a person may write and returns the normal form, or raises ValueError with the reason. They
serve `Service` as well as compose files, so there is one reading of each form: the docker CLI's.
"""

from __future__ import annotations

import ipaddress
import math
import posixpath
import re
from decimal import Decimal
from typing import Any, Final

from swarm_provider.core import Json
from swarm_provider.core.values import UNKNOWN, Secret, has_unknown
from swarm_provider.model.types.kinds import nearest

PROTOCOLS: Final = ("tcp", "udp", "sctp")
PROPAGATIONS: Final = ("private", "rprivate", "shared", "rshared", "slave", "rslave")
MOST_PORTS: Final = 3 * 65535
"""How many ports there are to publish: of tcp, udp and sctp."""
_UNHONOURED: Final = {
    **dict.fromkeys(("z", "Z"), "Swarm does not change SELinux labels"),
    **dict.fromkeys(("cached", "delegated", "consistent"), "it is a hint for Docker Desktop"),
}
# in octal; the decimal numbers of usual modes are not among them
_USUAL_MODES: Final = frozenset(
    f"{mode:o}"
    for mode in (
        *(0o400, 0o440, 0o444, 0o500, 0o540, 0o550, 0o555, 0o600, 0o640, 0o644, 0o660, 0o664, 0o666),
        *(0o700, 0o710, 0o740, 0o750, 0o755, 0o770, 0o775, 0o777),
    )
)
_PORT_RANGE: Final = re.compile(r"[0-9]+(?:-[0-9]+)?")


def shell_words(value: Any) -> Any:
    """Split a command text into words as the docker CLI does; a word that begins with `#` ends the line."""
    return split_words(value) if isinstance(value, str) else value


def split_words(text: str) -> list[str]:
    """Split a command line as google/shlex does, which docker uses: quotes, backslash, comments to the end of a line.

    Unlike Python's shlex, a backslash in double quotes escapes every character, and `#` inside a word is a letter.

    Raises:
        ValueError: a quote is not closed, or the text ends with a backslash.
    """
    words: list[str] = []
    word: str | None = None
    state = ""  # "" between or in words; a quote; "#" in a comment
    escaped = False
    for char in text:
        if escaped:
            word, escaped = (word or "") + char, False
        elif state == "#":
            state = "" if char == "\n" else "#"
        elif char == "\\" and state != "'":
            word, escaped = word or "", True
        elif state:
            if char == state:
                state = ""
            else:
                word = (word or "") + char
        elif char in "\"'":
            word, state = word or "", char
        elif char in " \t\r\n":
            if word is not None:
                words.append(word)
            word = None
        elif char == "#" and word is None:
            state = "#"
        else:
            word = (word or "") + char
    if escaped or state in ("'", '"'):
        why = "it ends with a backslash" if escaped else "a quote is not closed"
        raise ValueError(f"{text!r} is not a valid command line: {why}")
    return words if word is None else [*words, word]


def plain_text(value: Any) -> Any:
    """Take a boolean for its word, as YAML has it."""
    return str(value).lower() if isinstance(value, bool) else value


def listed(value: Any) -> Any:
    """Take one text for a list of one."""
    return [value] if isinstance(value, str) else value


def key_values(value: Any) -> Any:
    """Turn a list of `K=V` into a mapping; a bare `K` has no value (None). The last of duplicates wins."""
    if not isinstance(value, (list, tuple)):
        return value
    if any(entry is UNKNOWN for entry in value):
        return UNKNOWN
    result: Json = {}
    for entry in value:
        secret = isinstance(entry, Secret)
        text = entry.value if secret else entry
        if not isinstance(text, str):
            raise ValueError("every entry must be a string of the form 'KEY=value'")
        key, equals, rest = text.partition("=")
        result[key] = (Secret(rest) if secret else rest) if equals else None
    return result


def labels(value: Any) -> Any:
    """Turn a list of `K=V` into a mapping; a bare `K` or a null is an empty label, a number its text."""
    return texts(key_values(value))


def extra_hosts(value: Any) -> Any:
    """Bring hosts into the list of `host:ip`; a mapping is sorted, `=` may separate too, brackets of IPv6 are cut."""
    if has_unknown(value):
        return UNKNOWN
    if isinstance(value, dict):
        pairs = [
            f"{host}:{address}"
            for host, addresses in value.items()
            for address in (addresses if isinstance(addresses, (list, tuple)) else [addresses])
            if address is not None
        ]
        return [_unbracketed(pair) for pair in sorted(pairs)]
    if isinstance(value, (list, tuple)) and all(isinstance(entry, str) for entry in value):
        # an entry without any separator is nothing to docker
        return [_unbracketed(entry.replace("=", ":", 1)) for entry in value if "=" in entry or ":" in entry]
    return value


def _unbracketed(pair: str) -> str:
    host, _, address = pair.partition(":")
    if len(address) > 2 and address.startswith("[") and address.endswith("]"):
        address = address[1:-1]
    return f"{host}:{address}"


def ports(value: Any) -> Any:
    """Expand a list of ports: short texts, numbers and long forms, ranges included."""
    if not isinstance(value, (list, tuple)):
        return value
    counts = sum(port_count(entry) if isinstance(entry, (str, int)) else 1 for entry in value)
    if counts > MOST_PORTS:
        raise ValueError(f"{counts} ports are published; Swarm has {MOST_PORTS} in all, 65535 of each protocol")
    result: list[Any] = []
    for entry in value:
        result.extend(port(entry) if isinstance(entry, (str, int)) else [entry])
    return result


def port(value: str | int) -> list[Json]:
    """Read `[ip:][published:]target[/protocol]`; each side may be a range `a-b`.

    Returns:
        One long form per published port, sorted by the text of the target as docker does. The address is dropped, as
        docker does (see `port_address`). One target with a range outside is published on all of the range.

    Raises:
        ValueError: it is not a port.
    """
    address, published, target = _port_parts(str(value))
    target, _, protocol = target.partition("/")
    protocol = protocol.partition("/")[0].lower() or "tcp"
    if protocol not in PROTOCOLS:
        raise ValueError(f"{value!r}: the protocol must be tcp, udp or sctp")
    if address:
        _check_address(address, value)
    targets, hosts = _range(target, value), _range(published, value) if published else range(0)
    if hosts and len(hosts) != len(targets) and len(targets) != 1:
        raise ValueError(f"{value!r}: the two ranges of ports have different lengths")
    if 0 in targets:
        raise ValueError(f"{value!r}: the port in the container cannot be 0")
    inside = list(targets) * max(1, len(hosts)) if len(targets) == 1 else targets
    entries: list[Json] = []
    for inner, outer in zip(inside, hosts or [0] * len(inside), strict=True):
        published_port = {"published": outer} if outer else {}
        entries.append({"target": inner, **published_port, "protocol": protocol, "mode": "ingress"})
    return sorted(entries, key=lambda entry: f"{entry['target']}/{protocol}")


def port_address(value: str | int) -> str:
    """Return the address that a short port names, which Swarm cannot honour; "" where it means every address."""
    address = _port_parts(str(value))[0]
    return "" if address in ("", "0.0.0.0", "::", "[::]") else address


def _port_parts(text: str) -> tuple[str, str, str]:
    *before, target = text.split(":")
    return ":".join(before[:-1]), before[-1] if before else "", target


def _check_address(address: str, whole: Any) -> None:
    bare = address[1:-1] if address.startswith("[") and address.endswith("]") else address
    try:
        if "%" in bare:
            raise ValueError
        ipaddress.ip_address(bare)
    except ValueError:
        raise ValueError(f"{whole!r}: the part before the port is not an IP address") from None


def port_count(value: str | int) -> int:
    """Return how many ports a short form stands for, without making them; 0 where it is no port."""
    try:
        _, published, target = _port_parts(str(value))
        hosts = _range(published, value) if published else range(0)
        return max(len(hosts), len(_range(target.partition("/")[0], value)))
    except ValueError:
        return 0


def _range(text: str, whole: Any) -> range:
    if not _PORT_RANGE.fullmatch(text):
        raise ValueError(f"{whole!r} is not a port; write '80', '8080:80' or '8000-8001:80-81', with '/udp' if needed")
    first, _, last = text.partition("-")
    low, high = int(first[:9]), int((last or first)[:9])
    if not low <= high <= 65535:
        raise ValueError(f"{whole!r}: ports must be at most 65535, and ranges ascending")
    return range(low, high + 1)


def volume(value: Any) -> Any:
    """Read `[source:]target[:options]` into the long form."""
    if not isinstance(value, str):
        return value
    if not value:
        raise ValueError("a volume must not be empty; write 'name:/path' or '/host/path:/path'")
    if len(value.encode()) <= 2:
        return {"type": "volume", "target": value}
    parts = _volume_parts(value)
    if len(parts) == 1:
        return {"type": "volume", "target": parts[0]}
    source, target = parts[0], parts[1]
    entry: Json = {"type": "bind" if _is_path(source) else "volume", "source": source, "target": target}
    for option in parts[2].split(",") if len(parts) == 3 else []:
        _volume_option(entry, option, value)
    return entry


def clean_path(path: str) -> str:
    """Return the shortest spelling of a path in a container, as Go's `path.Clean` has it."""
    if not path:
        return path
    cleaned = posixpath.normpath(path)
    return f"/{cleaned.lstrip('/')}" if cleaned.startswith("/") else cleaned


def clean_target(mount: str) -> str:
    """Return the short form of a mount with its target cleaned."""
    if len(mount.encode()) <= 2:
        return mount
    parts = _volume_parts(mount)
    place = min(1, len(parts) - 1)
    return ":".join([*parts[:place], clean_path(parts[place]), *parts[place + 1 :]])


def mount_options_without_effect(value: str) -> list[tuple[str, str]]:
    """Return the options of a short mount that docker drops, each with why.

    What a target has after a comma counts where it is an option: docker reads it as a part of the path.
    """
    if len(value.encode()) <= 2:
        return []
    parts = _volume_parts(value)
    known = ("", "ro", "rw", "nocopy", *PROPAGATIONS)
    found = [option for option in parts[2].split(",") if option not in known] if len(parts) == 3 else []
    target = parts[min(1, len(parts) - 1)]
    words = (*known[1:], *_UNHONOURED)
    told = (
        (option, _UNHONOURED.get(option) or f"docker does not support it{nearest(option, words)}") for option in found
    )
    return [*told, *misplaced_options(target)]


def misplaced_options(target: str) -> list[tuple[str, str]]:
    """Return the option that the path of a mount ends with, which was meant to stand behind a colon."""
    word = target.rpartition(",")[2] if "," in target else ""
    if word in ("ro", "rw", "nocopy", *PROPAGATIONS, *_UNHONOURED):
        return [(word, "it follows a comma, so docker treats it as part of the path; use a colon before it")]
    return []


def _is_path(source: str) -> bool:
    return source[0] in "./~" or source.startswith("\\\\") or (source[0].isalpha() and source[1:2] == ":")


def _volume_parts(text: str) -> list[str]:
    # docker reads one letter before a colon as a Windows drive, also where a volume of that name was meant
    parts: list[str] = []
    current = ""
    for char in text:
        if char == ":" and not (len(current) == 1 and current.isalpha()):
            parts.append(_section(current, text))
            if len(parts) == 3:
                raise ValueError(f"{text!r} has too many colons; write 'source:/target:options'")
            current = ""
        else:
            current += char
    return [*parts, _section(current, text)]


def _section(text: str, whole: str) -> str:
    if not text:
        raise ValueError(f"{whole!r} has an empty section between colons")
    return text


def _volume_option(entry: Json, option: str, whole: str) -> None:
    if option in ("ro", "rw"):
        entry.pop("readOnly", None)
        if option == "ro":
            entry["readOnly"] = True
    elif option == "nocopy":
        if entry["type"] != "volume":
            raise ValueError(f"{whole!r}: 'nocopy' is an option of volumes, and this is a path of the node")
        entry["volume"] = {"nocopy": True}
    elif option in PROPAGATIONS:
        if entry["type"] == "volume":
            raise ValueError(f"{whole!r}: the propagation of mounts is an option of paths, and this is a volume")
        entry["bind"] = {"propagation": option}


def meant_as_octal(mode: int) -> bool:
    """Tell whether a file mode was written in decimal with the digits of an octal one: 444, which is the mode 0674."""
    return str(mode) in _USUAL_MODES


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
    """Take a string for a shell command, as docker does."""
    return ["CMD-SHELL", value] if isinstance(value, str) else value


def texts(value: Any) -> Any:
    """Write the values in a mapping as docker stores them: numbers as Go prints them, null as an empty string."""
    if not isinstance(value, dict):
        return value
    return {key: _value_text(entry) for key, entry in value.items()}


def number_text(value: float) -> str:
    """Return a number as Go's `%v` prints it: `1.10` is `1.1`, 123456789.0 is `1.23456789e+08`, integers stay."""
    if isinstance(value, int):
        return str(int(value))
    if not math.isfinite(value):
        return "NaN" if math.isnan(value) else "+Inf" if value > 0 else "-Inf"
    sign, numerals, exponent = Decimal(repr(float(value))).normalize().as_tuple()
    digits = "".join(map(str, numerals))
    power = len(digits) - 1 + int(exponent) if value else 0
    # strconv.FormatFloat(x, 'g', -1, 64): an exponent below 1e-04, and from six digits on
    if power < -4 or power >= 6:
        text = f"{digits[0]}{'.' if len(digits) > 1 else ''}{digits[1:]}e{'-' if power < 0 else '+'}{abs(power):02d}"
    elif power < 0:
        text = f"0.{'0' * (-power - 1)}{digits}"
    else:
        whole, fraction = digits[: power + 1].ljust(power + 1, "0"), digits[power + 1 :]
        text = f"{whole}.{fraction}" if fraction else whole
    return "-" + text if sign else text


def _value_text(value: Any) -> Any:
    if value is None:
        return ""
    return number_text(value) if isinstance(value, (int, float)) and not isinstance(value, bool) else value
