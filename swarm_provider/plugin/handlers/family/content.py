"""The content that the inputs of a Config or Secret say: what it is, and whether it changed."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

from swarm_provider.core import Json
from swarm_provider.core.values import UNKNOWN, has_unknown, reveal
from swarm_provider.errors import InputError, Problem
from swarm_provider.model.content import CONTENT, content_inputs, content_of

IMMUTABLE: Final = ("templateDriver", "rotateTrigger", "driver", "driverOpts")
"""Inputs beside the content that ask for a new version."""


def with_file(inputs: Json, wrap: Callable[[str], Any]) -> Json:
    """Return the inputs with the content of `file` in its place; `wrap` makes it secret where it is.

    Raises:
        InputError: the file cannot be read, or is not the only content.
    """
    path = inputs.pop("file", None)
    if path is None:
        return inputs
    if inputs.keys() & set(CONTENT):
        raise InputError(Problem("set only one of data, data_base64 and file", "file"))
    if has_unknown(path):
        inputs["data"] = UNKNOWN
        return inputs
    try:
        content = Path(reveal(path)).read_bytes()
    except OSError as error:
        raise InputError(Problem(f"cannot read {reveal(path)!r}: {error.strerror}", "file")) from None
    return {**inputs, **{name: wrap(text) for name, text in content_inputs(content).items()}}


def is_trusted(olds: Json, news: Json) -> bool:
    """Tell whether the user vouches that the given content is what an imported secret holds."""
    # once only: later on, unknown content is that of an update whose end was not saved
    vouched = bool(reveal(news.get("trustExisting"))) and not reveal(olds.get("trustExisting"))
    return vouched and bool(olds) and content_of(olds) is None


def content_changed(olds: Json, news: Json) -> bool:
    """Tell whether a new version is needed: other content, or something else that Docker cannot change."""
    if content_of(olds) != content_of(news):
        return True
    return any(reveal(olds.get(key)) != reveal(news.get(key)) for key in IMMUTABLE)
