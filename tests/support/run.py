"""Runs of a program over the plugin's protocol, as the engine would do them: quicker than the CLI, with the same calls.

Families come first, then services side by side, as their references ask for. What a run saved is there in the next.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import grpc
from pulumi.runtime.proto import provider_pb2

from tests.support.protocol import Plugin, partly

Arguments = Mapping[str, Any] | Callable[[], Mapping[str, Any]]
SOME = provider_pb2.DiffResponse.DIFF_SOME


class Run:
    """One Pulumi stack: its saved state, and `up`.

    Attributes:
        saved: what is known of each resource, by kind and logical name: inputs and outputs.
        failing: resources whose last update failed; the engine tries those again although nothing differs.
    """

    def __init__(self, host: str, *, project: str = "proj", config: Mapping[str, Any] | None = None) -> None:
        self.host = host
        self.config = config
        self._project = project
        self.saved: dict[tuple[str, str], tuple[dict[str, Any], dict[str, Any]]] = {}
        self.failing: set[tuple[str, str]] = set()

    def up(self, **kinds: Mapping[str, Arguments]) -> dict[str, list[str]]:
        """Deploy `Config={name: arguments}, Secret=..., Service=...`; return which properties changed, by name.

        Arguments may be a function, called once the families are there: a program refers to their names.

        Raises:
            RunFailed: what failed, after everything else was done.
        """
        changed: dict[str, list[str]] = {}
        failures: list[str] = []
        with Plugin(self.host, self.config) as plugin, ThreadPoolExecutor(max_workers=16) as threads:
            for kind in sorted(kinds, key=lambda kind: kind == "Service"):
                entries = kinds[kind].items()
                for name, done in [
                    (name, threads.submit(self._one, plugin, kind, name, arguments)) for name, arguments in entries
                ]:
                    try:
                        changed[name] = done.result()
                    except grpc.RpcError as error:
                        failures.append(error.details())
        if failures:
            raise RunFailed("; ".join(failures))
        return changed

    def name(self, kind: str, name: str) -> str:
        """Name of the current version of a family, as the state has it."""
        return str(self.saved[kind, name][1]["name"])

    def _one(self, plugin: Plugin, kind: str, name: str, given: Arguments) -> list[str]:
        key = kind, name
        arguments = given() if callable(given) else given
        if key not in self.saved:
            inputs = plugin.inputs(kind, name, arguments, project=self._project)
            self.saved[key] = inputs, plugin.create(kind, name, inputs, project=self._project)[1]
            return list(inputs)
        olds, state = self.saved[key]
        try:
            id_, olds, state = plugin.read(
                kind, name, olds.get("baseName") or olds["name"], olds, state, project=self._project
            )
            self.failing.discard(key)
        except grpc.RpcError as error:
            id_, olds, state = partly(error)
            self.failing.add(key)
        assert id_, f"{kind} {name} is gone"
        news = plugin.inputs(kind, name, arguments, olds, project=self._project)
        found = plugin.diff(kind, name, id_, olds, news, state, project=self._project)
        assert not found.replaces
        if found.changes != SOME and key not in self.failing:
            self.saved[key] = olds, state
            return []
        try:
            outputs = plugin.update(kind, name, id_, olds, news, state, project=self._project)
        except grpc.RpcError as error:
            # the old inputs with the new outputs, as the engine saves it
            self.saved[key] = olds, partly(error)[2]
            self.failing.add(key)
            raise
        self.failing.discard(key)
        self.saved[key] = news, outputs
        return list(found.diffs)


class RunFailed(Exception):
    """An `up` failed; the text has what the plugin said."""
