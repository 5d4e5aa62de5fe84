"""`security_opt` <-> the parts of ContainerSpec.Privileges besides the credential spec."""

from __future__ import annotations

import base64
import binascii
from typing import Any, Final

from swarm_provider.convert.helpers import drop_empty
from swarm_provider.core import Json
from swarm_provider.core.values import UNKNOWN, has_unknown
from swarm_provider.model.security import LABEL_PARTS, SECCOMP_MODES, canonical, split

_PARTS: Final = ("SELinuxContext", "Seccomp", "AppArmor", "NoNewPrivileges")
_APPARMOR: Final = {"default": "default", "unconfined": "disabled"}


def options_to_spec(options: Any) -> Json:
    """Return the parts that the options say."""
    if has_unknown(options):
        return dict.fromkeys(_PARTS, UNKNOWN)
    result: Json = {}
    context: Json = {}
    for option in map(canonical, options or ()):
        name, value = split(option)
        if name == "no-new-privileges":
            result["NoNewPrivileges"] = value == "true"
        elif name == "apparmor":
            result["AppArmor"] = {"Mode": _APPARMOR[value]}
        elif name == "label" and value == "disable":
            context["Disable"] = True
        elif name == "label":
            part, inner = split(value)
            context[part.capitalize()] = inner
        elif value in SECCOMP_MODES:
            result["Seccomp"] = {"Mode": value}
        else:
            result["Seccomp"] = {"Mode": "custom", "Profile": base64.b64encode(value.encode()).decode()}
    return drop_empty(**result, SELinuxContext=context)


def options_from_spec(privileges: Any) -> Any:
    """Return the options that the parts stand for, as far as there are words."""
    if not isinstance(privileges, dict):
        return None
    if any(privileges.get(part) is UNKNOWN for part in _PARTS):
        return UNKNOWN
    seccomp, apparmor = privileges.get("Seccomp") or {}, privileges.get("AppArmor") or {}
    context = privileges.get("SELinuxContext") or {}
    return [
        *(["no-new-privileges:true"] if privileges.get("NoNewPrivileges") else ()),
        *_seccomp(seccomp),
        *(f"apparmor:{word}" for word, mode in _APPARMOR.items() if apparmor.get("Mode") == mode),
        *(["label:disable"] if context.get("Disable") else ()),
        *(f"label:{part}:{context[part.capitalize()]}" for part in LABEL_PARTS if context.get(part.capitalize())),
    ]


def _seccomp(seccomp: Json) -> list[str]:
    if seccomp.get("Mode") in SECCOMP_MODES:
        return [f"seccomp:{seccomp['Mode']}"]
    try:
        text = base64.b64decode(seccomp.get("Profile") or "", validate=True).decode()
        return [canonical(f"seccomp:{text}")] if seccomp.get("Mode") == "custom" else []
    except (binascii.Error, UnicodeDecodeError, ValueError):
        return []
