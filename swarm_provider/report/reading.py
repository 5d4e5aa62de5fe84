"""What Pulumi prints with --json, read into one form: the digest of a preview, or a stream of engine events.

The digest (`pulumi preview --json`) is one object with steps and diagnostics. The stream is one event per line
(`PULUMI_ENABLE_STREAMING_JSON_PREVIEW=1 pulumi preview --json`, `pulumi up --json`, `--event-log`).

Values that Pulumi marked as secret are replaced here, so that nothing behind this module can show them; texts that a
digest made with --show-secrets has in plain are remembered, and masked wherever they stand.
"""

from __future__ import annotations

import contextlib
import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Any, Final

from swarm_provider.core import Json
from swarm_provider.core.masking import MASK, SecretFilter
from swarm_provider.core.values import FORECAST, OF_SECRET, SIGNATURE, UNKNOWN, UNKNOWN_TEXT
from swarm_provider.errors import InputError
from swarm_provider.model.resources import RESOURCES
from swarm_provider.report.releases import Entry, expanded, of_children

_SEVERITIES: Final = ("error", "warning", "info", "info#err")
_PULUMIS_WORDS: Final = re.compile(r"^(?:error: |warning: )*(?:swarm:index:\w+ resource '[^']*' has a problem: )?")
"""What Pulumi puts before a message of ours: the place says it already."""
_COLOURS: Final = re.compile(r"<\{%[\w ]*%\}>")
"""Pulumi's own markup, which no text of others has any more when it has come here."""


@dataclass(frozen=True)
class Step:
    """What a run would do with one resource.

    Attributes:
        op: Pulumi's word: create, update, replace, create-replacement, delete, same, refresh ...
        urn: the resource.
        type: such as `swarm:index:Service`.
        old: inputs before, None where there is nothing yet. Secrets are masked.
        new: inputs after, None where nothing will be.
        running: outputs before: what Docker gave.
        paths: properties that differ, in Pulumi's spelling.
        forecasts: what the plugin forecast for tasks; only a stream has them.
        needs: URNs that it depends on; only a digest has them.
        made: there are outputs after: of a replacement, that it is made before what it replaces is removed.
    """

    op: str
    urn: str
    type: str
    old: Json | None
    new: Json | None
    running: Json
    paths: tuple[str, ...] = ()
    forecasts: tuple[Json, ...] = ()
    needs: tuple[str, ...] = ()
    made: bool = False

    @property
    def name(self) -> str:
        """The logical name."""
        return self.urn.rsplit("::", 1)[-1]


@dataclass(frozen=True)
class Note:
    """A line that the run printed.

    Attributes:
        severity: error, warning or info.
        urn: the resource that it is about, or "".
        text: one line or more.
    """

    severity: str
    urn: str
    text: str


@dataclass(frozen=True)
class Preview:
    """What was read.

    Attributes:
        steps: in the order of the run.
        notes: each once.
        stack: `project/stack`, or "" where nothing tells.
    """

    steps: tuple[Step, ...]
    notes: tuple[Note, ...]
    stack: str

    @property
    def failed(self) -> bool:
        return any(note.severity == "error" for note in self.notes)


def read(text: str) -> Preview:
    """Read a digest or a stream.

    Raises:
        InputError: it is neither; one line that says what to do.
    """
    entries = _parsed(text)
    reader = _Reader()
    if len(entries) == 1 and not _is_event(entries[0]):
        digest = entries[0]
        if not any(key in digest for key in ("steps", "changeSummary", "diagnostics")):
            raise InputError("this JSON is not what `pulumi preview --json` prints: it has no steps")
        steps = [
            step
            for entry in digest.get("steps") or ()
            for step in reader.steps(Entry(entry, entry.get("oldState"), entry.get("newState")))
        ]
        diagnostics = digest.get("diagnostics") or []
    else:
        steps, diagnostics = _from_events(reader, entries)
    notes = dict.fromkeys(note for note in map(reader.note, diagnostics) if note is not None)
    hide = SecretFilter(reader.secrets)
    shown = [Note(note.severity, note.urn, hide(note.text)) for note in notes]
    if reader.secrets:
        # a secret may stand a second time, where Pulumi does not know it for one
        steps = [
            replace(step, old=_hidden(hide, step.old), new=_hidden(hide, step.new), running=_hidden(hide, step.running))
            for step in steps
        ]
    return Preview(tuple(steps), tuple(shown), _stack([*steps, *shown]))


def _hidden(hide: SecretFilter, value: Any) -> Any:
    if isinstance(value, dict):
        return {hide(key): _hidden(hide, entry) for key, entry in value.items()}
    if isinstance(value, list):
        return [_hidden(hide, entry) for entry in value]
    return hide(value) if isinstance(value, str) else value


