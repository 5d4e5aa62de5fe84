"""Sizes and faults through the real plugin process on a real engine."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from tests.support.engine import Docker, Engine
from tests.support.protocol import Plugin

pytestmark = pytest.mark.live

SMALL = {"image": "bb:1", "resolveImage": "never", "advice": []}


@pytest.mark.timeout(60)
@pytest.mark.parametrize("replicas", [100_000, 2**53 - 1])
def test_number_of_replicas_costs_no_time(plugin: Plugin, unique: str, replicas: int) -> None:
    began = time.monotonic()
    inputs = plugin.inputs("Service", unique, {**SMALL, "deploy": {"replicas": replicas}})
    plugin.create("Service", unique, inputs, preview=True)
    assert time.monotonic() - began < 10


@pytest.mark.timeout(60)
def test_service_with_all_ports_is_checked_and_changed(plugin: Plugin, unique: str) -> None:
    every = {**SMALL, "deploy": {"replicas": 0}, "ports": ["20000-27999:20000-27999"]}
    _, failures = plugin.check("Service", f"{unique}-twice", {**every, "ports": ["20000-27999:20000-27999"] * 2})
    assert failures == ["ports: 20000/tcp and 7999 more ports are published twice; remove one"]
    inputs = plugin.inputs("Service", unique, every)
    fewer = plugin.inputs("Service", unique, {**every, "ports": ["20001-27999:20001-27999"]}, inputs)
    assert len(fewer["ports"]) == 7999


def test_mistake_that_swarm_would_refuse_late_is_told_by_check(plugin: Plugin, docker: Docker, unique: str) -> None:
    wrong = {"resources": {"limits": {"cpus": "1e-7", "memory": "1b"}}, "placement": {"constraints": ["nonsense"]}}
    _, failures = plugin.check("Service", unique, {**SMALL, "deploy": wrong})
    assert failures == [
        "deploy.placement.constraints[0]: 'nonsense' has no operator; write 'key == value' or 'key != value'",
        "deploy.resources.limits.cpus: must be at least 0.001 cpus",
        "deploy.resources.limits.memory: must be at least 4 MiB",
    ]


def test_log_has_the_calls_of_a_run_and_no_secret(engine: Engine, docker: Docker, unique: str, tmp_path: Path) -> None:
    log = tmp_path / "provider.log"
    with Plugin(engine.host, env={"SWARM_PROVIDER_LOG": str(log)}) as run:
        run.create("Secret", unique, run.inputs("Secret", unique, {"data": "hunter2-canary"}))
    text = log.read_text()
    assert f"Create urn:pulumi:dev::proj::swarm:index:Secret::{unique} took" in text
    assert "POST /secrets/create: 201" in text
    assert "hunter2" not in text
