"""What Diff found, in Pulumi's words."""

from __future__ import annotations

from pulumi.runtime.proto import provider_pb2

from swarm_provider.plan.change.property_diff import Change
from swarm_provider.plugin.protocol.operations import Difference

_KINDS = {
    "add": provider_pb2.PropertyDiff.ADD,
    "delete": provider_pb2.PropertyDiff.DELETE,
    "update": provider_pb2.PropertyDiff.UPDATE,
}


def difference(found: Difference) -> provider_pb2.DiffResponse:
    """Return what Diff found as Pulumi reads it."""
    if not found.changes and not found.replaces:
        return provider_pb2.DiffResponse(changes=provider_pb2.DiffResponse.DIFF_NONE, stables=found.stables)
    detailed = {change.path: _detail(change, found) for change in found.changes}
    for path in found.replaces:
        if not any(change.top == path for change in found.changes):
            detailed[path] = provider_pb2.PropertyDiff(kind=provider_pb2.PropertyDiff.UPDATE_REPLACE, inputDiff=True)
    return provider_pb2.DiffResponse(
        changes=provider_pb2.DiffResponse.DIFF_SOME,
        replaces=found.replaces,
        deleteBeforeReplace=found.delete_before_replace,
        stables=found.stables,
        diffs=sorted({change.top for change in found.changes}),
        detailedDiff=detailed,
        hasDetailedDiff=bool(detailed),
    )


def _detail(change: Change, found: Difference) -> provider_pb2.PropertyDiff:
    # X_REPLACE follows X in the protocol's enumeration
    replaces = change.path in found.replaces or change.top in found.replaces
    kind = provider_pb2.PropertyDiff.Kind.ValueType(_KINDS[change.kind] + (1 if replaces else 0))
    return provider_pb2.PropertyDiff(kind=kind, inputDiff=change.path not in found.of_outputs)
