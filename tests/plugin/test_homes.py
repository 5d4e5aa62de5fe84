"""What is on a swarm that the settings do not lead to, or that cannot be reached, stays known to the state."""

from __future__ import annotations

import asyncio
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest
from pulumi.runtime.proto import provider_pb2

from swarm_provider.dockerapi import ConnectionSettings
from swarm_provider.errors import ConnectionFailed, GivenUp, InputError
from swarm_provider.plan.ownership.swarm_identity import KEY, Cluster, Record
from swarm_provider.plugin.protocol.engine_log import EngineLog
from swarm_provider.plugin.protocol.operations import PartialFailure
from swarm_provider.plugin.protocol.values import encode
from swarm_provider.plugin.run.settings import Settings
from swarm_provider.plugin.server import Provider, _StillFailing
from swarm_provider.plugin.swarms.homes import Homes

_VOLUME = "urn:pulumi:dev::shop::swarm:index:Volume::data"
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
    elsewhere = SimpleNamespace(current=SimpleNamespace(run=SimpleNamespace(session=Elsewhere())))
    provider._configured = cast(Homes, elsewhere)
    outputs = {"name": "web", KEY: "a"}
    kind, inputs = "swarm:index:Service", {"name": "web"}
    read = provider.failure(provider_pb2.ReadRequest(type=kind), _StillFailing("web", inputs, outputs, ["broken"]))
    made = provider.failure(provider_pb2.CreateRequest(type=kind), PartialFailure("web", outputs, ["broken"]))
    assert [answer.properties.fields[KEY].string_value for answer in (read, made)] == ["a", "b"]


def test_nothing_is_removed_from_the_state_while_its_swarm_cannot_be_reached(tmp_path: Path) -> None:
    async def delete() -> None:
        provider = Provider(None)
        provider._configured = unreachable(tmp_path)
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


def test_volume_that_another_provider_deletes_keeps_its_data_although_this_one_knows_the_swarm() -> None:
    a, b = Cluster("a", "tcp://a:2376"), Cluster("b", "tcp://b:2376")

    async def move() -> None:
        homes = Homes(Settings(ConnectionSettings(host=b.address)), Record(b, (a,)), EngineLog(None), None)
        assert not await homes.differ({KEY: Record(a).text})
        await homes.move("a", _VOLUME, {"name": "data", "deleteOnDestroy": True})

    with pytest.raises(InputError, match="volume 'data' would be removed with its data on swarm a"):
        asyncio.run(move())


def test_nothing_is_said_to_be_removed_from_a_swarm_that_is_given_up(tmp_path: Path) -> None:
    old, new = Cluster("a", f"unix://{tmp_path}/none.sock"), Cluster("b", "tcp://b:2376")

    class Told(EngineLog):
        def warn(self, urn: str, text: str) -> None:
            told.append(text)

    async def move() -> None:
        connection = ConnectionSettings(host=old.address, environ={"DOCKER_CONFIG": str(tmp_path)})
        settings = Settings(connection, delete_unreachable=True)
        await Homes(settings, Record(new, (old,)), Told(None), None).move("a", _LABEL, {})

    told: list[str] = []
    asyncio.run(move())
    assert "what this stack has on swarm a" in told[0]
    assert told[1:] == [
        f"the configuration points to another swarm: everything is created on {new}, and nothing is deleted from {old}"
    ]
