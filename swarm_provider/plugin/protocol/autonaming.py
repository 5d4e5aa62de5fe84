"""The name of what a program leaves unnamed: its logical name, unless the project's `pulumi:autonaming` says another.

Pulumi proposes a name at each Check, a pattern with random parts another one each time. The one that is taken is kept
among the inputs, so that it stays, whatever becomes of the pattern; what was there before the pattern stays, too.
"""

from __future__ import annotations

import hashlib
from typing import Final

from google.protobuf import struct_pb2
from pulumi.runtime.proto import provider_pb2

from swarm_provider.errors import InputError, Problem
from swarm_provider.model.rules.limits import DNS_NAME

KEPT: Final = "__name"
"""Input that keeps a name that Pulumi has proposed; people are shown no property that begins with two underscores."""
_SHORT: Final = ("swarm:index:Service", "swarm:index:Network")
_DISABLE: Final = provider_pb2.CheckRequest.AutonamingOptions.DISABLE
_PROPOSE: Final = provider_pb2.CheckRequest.AutonamingOptions.PROPOSE


def default_name(request: provider_pb2.CheckRequest, logical: str) -> str:
    """Return the name of a resource that the program leaves unnamed, "" where the project wants each to be named.

    Args:
        request: a Check.
        logical: the resource's logical name.
    """
    if KEPT in request.olds.fields:
        return request.olds.fields[KEPT].string_value
    if request.olds.fields or not request.HasField("autonaming"):
        return logical
    wanted = request.autonaming
    if wanted.mode == _DISABLE:
        return ""
    return _short(wanted.proposed_name) if wanted.mode == _PROPOSE and request.type in _SHORT else wanted.proposed_name


def _short(name: str) -> str:
    """Return a name as long as Docker allows: a longer one is cut, and no two become one."""
    if len(name) <= DNS_NAME:
        return name
    digest = hashlib.sha256(name.encode()).hexdigest()[:8]
    return f"{name[: DNS_NAME - 9].rstrip('-_')}-{digest}"


def required_name(name: str) -> str:
    """Return the name of what the program leaves unnamed. Raises InputError where the project forbids that."""
    if not name:
        raise InputError(Problem("is missing: `pulumi:autonaming` is disabled in this project; set a name", "name"))
    return name


def keep(answer: struct_pb2.Struct, request: provider_pb2.CheckRequest, name: str, logical: str) -> None:
    """Note among the checked inputs, in place, the name that Pulumi has proposed where the program gives none.

    Args:
        answer: the checked inputs.
        request: the Check.
        name: as `default_name` has it.
        logical: the resource's logical name.
    """
    given = request.news.fields
    if name not in ("", logical) and "name" not in given and "baseName" not in given:
        answer.fields[KEPT].string_value = name
