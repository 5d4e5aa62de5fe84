"""What the report says, in its order; how it looks is up to `markdown` and `html`."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from swarm_provider.core.names import snake
from swarm_provider.core.path import below
from swarm_provider.model.content import CONTENT
from swarm_provider.plan.change.property_diff import Change
from swarm_provider.plan.change.sentences import Survival, forecast_of, parse
from swarm_provider.plan.change.summary import Outlook, describe_outlook, total
from swarm_provider.plan.change.text_diff import FIRST_WORDS
from swarm_provider.report.changed import Changed, changed
from swarm_provider.report.content import Content, content
from swarm_provider.report.outlook import data_told, outlooks
from swarm_provider.report.reading import Note, Preview
from swarm_provider.report.words import value_text

WORDS: Final = {
    "create": "new",
    "adopt": "adopted",
    "update": "changes",
    "replace": "replaced",
    "delete": "removed",
    "same": "stays",
}
MOVES: Final = "it moves to another swarm"
RECREATED: Final = "it is deleted, then created again"
_REFRESHED: Final = "Refreshed resource is in an unhealthy state:\n"
_ORDER: Final = ("Config", "Secret", "Network", "Volume", "NodeLabel", "Node")
_KINDS: Final = {"NodeLabel": "node label"}
_CONTENT: Final = ("data", "data_base64", "file")
_TOLD_BY_ROW: Final = (
    "name", "baseName", "familyId", "key", "owner", "keepPrevious", "resolvedImage", "adopt", "resolveImage", "wait",
)  # fmt: skip
_TOLD_BY_ROWS_OF: Final = {
    "NodeLabel": ("value", "node", "nodes"),
    "Config": (*CONTENT, "file"),
    "Secret": (*CONTENT, "file"),
    "Network": ("driver",),
    "Volume": ("driver",),
}


@dataclass(frozen=True)
class ServiceRow:
    """One service: what happens to it, to its tasks, and why.

    Attributes:
        reasons: the properties that make tasks restart, as (path, what that is): `configs[0].source`, `config app`.
        more: how many reasons beside those are not known here.
        why: an explanation beside them, or where there are none: `new service`.
        image: the image before and after, if it moves.
    """

    name: str
    op: str
    tasks: str
    reasons: tuple[tuple[str, str], ...] = ()
    why: str = ""
    more: int = 0
    image: tuple[str, str] | None = None


@dataclass(frozen=True)
class ObjectRow:
    """One config, secret, network, volume, node label, or resource of another package."""

    kind: str
    name: str
    op: str
    what: str = ""


@dataclass(frozen=True)
class Properties:
    """What differs in one resource, or was changed by hand: path, value before, value after."""

    title: str
    rows: tuple[tuple[str, str, str], ...]


@dataclass(frozen=True)
class Page:
    """The whole report.

    Attributes:
        stack: `project/stack`, or "".
        failed: the preview ended with an error.
        changes: whether anything would change.
        title: one line: what changes.
        total: one line: what that does to tasks, data and capacity; "" where the preview failed.
        errors, warnings, notes: what the run said, as (name of the resource or "", text).
        outlooks: the tasks' future, for machines; `services` is the same in words.
        unchanged: names of services that stay as they are.
        by_hand: what somebody changed since the last `up`.
    """

    stack: str
    failed: bool
    changes: bool
    title: str
    total: str
    errors: tuple[tuple[str, str], ...]
    warnings: tuple[tuple[str, str], ...]
    notes: tuple[tuple[str, str], ...]
    outlooks: tuple[Outlook, ...]
    services: tuple[ServiceRow, ...]
    unchanged: tuple[str, ...]
    objects: tuple[ObjectRow, ...]
    by_hand: tuple[Properties, ...]
    contents: tuple[Content, ...]
    details: tuple[Properties, ...]
    resources: tuple[Changed, ...]


def page(preview: Preview) -> Page:
    """Return what there is to say about a preview."""
    resources = sorted(changed(preview), key=_place)
    found = outlooks(resources, preview.notes)
    by_name = {one.shown: one for one in resources if one.kind == "Service"}
    acting = [one for one in resources if one.op != "same"]
    families = _families(resources)
    rows = [_service_row(outlook, by_name.get(outlook.service), families) for outlook in found if outlook.rank < 5]
    names = {one.urn: one.shown for one in resources}
    recreated = {one.urn for one in resources if one.goes_first}
    notes = [note for note in preview.notes if note.urn not in recreated or not _survives(note.text)]
    said = {severity: tuple(_said(notes, severity, names)) for severity in ("error", "warning", "info")}
    return Page(
        preview.stack,
        preview.failed,
        bool(acting),
        _title(resources, preview.failed),
        "" if preview.failed else total(found, data_told(resources)),
        said["error"],
        said["warning"],
        said["info"],
        tuple(found),
        tuple(rows),
        tuple(outlook.service for outlook in found if outlook.rank == 5),
        tuple(_object_row(one) for one in acting if one.kind != "Service"),
        tuple(_by_hand(resources)),
        tuple(one for one in map(content, resources) if one is not None),
        tuple(_details(acting)),
        tuple(resources),
    )


def _survives(text: str) -> bool:
    return any(isinstance(fact, Survival) for fact in parse(text))


def _place(one: Changed) -> tuple[int, str, str]:
    rank = 0 if one.kind == "Service" else _ORDER.index(one.kind) + 1 if one.kind in _ORDER else len(_ORDER) + 1
    return rank, one.shown, one.urn


def _title(resources: Iterable[Changed], failed: bool) -> str:
    if failed:
        return "the preview failed"
    ops = [one.op for one in resources]
    parts = [f"{ops.count(op)} {WORDS[op]}" for op in ("create", "adopt", "replace") if op in ops]
    parts += [f"{ops.count('update')} changed"] if "update" in ops else []
    parts += [f"{ops.count('delete')} removed"] if "delete" in ops else []
    if not parts:
        return "no changes"
    same = ops.count("same")
    return ", ".join([*parts, f"{same} unchanged"] if same else parts)


def _families(resources: Iterable[Changed]) -> dict[str, str]:
    """Return `config app` by the name of the version that the run makes."""
    return {
        str(one.new["name"]): _title_of(one)
        for one in resources
        if one.kind in ("Config", "Secret") and isinstance(one.new.get("name"), str)
    }


def _service_row(outlook: Outlook, one: Changed | None, families: dict[str, str]) -> ServiceRow:
    why = {
        "create": "new service",
        "adopt": "it is running already, and will be adopted",
        "delete": "the service is removed",
    }.get(outlook.op, "")
    if one is None:
        told = tuple((what, "") for what in outlook.reasons)
        return ServiceRow(outlook.service, outlook.op, describe_outlook(outlook), told)
    if one.removed_by_hand:
        why = "it was removed by hand"
    by_hand = {change.path for change in one.by_hand}
    new = {change.path: change.new for change in one.differences}
    if one.op == "same":
        return ServiceRow(
            outlook.service, "same", describe_outlook(outlook), tuple((what, "") for what in outlook.reasons)
        )
    reasons = tuple((path, families.get(str(new.get(path)), "")) for path in outlook.reasons)
    if by_hand & set(new) and not why:
        why = "it was changed by hand"
    if one.moves:
        why = MOVES
    elif outlook.op == "replace" and not reasons:
        why = RECREATED
    elif one.op in ("update", "replace") and not reasons:
        why = "; ".join(part for part in (why, _without_restart(one)) if part)
    return ServiceRow(outlook.service, outlook.op, describe_outlook(outlook), reasons, why, outlook.more, _image(one))


def _without_restart(one: Changed) -> str:
    paths = list(dict.fromkeys(change.path for change in one.differences))
    if not paths:
        return "the last update did not finish; `up` retries it"
    more = f" and {len(paths) - 3} more" if len(paths) > 3 else ""
    return f"only {', '.join(paths[:3])}{more} {'change' if len(paths) > 1 else 'changes'}"


def _image(one: Changed) -> tuple[str, str] | None:
    """Return the image before and after, with digests where they are known, if it moves."""
    if one.op not in ("update", "replace"):
        return None
    if not any(change.path in ("image", "resolved_image") for change in one.differences):
        return None
    after = one.new.get("resolvedImage") or one.new.get("image")
    before = one.running.get("image") or one.old.get("resolvedImage") or one.old.get("image")
    return value_text(before), value_text(after)


def _object_row(one: Changed) -> ObjectRow:
    kind = _KINDS.get(one.kind, one.kind.lower() if one.ours else one.kind)
    return ObjectRow(kind, one.shown, one.op, _what(one))


def _what(one: Changed) -> str:
    if one.moves:
        return f"{MOVES}; the data stays" if one.kind == "Volume" else MOVES
    if one.goes_first and not one.differences:
        return f"{RECREATED}; its services stop meanwhile" if one.kind == "Network" else RECREATED
    if one.kind in ("Config", "Secret"):
        return _version(one)
    if one.kind == "NodeLabel":
        nodes = one.inputs.get("nodes")
        return f"on {', '.join(nodes)}" if isinstance(nodes, list) else ""
    if one.kind == "Volume" and one.op == "delete":
        return "with all its data" if one.old.get("deleteOnDestroy") else "the data stays on its node"
    if one.kind == "Network" and one.op == "replace":
        return "its services stop meanwhile"
    paths = [change.path for change in one.differences]
    return ", ".join(paths[:4]) + (f" and {len(paths) - 4} more" if len(paths) > 4 else "")


def _version(one: Changed) -> str:
    before, after = one.old.get("name") or one.running.get("name"), one.new.get("name")
    if one.op == "adopt":
        return "the existing version stays in use"
    if one.op == "delete":
        return "with its versions"
    if one.op == "create":
        return f"version {after}" if isinstance(after, str) else ""
    if before != after:
        return f"new version {value_text(after)}, now {value_text(before)}"
    paths = [change.path for change in one.differences]
    if "superseded" in paths:
        return "old versions are removed"
    return ", ".join(paths)


def _said(notes: Sequence[Note], severity: str, names: dict[str, str]) -> Iterable[tuple[str, str]]:
    for note in notes:
        if note.severity != severity or (
            severity == "info" and (forecast_of(note.text) is not None or note.text.startswith(FIRST_WORDS))
        ):
            # forecasts stand in the table
            continue
        name = names.get(note.urn) or (note.urn.rsplit("::", 1)[-1] if note.urn else "")
        yield ("" if ":pulumi:Stack::" in note.urn else name), _reasons(note.text)


def _reasons(text: str) -> str:
    """Return a message without what Pulumi puts before the reasons of a resource that a refresh found wanting."""
    if not text.startswith(_REFRESHED):
        return text
    return "; ".join(line.strip().removeprefix("* ") for line in text.removeprefix(_REFRESHED).splitlines())


def _by_hand(resources: Iterable[Changed]) -> Iterable[Properties]:
    for one in resources:
        what = _title_of(one)
        if one.removed_by_hand:
            yield Properties(f"{what}: removed", ())
        elif one.by_hand:
            yield Properties(what, tuple(_property_rows(one.by_hand)))


def _details(resources: Iterable[Changed]) -> Iterable[Properties]:
    for one in resources:
        if one.op in ("create", "adopt") and not one.old:
            rows = tuple(_given(one))
            title = f"{_title_of(one)} ({WORDS[one.op]})"
        else:
            rows, title = tuple(_property_rows(_told_here(one))), _title_of(one)
        if rows:
            yield Properties(title, rows)


def _title_of(one: Changed) -> str:
    kind = _KINDS.get(one.kind, one.kind.lower() if one.ours else one.kind)
    return f"{kind} {one.shown}"


def _told_here(one: Changed) -> Iterable[Change]:
    """Return the differences that no other part of the page tells."""
    elsewhere = ("name", *_CONTENT) if one.kind in ("Config", "Secret") else ()
    return (change for change in one.differences if change.path not in elsewhere)


def _property_rows(differences: Iterable[Change]) -> Iterable[tuple[str, str, str]]:
    for change in differences:
        yield change.path, value_text(change.old, change.path), value_text(change.new, change.path)


def _given(one: Changed) -> Iterable[tuple[str, str, str]]:
    """Return the inputs of what is new, one level deep; of what is no service, those that say more than its row."""
    for name, value in sorted(one.new.items()):
        if name in _TOLD_BY_ROW or name in _TOLD_BY_ROWS_OF.get(one.kind, ()):
            continue
        if isinstance(value, dict) and name in ("environment", "deploy", "labels"):
            for key, entry in value.items():
                yield below(name, snake(key) if name == "deploy" else key), "", value_text(entry, key)
        else:
            yield snake(name) if one.ours else name, "", value_text(value, name)
