"""Advice is gathered in a run and told at its end, whatever the program's language, and however the CLI ends it."""

from __future__ import annotations

import asyncio
import time
from typing import Any

import pytest
from google.protobuf import empty_pb2

from tests.support.in_process import InProcess

LIMITS = "no memory limit: one task can use all the memory of its node; set deploy.resources.limits.memory (no-limits)"


def advice(run: InProcess) -> list[str]:
    return [text.removeprefix("advice: ") for text in run.texts("warning") if text.startswith("advice: ")]


def end(run: InProcess) -> list[str]:
    run.call("Cancel", empty_pb2.Empty())
    return advice(run)


def service(run: InProcess, name: str, **more: Any) -> None:
    run.inputs("Service", name, {"image": "bb:1", "resolveImage": "never", **more})


def test_services_that_need_the_same_advice_share_a_line_at_the_end(run: InProcess) -> None:
    for name in ("web", "api", "db"):
        service(run, name)
    assert advice(run) == [], "it is not known yet who else will need it"
    assert end(run) == [f"api, db and web have {LIMITS}"]
    assert end(run) == [f"api, db and web have {LIMITS}"], "told once"


def test_each_kind_of_advice_has_its_line(run: InProcess) -> None:
    service(run, "web", image="bb")
    run.inputs("Config", "app", {"data": "password = hunter22"})
    assert [text.rpartition(" ")[2] for text in end(run)] == ["(latest-image)", "(no-limits)", "(credential)"]


def test_advice_that_nobody_wants_is_not_gathered(run: InProcess) -> None:
    service(run, "web", advice=[])
    assert end(run) == []


def test_advice_is_an_error_at_once_with_strict(run: InProcess) -> None:
    _, failures = run.check("Service", "web", {"image": "bb:1", "resolveImage": "never", "strict": True})
    assert failures == [f"advice: web has {LIMITS} (an error because strict is set)"]
    assert end(run) == []


def test_preview_without_the_swarm_gives_the_advice_that_needs_none() -> None:
    with InProcess({}, {"offlinePreview": True}) as run:
        service(run, "web", image="bb")
        assert [text.rpartition(" ")[2] for text in end(run)] == ["(latest-image)", "(no-limits)"]


def test_run_that_refuses_a_resource_says_that_alone(run: InProcess) -> None:
    service(run, "web")
    _, failures = run.check("Service", "db", {"image": "bb:1", "resolveImage": "never", "name": "a name"})
    assert failures and end(run) == []


def test_cli_that_ends_a_plugin_by_a_signal_hears_the_advice_too(run: InProcess) -> None:
    service(run, "web")
    run.wait(run.provider.end())
    assert advice(run) == [f"web has {LIMITS}"]


def test_plugin_ends_soon_where_nobody_listens_any_more(run: InProcess, monkeypatch: pytest.MonkeyPatch) -> None:
    async def silent(request: Any, timeout: float) -> None:
        await asyncio.sleep(60)

    monkeypatch.setattr(run.provider.log._stub, "Log", silent)
    service(run, "web")
    began = time.monotonic()
    run.wait(run.provider.end())
    assert time.monotonic() - began < 2
