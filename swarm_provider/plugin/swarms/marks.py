"""The mark in a resource's outputs that says which swarm it lives on (plan/ownership/swarm_identity.py)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from google.protobuf import struct_pb2

from swarm_provider.core import Json
from swarm_provider.plan.ownership.swarm_identity import KEY

if TYPE_CHECKING:
    from swarm_provider.plugin.run.session import Session


def mark_of(state: struct_pb2.Struct) -> str:
    """Return the id of the swarm that a resource with these outputs lives on, "" where they do not say it."""
    return state.fields[KEY].string_value if KEY in state.fields else ""


def marked(outputs: Json, session: Session) -> Json:
    """Return the outputs of a resource that was read or made here, with the mark."""
    return {**outputs, KEY: session.cluster_id} if session.cluster_id else outputs
