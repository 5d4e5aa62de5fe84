"""`security_opt`: one spelling of each option, and what is in it. Pure."""

from __future__ import annotations

import json
import re
from typing import Final

_SEPARATOR: Final = re.compile(r"[=:]")
LABEL_PARTS: Final = ("user", "role", "type", "level")
SECCOMP_MODES: Final = ("default", "unconfined")
_OTHER_NAMES: Final = {"builtin": "default", "docker-default": "default", "disabled": "unconfined"}
_KNOWN: Final = "no-new-privileges, seccomp, apparmor and label"


def split(option: str) -> tuple[str, str]:
    """Return name and value of an option; docker accepts `=` and `:` between them."""
    name, *value = _SEPARATOR.split(option.strip(), maxsplit=1)
    return name.strip().lower(), value[0].strip() if value else ""


def profile_path(option: str) -> str | None:
    """Return the path of the seccomp profile that an option names, None where it names none."""
    name, value = split(option)
    named = name == "seccomp" and value and not value.startswith("{")
    return value if named and _OTHER_NAMES.get(value, value) not in SECCOMP_MODES else None


def canonical(option: str) -> str:
    """Return the option as inputs have it, such as `seccomp:unconfined`; a seccomp profile is its JSON.

    Raises:
        ValueError: Swarm does not support it.
    """
    name, value = split(option)
    if name == "no-new-privileges" and value.lower() in ("", "true", "false"):
        return f"{name}:{value.lower() or 'true'}"
    if name in ("seccomp", "apparmor") and _OTHER_NAMES.get(value, value) in SECCOMP_MODES:
        return f"{name}:{_OTHER_NAMES.get(value, value)}"
    if name == "seccomp" and value.startswith("{"):
        return seccomp(value)
    if name == "seccomp":
        raise ValueError("seccomp must be default, unconfined or a profile in JSON")
    if name == "apparmor":
        raise ValueError("Swarm supports apparmor:default and apparmor:unconfined only, not a profile by name")
    if name == "label":
        part, inner = split(value)
        if part == "disable" and not inner:
            return "label:disable"
        if part in LABEL_PARTS and inner:
            return f"label:{part}:{inner}"
        raise ValueError(f"a label must be disable, or one of {', '.join(LABEL_PARTS)} with its value")
    if name == "credentialspec":
        raise ValueError("a credential spec is set with credential_spec")
    raise ValueError(f"not supported by Swarm, which has {_KNOWN}")


def seccomp(profile: str) -> str:
    """Return the option for the content of a profile.

    Raises:
        ValueError: it is no profile.
    """
    try:
        found = json.loads(profile)
    except ValueError as error:
        raise ValueError(f"the seccomp profile is not JSON: {error}") from None
    if not isinstance(found, dict):
        raise ValueError("the seccomp profile is not a JSON object")
    return f"seccomp:{json.dumps(found, separators=(',', ':'), ensure_ascii=False)}"
