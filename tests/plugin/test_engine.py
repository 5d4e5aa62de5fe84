"""What the person is told: in order, without making others wait, and whatever takes long."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import grpc
import pytest
from google.protobuf import empty_pb2
from pulumi.runtime.proto import engine_pb2, engine_pb2_grpc, provider_pb2

from swarm_provider.core.values import UNKNOWN
from swarm_provider.dockerapi import ConnectionSettings
from swarm_provider.plugin.handlers.service.references import fill_ids
from swarm_provider.plugin.protocol import engine_log
from swarm_provider.plugin.protocol.engine_log import EngineLog
from swarm_provider.plugin.protocol.rpc import rpc
from swarm_provider.plugin.run.phases import Phase
from swarm_provider.plugin.run.run import Run
from swarm_provider.plugin.run.session import Session
from swarm_provider.plugin.run.settings import Settings
from swarm_provider.plugin.server import Provider
from swarm_provider.plugin.swarms.reach import Ways

SETTINGS = Settings(ConnectionSettings())


class Listener(engine_pb2_grpc.EngineServicer):
    """Pulumi's end. A text that begins with `slow` takes half a second to arrive; `stuck` does not arrive at all."""

    def __init__(self) -> None:
        self.said: list[str] = []
        self.end = threading.Event()
        self.server = grpc.server(ThreadPoolExecutor(8))
        engine_pb2_grpc.add_EngineServicer_to_server(self, self.server)
        self.address = f"127.0.0.1:{self.server.add_insecure_port('127.0.0.1:0')}"
        self.server.start()

    def Log(self, request: engine_pb2.LogRequest, context: grpc.ServicerContext) -> empty_pb2.Empty:  # noqa: N802
        if request.message == "stuck":
            self.end.wait(30)
        elif request.message.startswith("slow"):
            time.sleep(0.5)
        self.said.append(request.message)
        return empty_pb2.Empty()


@pytest.fixture
def listener() -> Iterator[Listener]:
    there = Listener()
    yield there
    there.end.set()
    there.server.stop(None)


def test_texts_of_a_resource_arrive_in_order(listener: Listener) -> None:
    async def run() -> None:
        log = EngineLog(listener.address)
        for text in ("slow one", "two", "three"):
            log.status("urn:web", text)
        await log.flush("urn:web")

    asyncio.run(run())
    assert listener.said == ["slow one", "two", "three"]


def test_messages_of_others_are_not_waited_for(listener: Listener) -> None:
    async def run() -> float:
        log = EngineLog(listener.address)
        log.info("urn:other", "stuck")
        log.info("urn:web", "hello")
        began = time.monotonic()
        await log.flush("urn:web")
        return time.monotonic() - began

    assert asyncio.run(run()) < 2
    assert listener.said == ["hello"]


class Told(EngineLog):
    """Keeps the status texts."""

    def __init__(self) -> None:
        super().__init__(None)
        self.shown: list[tuple[str, str]] = []

    def status(self, urn: str, text: str) -> None:
        self.shown.append((urn, text))
        super().status(urn, text)


def test_what_is_quick_is_not_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engine_log, "SILENCE_SECONDS", 0.05)

    async def run() -> list[tuple[str, str]]:
        log = Told()
        with log.telling("urn:web", "quick"):
            await asyncio.sleep(0)
        with log.telling("urn:web", "late"):
            await asyncio.sleep(0.1)
        await asyncio.sleep(0.1)
        return log.shown

    assert asyncio.run(run()) == [("urn:web", "late")]


def test_call_of_a_resource_is_never_silent_for_long(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engine_log, "SILENCE_SECONDS", 0.05)

    class Context:
        pass

    def call(says: str) -> list[tuple[str, str]]:
        async def run() -> list[tuple[str, str]]:
            provider = Provider(None)
            provider.log = Told()

            @rpc
            async def Update(self: Any, request: Any, context: Any) -> Any:  # noqa: N802
                if says:
                    self.log.status(request.urn, says)
                await asyncio.sleep(0.2)

            await Update(provider, provider_pb2.UpdateRequest(urn="urn:web"), Context())
            return provider.log.shown

        return asyncio.run(run())

    assert call("") == [("urn:web", "still updating")]
    assert call("1/2 running") == [("urn:web", "1/2 running")]


def test_wait_for_another_resource_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engine_log, "SILENCE_SECONDS", 0.05)

    class Nothing:
        async def find(self, kind: str, name: str, *, allow_stale: bool) -> None:
            return None

    async def run() -> tuple[list[tuple[str, str]], dict[str, Any]]:
        log = Told()
        run = Run(Session(SETTINGS, log, Ways(SETTINGS)))
        urn = "urn:pulumi:dev::proj::swarm:index:Secret::db-password"
        with run.during(urn, Phase.CHECK):
            run.claim(urn, "secret", "db", UNKNOWN)
        claimed = run.claimed("secret", "db")
        assert claimed is not None
        spec: dict[str, Any] = {"TaskTemplate": {"ContainerSpec": {"Secrets": [{"SecretName": "db"}]}}}
        filling = asyncio.create_task(fill_ids(run, "urn:web", Nothing(), spec))  # type: ignore[arg-type]
        await asyncio.sleep(0.2)
        claimed.name = "db-1234"
        claimed.made("id1")
        await filling
        return log.shown, spec

    shown, spec = asyncio.run(run())
    assert shown == [("urn:web", "waiting for secret 'db', which 'db-password' of this program creates")]
    assert spec["TaskTemplate"]["ContainerSpec"]["Secrets"] == [{"SecretName": "db-1234", "SecretID": "id1"}]


def test_what_is_said_of_a_part_is_said_of_the_whole_with_its_name(listener: Listener) -> None:
    async def run() -> None:
        log = EngineLog(listener.address)
        log.speak_for("part", "whole", "web")
        log.info("part", "it restarts")
        log.status("part", "1/2 running")
        await log.flush("whole")

    asyncio.run(run())
    assert listener.said == ["web: it restarts", "web: 1/2 running"]
