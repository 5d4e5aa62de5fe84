"""Pulumi's resource options, with property paths in wire spelling and what finds the plugin."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pulumi

from swarm_provider.model import Resource
from swarm_provider.model.types.kinds import ObjectOf
from swarm_provider.model.types.spelling import wire_path
from swarm_provider.version import PLUGIN_DOWNLOAD_URL, __version__


def prepared(
    model: Resource,
    opts: pulumi.ResourceOptions | None,
    words: Mapping[str, str],
    depends_on: Sequence[pulumi.Resource] = (),
) -> pulumi.ResourceOptions:
    """Return a copy of `opts` for this kind of resource.

    Args:
        model: the kind.
        opts: what the user gave; `ignore_changes` and the like may be spelt in snake_case or camelCase.
        words: Python keyword -> input that it stands for, where they differ.
        depends_on: more resources to wait for.

    Raises:
        InputError: a path names a property that does not exist.
    """
    ours: Any = pulumi.ResourceOptions(
        version=__version__, plugin_download_url=PLUGIN_DOWNLOAD_URL, depends_on=list(depends_on) or None
    )
    merged: Any = pulumi.ResourceOptions.merge(ours, opts)
    for option in ("ignore_changes", "replace_on_changes"):
        paths = getattr(merged, option)
        if paths:
            setattr(merged, option, [wire_path(model.shape, path, words) for path in paths])
    everything = ObjectOf(fields=(*model.outputs, *model.inputs))
    secret = [entry.wire for entry in model.inputs if entry.secret]
    asked = [wire_path(everything, path) for path in merged.additional_secret_outputs or []]
    merged.additional_secret_outputs = list(dict.fromkeys([*secret, *asked])) or None
    if getattr(merged, "hide_diffs", None):
        merged.hide_diffs = [wire_path(everything, path) for path in merged.hide_diffs]
    result: pulumi.ResourceOptions = merged
    return result
