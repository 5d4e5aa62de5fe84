"""Waiting over the protocol, on a real engine: what Ctrl-C leaves, and how soon."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import grpc
import pytest
from pulumi.runtime.proto import provider_pb2, status_pb2

from swarm_provider.plugin.protocol.values import decode
from tests.support.engine import Docker
from tests.support.protocol import Plugin

pytestmark = pytest.mark.live

SLOW: dict[str, Any] = {
    "image": "web:1",
    "resolveImage": "never",
    "environment": {"START_DELAY": "8"},
    "healthcheck": {"test": ["CMD", "/app/health"], "interval": "1s", "startPeriod": "60s"},
    "deploy": {"updateConfig": {"monitor": "1s"}},
}
# of the two seconds that a whole run may take to stop
STOPS_WITHIN = 1.0


def half_made(error: grpc.RpcError) -> provider_pb2.ErrorResourceInitFailed:
    """What the engine takes into the state although the call failed."""
    told = dict(error.trailing_metadata())["grpc-status-details-bin"]
    detail = provider_pb2.ErrorResourceInitFailed()
    assert status_pb2.Status.FromString(told).details[0].Unpack(detail)
    return detail


def test_cancel_ends_the_waiting_and_the_next_update_goes_on_with_it(
    plugin: Plugin, docker: Docker, unique: str
) -> None:
    inputs = plugin.inputs("Service", unique, SLOW)
    with ThreadPoolExecutor() as pool:
        creating = pool.submit(plugin.create, "Service", unique, inputs)
        end = time.monotonic() + 30
        while not (unique in docker("service", "ls") and docker.tasks(unique, running=False)):
            assert time.monotonic() < end and not creating.done()
            time.sleep(0.1)
        began = time.monotonic()
        plugin.cancel()
        with pytest.raises(grpc.RpcError) as caught:
            creating.result()
        seconds = time.monotonic() - began
    assert seconds < STOPS_WITHIN
    kept = half_made(caught.value)
    assert f"stopped waiting for {unique} (" in kept.reasons[0] and "Swarm continues the rollout" in kept.reasons[0]
    state = decode(kept.properties)
    assert (kept.id, state["converged"], state["serviceId"]) == (unique, False, docker.service(unique)["ID"])

    # the next run is another process
    with Plugin(docker.host) as later:
        done = later.update("Service", unique, unique, inputs, inputs, state)
    assert "converged" not in done
    assert done["serviceId"] == state["serviceId"]
    (task,) = docker.tasks(unique, running=False)
    assert task["Status"]["State"] == "running"
