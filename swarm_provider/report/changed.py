"""The steps of a run, one record per resource: what differs, and what somebody changed by hand before."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final, Literal

from swarm_provider.core import Json
from swarm_provider.core.masking import MASK
from swarm_provider.core.names import snake
from swarm_provider.core.path import Path, parse, render
from swarm_provider.model.resources import RESOURCES
from swarm_provider.plan.change.property_diff import Change, changes, users_path
from swarm_provider.plan.change.sentences import Adoption, Survival
from swarm_provider.plan.change.sentences import parse as facts_of
from swarm_provider.report.reading import Preview, Step

Op = Literal["create", "update", "replace", "delete", "same", "adopt"]
_OPS: Final[dict[str, Op]] = {
    "create": "create",
    "import": "create",
    "update": "update",
    "replace": "replace",
    "create-replacement": "replace",
    "import-replacement": "replace",
    "delete-replaced": "replace",
    "delete": "delete",
}
_OURS: Final = "swarm:index:"
_PRIVATE: Final = ("familyId", "key", "owner", "keepPrevious")
"""Inputs that only the provider reads; of an owner the reviewer is told where it becomes another one."""
_SWARM: Final = "provider"
"""Pulumi's word for what differs where a resource is replaced because it lives elsewhere."""


@dataclass(frozen=True)
class Changed:
    """One resource.

    Attributes:
        urn: the resource.
        kind: `Service`, `Config` ...; for a resource of another package its whole type.
        ours: it is one of this provider's.
        logical: the name in the program.
        shown: the name in the swarm, without the version's suffix.
        op: what happens to it; adopt: it exists already, and is adopted.
        old: inputs before (of the live object, where the run looked), or {}.
        new: inputs after, or {}.
        running: outputs before.
        differences: what differs, with paths as people type them; secrets are masked.
        by_hand: what differs between the last `up` and the live object.
        removed_by_hand: the object was there after the last `up` and is not now.
        forecasts: what a stream of events says of tasks.
        needs: URNs that it depends on.
        moves: it is made on another swarm, and then removed from this one.
        goes_first: of a replacement, that the old one is removed before the new one is made.
    """

    urn: str
    kind: str
    ours: bool
    logical: str
    shown: str
    op: Op
    old: Json
    new: Json
    running: Json
    differences: tuple[Change, ...] = ()
    by_hand: tuple[Change, ...] = ()
    removed_by_hand: bool = False
    forecasts: tuple[Json, ...] = ()
    needs: tuple[str, ...] = ()
    moves: bool = False
    goes_first: bool = False

    @property
    def inputs(self) -> Json:
        """The inputs of what is there: the new ones, of what goes the old ones."""
        return self.new or self.old


def changed(preview: Preview) -> list[Changed]:
    """Return the resources of a preview, without components and providers that stay as they are."""
    by_urn: dict[str, list[Step]] = {}
    for step in preview.steps:
        by_urn.setdefault(step.urn, []).append(step)
    notes = [(note.urn, fact) for note in preview.notes for fact in facts_of(note.text)]
    taken = {urn for urn, fact in notes if isinstance(fact, (Adoption, Survival))}
    found = [_one(steps, urn in taken) for urn, steps in by_urn.items()]
    staying = {(one.kind, one.shown) for one in found if one.op != "delete"}
    # renamed in the program: one resource takes over what the other one leaves
    found = [one for one in found if one.op != "delete" or not one.ours or (one.kind, one.shown) not in staying]
    return [one for one in found if one.ours or (one.op != "same" and not one.kind.startswith("pulumi:"))]


def _one(steps: Sequence[Step], adopted: bool) -> Changed:
    # a run looks at each object before it plans: the state as it was is in that step, the live object in the next
    refreshed = next((step for step in steps if step.op == "refresh"), None)
    acting = [step for step in steps if step.op in _OPS]
    op: Op = _OPS[acting[0].op] if acting else "same"
    goes_first = op == "replace" and any(step.op == "replace" and not step.made for step in acting)
    op = "adopt" if adopted and (op == "create" or (op == "replace" and not goes_first)) else op
    first = acting[0] if acting else steps[-1]
    old = next((step.old for step in acting if step.old), None) or (first.old if not acting else None) or {}
    new = next((step.new for step in acting if step.new and step.op not in ("delete", "delete-replaced")), None)
    if not acting:
        new = first.new
    new = {} if op == "delete" else new or {}
    kind = first.type.removeprefix(_OURS) if first.type in RESOURCES else first.type
    removed = refreshed is not None and (refreshed.new is None or (op in ("create", "adopt") and not old))
    live = old if acting else first.old or {}
    paths = tuple(dict.fromkeys(path for step in acting for path in step.paths))
    return Changed(
        first.urn,
        kind,
        first.type in RESOURCES,
        first.name,
        str(_shown(new or old) or first.name),
        op,
        old,
        new,
        next((step.running for step in acting if step.running), first.running),
        tuple(_differences(first.type, old, new, paths)) if old and op in ("update", "replace", "adopt") else (),
        tuple(_differences(refreshed.type, refreshed.old or {}, live, None)) if refreshed and not removed else (),
        removed,
        next((step.forecasts for step in acting if step.forecasts), ()),
        next((step.needs for step in acting if step.needs), ()),
        op == "replace" and _SWARM in paths,
        goes_first,
    )


def _shown(inputs: Json) -> object:
    base = inputs.get("baseName") or inputs.get("name")
    if "key" in inputs and "nodes" in inputs:
        value = inputs.get("value")
        return f"{inputs['key']}={value}" if isinstance(value, str) else inputs["key"]
    base = base or inputs.get("node")
    return base if isinstance(base, str) else None


def _differences(kind: str, old: Json, new: Json, paths: Sequence[str] | None) -> Iterable[Change]:
    """Compare two sets of inputs; where `paths` are given, they decide what counts as a difference."""
    resource = RESOURCES.get(kind)
    if resource is None:
        yield from (Change(place, "update", _at(old, place), _at(new, place)) for place in map(_place, paths or ()))
        return
    told = dict.fromkeys(_place(path) for path in paths or () if path != _SWARM)
    private = {*_PRIVATE} - ({"owner"} if old.get("owner") and new.get("owner") else set())
    for change in changes(resource.shape, old, new):
        if (not told or change.place in told) and change.path not in private:
            told.pop(change.place, None)
            yield Change(users_path(resource.shape, change.place), change.kind, change.old, change.new)
    for place in (place for place in told if render(place) not in private):
        # equal on paper: both sides are masked
        masked = _at(old, place) == _at(new, place)
        before, after = (MASK, MASK) if masked else (_at(old, place), _at(new, place))
        yield Change(users_path(resource.shape, place), "update", before, after)


def _place(path: str) -> Path:
    try:
        return parse(path)
    except ValueError:
        # another provider's own
        return (path,)


def _at(inputs: Json, place: Path) -> object:
    value: object = inputs
    for step in place:
        if isinstance(value, dict):
            value = value.get(step, value.get(snake(str(step))))
        elif isinstance(value, list) and isinstance(step, int) and step < len(value):
            value = value[step]
        else:
            return None
    return value
