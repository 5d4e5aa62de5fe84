"""How the content of a config changes: lines of text, or sizes and digests where it is no text."""

from __future__ import annotations

import difflib
import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

from swarm_provider.core import Json
from swarm_provider.core.foreign import shortened
from swarm_provider.core.masking import MASK
from swarm_provider.core.values import UNKNOWN
from swarm_provider.model.content import content_of, decoded, text_of
from swarm_provider.plan.ownership.credentials import looks_like_credential
from swarm_provider.report.changed import Changed
from swarm_provider.report.words import LONGEST_VALUE, visible

_CONTEXT: Final = 3
_LONGEST: Final = 20_000
"""Lines above which no line by line comparison is made."""


@dataclass(frozen=True)
class Content:
    """What becomes of a config's content.

    Attributes:
        name: the config.
        title: `4 lines → 5 lines`.
        lines: of the comparison, each beginning with `+`, `-`, a blank, or `@`; empty where there is nothing to show.
        note: why there are none, or "".
    """

    name: str
    title: str
    lines: tuple[str, ...] = ()
    note: str = ""


def content(one: Changed) -> Content | None:
    """Return the change of a config's content, None where it stays the same."""
    if one.kind != "Config" or one.op in ("same", "delete", "adopt"):
        return None
    before, after = _content(one.old), _content(one.new)
    if one.op in ("update", "replace") and before == after:
        return None
    if UNKNOWN in (before, after):
        return Content(one.shown, "known after the update")
    title = _title(before, after)
    texts = [_text(side) for side in (before, after)]
    if None in texts:
        return Content(one.shown, title)
    found = next((what for text in texts if text and (what := looks_like_credential(text))), None)
    if found is not None:
        return Content(one.shown, title, note=f"The content is not shown: it seems to contain a credential, {found}.")
    if MASK in texts:
        return Content(one.shown, title, note="The content is secret.")
    old, new = [(text or "").splitlines(keepends=True) for text in texts]
    if max(len(old), len(new)) > _LONGEST:
        return Content(one.shown, title, note=f"More than {_LONGEST} lines: they are not compared here.")
    return Content(one.shown, title, tuple(_compared(old, new)))


def _content(inputs: Json) -> Any:
    """Return bytes, UNKNOWN, or None where there is none."""
    data, encoded = inputs.get("data"), inputs.get("dataBase64")
    if data is UNKNOWN or encoded is UNKNOWN:
        return UNKNOWN
    if isinstance(encoded, str) and decoded(encoded) is None:
        # what Pulumi put into its place
        return encoded.encode()
    return content_of(inputs)


def _text(data: bytes | None) -> str | None:
    return "" if data is None else text_of(data)


def _title(before: bytes | None, after: bytes | None) -> str:
    if before is None:
        return f"new, {_described(after)}"
    return f"{_described(before)} → {_described(after)}"


def _described(data: bytes | None) -> str:
    if data is None:
        return "nothing"
    text = _text(data)
    if text is None:
        return f"{len(data)} bytes, not text, SHA-256 {hashlib.sha256(data).hexdigest()[:12]}…"
    lines = len(text.splitlines())
    return f"{lines} line{'' if lines == 1 else 's'}"


def _compared(old: Sequence[str], new: Sequence[str]) -> Iterator[str]:
    for number, line in enumerate(difflib.unified_diff(old, new, n=_CONTEXT)):
        if number < 2:
            # the names of the two files, which are none
            continue
        if line.startswith("@@"):
            yield line.rstrip()
            continue
        body = line[1:]
        yield line[0] + shortened(visible(body.removesuffix("\n"), lines=True), LONGEST_VALUE)
        if not body.endswith("\n"):
            yield "\\ no line feed at the end"
