"""What is on a swarm that the settings do not lead to, or that cannot be reached, stays known to the state."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest
from pulumi.runtime.proto import provider_pb2

from swarm_provider.dockerapi import ConnectionSettings
from swarm_provider.errors import ConnectionFailed, GivenUp
from swarm_provider.plan.cluster import KEY, Cluster, Record
from swarm_provider.plugin.engine import EngineLog
from swarm_provider.plugin.handlers.base import PartialFailure
from swarm_provider.plugin.homes import Homes
from swarm_provider.plugin.server import Provider, _StillFailing
from swarm_provider.plugin.session import Settings
from swarm_provider.plugin.values import encode

_LABEL = "urn:pulumi:dev::shop::swarm:index:NodeLabel::disk"


class Elsewhere:
    """The session of swarm `b`."""

    cluster_id = "b"


def unreachable(folder: Path, **more: Any) -> Homes:
    host = f"unix://{folder}/none.sock"
    connection = ConnectionSettings(host=host, environ={"DOCKER_CONFIG": str(folder)})
    settings = Settings(connection, offline_preview=True, **more)
    return Homes(settings, Record(Cluster("a", host, "node-1", 1)), EngineLog(None), None)


def test_what_still_fails_lives_where_it_was_read() -> None:
    provider = Provider(None)
    provider._session = Elsewhere()
    outputs = {"name": "web", KEY: "a"}
    read = provider.failure(provider_pb2.ReadRequest(), _StillFailing("web", {"name": "web"}, outputs, ["broken"]))
    made = provider.failure(provider_pb2.CreateRequest(), PartialFailure("web", outputs, ["broken"]))
    assert [answer.properties.fields[KEY].string_value for answer in (read, made)] == ["a", "b"]


def test_nothing_is_removed_from_the_state_while_its_swarm_cannot_be_reached(tmp_path: Path) -> None:
    async def delete() -> None:
        provider = Provider(None)
        provider._homes = unreachable(tmp_path)
        old = encode({"key": "disk", "value": "ssd", "node": ["n"], "nodes": ["n"]})
        state = encode({"nodeIds": ["id"], "incarnation": "1", KEY: "a"})
        call = Provider.Delete.__wrapped__  # type: ignore[attr-defined]
        await call(provider, provider_pb2.DeleteRequest(id="x", urn=_LABEL, old_inputs=old, properties=state), None)

    with pytest.raises(ConnectionFailed):
        asyncio.run(delete())


def test_offline_preview_does_not_keep_what_is_given_up(tmp_path: Path) -> None:
    async def ready() -> None:
        await unreachable(tmp_path, delete_unreachable=True).of("a").ready()

    with pytest.raises(GivenUp):
        asyncio.run(ready())
