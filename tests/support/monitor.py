"""Pulumi's end of a Construct: a resource monitor that notes what is registered, and answers as the plugin would."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from types import TracebackType
from typing import Any

import grpc
from google.protobuf import empty_pb2
from pulumi.runtime.proto import resource_pb2, resource_pb2_grpc

from swarm_provider.core.values import UNKNOWN, reveal
from swarm_provider.plugin.protocol.values import decode, encode


class Monitor(resource_pb2_grpc.ResourceMonitorServicer):
    """A context manager.

    Attributes:
        requests: what was registered, in the order of arrival.
        together: so many components are registered at the same time, or none is.
        refuses: logical name -> why its registration fails.
    """

    def __init__(self, *, preview: bool = False, together: int = 0) -> None:
        self.preview = preview
        self.requests: list[Any] = []
        self.refuses: dict[str, str] = {}
        self._together = threading.Barrier(together) if together else None
        self._server = grpc.server(ThreadPoolExecutor(32))
        resource_pb2_grpc.add_ResourceMonitorServicer_to_server(self, self._server)
        self.address = f"127.0.0.1:{self._server.add_insecure_port('127.0.0.1:0')}"
        self._server.start()

    def __enter__(self) -> Monitor:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.stop(None)

    def __getitem__(self, name: str) -> Any:
        return next(request for request in self.requests if request.name == name)

    def inputs(self, name: str) -> dict[str, Any]:
        return decode(self[name].object)

    def GetDeploymentInfo(self, request: Any, context: Any) -> None:  # noqa: N802
        # as engines before 3.259 answer; they are asked for each feature then
        context.abort(grpc.StatusCode.UNIMPLEMENTED, "unknown method GetDeploymentInfo")

    def SupportsFeature(self, request: Any, context: Any) -> resource_pb2.SupportsFeatureResponse:  # noqa: N802
        return resource_pb2.SupportsFeatureResponse(hasSupport=True)

    def RegisterResource(self, request: Any, context: Any) -> resource_pb2.RegisterResourceResponse:  # noqa: N802
        self.requests.append(request)
        if request.name in self.refuses:
            context.abort(grpc.StatusCode.UNKNOWN, self.refuses[request.name])
        if self._together is not None and not request.custom:
            self._together.wait(20)
        above = [word for word in request.parent.split("::")[2:3] if word != "pulumi:pulumi:Stack"]
        urn = "::".join(["urn:pulumi:dev", "proj", "$".join([*above, request.type]), request.name])
        if not request.custom:
            return resource_pb2.RegisterResourceResponse(urn=urn)
        inputs = reveal(decode(request.object))
        name = inputs.get("baseName") or inputs.get("name") or request.name
        if request.type in ("swarm:index:Config", "swarm:index:Secret"):
            name = f"{name}-0123abcd"
        made = UNKNOWN if self.preview else "docker-id"
        outputs = {**inputs, "name": name, "serviceId": made, "image": inputs.get("image"), "endpoint": {}}
        return resource_pb2.RegisterResourceResponse(urn=urn, id="" if self.preview else name, object=encode(outputs))

    def RegisterResourceOutputs(self, request: Any, context: Any) -> empty_pb2.Empty:  # noqa: N802
        return empty_pb2.Empty()
