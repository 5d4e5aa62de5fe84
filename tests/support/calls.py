"""What Pulumi asks of a provider, with plain data in and out: of the plugin process, and of one in this process."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import Any

from google.protobuf import empty_pb2
from pulumi.runtime.proto import provider_pb2

from swarm_provider.plugin.protocol.values import decode, encode

PROJECT, STACK = "proj", "dev"


def urn(kind: str, name: str, *, project: str = PROJECT, stack: str = STACK) -> str:
    """The URN of a resource such as urn("Config", "app")."""
    return f"urn:pulumi:{stack}::{project}::swarm:index:{kind}::{name}"


class Calls(ABC):
    """The calls of the protocol, as Pulumi makes them."""

    @abstractmethod
    def call(self, method: str, request: Any) -> Any:
        """Make one call."""

    def check(
        self, kind: str, name: str, news: Mapping[str, Any], olds: Mapping[str, Any] | None = None, **where: str
    ) -> tuple[dict[str, Any], list[str]]:
        """Inputs in normal form, and the failures' texts."""
        answer = self.call(
            "Check",
            provider_pb2.CheckRequest(
                urn=urn(kind, name, **where),
                name=name,
                type=f"swarm:index:{kind}",
                news=encode(dict(news)),
                olds=encode(dict(olds or {})),
            ),
        )
        assert not any(failure.property for failure in answer.failures)
        return decode(answer.inputs), [failure.reason for failure in answer.failures]

    def inputs(
        self, kind: str, name: str, news: Mapping[str, Any], olds: Mapping[str, Any] | None = None, **where: str
    ) -> dict[str, Any]:
        """Inputs in normal form; a failure of Check fails the test."""
        inputs, failures = self.check(kind, name, news, olds, **where)
        assert not failures, failures
        return inputs

    def create(
        self,
        kind: str,
        name: str,
        inputs: Mapping[str, Any],
        *,
        preview: bool = False,
        timeout: float = 0,
        **where: str,
    ) -> tuple[str, dict[str, Any]]:
        answer = self.call(
            "Create",
            provider_pb2.CreateRequest(
                urn=urn(kind, name, **where),
                name=name,
                type=f"swarm:index:{kind}",
                properties=encode(dict(inputs)),
                preview=preview,
                timeout=timeout,
            ),
        )
        return answer.id, decode(answer.properties)

    def read(
        self,
        kind: str,
        name: str,
        id: str,
        inputs: Mapping[str, Any] | None = None,
        state: Mapping[str, Any] | None = None,
        **where: str,
    ) -> tuple[str, dict[str, Any], dict[str, Any]]:
        answer = self.call(
            "Read",
            provider_pb2.ReadRequest(
                urn=urn(kind, name, **where),
                name=name,
                type=f"swarm:index:{kind}",
                id=id,
                inputs=encode(dict(inputs or {})),
                properties=encode(dict(state or {})),
            ),
        )
        return answer.id, decode(answer.inputs), decode(answer.properties)

    def diff(
        self,
        kind: str,
        name: str,
        id: str,
        olds: Mapping[str, Any],
        news: Mapping[str, Any],
        state: Mapping[str, Any],
        ignore: tuple[str, ...] = (),
        **where: str,
    ) -> provider_pb2.DiffResponse:
        answer: provider_pb2.DiffResponse = self.call(
            "Diff",
            provider_pb2.DiffRequest(
                urn=urn(kind, name, **where),
                name=name,
                type=f"swarm:index:{kind}",
                id=id,
                old_inputs=encode(dict(olds)),
                news=encode(dict(news)),
                olds=encode(dict(state)),
                ignoreChanges=ignore,
            ),
        )
        return answer

    def update(
        self,
        kind: str,
        name: str,
        id: str,
        olds: Mapping[str, Any],
        news: Mapping[str, Any],
        state: Mapping[str, Any],
        *,
        preview: bool = False,
        **where: str,
    ) -> dict[str, Any]:
        answer = self.call(
            "Update",
            provider_pb2.UpdateRequest(
                urn=urn(kind, name, **where),
                name=name,
                type=f"swarm:index:{kind}",
                id=id,
                old_inputs=encode(dict(olds)),
                news=encode(dict(news)),
                olds=encode(dict(state)),
                preview=preview,
            ),
        )
        return decode(answer.properties)

    def delete(
        self, kind: str, name: str, id: str, olds: Mapping[str, Any], state: Mapping[str, Any], **where: str
    ) -> None:
        self.call(
            "Delete",
            provider_pb2.DeleteRequest(
                urn=urn(kind, name, **where),
                name=name,
                type=f"swarm:index:{kind}",
                id=id,
                old_inputs=encode(dict(olds)),
                properties=encode(dict(state)),
            ),
        )

    def invoke(self, function: str, arguments: Mapping[str, Any]) -> dict[str, Any]:
        answer = self.call(
            "Invoke", provider_pb2.InvokeRequest(tok=f"swarm:index:{function}", args=encode(dict(arguments)))
        )
        return decode(getattr(answer, "return"))

    def cancel(self) -> None:
        """What the engine calls on Ctrl-C, and at the end of every run."""
        self.call("Cancel", empty_pb2.Empty())
