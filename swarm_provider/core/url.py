"""Addresses as messages show them: without the passwords, tokens and keys that they may hold. Pure."""

from __future__ import annotations

import re
from typing import Final

_HIDDEN: Final = "…"
_USER: Final = re.compile(r"[\w.-]+")
# parameters of backends and registries whose values are no secret, and tell one address from another
_PLAIN: Final = frozenset(
    ("region", "awssdk", "endpoint", "prefix", "domain", "profile", "s3forcepathstyle", "disablessl", "sslmode")
)
_PARAMETER: Final = re.compile(r"(?P<name>[A-Za-z0-9_.-]{1,40})=(?P<value>[A-Za-z0-9_.:/-]*)")


def shown(url: str) -> str:
    """Return an address without user and password, and without the values of parameters that may be secret.

    What stands before the last `@` counts as user and password, whatever it is: passwords contain `/`, `?`, `#` and
    `@`. The path of a `file://` or `unix://` address is none, and the user of an ssh address no secret.
    """
    scheme, separator, rest = url.partition("://")
    if not separator:
        scheme, rest = "", url
    if scheme.lower() in ("file", "unix", "npipe"):
        return url
    before, at, rest = rest.rpartition("@")
    place, query = _cut(rest)
    if scheme.lower() == "ssh" and _USER.fullmatch(before):
        return f"{scheme}://{before}@{place}{_parameters(query)}"
    if at and _cut(before)[1] and "=" in before:
        # the `@` may belong to a parameter: then what follows it is the rest of a value
        place, query = "", ""
    return f"{scheme}{separator}{_HIDDEN + at if at else ''}{place}{_parameters(query)}"


def _cut(rest: str) -> tuple[str, str]:
    """Return what stands before `?` or `#`, and what begins there."""
    cut = min((position for sign in "?#" if (position := rest.find(sign)) >= 0), default=len(rest))
    return rest[:cut], rest[cut:]


def _parameters(query: str) -> str:
    if not query.startswith("?"):
        return f"{query[:1]}{_HIDDEN}" if len(query) > 1 else ""
    told = []
    for parameter in query[1:].split("&"):
        match = _PARAMETER.fullmatch(parameter)
        if match is None:
            told.append(_HIDDEN)
        else:
            plain = match["name"].lower() in _PLAIN
            told.append(parameter if plain else f"{match['name']}={_HIDDEN}")
    return "?" + "&".join(told)