def _parsed(text: str) -> list[Json]:
    if not text.strip():
        raise InputError("the preview is empty: `pulumi preview --json` failed before it began; its stderr says why")
    with contextlib.suppress(ValueError):
        whole = json.loads(text)
        if isinstance(whole, dict):
            return [whole]
    entries = []
    # a value may hold other ends of lines than line feeds
    for line in text.split("\n"):
        if line.startswith("{"):
            with contextlib.suppress(ValueError):
                entries.append(json.loads(line))
    if not any(_is_event(entry) for entry in entries):
        raise InputError("this is not Pulumi's JSON: pass what `pulumi preview --json` prints to stdout")
    return entries


def _is_event(entry: Json) -> bool:
    return any(key.endswith("Event") for key in entry)


def _from_events(reader: _Reader, events: Iterable[Json]) -> tuple[list[Step], list[Json]]:
    """Return steps and diagnostics; of a run that previewed first, those of the preview."""
    found: dict[tuple[str, str], Step] = {}
    diagnostics: list[Json] = []
    planned = False
    for event in events:
        if "diagnosticEvent" in event and not event["diagnosticEvent"].get("ephemeral"):
            diagnostics.append(event["diagnosticEvent"])
        for kind in ("resourcePreEvent", "resOutputsEvent"):
            if kind not in event:
                continue
            if planned and not event[kind].get("planning"):
                continue
            planned = planned or bool(event[kind].get("planning"))
            metadata = event[kind]["metadata"]
            for step in reader.steps(Entry(metadata, metadata.get("old"), metadata.get("new"))):
                # the second event of a step has what the plugin answered
                found[step.op, step.urn] = step
    return list(found.values()), diagnostics


class _Reader:
    """A reader of steps, which collects the secrets that stand there in plain."""

    def __init__(self) -> None:
        self.secrets: set[str] = set()
        self._releases: list[Entry] = []

    def steps(self, entry: Entry) -> list[Step]:
        """Return a step, or those of the children of a Release."""
        children = list(expanded(entry))
        if children != [entry]:
            self._releases.append(entry)
            # its own inputs may hold secrets, too
            self._masked([entry.old, entry.new])
        return [self._step(child) for child in children]

    def note(self, diagnostic: Json) -> Note | None:
        """Return a message, about the child of a Release where it begins with the name of one."""
        found = _note(diagnostic)
        if found is None:
            return None
        urn, text = of_children(found.urn, found.text, self._releases)
        return replace(found, urn=urn, text=text)

    def _step(self, found: Entry) -> Step:
        entry, old, new = found
        state = new or old or {}
        kind = str(entry.get("type") or state.get("type") or "")
        outputs = (new or {}).get("outputs") or {}
        return Step(
            str(entry.get("op")),
            str(entry.get("urn")),
            kind,
            self._inputs(kind, old),
            self._inputs(kind, new),
            self._masked((old or {}).get("outputs") or {}),
            tuple(entry.get("detailedDiff") or entry.get("diffs") or entry.get("diffReasons") or ()),
            tuple(self._masked(outputs.get(FORECAST) or [])),
            tuple(map(str, state.get("dependencies") or ())),
            bool(outputs),
        )

    def _inputs(self, kind: str, state: Json | None) -> Json | None:
        if not state:
            return None
        inputs: Json = self._masked(state.get("inputs") or {})
        resource = RESOURCES.get(kind)
        for entry in resource.inputs if resource is not None else ():
            if entry.secret and entry.wire in inputs:
                self._remember(inputs[entry.wire])
                inputs[entry.wire] = MASK
        return inputs

    def _masked(self, value: Any) -> Any:
        if isinstance(value, dict):
            if value.get(SIGNATURE) == OF_SECRET:
                self._remember(_opened(value))
                return MASK
            return {str(key): self._masked(entry) for key, entry in value.items()}
        if isinstance(value, list):
            return [self._masked(entry) for entry in value]
        return UNKNOWN if value == UNKNOWN_TEXT else value

    def _remember(self, value: Any) -> None:
        if isinstance(value, str) and value != MASK:
            self.secrets.add(value)
        for entry in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
            self._remember(entry)


def _opened(value: Json) -> Any:
    plain = value.get("value", value.get("plaintext"))
    if isinstance(plain, str):
        with contextlib.suppress(ValueError):
            return json.loads(plain)
    return plain


def _note(diagnostic: Json) -> Note | None:
    severity = str(diagnostic.get("severity"))
    text = _PULUMIS_WORDS.sub("", _COLOURS.sub("", str(diagnostic.get("message") or "")).strip())
    if severity not in _SEVERITIES or not text:
        return None
    return Note("info" if severity == "info#err" else severity, str(diagnostic.get("urn") or ""), text)


def _stack(entries: Iterable[Step | Note]) -> str:
    def named() -> Iterator[str]:
        for entry in entries:
            parts = entry.urn.split("::")
            if len(parts) >= 4:
                yield f"{parts[1]}/{parts[0].rsplit(':', 1)[-1]}"

    return next(named(), "")
