"""`pulumi up` on one resource without the CLI: each run is a plugin process of its own, and the state is kept."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import grpc
from pulumi.runtime.proto import provider_pb2, status_pb2

from tests.support.protocol import Plugin, partly

Json = dict[str, Any]


@dataclass
class Up:
    """What a run did.

    Attributes:
        paths: what differed, as Pulumi shows it; "+" where the resource was new.
        failure: why it failed, "" where it did not.
        said: what the plugin told meanwhile.
    """

    paths: list[str] = field(default_factory=list)
    failure: str = ""
    said: list[str] = field(default_factory=list)

    def assert_ok(self) -> Up:
        assert not self.failure, self.failure
        return self


class Ups:
    """One resource through its runs."""

    def __init__(self, host: str, kind: str, name: str, env: Mapping[str, str] | None = None) -> None:
        self._host, self._kind, self._name, self._env = host, kind, name, env
        self.id = ""
        self.inputs: Json = {}
        self.state: Json = {}

    def preview(self, **given: Any) -> Up:
        return self._run(given, preview=True)

    def up(self, **given: Any) -> Up:
        return self._run(given, preview=False)

    def destroy(self) -> None:
        with Plugin(self._host, env=self._env) as plugin:
            self._refresh(plugin)
            if self.id:
                plugin.delete(self._kind, self._name, self.id, self.inputs, self.state)

    def _run(self, given: Json, *, preview: bool) -> Up:
        with Plugin(self._host, env=self._env) as plugin:
            kept = self.id, self.inputs, self.state
            up = Up()
            try:
                self._refresh(plugin)
                self._apply(plugin, given, up, preview=preview)
            except grpc.RpcError as error:
                up.failure = "\n".join([str(error.details()), *_reasons(error)])
            up.said = [text for _, text in plugin.said]
            if preview:
                self.id, self.inputs, self.state = kept
            return up

    def _refresh(self, plugin: Plugin) -> None:
        if not self.id:
            return
        try:
            found = plugin.read(self._kind, self._name, self.id, self.inputs, self.state)
        except grpc.RpcError as error:
            found = partly(error)
        self.id, self.inputs, self.state = found

    def _apply(self, plugin: Plugin, given: Json, up: Up, *, preview: bool) -> None:
        news, failures = plugin.check(self._kind, self._name, given, self.inputs)
        if failures:
            up.failure = "\n".join(failures)
            return
        try:
            if not self.id:
                up.paths = ["+"]
                self.id, self.state = plugin.create(self._kind, self._name, news, preview=preview)
            else:
                found = plugin.diff(self._kind, self._name, self.id, self.inputs, news, self.state)
                up.paths = sorted(found.detailedDiff) or list(found.diffs)
                if found.changes != provider_pb2.DiffResponse.DIFF_SOME:
                    return
                self.state = plugin.update(
                    self._kind, self._name, self.id, self.inputs, news, self.state, preview=preview
                )
            self.inputs = news
        except grpc.RpcError as error:
            if not preview and _reasons(error):
                self.id, self.inputs, self.state = partly(error)
            raise


def _reasons(error: grpc.RpcError) -> list[str]:
    for key, value in error.trailing_metadata() or ():
        if key == "grpc-status-details-bin":
            failed = provider_pb2.ErrorResourceInitFailed()
            status_pb2.Status.FromString(value).details[0].Unpack(failed)
            return list(failed.reasons)
    return []
