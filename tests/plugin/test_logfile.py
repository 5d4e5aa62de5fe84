"""The plugin's log: what is asked and decided, on stderr too where Pulumi asks for it, and no secret in it."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from pulumi.runtime.proto import provider_pb2

from swarm_provider.plugin.protocol.engine_log import EngineLog
from swarm_provider.plugin.protocol.logfile import VARIABLE, decision, is_asked_for, open_log
from swarm_provider.plugin.protocol.rpc import rpc
from swarm_provider.plugin.server import Provider

CANARY = "canary-5c2e"
URN = "urn:pulumi:dev::shop::swarm:index:Service::web"


@pytest.fixture(autouse=True)
def unlogged() -> Iterator[None]:
    """Leaves the process's log as it was."""
    yield
    open_log({}, str)


@pytest.mark.parametrize(
    ("answer", "text"),
    [
        (
            provider_pb2.DiffResponse(detailedDiff={"image": provider_pb2.PropertyDiff()}, replaces=["name"]),
            "differs: image; replaces: name",
        ),
        (
            provider_pb2.CheckResponse(failures=[provider_pb2.CheckFailure(reason="ports[0]: no port")]),
            "refuses: ports[0]: no port",
        ),
        (provider_pb2.CreateResponse(id="web"), "id: web"),
        (provider_pb2.DiffResponse(), ""),
    ],
)
def test_decision_is_what_an_answer_says_without_values(answer: Any, text: str) -> None:
    assert decision(answer) == text


def test_log_has_what_was_asked_decided_and_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "log"
    monkeypatch.setenv(VARIABLE, str(file))

    async def run() -> None:
        provider = Provider(None)
        provider.log.hide({CANARY})

        @rpc
        async def Diff(self: Any, request: Any, context: Any) -> Any:  # noqa: N802 - the protocol's name
            provider.log.status(URN, f"waiting for {CANARY}")
            return provider_pb2.DiffResponse(detailedDiff={f'labels["{CANARY}"]': provider_pb2.PropertyDiff()})

        await Diff(provider, SimpleNamespace(urn=URN), None)

    asyncio.run(run())
    text = file.read_text()
    assert f"Diff {URN}\n" in text
    assert f"{URN} is told: waiting for [secret]" in text
    assert 'differs: labels["[secret]"]' in text
    assert CANARY not in text


@pytest.mark.parametrize(
    ("arguments", "wanted"),
    [
        (["--logtostderr", "-v=9", "127.0.0.1:1"], True),
        (["-logtostderr", "-v=9", "127.0.0.1:1"], True),
        (["-logtostderr", "127.0.0.1:1"], False),
        (["-v=9", "127.0.0.1:1"], False),
        (["127.0.0.1:1"], False),
    ],
)
def test_pulumi_asks_for_the_log_by_two_arguments(arguments: list[str], wanted: bool) -> None:
    assert is_asked_for(arguments) is wanted


def test_log_goes_to_stderr_masked_where_pulumi_asks_for_it(capsys: pytest.CaptureFixture[str]) -> None:
    log = EngineLog(None)
    log.hide({CANARY})
    open_log({}, log.clean, ["-logtostderr", "-v=9"])
    log.info(URN, f"the key is {CANARY}")
    assert f"{URN} is told: the key is [secret]" in capsys.readouterr().err
    open_log({}, log.clean)
    log.info(URN, "nobody asks")
    assert capsys.readouterr().err == ""
