"""What a call of the protocol raises becomes a gRPC status with a one-line message; how long it took is logged."""

from __future__ import annotations

import contextlib
import functools
import logging
import os
import time
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

import grpc
import grpc.aio
from google.protobuf.message import Message
from pulumi.runtime.proto import status_pb2

from swarm_provider.errors import Cancelled, InputError, SwarmProviderError
from swarm_provider.plugin.protocol.engine_log import RESOURCE
from swarm_provider.plugin.protocol.logfile import decision, of_a_fault
from swarm_provider.plugin.protocol.operations import PartialFailure

_log = logging.getLogger(__name__)
_Answer = TypeVar("_Answer", bound=Message)
_DOING = {
    "Check": "checking",
    "Diff": "comparing",
    "Create": "creating",
    "Read": "reading",
    "Update": "updating",
    "Delete": "deleting",
}
"""What a call does with a resource, for a status line where nothing else says what it waits for."""


def rpc(
    method: Callable[[Any, Any, grpc.aio.ServicerContext[Any, Any]], Awaitable[_Answer]],
) -> Callable[[Any, Any, grpc.aio.ServicerContext[Any, Any]], Awaitable[_Answer]]:
    """Turn what a method raises into a gRPC status with a one-line message."""

    @functools.wraps(method)
    async def call(self: Any, request: Any, context: grpc.aio.ServicerContext[Any, Any]) -> _Answer:
        urn = getattr(request, "urn", "")
        RESOURCE.set(urn)
        began = time.monotonic()
        _log.debug("%s %s", method.__name__, urn)
        try:
            doing = _DOING.get(method.__name__)
            with self.log.telling(urn, f"still {doing}", unless_told=True) if doing else contextlib.nullcontext():
                answer = await method(self, request, context)
        except SwarmProviderError as error:
            _log.debug("%s %s fails after %.2f s: %s", method.__name__, urn, time.monotonic() - began, error)
            status, parts, details = grpc.StatusCode.FAILED_PRECONDITION, error.parts, None
            if isinstance(error, InputError):
                status = grpc.StatusCode.INVALID_ARGUMENT
            elif isinstance(error, Cancelled):
                status = grpc.StatusCode.CANCELLED
            elif isinstance(error, PartialFailure):
                status, details = grpc.StatusCode.UNKNOWN, self.failure(request, error)
        except Exception as error:
            _log.error("%s %s", method.__name__, urn, exc_info=True)
            status, parts, details = grpc.StatusCode.INTERNAL, (of_a_fault(error, os.environ),), None
        else:
            if _log.isEnabledFor(logging.DEBUG):
                took = time.monotonic() - began
                _log.debug("%s %s took %.2f s; %s", method.__name__, urn, took, decision(answer))
            await self.log.flush(urn)
            return answer
        await self.log.flush(urn)
        message = "; ".join(map(self.log.clean, parts))
        trailing: tuple[tuple[str, bytes], ...] = ()
        if details is not None:
            full = status_pb2.Status(code=status.value[0], message=message)
            full.details.add().Pack(details)
            trailing = (("grpc-status-details-bin", full.SerializeToString()),)
        await context.abort(status, message, trailing)
        raise AssertionError("abort does not return")

    return call
