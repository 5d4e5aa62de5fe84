"""A program keeps the shim by which Pulumi finds the plugin (`plugin_shim`) up to date."""

from __future__ import annotations

import sys
from pathlib import Path

import pulumi

from swarm_provider.core.foreign import shown
from swarm_provider.plugin_shim import install
from swarm_provider.resources.program import registry, sdk

_kept: set[str] = set()
"""Pulumi's folders that have it, of the process: the shim names the Python that runs it."""


def keep_shim() -> None:
    """Keep the shim up to date, once per process and folder, and only in a program that Pulumi runs.

    Not where the plugin makes resources for a program of another language: Pulumi has found that one.
    """
    if not sdk.is_run_by_pulumi() or registry.current().is_remote:
        return
    for home in sdk.homes():
        if home not in _kept:
            _kept.add(home)
            _keep(home)


def _keep(home: str) -> None:
    try:
        install(home)
    except (OSError, RuntimeError) as error:  # RuntimeError: there is no home folder
        reason = getattr(error, "strerror", None) or error
        place = getattr(error, "filename", None) or "Pulumi's plugin folder"
        folder = str(Path(sys.executable).parent)
        says = f"cannot write the swarm plugin's shim into {str(place)!r} ({reason}); Pulumi finds the plugin only if "
        pulumi.log.warn(
            shown(f"{says}Pulumi.yaml names it: plugins: {{providers: [{{name: swarm, path: {folder!r}}}]}}")
        )
